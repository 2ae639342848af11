/* SPDX-License-Identifier: Apache-2.0
 *
 * test_example_cap.c - the limit of rows per intent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "schemas/example.h"

enum { ROWS = 60 };

static char texts[ROWS][16];

static void fill(struct rph_example rows[static ROWS])
{
	uint64_t ignored;

	for (unsigned i = 0; i < ROWS; i++) {
		snprintf(texts[i], sizeof(texts[i]), "text %02u", i * 7 % ROWS);
		rows[i] = (struct rph_example){.text = rph_span_of(texts[i]),
					       .locale = rph_span_of(i % 2 ? "de-DE" : "en-US"),
					       .intent = rph_span_of(i % 3 ? "on" : "off"),
					       .weight = (uint16_t)(i * 37 % 11),
					       .source = rph_span_of(texts[i]),
					       .target = RPH_SPAN("t")};
	}
	assert_int_equal(rph_examples_clean(rows, ROWS, &ignored), ROWS);
}

static bool is_of(const struct rph_example *row, const struct rph_example *other)
{
	return rph_span_equal(row->locale, other->locale) &&
	       rph_span_equal(row->intent, other->intent);
}

static void no_intent_has_more_rows_than_allowed_and_the_heaviest_stay(void **state)
{
	struct rph_example all[ROWS], rows[ROWS];
	(void)state;

	fill(all);
	for (uint32_t most = 1; most < 25; most++) {
		memcpy(rows, all, sizeof(all));
		size_t kept = rph_examples_cap(rows, ROWS, most);
		for (size_t i = 0; i < ROWS; i++) {
			uint32_t heavier = 0;
			bool stays = false;
			for (size_t j = 0; j < ROWS; j++)
				heavier += is_of(&all[j], &all[i]) &&
					   (all[j].weight > all[i].weight ||
					    (all[j].weight == all[i].weight && j < i));
			for (size_t j = 0; j < kept; j++)
				stays |= rph_span_equal(rows[j].text, all[i].text);
			assert_int_equal(stays, heavier < most);
		}
		for (size_t j = 1; j < kept; j++)
			assert_true(rph_example_compare(&rows[j - 1], &rows[j]) < 0);
	}
}

static void without_a_limit_every_row_stays(void **state)
{
	struct rph_example rows[ROWS];
	(void)state;

	fill(rows);
	assert_int_equal(rph_examples_cap(rows, ROWS, 0), ROWS);
	assert_int_equal(rph_examples_cap(rows, 0, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_intent_has_more_rows_than_allowed_and_the_heaviest_stay),
		cmocka_unit_test(without_a_limit_every_row_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
