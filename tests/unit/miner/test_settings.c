/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/settings.h"

static int set_up(void **state)
{
	static struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	*state = &arena;
	return 0;
}

static int tear_down(void **state)
{
	rph_arena_free(*state);
	return 0;
}

static struct rph_config *config_of(const char *yaml)
{
	struct rph_config *config = NULL;
	struct rph_config_problems problems = {0};
	int err = rph_config_parse(rph_span_of(yaml), &config, &problems);
	if (err)
		fail_msg("%s: %s", problems.items[0].key, problems.items[0].sentence);
	rph_config_problems_free(&problems);
	return config;
}

static void the_defaults_of_the_core_are_those_of_the_configuration(void **state)
{
	struct rph_config *config = NULL;
	assert_int_equal(rph_config_default(&config), 0);
	struct rph_mining_params wanted = rph_mining_params_default(), got;
	assert_int_equal(rph_settings_mining(config, *state, &got), 0);
	assert_memory_equal(&got.session, &wanted.session, sizeof(got.session));
	assert_int_equal(got.judge.rephrase_gap, wanted.judge.rephrase_gap);
	assert_int_equal(got.judge.max_distance, wanted.judge.max_distance);
	assert_int_equal(got.judge.accept, wanted.judge.accept);
	assert_int_equal(got.judge.record_floor, wanted.judge.record_floor);

	struct rph_promotion_params defaults = rph_promotion_params_default(), promotion;
	assert_int_equal(rph_settings_promotion(config, *state, &promotion), 0);
	assert_int_equal(promotion.min_users, defaults.min_users);
	assert_int_equal(promotion.min_days, defaults.min_days);
	assert_int_equal(promotion.synonymy, defaults.synonymy);
	assert_int_equal(promotion.confidence, defaults.confidence);
	assert_int_equal(promotion.annotation_agreement, defaults.annotation_agreement);
	assert_int_equal(promotion.max_user_share, defaults.max_user_share);
	assert_true(promotion.protected_count > 0 && promotion.control_count > 0);
	rph_config_free(config);
}

static void every_key_of_mining_arrives(void **state)
{
	struct rph_config *config =
		config_of("session: {gap: 10m, grace: 7s, rephrase_gap: 11s, max_distance: 5,\n"
			  "  max_turns: 33, max_bytes: 5KiB, max_duration: 2h, max_open: 44}\n"
			  "input: {max_jump: 2d}\n"
			  "judge: {accept: 0.75, record_floor: 0.125}\n"
			  "promotion: {control_intents: [stop, 'help*']}\n");
	struct rph_mining_params got;
	assert_int_equal(rph_settings_mining(config, *state, &got), 0);
	assert_int_equal(got.session.gap, 600000);
	assert_int_equal(got.session.grace, 7000);
	assert_int_equal(got.session.max_duration, 7200000);
	assert_int_equal(got.session.max_turns, 33);
	assert_int_equal(got.session.max_bytes, 5120);
	assert_int_equal(got.session.max_open, 44);
	assert_true(got.session.max_jump == 2 * RPH_DAY_MS);
	assert_int_equal(got.judge.rephrase_gap, 11000);
	assert_int_equal(got.judge.max_distance, 5);
	assert_int_equal(got.judge.accept, 192);
	assert_int_equal(got.judge.record_floor, 32);
	assert_int_equal(got.judge.control_count, 2);
	assert_true(rph_span_equal(got.judge.control_intents[1], RPH_SPAN("help*")));
	rph_config_free(config);
}

/* "At least 0.7" must not be reached by a p below 0.7. */
static void a_share_becomes_the_next_probability_above_it(void **state)
{
	static const struct {
		const char *yaml;
		int wanted;
	} examples[] = {{"judge: {accept: 0.7}\n", 180},
			{"judge: {accept: 0.501}\n", 129},
			{"judge: {accept: 0.5}\n", 128},
			{"judge: {accept: 1}\n", 256},
			{"judge: {accept: 0.999, record_floor: 0}\n", 256}};
	for (size_t i = 0; i < RPH_ARRAY_LEN(examples); i++) {
		struct rph_config *config = config_of(examples[i].yaml);
		struct rph_mining_params got;
		assert_int_equal(rph_settings_mining(config, *state, &got), 0);
		assert_int_equal(got.judge.accept, examples[i].wanted);
		rph_config_free(config);
	}
}

static void every_key_of_decoding_arrives(void **state)
{
	(void)state;
	struct rph_config *config =
		config_of("locale: {default: tr-TR}\n"
			  "input: {max_record_bytes: 9KiB, max_utterance_bytes: 99B,\n"
			  "  future_limit: 3s, past_limit: 4m}\n");
	struct rph_decode_limits got = rph_settings_decode(config);
	assert_int_equal(got.max_record_bytes, 9216);
	assert_int_equal(got.max_utterance_bytes, 99);
	assert_int_equal(got.future_limit, 3000);
	assert_int_equal(got.past_limit, 240000);
	assert_true(rph_span_equal(got.default_locale, RPH_SPAN("tr-TR")));
	rph_config_free(config);
}

static void every_key_of_promotion_arrives(void **state)
{
	struct rph_config *config = config_of(
		"promotion: {min_users: 9, min_days: 3, synonymy: 0.6, confidence: 0.95,\n"
		"  annotation_agreement: 0.75, max_user_share: 0.25,\n"
		"  protected_intents: [pay, 'lock*'], control_intents: [stop]}\n");
	struct rph_promotion_params got;
	assert_int_equal(rph_settings_promotion(config, *state, &got), 0);
	assert_int_equal(got.min_users, 9);
	assert_int_equal(got.min_days, 3);
	assert_int_equal(got.synonymy, 600);
	assert_int_equal(got.confidence, 950);
	assert_int_equal(got.annotation_agreement, 750);
	assert_int_equal(got.max_user_share, 250);
	assert_int_equal(got.protected_count, 2);
	assert_true(rph_span_equal(got.protected_intents[1], RPH_SPAN("lock*")));
	assert_int_equal(got.control_count, 1);
	assert_true(rph_span_equal(got.control_intents[0], RPH_SPAN("stop")));
	rph_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_of_the_core_are_those_of_the_configuration),
		cmocka_unit_test(every_key_of_mining_arrives),
		cmocka_unit_test(a_share_becomes_the_next_probability_above_it),
		cmocka_unit_test(every_key_of_decoding_arrives),
		cmocka_unit_test(every_key_of_promotion_arrives),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
