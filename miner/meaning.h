/* SPDX-License-Identifier: Apache-2.0
 *
 * meaning.h - what people say that a formulation means. Evidence meets at the goal: whoever said
 * the source and then any wording of goal g, and whoever reached g with the source itself, casts a
 * ballot for g. So the wordings v1, v2, v3 that different people said after u add up when all of
 * them mean g, and what was said in a session adds up with what was reached without one.
 *
 * Pure folds; the order of what is given does not matter. A user is one ballot per goal, however
 * often, in however many ways and weeks.
 */
#ifndef RPH_MINER_MEANING_H
#define RPH_MINER_MEANING_H

#include "miner/association.h"
#include "miner/fold.h"
#include "miner/hash_groups.h"
#include "miner/outcome_graph.h"
#include "schemas/delta.h"

/* One user's evidence of one week that a source means `goal`. */
struct rph_goal_ballot {
	struct rph_id goal;
	uint64_t user;
	rph_week week;
	uint8_t days; /* bit 0 = Monday */
	bool own;     /* reached with the source itself, not with what was said after it */
	bool weak;    /* it worked after the source had failed, but does not look like the same */
};

/* All ballots for one goal. */
struct rph_goal_count {
	struct rph_id goal;
	uint32_t users;        /* distinct */
	uint32_t own;          /* of them, with the source itself */
	uint32_t voted;        /* of them, with what was said after it */
	uint32_t lately_voted; /* of these, in the last RPH_TREND_WEEKS weeks */
	uint32_t last_voted;   /* and in the last week of the window */
	uint64_t weight; /* of their newest ballots, in 1/RPH_WEIGHT_ONE; see rph_window_weight() */
	uint32_t days;
	rph_week first_week, last_week;
	uint32_t recent, earlier; /* (user, week) combinations, as in struct rph_pair */
};

struct rph_meanings {
	struct rph_goal_count *goals; /* ascending by goal */
	size_t count;
	uint32_t users;                    /* (user, goal) combinations: the sum of the goals' */
	uint32_t voted;                    /* the sum of the goals' */
	uint32_t lately_voted, last_voted; /* as above */
	uint64_t weight;                   /* as above */
	/* Entropy of the users over the goals, in per mille of the most it could be: 0 when all mean
	 * one, 1000 when everybody means something else. */
	uint16_t spread;
	struct rph_group_result groups; /* targets are indices of `goals` */
};

/* Sorts `ballots`. *ret lives in `arena`. Returns 0 or RPH_E_NO_MEMORY. */
int rph_meanings_fold(const struct rph_window *window, struct rph_goal_ballot *ballots,
		      size_t count, struct rph_arena *arena,
		      struct rph_meanings *ret) RPH_MUST_CHECK;
/* NULL: nobody says that it means this goal. */
const struct rph_goal_count *rph_meanings_find(const struct rph_meanings *meanings,
					       const struct rph_id *goal);
/* Share of the ballots that are for the goal, in per mille, by weight; 0 without any. */
uint16_t rph_meanings_share(const struct rph_meanings *meanings, const struct rph_goal_count *goal);

/* Votes of one source whose key.target is the goal that the target means. One pair per goal comes
 * out (its target is the goal): a user who said two wordings of it in one week is one user-week.
 * And one ballot per (goal, user, week) of those users whose majority edge is "the same goal", or
 * for whom the target was the first thing that worked after the source had failed, a changed value
 * excepted. The latter are weak: many go on to something new, and rph_goal_follows() tells which
 * goals are more than that.
 * Sorts and merges `votes`; `pools` and `ballots` have room for `count` each, and are ascending by
 * goal. */
struct rph_pool_lists {
	struct rph_pair *pools;
	size_t pool_count;
	struct rph_goal_ballot *ballots;
	size_t ballot_count;
};
/* Whether so many go on from a failed source to a goal that it is no coincidence: both = users who do;
 * left = of so many who went on to anything; right, all = how often anything said ends in the goal. A
 * third of them, and beyond a chance of one in 1024. */
bool rph_goal_follows(const struct rph_association *table);

void rph_pools_fold(const struct rph_window *window, struct rph_vote_delta *votes, size_t count,
		    struct rph_pool_lists *ret);

#endif
