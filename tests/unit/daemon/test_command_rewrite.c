/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/command_review.h"
#include "daemon/command_rewrite.h"

/* kitchen is published. */
static int open_published(void **state)
{
	open_desk(state);
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_review, A("reset"), A("make the kitchen bright"),
			     A("turn on the kitchen light"), A("--locale"), A("en-US")),
			 0);
	return 0;
}

/* The command with `input` on standard input. */
static int ask_with(struct desk *desk, const char *input, size_t len, bool json)
{
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_int_equal(fwrite(input, 1, len, file), len);
	rewind(file);
	int saved = dup(STDIN_FILENO);
	assert_true(dup2(fileno(file), STDIN_FILENO) >= 0);
	clearerr(stdin);
	int exit_code = json ? ASK(desk, rph_command_rewrite, A("-l"), A("en-US"), A("--json"))
			     : ASK(desk, rph_command_rewrite, A("-l"), A("en-US"));
	assert_true(dup2(saved, STDIN_FILENO) >= 0);
	close(saved);
	fclose(file);
	return exit_code;
}

static void what_is_not_published_comes_back_as_it_was(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ASK(desk, rph_command_rewrite, A("-l"), A("en-US"), A("Sing, a  SONG!")),
			 0);
	assert_string_equal(desk->output, "Sing, a  SONG!\n");
	assert_int_equal(
		ASK(desk, rph_command_rewrite, A("-l"), A("de-DE"), A("make the kitchen bright")),
		0);
	assert_string_equal(desk->output, "make the kitchen bright\n");
}

static void json_says_who_answered_and_why(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ASK(desk, rph_command_rewrite, A("-l"), A("en-US"), A("--json"),
			     A("Make the kitchen bright!")),
			 0);
	json_t *root = read_json(desk->output);
	assert_string_equal(json_string_value(json_object_get(root, "utterance")),
			    "Make the kitchen bright!");
	assert_string_equal(json_string_value(json_object_get(root, "rewrite")),
			    "turn on the kitchen light");
	assert_string_equal(json_string_value(json_object_get(root, "rewriter")), "exact");
	assert_true(json_real_value(json_object_get(root, "p")) > 0.9);
	assert_true(json_string_length(json_object_get(root, "why")) > 0);
	json_decref(root);
	assert_int_equal(
		ASK(desk, rph_command_rewrite, A("-l"), A("en-US"), A("--json"), A("sing")), 0);
	assert_string_equal(desk->output,
			    "{\"utterance\":\"sing\",\"rewrite\":null,\"rewriter\":null,\"p\":0.0,"
			    "\"why\":\"no rewrite is published\",\"arm\":null}\n");
}

static void some_users_are_held_back_and_always_the_same(void **state)
{
	struct desk *desk = *state;
	unsigned held_back = 0;
	for (int number = 0; number < 100; number++) {
		char user[16];
		snprintf(user, sizeof(user), "u%d", number);
		assert_int_equal(ASK(desk, rph_command_rewrite, A("-l"), A("en-US"), A("--json"),
				     A("--user"), user, A("make the kitchen bright")),
				 0);
		char *first = strdup(desk->output);
		assert_non_null(first);
		bool holdout = strstr(first, "\"arm\":\"holdout\"");
		assert_true(holdout == (strstr(first, "\"rewrite\":null") != NULL));
		held_back += holdout;
		assert_int_equal(ASK(desk, rph_command_rewrite, A("-l"), A("en-US"), A("--json"),
				     A("--user"), user, A("make the kitchen bright")),
				 0);
		assert_string_equal(desk->output, first);
		free(first);
		if (!holdout)
			continue;
		assert_int_equal(ASK(desk, rph_command_rewrite, A("-l"), A("en-US"), A("-u"), user,
				     A("make the kitchen bright")),
				 0);
		assert_string_equal(desk->output, "make the kitchen bright\n");
	}
	assert_in_range(held_back, 1, 15); /* 5 are expected */
}

static void standard_input_is_rewritten_line_by_line_and_no_line_is_lost(void **state)
{
	static const char input[] =
		"make the kitchen bright\n\n\xff\xfe\nsing\nMAKE the kitchen bright";
	struct desk *desk = *state;
	assert_int_equal(ask_with(desk, input, sizeof(input) - 1, false), 0);
	assert_string_equal(desk->output, "turn on the kitchen light\n\n\xff\xfe\nsing\n"
					  "turn on the kitchen light\n");
	assert_int_equal(ask_with(desk, input, sizeof(input) - 1, true), 0);
	size_t lines = 0;
	for (const char *at = desk->output; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 5);
}

static void empty_standard_input_gives_no_output(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ask_with(desk, "", 0, false), 0);
	assert_string_equal(desk->output, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_published, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_published_comes_back_as_it_was),
		TEST(json_says_who_answered_and_why),
		TEST(some_users_are_held_back_and_always_the_same),
		TEST(standard_input_is_rewritten_line_by_line_and_no_line_is_lost),
		TEST(empty_standard_input_gives_no_output),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
