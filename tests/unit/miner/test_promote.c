/* SPDX-License-Identifier: Apache-2.0
 *
 * test_promote.c - the tests of promotion, and that nobody gets past them alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "miner/fold.h"
#include "miner/glob.h"
#include "miner/promote.h"

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* A pair that passes everything. */
struct sample {
	struct rph_promotion_params params;
	struct rph_pair pair;
	struct rph_outcome source, target;
	struct rph_promotion_facts facts;
	struct rph_promotion result;
};

static void good_sample(struct sample *sample)
{
	*sample = (struct sample){
		.params = rph_promotion_params_default(),
		.pair = {.users = 12,
			 .all_users = 12,
			 .users_by_edge = {0, 2, 10, 0, 0},
			 .user_weeks = 15,
			 .evidence = 15 * 245,
			 .agreed = 15 * 256,
			 .top_user_weeks = 2,
			 .days = 9,
			 .weeks = 3,
			 .wins = 12,
			 .losses = 1},
		.source = {.users = 20, .succeeded = 2, .failed = 18, .success_share = 100},
		.target = {.users = 50,
			   .succeeded = 45,
			   .failed = 5,
			   .goal = {{1}},
			   .goal_users = 45,
			   .met_goals = 46,
			   .goal_share = 978,
			   .success_share = 900},
	};
	sample->facts = (struct rph_promotion_facts){
		.pair = &sample->pair,
		.source = &sample->source,
		.target = &sample->target,
		.source_text = RPH_SPAN("lumos in the hall"),
		.target_text = RPH_SPAN("turn on the hall light"),
		.domain = RPH_SPAN("lights"),
		.intent = RPH_SPAN("light_on"),
		.support = {.users = 11,
			    .days = 8,
			    .own_users = 2,
			    .weight = 11 * 1024,
			    .all_weight = 12 * 1024,
			    .evidence = 20 * 256,
			    .needed = 9 * 256,
			    .odds = 40000,
			    .similarity = 980,
			    .spread = 120,
			    .groups = 9,
			    .groups_for = 8,
			    .tolerated = 3},
		.annotation_agreement = 950,
		.value_score = 1024,
		.value_threshold = 640,
	};
}

static void judge(struct sample *sample)
{
	rph_promote(&sample->params, &sample->facts, &sample->result);
}

static void a_well_supported_pair_is_promoted_as_a_rewrite(void **state)
{
	struct sample sample;
	(void)state;

	good_sample(&sample);
	judge(&sample);
	assert_int_equal(sample.result.reasons, 0);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	assert_int_equal(sample.result.direction, RPH_DIRECTION_REWRITE);
	assert_int_equal(sample.result.type, RPH_EDGE_paraphrase);
	assert_int_equal(sample.result.p, 245);
}

static void two_sides_that_both_work_are_synonyms(void **state)
{
	struct sample sample;
	(void)state;

	good_sample(&sample);
	sample.source.succeeded = 18;
	sample.source.failed = 2;
	judge(&sample);
	assert_false(sample.result.tests[RPH_REASON_improvement_not_proven].passed);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	assert_int_equal(sample.result.direction, RPH_DIRECTION_SYNONYM);
}

/* Breaks one thing; the test named `reason` must be the only one to fail. */
static void expect_only(struct sample *sample, enum rph_reason reason, enum rph_pair_status status)
{
	judge(sample);
	assert_string_equal(rph_pair_status_name(sample->result.status),
			    rph_pair_status_name(status));
	assert_int_equal(sample->result.reasons, UINT32_C(1) << reason);
	assert_false(sample->result.tests[reason].passed);
}

