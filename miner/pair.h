/* SPDX-License-Identifier: Apache-2.0
 *
 * pair.h - a pair: source formulation, target formulation, and what is known of them in a window of
 * weeks (W - history, W]. A pair is a fold over votes and usage, never stored: it can always be
 * made again from the rows, so thresholds may change without a migration.
 *
 * Evidence is bounded: a user counts once per pair and week (a "user-week"), with the mean p of
 * that week's transitions, so that one busy account weighs no more in a week than a quiet one.
 */
#ifndef RPH_MINER_PAIR_H
#define RPH_MINER_PAIR_H

#include "miner/arms.h"
#include "schemas/edge.h"
#include "schemas/id.h"
#include "schemas/time.h"

#define RPH_HISTORY_MAX_WEEKS 520
#define RPH_TREND_WEEKS 4

/* What the votes of one (source, target) say. */
struct rph_pair {
	struct rph_id source, target;
	uint32_t users;     /* distinct users whose majority edge type means "the same goal" */
	uint32_t all_users; /* distinct users with any vote */
	uint32_t users_by_edge[RPH_EDGE_COUNT]; /* distinct users by their majority edge type */
	uint32_t user_weeks; /* (user, week) combinations: the trials of the confidence bound */
	uint64_t evidence;   /* sum over user-weeks of the mean p, in 1/256 */
	uint64_t agreed;     /* sum over user-weeks of the share of transitions accepted as the same
			    * goal, in 1/256 */
	/* The same three with every user-week weighed by its age (rph_window_weight); 0 without a
	 * half-life. */
	uint64_t aged_weeks, aged_evidence, aged_agreed;
	/* User-weeks of the last RPH_TREND_WEEKS weeks of the window, and of as many before. */
	uint32_t recent, earlier;
	uint32_t top_user_weeks; /* user-weeks of the user who has most of them */
	uint32_t days;           /* distinct calendar days (UTC) of the later turn */
	uint32_t weeks;          /* distinct weeks */
	uint32_t wins, losses; /* user-weeks in which source failed and target succeeded; reverse */
	rph_week first_week, last_week; /* of any vote; both W when there is none */
	/* Of the rewrite while it was served; where source and target are one, of the hold-out of
	 * every rewrite of the source. No part of the above. */
	struct rph_arm_tally arm;
};

/* What the usage rows of one formulation say, by users: a user "succeeded" for whom it worked
 * (rph_usage_worked), "failed" who had failures or friction instead. When a row holds more than
 * RPH_USAGE_USERS users, shares are those of the users with the smallest hashes (whose rows are
 * complete), which is a sample that does not depend on order; `sampled` says so. */
struct rph_outcome {
	uint32_t users, succeeded, failed;
	bool sampled;
	uint64_t limit; /* the largest hash in the sample; UINT64_MAX: everybody is in it */
	uint64_t successes, failures, friction; /* turns, all users */
	/* The goal that most users met with success, of those it means (rph_goal_is_met); zero:
	 * none. */
	struct rph_id goal;
	uint32_t goal_users;    /* users who met it with success */
	uint32_t met_goals;     /* (user, goal) combinations with success */
	uint16_t goal_share;    /* goal_users per mille of met_goals */
	uint16_t success_share; /* succeeded per mille of succeeded + failed; 0 when neither */
};

/* About how many people there are for `users` of the sample: users / (share of the hashes that the
 * sample covers). For orders and rates, never for a threshold on people. */
uint64_t rph_outcome_scale(const struct rph_outcome *outcome, uint32_t users);

enum rph_direction {
	RPH_DIRECTION_REWRITE, /* the target works where the source fails */
	RPH_DIRECTION_SYNONYM, /* both work */
};

enum rph_pair_status {
	RPH_PAIR_PROMOTED,
	RPH_PAIR_REFUSED,  /* at least one reason that more of the same evidence will not lift */
	RPH_PAIR_PENDING,  /* only reasons that more evidence may lift */
	RPH_PAIR_APPROVED, /* by a person */
	RPH_PAIR_DENIED,   /* by a person */
	RPH_PAIR_STATUS_COUNT
};

enum rph_reason {
#define RPH_REASON(name, kind, unit, text) RPH_REASON_##name,
#include "miner/reason.def"
#undef RPH_REASON
	RPH_REASON_COUNT
};

#define RPH_REASON_BIT(name) (UINT32_C(1) << RPH_REASON_##name)

/* "too_few_users": the word in exports and --json. */
const char *rph_reason_name(enum rph_reason reason);
/* The sentence for people, without a full stop. */
const char *rph_reason_text(enum rph_reason reason);
/* "per mille", "1/256 bit", "1/1000 times", "": what figure and threshold are counted in. */
const char *rph_reason_unit(enum rph_reason reason);
/* Figure and threshold divided by this are shares, bits, times, or numbers of people. */
double rph_reason_scale(enum rph_reason reason);
/* True for what only decides the direction: no reason to hold a pair back. */
bool rph_reason_is_note(enum rph_reason reason);
/* True when the test passes with figure <= threshold, else it needs figure >= threshold. */
bool rph_reason_is_upper_limit(enum rph_reason reason);
/* "rewrite", "synonym". */
const char *rph_direction_name(enum rph_direction direction);
/* "promoted", "refused", "pending", "approved", "denied". */
const char *rph_pair_status_name(enum rph_pair_status status);
bool rph_pair_status_parse(struct rph_span name, enum rph_pair_status *ret) RPH_MUST_CHECK;
/* Promoted or approved: may be exported and published. */
bool rph_pair_status_is_positive(enum rph_pair_status status);

enum rph_trend {
#define RPH_TREND(name, text) RPH_TREND_##name,
#include "miner/trend.def"
#undef RPH_TREND
	RPH_TREND_COUNT
};
/* `first`: of any evidence, in weeks before the last one of the window. */
enum rph_trend rph_trend_of(uint32_t recent, uint32_t earlier, uint32_t first);
const char *rph_trend_name(enum rph_trend trend);
const char *rph_trend_text(enum rph_trend trend);

/* The type most users gave; the earlier one of edge.def on a tie. */
enum rph_edge rph_pair_type(const struct rph_pair *pair);
/* Mean p in 1/256, rounded down; 0 without votes. */
uint16_t rph_pair_p(const struct rph_pair *pair);

#endif
