/* SPDX-License-Identifier: Apache-2.0
 *
 * arms.h - does a rewrite serve people better than leaving their words alone?
 *
 * Once a rewrite is served, people no longer say the thing again: the evidence it was learnt from
 * dries up, and its own successes must not take the place of that evidence. So a share of the users
 * is held back from it for good, and the two arms are compared. A user and week is one trial: won or
 * lost by the majority of its turns, none when they are even, so that nobody can push a rewrite in
 * or out by saying it often.
 */
#ifndef RPH_MINER_ARMS_H
#define RPH_MINER_ARMS_H

#include "miner/beta.h"
#include "schemas/vote.h"

struct rph_arm_tally {
	uint32_t users;           /* distinct, with a turn in this arm */
	struct rph_trials trials; /* user-weeks */
	uint64_t turns;
};

struct rph_arm_params {
	uint16_t keep, demote; /* per mille of "better with it": proven from, worse up to */
	uint32_t min_users;    /* distinct users that must have been served before it is judged */
};

enum rph_arm_verdict {
	RPH_ARMS_UNTRIED,   /* too few users were served */
	RPH_ARMS_UNDECIDED, /* neither proven nor worse */
	RPH_ARMS_PROVEN,
	RPH_ARMS_WORSE,
};

struct rph_arm_comparison {
	uint16_t better; /* P(succeeds more often with it than without), per mille; 500 unknown */
	enum rph_arm_verdict verdict;
};

/* Adds the votes of one user and week; `new_user`: the first of this user. */
void rph_arm_tally_add(struct rph_arm_tally *tally, const struct rph_arm_counts *counts,
		       bool new_user);

/* To be asked once a week: a test that is repeated after every turn passes by chance sooner or
 * later. */
struct rph_arm_comparison rph_arms_compare(const struct rph_arm_params *params,
					   const struct rph_arm_tally *holdout,
					   const struct rph_arm_tally *treated);

/* "untried", "undecided", "proven", "worse". */
const char *rph_arm_verdict_name(enum rph_arm_verdict verdict);

/* Whether this user's words are left alone where `source` could be rewritten, for a share (per
 * mille) of users. A function of the two alone: the same user is held back from the same rewrite
 * every time, and another share of users from another rewrite, so that nobody is served worse
 * altogether. A larger share holds back the same users and more. */
bool rph_is_held_back(uint64_t user, const struct rph_id *source, uint16_t share);

#endif
