/* SPDX-License-Identifier: Apache-2.0
 *
 * week_source.h - everything one source formulation's votes and usage say about what it means; and
 * one pass over all sources that finds which (formulation, goal) there are, how sure each is, and
 * which formulations belong to the star around a goal's best one. Private to the week_* files of
 * this folder.
 */
#ifndef RPH_STORE_WEEK_SOURCE_H
#define RPH_STORE_WEEK_SOURCE_H

#include "miner/meaning.h"
#include "store/week_senses.h"

/* What the passes share; borrowed. */
struct rph_week_view {
	struct rph_store *store;
	struct rph_window window;
	const struct rph_senses *senses;
	const struct rph_promotion_params *params;
	const struct rph_stop *stop; /* or NULL */
};

/* One source at a time; reused from one to the next. Memory: that of one source's votes for
 * targets with a sense, 144 bytes each, and of its ballots. */
struct rph_source {
	struct rph_id id;
	struct rph_vote_delta *votes; /* key.target is the goal */
	size_t vote_count, vote_size;
	uint32_t locale;      /* of what was said after it; UINT32_MAX: nothing with a sense */
	struct rph_id target; /* of the vote before, and its sense */
	const struct rph_sense *sense;
	struct rph_goal_ballot *ballots;
	struct rph_pair *pools; /* ascending by goal; see rph_pools_fold() */
	size_t ballot_count, ballot_size, pool_count, pool_size;
	struct rph_arena arena; /* of `meanings` */
	struct rph_meanings meanings;
	struct rph_scan *usage; /* sources that ascend are read side by side with it */
};

/* Needs rph_source_free() also on failure. */
int rph_source_init(struct rph_source *source, struct rph_store *store) RPH_MUST_CHECK;
void rph_source_free(struct rph_source *source);
void rph_source_begin(struct rph_source *source, const struct rph_id *id);
/* Votes of the source, in key order. */
int rph_source_add(struct rph_source *source, const struct rph_week_view *view,
		   const struct rph_vote_key *key, const struct rph_vote *vote) RPH_MUST_CHECK;
/* Reads the source's own usage; `pools` and `meanings` are then complete. */
int rph_source_end(struct rph_source *source, const struct rph_week_view *view) RPH_MUST_CHECK;
/* The votes to any wording of the goal; NULL: there are none. */
const struct rph_pair *rph_source_pool(const struct rph_source *source, const struct rph_id *goal);

/* How far the ballots of a source for a goal are beyond chance: a ballot for g is set against how
 * often anything that is said in the locale ends in g, and those of what was said next against how
 * often people go on to g after other sources. `locale`: an index; of an
 * unknown one nothing is known. */
struct rph_source_strength {
	uint32_t evidence; /* miner/association.h */
	uint32_t odds; /* of g after the source against g after anything, in 1/1000; at most 10^9 */
};
struct rph_source_strength rph_source_strength(const struct rph_senses *senses, uint32_t locale,
					       const struct rph_meanings *meanings,
					       const struct rph_id *goal);

/* A formulation that at least promotion.min_users people mean a goal by, and the goal's best one. */
struct rph_star {
	struct rph_id source, target;
};

struct rph_stars {
	struct rph_star *list; /* ascending by source, target */
	size_t count, size;
	struct rph_id *sources; /* ascending: those that may have a candidate pair */
	size_t source_count, source_size;
	uint64_t tested; /* (formulation, goal) with anybody's ballot */
	uint64_t kept;   /* of these so many hold at the false-discovery rate */
	uint32_t needed; /* the evidence they need */
};

/* One pass over all votes. Fills in what people went on to in `senses`, which is view->senses.
 * Memory: 88 bytes per formulation and goal that enough people mean, 32 per star, 16 per source.
 * `options` says what a candidate is; sources of decisions are the caller's to add. */
int rph_stars_load(const struct rph_week_view *view, const struct rph_pairs_options *options,
		   struct rph_senses *senses, struct rph_stars *ret) RPH_MUST_CHECK;
void rph_stars_free(struct rph_stars *stars);
/* Index of the first star of the source, or of a greater one. */
size_t rph_stars_first(const struct rph_stars *stars, const struct rph_id *source);
bool rph_stars_have(const struct rph_stars *stars, const struct rph_id *source,
		    const struct rph_id *target);

#endif
