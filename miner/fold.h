/* SPDX-License-Identifier: Apache-2.0
 *
 * fold.h - from rows to facts: votes of one (source, target) to a pair, usage of one formulation to
 * an outcome, goals of a source's targets to an agreement. Pure folds over sorted rows; a row
 * outside the window changes nothing, so an export of week W never sees later weeks.
 */
#ifndef RPH_MINER_FOLD_H
#define RPH_MINER_FOLD_H

#include "miner/pair.h"
#include "schemas/usage.h"
#include "schemas/vote.h"

/* The weeks (last - weeks, last]. weeks: 1..RPH_HISTORY_MAX_WEEKS. */
struct rph_window {
	rph_week last;
	uint16_t weeks;
	uint16_t half_life; /* weeks after which evidence weighs half; 0: always the same */
};

#define RPH_WEIGHT_ONE 1024u
/* The weight of evidence of a week of the window: RPH_WEIGHT_ONE in its last week, half of it
 * half_life weeks before, geometric between, rounded; never 0. The same on every machine. */
uint32_t rph_window_weight(const struct rph_window *window, rph_week week);

static inline bool rph_window_has(const struct rph_window *window, rph_week week)
{
	return week <= window->last && (unsigned)(window->last - week) < window->weeks;
}

/* Folds votes that come in key order; constant memory however many there are. */
struct rph_pair_fold {
	struct rph_window window;
	struct rph_pair pair;
	uint64_t user;     /* whose votes are being read; 0: nobody's */
	uint64_t arm_user; /* the last one with a turn in the arm */
	uint32_t user_weeks;
	uint64_t user_edges[RPH_EDGE_COUNT];
	uint8_t days[RPH_HISTORY_MAX_WEEKS]; /* bits by weeks before window.last */
};

void rph_pair_fold_begin(struct rph_pair_fold *fold, const struct rph_window *window,
			 const struct rph_id *source, const struct rph_id *target);
/* Votes of the pair, ascending by user, week. Weeks outside the window are ignored. */
void rph_pair_fold_add(struct rph_pair_fold *fold, const struct rph_vote_key *key,
		       const struct rph_vote *vote);
/* Fills fold->pair; may be read when all votes are in. */
void rph_pair_fold_end(struct rph_pair_fold *fold);
/* The type of one user's votes: the most frequent; the earlier one of edge.def on a tie. */
enum rph_edge rph_majority_edge(const uint64_t edges[static RPH_EDGE_COUNT]);

/* A formulation's usage at one goal, all weeks of the window merged. */
struct rph_goal_usage {
	struct rph_id goal; /* zero: nothing was understood */
	struct rph_usage usage;
};

/* It worked for a user: more successes than failures, and more than turns with friction. An outcome
 * is a noisy sign, and an assistant that did the wrong thing often reports success. */
bool rph_usage_worked(const struct rph_usage_counts *counts);
/* A formulation means a goal when it worked for more users than not: those who met it by mistake,
 * now and then with a reported success, do not make it a meaning. Never for the zero goal. */
bool rph_goal_is_met(const struct rph_goal_usage *goal);

/* Users with a hash up to `limit` for whom it worked. */
uint32_t rph_goal_users(const struct rph_goal_usage *goal, uint64_t limit);

/* Users up to this hash are complete in every row: a full row knows all users below its largest.
 * UINT64_MAX when nobody is missing anywhere. */
uint64_t rph_usage_complete_below(const struct rph_goal_usage *goals, size_t count);

/* `goals` ascending by goal. Returns 0 or RPH_E_NO_MEMORY; arena is scratch. */
int rph_outcome_fold(const struct rph_goal_usage *goals, size_t count, struct rph_arena *arena,
		     struct rph_outcome *ret) RPH_MUST_CHECK;

/* The text most people used for the formulation, whatever the goal; smallest bytes on a tie. Empty
 * when there is no usage. ret borrows from the usage. */
int rph_surface_fold(const struct rph_goal_usage *goals, size_t count, struct rph_arena *arena,
		     struct rph_span *ret) RPH_MUST_CHECK;

/* The annotated surface (encoded, wording.h) that most users for whom it worked used at one goal:
 * more placed slots win on a tie, then smaller bytes. Empty when it worked for nobody. */
int rph_wording_fold(const struct rph_usage *usage, struct rph_arena *arena,
		     struct rph_span *ret) RPH_MUST_CHECK;

/* How many of so many say the same. */
struct rph_agreement {
	uint32_t users, all;
};
/* In per mille; 0 without anybody. */
uint16_t rph_agreement_share(struct rph_agreement agreement);

#endif
