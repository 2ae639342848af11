/* SPDX-License-Identifier: Apache-2.0
 *
 * test_value_text.c - values by themselves, and formulations that hold them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/value_text.h"

static struct rph_wording wording_of(const char *text, uint16_t start, uint16_t end)
{
	struct rph_wording wording = {.text = rph_span_of(text), .slot_count = end > start};
	wording.slots[0] = (struct rph_wording_slot){0, start, end};
	return wording;
}

static void a_text_that_is_all_slot_is_a_value(void **state)
{
	struct rph_wording value = wording_of("Kitchen!", 0, 7);
	struct rph_wording request = wording_of("kitchen light", 0, 7);
	struct rph_wording thai = wording_of("ห้องครัว", 0, 8);
	struct rph_wording nothing = wording_of("...", 0, 0);
	(void)state;

	assert_true(rph_wording_is_value(&value));
	assert_false(rph_wording_is_value(&request));
	assert_true(rph_wording_is_value(&thai));
	assert_false(rph_wording_is_value(&nothing));
}

static void a_misheard_value_is_still_one(void **state)
{
	struct rph_goal_slot slots[] = {{RPH_SPAN("room"), RPH_SPAN("kitchen")},
					{RPH_SPAN("device"), RPH_SPAN("掃除機")}};
	struct rph_goal goal = {.slots = slots, .slot_count = 2};
	(void)state;

	assert_true(rph_text_is_value(RPH_SPAN("kitchen"), &goal));
	assert_true(rph_text_is_value(RPH_SPAN("kitchin"), &goal));
	assert_true(rph_text_is_value(RPH_SPAN("掃除機"), &goal));
	assert_false(rph_text_is_value(RPH_SPAN("kitchen light"), &goal));
	assert_false(rph_text_is_value(RPH_SPAN("kitchen 3"), &goal));
	assert_false(rph_text_is_value(RPH_SPAN("開く掃除機"), &goal));
	assert_false(rph_text_is_value(RPH_SPAN(""), &goal));
	goal.slot_count = 0;
	assert_false(rph_text_is_value(RPH_SPAN("kitchen"), &goal));
}

static void a_syllable_beside_a_value_is_a_word(void **state)
{
	struct rph_goal_slot slot = {RPH_SPAN("device"), RPH_SPAN("加湿器")};
	struct rph_goal goal = {.slots = &slot, .slot_count = 1};
	(void)state;

	assert_false(rph_text_is_value(RPH_SPAN("关加湿器"), &goal));
	assert_true(rph_text_is_value(RPH_SPAN("加湿器器"), &goal));
	assert_true(rph_text_is_value(RPH_SPAN("加器湿"), &goal));
	assert_false(rph_text_is_value(RPH_SPAN("加湿"), &goal));
	assert_false(rph_text_is_value(RPH_SPAN("加湿器加湿器加"), &goal));
	/* Letters are few, so the same ones say nothing. */
	slot.value = RPH_SPAN("tea");
	assert_false(rph_text_is_value(RPH_SPAN("eat"), &goal));
	assert_true(rph_text_is_value(RPH_SPAN("teaa"), &goal));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_that_is_all_slot_is_a_value),
		cmocka_unit_test(a_misheard_value_is_still_one),
		cmocka_unit_test(a_syllable_beside_a_value_is_a_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
