/* SPDX-License-Identifier: Apache-2.0
 *
 * test_meaning.c - ballots, pools, and what colluding accounts can do about them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/meaning.h"
#include "miner/promote.h"

#define LAST 2900
enum { MOST_BALLOTS = 4000 };

static const struct rph_window window = {LAST, 26, 0};
static const struct rph_id source = {{1}}, goal_a = {{0xA}}, goal_b = {{0xB}}, evil = {{0xE}};

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static struct rph_goal_ballot ballot_of(const struct rph_id *goal, uint64_t user, rph_week week)
{
	return (struct rph_goal_ballot){.goal = *goal, .user = user, .week = week, .days = 1};
}

static struct rph_meanings fold(struct rph_goal_ballot *ballots, size_t count,
				struct rph_arena *arena)
{
	struct rph_meanings meanings;
	assert_int_equal(rph_meanings_fold(&window, ballots, count, arena, &meanings), 0);
	return meanings;
}

static void a_user_is_one_ballot_per_goal_in_any_order(void **state)
{
	struct rph_arena arena;
	uint64_t seed = 5;
	(void)state;

	rph_arena_init(&arena, 1 << 22);
	for (int round = 0; round < 300; round++) {
		struct rph_goal_ballot ballots[24], again[24];
		size_t count = 1 + next_random(&seed) % 12;
		for (size_t i = 0; i < count; i++)
			ballots[i] = ballot_of(next_random(&seed) % 3 ? &goal_a : &goal_b,
					       next_random(&seed) % 6,
					       (rph_week)(LAST - next_random(&seed) % 26));
		for (size_t i = 0; i < count; i++)
			again[i] = again[count + i] = ballots[count - 1 - i];
		struct rph_meanings once = fold(ballots, count, &arena);
		struct rph_meanings twice = fold(again, 2 * count, &arena);
		assert_int_equal(once.users, twice.users);
		assert_int_equal(once.count, twice.count);
		assert_memory_equal(once.goals, twice.goals, once.count * sizeof(*once.goals));
		assert_true(once.users <= 12 && once.spread <= 1000);
		rph_arena_reset(&arena);
	}
	struct rph_meanings nobody = fold(NULL, 0, &arena);
	assert_int_equal(nobody.users, 0);
	assert_null(rph_meanings_find(&nobody, &goal_a));
	assert_int_equal(rph_meanings_share(&nobody, NULL), 0);
	rph_arena_free(&arena);
}

static void spread_tells_one_meaning_from_a_meaning_for_everybody(void **state)
{
	struct rph_goal_ballot ballots[10];
	struct rph_arena arena;
	(void)state;

	rph_arena_init(&arena, 1 << 20);
	for (unsigned i = 0; i < 10; i++)
		ballots[i] = ballot_of(&goal_a, i, LAST);
	assert_int_equal(fold(ballots, 10, &arena).spread, 0);
	for (unsigned i = 0; i < 10; i++)
		ballots[i].goal.bytes[0] = (uint8_t)(0x10 + i);
	assert_in_range(fold(ballots, 10, &arena).spread, 998, 1000);
	rph_arena_free(&arena);
}

static struct rph_vote_delta vote_of(const struct rph_id *goal, uint64_t user, rph_week week,
				     enum rph_edge edge)
{
	struct rph_vote_delta delta = {.key = {source, *goal, user, week},
				       .vote = {.mass = 200, .days = 2}};
	delta.vote.edges[edge] = 1;
	return delta;
}

static void two_wordings_of_a_goal_in_one_week_are_one_user_week(void **state)
{
	struct rph_vote_delta votes[] = {
		vote_of(&goal_a, 1, LAST, RPH_EDGE_paraphrase),
		vote_of(&goal_b, 1, LAST, RPH_EDGE_new_request),
		vote_of(&goal_a, 1, LAST, RPH_EDGE_repair),
		vote_of(&goal_a, 2, LAST - 1, RPH_EDGE_paraphrase),
	};
	struct rph_pair pools[4];
	struct rph_goal_ballot ballots[4];
	struct rph_pool_lists lists = {.pools = pools, .ballots = ballots};
	(void)state;

	rph_pools_fold(&window, votes, 4, &lists);
	assert_int_equal(lists.pool_count, 2);
	assert_memory_equal(&pools[0].target, &goal_a, sizeof(goal_a));
	assert_int_equal(pools[0].users, 2);
	assert_int_equal(pools[0].user_weeks, 2);
	assert_int_equal(pools[0].evidence, 400);
	/* Something else is no ballot. */
	assert_int_equal(lists.ballot_count, 2);
	assert_memory_equal(&ballots[0].goal, &goal_a, sizeof(goal_a));
}

static void what_worked_after_a_failure_is_a_weak_ballot_unless_it_is_another_value(void **state)
{
	struct rph_vote_delta votes[] = {
		vote_of(&goal_a, 1, LAST, RPH_EDGE_new_request),
		vote_of(&goal_b, 2, LAST, RPH_EDGE_correction),
	};
	struct rph_pair pools[2];
	struct rph_goal_ballot ballots[2];
	struct rph_pool_lists lists = {.pools = pools, .ballots = ballots};
	(void)state;

	votes[0].vote.wins = votes[1].vote.wins = 1;
	rph_pools_fold(&window, votes, 2, &lists);
	assert_int_equal(lists.ballot_count, 1);
	assert_true(ballots[0].weak);
	assert_int_equal(ballots[0].user, 1);
}

