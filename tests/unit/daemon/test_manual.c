/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include <ctype.h>

#include "daemon/command_check.h"
#include "daemon/command_explain.h"
#include "daemon/command_export.h"
#include "daemon/command_forget.h"
#include "daemon/command_pairs.h"
#include "daemon/command_review.h"
#include "daemon/command_rewrite.h"
#include "daemon/command_run.h"
#include "daemon/command_verify.h"

static const struct {
	const char *name;
	run_command_line *run;
} commands[] = {
	{"check", rph_command_check},     {"explain", rph_command_explain},
	{"export", rph_command_export},   {"forget", rph_command_forget},
	{"pairs", rph_command_pairs},     {"review", rph_command_review},
	{"rewrite", rph_command_rewrite}, {"run", rph_command_run},
	{"verify", rph_command_verify},
};

/* rephrased(1) without the backslashes before its hyphens. */
static char *read_manual(void)
{
	static char text[1 << 16];
	FILE *file = fopen(RPH_SOURCE_DIR "/man/rephrased.1", "r");
	assert_non_null(file);
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	size_t kept = 0;
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\\')
			text[kept++] = text[i];
	text[kept] = '\0';
	return text;
}

static void every_option_of_every_command_is_in_the_manual_page(void **state)
{
	struct desk *desk = *state;
	const char *manual = read_manual();
	for (size_t i = 0; i < RPH_ARRAY_LEN(commands); i++) {
		char head[32];
		snprintf(head, sizeof(head), ".SS %s\n", commands[i].name);
		assert_says(manual, head);
		assert_int_equal(ask(desk, commands[i].run, (char *[]){A("x"), A("--help"), NULL}),
				 0);
		for (char *at = desk->output; (at = strstr(at, " --"));) {
			char option[40] = "";
			size_t len = 2;
			at += 1;
			while (isalpha((unsigned char)at[len]) || at[len] == '-')
				len++;
			assert_true(len < sizeof(option));
			memcpy(option, at, len);
			option[len] = '\0';
			if (strcmp(option, "--help") != 0)
				assert_says(manual, option);
		}
	}
}

static void every_command_has_an_example_of_itself_in_its_help(void **state)
{
	struct desk *desk = *state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(commands); i++) {
		char start[48];
		snprintf(start, sizeof(start), "rephrased %s ", commands[i].name);
		assert_int_equal(ask(desk, commands[i].run, (char *[]){A("x"), A("--help"), NULL}),
				 0);
		const char *example = strstr(desk->output, "\nExample:\n");
		assert_non_null(example);
		assert_says(example, start);
		assert_string_equal(desk->errors, "");
	}
}

static void every_command_refuses_an_unknown_option_with_64(void **state)
{
	struct desk *desk = *state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(commands); i++) {
		assert_int_equal(
			ask(desk, commands[i].run, (char *[]){A("x"), A("--no-such-option"), NULL}),
			64);
		assert_string_equal(desk->output, "");
		assert_says(desk->errors, "--no-such-option");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_option_of_every_command_is_in_the_manual_page),
		TEST(every_command_has_an_example_of_itself_in_its_help),
		TEST(every_command_refuses_an_unknown_option_with_64),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
