/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/hash_groups.h"

#include <stdlib.h>

/* The finaliser of SplitMix64 (S. Vigna, public domain): every input bit reaches every output bit. */
unsigned rph_hash_group(uint64_t user, uint64_t salt)
{
	uint64_t x = user ^ (salt * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0x632be59bd9b4e019));
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return (unsigned)(x >> 60);
}
_Static_assert(RPH_HASH_GROUPS == 16, "the group is the top four bits");

static int compare_ballots(const void *left, const void *right)
{
	const struct rph_group_ballot *a = left, *b = right;

	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return (a->user > b->user) - (a->user < b->user);
}

/* Users of one target, by group. */
struct tally {
	uint32_t users[RPH_HASH_GROUPS];
	uint32_t best[RPH_HASH_GROUPS];
	bool tied[RPH_HASH_GROUPS];
};

static void name_target(struct tally *tally, uint32_t target, struct rph_group_result *ret)
{
	for (unsigned group = 0; group < RPH_HASH_GROUPS; group++) {
		uint32_t users = tally->users[group];
		tally->users[group] = 0;
		if (users == 0 || users < tally->best[group])
			continue;
		tally->tied[group] = users == tally->best[group];
		tally->best[group] = users;
		ret->named[group] = target;
	}
}

uint8_t rph_group_votes_of(const struct rph_group_result *result, uint32_t target)
{
	uint8_t votes = 0;

	if (target == RPH_NO_TARGET)
		return 0;
	for (unsigned group = 0; group < RPH_HASH_GROUPS; group++)
		votes += result->named[group] == target;
	return votes;
}

static void elect(struct rph_group_result *ret)
{
	for (unsigned group = 0; group < RPH_HASH_GROUPS; group++) {
		uint32_t target = ret->named[group];
		uint8_t votes = rph_group_votes_of(ret, target);
		ret->groups += target != RPH_NO_TARGET;
		if (votes > ret->winner_groups) {
			ret->winner = target;
			ret->winner_groups = votes;
		}
	}
	for (unsigned group = 0; group < RPH_HASH_GROUPS; group++) {
		uint32_t target = ret->named[group];
		uint8_t votes = rph_group_votes_of(ret, target);
		if (target == RPH_NO_TARGET || target == ret->winner ||
		    votes < ret->runner_up_groups ||
		    (votes == ret->runner_up_groups && target > ret->runner_up))
			continue;
		ret->runner_up = target;
		ret->runner_up_groups = votes;
	}
	if (ret->winner_groups == ret->runner_up_groups) {
		if (ret->winner < ret->runner_up)
			ret->runner_up = ret->winner;
		ret->winner = RPH_NO_TARGET;
		return;
	}
	ret->tolerated = (uint8_t)((ret->winner_groups - ret->runner_up_groups + 1) / 2 - 1);
}

void rph_group_vote(struct rph_group_ballot *ballots, size_t count, uint64_t salt,
		    struct rph_group_result *ret)
{
	struct tally tally = {{0}, {0}, {false}};

	*ret = (struct rph_group_result){.winner = RPH_NO_TARGET, .runner_up = RPH_NO_TARGET};
	for (unsigned group = 0; group < RPH_HASH_GROUPS; group++)
		ret->named[group] = RPH_NO_TARGET;
	if (count)
		qsort(ballots, count, sizeof(*ballots), compare_ballots);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && compare_ballots(&ballots[i - 1], &ballots[i]) == 0)
			continue;
		if (i > 0 && ballots[i - 1].target != ballots[i].target)
			name_target(&tally, ballots[i - 1].target, ret);
		tally.users[rph_hash_group(ballots[i].user, salt)]++;
	}
	if (count)
		name_target(&tally, ballots[count - 1].target, ret);
	for (unsigned group = 0; group < RPH_HASH_GROUPS; group++)
		if (tally.tied[group])
			ret->named[group] = RPH_NO_TARGET;
	elect(ret);
}

uint8_t rph_group_tolerated(const struct rph_group_result *result, uint32_t target)
{
	return target != RPH_NO_TARGET && target == result->winner ? result->tolerated : 0;
}
