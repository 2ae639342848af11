/* SPDX-License-Identifier: Apache-2.0
 *
 * promote.c - the tests in one place. The sieve for personal data is in personal.c.
 */
#include <math.h>

#include "miner/beta.h"
#include "miner/fold.h"
#include "miner/glob.h"
#include "miner/personal.h"
#include "miner/promote.h"
#include "schemas/utf8.h"

#define KIND_WAIT 1u
#define KIND_REFUSE 2u
#define KIND_NEVER 4u
#define KIND_PERSON 8u
#define KIND_NOTE 16u

/* A target that mostly fails helps nobody, whatever the source does. */
#define LEAST_TARGET_SUCCESS 500u
/* What the judge makes of two texts counts as prior odds. That people, of whom so few would have by
 * chance, go from the one to the goal of the other makes the odds better by so much for each of
 * them, and by no more than that in all: habits, too, make people say one thing after another, and
 * one failure in a hundred may be followed by one. */
#define ODDS_PER_USER 8u
#define MOST_ODDS 200u
/* Of those who said in the last week what the source means, so many must mean the target. */
#define LEAST_RECENT_AGREEMENT 500u

static const uint8_t kinds[RPH_REASON_COUNT] = {
#define RPH_REASON(name, kind, unit, text) [RPH_REASON_##name] = KIND_##kind,
#include "miner/reason.def"
#undef RPH_REASON
};

struct rph_promotion_params rph_promotion_params_default(void)
{
	return (struct rph_promotion_params){
		.min_users = 5,
		.min_days = 2,
		.synonymy = 700,
		.confidence = 900,
		.annotation_agreement = 800,
		.max_user_share = 500,
		.false_discovery = 50,
		.similarity = 600,
		.max_spread = 500,
		.improvement = 950,
		.min_odds = 3,
		.min_tolerated = 1,
		.rewrite_keep = 990,
		.rewrite_demote = 200,
	};
}

enum { LEAST_CONFIDENCE = 500 };

/* A table, because every pair asks for the same one, and libm does not promise its bits. */
static const double quantiles[] = {
#define RPH_QUANTILE(confidence, z) [(confidence)-LEAST_CONFIDENCE] = (z),
#include "miner/quantile.def"
#undef RPH_QUANTILE
};

double rph_normal_quantile(uint16_t confidence)
{
	RPH_ASSERT(confidence >= LEAST_CONFIDENCE && confidence <= 999);
	_Static_assert(RPH_ARRAY_LEN(quantiles) == 500, "one for every per mille");
	return quantiles[confidence - LEAST_CONFIDENCE];
}

static uint16_t wilson(double share, double n, uint16_t confidence)
{
	double z = rph_normal_quantile(confidence);
	double spread = z * sqrt((share * (1.0 - share) + z * z / (4.0 * n)) / n);
	double lower = (share + z * z / (2.0 * n) - spread) / (1.0 + z * z / n);
	/* What is exactly k per mille in theory must not become k - 1 by a rounding error. */
	double scaled = lower * 1000.0 + 1e-6;
	return scaled <= 0.0 ? 0 : scaled >= 1000.0 ? 1000 : (uint16_t)scaled;
}

uint16_t rph_wilson_lower(uint64_t successes, uint32_t trials, uint16_t confidence)
{
	if (trials == 0)
		return 0;
	RPH_ASSERT(successes <= UINT64_C(256) * trials);
	double n = trials;
	return wilson((double)successes / 256.0 / n, n, confidence);
}

uint16_t rph_wilson_lower_weighed(uint64_t successes, uint64_t trials, uint16_t confidence)
{
	if (trials == 0)
		return 0;
	RPH_ASSERT(successes <= trials);
	return wilson((double)successes / (double)trials, (double)trials / RPH_WEIGHT_ONE,
		      confidence);
}

bool rph_intent_is_listed(const struct rph_span *patterns, size_t count, struct rph_span domain,
			  struct rph_span intent)
{
	char qualified[512];
	struct rph_span whole = {qualified, 0};

	if (intent.len == 0)
		return false;
	if (domain.len && domain.len + 1 + intent.len <= sizeof(qualified)) {
		memcpy(qualified, domain.ptr, domain.len);
		qualified[domain.len] = '.';
		memcpy(qualified + domain.len + 1, intent.ptr, intent.len);
		whole.len = domain.len + 1 + intent.len;
	}
	for (size_t i = 0; i < count; i++)
		if (rph_glob_match(patterns[i], intent) ||
		    (whole.len && rph_glob_match(patterns[i], whole)))
			return true;
	return false;
}

