/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "miner/judge_fit.h"
#include "schemas/error.h"

enum { MANY = 4000, LIGHT = 1 };

static struct rph_judge_example examples[MANY];
static const struct rph_judge_weights nothing;

static uint64_t next_random(uint64_t *seed)
{
	*seed += 0x9E3779B97F4A7C15u;
	uint64_t z = *seed;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static double uniform(uint64_t *seed)
{
	return (double)(next_random(seed) >> 11) / 9007199254740992.0;
}

/* Labels drawn from a known model: logit = -2 + 4 dice - 3 changed_slots. */
static void draw(uint64_t seed)
{
	for (size_t i = 0; i < MANY; i++) {
		struct rph_judge_example *example = &examples[i];
		*example = (struct rph_judge_example){.user = i % 97};
		uint16_t *value = example->features.value;
		value[RPH_FEATURE_ngram_dice] = (uint16_t)(uniform(&seed) * 1024);
		value[RPH_FEATURE_changed_slots] = next_random(&seed) % 2 ? RPH_FEATURE_ONE : 0;
		double logit = -2 + 4.0 * value[RPH_FEATURE_ngram_dice] / 1024 -
			       3.0 * value[RPH_FEATURE_changed_slots] / 1024;
		example->same = uniform(&seed) < 1 / (1 + exp(-logit));
	}
}

static void a_known_model_is_found_again(void **state)
{
	(void)state;
	struct rph_judge_weights got;
	draw(1);
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, 0.01, NULL, &got), 0);
	assert_in_range(got.weight[RPH_FEATURE_ngram_dice] - 3500, 0, 1200);
	assert_in_range(-got.weight[RPH_FEATURE_changed_slots] - 2600, 0, 1000);
	assert_in_range(-got.bias - 1700, 0, 700);
}

static void what_the_examples_do_not_vary_keeps_its_weight(void **state)
{
	(void)state;
	struct rph_judge_weights got;
	draw(2);
	assert_int_equal(
		rph_judge_fit(examples, MANY, &rph_judge_standard_weights, LIGHT, NULL, &got), 0);
	assert_int_equal(got.weight[RPH_FEATURE_phonetic],
			 rph_judge_standard_weights.weight[RPH_FEATURE_phonetic]);
	assert_int_not_equal(got.weight[RPH_FEATURE_ngram_dice],
			     rph_judge_standard_weights.weight[RPH_FEATURE_ngram_dice]);
}

static void a_held_feature_keeps_its_weight(void **state)
{
	(void)state;
	static const bool held[RPH_FEATURE_COUNT] = {[RPH_FEATURE_ngram_dice] = true};
	struct rph_judge_weights got;
	draw(3);
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, LIGHT, held, &got), 0);
	assert_int_equal(got.weight[RPH_FEATURE_ngram_dice], 0);
	assert_true(got.weight[RPH_FEATURE_changed_slots] < -1024);
}

static void the_same_examples_give_the_same_weights(void **state)
{
	(void)state;
	struct rph_judge_weights one, two;
	draw(4);
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, LIGHT, NULL, &one), 0);
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, LIGHT, NULL, &two), 0);
	assert_memory_equal(&one, &two, sizeof(one));
}

static void a_harder_pull_changes_less(void **state)
{
	(void)state;
	struct rph_judge_weights light, hard;
	draw(5);
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, 1, NULL, &light), 0);
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, 1000, NULL, &hard), 0);
	assert_true(light.weight[RPH_FEATURE_ngram_dice] > hard.weight[RPH_FEATURE_ngram_dice]);
	assert_true(hard.weight[RPH_FEATURE_ngram_dice] > 0);
}

/* At the optimum the predicted and the true number of positives agree, as nothing holds the bias. */
static void a_fit_expects_as_many_positives_as_there_are(void **state)
{
	(void)state;
	struct rph_judge_weights got;
	draw(6);
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, LIGHT, NULL, &got), 0);
	double expected = 0, same = 0;
	for (size_t i = 0; i < MANY; i++) {
		expected += rph_judge_probability(&got, &examples[i].features) / 256.0;
		same += examples[i].same;
	}
	assert_true(fabs(expected - same) < MANY / 200.0);
}

static void separable_and_one_sided_examples_end_in_finite_weights(void **state)
{
	(void)state;
	struct rph_judge_weights got;
	draw(7);
	for (size_t i = 0; i < MANY; i++)
		examples[i].same = examples[i].features.value[RPH_FEATURE_changed_slots] == 0;
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, LIGHT, NULL, &got), 0);
	assert_true(got.weight[RPH_FEATURE_changed_slots] < -4 * 1024);
	for (size_t i = 0; i < MANY; i++)
		examples[i].same = true;
	assert_int_equal(rph_judge_fit(examples, MANY, &nothing, LIGHT, NULL, &got), 0);
	assert_true(got.bias > 0 && got.bias <= RPH_JUDGE_WEIGHT_LIMIT);
}

/* Only the bias tells the examples apart, so p is the same for all: figures by hand. */
static void figures_are_those_counted_by_hand(void **state)
{
	(void)state;
	static const struct rph_judge_weights one = {
		.weight = {[RPH_FEATURE_verbatim] = 20 * 1024}};
	struct rph_judge_example few[4] = {
		{.same = true}, {.same = false}, {.same = true}, {.same = false}};
	few[0].features.value[RPH_FEATURE_verbatim] = RPH_FEATURE_ONE;
	few[1].features.value[RPH_FEATURE_verbatim] = RPH_FEATURE_ONE;
	struct rph_judge_figures got;
	/* p: 255/256 for the first two, 1/2 for the others. */
	rph_judge_measure(few, 4, &one, 200, &got);
	assert_int_equal(got.examples, 4);
	assert_int_equal(got.same, 2);
	assert_true(fabs(got.average_precision - 0.5) < 1e-12);
	assert_true(fabs(got.precision - 0.5) < 1e-12);
	assert_true(fabs(got.recall - 0.5) < 1e-12);
	assert_true(fabs(got.f1 - 0.5) < 1e-12);
	double p = 255 / 256.0;
	assert_true(fabs(got.squared_error - ((1 - p) * (1 - p) + p * p + 0.25 + 0.25) / 4) <
		    1e-12);
	assert_true(fabs(got.calibration_error - (2 * p - 1) / 4) < 1e-12);
}

static void no_examples_have_no_figures(void **state)
{
	(void)state;
	struct rph_judge_figures got;
	rph_judge_measure(NULL, 0, NULL, 128, &got);
	assert_true(got.examples == 0 && got.average_precision == 0 && got.f1 == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_model_is_found_again),
		cmocka_unit_test(what_the_examples_do_not_vary_keeps_its_weight),
		cmocka_unit_test(a_held_feature_keeps_its_weight),
		cmocka_unit_test(the_same_examples_give_the_same_weights),
		cmocka_unit_test(a_harder_pull_changes_less),
		cmocka_unit_test(a_fit_expects_as_many_positives_as_there_are),
		cmocka_unit_test(separable_and_one_sided_examples_end_in_finite_weights),
		cmocka_unit_test(figures_are_those_counted_by_hand),
		cmocka_unit_test(no_examples_have_no_figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