static void what_everybody_does_next_follows_nothing(void **state)
{
	/* 6 of 12 go on to what one in a hundred turns is about; to what every second one is. */
	const struct rph_association rare = {6, 12, 100, 10000}, usual = {6, 12, 5000, 10000};
	const struct rph_association few = {3, 12, 100, 10000};
	(void)state;

	assert_true(rph_goal_follows(&rare));
	assert_false(rph_goal_follows(&usual));
	assert_false(rph_goal_follows(&few));
}

/* ---- attacks ----------------------------------------------------------------------------------
 */

/* The best an attacker can make of everything but the number of accounts. */
static struct rph_promotion push(const struct rph_meanings *meanings, uint32_t accounts)
{
	static const struct rph_outcome fails = {.users = 50, .failed = 50};
	static const struct rph_outcome works = {.users = 50,
						 .succeeded = 50,
						 .goal = {{0xE}},
						 .goal_users = 50,
						 .met_goals = 50,
						 .goal_share = 1000,
						 .success_share = 1000};
	const struct rph_goal_count *count = rph_meanings_find(meanings, &evil);
	struct rph_promotion_params params = rph_promotion_params_default();
	struct rph_pair pair = {.users = accounts,
				.all_users = accounts,
				.user_weeks = 10 * accounts,
				.evidence = UINT64_C(2560) * accounts,
				.agreed = UINT64_C(2560) * accounts,
				.top_user_weeks = 10,
				.days = 60,
				.wins = 10 * accounts};
	struct rph_promotion_facts facts = {
		.pair = &pair,
		.source = &fails,
		.target = &works,
		.support = {.is_clear = true,
			    .users = accounts,
			    .days = 60,
			    .weight = UINT64_C(1024) * accounts,
			    .all_weight = UINT64_C(1024) * accounts,
			    .evidence = 100000,
			    .odds = 1000000,
			    .similarity = 1024},
		.source_text = RPH_SPAN("play the nightingale record"),
		.target_text = RPH_SPAN("play the cuckoo record"),
		.annotation_agreement = 1000,
		.value_score = 1024,
	};
	struct rph_promotion promotion;

	if (count)
		facts.support.tolerated =
			rph_group_tolerated(&meanings->groups, (uint32_t)(count - meanings->goals));
	rph_promote(&params, &facts, &promotion);
	return promotion;
}

/* Each account says it as often as it likes: all in one week, or a little every week. */
static size_t collude(struct rph_goal_ballot *ballots, size_t count, uint32_t accounts,
		      uint64_t *seed)
{
	bool slowly = next_random(seed) % 2;

	for (uint32_t i = 0; i < accounts; i++) {
		uint64_t user = next_random(seed);
		for (unsigned week = 0; week < 1 + next_random(seed) % 26; week++)
			ballots[count++] =
				ballot_of(&evil, user, (rph_week)(LAST - (slowly ? week : 0)));
	}
	return count;
}

static void fewer_accounts_than_certified_push_nothing_through(void **state)
{
	static struct rph_goal_ballot ballots[MOST_BALLOTS];
	struct rph_arena arena;
	uint64_t seed = 2026;
	unsigned attacked = 0;
	(void)state;

	rph_arena_init(&arena, 1 << 24);
	for (int round = 0; round < 1000; round++) {
		size_t count = 0;
		unsigned honest = 1 + next_random(&seed) % 80;
		for (unsigned i = 0; i < honest; i++)
			ballots[count++] = ballot_of(next_random(&seed) % 8 ? &goal_a : &goal_b,
						     next_random(&seed), (rph_week)(LAST - i % 26));
		struct rph_meanings before = fold(ballots, count, &arena);
		const struct rph_goal_count *truth = rph_meanings_find(&before, &goal_a);
		uint8_t certified = truth ? rph_group_tolerated(&before.groups,
								(uint32_t)(truth - before.goals))
					  : 0;
		uint32_t accounts = certified ? 1 + (uint32_t)(next_random(&seed) % certified) : 0;
		attacked += accounts > 0;
		count = collude(ballots, count, accounts, &seed);
		struct rph_meanings after = fold(ballots, count, &arena);
		assert_false(rph_pair_status_is_positive(push(&after, accounts).status));
		/* Nor is anything lost of what was known. */
		if (accounts) {
			truth = rph_meanings_find(&after, &goal_a);
			assert_int_equal(after.groups.winner, truth - after.goals);
		}
		rph_arena_reset(&arena);
	}
	assert_true(attacked > 500);
	rph_arena_free(&arena);
}

/* Where nobody else says anything the number of people is what protects. */
static void fewer_accounts_than_the_minimum_invent_no_pair(void **state)
{
	static struct rph_goal_ballot ballots[MOST_BALLOTS];
	struct rph_arena arena;
	uint64_t seed = 11;
	(void)state;

	rph_arena_init(&arena, 1 << 24);
	for (int round = 0; round < 1000; round++) {
		uint32_t accounts = 1 + (uint32_t)(next_random(&seed) % 4);
		size_t count = collude(ballots, 0, accounts, &seed);
		struct rph_meanings meanings = fold(ballots, count, &arena);
		assert_int_equal(meanings.users, accounts);
		assert_false(rph_pair_status_is_positive(push(&meanings, accounts).status));
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_is_one_ballot_per_goal_in_any_order),
		cmocka_unit_test(spread_tells_one_meaning_from_a_meaning_for_everybody),
		cmocka_unit_test(two_wordings_of_a_goal_in_one_week_are_one_user_week),
		cmocka_unit_test(
			what_worked_after_a_failure_is_a_weak_ballot_unless_it_is_another_value),
		cmocka_unit_test(what_everybody_does_next_follows_nothing),
		cmocka_unit_test(fewer_accounts_than_certified_push_nothing_through),
		cmocka_unit_test(fewer_accounts_than_the_minimum_invent_no_pair),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