static void test(struct rph_promotion *promotion, enum rph_reason reason, uint32_t figure,
		 uint32_t threshold)
{
	bool passed = rph_reason_is_upper_limit(reason) ? figure <= threshold : figure >= threshold;

	promotion->tests[reason] = (struct rph_promotion_test){passed, figure, threshold};
	if (!passed && !rph_reason_is_note(reason))
		promotion->reasons |= UINT32_C(1) << reason;
}

/* Whose user-weeks are looked at: those of more people. */
static const struct rph_pair *votes_of(const struct rph_promotion_facts *facts, bool pooled)
{
	const struct rph_pair *pool = facts->support.pool;
	return pooled && pool && pool->users > facts->pair->users ? pool : facts->pair;
}

static void test_evidence(const struct rph_promotion_params *params,
			  const struct rph_promotion_facts *facts, bool pooled,
			  struct rph_promotion *ret)
{
	const struct rph_pair *votes = votes_of(facts, pooled);
	const struct rph_support *support = &facts->support;
	uint32_t share =
		votes->user_weeks
			? (uint32_t)(UINT64_C(1000) * votes->top_user_weeks / votes->user_weeks)
			: 0;

	/* Reached without anybody's saying it again: a user is one of so many. */
	if (pooled && support->own_users && 1000 / support->own_users < share)
		share = 1000 / support->own_users;
	/* One user is never enough, whatever the configuration says. */
	test(ret, RPH_REASON_too_few_users, ret->users,
	     params->min_users < 2 ? 2 : params->min_users);
	test(ret, RPH_REASON_too_few_days, ret->days, params->min_days);
	test(ret, RPH_REASON_synonymy_not_proven, ret->lower_bound, params->synonymy);
	test(ret, RPH_REASON_one_user_dominates, share, params->max_user_share);
}

/* A text that is as short as a pronoun in most languages. */
static bool is_short(struct rph_span text)
{
	uint32_t points = 0, point;

	for (size_t at = 0; at < text.len && points < RPH_SHORT_TEXT; points++) {
		size_t bytes = rph_utf8_character(text.ptr + at, text.len - at, &point);
		at += bytes ? bytes : 1;
	}
	return points < RPH_SHORT_TEXT;
}

/* Against chance, against few accounts, and against texts that mean what they are said about. */
static void test_statistics(const struct rph_promotion_params *params,
			    const struct rph_promotion_facts *facts, struct rph_promotion *ret)
{
	const struct rph_support *support = &facts->support;
	/* Without a goal there is nothing to be associated with: no_goal says so. */
	bool asked = facts->target->goal_users > 0;
	uint32_t spread = params->max_spread;

	if (is_short(facts->source_text))
		spread /= 2;
	test(ret, RPH_REASON_not_associated, support->evidence, asked ? support->needed : 0);
	test(ret, RPH_REASON_groups_disagree, support->tolerated,
	     asked ? params->min_tolerated : 0);
	test(ret, RPH_REASON_hub_target, support->odds, asked ? params->min_odds * 1000 : 0);
	/* From 1/1024 to per mille, rounded down. */
	test(ret, RPH_REASON_profiles_differ, support->similarity * 1000u / 1024u,
	     asked ? params->similarity : 0);
	test(ret, RPH_REASON_context_bound, support->spread, spread);
}

static void test_meaning(const struct rph_promotion_params *params,
			 const struct rph_promotion_facts *facts, struct rph_promotion *ret)
{
	const struct rph_outcome *target = facts->target;
	uint32_t least = LEAST_TARGET_SUCCESS;
	uint32_t agreement = params->annotation_agreement;

	/* Nothing known of the target is a reason to wait, not evidence against it. */
	if (target->succeeded + target->failed == 0)
		least = 0;
	if (target->goal_users == 0)
		agreement = 0;
	test(ret, RPH_REASON_no_goal, target->goal_users, 1);
	test(ret, RPH_REASON_target_not_better, target->success_share, least);
	test(ret, RPH_REASON_target_ambiguous, target->goal_share, agreement);
	uint32_t agreed = facts->annotation_agreement, lately = rph_agreement_share(facts->lately);
	uint64_t least_lately = (uint64_t)RPH_PROMOTION_LATELY_USERS * params->min_users;
	if (facts->lately.all >= least_lately && lately > agreed)
		agreed = lately;
	test(ret, RPH_REASON_annotation_disagrees, agreed, agreement);
	/* From 1/1024 to per mille, both rounded down. */
	test(ret, RPH_REASON_value_not_said, facts->value_score * 1000u / 1024u,
	     facts->value_threshold * 1000u / 1024u);
}

