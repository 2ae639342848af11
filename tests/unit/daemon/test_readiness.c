/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/readiness.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void it_is_ready_when_no_reason_is_left(void **state)
{
	(void)state;
	struct rph_readiness readiness;
	rph_readiness_init(&readiness);
	assert_false(rph_readiness_is_ready(&readiness));
	assert_true(rph_readiness_set(&readiness, RPH_UNREADY_DISK_FULL, true));
	assert_false(rph_readiness_set(&readiness, RPH_UNREADY_DISK_FULL, true));
	assert_true(rph_readiness_set(&readiness, RPH_UNREADY_STARTING, false));
	assert_true(rph_readiness_has(&readiness, RPH_UNREADY_DISK_FULL));
	assert_non_null(strstr(rph_readiness_sentence(&readiness), "disk"));
	assert_true(rph_readiness_set(&readiness, RPH_UNREADY_DISK_FULL, false));
	assert_true(rph_readiness_is_ready(&readiness));
	assert_string_equal(rph_readiness_sentence(&readiness), "");
}

static void every_reason_is_told_as_a_json_string(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	struct rph_readiness readiness;
	rph_readiness_init(&readiness);
	for (unsigned i = 0; i < RPH_UNREADY_COUNT; i++)
		rph_readiness_set(&readiness, (enum rph_unready)i, true);
	assert_false(rph_readiness_reasons(&readiness, &text));
	unsigned quotes = 0;
	for (size_t i = 0; i < text.len; i++)
		quotes += text.text[i] == '"';
	assert_int_equal(quotes, 2 * RPH_UNREADY_COUNT);
	for (unsigned i = 0; i < RPH_UNREADY_COUNT; i++)
		rph_readiness_set(&readiness, (enum rph_unready)i, false);
	assert_true(rph_readiness_reasons(&readiness, &text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_ready_when_no_reason_is_left),
		cmocka_unit_test(every_reason_is_told_as_a_json_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
