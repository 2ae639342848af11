/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <unicode/uchar.h>

#include "miner/grapheme.h"
#include "miner/phonetic.h"
#include "miner/text.h"
#include "miner/utf.h"
#include "schemas/error.h"

struct fixture {
	struct rph_normaliser *normaliser;
	struct rph_arena arena;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	rph_arena_init(&fixture.arena, 64u << 20);
	*state = &fixture;
	return rph_normaliser_new(&fixture.normaliser);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	rph_arena_free(&fixture->arena);
	fixture->normaliser = rph_normaliser_free(fixture->normaliser);
	return 0;
}

static uint64_t next_random(uint64_t *seed)
{
	*seed += 0x9E3779B97F4A7C15u;
	uint64_t z = *seed;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static struct rph_text text_of(void **state, const char *text)
{
	struct fixture *fixture = *state;
	struct rph_text ret;
	assert_int_equal(
		rph_text_analyse(fixture->normaliser, rph_span_of(text), &fixture->arena, &ret), 0);
	return ret;
}

static bool is_sorted(const uint32_t *values, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (values[i - 1] > values[i])
			return false;
	return true;
}

static void sorting_keeps_the_values_and_orders_them(void **state)
{
	(void)state;
	static uint32_t values[3000], scratch[3000];
	uint64_t seed = 3;
	for (int run = 0; run < 400; run++) {
		size_t count = next_random(&seed) % (run % 20 ? 300 : 3000);
		uint32_t mask = run % 3 ? UINT32_MAX : 0xFFF00007;
		uint64_t sum_before = 0, sum_after = 0;
		for (size_t i = 0; i < count; i++) {
			values[i] = (uint32_t)next_random(&seed) & mask;
			sum_before += values[i] * (uint64_t)values[i];
		}
		rph_sort_u32(values, count, scratch);
		for (size_t i = 0; i < count; i++)
			sum_after += values[i] * (uint64_t)values[i];
		assert_true(is_sorted(values, count));
		assert_true(sum_before == sum_after);
	}
}

static void every_part_of_a_plain_text_is_there(void **state)
{
	struct rph_text text = text_of(state, "turn on, turn off");
	assert_int_equal(text.code_point_count, 17);
	assert_int_equal(text.grapheme_count, 17);
	assert_int_equal(text.graphemes[17], 17);
	assert_int_equal(text.ngram_count, 35);
	assert_true(is_sorted(text.ngrams, text.ngram_count));
	assert_true(text.has_words);
	assert_int_equal(text.word_count, 3);
	assert_true(is_sorted(text.words, text.word_count));
	assert_true(text.phonetic_count > 0);
}

static void an_empty_text_has_no_parts(void **state)
{
	struct rph_text text = text_of(state, "");
	assert_int_equal(text.code_point_count + text.grapheme_count + text.ngram_count, 0);
	assert_int_equal(text.word_count + text.phonetic_count, 0);
	assert_int_equal(text.graphemes[0], 0);
	assert_false(text.has_words);
}

static void punctuation_is_no_part_of_a_word(void **state)
{
	struct rph_text a = text_of(state, "off, \"now\" - please");
	struct rph_text b = text_of(state, "please now off");
	assert_int_equal(a.word_count, 3);
	assert_memory_equal(a.words, b.words, 3 * sizeof(*a.words));
}

static void scripts_without_spaces_have_no_words(void **state)
{
	static const char *const spaceless[] = {"เปิดไฟ",  "เปิด ไฟ", "電気をつけて", "ປິດໄຟ",
						"បិទភ្លើង", "开灯",   "play 音楽"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(spaceless); i++) {
		struct rph_text text = text_of(state, spaceless[i]);
		assert_false(text.has_words);
		assert_int_equal(text.word_count, 1);
	}
	static const char *const spaced[] = {"불을 켜 줘", "включи свет", "شغل الضوء",
					     "बत्ती जलाओ",  "ışığı aç",    "άναψε το φως"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(spaced); i++) {
		struct rph_text text = text_of(state, spaced[i]);
		assert_true(text.has_words);
		assert_true(text.word_count >= 2);
	}
}

/* The plain way and the Unicode way must agree on ASCII: append one letter that is not. */
static void an_ascii_text_is_analysed_like_any_other(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 5;
	for (int run = 0; run < 5000; run++) {
		char bytes[80];
		size_t length = next_random(&seed) % 60;
		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)(' ' + next_random(&seed) % 95);
		memcpy(bytes + length, "\u00E9", 3);
		struct rph_text full = text_of(state, bytes);
		bytes[length] = '\0';
		struct rph_text plain = text_of(state, bytes);
		assert_int_equal(plain.code_point_count + 1, full.code_point_count);
		assert_memory_equal(plain.code_points, full.code_points,
				    plain.code_point_count * sizeof(uint32_t));
		assert_memory_equal(plain.graphemes, full.graphemes,
				    (plain.grapheme_count + 1) * sizeof(uint32_t));
		rph_arena_reset(&fixture->arena);
	}
}

