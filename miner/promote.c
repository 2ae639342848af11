/* SPDX-License-Identifier: Apache-2.0
 *
 * promote.c - the tests in one place. The sieve for personal data is in personal.c.
 */
#include <math.h>

#include "miner/glob.h"
#include "miner/promote.h"

#define KIND_WAIT 1u
#define KIND_REFUSE 2u
#define KIND_NEVER 4u
#define KIND_PERSON 8u

/* A target that mostly fails helps nobody, whatever the source does. */
#define LEAST_TARGET_SUCCESS 500u
/* Of those who said in the last week what the source means, so many must mean the target. */
#define LEAST_RECENT_AGREEMENT 500u
/* Outcomes are noisy: a difference below this many per mille is none. */
#define SUCCESS_MARGIN 100u

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

uint16_t rph_wilson_lower(uint64_t successes, uint32_t trials, uint16_t confidence)
{
	if (trials == 0)
		return 0;
	RPH_ASSERT(successes <= UINT64_C(256) * trials);
	double z = rph_normal_quantile(confidence);
	double n = trials;
	double share = (double)successes / 256.0 / n;
	double spread = z * sqrt((share * (1.0 - share) + z * z / (4.0 * n)) / n);
	double lower = (share + z * z / (2.0 * n) - spread) / (1.0 + z * z / n);
	/* What is exactly k per mille in theory must not become k - 1 by a rounding error. */
	double scaled = lower * 1000.0 + 1e-6;
	return scaled <= 0.0 ? 0 : scaled >= 1000.0 ? 1000 : (uint16_t)scaled;
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
	if (!passed)
		promotion->reasons |= UINT32_C(1) << reason;
}

static void test_evidence(const struct rph_promotion_params *params, const struct rph_pair *pair,
			  struct rph_promotion *ret)
{
	uint32_t share =
		pair->user_weeks
			? (uint32_t)(UINT64_C(1000) * pair->top_user_weeks / pair->user_weeks)
			: 0;

	/* One user is never enough, whatever the configuration says. */
	test(ret, RPH_REASON_too_few_users, pair->users,
	     params->min_users < 2 ? 2 : params->min_users);
	test(ret, RPH_REASON_too_few_days, pair->days, params->min_days);
	test(ret, RPH_REASON_synonymy_not_proven, ret->lower_bound, params->synonymy);
	test(ret, RPH_REASON_one_user_dominates, share, params->max_user_share);
}

static void test_meaning(const struct rph_promotion_params *params,
			 const struct rph_promotion_facts *facts, struct rph_promotion *ret)
{
	const struct rph_outcome *source = facts->source, *target = facts->target;
	uint32_t least =
		source->success_share > SUCCESS_MARGIN ? source->success_share - SUCCESS_MARGIN : 0;

	uint32_t agreement = params->annotation_agreement;

	if (least < LEAST_TARGET_SUCCESS)
		least = LEAST_TARGET_SUCCESS;
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
	test(ret, RPH_REASON_control_intent,
	     rph_intent_is_listed(params->control_intents, params->control_count, facts->domain,
				  facts->intent),
	     0);
	test(ret, RPH_REASON_protected_intent,
	     rph_intent_is_listed(params->protected_intents, params->protected_count, facts->domain,
				  facts->intent),
	     0);
	test(ret, RPH_REASON_looks_personal,
	     rph_looks_personal(facts->source_text) || rph_looks_personal(facts->target_text), 0);
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

/* Two ways to be wrong, two bounds, the lower one holds. People may have said the one after the other
 * by chance: that shrinks with their number, so Wilson's interval over what the judge accepted. And
 * the judge may be wrong about this very pair every time alike: that no number of people cures, so
 * its own mean p. */
static uint16_t synonymy_bound(const struct rph_pair *pair, uint16_t confidence)
{
	if (pair->user_weeks == 0)
		return 0;
	uint16_t by_people = rph_wilson_lower(pair->agreed, pair->user_weeks, confidence);
	uint64_t by_judge = pair->evidence * 1000 / (UINT64_C(256) * pair->user_weeks);
	return by_judge < by_people ? (uint16_t)by_judge : by_people;
}

void rph_promote(const struct rph_promotion_params *params, const struct rph_promotion_facts *facts,
		 struct rph_promotion *ret)
{
	const struct rph_pair *pair = facts->pair;
	bool better = facts->target->success_share >= facts->source->success_share + SUCCESS_MARGIN;

	*ret = (struct rph_promotion){
		.type = rph_pair_type(pair),
		.p = rph_pair_p(pair),
		.lower_bound = synonymy_bound(pair, params->confidence),
		.direction = better && pair->wins >= pair->losses ? RPH_DIRECTION_REWRITE
								  : RPH_DIRECTION_SYNONYM,
	};
	test_evidence(params, pair, ret);
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