static void every_refusal_names_its_reason(void **state)
{
	struct sample sample;
	(void)state;

	good_sample(&sample);
	sample.pair.users = 4;
	expect_only(&sample, RPH_REASON_too_few_users, RPH_PAIR_PENDING);
	assert_int_equal(sample.result.tests[RPH_REASON_too_few_users].figure, 4);
	assert_int_equal(sample.result.tests[RPH_REASON_too_few_users].threshold, 5);
	good_sample(&sample);
	sample.pair.days = 1;
	expect_only(&sample, RPH_REASON_too_few_days, RPH_PAIR_PENDING);
	good_sample(&sample);
	sample.pair.agreed = 15 * 190;
	expect_only(&sample, RPH_REASON_synonymy_not_proven, RPH_PAIR_PENDING);
	good_sample(&sample);
	sample.pair.top_user_weeks = 8;
	expect_only(&sample, RPH_REASON_one_user_dominates, RPH_PAIR_PENDING);
	good_sample(&sample);
	sample.target.success_share = 499;
	expect_only(&sample, RPH_REASON_target_not_better, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.target.goal_share = 700;
	expect_only(&sample, RPH_REASON_target_ambiguous, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.facts.annotation_agreement = 799;
	expect_only(&sample, RPH_REASON_annotation_disagrees, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.facts.value_score = 400;
	expect_only(&sample, RPH_REASON_value_not_said, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.facts.support.evidence = 9 * 256 - 1;
	expect_only(&sample, RPH_REASON_not_associated, RPH_PAIR_PENDING);
	good_sample(&sample);
	sample.facts.support.tolerated = 0;
	expect_only(&sample, RPH_REASON_groups_disagree, RPH_PAIR_PENDING);
	good_sample(&sample);
	sample.facts.support.odds = 2999;
	expect_only(&sample, RPH_REASON_hub_target, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.facts.support.similarity = 600;
	expect_only(&sample, RPH_REASON_profiles_differ, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.facts.support.spread = 501;
	expect_only(&sample, RPH_REASON_context_bound, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.facts.support.spread = 251;
	sample.facts.source_text = RPH_SPAN("消して");
	expect_only(&sample, RPH_REASON_context_bound, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.facts.value_alone = true;
	expect_only(&sample, RPH_REASON_value_alone, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.facts.source_text = RPH_SPAN("call 0171 2345678");
	expect_only(&sample, RPH_REASON_looks_personal, RPH_PAIR_REFUSED);
	good_sample(&sample);
	sample.target = (struct rph_outcome){0};
	expect_only(&sample, RPH_REASON_no_goal, RPH_PAIR_PENDING);
}

static void serve(struct sample *sample, uint32_t treated_wins, uint32_t treated_losses,
		  uint32_t holdout_wins, uint32_t holdout_losses)
{
	static struct rph_arm_tally holdout;
	uint32_t treated = treated_wins + treated_losses, rest = holdout_wins + holdout_losses;
	sample->pair.arm = (struct rph_arm_tally){treated, {treated_wins, treated_losses}, treated};
	holdout = (struct rph_arm_tally){rest, {holdout_wins, holdout_losses}, rest};
	sample->facts.holdout = &holdout;
}

static void a_rewrite_that_does_worse_than_its_hold_out_is_withdrawn(void **state)
{
	(void)state;
	struct sample sample;
	good_sample(&sample);
	serve(&sample, 20, 60, 8, 2);
	judge(&sample);
	expect_only(&sample, RPH_REASON_rewrite_does_worse, RPH_PAIR_REFUSED);
	assert_false(sample.result.learnt);
	/* Three people are not enough to withdraw it, nor to prove it. */
	serve(&sample, 0, 3, 8, 2);
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	assert_false(sample.result.learnt);
}

static void a_rewrite_that_serves_well_outlives_the_evidence_for_it(void **state)
{
	(void)state;
	struct sample sample;
	good_sample(&sample);
	sample.pair = (struct rph_pair){.source = sample.pair.source, .target = sample.pair.target};
	sample.target = (struct rph_outcome){0};
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PENDING);
	serve(&sample, 60, 5, 2, 6);
	judge(&sample);
	assert_true(sample.result.learnt);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	assert_int_equal(sample.result.direction, RPH_DIRECTION_REWRITE);
	assert_int_equal(sample.result.reasons, 0);
	assert_int_equal(sample.result.arms.verdict, RPH_ARMS_PROVEN);
	/* Undecided is no evidence against it either. */
	serve(&sample, 6, 5, 0, 0);
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
}

static void serving_well_excuses_nothing_that_speaks_against_a_pair(void **state)
{
	(void)state;
	struct sample sample;
	good_sample(&sample);
	serve(&sample, 60, 5, 2, 6);
	sample.facts.value_score = 0;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_REFUSED);
	good_sample(&sample);
	serve(&sample, 60, 5, 2, 6);
	/* Enough people now say something else after it. */
	sample.pair.agreed = sample.pair.user_weeks * UINT64_C(256) / 4;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PENDING);
	assert_true(sample.result.reasons & RPH_REASON_BIT(synonymy_not_proven));
}

static void a_meaning_that_changed_of_late_is_withdrawn(void **state)
{
	(void)state;
	struct sample sample;
	good_sample(&sample);
	sample.facts.recent = (struct rph_agreement){.users = 4, .all = 10};
	judge(&sample);
	expect_only(&sample, RPH_REASON_meaning_changed, RPH_PAIR_REFUSED);
	sample.facts.recent = (struct rph_agreement){.users = 5, .all = 10};
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	/* Four people are no majority of anything. */
	sample.facts.recent = (struct rph_agreement){.users = 0, .all = 4};
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
}

static void many_people_of_the_last_weeks_may_give_a_source_a_new_meaning(void **state)
{
	(void)state;
	struct sample sample;
	good_sample(&sample);
	sample.facts.annotation_agreement = 200;
	sample.facts.lately = (struct rph_agreement){.users = 19, .all = 19};
	judge(&sample);
	expect_only(&sample, RPH_REASON_annotation_disagrees, RPH_PAIR_REFUSED);
	sample.facts.lately = (struct rph_agreement){.users = 16, .all = 20};
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	sample.facts.lately = (struct rph_agreement){.users = 15, .all = 20};
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_REFUSED);
}

static void a_few_ballots_do_not_undo_what_was_learnt(void **state)
{
	(void)state;
	struct sample sample;
	good_sample(&sample);
	serve(&sample, 60, 5, 2, 6);
	sample.facts.annotation_agreement = 300;
	sample.facts.annotation_ballots = 3;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	sample.facts.annotation_ballots = 30;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_REFUSED);
}

static void listed_intents_are_never_targets(void **state)
{
	static const struct rph_span guarded[] = {{"UNLOCK*", 7}, {"*.pay_*", 7}};
	static const struct rph_span control[] = {{"stop", 4}};
	struct sample sample;
	(void)state;

	good_sample(&sample);
	sample.params.protected_intents = guarded;
	sample.params.protected_count = 2;
	sample.params.control_intents = control;
	sample.params.control_count = 1;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	sample.facts.intent = RPH_SPAN("unlock_door");
	expect_only(&sample, RPH_REASON_protected_intent, RPH_PAIR_REFUSED);
	sample.facts.human = RPH_HUMAN_APPROVED;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_REFUSED);
	sample.facts.human = RPH_HUMAN_NONE;
	sample.facts.intent = RPH_SPAN("pay_bill");
	expect_only(&sample, RPH_REASON_protected_intent, RPH_PAIR_REFUSED);
	sample.facts.intent = RPH_SPAN("stop");
	expect_only(&sample, RPH_REASON_control_intent, RPH_PAIR_REFUSED);
	sample.facts.intent = RPH_SPAN("stop_watch");
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
}

static void a_person_decides_last(void **state)
{
	struct sample sample;
	(void)state;

	good_sample(&sample);
	sample.facts.human = RPH_HUMAN_DENIED;
	expect_only(&sample, RPH_REASON_human_denied, RPH_PAIR_DENIED);
	sample.facts.human = RPH_HUMAN_APPROVED;
	expect_only(&sample, RPH_REASON_human_approved, RPH_PAIR_APPROVED);
	sample.pair = (struct rph_pair){0};
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_APPROVED);
	sample.facts.target_text = RPH_SPAN("mail rose@meadow.example");
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_REFUSED);
}

/* One account, as busy and as certain as it likes, in as many weeks as it likes. */
static void no_single_user_however_busy_is_enough(void **state)
{
	static const struct rph_id ids[] = {{{1}}, {{2}}};
	const struct rph_window window = {3000, 52, 0};
	uint64_t seed = 99;
	(void)state;

	for (int round = 0; round < 2000; round++) {
		struct sample sample;
		struct rph_pair_fold fold;
		good_sample(&sample);
		/* Careless settings must not open the door either. */
		sample.params.min_users = (uint32_t)(next_random(&seed) % 3);
		sample.params.min_days = 1;
		sample.params.max_user_share = 1000;
		sample.params.synonymy = 0;
		rph_pair_fold_begin(&fold, &window, &ids[0], &ids[1]);
		for (unsigned week = 0; week < 1 + next_random(&seed) % 52; week++) {
			struct rph_vote_key key = {ids[0], ids[1], 77, (rph_week)(2949 + week)};
			struct rph_vote vote = {.wins = UINT32_MAX, .days = 0x7f};
			vote.edges[RPH_EDGE_paraphrase] = 1 + (uint32_t)(next_random(&seed) >> 33);
			vote.mass = UINT64_C(256) * vote.edges[RPH_EDGE_paraphrase];
			rph_pair_fold_add(&fold, &key, &vote);
		}
		rph_pair_fold_end(&fold);
		sample.pair = fold.pair;
		judge(&sample);
		assert_int_equal(sample.result.status, RPH_PAIR_PENDING);
		assert_true(sample.result.reasons & RPH_REASON_BIT(too_few_users));
	}
}

/* Votes of few accounts never promote by the defaults, however the pair looks otherwise. */
static void fewer_users_than_the_minimum_never_pass(void **state)
{
	uint64_t seed = 4;
	(void)state;

	for (int round = 0; round < 5000; round++) {
		struct sample sample;
		good_sample(&sample);
		sample.pair.users = (uint32_t)(next_random(&seed) % 5);
		sample.pair.user_weeks = 1 + (uint32_t)(next_random(&seed) % 1000);
		sample.pair.evidence = UINT64_C(256) * sample.pair.user_weeks;
		sample.pair.agreed = sample.pair.evidence;
		sample.pair.days = (uint32_t)(next_random(&seed) % 200);
		judge(&sample);
		assert_false(rph_pair_status_is_positive(sample.result.status));
	}
}

static void the_bound_follows_wilsons_published_values(void **state)
{
	(void)state;
	/* Two-sided 95 %: 8/10 0.490, 9/10 0.596, 10/10 0.722, 40/50 0.670, 80/100 0.711. */
	assert_int_equal(rph_wilson_lower(8 * 256, 10, 975), 490);
	assert_int_equal(rph_wilson_lower(9 * 256, 10, 975), 595);
	assert_int_equal(rph_wilson_lower(10 * 256, 10, 975), 722);
	assert_int_equal(rph_wilson_lower(40 * 256, 50, 975), 669);
	assert_int_equal(rph_wilson_lower(80 * 256, 100, 975), 711);
	assert_int_equal(rph_wilson_lower(0, 0, 900), 0);
	assert_int_equal(rph_wilson_lower(0, 10, 900), 0);
	assert_int_equal(rph_wilson_lower(5 * 256, 10, 500), 500);
}

static void a_judge_that_is_half_sure_is_not_outvoted_by_many_people(void **state)
{
	(void)state;
	struct sample sample;
	good_sample(&sample);
	sample.pair.user_weeks = 1000;
	sample.pair.agreed = UINT64_C(256) * 1000;
	sample.pair.evidence = UINT64_C(150) * 1000; /* mean p 0.586 */
	rph_promote(&sample.params, &sample.facts, &sample.result);
	assert_int_equal(sample.result.lower_bound, 585);
	assert_true(sample.result.reasons & RPH_REASON_BIT(synonymy_not_proven));
	/* ... and few people do not prove what the judge is sure of. */
	sample.pair.user_weeks = 2;
	sample.pair.agreed = sample.pair.evidence = UINT64_C(256) * 2;
	rph_promote(&sample.params, &sample.facts, &sample.result);
	assert_int_equal(sample.result.lower_bound, rph_wilson_lower(512, 2, 900));
	assert_true(sample.result.reasons & RPH_REASON_BIT(synonymy_not_proven));
}

static void the_bound_grows_with_evidence_and_shrinks_with_confidence(void **state)
{
	uint64_t seed = 21;
	(void)state;

	for (int round = 0; round < 3000; round++) {
		uint32_t trials = 1 + (uint32_t)(next_random(&seed) % 200);
		uint64_t successes = next_random(&seed) % (UINT64_C(256) * trials);
		uint16_t confidence = (uint16_t)(500 + next_random(&seed) % 499);
		uint16_t bound = rph_wilson_lower(successes, trials, confidence);
		assert_true(bound <= 1000 * successes / (UINT64_C(256) * trials) + 1);
		assert_true(rph_wilson_lower(successes + 1, trials, confidence) >= bound);
		assert_true(rph_wilson_lower(successes, trials, confidence + 1) <= bound);
		assert_true(rph_wilson_lower(2 * successes, 2 * trials, confidence) + 1 >= bound);
	}
}

static void quantiles_are_those_of_the_normal_distribution(void **state)
{
	static const struct {
		uint16_t confidence;
		double z;
	} known[] = {{500, 0.0},       {800, 0.8416212}, {900, 1.2815516}, {950, 1.6448536},
		     {975, 1.9599640}, {990, 2.3263479}, {999, 3.0902323}};
	(void)state;

	for (size_t i = 0; i < RPH_ARRAY_LEN(known); i++) {
		double difference = rph_normal_quantile(known[i].confidence) - known[i].z;
		assert_true(difference < 1e-6 && difference > -1e-6);
	}
	for (uint16_t confidence = 500; confidence <= 999; confidence++) {
		double z = rph_normal_quantile(confidence);
		double difference = (1.0 + erf(z / sqrt(2.0))) / 2.0 - confidence / 1000.0;
		assert_true(difference < 1e-14 && difference > -1e-14);
	}
}

static void patterns_match_any_run_and_either_case(void **state)
{
	(void)state;
	assert_true(rph_glob_match(RPH_SPAN("*"), RPH_SPAN("")));
	assert_true(rph_glob_match(RPH_SPAN("pay*"), RPH_SPAN("Payment")));
	assert_true(rph_glob_match(RPH_SPAN("*lock*door"), RPH_SPAN("unlock_back_door")));
	assert_true(rph_glob_match(RPH_SPAN("a*b*c"), RPH_SPAN("abbbcbc")));
	assert_false(rph_glob_match(RPH_SPAN("a*b*c"), RPH_SPAN("abbbcb")));
	assert_false(rph_glob_match(RPH_SPAN("pay"), RPH_SPAN("pays")));
	assert_false(rph_glob_match(RPH_SPAN(""), RPH_SPAN("x")));
	assert_true(rph_glob_match(RPH_SPAN(""), RPH_SPAN("")));
}

/* Few said this target, but many meant its goal by the source. */
static void what_many_people_mean_stands_for_a_clear_wording_of_it(void **state)
{
	struct rph_pair pool;
	struct sample sample;
	(void)state;

	good_sample(&sample);
	pool = sample.pair;
	sample.pair = (struct rph_pair){.users = 2,
					.all_users = 2,
					.users_by_edge = {0, 0, 2, 0, 0},
					.user_weeks = 2,
					.evidence = 2 * 200,
					.agreed = 2 * 256,
					.top_user_weeks = 1,
					.days = 1,
					.weeks = 1};
	sample.facts.support.pool = &pool;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PENDING);
	assert_int_equal(sample.result.users, 2);
	sample.facts.support.is_clear = true;
	judge(&sample);
	assert_int_equal(sample.result.reasons, 0);
	assert_int_equal(sample.result.users, 11);
	assert_int_equal(sample.result.days, 8);
	assert_int_equal(sample.pair.users, 2);
	/* What gathers everything is no meaning. */
	static const struct rph_span open[] = {{"light*", 6}};
	sample.params.open_intents = open;
	sample.params.open_count = 1;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PENDING);
}

