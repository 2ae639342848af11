/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "schemas/edge.h"
#include "schemas/reject.h"
#include "schemas/signal.h"

#include <cmocka.h>

static void every_signal_is_found_by_its_name(void **state)
{
	(void)state;
	uint32_t all = 0;
	for (unsigned i = 0; i < RPH_SIGNAL_COUNT; i++) {
		const char *name = rph_signal_name((enum rph_signal)i);
		assert_int_equal(rph_signal_bit(rph_span_of(name)), UINT32_C(1) << i);
		all |= UINT32_C(1) << i;
	}
	assert_int_equal(RPH_SIGNALS_OF_FAILURE & RPH_SIGNALS_OF_SUCCESS, 0);
	assert_int_equal(RPH_SIGNALS_OF_FAILURE | RPH_SIGNALS_OF_SUCCESS | RPH_SIGNAL_BIT(control),
			 all);
	assert_true(RPH_SIGNALS_OF_FAILURE & RPH_SIGNAL_BIT(no_match));
	assert_int_equal(RPH_SIGNALS_OF_THE_USER & ~RPH_SIGNALS_OF_FAILURE, 0);
	assert_true(RPH_SIGNALS_OF_THE_USER & RPH_SIGNAL_BIT(undo));
	assert_true(RPH_SIGNALS_OF_SUCCESS & RPH_SIGNAL_BIT(completed));
}

static void near_misses_of_a_signal_are_unknown(void **state)
{
	(void)state;
	static const char *const names[] = {"", "cancel ", "Cancel", "cance", "canceL", "no-match"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(names); i++)
		assert_int_equal(rph_signal_bit(rph_span_of(names[i])), 0);
	assert_int_equal(rph_signal_bit((struct rph_span){NULL, 0}), 0);
}

static void only_repeat_repair_and_paraphrase_say_the_same_again(void **state)
{
	(void)state;
	assert_true(rph_edge_is_same_goal(RPH_EDGE_repeat));
	assert_true(rph_edge_is_same_goal(RPH_EDGE_repair));
	assert_true(rph_edge_is_same_goal(RPH_EDGE_paraphrase));
	assert_false(rph_edge_is_same_goal(RPH_EDGE_correction));
	assert_false(rph_edge_is_same_goal(RPH_EDGE_new_request));
	assert_string_equal(rph_edge_name(RPH_EDGE_new_request), "new_request");
}

static void names_of_reasons_are_distinct_and_have_a_sentence(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_REJECT_COUNT; i++) {
		const char *name = rph_reject_name((enum rph_reject)i);
		assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz_08") == strlen(name));
		assert_true(strlen(rph_reject_text((enum rph_reject)i)) > 0);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(name, rph_reject_name((enum rph_reject)j));
	}
	assert_string_equal(rph_reject_name(RPH_ACCEPTED), "accepted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_signal_is_found_by_its_name),
		cmocka_unit_test(near_misses_of_a_signal_are_unknown),
		cmocka_unit_test(only_repeat_repair_and_paraphrase_say_the_same_again),
		cmocka_unit_test(names_of_reasons_are_distinct_and_have_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
