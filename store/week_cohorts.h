/* SPDX-License-Identifier: Apache-2.0
 *
 * week_cohorts.h - how the cohorts of a window of weeks fare: the share of turns that failed or showed
 * friction, with a confidence interval; private to the week_* files of this folder.
 *
 * The unit is a user's week: its share of defects counts once, however much the user talked. The
 * interval is Wilson's over user-weeks. A cohort is worse when the lower end of its interval is above
 * the share of all cohorts of its locale together. Cohorts of fewer than `min_users` users are left
 * out of the list: nobody shall be recognised by being rare.
 */
#ifndef RPH_STORE_WEEK_COHORTS_H
#define RPH_STORE_WEEK_COHORTS_H

#include "schemas/export_card.h"
#include "store/week_fold.h"

struct rph_week_cohorts {
	struct rph_export_cohort *list; /* ascending by locale, name */
	size_t count;
	uint64_t *worse; /* users of at least one listed cohort that is worse; ascending */
	size_t worse_count;
	struct rph_arena arena; /* everything lives here */
};

/* Window, min_users and confidence are those of `options`. *ret needs rph_week_cohorts_free() also
 * after an error. RPH_E_NO_MEMORY, RPH_E_STATE_CORRUPT, RPH_E_STOPPED. */
int rph_week_cohorts_load(struct rph_store *store, const struct rph_pairs_options *options,
			  struct rph_week_cohorts *ret) RPH_MUST_CHECK;
void rph_week_cohorts_free(struct rph_week_cohorts *cohorts);

/* Of the people who said the formulation, the share in a cohort that is worse, per mille. */
int rph_week_cohorts_share(struct rph_store *store, const struct rph_pairs_options *options,
			   const struct rph_week_cohorts *cohorts, const struct rph_id *formulation,
			   uint16_t *ret) RPH_MUST_CHECK;

#endif
