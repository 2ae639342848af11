/* SPDX-License-Identifier: Apache-2.0
 *
 * The Unicode consortium's own cases (version 14.0) for cluster and word boundaries.
 *
 * One difference is right. Since version 42 the locale data (CLDR), which ICU follows, no longer
 * lets a colon hold two letters together ("a:b" is one word in Swedish and Finnish only); the
 * standard's file still has it as MidLetter. The cases concerned are counted, and nothing else may
 * differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <unicode/uchar.h>

#include "miner/grapheme.h"
#include "miner/text.h"
#include "miner/utf.h"

#define DATA RPH_SOURCE_DIR "/../shared/data/unicode-break-tests/"
enum {
	MOST = 64,
	GRAPHEME_CASES = 602,
	WORD_CASES = 1823,
	COLON_CASES = U_ICU_VERSION_MAJOR_NUM >= 72 ? 15 : 0
};

/* One line of the file: code points, and before which of them there is a boundary. */
struct break_case {
	uint32_t code_points[MOST];
	size_t count;
	bool breaks[MOST + 1];
};

static bool parse_case(char *line, struct break_case *ret)
{
	static const char *const division = "\u00F7";
	line[strcspn(line, "#\n")] = '\0';
	*ret = (struct break_case){0};
	char *rest = NULL;
	for (char *word = strtok_r(line, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (strcmp(word, division) == 0)
			ret->breaks[ret->count] = true;
		else if (strcmp(word, "\u00D7") != 0 && ret->count < MOST)
			ret->code_points[ret->count++] = (uint32_t)strtoul(word, NULL, 16);
	}
	return ret->count > 0;
}

static void fail_case(const struct break_case *test, size_t at)
{
	char text[MOST * 9 + 1];
	size_t length = 0;
	for (size_t i = 0; i < test->count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, " %04X",
					   (unsigned)test->code_points[i]);
	fail_msg("boundary before code point %zu of%s is wrong", at, text);
}

typedef void check_case(void **state, const struct break_case *test);

static int check_file(void **state, const char *name, check_case *check)
{
	char command[512], line[4096];
	snprintf(command, sizeof(command), "xz -dc '%s%s'", DATA, name);
	FILE *file = popen(command, "r"); /* NOLINT(cert-env33-c) */
	assert_non_null(file);
	int cases = 0;
	struct break_case test;
	while (fgets(line, sizeof(line), file)) {
		if (!parse_case(line, &test))
			continue;
		check(state, &test);
		cases++;
	}
	assert_int_equal(pclose(file), 0);
	return cases;
}

static void check_graphemes(void **state, const struct break_case *test)
{
	(void)state;
	struct rph_grapheme_state position = {0};
	for (size_t i = 0; i < test->count; i++)
		if (rph_grapheme_starts(&position, test->code_points[i]) != test->breaks[i])
			fail_case(test, i);
}

static void clusters_are_those_of_the_standard(void **state)
{
	assert_int_equal(check_file(state, "GraphemeBreakTest.txt.xz", check_graphemes),
			 GRAPHEME_CASES);
}

struct fixture {
	struct rph_normaliser *normaliser;
	struct rph_arena arena;
	int colon_cases;
};

/* Is there a colon, marks and joiners apart, on either side of boundary `at`? */
static bool beside_colon(const struct break_case *test, size_t at)
{
	if (at < test->count && test->code_points[at] == ':')
		return true;
	while (at > 0 && u_getIntPropertyValue((UChar32)test->code_points[at - 1],
					       UCHAR_GRAPHEME_CLUSTER_BREAK) != U_GCB_OTHER)
		at--;
	return at > 0 && test->code_points[at - 1] == ':';
}

static void check_words(void **state, const struct break_case *test)
{
	struct fixture *fixture = *state;
	char bytes[4 * MOST];
	size_t length = 0, boundaries = 0;
	const uint32_t *got = NULL;
	for (size_t i = 0; i < test->count; i++)
		rph_utf8_append(bytes, &length, test->code_points[i]);
	assert_int_equal(rph_word_boundaries(fixture->normaliser, (struct rph_span){bytes, length},
					     &fixture->arena, &got, &boundaries),
			 0);
	size_t next = 0;
	bool by_colon = false;
	for (size_t i = 0; i <= test->count; i++) {
		bool breaks = next < boundaries && got[next] == i;
		next += breaks;
		if (breaks == test->breaks[i])
			continue;
		if (!breaks || !beside_colon(test, i))
			fail_case(test, i);
		by_colon = true;
	}
	fixture->colon_cases += by_colon;
	rph_arena_reset(&fixture->arena);
}

static void words_are_those_of_the_standard(void **state)
{
	assert_int_equal(check_file(state, "WordBreakTest.txt.xz", check_words), WORD_CASES);
	struct fixture *fixture = *state;
	assert_int_equal(fixture->colon_cases, COLON_CASES);
}

static int set_up(void **state)
{
	static struct fixture fixture;
	rph_arena_init(&fixture.arena, 1u << 20);
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

int main(void)
{
	if (access(DATA "GraphemeBreakTest.txt.xz", R_OK) != 0) {
		puts("SKIP: ../shared/data not present");
		return 77;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters_are_those_of_the_standard),
		cmocka_unit_test(words_are_those_of_the_standard),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