static void a_long_text_is_analysed_up_to_the_limit(void **state)
{
	static char bytes[3 * RPH_TEXT_MAX_CODE_POINTS + 1];
	memset(bytes, 'a', RPH_TEXT_MAX_CODE_POINTS + 100);
	assert_int_equal(text_of(state, bytes).code_point_count, RPH_TEXT_MAX_CODE_POINTS);
	for (size_t i = 0; i < RPH_TEXT_MAX_CODE_POINTS; i++)
		snprintf(bytes + 3 * i, 4, "灯");
	assert_int_equal(text_of(state, bytes).code_point_count, RPH_TEXT_MAX_CODE_POINTS);
}

static void damaged_text_and_a_full_arena_are_errors(void **state)
{
	struct fixture *fixture = *state;
	struct rph_text ret = {0};
	assert_int_equal(
		rph_text_analyse(fixture->normaliser, RPH_SPAN("a\xFF"), &fixture->arena, &ret),
		RPH_E_BAD_INPUT);
	struct rph_arena small;
	rph_arena_init(&small, 16);
	assert_int_equal(
		rph_text_analyse(fixture->normaliser, RPH_SPAN("a longer text"), &small, &ret),
		RPH_E_ARENA_FULL);
	assert_null(ret.code_points);
	rph_arena_free(&small);
}

static void graphemes_are_counted_as_a_reader_would(void **state)
{
	(void)state;
	assert_int_equal(rph_grapheme_count(RPH_SPAN("")), 0);
	assert_int_equal(rph_grapheme_count(RPH_SPAN("abc")), 3);
	assert_int_equal(rph_grapheme_count(RPH_SPAN("a\r\nb")), 3);
	assert_int_equal(rph_grapheme_count(RPH_SPAN("ที่นี่")), 2);
	assert_int_equal(rph_grapheme_count(RPH_SPAN("🇩🇪🇹🇷🇯")), 3);
	assert_int_equal(rph_grapheme_count(RPH_SPAN("👩🏽\u200D🚀x")), 2);
	assert_int_equal(rph_grapheme_count(RPH_SPAN("\u00A9\u200D\u00A9")), 1);
	assert_int_equal(rph_grapheme_count(RPH_SPAN("a\xFF\xFF")), 3);
}

static void what_is_taken_for_plain_is_plain(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		/* A syllable end joins only jamo, a pictograph only a pictograph. */
		struct rph_grapheme_state after_a = {0}, after_pictograph = {0};
		if (U_IS_SURROGATE(c))
			continue;
		rph_grapheme_starts(&after_a, 'a');
		int class = u_getIntPropertyValue((UChar32)c, UCHAR_GRAPHEME_CLUSTER_BREAK);
		bool extends =
			class == U_GCB_EXTEND || class == U_GCB_ZWJ || class == U_GCB_SPACING_MARK;
		assert_true(rph_grapheme_starts(&after_a, c) == !extends);
		rph_grapheme_starts(&after_pictograph, 0x1F600);
		rph_grapheme_starts(&after_pictograph, 0x200D);
		bool pictograph = u_hasBinaryProperty((UChar32)c, UCHAR_EXTENDED_PICTOGRAPHIC);
		assert_true(rph_grapheme_starts(&after_pictograph, c) == !(extends || pictograph));
	}
}

static void a_letter_that_writes_a_syllable_counts_for_two(void **state)
{
	(void)state;
	assert_int_equal(rph_letters_of('a'), 1);
	assert_int_equal(rph_letters_of(0x0633), 1); /* Arabic seen */
	assert_int_equal(rph_letters_of(0x0E01), 1); /* Thai ko kai */
	assert_int_equal(rph_letters_of(0x5BA2), 2); /* Han "guest" */
	assert_int_equal(rph_letters_of(0x30BF), 2); /* katakana ta */
	assert_int_equal(rph_letters_of(0x30E3), 2); /* katakana small ya */
	assert_int_equal(rph_letters_of(0xCCAD), 2); /* Hangul cheong */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_that_writes_a_syllable_counts_for_two),
		cmocka_unit_test(sorting_keeps_the_values_and_orders_them),
		cmocka_unit_test(every_part_of_a_plain_text_is_there),
		cmocka_unit_test(an_empty_text_has_no_parts),
		cmocka_unit_test(punctuation_is_no_part_of_a_word),
		cmocka_unit_test(scripts_without_spaces_have_no_words),
		cmocka_unit_test(an_ascii_text_is_analysed_like_any_other),
		cmocka_unit_test(a_long_text_is_analysed_up_to_the_limit),
		cmocka_unit_test(damaged_text_and_a_full_arena_are_errors),
		cmocka_unit_test(graphemes_are_counted_as_a_reader_would),
		cmocka_unit_test(what_is_taken_for_plain_is_plain),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
