/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/locale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/schemas/random_text.h"

static void tags_get_their_canonical_case_and_hyphens(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"EN_us", "en-US"},
		{"zh-hANT-tw", "zh-Hant-TW"},
		{"es_419", "es-419"},
		{"DE-Latn-de-1996", "de-Latn-DE-1996"},
		{"sl-ROZAJ-Biske", "sl-rozaj-biske"},
		{"YUE", "yue"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(pairs); i++) {
		char tag[RPH_LOCALE_MAX];
		assert_true(rph_locale_canonical(rph_span_of(pairs[i][0]), tag));
		assert_memory_equal(tag, pairs[i][1], strlen(pairs[i][1]));
	}
}

static void canonical_tags_stay_as_they_are(void **state)
{
	(void)state;
	uint64_t random = 11;
	unsigned good = 0;
	for (int i = 0; i < 200000; i++) {
		char text[16], tag[RPH_LOCALE_MAX], again[RPH_LOCALE_MAX];
		size_t len = next_random(&random) % sizeof(text);
		for (size_t k = 0; k < len; k++)
			text[k] = "aB-_1z"[next_random(&random) % 6];
		if (!rph_locale_canonical((struct rph_span){text, len}, tag))
			continue;
		good++;
		assert_true(rph_locale_canonical((struct rph_span){tag, len}, again));
		assert_memory_equal(tag, again, len);
		assert_null(memchr(tag, '_', len));
	}
	assert_true(good > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_get_their_canonical_case_and_hyphens),
		cmocka_unit_test(canonical_tags_stay_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
