/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "miner/normalise.h"
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

static struct rph_span normalised(struct fixture *fixture, const char *locale, struct rph_span text)
{
	struct rph_span ret = {0};
	assert_int_equal(rph_normalise(fixture->normaliser, rph_span_of(locale), text,
				       &fixture->arena, &ret),
			 0);
	return ret;
}

static void assert_span_equal(struct rph_span got, struct rph_span wanted, const char *what)
{
	if (!rph_span_equal(got, wanted))
		fail_msg("%s: got \"%.*s\", wanted \"%.*s\"", what, (int)got.len, got.ptr,
			 (int)wanted.len, wanted.ptr);
}

struct example {
	const char *locale, *text, *wanted;
};

static void check_examples(void **state, const struct example *examples, size_t count)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < count; i++) {
		struct rph_span text = rph_span_of(examples[i].text);
		struct rph_span wanted = rph_span_of(examples[i].wanted);
		assert_span_equal(normalised(fixture, examples[i].locale, text), wanted,
				  examples[i].text);
	}
	rph_arena_reset(&fixture->arena);
}

#define CHECK_EXAMPLES(state, examples) check_examples(state, examples, RPH_ARRAY_LEN(examples))

static void case_width_and_composition_are_folded(void **state)
{
	static const struct example examples[] = {
		{"en-US", "Play JAZZ", "play jazz"},
		{"de-DE", "STRASSE in Köln", "strasse in köln"},
		{"de-DE", "Straße in Ko\u0308ln", "strasse in köln"},
		{"el-GR", "ΟΔΟΣ", "οδοσ"},
		{"el-GR", "οδος", "οδοσ"},
		{"ja-JP", "ｶﾞｽ ＯＮ", "ガス on"},
		{"en-US", "ﬁnd it", "find it"},
		{"vi-VN", "Bật Đèn", "bật đèn"},
	};
	CHECK_EXAMPLES(state, examples);
}

static void white_space_controls_and_bidi_marks_go(void **state)
{
	static const struct example examples[] = {
		{"en", "  turn \t on\n\nthe\u00A0light \u3000", "turn on the light"},
		{"en", "turn\a on", "turn on"},
		{"en", "tu\u00ADrn\u200B o\u2060n", "turn on"},
		{"ar", "\u202Bشغل\u202C \u200Fالضوء", "شغل الضوء"},
		{"en", "\uFEFFyes", "yes"},
		{"en", "\uFFF9yes\uFFFB", "yes"},
		{"en", " \t ", ""},
		{"en", "", ""},
	};
	CHECK_EXAMPLES(state, examples);
}

static void punctuation_goes_at_the_ends_only(void **state)
{
	static const struct example examples[] = {
		{"en", "\"Hello, world!\"", "hello, world"},
		{"es", "¿Qué hora es?", "qué hora es"},
		{"ja", "「電気を消して。」", "電気を消して"},
		{"ar", "كم الساعة؟", "كم الساعة"},
		{"hi", "बत्ती जलाओ।", "बत्ती जलाओ"},
		{"en", "...", ""},
		{"en", "?!", ""},
		{"en", "wait … stop", "wait ... stop"},
		{"en", "(call home)", "call home"},
	};
	CHECK_EXAMPLES(state, examples);
}

static void signs_that_mean_something_stay(void **state)
{
	static const struct example examples[] = {
		{"en", "-5.", "-5"},
		{"en", "\u22125", "-5"},
		{"en", "set it to 20%", "set it to 20%"},
		{"tr", "%20 yap!", "%20 yap"},
		{"ar", "٢٠٪", "20%"},
		{"en", "$5?", "$5"},
		{"en", "-$5", "-$5"},
		{"en", ".5", ".5"},
		{"en", "-.5", "-.5"},
		{"en", "- milk", "milk"},
		{"en", "learn C++!", "learn c++"},
		{"en", "learn C#.", "learn c#"},
		{"en", "room #", "room"},
		{"en", "#7", "#7"},
		{"en", "dial *69", "dial *69"},
		{"en", "*69#", "*69#"},
		{"en", "@home", "@home"},
		{"en", "home @", "home"},
		{"en", "20 °C", "20 °c"},
		{"en", "5 €!", "5 €"},
		{"en", "yes 👍🏽", "yes 👍🏽"},
		{"en", "#\uFE0F\u20E3", "#\u20E3"},
	};
	CHECK_EXAMPLES(state, examples);
}

