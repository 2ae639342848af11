/* SPDX-License-Identifier: Apache-2.0
 *
 * week_judge.h - judges the candidate pairs of a window, a source at a time; private to the week_* files
 * of this folder.
 *
 * As many judges as there are lanes, each on one thread at a time, share a basis, which they only read.
 */
#ifndef RPH_STORE_WEEK_JUDGE_H
#define RPH_STORE_WEEK_JUDGE_H

#include "store/week_basis.h"

struct rph_week_judge;

/* `basis` is borrowed. */
int rph_week_judge_new(const struct rph_week_basis *basis,
		       struct rph_week_judge **ret) RPH_MUST_CHECK;
/* NULL is fine. */
void rph_week_judge_free(struct rph_week_judge *judge);

/* What is shown of one source. */
struct rph_showing {
	struct rph_pair_view *views; /* ascending by target; live until rph_week_judge_forget() */
	size_t count;
};
/* Errors: RPH_E_NO_MEMORY, RPH_E_STATE_CORRUPT, RPH_E_UNICODE, -errno. */
int rph_week_judge_source(struct rph_week_judge *judge, const struct rph_id *source,
			  struct rph_showing *ret) RPH_MUST_CHECK;

/* Lets go of the read transaction: to be called before anything that takes long. */
void rph_week_judge_rest(struct rph_week_judge *judge);
/* Forgets what was shown. */
void rph_week_judge_forget(struct rph_week_judge *judge);

#endif