static void formulations_that_work_for_one_goal_are_synonyms_without_any_vote(void **state)
{
	struct sample sample;
	(void)state;

	good_sample(&sample);
	sample.pair = (struct rph_pair){0};
	sample.source = (struct rph_outcome){.users = 12, .succeeded = 11, .failed = 1};
	sample.facts.support.own_users = 11;
	sample.facts.support.is_clear = true;
	judge(&sample);
	assert_int_equal(sample.result.reasons, 0);
	assert_int_equal(sample.result.status, RPH_PAIR_PROMOTED);
	assert_int_equal(sample.result.direction, RPH_DIRECTION_SYNONYM);
	assert_int_equal(sample.result.type, RPH_EDGE_paraphrase);
	/* Of four people nobody knows. */
	sample.facts.support.users = sample.facts.support.own_users = 4;
	judge(&sample);
	assert_int_equal(sample.result.status, RPH_PAIR_PENDING);
}

static void more_people_never_make_a_pair_less_sure(void **state)
{
	uint64_t seed = 8;
	(void)state;

	for (int round = 0; round < 2000; round++) {
		struct sample sample;
		good_sample(&sample);
		uint32_t users = 1 + (uint32_t)(next_random(&seed) % 60);
		uint32_t others = (uint32_t)(next_random(&seed) % 10);
		sample.facts.support.is_clear = true;
		sample.facts.support.own_users = 0;
		sample.pair.evidence = next_random(&seed) % (15 * 256);
		sample.facts.support.users = users;
		sample.facts.support.weight = UINT64_C(1024) * users;
		sample.facts.support.all_weight = UINT64_C(1024) * (users + others);
		judge(&sample);
		uint16_t before = sample.result.lower_bound;
		sample.facts.support.users++;
		sample.facts.support.weight += 1024;
		sample.facts.support.all_weight += 1024;
		judge(&sample);
		assert_true(sample.result.lower_bound >= before);
		assert_true(sample.result.lower_bound <= 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_well_supported_pair_is_promoted_as_a_rewrite),
		cmocka_unit_test(two_sides_that_both_work_are_synonyms),
		cmocka_unit_test(every_refusal_names_its_reason),
		cmocka_unit_test(a_rewrite_that_does_worse_than_its_hold_out_is_withdrawn),
		cmocka_unit_test(a_rewrite_that_serves_well_outlives_the_evidence_for_it),
		cmocka_unit_test(serving_well_excuses_nothing_that_speaks_against_a_pair),
		cmocka_unit_test(a_meaning_that_changed_of_late_is_withdrawn),
		cmocka_unit_test(many_people_of_the_last_weeks_may_give_a_source_a_new_meaning),
		cmocka_unit_test(a_few_ballots_do_not_undo_what_was_learnt),
		cmocka_unit_test(listed_intents_are_never_targets),
		cmocka_unit_test(a_person_decides_last),
		cmocka_unit_test(no_single_user_however_busy_is_enough),
		cmocka_unit_test(fewer_users_than_the_minimum_never_pass),
		cmocka_unit_test(the_bound_follows_wilsons_published_values),
		cmocka_unit_test(a_judge_that_is_half_sure_is_not_outvoted_by_many_people),
		cmocka_unit_test(the_bound_grows_with_evidence_and_shrinks_with_confidence),
		cmocka_unit_test(quantiles_are_those_of_the_normal_distribution),
		cmocka_unit_test(patterns_match_any_run_and_either_case),
		cmocka_unit_test(what_many_people_mean_stands_for_a_clear_wording_of_it),
		cmocka_unit_test(formulations_that_work_for_one_goal_are_synonyms_without_any_vote),
		cmocka_unit_test(more_people_never_make_a_pair_less_sure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
