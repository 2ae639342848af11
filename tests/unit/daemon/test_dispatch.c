/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/dispatch.h"

static int seen_argc;
static char seen_name[16], seen_argument[16];

static int plough(int argc, char **argv)
{
	seen_argc = argc;
	snprintf(seen_name, sizeof(seen_name), "%s", argv[0]);
	snprintf(seen_argument, sizeof(seen_argument), "%s", argc > 1 ? argv[1] : "");
	puts("ploughed");
	return 7;
}

static const struct rph_subcommand subcommands[] = {
	{"plough", plough, "turn the soil"},
	{"harvest", plough, "bring it in"},
};

static int dispatch(int argc, char **argv)
{
	return rph_dispatch(subcommands, RPH_ARRAY_LEN(subcommands), argc, argv);
}

static void the_rest_of_the_command_line_goes_to_the_subcommand(void **state)
{
	assert_int_equal(ask(*state, dispatch, (char *[]){A("x"), A("plough"), A("--deep"), NULL}),
			 7);
	assert_int_equal(seen_argc, 2);
	assert_string_equal(seen_name, "plough");
	assert_string_equal(seen_argument, "--deep");
}

static void help_lists_every_subcommand_on_standard_output(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ask(desk, dispatch, (char *[]){A("x"), A("--help"), NULL}), 0);
	for (size_t i = 0; i < RPH_ARRAY_LEN(subcommands); i++) {
		assert_says(desk->output, subcommands[i].name);
		assert_says(desk->output, subcommands[i].summary);
	}
	assert_says(desk->output, "Example");
	assert_string_equal(desk->errors, "");
}

static void help_about_a_subcommand_is_its_own(void **state)
{
	assert_int_equal(ask(*state, dispatch, (char *[]){A("x"), A("help"), A("harvest"), NULL}),
			 7);
	assert_string_equal(seen_argument, "--help");
}

static void version_is_one_line(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ask(desk, dispatch, (char *[]){A("x"), A("--version"), NULL}), 0);
	assert_true(strncmp(desk->output, "rephrased ", 10) == 0);
	assert_ptr_equal(strchr(desk->output, '\n') + 1, desk->output + strlen(desk->output));
}

static void an_unknown_subcommand_ends_with_64_and_a_suggestion(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ask(desk, dispatch, (char *[]){A("x"), A("plouhg"), NULL}), 64);
	assert_string_equal(desk->output, "");
	assert_says(desk->errors, "did you mean 'plough'?");
	assert_int_equal(ask(desk, dispatch, (char *[]){A("x"), A("zzzzzz"), NULL}), 64);
	assert_says(desk->errors, "'rephrased --help' lists them");
}

static void no_subcommand_ends_with_64_and_the_help_on_standard_error(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ask(desk, dispatch, (char *[]){A("x"), NULL}), 64);
	assert_string_equal(desk->output, "");
	assert_says(desk->errors, "Usage:");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_rest_of_the_command_line_goes_to_the_subcommand),
		TEST(help_lists_every_subcommand_on_standard_output),
		TEST(help_about_a_subcommand_is_its_own),
		TEST(version_is_one_line),
		TEST(an_unknown_subcommand_ends_with_64_and_a_suggestion),
		TEST(no_subcommand_ends_with_64_and_the_help_on_standard_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
