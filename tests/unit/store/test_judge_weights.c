/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/error.h"
#include "store/judge_weights.h"

static char path[] = "/tmp/rph-weights-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_text(const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void what_is_saved_is_loaded(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	struct rph_judge_weights saved = rph_judge_standard_weights, loaded;
	saved.bias = -RPH_JUDGE_WEIGHT_LIMIT;
	saved.weight[RPH_FEATURE_gap] = 17;
	assert_int_equal(rph_judge_weights_save(path, &saved), 0);
	assert_int_equal(rph_judge_weights_load(path, &loaded, &problem), 0);
	assert_memory_equal(&saved, &loaded, sizeof(saved));
	assert_int_equal(problem.len, 0);
}

/* The text of the standard weights with one piece replaced by another. */
static void spoil(const char *piece, const char *by)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	rph_judge_weights_print(&rph_judge_standard_weights, &text);
	const char *at = strstr(text.text, piece);
	assert_non_null(at);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fprintf(file, "%.*s%s%s", (int)(at - text.text), text.text, by,
			    at + strlen(piece)) > 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_refused(const char *why)
{
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	struct rph_judge_weights loaded;
	assert_int_equal(rph_judge_weights_load(path, &loaded, &problem), RPH_E_BAD_CONFIG);
	if (!strstr(problem.text, why) || !strstr(problem.text, path))
		fail_msg("'%s' does not say '%s'", problem.text, why);
}

static void a_file_for_other_features_is_refused(void **state)
{
	(void)state;
	spoil("\"ngram_dice\"", "\"ngram_mice\"");
	assert_refused("other features");
	spoil("\"gap\":", "\"further\":1,\"gap\":");
	assert_refused("other features");
}

static void a_file_that_is_none_is_refused(void **state)
{
	(void)state;
	write_text("");
	assert_refused("judge.weights");
	write_text("[1]\n");
	assert_refused("no file of weights");
	spoil("weights\":1", "weights\":2");
	assert_refused("no file of weights");
	spoil("\"bias\":", "\"bias\":0.5,\"bios\":");
	assert_refused("no file of weights");
}

static void a_weight_out_of_bounds_is_refused(void **state)
{
	(void)state;
	spoil("\"gap\":0", "\"gap\":1048577");
	assert_refused("limits");
	spoil("\"gap\":0", "\"gap\":0.5");
	assert_refused("limits");
	spoil("\"gap\":0", "\"gap\":\"1\"");
	assert_refused("limits");
}

static void a_missing_file_is_named(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	struct rph_judge_weights loaded;
	assert_int_equal(rph_judge_weights_load("/nowhere/weights.json", &loaded, &problem),
			 RPH_E_BAD_CONFIG);
	assert_non_null(strstr(problem.text, "/nowhere/weights.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_saved_is_loaded),
		cmocka_unit_test(a_file_for_other_features_is_refused),
		cmocka_unit_test(a_file_that_is_none_is_refused),
		cmocka_unit_test(a_weight_out_of_bounds_is_refused),
		cmocka_unit_test(a_missing_file_is_named),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
