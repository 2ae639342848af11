/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/arena.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "schemas/error.h"

enum { PIECES = 4000 };

static uint32_t draw(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void pieces_are_aligned_and_never_overlap(void **state)
{
	(void)state;
	static struct {
		unsigned char *at;
		size_t size;
	} pieces[PIECES];
	struct rph_arena arena;
	uint32_t random = 3;
	rph_arena_init(&arena, 67108864);
	for (int i = 0; i < PIECES; i++) {
		bool text = draw(&random) % 2;
		pieces[i].size = draw(&random) % (i % 500 == 0 ? 300000 : 900);
		pieces[i].at = text ? (void *)rph_arena_bytes(&arena, pieces[i].size)
				    : rph_arena_alloc(&arena, pieces[i].size);
		assert_non_null(pieces[i].at);
		assert_true(text || (uintptr_t)pieces[i].at % 16 == 0);
		memset(pieces[i].at, i & 0xff, pieces[i].size);
	}
	for (int i = 0; i < PIECES; i++)
		for (size_t j = 0; j < pieces[i].size; j++)
			assert_int_equal(pieces[i].at[j], i & 0xff);
	assert_true(arena.used_bytes <= arena.allocated_bytes);
	rph_arena_free(&arena);
}

static void a_steady_load_allocates_only_once(void **state)
{
	(void)state;
	struct rph_arena arena;
	size_t after_first = 0;
	rph_arena_init(&arena, 67108864);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 10000; i++)
			assert_non_null(rph_arena_alloc(&arena, 100));
		if (round == 0)
			after_first = arena.allocated_bytes;
		assert_int_equal(arena.allocated_bytes, after_first);
		rph_arena_reset(&arena);
		assert_int_equal(arena.used_bytes, 0);
	}
	rph_arena_free(&arena);
	assert_int_equal(arena.allocated_bytes, 0);
}

static void the_limit_holds_and_is_remembered_until_the_reset(void **state)
{
	(void)state;
	struct rph_arena arena;
	size_t got = 0;
	rph_arena_init(&arena, 200000);
	while (rph_arena_alloc(&arena, 1000))
		got++;
	assert_in_range(got, 150, 200);
	assert_true(arena.exhausted);
	assert_true(arena.allocated_bytes <= 200000);
	rph_arena_reset(&arena);
	assert_false(arena.exhausted);
	assert_non_null(rph_arena_alloc(&arena, 1000));
	assert_null(rph_arena_alloc(&arena, 200001));
	assert_null(rph_arena_alloc(&arena, SIZE_MAX));
	assert_true(arena.exhausted);
	rph_arena_free(&arena);
}

static void a_product_that_overflows_is_refused(void **state)
{
	(void)state;
	struct rph_arena arena;
	rph_arena_init(&arena, SIZE_MAX);
	assert_null(rph_arena_alloc_array(&arena, SIZE_MAX / 2, 3));
	assert_true(arena.exhausted);
	assert_non_null(RPH_ARENA_ARRAY(&arena, uint64_t, 10));
	rph_arena_free(&arena);
}

static void a_copy_is_equal_and_its_own(void **state)
{
	(void)state;
	struct rph_arena arena;
	char text[] = "turn on the lamp";
	struct rph_span copy = {0}, empty = {0};
	rph_arena_init(&arena, 65536);
	assert_int_equal(rph_arena_copy(&arena, rph_span_of(text), &copy), 0);
	assert_true(rph_span_equal(copy, rph_span_of(text)));
	text[0] = 'T';
	assert_int_equal(copy.ptr[0], 't');
	assert_int_equal(rph_arena_copy(&arena, empty, &copy), 0);
	assert_int_equal(copy.len, 0);
	rph_arena_free(&arena);
	rph_arena_init(&arena, 4);
	assert_int_equal(rph_arena_copy(&arena, rph_span_of(text), &copy), RPH_E_NO_MEMORY);
	rph_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_and_never_overlap),
		cmocka_unit_test(a_steady_load_allocates_only_once),
		cmocka_unit_test(the_limit_holds_and_is_remembered_until_the_reset),
		cmocka_unit_test(a_product_that_overflows_is_refused),
		cmocka_unit_test(a_copy_is_equal_and_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
