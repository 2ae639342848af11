/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rewriters/rewriter.h"

static void every_rewriter_keeps_its_promises(void **state)
{
	(void)state;
	size_t count = 0;
	for (; rph_rewriters[count]; count++) {
		assert_non_null(rph_rewriters[count]->self_test);
		assert_int_equal(rph_rewriters[count]->self_test(), 0);
	}
	assert_true(count >= 2);
}

static void every_rewriter_is_found_by_its_own_name_and_says_what_it_does(void **state)
{
	(void)state;
	for (size_t i = 0; rph_rewriters[i]; i++) {
		struct rph_span name = rph_span_of(rph_rewriters[i]->name);
		assert_ptr_equal(rph_rewriter_find(name), rph_rewriters[i]);
		assert_true(rph_span_of(rph_rewriters[i]->summary).len > 0);
	}
}

static void a_name_that_nobody_has_finds_nothing(void **state)
{
	(void)state;
	assert_null(rph_rewriter_find(RPH_SPAN("Exact")));
	assert_null(rph_rewriter_find(RPH_SPAN("exac")));
	assert_null(rph_rewriter_find(RPH_SPAN("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rewriter_keeps_its_promises),
		cmocka_unit_test(every_rewriter_is_found_by_its_own_name_and_says_what_it_does),
		cmocka_unit_test(a_name_that_nobody_has_finds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
