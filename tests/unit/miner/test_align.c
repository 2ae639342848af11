/* SPDX-License-Identifier: Apache-2.0
 *
 * test_align.c - spans that resemble given words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "miner/align.h"
#include "schemas/error.h"
#include "tests/unit/schemas/random_text.h"

static struct rph_normaliser *normaliser;
static struct rph_arena arena;

static struct rph_seams seams_of(const char *text)
{
	struct rph_seams seams;
	assert_int_equal(rph_seams_find(rph_span_of(text), &arena, &seams), 0);
	return seams;
}

static struct rph_candidates align(const char *source, const char *words, const char *value)
{
	struct rph_seams seams = seams_of(source);
	struct rph_span references[] = {rph_span_of(words), rph_span_of(value)};
	struct rph_align_query query = {RPH_SPAN("en-US"), references, 2, 0, 0};
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

/* A few syllables, with and without spaces between words; now and then a digit. */
static const char *random_words(uint64_t *state, unsigned script, char bytes[static 128])
{
	static const char *const pieces[2][10] = {
		{"ka", "ki", "lo", "la", "me", "mi", "ß", "7", " ", " "},
		{"か", "き", "ろ", "ら", "め", "み", "ガ", "7", "の", "ん"}};
	size_t count = 1 + next_random(state) % 14, len = 0;

	for (size_t i = 0; i < count; i++) {
		const char *piece = pieces[script][next_random(state) % 10];
		memcpy(bytes + len, piece, strlen(piece));
		len += strlen(piece);
	}
	bytes[len] = '\0';
	return bytes;
}

/* Of `all` what a search for `query` must find. */
static void keep_wanted(struct rph_candidates *all, const struct rph_align_query *query)
{
	uint16_t best = all->count ? all->list[0].score : 0;
	uint16_t least = query->least;

	if (query->margin && best >= query->margin && best - query->margin + 1 > least)
		least = (uint16_t)(best - query->margin + 1);
	if (query->margin && best == 1024)
		least = 1024;
	while (all->count && all->list[all->count - 1].score < least)
		all->count--;
}

static void what_is_not_wanted_changes_nothing_about_the_rest(void **state)
{
	uint64_t random = 5;
	unsigned found_some = 0;
	(void)state;

	for (unsigned i = 0; i < 3000; i++) {
		char source[128], words[128], value[128];
		unsigned script = next_random(&random) % 2;
		struct rph_seams seams = seams_of(random_words(&random, script, source));
		struct rph_span references[] = {rph_span_of(random_words(&random, script, words)),
						rph_span_of(random_words(&random, script, value))};
		struct rph_align_query query = {RPH_SPAN("en-US"), references, 2, 0, 0};
		struct rph_candidates all, some;
		assert_int_equal(rph_align(normaliser, &seams, &query, &all), 0);
		query.least = (uint16_t)(next_random(&random) % 900);
		query.margin = (uint16_t)(next_random(&random) % 3 * 64);
		assert_int_equal(rph_align(normaliser, &seams, &query, &some), 0);
		assert_int_equal(some.count ? some.list[0].score : 0,
				 all.count ? all.list[0].score : 0);
		keep_wanted(&all, &query);
		keep_wanted(&some, &query);
		assert_int_equal(some.count, all.count);
		for (uint32_t j = 0; j < all.count; j++) {
			assert_int_equal(some.list[j].start, all.list[j].start);
			assert_int_equal(some.list[j].end, all.list[j].end);
			assert_int_equal(some.list[j].score, all.list[j].score);
		}
		found_some += all.count > 0;
		rph_arena_reset(&arena);
	}
	assert_in_range(found_some, 300, 3000);
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
		cmocka_unit_test(
			the_words_themselves_come_first_without_the_punctuation_around_them),
		cmocka_unit_test(punctuation_that_the_words_end_with_belongs_to_them),
		cmocka_unit_test(what_was_said_beats_what_it_stands_for),
		cmocka_unit_test(every_place_of_a_repeated_word_is_found),
		cmocka_unit_test(different_digits_never_match),
		cmocka_unit_test(what_is_not_wanted_changes_nothing_about_the_rest),
		cmocka_unit_test(nothing_resembles_nothing),
		cmocka_unit_test(a_source_that_is_too_long_has_no_candidates),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