static void test_safety(const struct rph_promotion_params *params,
			const struct rph_promotion_facts *facts, struct rph_promotion *ret)
{
	test(ret, RPH_REASON_value_alone, facts->value_alone, 0);
	test(ret, RPH_REASON_control_intent,
	     rph_intent_is_listed(params->control_intents, params->control_count, facts->domain,
				  facts->intent),
	     0);
	test(ret, RPH_REASON_protected_intent,
	     rph_intent_is_listed(params->protected_intents, params->protected_count, facts->domain,
				  facts->intent),
	     0);
	test(ret, RPH_REASON_looks_personal,
	     rph_looks_personal(facts->source_text, facts->locale) ||
		     rph_looks_personal(facts->target_text, facts->locale),
	     0);
	test(ret, RPH_REASON_human_denied, facts->human == RPH_HUMAN_DENIED, 0);
	test(ret, RPH_REASON_human_approved, facts->human == RPH_HUMAN_APPROVED, 0);
}

static void test_arms(const struct rph_promotion_params *params,
		      const struct rph_promotion_facts *facts, struct rph_promotion *ret)
{
	static const struct rph_arm_tally nobody;
	const struct rph_arm_params limits = {
		.keep = params->rewrite_keep,
		.demote = params->rewrite_demote,
		.min_users = params->min_users < 2 ? 2 : params->min_users,
	};

	ret->arms = rph_arms_compare(&limits, facts->holdout ? facts->holdout : &nobody,
				     &facts->pair->arm);
	bool tried = ret->arms.verdict != RPH_ARMS_UNTRIED;
	ret->learnt = tried && ret->arms.verdict != RPH_ARMS_WORSE;
	/* Most people of the last week, and enough of them. */
	bool heard = facts->recent.all >= limits.min_users;
	test(ret, RPH_REASON_meaning_changed, rph_agreement_share(facts->recent),
	     heard ? LEAST_RECENT_AGREEMENT : 0);
	test(ret, RPH_REASON_rewrite_does_worse, ret->arms.better,
	     tried ? params->rewrite_demote + 1u : 0);
}

/* Absence of evidence does not undo what was learnt; a bound that fell because people contradict
 * it does. */
static void waive_waiting(const struct rph_promotion_params *params,
			  const struct rph_promotion_facts *facts, struct rph_promotion *ret)
{
	const struct rph_pair *pair = facts->pair;
	bool contradicted =
		pair->user_weeks >= params->min_users &&
		pair->agreed * 1000 < (uint64_t)params->synonymy * 256 * pair->user_weeks;

	for (unsigned i = 0; i < RPH_REASON_COUNT; i++)
		if (kinds[i] == KIND_WAIT && !(i == RPH_REASON_synonymy_not_proven && contradicted))
			ret->reasons &= ~(UINT32_C(1) << i);
	/* A few are no majority, neither for nor against it. */
	if (facts->annotation_ballots < params->min_users)
		ret->reasons &= ~RPH_REASON_BIT(annotation_disagrees);
}

static enum rph_pair_status status_of(uint32_t reasons, enum rph_human human)
{
	unsigned found = 0;
	for (unsigned i = 0; i < RPH_REASON_COUNT; i++)
		if (reasons & UINT32_C(1) << i)
			found |= kinds[i];
	if (found & KIND_NEVER)
		return human == RPH_HUMAN_DENIED ? RPH_PAIR_DENIED : RPH_PAIR_REFUSED;
	if (human != RPH_HUMAN_NONE)
		return human == RPH_HUMAN_APPROVED ? RPH_PAIR_APPROVED : RPH_PAIR_DENIED;
	if (found & KIND_REFUSE)
		return RPH_PAIR_REFUSED;
	return found & KIND_WAIT ? RPH_PAIR_PENDING : RPH_PAIR_PROMOTED;
}

static uint16_t bound_of_people(const struct rph_pair *pair, uint16_t confidence)
{
	if (pair->aged_weeks)
		return rph_wilson_lower_weighed(pair->aged_agreed / 256, pair->aged_weeks,
						confidence);
	return rph_wilson_lower(pair->agreed, pair->user_weeks, confidence);
}

