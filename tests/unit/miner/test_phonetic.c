/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unicode/utf16.h>

#include "miner/phonetic.h"
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

static struct rph_span key_of(void **state, const char *text)
{
	struct fixture *fixture = *state;
	struct rph_span normal, key;
	assert_int_equal(rph_normalise(fixture->normaliser, RPH_SPAN(""), rph_span_of(text),
				       &fixture->arena, &normal),
			 0);
	assert_int_equal(rph_phonetic_key(fixture->normaliser, normal, &fixture->arena, &key), 0);
	return key;
}

static void texts_that_sound_alike_share_a_key(void **state)
{
	static const char *const pairs[][2] = {
		{"phone", "fone"},
		{"cat", "kat"},
		{"queue up", "kue up"},
		{"back", "bak"},
		{"letter", "leter"},
		{"theatre", "teatre"},
		{"knight", "nite"},
		{"music", "muzik"},
		{"city", "sity"},
		{"weather", "whether"},
		{"wreck a nice beach", "reck a nise beech"},
		{"watch", "wach"},
		{"tax", "tacks"},
		{"Küche", "Kuche"},
		{"Foto", "Photo"},
		{"Ton", "Thon"},
		{"schön", "shon"},
		{"ışığı aç", "isigi ac"},
		{"smørrebrød", "smorebrod"},
		{"łódka", "lodka"},
		{"ice cream", "icecream"},
		{"αυτό", "αυτο"},
		{"ёлка", "елка"},
		{"مَرْحَبًا", "مرحبا"},
		{"أحمد", "احمد"},
		{"شَغِّل", "شغل"},
		{"کتاب", "كتاب"},
		{"カラオケ", "からおけ"},
		{"ガス", "かす"},
		{"내일", "네일"},
		{"ちょっと", "ちよと"},
		{"コーヒー", "コヒ"},
		{"น้ำ", "นำ"},
		{"שָׁלוֹם", "שלום"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(pairs); i++) {
		struct rph_span a = key_of(state, pairs[i][0]), b = key_of(state, pairs[i][1]);
		if (!rph_span_equal(a, b))
			fail_msg("%s: %.*s, %s: %.*s", pairs[i][0], (int)a.len, a.ptr, pairs[i][1],
				 (int)b.len, b.ptr);
		assert_true(a.len > 0);
	}
}

static void texts_that_sound_different_do_not(void **state)
{
	static const char *const pairs[][2] = {
		{"11", "1"},    {"play", "stop"}, {"on", "off"}, {"room 7", "room 77"},
		{"кот", "дом"}, {"灯", "火"},     {"เปิด", "ปิด"}, {"papa", "pa"},
		{"켜", "꺼"},   {"$5", "5"},      {"20%", "20"}, {"x²", "x2"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(pairs); i++)
		assert_false(
			rph_span_equal(key_of(state, pairs[i][0]), key_of(state, pairs[i][1])));
}

static void keys_look_as_documented(void **state)
{
	assert_true(rph_span_equal(key_of(state, "Call Phil at 7"), RPH_SPAN("klflat7")));
	assert_true(rph_span_equal(key_of(state, "Schach"), RPH_SPAN("SS")));
	assert_true(rph_span_equal(key_of(state, "?!"), RPH_SPAN("")));
}

static void no_code_point_gives_more_units_than_promised(void **state)
{
	struct fixture *fixture = *state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		uint32_t text[3] = {c, c, c};
		uint32_t scratch[RPH_PHONETIC_MAX_UNITS(3)], key[RPH_PHONETIC_MAX_UNITS(3)];
		if (U_IS_SURROGATE(c))
			continue;
		size_t count = rph_phonetic_units(fixture->normaliser, text, 3, scratch, key);
		assert_true(count <= RPH_PHONETIC_MAX_UNITS(3));
		for (size_t i = 0; i < count; i++)
			assert_true(key[i] != 0 && key[i] != ' ');
	}
}

static void the_key_of_a_key_of_letters_is_itself_in_other_scripts(void **state)
{
	static const char *const texts[] = {"เปิดไฟในครัว", "電気をつけて", "شغل الضوء", "הדלק אור"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++) {
		struct fixture *fixture = *state;
		struct rph_span key = key_of(state, texts[i]), again;
		assert_int_equal(
			rph_phonetic_key(fixture->normaliser, key, &fixture->arena, &again), 0);
		assert_true(rph_span_equal(key, again));
	}
}

static void the_letter_table_is_in_order(void **state)
{
	(void)state;
	static const uint32_t letters[] = {
#define RPH_LETTER(from, to) (from),
#include "miner/phonetic.def"
#undef RPH_LETTER
	};
	for (size_t i = 1; i < RPH_ARRAY_LEN(letters); i++)
		assert_true(letters[i - 1] < letters[i]);
}

static void damaged_text_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct rph_span key;
	assert_int_equal(
		rph_phonetic_key(fixture->normaliser, RPH_SPAN("a\xC3"), &fixture->arena, &key),
		RPH_E_BAD_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_that_sound_alike_share_a_key),
		cmocka_unit_test(texts_that_sound_different_do_not),
		cmocka_unit_test(keys_look_as_documented),
		cmocka_unit_test(no_code_point_gives_more_units_than_promised),
		cmocka_unit_test(the_key_of_a_key_of_letters_is_itself_in_other_scripts),
		cmocka_unit_test(the_letter_table_is_in_order),
		cmocka_unit_test(damaged_text_is_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