static void numbers_keep_their_value(void **state)
{
	static const struct example examples[] = {
		{"en", "x² + 5½", "x² + 5½"}, {"en", "①", "①"},     {"en", "Ⅷ", "ⅷ"},
		{"ja", "5㎡", "5㎡"},         {"ja", "5㏠", "5㏠"}, {"ar", "٣٫٥", "3.5"},
		{"hi", "१२ मिनट", "12 मिनट"}, {"en", "１２", "12"}, {"en", "𝟏𝟐", "12"},
		{"th", "๑๐ นาที", "10 นาที"},
	};
	CHECK_EXAMPLES(state, examples);
}

static void apostrophes_hyphens_and_tatweel_are_one_class_each(void **state)
{
	static const struct example examples[] = {
		{"en", "don\u2019t", "don't"},
		{"en", "don\u02BCt", "don't"},
		{"en", "don`t", "don't"},
		{"en", "don\u00B4t", "don't"},
		{"fr", "aujourd\u2019hui", "aujourd'hui"},
		{"en", "wi\u2010fi", "wi-fi"},
		{"ar", "مـــرحبا", "مرحبا"},
	};
	CHECK_EXAMPLES(state, examples);
}

static void turkish_and_azeri_have_two_letters_i(void **state)
{
	static const struct example examples[] = {
		{"tr-TR", "IŞIĞI AÇ", "ışığı aç"},
		{"tr-TR", "İSTANBUL", "istanbul"},
		{"az", "ILIQ", "ılıq"},
		{"TR", "I", "ı"},
		{"tr_TR", "I\u0307yi", "iyi"},
		{"tr", "Ｉ", "ı"},
		{"en-US", "IŞIK", "işik"},
		{"en-US", "İSTANBUL", "istanbul"},
		{"trv", "I", "i"},
		{"", "I", "i"},
		{"tr-TR", "HI THERE", "hı there"},
	};
	CHECK_EXAMPLES(state, examples);
}

static void joiners_stay_where_they_change_what_is_written(void **state)
{
	static const struct example examples[] = {
		{"fa", "می\u200Cخواهم", "می\u200Cخواهم"},
		{"fa", "می\u200C\u200C\u200Dخواهم", "می\u200Cخواهم"},
		{"fa", "\u200Cخواهم\u200C", "خواهم"},
		{"fa", "دا\u200Cد", "داد"}, /* alef does not join to its left anyway */
		{"hi", "क्\u200Dष", "क्\u200Dष"},
		{"hi", "क्\u200Cष", "क्\u200Cष"},
		{"hi", "क्\u200D, ष", "क्, ष"},
		{"en", "pl\u200Cay", "play"},
		{"en", "pl\u200Day", "play"},
		{"en", "👨\u200D👩\u200D👧", "👨\u200D👩\u200D👧"},
		{"en", "👩🏽\u200D🚀", "👩🏽\u200D🚀"},
		{"en", "❤\uFE0F\u200D🔥", "❤\u200D🔥"},
		{"en", "™\u200D🔥", "tm🔥"},
		{"en", "a\u200D\u0301", "á"},
	};
	CHECK_EXAMPLES(state, examples);
}

/* Words and signs of negation in several scripts: whatever surrounds them, they are still there. */
static void negations_survive(void **state)
{
	static const char *const negations[] = {
		"not",  "don't",  "never", "without", "nicht", "kein",  "değil", "yok",
		"ない", "ません", "ไม่",    "لا",      "ليس",   "ما",    "नहीं",   "не",
		"非",   "≠",      "¬",     "🚫",       "n't",   "aren't"};
	static const char *const frames[] = {"%s",     "  %s!",        "(%s)",
					     "x %s y", "...%s\u200F?", "¿%s?"};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(negations); i++) {
		for (size_t j = 0; j < RPH_ARRAY_LEN(frames); j++) {
			char text[128];
			const char *hole = strstr(frames[j], "%s");
			snprintf(text, sizeof(text), "%.*s%s%s", (int)(hole - frames[j]), frames[j],
				 negations[i], hole + 2);
			size_t length = strlen(negations[i]);
			struct rph_span got = normalised(fixture, "en", rph_span_of(text));
			assert_non_null(memmem(got.ptr, got.len, negations[i], length));
		}
	}
	rph_arena_reset(&fixture->arena);
}

