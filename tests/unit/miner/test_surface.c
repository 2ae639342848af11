/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "miner/surface.h"
#include "miner/utf.h"

struct fixture {
	struct rph_surfacer *surfacer;
	struct rph_arena arena;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	rph_arena_init(&fixture.arena, 16u << 20);
	*state = &fixture;
	return rph_surfacer_new(&fixture.surfacer);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	rph_arena_free(&fixture->arena);
	fixture->surfacer = rph_surfacer_free(fixture->surfacer);
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

static struct rph_span surface_of(struct fixture *fixture, struct rph_span text,
				  struct rph_place *places, size_t count)
{
	struct rph_span ret;
	assert_int_equal(rph_surface(fixture->surfacer, text, places, count, &fixture->arena, &ret),
			 0);
	return ret;
}

static void check(struct fixture *fixture, const char *text, const char *wanted)
{
	struct rph_span got = surface_of(fixture, rph_span_of(text), NULL, 0);
	if (!rph_span_equal(got, rph_span_of(wanted)))
		fail_msg("\"%s\" became \"%.*s\"", text, (int)got.len, got.ptr);
}

static void case_punctuation_and_width_stay(void **state)
{
	check(*state, "Play JAZZ, please!", "Play JAZZ, please!");
	check(*state, "ＯＮ「はい」", "ＯＮ「はい」");
	check(*state, "İyi geceler…", "İyi geceler…");
	check(*state, "ที่นี่", "ที่นี่");
	check(*state, "", "");
}

static void white_space_of_any_kind_is_folded_and_ends_are_trimmed(void **state)
{
	check(*state, "  lights \t\n on  ", "lights on");
	check(*state, "Licht\u00A0\u3000an", "Licht an");
	check(*state, "\u2003müde\u2003", "müde");
	check(*state, " \t ", "");
	check(*state, "\u3000", "");
}

static void control_characters_go(void **state)
{
	check(*state, "li\agh\x7Ft", "light");
	check(*state,
	      "mü\xC2\x85"
	      "de\xC2\x80!",
	      "mü de!");
}

static void the_text_is_composed(void **state)
{
	check(*state, "Ko\u0308ln", "Köln");
	check(*state, "e\u0323\u0302", "ệ");
	check(*state, "\u1100\u1161", "가");
	/* Composition in NFC, not compatibility: a ligature stays. */
	check(*state, "\uFB01nd", "\uFB01nd");
}

static void places_move_along(void **state)
{
	static const struct {
		const char *text;
		struct rph_place before, after;
	} examples[] = {
		{"play jazz", {5, 9}, {5, 9}},
		{"  play   jazz ", {9, 13}, {5, 9}},
		{"spiel  Blüten", {7, 13}, {6, 12}},
		{"Ko\u0308ln  grüßt", {7, 12}, {5, 10}},
		{"Ko\u0308ln", {0, 5}, {0, 4}},
		{"เปิด  ไฟ", {6, 8}, {5, 7}},
		{"a \u3000 b", {1, 4}, {1, 2}},
		{"\a\ajazz", {0, 2}, {0, 0}},
		{"jazz", {4, 4}, {4, 4}},
	};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(examples); i++) {
		struct rph_place place = examples[i].before;
		surface_of(fixture, rph_span_of(examples[i].text), &place, 1);
		if (place.start != examples[i].after.start || place.end != examples[i].after.end)
			fail_msg("\"%s\": %u..%u", examples[i].text, place.start, place.end);
	}
}

static UChar32 any_code_point(uint64_t *seed)
{
	static const UChar32 special[] = {' ',   ' ',   '\t',  0xA0,  0x3000, 0x7F,   0x85,
					  0x308, 0x323, 0xE34, 0xE48, 0x64E,  0x1100, 0x1161,
					  'a',   'o',   0xF6,  0xE01, 0x6C34, 0x1F600};
	uint64_t dice = next_random(seed);
	if (dice % 3)
		return special[dice / 4 % RPH_ARRAY_LEN(special)];
	UChar32 c = (UChar32)(dice / 4 % (dice & 64 ? 0x3400 : 0x110000));
	return U_IS_SURROGATE(c) || c == 0 ? 'x' : c;
}

/* The definition, word by word, in UTF-16. */
static int32_t slow_surface(const UNormalizer2 *nfc, struct rph_span text, UChar *ret)
{
	UChar folded[256];
	int32_t length = 0;
	bool space = false;
	for (int32_t at = 0; at < (int32_t)text.len;) {
		UChar32 c = rph_utf8_next(text.ptr, &at, (int32_t)text.len);
		if (u_isUWhiteSpace(c)) {
			space = length > 0;
		} else if (u_charType(c) != U_CONTROL_CHAR) {
			if (space)
				folded[length++] = ' ';
			space = false;
			rph_utf16_append(folded, &length, c);
		}
	}
	UErrorCode status = U_ZERO_ERROR;
	length = unorm2_normalize(nfc, folded, length, ret, 512, &status);
	assert_true(U_SUCCESS(status));
	return length;
}

static void the_short_way_gives_what_the_definition_gives(void **state)
{
	struct fixture *fixture = *state;
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
	uint64_t seed = 20260107;
	size_t unchanged = 0;
	for (int run = 0; run < 60000; run++) {
		char bytes[64];
		UChar wanted[512];
		size_t length = 0, count = next_random(&seed) % 10;
		for (size_t i = 0; i < count; i++)
			rph_utf8_append(bytes, &length, (uint32_t)any_code_point(&seed));
		struct rph_span text = {bytes, length};
		int32_t wanted_length = slow_surface(nfc, text, wanted);
		struct rph_span got = surface_of(fixture, text, NULL, 0);
		unchanged += got.ptr == bytes;
		int32_t at = 0;
		for (int32_t i = 0; i < wanted_length;)
			assert_int_equal(rph_utf8_next(got.ptr, &at, (int32_t)got.len),
					 rph_utf16_next(wanted, &i, wanted_length));
		assert_int_equal(at, got.len);
		rph_arena_reset(&fixture->arena);
	}
	/* Both ways were taken. */
	assert_true(unchanged > 2000 && unchanged < 58000);
}

static void a_second_surface_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 7;
	for (int run = 0; run < 20000; run++) {
		char bytes[64];
		size_t length = 0, count = next_random(&seed) % 10;
		for (size_t i = 0; i < count; i++)
			rph_utf8_append(bytes, &length, (uint32_t)any_code_point(&seed));
		struct rph_span once =
			surface_of(fixture, (struct rph_span){bytes, length}, NULL, 0);
		struct rph_span twice = surface_of(fixture, once, NULL, 0);
		assert_true(rph_span_equal(once, twice));
		rph_arena_reset(&fixture->arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_punctuation_and_width_stay),
		cmocka_unit_test(white_space_of_any_kind_is_folded_and_ends_are_trimmed),
		cmocka_unit_test(control_characters_go),
		cmocka_unit_test(the_text_is_composed),
		cmocka_unit_test(places_move_along),
		cmocka_unit_test(the_short_way_gives_what_the_definition_gives),
		cmocka_unit_test(a_second_surface_changes_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
