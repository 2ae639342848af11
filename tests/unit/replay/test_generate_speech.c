/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/generate_speech.h"

static struct rph_arena arena;
static struct rph_language languages[RPH_LANGUAGE_COUNT];

static int build(void **state)
{
	(void)state;
	rph_arena_init(&arena, (size_t)64 << 20);
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++)
		if (rph_language_build(i, 42, &arena, &languages[i]))
			return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rph_arena_free(&arena);
	return 0;
}

static size_t byte_of_sign(const struct rph_utterance *utterance, unsigned sign)
{
	size_t at = 0;
	while (sign > 0) {
		assert_true(at < utterance->len);
		at++;
		while (at < utterance->len && ((unsigned char)utterance->text[at] & 0xc0) == 0x80)
			at++;
		sign--;
	}
	return at;
}

static void check_offsets(const struct rph_speech *speech)
{
	struct rph_utterance utterance;
	rph_speech_render(speech, &utterance);
	assert_true(utterance.len > 0);
	assert_true(utterance.text[0] != ' ' && utterance.text[utterance.len - 1] != ' ');
	for (unsigned i = 0; i < speech->piece_count; i++) {
		const struct rph_piece *piece = &speech->pieces[i];
		if (piece->slot < 0)
			continue;
		size_t from = byte_of_sign(&utterance, utterance.slots[piece->slot].start);
		size_t to = byte_of_sign(&utterance, utterance.slots[piece->slot].end);
		assert_int_equal(to - from, piece->text.len);
		assert_memory_equal(utterance.text + from, piece->text.ptr, piece->text.len);
		assert_int_equal(from, utterance.slots[piece->slot].start_byte);
		assert_int_equal(to, utterance.slots[piece->slot].end_byte);
	}
}

/* Says a random wording of a random intent with random values. */
static void say(const struct rph_language *language, struct rph_random *random,
		struct rph_speech *speech)
{
	unsigned intent = rph_random_below(random, RPH_INTENT_COUNT);
	const struct rph_intent_shape *shape = &rph_intent_shapes[intent];
	uint16_t values[RPH_INTENT_SLOTS_MAX] = {0};
	for (unsigned i = 0; i < shape->slot_count; i++)
		values[i] =
			(uint16_t)rph_random_below(random, language->value_counts[shape->slots[i]]);
	unsigned nth = rph_random_below(random, language->wording_counts[intent]);
	rph_speech_say(language, &language->wordings[intent][nth], shape->slots, values,
		       shape->slot_count, speech);
}

static void offsets_are_right_however_badly_it_was_heard(void **state)
{
	(void)state;
	struct rph_random random;
	struct rph_speech speech;
	rph_random_seed(&random, 7);
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++) {
		for (int round = 0; round < 5000; round++) {
			say(&languages[i], &random, &speech);
			check_offsets(&speech);
			rph_speech_spoil(&languages[i], round % 2, &random, &speech);
			check_offsets(&speech);
		}
	}
}

static void what_is_said_is_unspoilt_and_most_spoiling_succeeds(void **state)
{
	(void)state;
	struct rph_random random;
	struct rph_speech speech;
	rph_random_seed(&random, 8);
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++) {
		unsigned spoilt = 0;
		for (int round = 0; round < 1000; round++) {
			say(&languages[i], &random, &speech);
			assert_false(rph_speech_spoilt(&speech));
			rph_speech_spoil(&languages[i], false, &random, &speech);
			spoilt += rph_speech_spoilt(&speech);
		}
		assert_true(spoilt > 850);
	}
}

static void a_value_heard_as_another_is_that_other_value(void **state)
{
	(void)state;
	struct rph_random random;
	struct rph_speech speech;
	rph_random_seed(&random, 9);
	unsigned swapped = 0;
	for (int round = 0; round < 6000; round++) {
		const struct rph_language *language = &languages[round % RPH_LANGUAGE_COUNT];
		say(language, &random, &speech);
		rph_speech_spoil(language, false, &random, &speech);
		for (unsigned i = 0; i < speech.piece_count; i++) {
			int slot = speech.pieces[i].slot;
			if (slot < 0 || speech.slot_garbled[slot])
				continue;
			const struct rph_value *value =
				&language->values[speech.slots[slot]][speech.heard[slot]];
			unsigned form =
				speech.forms[slot] < value->form_count ? speech.forms[slot] : 0;
			assert_true(rph_span_equal(speech.pieces[i].text, value->forms[form].text));
			swapped += speech.heard[slot] != speech.said[slot];
		}
	}
	assert_true(swapped > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_are_right_however_badly_it_was_heard),
		cmocka_unit_test(what_is_said_is_unspoilt_and_most_spoiling_succeeds),
		cmocka_unit_test(a_value_heard_as_another_is_that_other_value),
	};
	return cmocka_run_group_tests(tests, build, tear_down);
}
