/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_intern.c - equal texts are kept once, others apart, however many there are.
 */
#include "fixture.h"

#include "store/week_intern.h"

static void equal_texts_share_their_bytes_and_others_do_not(void **state)
{
	struct rph_interned interned = {0};
	struct rph_arena arena;
	struct rph_span first[1000], again;
	char text[32];
	(void)state;

	rph_arena_init(&arena, SIZE_MAX);
	for (unsigned i = 0; i < RPH_ARRAY_LEN(first); i++)
		assert_int_equal(rph_intern(&interned, &arena, text_of(text, "lamp", i), &first[i]),
				 0);
	assert_int_equal(interned.count, RPH_ARRAY_LEN(first));
	for (unsigned i = 0; i < RPH_ARRAY_LEN(first); i++) {
		uint32_t index = 0;
		struct rph_span wanted = text_of(text, "lamp", i);
		assert_int_equal(rph_intern(&interned, &arena, wanted, &again), 0);
		assert_ptr_equal(again.ptr, first[i].ptr);
		assert_true(rph_span_equal(again, wanted));
		assert_int_equal(rph_intern_index(&interned, &arena, wanted, &index), 0);
		assert_int_equal(index, i);
	}
	assert_int_equal(interned.count, RPH_ARRAY_LEN(first));
	rph_interned_free(&interned);
	rph_arena_free(&arena);
}

static void the_empty_text_is_a_text(void **state)
{
	struct rph_interned interned = {0};
	struct rph_arena arena;
	struct rph_span ret = {"x", 1};
	(void)state;

	rph_arena_init(&arena, SIZE_MAX);
	assert_int_equal(rph_intern(&interned, &arena, (struct rph_span){NULL, 0}, &ret), 0);
	assert_int_equal(ret.len, 0);
	assert_int_equal(rph_intern(&interned, &arena, (struct rph_span){"", 0}, &ret), 0);
	assert_int_equal(interned.count, 1);
	rph_interned_free(&interned);
	rph_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_share_their_bytes_and_others_do_not),
		cmocka_unit_test(the_empty_text_is_a_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
