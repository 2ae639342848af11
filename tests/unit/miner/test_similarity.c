/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/similarity.h"
#include "miner/utf.h"

enum { NAIVE_MAX = 700 };

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

static struct rph_text analysed(struct fixture *fixture, struct rph_span text)
{
	struct rph_text ret;
	struct rph_span copy;
	assert_int_equal(rph_arena_copy(&fixture->arena, text, &copy), 0);
	assert_int_equal(rph_text_analyse(fixture->normaliser, copy, &fixture->arena, &ret), 0);
	return ret;
}

static struct rph_text text_of(void **state, const char *text)
{
	return analysed(*state, rph_span_of(text));
}

/* The textbook table, for comparison. */
static uint32_t naive_distance(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
	static uint32_t row[NAIVE_MAX + 1];
	for (size_t i = 0; i <= a_count; i++)
		row[i] = (uint32_t)i;
	for (size_t j = 1; j <= b_count; j++) {
		uint32_t diagonal = row[0];
		row[0] = (uint32_t)j;
		for (size_t i = 1; i <= a_count; i++) {
			uint32_t best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[i];
			best = best < row[i] + 1 ? best : row[i] + 1;
			best = best < row[i - 1] + 1 ? best : row[i - 1] + 1;
			row[i] = best;
		}
	}
	return row[a_count];
}

static size_t random_units(uint64_t *seed, uint32_t *units, size_t most)
{
	static const uint32_t bases[] = {'a', 0x430, 0x4E00, 0x1F600};
	size_t count = next_random(seed) % (most + 1);
	uint32_t letters = 1 + (uint32_t)(next_random(seed) % 6);
	uint32_t base = bases[next_random(seed) % 4];
	bool mixed = next_random(seed) % 4 == 0;
	for (size_t i = 0; i < count; i++) {
		if (mixed)
			base = bases[next_random(seed) % 4];
		units[i] = base + (uint32_t)(next_random(seed) % letters);
	}
	return count;
}

/* A few edits of `from`, so that near misses are tried as often as strangers. */
static size_t edited(uint64_t *seed, const uint32_t *from, size_t count, uint32_t *units)
{
	size_t written = 0;
	for (size_t i = 0; i < count && written < NAIVE_MAX - 2; i++) {
		uint64_t dice = next_random(seed) % 24;
		if (dice == 0)
			continue;
		units[written++] = dice == 1 ? 'z' : from[i];
		if (dice == 2)
			units[written++] = 'q';
	}
	return written;
}

static void bit_parallel_distance_is_the_textbook_distance(void **state)
{
	(void)state;
	static uint32_t a[NAIVE_MAX], b[NAIVE_MAX];
	uint64_t seed = 7;
	for (int run = 0; run < 20000; run++) {
		size_t most = run % 100 == 0 ? RPH_EDIT_MAX_UNITS : run % 10 == 0 ? 150 : 40;
		size_t a_count = random_units(&seed, a, most);
		size_t b_count =
			run % 2 ? edited(&seed, a, a_count, b) : random_units(&seed, b, most);
		if (b_count > RPH_EDIT_MAX_UNITS)
			b_count = RPH_EDIT_MAX_UNITS;
		assert_int_equal(rph_edit_distance_units(a, a_count, b, b_count),
				 naive_distance(a, a_count, b, b_count));
	}
}

static void distance_at_the_block_borders_is_right(void **state)
{
	(void)state;
	static uint32_t a[NAIVE_MAX], b[NAIVE_MAX];
	uint64_t seed = 11;
	for (size_t length = 60; length <= 200; length++) {
		for (size_t i = 0; i < length; i++) {
			a[i] = (uint32_t)(next_random(&seed) % 3) + 'a';
			b[i] = (uint32_t)(next_random(&seed) % 3) + 'b';
		}
		assert_int_equal(rph_edit_distance_units(a, length, b, length),
				 naive_distance(a, length, b, length));
		assert_int_equal(rph_edit_distance_units(a, length, b, length / 2),
				 naive_distance(a, length, b, length / 2));
	}
}