static const char *const locales[] = {"en-US", "tr-TR", "az", "de", ""};

static void the_fast_path_gives_what_the_unicode_path_gives(void **state)
{
	struct fixture *fixture = *state;
	static const char likely[] = "aIiTtZz059  .,'-#*@%$+!?`~\"(\t\n\x01\x7F";
	uint64_t seed = 20260105;
	for (int run = 0; run < 250000; run++) {
		char bytes[48];
		size_t length = next_random(&seed) % sizeof(bytes);
		bool any = next_random(&seed) & 1;
		for (size_t i = 0; i < length; i++) {
			uint64_t dice = next_random(&seed);
			bytes[i] = likely[dice % (sizeof(likely) - 1)];
			if (any)
				bytes[i] = (char)(dice & 0x7F);
		}
		struct rph_span text = {bytes, length}, slow = {0};
		struct rph_span locale = rph_span_of(locales[run % 5]);
		assert_int_equal(rph_normalise_unicode(fixture->normaliser, locale, text,
						       &fixture->arena, &slow),
				 0);
		struct rph_span fast = normalised(fixture, locales[run % 5], text);
		assert_span_equal(fast, slow, "fast path");
		assert_span_equal(normalised(fixture, locales[run % 5], fast), fast, "again");
		if (run % 256 == 0)
			rph_arena_reset(&fixture->arena);
	}
}

/* Code points that meet the rules more often than chance. */
static UChar32 random_code_point(uint64_t *seed)
{
	static const UChar32 special[] = {
		0x200C, 0x200D, 0x0307,  0x0131,  0x0130, 'I',    'i',    ' ',    0xA8,
		0xB4,   0x2019, 0x94D,   0x915,   0x937,  0x628,  0x645,  0x64E,  0x640,
		0x0678, 0x0675, 0x1F468, 0x1F3FD, 0xFE0F, 0x2764, 0x2122, 0x20E3, 0xBD,
		0xB2,   0x2460, 0x3358,  0x300,   0x323,  0x338,  '=',    0x1100, 0x1161,
		0x11A8, 0x3099, 0x304B,  0xFF76,  0xFF9E, 0x1FB3, 0x345,  0xDF,   0x1E9E,
		0xFDFA, '-',    '.',     '5',     '#',    '(',    0x2160, 0x660,  0x66B,
		0x34F,  0x3164, 0xAD,    0x9BE,   0x9C7,  0x9D7,  0xFB1D, 0x30FB, 0x3000,
	};
	uint64_t dice = next_random(seed);
	if (dice % 4 != 0)
		return special[dice / 4 % RPH_ARRAY_LEN(special)];
	UChar32 c = (UChar32)(dice / 4 % (dice & 64 ? 0x3400 : 0x110000));
	return U_IS_SURROGATE(c) ? 'x' : c;
}

/* Letters as people write them, and what stands among them. */
static UChar32 likely_code_point(uint64_t *seed)
{
	static const struct {
		UChar32 first, last;
	} ranges[] = {{'a', 'z'},       {'A', 'Z'},       {' ', '/'},       {0xA0, 0x24F},
		      {0x300, 0x36F},   {0x391, 0x3C9},   {0x400, 0x45F},   {0x5D0, 0x5EA},
		      {0x610, 0x6D5},   {0x900, 0x963},   {0xE01, 0xE5B},   {0x1100, 0x11FF},
		      {0x1E00, 0x1EFF}, {0x2000, 0x2070}, {0x3041, 0x30FF}, {0x4E00, 0x4FFF},
		      {0xAC00, 0xACFF}, {0xFB50, 0xFC00}, {0xFF01, 0xFFEF}, {0x1F300, 0x1F64F}};
	uint64_t dice = next_random(seed);
	if (dice % 8 == 0)
		return random_code_point(seed);
	size_t range = dice / 8 % RPH_ARRAY_LEN(ranges);
	UChar32 span = ranges[range].last - ranges[range].first + 1;
	return ranges[range].first + (UChar32)(dice / 1024 % (uint64_t)span);
}

