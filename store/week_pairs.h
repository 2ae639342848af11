/* SPDX-License-Identifier: Apache-2.0
 *
 * week_pairs.h - the candidate pairs of a window, from votes, from stars around goals and from human
 * decisions; private to the week_* files of this folder.
 */
#ifndef RPH_STORE_WEEK_PAIRS_H
#define RPH_STORE_WEEK_PAIRS_H

#include "miner/fold.h"
#include "store/week_fold.h"

struct rph_stars; /* week_source.h */

struct rph_week_pair {
	struct rph_pair pair;
	enum rph_human human;
};

/* Ascending by source, target. */
struct rph_week_pairs {
	struct rph_week_pair *list;
	size_t count, size;
};

int rph_week_pairs_load(struct rph_store *store, const struct rph_pairs_options *options,
			const struct rph_window *window, const struct rph_stars *stars,
			struct rph_week_pairs *ret) RPH_MUST_CHECK;
void rph_week_pairs_free(struct rph_week_pairs *pairs);

#endif