static void distance_is_a_metric(void **state)
{
	(void)state;
	static uint32_t a[NAIVE_MAX], b[NAIVE_MAX], c[NAIVE_MAX];
	uint64_t seed = 13;
	for (int run = 0; run < 20000; run++) {
		size_t most = run % 50 == 0 ? 200 : 30;
		size_t a_count = random_units(&seed, a, most);
		size_t b_count = edited(&seed, a, a_count, b);
		size_t c_count =
			run % 2 ? edited(&seed, b, b_count, c) : random_units(&seed, c, most);
		uint32_t ab = rph_edit_distance_units(a, a_count, b, b_count);
		uint32_t bc = rph_edit_distance_units(b, b_count, c, c_count);
		uint32_t ac = rph_edit_distance_units(a, a_count, c, c_count);
		assert_int_equal(ab, rph_edit_distance_units(b, b_count, a, a_count));
		assert_true(ac <= ab + bc);
		assert_int_equal(rph_edit_distance_units(a, a_count, a, a_count), 0);
		bool same = a_count == b_count && memcmp(a, b, a_count * sizeof(*a)) == 0;
		assert_true(same == (ab == 0));
	}
}

static void only_the_first_units_of_long_texts_are_aligned(void **state)
{
	(void)state;
	static uint32_t a[RPH_EDIT_MAX_UNITS + 9], b[RPH_EDIT_MAX_UNITS + 9];
	for (size_t i = 0; i < RPH_ARRAY_LEN(a); i++)
		a[i] = b[i] = 'a';
	b[RPH_EDIT_MAX_UNITS] = 'b';
	assert_int_equal(rph_edit_distance_units(a, RPH_ARRAY_LEN(a), b, RPH_ARRAY_LEN(b)), 0);
	b[RPH_EDIT_MAX_UNITS - 1] = 'b';
	assert_int_equal(rph_edit_distance_units(a, RPH_ARRAY_LEN(a), b, RPH_ARRAY_LEN(b)), 1);
}

typedef uint32_t measure(const struct rph_text *, const struct rph_text *);
static measure *const measures[] = {
	rph_edit_similarity, rph_ngram_dice,          rph_ngram_containment,  rph_length_ratio,
	rph_word_overlap,    rph_phonetic_similarity, rph_longest_common_run,
};

static struct rph_text random_text(struct fixture *fixture, uint64_t *seed)
{
	uint32_t units[80];
	char bytes[4 * 80];
	size_t count = random_units(seed, units, 79), length = 0;
	for (size_t i = 0; i < count; i++)
		rph_utf8_append(bytes, &length, next_random(seed) % 6 ? units[i] : ' ');
	return analysed(fixture, (struct rph_span){bytes, length});
}

static void every_measure_is_symmetric_bounded_and_whole_for_equals(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 17;
	for (int run = 0; run < 10000; run++) {
		rph_arena_reset(&fixture->arena);
		struct rph_text a = random_text(fixture, &seed), b = random_text(fixture, &seed);
		for (size_t i = 0; i < RPH_ARRAY_LEN(measures); i++) {
			uint32_t value = measures[i](&a, &b);
			assert_true(value <= RPH_SIMILARITY_ONE);
			assert_int_equal(value, measures[i](&b, &a));
			assert_int_equal(measures[i](&a, &a), RPH_SIMILARITY_ONE);
		}
		assert_true(rph_ngram_containment(&a, &b) >= rph_ngram_dice(&a, &b));
	}
}

static void an_empty_text_is_like_nothing_but_itself(void **state)
{
	struct rph_text none = text_of(state, ""), some = text_of(state, "lights on");
	for (size_t i = 0; i < RPH_ARRAY_LEN(measures); i++) {
		assert_int_equal(measures[i](&none, &none), RPH_SIMILARITY_ONE);
		assert_int_equal(measures[i](&none, &some), 0);
	}
}

