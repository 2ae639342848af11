/* SPDX-License-Identifier: Apache-2.0
 *
 * test_example.c - what a training row must satisfy, and how rows are cleaned.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/example.h"

static struct rph_example row(const char *text, const char *intent)
{
	return (struct rph_example){
		.text = rph_span_of(text),
		.locale = RPH_SPAN("en-US"),
		.domain = RPH_SPAN("home"),
		.intent = rph_span_of(intent),
		.kind = "mined",
		.type = "repair",
		.source = rph_span_of(text),
		.target = RPH_SPAN("something else"),
	};
}

static void text_that_a_reader_might_cut_or_choke_on_is_unfit(void **state)
{
	static const char *const unfit[] = {"",
					    "x",
					    "a\tb",
					    "a\nb",
					    "a\x7f",
					    "a\xC2\x85",
					    "a\xE2\x80\xA8",
					    "a\xE2\x80\xA9",
					    "a\xEF\xBF\xBF",
					    "a\xFF",
					    "a\x1c"};
	static const char *const fit[] = {"ok", "寝室", "เปิดไฟ", "نور", "dim 🎉", "ação"};
	char text[RPH_EXAMPLE_MAX_TEXT_BYTES + 1];
	(void)state;

	for (size_t i = 0; i < RPH_ARRAY_LEN(unfit); i++)
		assert_false(rph_example_text_is_fit(rph_span_of(unfit[i])));
	for (size_t i = 0; i < RPH_ARRAY_LEN(fit); i++)
		assert_true(rph_example_text_is_fit(rph_span_of(fit[i])));
	memset(text, 'a', sizeof(text));
	assert_true(rph_example_text_is_fit((struct rph_span){text, sizeof(text) - 1}));
	assert_false(rph_example_text_is_fit((struct rph_span){text, sizeof(text)}));
}

static void slots_must_lie_in_the_text_in_order_without_overlap(void **state)
{
	struct rph_example_slot slots[] = {{RPH_SPAN("a"), RPH_SPAN("x"), 0, 3},
					   {RPH_SPAN("b"), RPH_SPAN("y"), 3, 6}};
	struct rph_example example = row("héllo!", "x");
	(void)state;

	example.slots = slots;
	example.slot_count = 2;
	assert_true(rph_example_slots_are_fit(&example));
	slots[1].end = 7;
	assert_false(rph_example_slots_are_fit(&example));
	slots[1].end = 3;
	assert_false(rph_example_slots_are_fit(&example));
	slots[1] = (struct rph_example_slot){RPH_SPAN("b"), RPH_SPAN("y"), 2, 6};
	assert_false(rph_example_slots_are_fit(&example));
	example.slot_count = 0;
	assert_true(rph_example_slots_are_fit(&example));
}

static void a_text_under_two_intents_is_dropped_with_all_its_rows(void **state)
{
	struct rph_example rows[] = {row("dim it", "dim"), row("stop", "stop"), row("Stop", "halt"),
				     row("go", "go")};
	uint64_t two_intents = 0;
	(void)state;

	/* The same formulation in another spelling and another locale. */
	rows[2].source = RPH_SPAN("stop");
	rows[2].locale = RPH_SPAN("en-GB");
	assert_int_equal(rph_examples_clean(rows, 4, &two_intents), 2);
	assert_int_equal(two_intents, 2);
	assert_true(rph_span_equal(rows[0].text, RPH_SPAN("dim it")));
	assert_true(rph_span_equal(rows[1].text, RPH_SPAN("go")));
}

static void of_rows_that_say_the_same_the_heavier_stays(void **state)
{
	struct rph_example rows[] = {row("dim it", "dim"), row("dim it", "dim"),
				     row("dim it", "dim")};
	uint64_t two_intents = 9;
	(void)state;

	rows[0].weight = 100;
	rows[1].weight = 900;
	rows[2].weight = 500;
	assert_int_equal(rph_examples_clean(rows, 3, &two_intents), 1);
	assert_int_equal(rows[0].weight, 900);
	assert_int_equal(two_intents, 0);
	assert_int_equal(rph_examples_clean(rows, 0, &two_intents), 0);
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static void cleaning_does_not_depend_on_the_order_of_rows(void **state)
{
	static const char *const texts[] = {"up", "down", "left", "right"};
	static const char *const intents[] = {"a", "b"};
	uint64_t seed = 3;
	(void)state;

	for (int round = 0; round < 2000; round++) {
		struct rph_example one[12], other[12];
		size_t count = next_random(&seed) % 12;
		uint64_t dropped_one, dropped_other;
		for (size_t i = 0; i < count; i++) {
			one[i] = row(texts[next_random(&seed) % 4],
				     intents[next_random(&seed) % 8 == 0]);
			one[i].weight = (uint16_t)(next_random(&seed) % 4);
			one[i].locale =
				next_random(&seed) % 2 ? RPH_SPAN("en-GB") : RPH_SPAN("en-US");
		}
		for (size_t i = 0; i < count; i++)
			other[i] = one[(i * 5 + 3) % count];
		if (count % 5 == 0)
			memcpy(other, one, count * sizeof(*one));
		size_t kept = rph_examples_clean(one, count, &dropped_one);
		assert_int_equal(kept, rph_examples_clean(other, count, &dropped_other));
		assert_int_equal(dropped_one, dropped_other);
		for (size_t i = 0; i < kept; i++) {
			assert_int_equal(rph_example_compare(&one[i], &other[i]), 0);
			assert_true(i == 0 || rph_example_compare(&one[i - 1], &one[i]) < 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_a_reader_might_cut_or_choke_on_is_unfit),
		cmocka_unit_test(slots_must_lie_in_the_text_in_order_without_overlap),
		cmocka_unit_test(a_text_under_two_intents_is_dropped_with_all_its_rows),
		cmocka_unit_test(of_rows_that_say_the_same_the_heavier_stays),
		cmocka_unit_test(cleaning_does_not_depend_on_the_order_of_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
