/* SPDX-License-Identifier: Apache-2.0
 *
 * test_word_list.c - files of words that may stand for each other: what is read, and what is refused with
 * its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/error.h"
#include "schemas/word_list.h"

static struct rph_arena arena;

static struct rph_word_list read(enum rph_word_kind kind, const char *text)
{
	struct rph_word_list list;
	struct rph_word_fault fault;
	assert_int_equal(rph_word_list_parse(kind, rph_span_of(text), &arena, &list, &fault), 0);
	return list;
}

static void expect_fault(enum rph_word_kind kind, const char *text, size_t line, const char *part)
{
	struct rph_word_list list;
	struct rph_word_fault fault;
	assert_int_equal(rph_word_list_parse(kind, rph_span_of(text), &arena, &list, &fault),
			 RPH_E_BAD_CONFIG);
	assert_int_equal(fault.line, line);
	assert_non_null(strstr(fault.sentence, part));
	assert_non_null(fault.remedy);
}

static bool are_together(const struct rph_word_list *list, const char *a, const char *b)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < list->count; j++)
			if (list->words[i].group == list->words[j].group &&
			    rph_span_equal(list->words[i].text, rph_span_of(a)) &&
			    rph_span_equal(list->words[j].text, rph_span_of(b)))
				return true;
	return false;
}

static void a_lexicon_has_two_words_a_line_and_says_its_licence(void **state)
{
	(void)state;
	struct rph_word_list list = read(
		RPH_WORDS_LEXICON, "\xEF\xBB\xBF# made by hand\n#  Licence:  CC0-1.0 \n"
				   "# licence: another\n\nlamp\tlight\r\nsame\tsame\n灯\t电灯");
	assert_true(rph_span_equal(list.licence, RPH_SPAN("CC0-1.0")));
	assert_int_equal(list.entries, 3);
	assert_int_equal(list.count, 4);
	assert_true(are_together(&list, "lamp", "light"));
	assert_true(are_together(&list, "灯", "电灯"));
	assert_false(are_together(&list, "lamp", "灯"));
	list = read(RPH_WORDS_LEXICON, "");
	assert_int_equal(list.count, 0);
	assert_int_equal(list.licence.len, 0);
}

static void forms_are_together_when_only_free_features_differ(void **state)
{
	(void)state;
	struct rph_word_list list = read(
		RPH_WORDS_MORPHOLOGY,
		"casa\tcasa\tN;SG\ncasa\tcasas\tN;PL\ncasa\tcasita\tN;SG;DIM\n"
		"alto\talto\tADJ;MASC;SG\nalto\talta\tADJ;FEM;SG\tal|to\nalto\tmás alto\tADJ;CMPR\n"
		"venir\tven\tV;POS;IMP;2;SG\nvenir\tvengas\tV;NEG;IMP;2;SG\nvenir\tvenid\tV;POS;"
		"IMP;2;PL\n"
		"venir\tvenga\tV;POS;IMP;3;SG\n");
	assert_true(are_together(&list, "casa", "casas"));
	assert_false(are_together(&list, "casa", "casita"));
	assert_true(are_together(&list, "alto", "alta"));
	assert_false(are_together(&list, "alto", "más alto"));
	assert_true(are_together(&list, "ven", "venid"));
	assert_false(are_together(&list, "ven", "vengas"));
	assert_false(are_together(&list, "ven", "venga"));
	assert_int_equal(list.entries, 10);
}

static void only_what_binds_is_compared(void **state)
{
	static const struct {
		const char *features, *bound;
	} cases[] = {
		{"N;ACC;PL", "N"},
		{"N;{NOM/ACC};SG", "N"},
		{"N;NOM+ACC", "N"},
		{"N;NOM/PRIV;SG", "N;NOM/PRIV"},
		{"N;PRIV;PL", "N;PRIV"},
		{"V;NOM(3,SG);PRS", "NOM(3,SG);V"},
		{"V;NEG;V;3", "3;NEG;V"},
		{"V;IND;PST;PFV", "IND;V"},
		{"V;V.PTCP;PST", "PST;V;V.PTCP"},
		{"V.PTCP;PST;FEM;SG", "PST;V.PTCP"},
		{"SG", ""},
		{"LGSPEC1", "LGSPEC1"},
		{"", ""},
	};
	(void)state;

	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		struct rph_span bound;
		assert_int_equal(
			rph_word_bound_features(rph_span_of(cases[i].features), &arena, &bound), 0);
		if (!rph_span_equal(bound, rph_span_of(cases[i].bound)) &&
		    (bound.len || cases[i].bound[0]))
			fail_msg("%s: %.*s", cases[i].features, (int)bound.len, bound.ptr);
	}
}

static void a_bad_line_is_refused_with_its_number(void **state)
{
	char long_word[400] = "a\t";
	(void)state;

	memset(long_word + 2, 'b', 300);
	expect_fault(RPH_WORDS_LEXICON, "a\tb\nlamp light\n", 2, "TAB");
	expect_fault(RPH_WORDS_LEXICON, "a\tb\tc\n", 1, "TAB");
	expect_fault(RPH_WORDS_LEXICON, "# x\n\na\t\n", 3, "empty");
	expect_fault(RPH_WORDS_LEXICON, "turn on\tstart\n", 1, "more than one word");
	expect_fault(RPH_WORDS_LEXICON, "a\tb \n", 1, "space");
	expect_fault(RPH_WORDS_LEXICON, "a\t\x01\n", 1, "control");
	expect_fault(RPH_WORDS_LEXICON, "a\tb\nc\t\xff\n", 2, "UTF-8");
	expect_fault(RPH_WORDS_LEXICON, long_word, 1, "255");
	expect_fault(RPH_WORDS_MORPHOLOGY, "casa\tcasas\n", 1, "features");
	expect_fault(RPH_WORDS_MORPHOLOGY, "casa\tcasas\tN;PL\ta\tb\n", 1, "features");
	expect_fault(RPH_WORDS_MORPHOLOGY, "casa\tcasas\tN; PL\n", 1, "features");
}

static void any_bytes_are_read_or_refused(void **state)
{
	static const char letters[] = "ab\t\t\n\n ;#\xC3\xA9\r";
	char text[200];
	uint64_t random = 12345;
	(void)state;

	for (unsigned i = 0; i < 20000; i++) {
		struct rph_word_list list;
		struct rph_word_fault fault;
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		size_t len = (random >> 33) % sizeof(text);
		for (size_t j = 0; j < len; j++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
			text[j] = letters[(random >> 33) % (sizeof(letters) - 1)];
		}
		int error = rph_word_list_parse(i % RPH_WORD_KINDS, (struct rph_span){text, len},
						&arena, &list, &fault);
		if (error)
			assert_true(error == RPH_E_BAD_CONFIG && fault.line >= 1 && fault.sentence);
		else
			assert_true(list.count <= 2 * list.entries);
		rph_arena_reset(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lexicon_has_two_words_a_line_and_says_its_licence),
		cmocka_unit_test(forms_are_together_when_only_free_features_differ),
		cmocka_unit_test(only_what_binds_is_compared),
		cmocka_unit_test(a_bad_line_is_refused_with_its_number),
		cmocka_unit_test(any_bytes_are_read_or_refused),
	};
	rph_arena_init(&arena, SIZE_MAX);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rph_arena_free(&arena);
	return failed;
}
