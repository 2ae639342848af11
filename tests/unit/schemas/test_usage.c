/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/schemas/evidence.h"

#include "schemas/error.h"

enum { MANY = 400 };

static void init_arena(struct rph_arena *arena)
{
	rph_arena_init(arena, (size_t)256 << 20);
}

static struct rph_usage usage_of_turn(const struct turn *turn, struct rph_arena *arena)
{
	struct rph_usage usage = {.total = turn->user.counts, .days = turn->user.days};
	usage.users = RPH_ARENA_NEW(arena, struct rph_usage_user);
	usage.wordings = RPH_ARENA_NEW(arena, struct rph_usage_wording);
	assert_non_null(usage.users);
	assert_non_null(usage.wordings);
	usage.user_count = 1;
	usage.users[0] = turn->user;
	if (turn->user.wording) {
		usage.wording_count = 1;
		usage.wordings[0] = (struct rph_usage_wording){turn->user.wording, turn->wording};
	}
	return usage;
}

static struct rph_usage merge(const struct rph_usage *a, const struct rph_usage *b,
			      struct rph_arena *arena)
{
	struct rph_usage sum;
	assert_int_equal(rph_usage_merge(a, b, arena, &sum), 0);
	return sum;
}

static struct rph_usage merge_in_order(const struct turn *turns, uint32_t count,
				       struct rph_arena *arena)
{
	struct rph_usage sum = {0};
	for (uint32_t i = 0; i < count; i++) {
		struct rph_usage one = usage_of_turn(&turns[i], arena);
		sum = merge(&sum, &one, arena);
	}
	return sum;
}

static struct rph_usage merge_tree(struct random *random, const struct turn *turns, uint32_t count,
				   struct rph_arena *arena)
{
	if (count == 1)
		return usage_of_turn(&turns[0], arena);
	uint32_t left = 1 + random_below(random, count - 1);
	struct rph_usage a = merge_tree(random, turns, left, arena);
	struct rph_usage b = merge_tree(random, turns + left, count - left, arena);
	return random_below(random, 2) ? merge(&a, &b, arena) : merge(&b, &a, arena);
}

static uint32_t random_turns(struct random *random, uint32_t users, struct turn turns[MANY])
{
	uint32_t count = 1 + random_below(random, MANY);
	for (uint32_t i = 0; i < count; i++)
		turns[i] = random_turn(random, users);
	return count;
}

static void shuffle(struct random *random, struct turn *turns, uint32_t count)
{
	for (uint32_t i = count - 1; i > 0; i--) {
		uint32_t j = random_below(random, i + 1);
		struct turn swap = turns[i];
		turns[i] = turns[j];
		turns[j] = swap;
	}
}

