/* SPDX-License-Identifier: Apache-2.0
 *
 * week_privacy.h - which positive pairs a private export may show; private to the week_* files of
 * this folder.
 *
 * An item is a positive pair; a user gives to the pairs for which he or she said the same goal again
 * in the window. What is promised is about this set (miner/privacy.h). That a pair is positive at
 * all was decided by tests that look at everybody; they ask for several users, but are no part of
 * the promise.
 */
#ifndef RPH_STORE_WEEK_PRIVACY_H
#define RPH_STORE_WEEK_PRIVACY_H

#include "store/week_export.h"

/* The pairs that may be shown, ascending by source, target. Zeroed: none. */
struct rph_week_released {
	struct rph_week_item *list;
	size_t count;
};

struct rph_week_item {
	struct rph_id source, target;
	bool released;
};

/* Two passes over the votes. The publication is the week: the same week of the same rows gives the
 * same set. */
int rph_week_privacy_select(struct rph_store *store, const struct rph_pairs_options *pairs,
			    const struct rph_week_privacy *privacy,
			    struct rph_week_released *ret) RPH_MUST_CHECK;
bool rph_week_is_released(const struct rph_week_released *released, const struct rph_pair *pair);
void rph_week_released_free(struct rph_week_released *released);

#endif
