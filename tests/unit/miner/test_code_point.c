/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unicode/uchar.h>

#include "miner/code_point.h"
#include "miner/grapheme.h"
#include "miner/normalise.h"
#include "miner/phonetic.h"
#include "miner/utf.h"

struct fixture {
	struct rph_code_points *points;
	struct rph_normaliser *normaliser;
	struct rph_arena arena;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	rph_arena_init(&fixture.arena, 1 << 20);
	*state = &fixture;
	int err = rph_code_points_new(&fixture.points);
	return err ? err : rph_normaliser_new(&fixture.normaliser);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	rph_arena_free(&fixture->arena);
	fixture->normaliser = rph_normaliser_free(fixture->normaliser);
	fixture->points = rph_code_points_free(fixture->points);
	return 0;
}

/* Every code point of the table, and a sample of those beyond it. */
static UChar32 next_code_point(UChar32 c)
{
	c += c < 0x10000 ? 1 : 37;
	return U_IS_SURROGATE(c) ? 0xE000 : c;
}

static void sounds_and_kinds_are_those_of_the_slow_way(void **state)
{
	struct fixture *fixture = *state;
	for (UChar32 c = 1; c <= 0x10FFFF; c = next_code_point(c)) {
		uint32_t sound[2] = {0};
		size_t count = rph_phonetic_reduce(fixture->points->nfd, (uint32_t)c, sound);
		const struct rph_code_point *point = rph_code_point(fixture->points, (uint32_t)c);
		assert_int_equal(point->sound[0], count > 0 ? sound[0] : 0);
		assert_int_equal(point->sound[1], count > 1 ? sound[1] : 0);
		assert_int_equal(point->grapheme, rph_grapheme_kind((uint32_t)c));
		assert_true(!(point->flags & RPH_POINT_LEADS) == (u_getCombiningClass(c) == 0));
	}
}

/* "x" and "y" are neighbours that nothing composes with, so what lies between is c's own. */
static void what_is_simple_becomes_what_the_table_says(void **state)
{
	struct fixture *fixture = *state;
	size_t simple = 0, changed = 0;
	for (UChar32 c = 0x80; c <= 0x10FFFF; c = next_code_point(c)) {
		const struct rph_code_point *point = rph_code_point(fixture->points, (uint32_t)c);
		char text[8], wanted[16];
		size_t length = 0, wanted_length = 0;
		if (!(point->flags & RPH_POINT_SIMPLE))
			continue;
		rph_utf8_append(text, &length, 'x');
		rph_utf8_append(text, &length, (uint32_t)c);
		rph_utf8_append(text, &length, 'y');
		rph_utf8_append(wanted, &wanted_length, 'x');
		for (int i = 0; i < 2 && point->folded[i]; i++)
			rph_utf8_append(wanted, &wanted_length, point->folded[i]);
		rph_utf8_append(wanted, &wanted_length, 'y');
		assert_true(wanted_length - 2 <= 2 * (length - 2));
		struct rph_span got;
		assert_int_equal(rph_normalise_unicode(fixture->normaliser, RPH_SPAN("tr"),
						       (struct rph_span){text, length},
						       &fixture->arena, &got),
				 0);
		if (!rph_span_equal(got, (struct rph_span){wanted, wanted_length}))
			fail_msg("U+%04X is not what the table says", (unsigned)c);
		simple++;
		changed += point->folded[0] != (uint32_t)c;
		rph_arena_reset(&fixture->arena);
	}
	assert_true(simple > 60000 && changed > 2000);
}

static void plain_ones_are_seen_and_in_nfc(void **state)
{
	struct fixture *fixture = *state;
	for (UChar32 c = 0x80; c <= 0x10FFFF; c = next_code_point(c)) {
		UErrorCode status = U_ZERO_ERROR;
		UChar units[2];
		int32_t length = 0;
		rph_utf16_append(units, &length, c);
		bool plain = unorm2_quickCheck(fixture->points->nfc, units, length, &status) ==
				     UNORM_YES &&
			     !u_isUWhiteSpace(c) && u_charType(c) != U_CONTROL_CHAR;
		const struct rph_code_point *point = rph_code_point(fixture->points, (uint32_t)c);
		assert_true(!(point->flags & RPH_POINT_PLAIN) == !plain);
	}
}

static void scripts_without_spaces_are_known(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		uint32_t c;
		bool spaceless;
	} examples[] = {{'a', false},    {0xE01, true},  {0x3042, true},  {0x6C34, true},
			{0xAC00, false}, {0x627, false}, {0x20000, true}, {0x1F600, false}};
	for (size_t i = 0; i < RPH_ARRAY_LEN(examples); i++) {
		const struct rph_code_point *point = rph_code_point(fixture->points, examples[i].c);
		assert_true(!(point->flags & RPH_POINT_SPACELESS) == !examples[i].spaceless);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sounds_and_kinds_are_those_of_the_slow_way),
		cmocka_unit_test(what_is_simple_becomes_what_the_table_says),
		cmocka_unit_test(plain_ones_are_seen_and_in_nfc),
		cmocka_unit_test(scripts_without_spaces_are_known),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
