/* SPDX-License-Identifier: Apache-2.0
 *
 * test_align.c - seams of texts in several scripts, and spans that resemble given words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "miner/align.h"
#include "schemas/error.h"

static struct rph_normaliser *normaliser;
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

/* `other`: a value that the words may be instead; NULL: none. */
static struct rph_candidates align_among(const char *source, const char *words, const char *value,
					 const char *other)
{
	struct rph_seams seams = seams_of(source);
	struct rph_span references[] = {rph_span_of(words), rph_span_of(value)};
	struct rph_goal_slot others[] = {{RPH_SPAN("x"), rph_span_of(other ? other : "")}};
	struct rph_align_query query = {.locale = RPH_SPAN("en-US"),
					.references = references,
					.reference_count = 2,
					.others = other ? others : NULL,
					.other_count = other != NULL};
	struct rph_candidates found;

	assert_int_equal(rph_align(normaliser, &seams, &query, &found), 0);
	assert_true(found.count <= RPH_ALIGN_CANDIDATES);
	for (uint32_t i = 0; i < found.count; i++) {
		const struct rph_candidate *one = &found.list[i];
		assert_true(one->start < one->end && one->end <= seams.count);
		assert_true(seams.seams[one->start] & RPH_SEAM_START);
		assert_true(seams.seams[one->end] & RPH_SEAM_END);
		assert_true(one->score >= 1 && one->score <= 1024);
		assert_true(i == 0 || found.list[i - 1].score >= one->score);
	}
	return found;
}

static struct rph_candidates align(const char *source, const char *words, const char *value)
{
	return align_among(source, words, value, NULL);
}

static void the_words_themselves_come_first_without_the_punctuation_around_them(void **state)
{
	(void)state;
	struct rph_candidates found = align("light, (kitchen), now", "Kitchen", "room 5");
	assert_int_equal(found.list[0].score, 1024);
	assert_int_equal(found.list[0].start, 8);
	assert_int_equal(found.list[0].end, 15);
	assert_true(found.list[1].score < 1024);
}

static void punctuation_that_the_words_end_with_belongs_to_them(void **state)
{
	struct rph_candidates found;
	(void)state;

	found = align("ring at seven p. m. please", "seven p. m.", "19:00");
	assert_int_equal(found.list[0].start, 8);
	assert_int_equal(found.list[0].end, 19);
	assert_int_equal(found.list[0].edges, 2);
	found = align("ring at seven p. m. please", "seven p. m", "19:00");
	assert_int_equal(found.list[0].end, 18);
}

static void what_was_said_beats_what_it_stands_for(void **state)
{
	(void)state;
	struct rph_candidates found = align("kitchen lights on", "kitchen lights", "kitchen");
	assert_int_equal(found.list[0].score, 1024);
	assert_int_equal(found.list[0].end, 14);
	assert_int_equal(found.list[1].score, 1023);
	assert_int_equal(found.list[1].end, 7);
}

static void every_place_of_a_repeated_word_is_found(void **state)
{
	(void)state;
	struct rph_candidates found = align("tea or \"tea\" or tea", "tea", "");
	assert_int_equal(found.list[0].score, 1024);
	assert_int_equal(found.list[1].score, 1024);
	assert_int_equal(found.list[2].score, 1024);
	assert_int_equal(found.list[0].start, 0);
	assert_int_equal(found.list[1].start, 8);
	assert_int_equal(found.list[2].start, 16);
}

static void different_digits_never_match(void **state)
{
	(void)state;
	assert_int_equal(align("channel 14", "channel 41", "").count, 0);
	assert_int_equal(align("channel fourteen", "14", "14").count, 0);
	assert_int_equal(align("كن على ١٤", "14", "").list[0].score, 1024);
}

/* One of three, or of two, is wrong. Letters of an alphabet are cheap, syllables are not. */
static void a_change_matters_less_in_a_short_word_of_syllables(void **state)
{
	struct rph_candidates found;
	(void)state;

	found = align("cub", "cup", "");
	assert_int_equal(found.list[0].score, 682 * 7 / 8);
	assert_int_equal(found.apart, 682 * 7 / 8);
	found = align("吸尘机", "吸尘器", "");
	assert_int_equal(found.list[0].score, 682 * 7 / 8);
	assert_int_equal(found.apart, 682);
	assert_true(align("청소부", "청소기", "").apart >= 682);
	assert_int_equal(align("客听", "客厅", "").apart, 512);
}

static void what_is_part_of_another_value_is_not_apart(void **state)
{
	(void)state;

	assert_int_equal(align("关掉餐厅的灯", "客厅", "").apart, 512);
	assert_int_equal(align_among("关掉餐厅的灯", "客厅", "", "餐厅").apart, 0);
	/* Said beside the other one, or to the letter, it is there all the same. */
	assert_int_equal(align_among("餐厅和客听的灯", "客厅", "", "餐厅").apart, 512);
	assert_int_equal(align_among("关掉客厅的灯", "客厅", "", "客厅").apart, 1024);
}

static void what_may_as_well_be_another_value_is_neither(void **state)
{
	(void)state;
	assert_int_equal(align("响天的闹钟", "今天", "").apart, 512);
	assert_int_equal(align_among("响天的闹钟", "今天", "", "明天").apart, 0);
	assert_int_equal(align_among("响天的闹钟", "今天", "", "周日").apart, 512);
	assert_int_equal(align_among("今响的闹钟", "今天", "", "明天").apart, 512);
}

static void a_number_is_never_half_right(void **state)
{
	(void)state;
	assert_int_equal(align("把声音调到五客", "五成", "").apart, 512);
	assert_true(align("把声音调到九成", "五成", "").apart < 512);
	assert_true(align("把声音调到9成", "5成", "").apart < 512);
}

static void nothing_resembles_nothing(void **state)
{
	(void)state;
	assert_int_equal(align("dim it", "", "").count, 0);
	assert_int_equal(align("", "kitchen", "kitchen").count, 0);
	assert_int_equal(align("...", "?!", "").count, 0);
}

static void a_source_that_is_too_long_has_no_candidates(void **state)
{
	char *text = calloc(1, RPH_ALIGN_MAX_CODE_POINTS + 2);
	(void)state;
	assert_non_null(text);
	memset(text, 'a', RPH_ALIGN_MAX_CODE_POINTS + 1);
	assert_int_equal(align(text, "a", "").count, 0);
	free(text);
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
	normaliser = rph_normaliser_free(normaliser);
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
			the_words_themselves_come_first_without_the_punctuation_around_them),
		cmocka_unit_test(punctuation_that_the_words_end_with_belongs_to_them),
		cmocka_unit_test(what_was_said_beats_what_it_stands_for),
		cmocka_unit_test(every_place_of_a_repeated_word_is_found),
		cmocka_unit_test(different_digits_never_match),
		cmocka_unit_test(a_change_matters_less_in_a_short_word_of_syllables),
		cmocka_unit_test(what_is_part_of_another_value_is_not_apart),
		cmocka_unit_test(what_may_as_well_be_another_value_is_neither),
		cmocka_unit_test(a_number_is_never_half_right),
		cmocka_unit_test(nothing_resembles_nothing),
		cmocka_unit_test(a_source_that_is_too_long_has_no_candidates),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
