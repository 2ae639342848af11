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

void rph_week_pairs_free(struct rph_week_pairs *pairs);

/* What people decided: pair.source, pair.target and human only. */
int rph_week_reviews_load(struct rph_store *store, struct rph_week_pairs *ret) RPH_MUST_CHECK;

/* Makes pairs of votes, those of one source or of all; the first four are borrowed. */
struct rph_pair_maker {
	const struct rph_pairs_options *options;
	const struct rph_window *window;
	const struct rph_stars *stars;
	const struct rph_week_pairs *reviews;
	struct rph_week_pairs pairs; /* filled by rph_pair_maker_end(); the caller's to free */
	bool open;                   /* `fold` holds a pair */
	struct rph_pair_fold fold;
};

/* Forgets the pairs there are, and keeps their memory. */
void rph_pair_maker_begin(struct rph_pair_maker *maker);
/* Votes in key order. */
int rph_pair_maker_add(struct rph_pair_maker *maker, const struct rph_vote_key *key,
		       const struct rph_vote *vote) RPH_MUST_CHECK;
/* Adds pairs that nobody voted for: stars and decisions of the source, or all of them with NULL. */
int rph_pair_maker_end(struct rph_pair_maker *maker, const struct rph_id *source) RPH_MUST_CHECK;

#endif
