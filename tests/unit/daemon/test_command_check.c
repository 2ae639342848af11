/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

static char directory[32], valid[64], invalid[64], output[64];

static void put_file(char path[static 64], const char *name, const char *text)
{
	snprintf(path, 64, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/rph-check-XXXXXX");
	assert_non_null(mkdtemp(directory));
	put_file(valid, "valid.yaml", "session:\n  gap: 20m\n");
	put_file(invalid, "invalid.yaml", "session:\n  gap: 20\n");
	put_file(output, "output", "");
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	return unlink(valid) | unlink(invalid) | unlink(output) | rmdir(directory);
}

/* Runs the command with `stream` going to a file, whose text ends up in `text`. */
static int run(FILE *stream, char **argv, char *text, size_t size)
{
	int argc = 0;
	while (argv[argc])
		argc++;
	fflush(stream);
	int saved = dup(fileno(stream));
	FILE *file = fopen(output, "w+");
	assert_non_null(file);
	assert_true(dup2(fileno(file), fileno(stream)) >= 0);
	int exit_code = rph_command_check(argc, argv);
	fflush(stream);
	assert_true(dup2(saved, fileno(stream)) >= 0);
	close(saved);
	rewind(file);
	size_t len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
	return exit_code;
}

#define ARGUMENTS(...) ((char *[]){(char[]){"check"}, __VA_ARGS__, NULL})

static void a_valid_file_ends_with_0_and_says_nothing(void **state)
{
	(void)state;
	char text[4096];
	assert_int_equal(run(stderr, ARGUMENTS("--config", valid), text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(run(stdout, ARGUMENTS("--config", valid), text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static void an_invalid_file_ends_with_78_and_names_the_line(void **state)
{
	(void)state;
	char text[4096], expected[256];
	assert_int_equal(run(stderr, ARGUMENTS("-c", invalid), text, sizeof(text)), 78);
	snprintf(expected, sizeof(expected),
		 "%s:2:8: session.gap: '20' has no unit; write 20s, 20m or 20h\n", invalid);
	assert_string_equal(text, expected);
}

static void a_missing_file_ends_with_66(void **state)
{
	(void)state;
	char text[4096];
	assert_int_equal(run(stderr, ARGUMENTS("--config=/nonexistent"), text, sizeof(text)), 66);
	assert_non_null(strstr(text, "/nonexistent: cannot read the configuration"));
}

static void the_answer_in_json_is_complete(void **state)
{
	(void)state;
	char text[4096];
	int exit_code = run(stdout, ARGUMENTS("--json", "-c", invalid), text, sizeof(text));
	assert_int_equal(exit_code, 78);
	json_t *answer = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(answer);
	assert_true(json_is_false(json_object_get(answer, "valid")));
	json_t *problem = json_array_get(json_object_get(answer, "problems"), 0);
	assert_int_equal(json_integer_value(json_object_get(problem, "line")), 2);
	assert_int_equal(json_integer_value(json_object_get(problem, "column")), 8);
	assert_string_equal(json_string_value(json_object_get(problem, "key")), "session.gap");
	json_decref(answer);
	exit_code = run(stdout, ARGUMENTS("--json", "-c", valid), text, sizeof(text));
	assert_int_equal(exit_code, 0);
	answer = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_true(json_object_get(answer, "valid")));
	json_decref(answer);
}

static void print_and_man_and_help_write_to_standard_output(void **state)
{
	(void)state;
	static char text[65536];
	assert_int_equal(run(stdout, ARGUMENTS("-c", valid, "--print"), text, sizeof(text)), 0);
	assert_non_null(strstr(text, "session:\n  gap: 20m\n"));
	assert_int_equal(run(stdout, ARGUMENTS("--man"), text, sizeof(text)), 0);
	assert_memory_equal(text, ".TH REPHRASED.YAML 5", 20);
	assert_int_equal(run(stdout, ARGUMENTS("--help"), text, sizeof(text)), 0);
	assert_memory_equal(text, "Usage: rephrased check", 22);
	assert_int_equal(run(stderr, ARGUMENTS("--wrong"), text, sizeof(text)), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_valid_file_ends_with_0_and_says_nothing),
		cmocka_unit_test(an_invalid_file_ends_with_78_and_names_the_line),
		cmocka_unit_test(a_missing_file_ends_with_66),
		cmocka_unit_test(the_answer_in_json_is_complete),
		cmocka_unit_test(print_and_man_and_help_write_to_standard_output),
	};
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
