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

/* A meaning may change. Where RPH_PROMOTION_LATELY_USERS times min_users ballots of the last weeks
 * are there, they may speak for themselves: annotation_disagrees looks at the better of both. */
#define RPH_PROMOTION_LATELY_WEEKS 4u
#define RPH_PROMOTION_LATELY_USERS 4u

struct rph_promotion_params {
	uint32_t min_users, min_days;
	uint16_t synonymy;                     /* per mille; lower bound of p must reach it */
	uint16_t confidence;                   /* per mille, one-sided, 500..999 */
	uint16_t annotation_agreement;         /* per mille of users */
	uint16_t max_user_share;               /* per mille of user-weeks */
	uint16_t rewrite_keep, rewrite_demote; /* per mille; see arms.h */
	/* Patterns: '*' stands for any run of bytes, ASCII letters match either case. Compared with
	 * the intent and with "domain.intent". Borrowed. */
	const struct rph_span *protected_intents, *control_intents;
	size_t protected_count, control_count;
};

/* The defaults of config.def, without any intent patterns. */
struct rph_promotion_params rph_promotion_params_default(void);

enum rph_human { RPH_HUMAN_NONE, RPH_HUMAN_APPROVED, RPH_HUMAN_DENIED };

/* Everything the tests look at; borrowed. */
struct rph_promotion_facts {
	const struct rph_pair *pair;
	const struct rph_outcome *source, *target;
	struct rph_span source_text, target_text; /* normalised */
	struct rph_span domain, intent;           /* of the target's goal; empty when it has none */
	/* Of the source: how many (user, goal) votes agree on the target's goal, in per mille; see
	 * fold.h. */
	uint16_t annotation_agreement;
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
/* The normal quantile of confidence / 1000. */
double rph_normal_quantile(uint16_t confidence);

/* Whether a pattern fits the intent alone or "domain.intent"; never an empty intent. */
bool rph_intent_is_listed(const struct rph_span *patterns, size_t count, struct rph_span domain,
			  struct rph_span intent);

/* A first, cheap sieve: an e-mail address, a web address, or 7 digits or more in a row (of any
 * script; single spaces and the usual separators of numbers between them do not break the row). */
bool rph_looks_personal(struct rph_span text);

#endif