/* The judge's mean p, in per mille. */
static uint16_t bound_of_judge(const struct rph_pair *pair)
{
	if (pair->aged_weeks)
		return (uint16_t)(pair->aged_evidence * 1000 / (256 * pair->aged_weeks));
	return pair->user_weeks
		       ? (uint16_t)(pair->evidence * 1000 / (UINT64_C(256) * pair->user_weeks))
		       : 0;
}

static uint16_t larger(uint16_t a, uint16_t b)
{
	return a > b ? a : b;
}

static uint16_t raise_odds(uint16_t share, uint32_t users)
{
	uint32_t odds = users < MOST_ODDS / ODDS_PER_USER ? ODDS_PER_USER * users : MOST_ODDS;

	if (odds <= 1)
		return share;
	return (uint16_t)(1000 * odds * share / (1000 + (odds - 1) * share));
}

/* Two ways to be wrong, two bounds, the lower one holds. People may have said the one after the other
 * by chance: that shrinks with their number, so Wilson's interval over what the judge accepted, or
 * over the ballots for the goal. And the judge may be wrong about this very pair every time alike:
 * that no number of people cures, so its own mean p; but that they all ended at one goal, far beyond
 * chance, speaks for it, and where enough people reached the goal with the source
 * itself the judge is not asked. */
static uint16_t synonymy_bound(const struct rph_promotion_params *params,
			       const struct rph_promotion_facts *facts, bool pooled)
{
	const struct rph_support *support = &facts->support;
	uint16_t people = bound_of_people(facts->pair, params->confidence);
	uint16_t judge = bound_of_judge(facts->pair);

	if (!pooled)
		return judge < people ? judge : people;
	people = larger(people, rph_wilson_lower_weighed(support->weight, support->all_weight,
							 params->confidence));
	if (support->pool) {
		people = larger(people, bound_of_people(support->pool, params->confidence));
		judge = larger(judge, bound_of_judge(support->pool));
	}
	if (support->evidence >= support->needed)
		judge = raise_odds(judge, support->users);
	if (support->own_users >= params->min_users)
		judge = 1000;
	return judge < people ? judge : people;
}

/* Whether the source works less often than the target, and the votes do not say otherwise. */
static void find_direction(const struct rph_promotion_params *params,
			   const struct rph_promotion_facts *facts, bool pooled,
			   struct rph_promotion *ret)
{
	const struct rph_outcome *source = facts->source, *target = facts->target;
	const struct rph_pair *votes = votes_of(facts, pooled);
	uint16_t better = rph_beta_better((struct rph_trials){source->succeeded, source->failed},
					  (struct rph_trials){target->succeeded, target->failed});

	test(ret, RPH_REASON_improvement_not_proven, better, params->improvement);
	ret->direction =
		ret->tests[RPH_REASON_improvement_not_proven].passed && votes->wins >= votes->losses
			? RPH_DIRECTION_REWRITE
			: RPH_DIRECTION_SYNONYM;
}

static void describe(const struct rph_promotion_facts *facts, bool pooled,
		     struct rph_promotion *ret)
{
	const struct rph_pair *votes = facts->pair->all_users ? facts->pair : facts->support.pool;
	const struct rph_support *support = &facts->support;

	/* Nobody said the one after the other: other words, as likely the same as the goals are. */
	ret->type = votes ? rph_pair_type(votes) : RPH_EDGE_paraphrase;
	ret->p = votes ? rph_pair_p(votes) : (uint16_t)(support->similarity / 4);
	ret->users = facts->pair->users;
	ret->days = facts->pair->days;
	if (pooled && support->users > ret->users)
		ret->users = support->users;
	if (pooled && support->days > ret->days)
		ret->days = support->days;
}

void rph_promote(const struct rph_promotion_params *params, const struct rph_promotion_facts *facts,
		 struct rph_promotion *ret)
{
	/* Goals that gather whatever has no other are met by all, and mean nothing. */
	bool pooled = facts->support.is_clear &&
		      !rph_intent_is_listed(params->open_intents, params->open_count, facts->domain,
					    facts->intent);

	*ret = (struct rph_promotion){.lower_bound = synonymy_bound(params, facts, pooled)};
	describe(facts, pooled, ret);
	find_direction(params, facts, pooled, ret);
	test_evidence(params, facts, pooled, ret);
	test_statistics(params, facts, ret);
	test_meaning(params, facts, ret);
	test_arms(params, facts, ret);
	test_safety(params, facts, ret);
	if (ret->learnt) {
		waive_waiting(params, facts, ret);
		/* Its target need not be said by anybody any more. */
		ret->direction = RPH_DIRECTION_REWRITE;
	}
	ret->status = status_of(ret->reasons, facts->human);
}