static void known_values_come_out(void **state)
{
	struct rph_text a = text_of(state, "abcd"), b = text_of(state, "abxd");
	/* 2-grams ^a ab bc cd d$ against ^a ab bx xd d$: three shared; 3-grams: ^ab. */
	assert_int_equal(rph_ngram_dice(&a, &b), 8 * 1024 / 18);
	assert_int_equal(rph_ngram_containment(&a, &b), 4 * 1024 / 9);
	assert_int_equal(rph_edit_distance(&a, &b), 1);
	assert_int_equal(rph_edit_similarity(&a, &b), 768);
	assert_int_equal(rph_longest_common_run(&a, &b), 512);
	struct rph_text c = text_of(state, "turn on the light"), d = text_of(state, "light on");
	assert_int_equal(rph_word_overlap(&c, &d), 2 * 1024 / 4);
	assert_int_equal(rph_length_ratio(&c, &d), 8 * 1024 / 17);
}

static void lengths_and_grams_count_graphemes_not_code_points(void **state)
{
	struct rph_text family = text_of(state, "👨\u200D👩\u200D👧"), smile = text_of(state, "😀");
	assert_int_equal(rph_length_ratio(&family, &smile), RPH_SIMILARITY_ONE);
	assert_int_equal(rph_ngram_dice(&family, &smile), 0);
	struct rph_text thai = text_of(state, "ที่นี่");
	assert_int_equal(thai.grapheme_count, 2);
	assert_int_equal(thai.ngram_count, 5);
}

static void a_misheard_text_sounds_more_alike_than_it_looks(void **state)
{
	struct rph_text a = text_of(state, "call phil at the bank");
	struct rph_text b = text_of(state, "kall fill at the bank");
	struct rph_text c = text_of(state, "pause the old music");
	assert_int_equal(rph_phonetic_similarity(&a, &b), RPH_SIMILARITY_ONE);
	assert_true(rph_edit_similarity(&a, &b) < RPH_SIMILARITY_ONE);
	assert_true(rph_phonetic_similarity(&a, &c) < RPH_SIMILARITY_ONE / 2);
}

static void texts_without_a_sound_compare_by_their_bytes(void **state)
{
	struct rph_text a = text_of(state, "…"), b = text_of(state, "!");
	assert_int_equal(rph_phonetic_similarity(&a, &b), 0);
	assert_int_equal(rph_phonetic_similarity(&a, &a), RPH_SIMILARITY_ONE);
}

static bool differ(void **state, const char *x, const char *y)
{
	struct rph_text a = text_of(state, x), b = text_of(state, y);
	bool found = rph_numbers_differ(&a, &b);
	assert_int_equal(found, rph_numbers_differ(&b, &a));
	return found;
}

static void numbers_differ_unless_one_text_says_none(void **state)
{
	assert_true(differ(state, "at 7", "at 8"));
	assert_true(differ(state, "七点", "八点"));
	assert_true(differ(state, "十五", "五"));
	assert_false(differ(state, "七点", "七天"));
	assert_false(differ(state, "七点", "点"));
	assert_false(differ(state, "noon", "night"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bit_parallel_distance_is_the_textbook_distance),
		cmocka_unit_test(distance_at_the_block_borders_is_right),
		cmocka_unit_test(distance_is_a_metric),
		cmocka_unit_test(only_the_first_units_of_long_texts_are_aligned),
		cmocka_unit_test(every_measure_is_symmetric_bounded_and_whole_for_equals),
		cmocka_unit_test(an_empty_text_is_like_nothing_but_itself),
		cmocka_unit_test(known_values_come_out),
		cmocka_unit_test(lengths_and_grams_count_graphemes_not_code_points),
		cmocka_unit_test(a_misheard_text_sounds_more_alike_than_it_looks),
		cmocka_unit_test(texts_without_a_sound_compare_by_their_bytes),
		cmocka_unit_test(numbers_differ_unless_one_text_says_none),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
