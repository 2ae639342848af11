/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/schemas/evidence.h"

#include "schemas/error.h"

static void init_arena(struct rph_arena *arena)
{
	rph_arena_init(arena, (size_t)16 << 20);
}

static size_t random_text(struct random *random, char *text)
{
	static const char *const letters[] = {"a", "ö", "ไ", "🎵", " "};
	size_t len = 0;
	for (uint32_t i = random_below(random, 40); i > 0; i--) {
		const char *letter = letters[random_below(random, 5)];
		memcpy(text + len, letter, strlen(letter));
		len += strlen(letter);
	}
	return len;
}

static uint16_t letters_of(struct rph_span text)
{
	uint16_t count = 0;
	for (size_t i = 0; i < text.len; i++)
		count = (uint16_t)(count + ((text.ptr[i] & 0xC0) != 0x80));
	return count;
}

static struct rph_wording random_wording(struct random *random, char *memory)
{
	struct rph_wording wording = {.text = {memory, random_text(random, memory)}};
	uint16_t letters = letters_of(wording.text);
	for (uint32_t slot = 0; letters && slot < RPH_WORDING_SLOTS; slot++) {
		if (random_below(random, 8))
			continue;
		uint16_t start = (uint16_t)random_below(random, letters);
		uint16_t end = (uint16_t)(start + 1 + random_below(random, letters - start));
		wording.slots[wording.slot_count++] =
			(struct rph_wording_slot){(uint8_t)slot, start, end};
	}
	return wording;
}

static void assert_same_wording(const struct rph_wording *a, const struct rph_wording *b)
{
	assert_true(rph_span_equal(a->text, b->text));
	assert_int_equal(a->slot_count, b->slot_count);
	for (uint32_t i = 0; i < a->slot_count; i++) {
		assert_int_equal(a->slots[i].slot, b->slots[i].slot);
		assert_int_equal(a->slots[i].start, b->slots[i].start);
		assert_int_equal(a->slots[i].end, b->slots[i].end);
	}
}

