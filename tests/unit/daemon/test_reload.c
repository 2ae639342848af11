/* SPDX-License-Identifier: Apache-2.0 */
#include "../store/fixture.h"

#include "daemon/reload.h"

static void write_config(const struct place *place, const char *text)
{
	FILE *file = fopen(place->other, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static struct rph_config *parse(const char *text)
{
	struct rph_config *config = NULL;
	struct rph_config_problems problems = {.count = 0};
	assert_int_equal(rph_config_parse(rph_span_of(text), &config, &problems), 0);
	rph_config_problems_free(&problems);
	return config;
}

static const char old_text[] = "promotion:\n  min_users: 7\n"
			       "session:\n  gap: 20m\n"
			       "kafka:\n  topics: [a, \"b c\"]\n"
			       "  properties:\n    security.protocol: ssl\n";

static void live_keys_are_taken_over_and_the_others_wait_for_a_restart(void **state)
{
	struct place *place = *state;
	RPH_CLEANUP(rph_config_free) struct rph_config *old = parse(old_text);
	struct rph_reload reload;
	write_config(place, "promotion:\n  min_users: 9\nsession:\n  gap: 10m\n"
			    "kafka:\n  topics: [c]\n");
	assert_int_equal(rph_reload(place->other, old, &reload), 0);
	assert_int_equal(reload.config->promotion.min_users, 9);
	assert_int_equal(reload.config->session.gap, 20 * 60 * 1000);
	assert_int_equal(reload.config->kafka.topics.count, 2);
	assert_string_equal(reload.config->kafka.topics.items[1], "b c");
	assert_int_equal(reload.config->kafka.properties.count, 1);
	assert_string_equal(reload.config->kafka.properties.pairs[0].value, "ssl");
	assert_string_equal(reload.changed.text, "promotion.min_users");
	assert_string_equal(reload.waiting.text, "session.gap, kafka.topics, kafka.properties");
	rph_reload_free(&reload);
}

static void an_unchanged_file_changes_nothing(void **state)
{
	struct place *place = *state;
	RPH_CLEANUP(rph_config_free) struct rph_config *old = parse(old_text);
	struct rph_reload reload;
	write_config(place, old_text);
	assert_int_equal(rph_reload(place->other, old, &reload), 0);
	assert_int_equal(reload.changed.len, 0);
	assert_int_equal(reload.waiting.len, 0);
	assert_non_null(reload.config);
	rph_reload_free(&reload);
}

static void a_bad_or_missing_file_keeps_the_old_configuration_and_says_where(void **state)
{
	struct place *place = *state;
	RPH_CLEANUP(rph_config_free) struct rph_config *old = parse(old_text);
	struct rph_reload reload;
	write_config(place, "promotion:\n  min_users: many\n");
	assert_int_equal(rph_reload(place->other, old, &reload), RPH_E_BAD_CONFIG);
	assert_null(reload.config);
	assert_non_null(strstr(reload.problem.text, ":2:"));
	assert_non_null(strstr(reload.problem.text, "promotion.min_users"));
	rph_reload_free(&reload);
	assert_int_equal(unlink(place->other), 0);
	assert_int_not_equal(rph_reload(place->other, old, &reload), 0);
	assert_null(reload.config);
	assert_true(reload.problem.len > 0);
	rph_reload_free(&reload);
}

static void keys_that_contradict_one_another_are_refused(void **state)
{
	struct place *place = *state;
	RPH_CLEANUP(rph_config_free) struct rph_config *old = parse(old_text);
	struct rph_reload reload;
	write_config(place, "history:\n  weeks: 60\n  keep_weeks: 70\n");
	assert_int_equal(rph_reload(place->other, old, &reload), 0);
	assert_int_equal(reload.config->history.weeks, 60);
	rph_reload_free(&reload);
	write_config(place, "history:\n  weeks: 60\n  keep_weeks: 50\n");
	assert_int_equal(rph_reload(place->other, old, &reload), RPH_E_BAD_CONFIG);
	rph_reload_free(&reload);
}

static void a_clone_is_equal_and_its_own(void **state)
{
	RPH_BUFFER_CLEANUP struct rph_buffer one = {0}, other = {0};
	RPH_CLEANUP(rph_config_free) struct rph_config *old = parse(old_text);
	RPH_CLEANUP(rph_config_free) struct rph_config *clone = NULL;
	(void)state;
	assert_int_equal(rph_config_clone(old, &clone), 0);
	rph_config_print(old, false, &one);
	old = rph_config_free(old);
	rph_config_print(clone, false, &other);
	assert_string_equal(one.text, other.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(live_keys_are_taken_over_and_the_others_wait_for_a_restart),
		TEST(an_unchanged_file_changes_nothing),
		TEST(a_bad_or_missing_file_keeps_the_old_configuration_and_says_where),
		TEST(keys_that_contradict_one_another_are_refused),
		TEST(a_clone_is_equal_and_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
