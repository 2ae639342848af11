/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "miner/hash_groups.h"

enum { SALT = 77 };

static struct rph_group_result vote(struct rph_group_ballot *ballots, size_t count)
{
	struct rph_group_result result;
	rph_group_vote(ballots, count, SALT, &result);
	return result;
}

/* A user in the given group, different for every `number`. */
static uint64_t user_in(unsigned group, unsigned number)
{
	for (uint64_t user = UINT64_C(1000003) * (number + 1);; user++)
		if (rph_hash_group(user, SALT) == group)
			return user;
}

static void users_spread_evenly_and_another_salt_spreads_them_anew(void **state)
{
	(void)state;
	unsigned of_group[RPH_HASH_GROUPS] = {0}, same = 0;
	for (uint64_t user = 1; user <= 16000; user++) {
		of_group[rph_hash_group(user, 1)]++;
		same += rph_hash_group(user, 1) == rph_hash_group(user, 2);
	}
	for (unsigned i = 0; i < RPH_HASH_GROUPS; i++)
		assert_in_range(of_group[i], 850, 1150);
	assert_in_range(same, 850, 1150);
}

static void without_votes_there_is_no_winner(void **state)
{
	(void)state;
	struct rph_group_result result = vote(NULL, 0);
	assert_int_equal(result.winner, RPH_NO_TARGET);
	assert_int_equal(result.groups, 0);
	assert_int_equal(result.tolerated, 0);
}

static void eleven_groups_against_five_tolerate_two_accounts(void **state)
{
	(void)state;
	struct rph_group_ballot ballots[16];
	for (unsigned i = 0; i < 16; i++)
		ballots[i] = (struct rph_group_ballot){user_in(i, 0), i < 11 ? 4 : 9};
	struct rph_group_result result = vote(ballots, 16);
	assert_int_equal(result.winner, 4);
	assert_int_equal(result.winner_groups, 11);
	assert_int_equal(result.runner_up, 9);
	assert_int_equal(result.runner_up_groups, 5);
	assert_int_equal(result.tolerated, 2);
	assert_int_equal(rph_group_tolerated(&result, 4), 2);
	assert_int_equal(rph_group_tolerated(&result, 9), 0);
	assert_int_equal(rph_group_votes_of(&result, 9), 5);
}

static void repeating_oneself_adds_nothing(void **state)
{
	(void)state;
	struct rph_group_ballot ballots[7] = {
		{user_in(3, 0), 1}, {user_in(3, 0), 1}, {user_in(3, 0), 1}, {user_in(3, 0), 1},
		{user_in(3, 1), 2}, {user_in(3, 2), 2}, {user_in(3, 0), 1},
	};
	assert_int_equal(vote(ballots, 7).winner, 2);
}

static void a_tie_names_nothing(void **state)
{
	(void)state;
	struct rph_group_ballot in_a_group[] = {{user_in(0, 0), 1}, {user_in(0, 1), 2}};
	struct rph_group_result result = vote(in_a_group, 2);
	assert_int_equal(result.groups, 0);
	struct rph_group_ballot of_groups[] = {{user_in(0, 0), 1}, {user_in(1, 1), 2}};
	result = vote(of_groups, 2);
	assert_int_equal(result.groups, 2);
	assert_int_equal(result.winner, RPH_NO_TARGET);
	assert_int_equal(result.runner_up, 1);
}

enum { HONEST = 120, MOST_HOSTILE = 8, ROUNDS = 1000 };

/* Whatever so many hostile accounts as are tolerated say, in numbers or to different targets, the
 * winner stays. */
static void the_tolerated_number_of_accounts_never_changes_the_winner(void **state)
{
	(void)state;
	unsigned certified = 0;
	srandom(5);
	for (int round = 0; round < ROUNDS; round++) {
		struct rph_group_ballot ballots[HONEST + MOST_HOSTILE * 4];
		size_t honest = 20 + (size_t)random() % (HONEST - 20), all = honest;
		for (size_t i = 0; i < honest; i++)
			ballots[i] = (struct rph_group_ballot){
				(uint64_t)random() + 1,
				(uint32_t)(random() % 10 < 6 ? 0 : random() % 4)};
		struct rph_group_result before = vote(ballots, honest);
		if (before.winner == RPH_NO_TARGET || before.tolerated == 0)
			continue;
		certified++;
		for (unsigned account = 0; account < before.tolerated; account++) {
			uint64_t user = (uint64_t)random() + (UINT64_C(1) << 40);
			for (int i = 0; i < 4; i++)
				ballots[all++] = (struct rph_group_ballot){
					user, random() % 2 ? before.runner_up : (uint32_t)i};
		}
		assert_int_equal(vote(ballots, all).winner, before.winner);
	}
	assert_true(certified > ROUNDS / 2);
}

static void order_does_not_matter(void **state)
{
	(void)state;
	struct rph_group_ballot ballots[60], mixed[60];
	srandom(6);
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < 60; i++)
			mixed[i] = ballots[i] = (struct rph_group_ballot){
				(uint64_t)random() % 40 + 1, (uint32_t)random() % 3};
		for (size_t i = 59; i > 0; i--) {
			size_t other = (size_t)random() % (i + 1);
			struct rph_group_ballot swap = mixed[i];
			mixed[i] = mixed[other];
			mixed[other] = swap;
		}
		struct rph_group_result a = vote(ballots, 60), b = vote(mixed, 60);
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_spread_evenly_and_another_salt_spreads_them_anew),
		cmocka_unit_test(without_votes_there_is_no_winner),
		cmocka_unit_test(eleven_groups_against_five_tolerate_two_accounts),
		cmocka_unit_test(repeating_oneself_adds_nothing),
		cmocka_unit_test(a_tie_names_nothing),
		cmocka_unit_test(the_tolerated_number_of_accounts_never_changes_the_winner),
		cmocka_unit_test(order_does_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
