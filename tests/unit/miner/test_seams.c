/* SPDX-License-Identifier: Apache-2.0
 *
 * test_seams.c - seams of texts in several scripts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "miner/seams.h"
#include "schemas/error.h"

static struct rph_arena arena;

static struct rph_seams seams_of(const char *text)
{
	struct rph_seams seams;
	assert_int_equal(rph_seams_find(rph_span_of(text), &arena, &seams), 0);
	return seams;
}

/* "S" start, "E" end, "B" both, "." none; one letter a boundary. */
static void expect_seams(const char *text, const char *expected)
{
	struct rph_seams seams = seams_of(text);
	char found[128];

	for (uint32_t i = 0; i <= seams.count; i++)
		found[i] = ".SEB"[seams.seams[i]];
	found[seams.count + 1] = '\0';
	assert_string_equal(found, expected);
}

static void words_of_scripts_with_spaces_are_never_cut(void **state)
{
	(void)state;
	expect_seams("", ".");
	expect_seams("dim it", "S..ES.E");
	expect_seams("نور المطبخ", "S..ES.....E");
	expect_seams("불 켜", "SES"
			      "E");
	expect_seams("Ankara'da", "S.....ES.E");
}

static void scripts_without_spaces_have_a_seam_at_every_grapheme(void **state)
{
	(void)state;
	expect_seams("寝室", "SBE");
	expect_seams("7時に", "SBBE");
	/* The vowel above belongs to the consonant before it. */
	expect_seams("ปิด", "S.BE");
}

static void a_number_is_not_cut_at_its_point(void **state)
{
	(void)state;
	expect_seams("7.30", "S...E");
	expect_seams("7,30.", "S...EE");
	expect_seams("7. 3", "SEE"
			     "SE");
}

static void text_that_is_not_utf_8_is_refused(void **state)
{
	struct rph_seams seams;
	(void)state;
	assert_int_equal(rph_seams_find(RPH_SPAN("a\xC3"), &arena, &seams), RPH_E_BAD_INPUT);
}

static void spans_are_all_pairs_of_a_start_and_an_end_that_are_not_too_far_apart(void **state)
{
	static const char *const texts[] = {"",      " ",     "dim it", "寝室の電気を7.30時に",
					    "ปิด ไฟ", "(p.m.)"};
	(void)state;

	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++) {
		struct rph_seams seams = seams_of(texts[i]);
		for (uint32_t longest = 0; longest <= seams.count + 1; longest++) {
			uint32_t start = 0, end = 0;
			for (uint32_t a = 0; a < seams.count; a++)
				for (uint32_t b = a + 1; b <= seams.count && b - a <= longest;
				     b++) {
					if (!(seams.seams[a] & RPH_SEAM_START) ||
					    !(seams.seams[b] & RPH_SEAM_END))
						continue;
					assert_true(
						rph_seams_next_span(&seams, longest, &start, &end));
					assert_int_equal(start, a);
					assert_int_equal(end, b);
				}
			assert_false(rph_seams_next_span(&seams, longest, &start, &end));
			assert_false(rph_seams_next_span(&seams, longest, &start, &end));
		}
	}
}

static int set_up(void **state)
{
	(void)state;
	rph_arena_init(&arena, 1 << 24);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rph_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_scripts_with_spaces_are_never_cut),
		cmocka_unit_test(scripts_without_spaces_have_a_seam_at_every_grapheme),
		cmocka_unit_test(a_number_is_not_cut_at_its_point),
		cmocka_unit_test(text_that_is_not_utf_8_is_refused),
		cmocka_unit_test(
			spans_are_all_pairs_of_a_start_and_an_end_that_are_not_too_far_apart),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