static void the_short_way_gives_what_the_unicode_path_gives_in_every_script(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 20260106;
	for (int run = 0; run < 120000; run++) {
		char bytes[80];
		size_t length = 0, count = next_random(&seed) % 12;
		/* One script a text, mostly: else nearly every one would need the long way. */
		UChar32 near = likely_code_point(&seed);
		for (size_t i = 0; i < count; i++) {
			UChar32 c = near + (UChar32)(next_random(&seed) % 24);
			if (next_random(&seed) % 6 == 0)
				c = likely_code_point(&seed);
			if (U_IS_SURROGATE(c) || c > 0x10FFFF)
				c = ' ';
			rph_utf8_append(bytes, &length, (uint32_t)c);
		}
		struct rph_span text = {bytes, length}, slow = {0};
		const char *locale = locales[run % 5];
		assert_int_equal(rph_normalise_unicode(fixture->normaliser, rph_span_of(locale),
						       text, &fixture->arena, &slow),
				 0);
		assert_span_equal(normalised(fixture, locale, text), slow, "short way");
		if (run % 256 == 0)
			rph_arena_reset(&fixture->arena);
	}
	rph_arena_reset(&fixture->arena);
}

static bool is_utf8(struct rph_span text)
{
	for (int32_t at = 0; at < (int32_t)text.len;)
		if (rph_utf8_next(text.ptr, &at, (int32_t)text.len) < 0)
			return false;
	return true;
}

static void normalising_twice_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 42;
	for (int run = 0; run < 120000; run++) {
		char bytes[64];
		size_t length = 0;
		int points = 1 + (int)(next_random(&seed) % 12);
		for (int i = 0; i < points; i++)
			rph_utf8_append(bytes, &length, (uint32_t)random_code_point(&seed));
		struct rph_span text = {bytes, length};
		struct rph_span once = normalised(fixture, locales[run % 5], text);
		assert_true(is_utf8(once));
		assert_true(once.len <= 11 * text.len);
		assert_span_equal(normalised(fixture, locales[run % 5], once), once, bytes);
		if (run % 256 == 0)
			rph_arena_reset(&fixture->arena);
	}
}

static void every_code_point_normalises_once_and_for_all(void **state)
{
	struct fixture *fixture = *state;
	for (UChar32 c = 0; c <= 0x10FFFF; c++) {
		if (U_IS_SURROGATE(c))
			continue;
		char bytes[12];
		size_t length = 0;
		bytes[length++] = 'x';
		rph_utf8_append(bytes, &length, (uint32_t)c);
		bytes[length++] = 'y';
		struct rph_span text = {bytes, length};
		struct rph_span once = normalised(fixture, "en", text);
		assert_int_equal(once.ptr[once.len - 1], 'y');
		assert_span_equal(normalised(fixture, "en", once), once, bytes);
		if (c % 1024 == 0)
			rph_arena_reset(&fixture->arena);
	}
}

static bool has_digit(struct rph_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
			return true;
	return false;
}

static void only_decimal_digits_become_digits(void **state)
{
	struct fixture *fixture = *state;
	for (UChar32 c = 0; c <= 0x10FFFF; c++) {
		char bytes[4];
		size_t length = 0;
		if (U_IS_SURROGATE(c))
			continue;
		rph_utf8_append(bytes, &length, (uint32_t)c);
		struct rph_span got = normalised(fixture, "en", (struct rph_span){bytes, length});
		bool digit = u_charType(c) == U_DECIMAL_DIGIT_NUMBER;
		if (has_digit(got) != digit)
			fail_msg("U+%04X became \"%.*s\"", (unsigned)c, (int)got.len, got.ptr);
		if (digit)
			assert_int_equal(got.ptr[0] - '0', u_charDigitValue(c));
		if (c % 1024 == 0)
			rph_arena_reset(&fixture->arena);
	}
}

