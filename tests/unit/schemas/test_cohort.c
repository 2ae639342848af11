/* SPDX-License-Identifier: Apache-2.0
 *
 * test_cohort.c - the laws of merging cohorts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/cohort.h"

static struct rph_arena arena;

static int set_up(void **state)
{
	(void)state;
	rph_arena_init(&arena, (size_t)16 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rph_arena_free(&arena);
	return 0;
}

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

/* One turn in one of 40 cohorts: more than a row holds. */
static struct rph_cohorts random_turn(uint64_t *seed)
{
	static const char names[] = "abcdefghijklmnopqrst";
	struct rph_cohort *one = RPH_ARENA_NEW(&arena, struct rph_cohort);
	assert_non_null(one);
	*one = (struct rph_cohort){next(seed) % 2 ? RPH_SPAN("de-DE") : RPH_SPAN("en-US"),
				   {&names[next(seed) % 20], 1},
				   1,
				   next(seed) % 2};
	return (struct rph_cohorts){one, 1};
}

static struct rph_cohorts merge(struct rph_cohorts a, struct rph_cohorts b)
{
	struct rph_cohorts sum;
	assert_int_equal(rph_cohorts_merge(&a, &b, &arena, &sum), 0);
	return sum;
}

static void assert_same(struct rph_cohorts a, struct rph_cohorts b)
{
	assert_int_equal(a.count, b.count);
	for (uint32_t i = 0; i < a.count; i++) {
		assert_int_equal(rph_cohort_compare(&a.list[i], &b.list[i]), 0);
		assert_int_equal(a.list[i].turns, b.list[i].turns);
		assert_int_equal(a.list[i].defects, b.list[i].defects);
	}
}

static void merging_is_associative_and_commutative_also_of_more_than_a_row_holds(void **state)
{
	uint64_t seed = 1;
	(void)state;
	for (unsigned round = 0; round < 500; round++) {
		struct rph_cohorts parts[3] = {0};
		rph_arena_reset(&arena);
		for (unsigned turn = 0; turn < 60; turn++) {
			struct rph_cohorts *part = &parts[next(&seed) % 3];
			*part = merge(*part, random_turn(&seed));
		}
		struct rph_cohorts left = merge(merge(parts[0], parts[1]), parts[2]);
		assert_same(left, merge(parts[0], merge(parts[1], parts[2])));
		assert_same(left, merge(parts[2], merge(parts[1], parts[0])));
		assert_int_equal(left.count, RPH_COHORTS_MOST);
		for (uint32_t i = 1; i < left.count; i++)
			assert_true(rph_cohort_compare(&left.list[i - 1], &left.list[i]) < 0);
	}
}

static void counters_saturate(void **state)
{
	struct rph_cohort many = {RPH_SPAN("en-US"), RPH_SPAN("a"), UINT32_MAX - 1, 7};
	(void)state;
	rph_cohort_add(&many, &many);
	assert_true(many.turns == UINT32_MAX && many.defects == 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			merging_is_associative_and_commutative_also_of_more_than_a_row_holds),
		cmocka_unit_test(counters_saturate),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