static void what_is_encoded_is_decoded_again(void **state)
{
	(void)state;
	struct random random = {1};
	struct rph_arena arena;
	char memory[200];
	init_arena(&arena);
	for (int round = 0; round < 5000; round++) {
		struct rph_wording wording = random_wording(&random, memory), decoded;
		struct rph_span encoded;
		assert_int_equal(rph_wording_encode(&wording, &arena, &encoded), 0);
		assert_int_equal(rph_wording_decode(encoded, &decoded), 0);
		assert_same_wording(&decoded, &wording);
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static void the_bytes_are_those_of_the_header(void **state)
{
	(void)state;
	static const uint8_t expected[] = {1, 6, 0, 'p', 'l', 'a', 'y', 0xC3, 0xB6, 2,
					   0, 0, 0, 4,   0,   3,   4,   0,    5,    0};
	struct rph_wording wording = {
		.text = RPH_SPAN("playö"), .slot_count = 2, .slots = {{0, 0, 4}, {3, 4, 5}}};
	struct rph_arena arena;
	struct rph_span encoded;
	init_arena(&arena);
	assert_int_equal(rph_wording_encode(&wording, &arena, &encoded), 0);
	assert_int_equal(encoded.len, sizeof(expected));
	assert_memory_equal(encoded.ptr, expected, sizeof(expected));
	rph_arena_free(&arena);
}

static void a_wording_that_breaks_the_rules_is_refused(void **state)
{
	(void)state;
	struct rph_arena arena;
	struct rph_span ret;
	init_arena(&arena);
	static char long_text[UINT16_MAX + 1];
	memset(long_text, 'x', sizeof(long_text));
	const struct rph_wording wrong[] = {
		{.text = {long_text, sizeof(long_text)}},
		{.text = RPH_SPAN("abc"), .slot_count = 1, .slots = {{0, 1, 1}}},
		{.text = RPH_SPAN("abc"), .slot_count = 1, .slots = {{0, 2, 1}}},
		{.text = RPH_SPAN("abc"), .slot_count = 1, .slots = {{0, 0, 4}}},
		{.text = RPH_SPAN("aö"), .slot_count = 1, .slots = {{0, 0, 3}}},
		{.text = RPH_SPAN("abc"), .slot_count = 1, .slots = {{64, 0, 1}}},
		{.text = RPH_SPAN("abc"), .slot_count = 2, .slots = {{1, 0, 1}, {1, 1, 2}}},
		{.text = RPH_SPAN("abc"), .slot_count = 2, .slots = {{1, 0, 1}, {0, 1, 2}}},
		{.text = RPH_SPAN("abc"), .slot_count = RPH_WORDING_SLOTS + 1},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(wrong); i++)
		assert_int_equal(rph_wording_encode(&wrong[i], &arena, &ret), RPH_E_BAD_INPUT);
	struct rph_wording longest = {.text = {long_text, UINT16_MAX}};
	assert_int_equal(rph_wording_encode(&longest, &arena, &ret), 0);
	struct rph_arena tiny;
	rph_arena_init(&tiny, 8);
	assert_int_equal(rph_wording_encode(&longest, &tiny, &ret), RPH_E_NO_MEMORY);
	rph_arena_free(&tiny);
	rph_arena_free(&arena);
}

/* In memory of its own, so that a sanitizer sees a read beyond the end. */
static int decode_copy(const char *bytes, size_t len, struct rph_arena *arena, bool *ret_same)
{
	char *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	struct rph_wording wording;
	struct rph_span again;
	int error = rph_wording_decode((struct rph_span){copy, len}, &wording);
	*ret_same = false;
	if (!error) {
		assert_int_equal(rph_wording_encode(&wording, arena, &again), 0);
		*ret_same = again.len == len && memcmp(again.ptr, copy, len) == 0;
	}
	free(copy);
	return error;
}

static void hostile_bytes_are_corrupt_or_exactly_what_encode_writes(void **state)
{
	(void)state;
	struct random random = {2};
	struct rph_arena arena;
	char memory[200], bytes[600];
	int accepted = 0, refused = 0;
	init_arena(&arena);
	for (int round = 0; round < 20000; round++) {
		struct rph_wording wording = random_wording(&random, memory);
		struct rph_span encoded;
		assert_int_equal(rph_wording_encode(&wording, &arena, &encoded), 0);
		memcpy(bytes, encoded.ptr, encoded.len);
		size_t len = encoded.len;
		for (uint32_t i = 1 + random_below(&random, 3); i > 0; i--)
			bytes[random_below(&random, (uint32_t)len)] = (char)random_u64(&random);
		if (random_below(&random, 4) == 0)
			len = random_below(&random, (uint32_t)len + 1);
		bool same;
		int error = decode_copy(bytes, len, &arena, &same);
		assert_true(error == RPH_E_STATE_CORRUPT || (error == 0 && same));
		accepted += !error;
		refused += error != 0;
		rph_arena_reset(&arena);
	}
	assert_true(accepted > 100 && refused > 100);
	rph_arena_free(&arena);
}

static void every_prefix_of_an_encoded_wording_is_corrupt(void **state)
{
	(void)state;
	struct rph_wording wording = {
		.text = RPH_SPAN("spiel jazz"), .slot_count = 1, .slots = {{2, 6, 10}}};
	struct rph_arena arena;
	struct rph_span encoded;
	bool same;
	init_arena(&arena);
	assert_int_equal(rph_wording_encode(&wording, &arena, &encoded), 0);
	for (size_t len = 0; len < encoded.len; len++)
		assert_int_equal(decode_copy(encoded.ptr, len, &arena, &same), RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_copy(encoded.ptr, encoded.len, &arena, &same), 0);
	assert_true(same);
	rph_arena_free(&arena);
}

static void hashes_tell_wordings_apart_and_are_never_zero(void **state)
{
	(void)state;
	assert_true(rph_wording_hash(RPH_SPAN("a")) != rph_wording_hash(RPH_SPAN("b")));
	assert_true(rph_wording_hash(RPH_SPAN("a")) == rph_wording_hash(RPH_SPAN("a")));
	assert_true(rph_wording_hash((struct rph_span){NULL, 0}) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_encoded_is_decoded_again),
		cmocka_unit_test(the_bytes_are_those_of_the_header),
		cmocka_unit_test(a_wording_that_breaks_the_rules_is_refused),
		cmocka_unit_test(hostile_bytes_are_corrupt_or_exactly_what_encode_writes),
		cmocka_unit_test(every_prefix_of_an_encoded_wording_is_corrupt),
		cmocka_unit_test(hashes_tell_wordings_apart_and_are_never_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