static void the_fold_table_is_in_order_and_final(void **state)
{
	(void)state;
	enum { RPH_FOLD_DROP = -1 };
	static const UChar32 folds[][2] = {
#define RPH_FOLD(from, to, what) {(from), (to)},
#include "miner/normalise_fold.def"
#undef RPH_FOLD
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(folds); i++) {
		assert_true(i == 0 || folds[i - 1][0] < folds[i][0]);
		for (size_t j = 0; j < RPH_ARRAY_LEN(folds); j++)
			assert_int_not_equal(folds[i][1], folds[j][0]);
	}
}

static void bytes_that_are_not_utf8_are_refused(void **state)
{
	struct fixture *fixture = *state;
	static const char *const damaged[] = {
		"\x80", "a\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "ok \xFF"};
	struct rph_span ret = RPH_SPAN("untouched");
	for (size_t i = 0; i < RPH_ARRAY_LEN(damaged); i++)
		assert_int_equal(rph_normalise(fixture->normaliser, RPH_SPAN("en"),
					       rph_span_of(damaged[i]), &fixture->arena, &ret),
				 RPH_E_BAD_INPUT);
	assert_true(rph_span_equal(ret, RPH_SPAN("untouched")));
}

static void too_long_a_text_and_too_small_an_arena_are_errors(void **state)
{
	struct fixture *fixture = *state;
	static char bytes[RPH_NORMALISE_MAX_BYTES + 1];
	memset(bytes, 'a', sizeof(bytes));
	struct rph_span ret;
	assert_int_equal(rph_normalise(fixture->normaliser, RPH_SPAN("en"),
				       (struct rph_span){bytes, sizeof(bytes)}, &fixture->arena,
				       &ret),
			 RPH_E_BAD_INPUT);
	assert_int_equal(rph_normalise(fixture->normaliser, RPH_SPAN("en"),
				       (struct rph_span){bytes, sizeof(bytes) - 1}, &fixture->arena,
				       &ret),
			 0);
	struct rph_arena small;
	rph_arena_init(&small, 8);
	assert_int_equal(rph_normalise(fixture->normaliser, RPH_SPAN("en"), RPH_SPAN("nine byte"),
				       &small, &ret),
			 RPH_E_ARENA_FULL);
	assert_int_equal(rph_normalise(fixture->normaliser, RPH_SPAN("en"), RPH_SPAN("über neun"),
				       &small, &ret),
			 RPH_E_ARENA_FULL);
	rph_arena_free(&small);
}

static void an_empty_text_without_bytes_is_fine(void **state)
{
	struct fixture *fixture = *state;
	struct rph_span none = {NULL, 0};
	assert_int_equal(normalised(fixture, "tr", none).len, 0);
	struct rph_span ret;
	assert_int_equal(
		rph_normalise_unicode(fixture->normaliser, none, none, &fixture->arena, &ret), 0);
	assert_int_equal(ret.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_width_and_composition_are_folded),
		cmocka_unit_test(white_space_controls_and_bidi_marks_go),
		cmocka_unit_test(punctuation_goes_at_the_ends_only),
		cmocka_unit_test(signs_that_mean_something_stay),
		cmocka_unit_test(numbers_keep_their_value),
		cmocka_unit_test(apostrophes_hyphens_and_tatweel_are_one_class_each),
		cmocka_unit_test(turkish_and_azeri_have_two_letters_i),
		cmocka_unit_test(joiners_stay_where_they_change_what_is_written),
		cmocka_unit_test(negations_survive),
		cmocka_unit_test(the_fast_path_gives_what_the_unicode_path_gives),
		cmocka_unit_test(the_short_way_gives_what_the_unicode_path_gives_in_every_script),
		cmocka_unit_test(normalising_twice_changes_nothing),
		cmocka_unit_test(every_code_point_normalises_once_and_for_all),
		cmocka_unit_test(only_decimal_digits_become_digits),
		cmocka_unit_test(the_fold_table_is_in_order_and_final),
		cmocka_unit_test(bytes_that_are_not_utf8_are_refused),
		cmocka_unit_test(too_long_a_text_and_too_small_an_arena_are_errors),
		cmocka_unit_test(an_empty_text_without_bytes_is_fine),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
