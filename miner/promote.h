/* SPDX-License-Identifier: Apache-2.0
 *
 * promote.h - the tests a pair must pass before anyone sees it in an export or a rewrite.
 *
 * Pure: the same facts and params give the same answer on every machine. The confidence bound is
 * the lower end of Wilson's score interval (E. B. Wilson, 1927) over user-weeks, computed with + -
 * * / and sqrt in IEEE doubles only and then cut to per mille.
 *
 * Order of power: NEVER reasons (protected intent, personal data), then a person's decision, then
 * the other tests. A person's approval therefore lifts too_few_users but never looks_personal.
 *
 * A pair that was served as a rewrite to min_users people or more and does not do worse than its
 * hold-out was learnt earlier: reasons to wait no longer hold it back, because a good rewrite puts
 * an end to the evidence for itself. What speaks against it still does.
 */
#ifndef RPH_MINER_PROMOTE_H
#define RPH_MINER_PROMOTE_H

#include "miner/fold.h"

/* A text of fewer code points says little by itself: half the spread is too much for it. */
#define RPH_SHORT_TEXT 8u

/* A meaning may change. Where RPH_PROMOTION_LATELY_USERS times min_users ballots of the last weeks
 * are there, they may speak for themselves: annotation_disagrees looks at the better of both. */
#define RPH_PROMOTION_LATELY_WEEKS 4u
#define RPH_PROMOTION_LATELY_USERS 4u

struct rph_promotion_params {
	uint32_t min_users, min_days;
	uint16_t synonymy;             /* per mille; lower bound of p must reach it */
	uint16_t confidence;           /* per mille, one-sided, 500..999 */
	uint16_t annotation_agreement; /* per mille of users */
	uint16_t max_user_share;       /* per mille of user-weeks */
	uint16_t false_discovery;      /* per mille; see association.h */
	uint16_t similarity;           /* per mille, of the goals people reach */
	uint16_t max_spread;           /* of what the source means, per mille */
	uint16_t improvement;          /* per mille; P(target succeeds more often) of a rewrite */
	uint16_t rewrite_keep, rewrite_demote; /* per mille; see arms.h */
	uint32_t min_odds, min_tolerated;
	/* Patterns: '*' stands for any run of bytes, ASCII letters match either case. Compared with
	 * the intent and with "domain.intent". Borrowed. */
	const struct rph_span *protected_intents, *control_intents, *open_intents;
	size_t protected_count, control_count, open_count;
};

/* The defaults of config.def, without any intent patterns. */
struct rph_promotion_params rph_promotion_params_default(void);

enum rph_human { RPH_HUMAN_NONE, RPH_HUMAN_APPROVED, RPH_HUMAN_DENIED };

/* What everybody's evidence says about the source and the target's goal, whichever wording of the
 * goal it came by; see meaning.h. All zero: nothing is known beyond the pair. */
struct rph_support {
	/* The target is a clear and well-used wording of its goal: then, and only then, what people
	 * mean by the source speaks for the pair, too. */
	bool is_clear;
	uint32_t users, days;        /* distinct, who meant the goal by the source */
	uint32_t own_users;          /* of them, who reached it with the source itself */
	uint64_t weight, all_weight; /* of these users; of all ballots for any goal */
	const struct rph_pair *pool; /* votes for any wording of the goal; NULL: none */
	uint32_t evidence, needed;   /* beyond chance: association.h */
	uint32_t odds;               /* 1/1000 */
	uint16_t similarity;         /* of the profiles of goals, 1/1024 */
	uint16_t spread;             /* of what the source means, per mille: meaning.h */
	/* Groups of users that name a goal, that name this one, and how many accounts cannot change
	 * it: hash_groups.h. */
	uint8_t groups, groups_for, tolerated;
	rph_week first_week, last_week; /* of the ballots */
	uint32_t recent, earlier;       /* as in struct rph_pair */
};

/* Everything the tests look at; borrowed. */
struct rph_promotion_facts {
	const struct rph_pair *pair;
	const struct rph_outcome *source, *target;
	struct rph_support support;
	struct rph_span source_text, target_text; /* normalised */
	struct rph_span locale;
	struct rph_span domain, intent; /* of the target's goal; empty when it has none */
	/* Of the source: how many (user, goal) votes agree on the target's goal, in per mille; see
	 * fold.h. */
	uint16_t annotation_agreement;
	bool value_alone;            /* the source or the target: rph_wording_is_value() */
	uint32_t annotation_ballots; /* all of them */
	/* The same from votes and rewrites served, of the last RPH_PROMOTION_LATELY_WEEKS, and of the
	 * last one. */
	struct rph_agreement lately, recent;
	uint16_t value_score; /* 0..1024: weakest match of a value in the source; see project.h */
	uint16_t value_threshold;
	const struct rph_arm_tally
		*holdout; /* of the source; NULL: none. Its rewrite's is pair->arm */
	enum rph_human human;
};

/* One test: what was measured against what. `threshold` is inclusive. */
struct rph_promotion_test {
	bool passed;
	uint32_t figure, threshold;
};

struct rph_promotion {
	enum rph_pair_status status;
	enum rph_direction direction;
	enum rph_edge type;
	uint16_t p;           /* mean, 1/256 */
	uint16_t lower_bound; /* per mille */
	uint32_t users, days; /* who stand behind it: the pair's own, or all that meant the goal */
	/* Bits of the tests that failed, except those to wait when `learnt`, and of the human
	 * decision. */
	uint32_t reasons;
	struct rph_arm_comparison arms;
	bool learnt; /* served before and not worse than its hold-out */
	struct rph_promotion_test tests[RPH_REASON_COUNT]; /* all of them, for `explain` */
};

void rph_promote(const struct rph_promotion_params *params, const struct rph_promotion_facts *facts,
		 struct rph_promotion *ret);

/* Lower end of Wilson's interval in per mille, rounded down. `successes` in 1/256 of a trial, at
 * most 256 * trials. 0 when there are no trials. `confidence`: per mille, one-sided, 500..999. */
uint16_t rph_wilson_lower(uint64_t successes, uint32_t trials, uint16_t confidence);
/* The same for trials that are weighed: `successes` of `trials`, both in 1/RPH_WEIGHT_ONE and at
 * most 2^50. */
uint16_t rph_wilson_lower_weighed(uint64_t successes, uint64_t trials, uint16_t confidence);
/* The normal quantile of confidence / 1000. */
double rph_normal_quantile(uint16_t confidence);

/* Whether a pattern fits the intent alone or "domain.intent"; never an empty intent. */
bool rph_intent_is_listed(const struct rph_span *patterns, size_t count, struct rph_span domain,
			  struct rph_span intent);

#endif
