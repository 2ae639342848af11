/* SPDX-License-Identifier: Apache-2.0 */
#include "store/config_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "schemas/error.h"

/* A new file with `text` repeated `times`; the caller removes it. */
static void make_file(char path[static 32], const char *text, int times)
{
	memcpy(path, "/tmp/rph-config-XXXXXX", sizeof("/tmp/rph-config-XXXXXX"));
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *file = fdopen(fd, "w");
	assert_non_null(file);
	for (int i = 0; i < times; i++)
		assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_file_is_read_whole(void **state)
{
	(void)state;
	char path[32];
	RPH_CLEANUP(rph_config_free) struct rph_config *config = NULL;
	struct rph_config_problems problems;
	make_file(path, "session:\n  gap: 40m\n", 1);
	assert_int_equal(rph_config_load(path, &config, &problems), 0);
	assert_true(config->session.gap == INT64_C(2400000));
	rph_config_problems_free(&problems);
	assert_int_equal(unlink(path), 0);
}

static void no_file_gives_the_defaults(void **state)
{
	(void)state;
	RPH_CLEANUP(rph_config_free) struct rph_config *config = NULL;
	struct rph_config_problems problems;
	assert_int_equal(rph_config_load(NULL, &config, &problems), 0);
	assert_true(config->session.gap == INT64_C(1800000));
	assert_int_equal(problems.count, 0);
	rph_config_problems_free(&problems);
}

static void a_file_that_cannot_be_read_is_a_problem_with_a_reason(void **state)
{
	(void)state;
	struct rph_config *config = NULL;
	struct rph_config_problems problems;
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	assert_int_equal(rph_config_load("/nonexistent/x.yaml", &config, &problems), -ENOENT);
	rph_config_problems_print(&problems, "/nonexistent/x.yaml", &text);
	assert_string_equal(text.text, "/nonexistent/x.yaml: cannot read the configuration: No "
				       "such file or directory\n");
	rph_config_problems_free(&problems);
	assert_int_equal(rph_config_load("/tmp", &config, &problems), -EISDIR);
	assert_int_equal(problems.count, 1);
	assert_null(config);
	rph_config_problems_free(&problems);
}

static void an_endless_file_is_refused_and_not_read_to_its_end(void **state)
{
	(void)state;
	char path[32];
	struct rph_config *config = NULL;
	struct rph_config_problems problems;
	make_file(path, "# a comment of thirty-two bytes\n", RPH_CONFIG_MAX_BYTES / 32 + 1);
	assert_int_equal(rph_config_load(path, &config, &problems), RPH_E_BAD_CONFIG);
	assert_non_null(strstr(problems.items[0].sentence, "longer than 1 MiB"));
	rph_config_problems_free(&problems);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rph_config_load("/dev/zero", &config, &problems), RPH_E_BAD_CONFIG);
	rph_config_problems_free(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole),
		cmocka_unit_test(no_file_gives_the_defaults),
		cmocka_unit_test(a_file_that_cannot_be_read_is_a_problem_with_a_reason),
		cmocka_unit_test(an_endless_file_is_refused_and_not_read_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
