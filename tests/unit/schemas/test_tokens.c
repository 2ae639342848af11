/* SPDX-License-Identifier: Apache-2.0
 *
 * test_tokens.c - where a text is cut for token labels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/buffer.h"
#include "schemas/tokens.h"
#include "schemas/utf8.h"

/* "token/B token/I token/O", with the slot's index after B and I. */
static void check(const char *text, const struct rph_example_slot *slots, uint32_t count,
		  const char *expected)
{
	struct rph_example example = {
		.text = rph_span_of(text), .slots = slots, .slot_count = count};
	struct rph_tokens tokens = {.example = &example};
	struct rph_buffer line = {0};
	struct rph_token token;

	while (rph_tokens_next(&tokens, &token)) {
		if (line.len)
			rph_buffer_add_text(&line, " ");
		rph_buffer_add(&line, token.text);
		if (token.slot == RPH_TOKEN_OUTSIDE)
			rph_buffer_add_text(&line, "/O");
		else
			rph_buffer_format(&line, "/%c%u", token.begins ? 'B' : 'I', token.slot);
	}
	assert_string_equal(line.text, expected);
	rph_buffer_free(&line);
}

static struct rph_example_slot slot(uint32_t start, uint32_t end)
{
	return (struct rph_example_slot){RPH_SPAN("room"), RPH_SPAN("x"), start, end};
}

static void words_are_cut_at_white_space_and_at_the_edges_of_slots(void **state)
{
	struct rph_example_slot slots[] = {slot(10, 21)};
	(void)state;

	check("brighten  living room, now", slots, 1, "brighten/O living/B0 room/I0 ,/O now/O");
	check("  one  ", NULL, 0, "one/O");
}

static void two_slots_side_by_side_both_begin(void **state)
{
	struct rph_example_slot slots[] = {slot(5, 8), slot(8, 12), slot(13, 16)};
	(void)state;

	check("dim: oneroom two", slots, 3, "dim:/O one/B0 room/B1 two/B2");
}

static void scripts_without_spaces_are_cut_by_letter_with_its_marks(void **state)
{
	struct rph_example_slot thai[] = {slot(7, 14)}, chinese[] = {slot(2, 4)};
	(void)state;

	check("เปิดไฟ ห้องนอน", thai, 1, "เ/O ปิ/O ด/O ไ/O ฟ/O ห้/B0 อ/I0 ง/I0 น/I0 อ/I0 น/I0");
	check("打开卧室15号灯", chinese, 1, "打/O 开/O 卧/B0 室/I0 15/O 号/O 灯/O");
}

static void joined_emoji_and_accents_stay_whole(void **state)
{
	(void)state;

	check("e\xCC\x81tat 👩‍👩‍👧 call", NULL, 0,
	      "e\xCC\x81tat/O 👩‍👩‍👧/O call/O");
}

/* Small random texts over letters of all kinds, with random slots. */
static void tokens_hold_every_character_but_white_space_once_and_no_slot_edge_inside(void **state)
{
	static const char *const letters[] = {"a",  "b", " ", "ก",  "ิ",
					      "漢", "é", ",", "ん", "\xE2\x80\x8D"};
	uint64_t seed = 7;
	(void)state;

	for (unsigned round = 0; round < 3000; round++) {
		struct rph_buffer text = {0};
		struct rph_example_slot slots[3];
		uint32_t count = 0, used = 0, length = 0;
		for (; length < 12; length++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			rph_buffer_add_text(&text, letters[(seed >> 33) % RPH_ARRAY_LEN(letters)]);
		}
		for (uint32_t at = (uint32_t)(seed >> 60); at + 2 < length && count < 3; at += 4)
			slots[count++] = slot(at, at + 1 + (uint32_t)(seed >> 40) % 3);
		struct rph_example example = {
			.text = rph_buffer_span(&text), .slots = slots, .slot_count = count};
		struct rph_tokens tokens = {.example = &example};
		struct rph_token token;
		size_t bytes = 0, blanks = 0;
		while (rph_tokens_next(&tokens, &token)) {
			struct rph_span before = {text.text, (size_t)(token.text.ptr - text.text)};
			uint32_t from = (uint32_t)rph_utf8_count(before);
			uint32_t to = from + (uint32_t)rph_utf8_count(token.text);
			for (uint32_t i = 0; i < count; i++) {
				assert_false(slots[i].start > from && slots[i].start < to);
				assert_false(slots[i].end > from && slots[i].end < to);
				if (slots[i].start <= from && to <= slots[i].end)
					assert_int_equal(token.slot, i);
			}
			bytes += token.text.len;
			used++;
		}
		for (size_t i = 0; i < text.len; i++)
			blanks += text.text[i] == ' ';
		assert_int_equal(bytes + blanks, text.len);
		assert_true(used <= length);
		rph_buffer_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_cut_at_white_space_and_at_the_edges_of_slots),
		cmocka_unit_test(two_slots_side_by_side_both_begin),
		cmocka_unit_test(scripts_without_spaces_are_cut_by_letter_with_its_marks),
		cmocka_unit_test(joined_emoji_and_accents_stay_whole),
		cmocka_unit_test(
			tokens_hold_every_character_but_white_space_once_and_no_slot_edge_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