static void merging_gives_the_same_usage_along_any_tree_and_order(void **state)
{
	(void)state;
	struct random random = {1};
	struct rph_arena arena;
	struct turn turns[MANY];
	init_arena(&arena);
	for (int round = 0; round < 300; round++) {
		/* From one user to several times what a row can name. */
		uint32_t users = 1 + random_below(&random, 250);
		uint32_t count = random_turns(&random, users, turns);
		struct rph_usage expected = merge_in_order(turns, count, &arena);
		shuffle(&random, turns, count);
		struct rph_usage tree = merge_tree(&random, turns, count, &arena);
		assert_usage_is_sound(&expected);
		assert_same_usage(&tree, &expected);
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

static void the_set_is_the_smallest_users_with_complete_counts(void **state)
{
	(void)state;
	struct random random = {2};
	struct rph_arena arena;
	struct turn turns[MANY];
	init_arena(&arena);
	for (int round = 0; round < 100; round++) {
		uint32_t count = random_turns(&random, 150, turns);
		struct rph_usage usage = merge_tree(&random, turns, count, &arena);
		uint64_t users[MANY];
		uint32_t distinct = 0;
		for (uint32_t i = 0; i < count; i++)
			users[i] = turns[i].user.user;
		qsort(users, count, sizeof(*users), compare_u64);
		for (uint32_t i = 0; i < count; i++)
			if (i == 0 || users[i] != users[i - 1])
				users[distinct++] = users[i];
		uint32_t kept = distinct < RPH_USAGE_USERS ? distinct : RPH_USAGE_USERS;
		assert_int_equal(usage.user_count, kept);
		assert_int_equal(usage.more_users, distinct > kept);
		for (uint32_t i = 0; i < kept; i++) {
			struct rph_usage_user expected = {.user = users[i]};
			for (uint32_t j = 0; j < count; j++)
				if (turns[j].user.user == users[i])
					rph_usage_user_add(&expected, &turns[j].user);
			assert_true(usage.users[i].user == users[i]);
			assert_same_counts(&usage.users[i].counts, &expected.counts);
			assert_int_equal(usage.users[i].days, expected.days);
			assert_true(usage.users[i].wording == expected.wording);
		}
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static void without_a_user_is_as_if_the_user_had_never_been_there(void **state)
{
	(void)state;
	struct random random = {3};
	struct rph_arena arena;
	struct turn turns[MANY];
	init_arena(&arena);
	for (int round = 0; round < 300; round++) {
		uint32_t count = random_turns(&random, 1 + random_below(&random, 64), turns);
		struct rph_usage all = merge_tree(&random, turns, count, &arena);
		uint64_t gone = turns[random_below(&random, count)].user.user;
		uint32_t kept = 0;
		for (uint32_t i = 0; i < count; i++)
			if (turns[i].user.user != gone)
				turns[kept++] = turns[i];
		struct rph_usage expected = merge_in_order(turns, kept, &arena), rest;
		int error;
		assert_true(rph_usage_without(&all, gone, &arena, &rest, &error));
		assert_int_equal(error, 0);
		assert_same_usage(&rest, &expected);
		assert_int_equal(rph_usage_is_empty(&rest), kept == 0);
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static void without_a_user_of_a_crowded_row_the_rest_of_the_totals_stays(void **state)
{
	(void)state;
	struct random random = {4};
	struct rph_arena arena;
	struct rph_usage all = {0}, rest;
	init_arena(&arena);
	for (uint32_t i = 0; i < 100; i++) {
		struct turn turn = random_turn(&random, 1);
		turn.user.user = user_number(i);
		turn.user.counts = (struct rph_usage_counts){.successes = 2, .friction = 1};
		struct rph_usage one = usage_of_turn(&turn, &arena);
		all = merge(&all, &one, &arena);
	}
	assert_true(all.more_users);
	int error;
	uint64_t gone = all.users[10].user;
	assert_true(rph_usage_without(&all, gone, &arena, &rest, &error));
	assert_int_equal(rest.total.successes, 198);
	assert_int_equal(rest.total.friction, 99);
	assert_int_equal(rest.user_count, 63);
	assert_true(rest.more_users);
	assert_int_equal(rest.days, all.days);
	assert_usage_is_sound(&rest);
	for (uint32_t i = 0; i < rest.user_count; i++)
		assert_true(rest.users[i].user != gone);
	/* Nobody is left by name, yet somebody contributed. */
	while (rest.user_count)
		assert_true(rph_usage_without(&rest, rest.users[0].user, &arena, &rest, &error));
	assert_int_equal(rest.total.successes, 72);
	assert_false(rph_usage_is_empty(&rest));
	rph_arena_free(&arena);
}

static void without_somebody_unknown_says_no_and_without_memory_says_so(void **state)
{
	(void)state;
	struct random random = {5};
	struct rph_arena arena, tiny;
	init_arena(&arena);
	rph_arena_init(&tiny, 8);
	struct turn turns[2] = {random_turn(&random, 1), random_turn(&random, 1)};
	turns[1].user.user++;
	struct rph_usage usage = merge_in_order(turns, 2, &arena), rest;
	int error = 1;
	assert_false(rph_usage_without(&usage, 12345, &arena, &rest, &error));
	assert_int_equal(error, 0);
	assert_false(rph_usage_without(&usage, turns[0].user.user, &tiny, &rest, &error));
	assert_int_equal(error, RPH_E_NO_MEMORY);
	assert_int_equal(rph_usage_merge(&usage, &usage, &tiny, &rest), RPH_E_NO_MEMORY);
	rph_arena_free(&tiny);
	rph_arena_free(&arena);
}

static void the_result_of_a_merge_may_be_one_of_its_arguments(void **state)
{
	(void)state;
	struct random random = {6};
	struct rph_arena arena;
	struct turn turns[MANY];
	init_arena(&arena);
	uint32_t count = random_turns(&random, 90, turns);
	struct rph_usage a = merge_in_order(turns, count / 2, &arena);
	struct rph_usage b = merge_in_order(turns + count / 2, count - count / 2, &arena);
	struct rph_usage expected = merge(&a, &b, &arena), sum = a;
	assert_int_equal(rph_usage_merge(&sum, &b, &arena, &sum), 0);
	assert_same_usage(&sum, &expected);
	rph_arena_free(&arena);
}

static void counters_stop_at_the_top(void **state)
{
	(void)state;
	struct rph_usage_counts counts = {.successes = UINT32_MAX, .holdout_losses = 1};
	struct rph_usage_counts more = {1, 2, 3, 4, 5, 6, 7, UINT32_MAX};
	rph_usage_counts_add(&counts, &more);
	struct rph_usage_counts expected = {UINT32_MAX, 2, 3, 4, 5, 6, 7, UINT32_MAX};
	assert_same_counts(&counts, &expected);
}

static void keys_order_by_formulation_goal_week(void **state)
{
	(void)state;
	struct rph_usage_key low = {.week = 7};
	struct rph_usage_key formulation = low, goal = low, week = low;
	formulation.formulation.bytes[15] = 1;
	goal.goal.bytes[0] = 0xFF;
	week.week = 8;
	const struct rph_usage_key *ascending[] = {&low, &week, &goal, &formulation};
	for (size_t i = 0; i < RPH_ARRAY_LEN(ascending); i++)
		for (size_t j = 0; j < RPH_ARRAY_LEN(ascending); j++) {
			int order = rph_usage_key_compare(ascending[i], ascending[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merging_gives_the_same_usage_along_any_tree_and_order),
		cmocka_unit_test(the_set_is_the_smallest_users_with_complete_counts),
		cmocka_unit_test(without_a_user_is_as_if_the_user_had_never_been_there),
		cmocka_unit_test(without_a_user_of_a_crowded_row_the_rest_of_the_totals_stays),
		cmocka_unit_test(without_somebody_unknown_says_no_and_without_memory_says_so),
		cmocka_unit_test(the_result_of_a_merge_may_be_one_of_its_arguments),
		cmocka_unit_test(counters_stop_at_the_top),
		cmocka_unit_test(keys_order_by_formulation_goal_week),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
