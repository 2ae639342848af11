/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/command_explain.h"
#include "daemon/command_review.h"

static const struct tale shine = {
	.locale = "en-US",
	.source = "make the kitchen shine",
	.target = "make the kitchen bright",
	.domain = "lights",
	.intent = "light_on",
	.edge = RPH_EDGE_paraphrase,
};

static void an_utterance_is_normalised_before_it_is_looked_for(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_explain, A("--locale"), A("en_us"),
			     A("  Make the KITCHEN bright! ")),
			 0);
	assert_says(desk->output, "'make the kitchen bright' in en-US");
}

static void an_unknown_utterance_ends_with_66_and_what_is_near_it(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_explain, A("--locale"), A("en-US"),
			     A("make the kitchen brite")),
			 66);
	assert_string_equal(desk->output, "");
	assert_says(desk->errors,
		    "nobody said 'make the kitchen brite' in en-US; try one of these:\n"
		    "  make the kitchen bright\n");
	assert_int_equal(ASK(desk, rph_command_explain, A("--locale"), A("de-DE"),
			     A("make the kitchen bright")),
			 66);
	assert_says(desk->errors, "'rephrased pairs' lists");
}

static void what_is_not_utf_8_ends_with_65(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ASK(desk, rph_command_explain, A("--locale"), A("en-US"), A("\xff\xfe")),
			 65);
}

static void usage_stands_by_goal_and_week_with_its_outcome(void **state)
{
	struct desk *desk = *state;
	struct told told;
	struct rph_store *store = open_store(desk->place->store, RPH_STORE_WRITE);
	begin_telling(&told);
	tell(&told, &kitchen, 1, 0);
	tell(&told, &kitchen, 2, 8);
	end_telling(&told, store);
	rph_store_close(store);
	assert_int_equal(ASK(desk, rph_command_explain, A("--json"), A("--locale"), A("en-US"),
			     A("turn on the kitchen light")),
			 0);
	json_t *root = read_json(desk->output), *usage = json_object_get(root, "usage");
	assert_int_equal(json_array_size(usage), 2);
	for (size_t i = 0; i < 2; i++) {
		json_t *row = json_array_get(usage, i);
		char week[RPH_WEEK_TEXT_SIZE];
		rph_week_format((rph_week)(THIS_WEEK + i), week);
		assert_string_equal(json_string_value(json_object_get(row, "week")), week);
		assert_string_equal(json_string_value(json_object_get(row, "goal")),
				    "lights|light_on|room=kitchen");
		assert_int_equal(json_integer_value(json_object_get(row, "successes")), 1);
		assert_int_equal(json_integer_value(json_object_get(row, "failures")), 0);
	}
	json_decref(root);
}

static void later_weeks_are_not_seen_with_week(void **state)
{
	struct desk *desk = *state;
	char week[RPH_WEEK_TEXT_SIZE];
	struct told told;
	struct rph_store *store = open_store(desk->place->store, RPH_STORE_WRITE);
	begin_telling(&told);
	tell(&told, &kitchen, 1, 0);
	tell(&told, &kitchen, 2, 8);
	end_telling(&told, store);
	rph_store_close(store);
	rph_week_format(THIS_WEEK, week);
	assert_int_equal(ASK(desk, rph_command_explain, A("--json"), A("--locale"), A("en-US"),
			     A("--week"), week, A("turn on the kitchen light")),
			 0);
	json_t *root = read_json(desk->output), *pairs = json_object_get(root, "pairs");
	assert_int_equal(json_array_size(json_object_get(root, "usage")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(pairs, 0), "users")), 1);
	json_decref(root);
}

static void pairs_of_both_directions_come_with_every_test(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	tell_desk(desk, &shine, 2);
	assert_int_equal(ASK(desk, rph_command_explain, A("--locale"), A("en-US"),
			     A("make the kitchen bright")),
			 0);
	char *before = strstr(desk->output, "what it was said after");
	assert_non_null(before);
	assert_says(before, "make the kitchen shine");
	assert_says(before, "FAILED  too_few_users          2, needs at least 5: too few people");
	assert_silent_about(before, "turn on the kitchen light");
	before[0] = '\0';
	assert_says(desk->output, "→ turn on the kitchen light");
	assert_says(desk->output, "passed  too_few_users          8, needs at least 5\n");
	assert_says(desk->output, "passed  looks_personal         no\n");
	assert_silent_about(desk->output, "shine");
}

static void json_tests_have_figure_threshold_and_side(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_explain, A("--json"), A("--locale"), A("en-US"),
			     A("make the kitchen bright")),
			 0);
	json_t *root = read_json(desk->output);
	json_t *pair = json_array_get(json_object_get(root, "pairs"), 0);
	json_t *tests = json_object_get(pair, "tests");
	/* All but the two that are decisions of people. */
	assert_int_equal(json_array_size(tests), RPH_REASON_COUNT - 2);
	json_t *first = json_array_get(tests, 0);
	assert_string_equal(json_string_value(json_object_get(first, "reason")), "too_few_users");
	assert_true(json_is_true(json_object_get(first, "passed")));
	assert_int_equal(json_integer_value(json_object_get(first, "figure")), 8);
	assert_int_equal(json_integer_value(json_object_get(first, "threshold")), 5);
	assert_string_equal(json_string_value(json_object_get(first, "limit")), "at_least");
	assert_true(json_is_null(json_object_get(pair, "review")));
	assert_true(json_is_null(json_object_get(root, "rewrite")));
	json_decref(root);
}

static void a_decision_and_the_published_rewrite_are_told(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 3);
	assert_int_equal(ASK(desk, rph_command_review, A("approve"), A("make the kitchen bright"),
			     A("turn on the kitchen light"), A("--locale"), A("en-US"), A("--note"),
			     A("heard it myself")),
			 0);
	assert_int_equal(ASK(desk, rph_command_explain, A("--locale"), A("en-US"),
			     A("make the kitchen bright")),
			 0);
	assert_says(desk->output, "approved by '");
	assert_says(desk->output, ": heard it myself\n");
	assert_says(desk->output, "published rewrite: turn on the kitchen light (p 0.97");
	assert_int_equal(ASK(desk, rph_command_explain, A("--json"), A("--locale"), A("en-US"),
			     A("make the kitchen bright")),
			 0);
	json_t *root = read_json(desk->output);
	json_t *pair = json_array_get(json_object_get(root, "pairs"), 0);
	json_t *review = json_object_get(pair, "review");
	assert_string_equal(json_string_value(json_object_get(review, "decision")), "approved");
	assert_string_equal(json_string_value(json_object_get(review, "note")), "heard it myself");
	json_t *rewrite = json_object_get(root, "rewrite");
	assert_string_equal(json_string_value(json_object_get(rewrite, "target")),
			    "turn on the kitchen light");
	json_decref(root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_utterance_is_normalised_before_it_is_looked_for),
		TEST(an_unknown_utterance_ends_with_66_and_what_is_near_it),
		TEST(what_is_not_utf_8_ends_with_65),
		TEST(usage_stands_by_goal_and_week_with_its_outcome),
		TEST(later_weeks_are_not_seen_with_week),
		TEST(pairs_of_both_directions_come_with_every_test),
		TEST(json_tests_have_figure_threshold_and_side),
		TEST(a_decision_and_the_published_rewrite_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
