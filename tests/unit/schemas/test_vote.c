/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/schemas/evidence.h"

static struct rph_vote random_vote(struct random *random)
{
	struct rph_vote vote = {0};
	for (int i = 0; i < RPH_EDGE_COUNT; i++)
		vote.edges[i] = random_counter(random);
	vote.mass = random_below(random, 50) ? random_below(random, 257) : UINT64_MAX - 5;
	vote.wins = random_counter(random);
	vote.losses = random_counter(random);
	vote.days = (uint8_t)(1 << random_below(random, 7));
	vote.arm = (struct rph_arm_counts){random_counter(random), random_counter(random),
					   random_counter(random)};
	return vote;
}

static void assert_same_vote(const struct rph_vote *a, const struct rph_vote *b)
{
	assert_memory_equal(a->edges, b->edges, sizeof(a->edges));
	assert_true(a->mass == b->mass);
	assert_int_equal(a->wins, b->wins);
	assert_int_equal(a->losses, b->losses);
	assert_int_equal(a->days, b->days);
	assert_memory_equal(&a->arm, &b->arm, sizeof(a->arm));
}

/* Merges votes[first..end) along a random tree. */
static struct rph_vote merge_tree(struct random *random, const struct rph_vote *votes,
				  uint32_t count)
{
	if (count == 1)
		return votes[0];
	uint32_t left = 1 + random_below(random, count - 1);
	struct rph_vote a = merge_tree(random, votes, left);
	struct rph_vote b = merge_tree(random, votes + left, count - left);
	if (random_below(random, 2)) {
		rph_vote_merge(&a, &b);
		return a;
	}
	rph_vote_merge(&b, &a);
	return b;
}

static void merging_gives_the_same_vote_along_any_tree_and_order(void **state)
{
	(void)state;
	struct random random = {1};
	for (int round = 0; round < 2000; round++) {
		struct rph_vote votes[24];
		uint32_t count = 1 + random_below(&random, 24);
		for (uint32_t i = 0; i < count; i++)
			votes[i] = random_vote(&random);
		struct rph_vote expected = {0};
		for (uint32_t i = 0; i < count; i++)
			rph_vote_merge(&expected, &votes[i]);
		for (uint32_t i = count - 1; i > 0; i--) {
			uint32_t j = random_below(&random, i + 1);
			struct rph_vote swap = votes[i];
			votes[i] = votes[j];
			votes[j] = swap;
		}
		struct rph_vote merged = merge_tree(&random, votes, count);
		assert_same_vote(&merged, &expected);
	}
}

static void an_empty_vote_changes_nothing(void **state)
{
	(void)state;
	struct random random = {2};
	struct rph_vote vote = random_vote(&random), before = vote;
	rph_vote_merge(&vote, &(struct rph_vote){0});
	assert_same_vote(&vote, &before);
}

static void counters_stop_at_the_top(void **state)
{
	(void)state;
	struct rph_vote vote = {.edges = {UINT32_MAX}, .mass = UINT64_MAX, .wins = UINT32_MAX - 1};
	struct rph_vote one = {.edges = {1, 7}, .mass = 256, .wins = 5, .losses = 1, .days = 64};
	rph_vote_merge(&vote, &one);
	assert_true(vote.edges[0] == UINT32_MAX);
	assert_true(vote.edges[1] == 7);
	assert_true(vote.mass == UINT64_MAX);
	assert_true(vote.wins == UINT32_MAX);
	assert_int_equal(vote.losses, 1);
	assert_int_equal(vote.days, 64);
	assert_true(rph_vote_count(&vote) == UINT32_MAX);
}

static void the_count_is_the_number_of_transitions_of_all_types(void **state)
{
	(void)state;
	struct rph_vote vote = {.edges = {1, 2, 3, 4, 5}, .mass = 99};
	assert_int_equal(rph_vote_count(&vote), 15);
	assert_int_equal(rph_vote_count(&(struct rph_vote){0}), 0);
}

static void keys_order_by_source_target_user_week(void **state)
{
	(void)state;
	struct rph_vote_key low = {.user = 5, .week = 7};
	struct rph_vote_key source = low, target = low, user = low, week = low;
	source.source.bytes[15] = 1;
	target.target.bytes[0] = 0xFF;
	user.user = UINT64_MAX;
	week.week = 8;
	const struct rph_vote_key *ascending[] = {&low, &week, &user, &target, &source};
	for (size_t i = 0; i < RPH_ARRAY_LEN(ascending); i++)
		for (size_t j = 0; j < RPH_ARRAY_LEN(ascending); j++) {
			int order = rph_vote_key_compare(ascending[i], ascending[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merging_gives_the_same_vote_along_any_tree_and_order),
		cmocka_unit_test(an_empty_vote_changes_nothing),
		cmocka_unit_test(counters_stop_at_the_top),
		cmocka_unit_test(the_count_is_the_number_of_transitions_of_all_types),
		cmocka_unit_test(keys_order_by_source_target_user_week),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
