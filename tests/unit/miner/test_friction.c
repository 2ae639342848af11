/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/friction.h"
#include "schemas/signal.h"

static struct rph_turn turn_with(enum rph_status status, uint32_t signals)
{
	return (struct rph_turn){.status = (uint8_t)status & 7,
				 .signals = signals,
				 .asr_confidence = RPH_NO_CONFIDENCE,
				 .nlu_confidence = RPH_NO_CONFIDENCE};
}

static void check_end(enum rph_status status, uint32_t signals, enum rph_turn_end wanted)
{
	struct rph_turn turn = turn_with(status, signals);
	assert_int_equal(rph_turn_end_of(&turn), wanted);
}

static void the_status_of_the_log_holds(void **state)
{
	(void)state;
	check_end(RPH_STATUS_SUCCESS, 0, RPH_TURN_SUCCEEDED);
	check_end(RPH_STATUS_SUCCESS, RPH_SIGNAL_BIT(no_match), RPH_TURN_SUCCEEDED);
	check_end(RPH_STATUS_FAILURE, 0, RPH_TURN_FAILED);
	check_end(RPH_STATUS_FAILURE, RPH_SIGNAL_BIT(completed), RPH_TURN_FAILED);
}

static void a_success_to_which_the_user_objected_is_unknown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_SIGNAL_COUNT; i++) {
		uint32_t bit = UINT32_C(1) << i;
		bool objected = bit & RPH_SIGNALS_OF_THE_USER;
		check_end(RPH_STATUS_SUCCESS, bit,
			  objected ? RPH_TURN_UNKNOWN : RPH_TURN_SUCCEEDED);
	}
}

static void without_a_status_the_signals_decide_and_failure_outweighs(void **state)
{
	(void)state;
	check_end(RPH_STATUS_UNKNOWN, 0, RPH_TURN_UNKNOWN);
	check_end(RPH_STATUS_UNKNOWN, RPH_SIGNAL_BIT(control), RPH_TURN_UNKNOWN);
	check_end(RPH_STATUS_UNKNOWN, RPH_SIGNAL_BIT(clicked), RPH_TURN_SUCCEEDED);
	check_end(RPH_STATUS_UNKNOWN, RPH_SIGNAL_BIT(reprompt), RPH_TURN_FAILED);
	check_end(RPH_STATUS_UNKNOWN, RPH_SIGNAL_BIT(clicked) | RPH_SIGNAL_BIT(undo),
		  RPH_TURN_FAILED);
}

static void friction_counts_every_sign_once(void **state)
{
	(void)state;
	struct rph_turn turn = turn_with(RPH_STATUS_SUCCESS, RPH_SIGNAL_BIT(completed));
	assert_int_equal(rph_turn_friction(&turn), 0);
	turn.signals |= RPH_SIGNAL_BIT(no_match) | RPH_SIGNAL_BIT(cancel);
	assert_int_equal(rph_turn_friction(&turn), 2);
	turn.status = RPH_STATUS_FAILURE;
	assert_int_equal(rph_turn_friction(&turn), 3);
	turn.nlu_confidence = RPH_FRICTION_CONFIDENCE;
	assert_int_equal(rph_turn_friction(&turn), 3);
	turn.nlu_confidence = RPH_FRICTION_CONFIDENCE - 1;
	assert_int_equal(rph_turn_friction(&turn), 4);
}

static void doubt_about_what_succeeded_is_no_friction(void **state)
{
	(void)state;
	struct rph_turn turn = turn_with(RPH_STATUS_SUCCESS, 0);
	turn.nlu_confidence = RPH_FRICTION_CONFIDENCE - 1;
	assert_false(rph_turn_had_friction(&turn));
	turn.signals |= RPH_SIGNAL_BIT(reprompt);
	assert_true(rph_turn_had_friction(&turn));
	turn = turn_with(RPH_STATUS_UNKNOWN, 0);
	turn.nlu_confidence = RPH_FRICTION_CONFIDENCE - 1;
	assert_true(rph_turn_had_friction(&turn));
	turn.nlu_confidence = RPH_FRICTION_CONFIDENCE;
	assert_false(rph_turn_had_friction(&turn));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_status_of_the_log_holds),
		cmocka_unit_test(a_success_to_which_the_user_objected_is_unknown),
		cmocka_unit_test(without_a_status_the_signals_decide_and_failure_outweighs),
		cmocka_unit_test(friction_counts_every_sign_once),
		cmocka_unit_test(doubt_about_what_succeeded_is_no_friction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
