/* SPDX-License-Identifier: Apache-2.0
 *
 * test_said.c - values that were misheard, and those that were not said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "miner/said.h"

static struct rph_normaliser *normaliser;
static struct rph_arena arena;

/* `other`: a value that the words may be instead; NULL: none. */
static uint16_t said_among(const char *source, const char *words, const char *other)
{
	struct rph_span references[] = {rph_span_of(words), rph_span_of("")};
	struct rph_goal_slot others[] = {{RPH_SPAN("x"), rph_span_of(other ? other : "")}};
	const struct rph_said_query query = {.locale = RPH_SPAN("en-US"),
					     .references = references,
					     .reference_count = 2,
					     .others = other ? others : NULL,
					     .other_count = other != NULL};
	struct rph_seams seams;
	uint16_t likeness;

	assert_int_equal(rph_seams_find(rph_span_of(source), &arena, &seams), 0);
	assert_int_equal(rph_said(normaliser, &seams, &query, &likeness), 0);
	return likeness;
}

static uint16_t said(const char *source, const char *words)
{
	return said_among(source, words, NULL);
}

/* One of three, or of two, is wrong. Letters of an alphabet are cheap, syllables are not. */
static void a_change_matters_less_in_a_short_word_of_syllables(void **state)
{
	(void)state;
	assert_int_equal(said("cub", "cup"), 682 * 7 / 8);
	assert_int_equal(said("吸尘机", "吸尘器"), 682);
	assert_true(said("청소부", "청소기") >= 682);
	assert_int_equal(said("客听", "客厅"), 512);
}

static void what_is_part_of_another_value_is_not_said(void **state)
{
	(void)state;
	assert_int_equal(said("关掉餐厅的灯", "客厅"), 512);
	assert_int_equal(said_among("关掉餐厅的灯", "客厅", "餐厅"), 0);
	/* Said beside the other one, or to the letter, it is there all the same. */
	assert_int_equal(said_among("餐厅和客听的灯", "客厅", "餐厅"), 512);
	assert_int_equal(said_among("关掉客厅的灯", "客厅", "客厅"), 1024);
}

static void what_may_as_well_be_another_value_is_neither(void **state)
{
	(void)state;
	assert_int_equal(said("响天的闹钟", "今天"), 512);
	assert_int_equal(said_among("响天的闹钟", "今天", "明天"), 0);
	assert_int_equal(said_among("响天的闹钟", "今天", "周日"), 512);
	assert_int_equal(said_among("今响的闹钟", "今天", "明天"), 512);
}

static void a_number_is_never_half_right(void **state)
{
	(void)state;
	assert_int_equal(said("把声音调到五客", "五成"), 512);
	assert_true(said("把声音调到九成", "五成") < 512);
	assert_true(said("把声音调到9成", "5成") < 512);
}

static int set_up(void **state)
{
	(void)state;
	rph_arena_init(&arena, 1 << 24);
	return rph_normaliser_new(&normaliser);
}

static int tear_down(void **state)
{
	(void)state;
	rph_normaliser_free(normaliser);
	rph_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_matters_less_in_a_short_word_of_syllables),
		cmocka_unit_test(what_is_part_of_another_value_is_not_said),
		cmocka_unit_test(what_may_as_well_be_another_value_is_neither),
		cmocka_unit_test(a_number_is_never_half_right),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
