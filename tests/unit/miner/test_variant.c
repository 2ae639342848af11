/* SPDX-License-Identifier: Apache-2.0
 *
 * test_variant.c - which words of a row are replaced, and where its slots are then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "miner/variant.h"
#include "schemas/utf8.h"

static struct rph_arena arena;

static void read_list(enum rph_word_kind kind, const char *text, struct rph_word_list *ret)
{
	struct rph_word_fault fault;
	assert_int_equal(rph_word_list_parse(kind, rph_span_of(text), &arena, ret, &fault), 0);
}

/* "[" and "]" stand around slots. */
static struct rph_example row_of(const char *marked, const char *locale)
{
	struct rph_example_slot *slots = RPH_ARENA_ARRAY(&arena, struct rph_example_slot, 8);
	char *text = rph_arena_bytes(&arena, strlen(marked) + 1);
	struct rph_example row = {.locale = rph_span_of(locale), .slots = slots};
	uint32_t at = 0;
	size_t len = 0;

	for (const char *p = marked; *p; p++) {
		if (*p == '[')
			slots[row.slot_count] =
				(struct rph_example_slot){RPH_SPAN("s"), RPH_SPAN("v"), at, 0};
		else if (*p == ']')
			slots[row.slot_count++].end = at;
		else
			text[len++] = *p;
		at += *p != '[' && *p != ']' && ((unsigned char)*p & 0xC0) != 0x80;
	}
	row.text = (struct rph_span){text, len};
	return row;
}

