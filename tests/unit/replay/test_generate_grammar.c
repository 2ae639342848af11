/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/generate_speech.h"

static struct rph_arena arena;
static struct rph_language languages[RPH_LANGUAGE_COUNT];

static int build(void **state)
{
	(void)state;
	rph_arena_init(&arena, (size_t)64 << 20);
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++)
		if (rph_language_build(i, 1, &arena, &languages[i]))
			return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rph_arena_free(&arena);
	return 0;
}

static void every_intent_has_at_least_six_wordings_in_every_locale(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++)
		for (unsigned j = 0; j < RPH_INTENT_COUNT; j++)
			assert_true(languages[i].wording_counts[j] >= 6);
}

static void every_slot_type_has_at_least_ten_values_in_every_locale(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++)
		for (unsigned j = 0; j < RPH_SLOT_COUNT; j++)
			assert_in_range(languages[i].value_counts[j], 10, 30);
}

static void a_third_of_the_wordings_is_unknown_but_never_the_first(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++) {
		unsigned all = 0, unknown = 0;
		for (unsigned j = 0; j < RPH_INTENT_COUNT; j++) {
			assert_true(languages[i].wordings[j][0].known);
			for (unsigned k = 0; k < languages[i].wording_counts[j]; k++) {
				const struct rph_gen_wording *wording =
					&languages[i].wordings[j][k];
				assert_true(wording->misread != j);
				assert_true(!wording->known || wording->misread == RPH_INTENT_NONE);
				all += !rph_intent_shapes[j].control;
				unknown += !wording->known;
			}
		}
		assert_in_range(unknown * 100 / all, 25, 38);
	}
}

static int compare_texts(const void *left, const void *right)
{
	return rph_span_compare(*(const struct rph_span *)left, *(const struct rph_span *)right);
}

static void assert_all_different(struct rph_span *texts, size_t count)
{
	qsort(texts, count, sizeof(*texts), compare_texts);
	for (size_t i = 1; i < count; i++)
		assert_false(rph_span_equal(texts[i - 1], texts[i]));
}

static void no_two_goals_of_a_locale_have_the_same_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++) {
		const struct rph_language *language = &languages[i];
		struct rph_span *names = calloc(language->goal_count, sizeof(*names));
		assert_non_null(names);
		for (unsigned j = 0; j < language->goal_count; j++) {
			const struct rph_gen_goal *goal = &language->goals[j];
			names[j] = goal->canonical;
			assert_int_equal(rph_language_goal(language, goal->intent, goal->values),
					 j);
		}
		assert_all_different(names, language->goal_count);
		free(names);
	}
}

/* Two goals that are said in the same words would make the truth ambiguous. */
static void no_text_stands_for_two_goals(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++) {
		const struct rph_language *language = &languages[i];
		size_t capacity = (size_t)language->goal_count * RPH_WORDINGS_MAX, count = 0;
		struct rph_span *texts = calloc(capacity, sizeof(*texts));
		struct rph_arena memory;
		rph_arena_init(&memory, (size_t)64 << 20);
		assert_non_null(texts);
		for (unsigned j = 0; j < language->goal_count; j++) {
			const struct rph_gen_goal *goal = &language->goals[j];
			const struct rph_intent_shape *shape = &rph_intent_shapes[goal->intent];
			for (unsigned k = 0; k < language->wording_counts[goal->intent]; k++) {
				struct rph_speech speech;
				struct rph_utterance utterance;
				rph_speech_say(language, &language->wordings[goal->intent][k],
					       shape->slots, goal->values, shape->slot_count,
					       &speech);
				rph_speech_render(&speech, &utterance);
				assert_true(utterance.len <= RPH_WORDING_TEXT_MAX);
				struct rph_span text = {utterance.text, utterance.len};
				assert_int_equal(rph_arena_copy(&memory, text, &texts[count++]), 0);
			}
		}
		assert_all_different(texts, count);
		rph_arena_free(&memory);
		free(texts);
	}
}

static void slots_of_an_intent_stand_in_the_order_of_their_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_INTENT_COUNT; i++) {
		const struct rph_intent_shape *shape = &rph_intent_shapes[i];
		if (shape->slot_count == 2)
			assert_true(rph_span_compare(rph_slot_names[shape->slots[0]],
						     rph_slot_names[shape->slots[1]]) < 0);
	}
}

static void a_value_is_alike_to_others_not_to_itself(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++) {
		for (unsigned j = 0; j < RPH_SLOT_COUNT; j++) {
			for (unsigned k = 0; k < languages[i].value_counts[j]; k++) {
				const uint16_t *alike = languages[i].values[j][k].alike;
				assert_true(alike[0] != k && alike[1] != k && alike[0] != alike[1]);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_intent_has_at_least_six_wordings_in_every_locale),
		cmocka_unit_test(every_slot_type_has_at_least_ten_values_in_every_locale),
		cmocka_unit_test(a_third_of_the_wordings_is_unknown_but_never_the_first),
		cmocka_unit_test(no_two_goals_of_a_locale_have_the_same_name),
		cmocka_unit_test(no_text_stands_for_two_goals),
		cmocka_unit_test(slots_of_an_intent_stand_in_the_order_of_their_names),
		cmocka_unit_test(a_value_is_alike_to_others_not_to_itself),
	};
	return cmocka_run_group_tests(tests, build, tear_down);
}