static size_t byte_of(struct rph_span text, uint32_t position)
{
	size_t at = 0;
	uint32_t point;
	while (position--)
		at += rph_utf8_character(text.ptr + at, text.len - at, &point);
	return at;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All variants with their slots marked, sorted, joined by " | ". */
static const char *variants_of(const char *lexicon, const char *forms, const char *marked,
			       const char *locale)
{
	static char joined[4096];
	struct rph_word_list lists[RPH_WORD_KINDS];
	const struct rph_word_list *of[RPH_WORD_KINDS] = {NULL};
	const struct rph_variant *variants;
	struct rph_variant_words *words;
	char *texts[RPH_VARIANTS_MAX];
	size_t count;

	read_list(RPH_WORDS_LEXICON, lexicon, &lists[0]);
	read_list(RPH_WORDS_MORPHOLOGY, forms, &lists[1]);
	of[0] = *lexicon ? &lists[0] : NULL;
	of[1] = *forms ? &lists[1] : NULL;
	struct rph_example row = row_of(marked, locale);
	assert_int_equal(rph_variant_words_new(of, row.locale, &words), 0);
	assert_int_equal(rph_variants_make(words, &row, &arena, &variants, &count), 0);
	for (size_t i = 0; i < count; i++) {
		struct rph_span text = variants[i].text;
		assert_true(i == 0 || variants[i - 1].order <= variants[i].order);
		texts[i] = rph_arena_bytes(&arena, text.len + 2 * row.slot_count + 1);
		size_t len = 0, from = 0;
		for (uint32_t j = 0; j < 2 * row.slot_count; j++) {
			const struct rph_example_slot *slot = &variants[i].slots[j / 2];
			size_t to = byte_of(text, j % 2 ? slot->end : slot->start);
			memcpy(texts[i] + len, text.ptr + from, to - from);
			len += to - from;
			texts[i][len++] = j % 2 ? ']' : '[';
			from = to;
		}
		memcpy(texts[i] + len, text.ptr + from, text.len - from);
		texts[i][len + text.len - from] = '\0';
	}
	qsort(texts, count, sizeof(*texts), compare_texts);
	joined[0] = '\0';
	for (size_t i = 0; i < count; i++)
		strcat(strcat(joined, i ? " | " : ""), texts[i]);
	rph_variant_words_free(words);
	rph_arena_reset(&arena);
	return joined;
}

static void one_word_outside_of_the_slots_is_replaced_and_slots_move_along(void **state)
{
	(void)state;
	assert_string_equal(variants_of("turn\tswitch\nlight\tlamp\n", "",
					"turn on the [light] light in [two] rooms", "en-US"),
			    "switch on the [light] light in [two] rooms | "
			    "turn on the [light] lamp in [two] rooms");
	/* A synonym of one line is none of the next. */
	assert_string_equal(variants_of("a\tb\nb\tc\n", "", "say a", "en"), "say b");
	assert_string_equal(variants_of("a\tb\nb\tc\n", "", "say b", "en"), "say a | say c");
	assert_string_equal(variants_of("a\tb\n", "", "no word of it", "en"), "");
}

static void a_text_is_made_once(void **state)
{
	(void)state;
	assert_string_equal(
		variants_of("a\tb\nA\tB\na\tb\n", "a\ta\tN;SG\na\tb\tN;PL\n", "say a", "en"),
		"say b");
}

static void case_and_punctuation_stay(void **state)
{
	(void)state;
	assert_string_equal(variants_of("light\tlamp\n", "", "Light, [please]!", "en"),
			    "Lamp, [please]!");
	assert_string_equal(variants_of("Licht\tLampe\n", "", "das licht an", "de"),
			    "das lampe an");
	assert_string_equal(variants_of("Licht\tLampe\n", "", "das Licht an", "de"),
			    "das Lampe an");
	assert_string_equal(variants_of("light\tlamp\n", "", "LIGHT on, LiGHT", "en"), "");
	assert_string_equal(variants_of("ışık\tizmir\n", "", "Işık aç", "tr-TR"), "İzmir aç");
	assert_string_equal(variants_of("ışık\tizmir\n", "", "IŞIK aç", "tr-TR"), "");
}

static void values_are_left_alone(void **state)
{
	(void)state;
	assert_string_equal(variants_of("5\tfive\nnine\t9\n", "", "at 5 or nine", "en"), "");
	/* "da" is part of a value's word. */
	assert_string_equal(variants_of("da\tde\n", "", "[istanbul]'da hava", "tr"), "");
	assert_string_equal(variants_of("da\tde\n", "", "[istanbul]da da", "tr"),
			    "[istanbul]da de");
}

static void a_form_gives_way_to_forms_that_have_all_its_readings(void **state)
{
	static const char forms[] =
		"casa\tcasa\tN;SG\ncasa\tcasas\tN;PL\ncasar\tcasas\tV;IND;2;SG\n"
		"luz\tluz\tN;SG\nluz\tluces\tN;PL\n";
	(void)state;
	static const char english[] = "set\tset\tV;NFIN\nset\tset\tV;PST\nset\tsetted\tV;PST\n"
				      "go\twent\tV;PST\ngo\tgoed\tV;PST\n";
	assert_string_equal(variants_of("", english, "set it", "en"), "");
	assert_string_equal(variants_of("", english, "goed there", "en"), "went there");
	assert_string_equal(variants_of("", forms, "la luz", "es"), "la luces");
	assert_string_equal(variants_of("", forms, "las casas", "es"), "");
	assert_string_equal(variants_of("", forms, "la casa", "es"), "la casas");
	assert_string_equal(variants_of("luz\tlámpara\n", forms, "Luz", "es"), "Luces | Lámpara");
}

static void scripts_without_spaces_are_matched_longest_and_at_word_boundaries(void **state)
{
	(void)state;
	assert_string_equal(variants_of("打开\t开启\n开\t启\n", "", "打开[灯]", "zh-CN"),
			    "开启[灯]");
	assert_string_equal(variants_of("電気\t照明\n", "", "[寝室]の電気をつけて", "ja-JP"),
			    "[寝室]の照明をつけて");
	/* "ตา" (eye) is not in "ตาม" (follow). */
	assert_string_equal(variants_of("ตา\tดวงตา\n", "", "ตามไป", "th-TH"), "");
	assert_string_equal(variants_of("เพลง\tดนตรี\n", "", "เปิดเพลง[แจ๊ส]", "th-TH"),
			    "เปิดดนตรี[แจ๊ส]");
}

/* Whatever the text and the slots: what is in the slots stays, and one word changes. */
static void the_words_of_slots_never_change(void **state)
{
	static const char *const parts[] = {"a",     "b",  "aa", " ", " ", "[a]",
					    "[b b]", "灯", "ด",  ".", "É"};
	uint64_t random = 99;
	(void)state;

	for (unsigned i = 0; i < 1500; i++) {
		char marked[256] = "";
		for (unsigned j = 0; j < 12; j++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
			const char *part = parts[(random >> 33) % RPH_ARRAY_LEN(parts)];
			bool slot = part[0] == '[' && strlen(marked) > 0 &&
				    marked[strlen(marked) - 1] == ']';
			strcat(marked, slot ? " " : part);
		}
		char *found =
			strdup(variants_of("a\tbcd\nb\te\n灯\t电灯\né\tf\n", "", marked, "en"));
		size_t wanted = 0, slots = 0, variants = *found != '\0';
		for (const char *p = marked; (p = strchr(p, '[')); p++)
			wanted++;
		for (const char *p = found; (p = strstr(p, " | ")); p++)
			variants++;
		for (const char *p = found; (p = strchr(p, '[')); p++)
			slots += strncmp(p, "[a]", 3) == 0 || strncmp(p, "[b b]", 5) == 0;
		assert_int_equal(slots, wanted * variants);
		free(found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_word_outside_of_the_slots_is_replaced_and_slots_move_along),
		cmocka_unit_test(a_text_is_made_once),
		cmocka_unit_test(case_and_punctuation_stay),
		cmocka_unit_test(values_are_left_alone),
		cmocka_unit_test(a_form_gives_way_to_forms_that_have_all_its_readings),
		cmocka_unit_test(scripts_without_spaces_are_matched_longest_and_at_word_boundaries),
		cmocka_unit_test(the_words_of_slots_never_change),
	};
	rph_arena_init(&arena, SIZE_MAX);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rph_arena_free(&arena);
	return failed;
}
