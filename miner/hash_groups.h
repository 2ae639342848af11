/* SPDX-License-Identifier: Apache-2.0
 *
 * hash_groups.h - how many hostile accounts a decision tolerates.
 *
 * Users fall into RPH_HASH_GROUPS groups by a salted hash of their (already keyed) id. For a source
 * every group names one target, the one most of its users voted for; the groups then vote. An
 * account is in one group and can change at most that group's name, which moves the margin between
 * the winner and any other target by at most 2. With votes n1 and n2 of winner and runner-up the
 * winner therefore stays the winner whatever ceil((n1 - n2) / 2) - 1 accounts do. (The argument of
 * deep partition aggregation, A. Levine and S. Feizi, 2021, applied to votes.) It bounds accounts,
 * not money. Pure.
 */
#ifndef RPH_MINER_HASH_GROUPS_H
#define RPH_MINER_HASH_GROUPS_H

#include "schemas/arena.h"

#define RPH_HASH_GROUPS 16u
#define RPH_NO_TARGET UINT32_MAX

/* 0..RPH_HASH_GROUPS - 1. Depends on all bits of user and salt; the user's hash is keyed with the
 * deployment's secret, so that nobody outside can choose a group. */
unsigned rph_hash_group(uint64_t user, uint64_t salt);

/* One user's vote for a target; targets are numbered by the caller, below RPH_NO_TARGET. */
struct rph_group_ballot {
	uint64_t user;
	uint32_t target;
};

struct rph_group_result {
	/* What each group names; RPH_NO_TARGET: it has no users, or a tie. */
	uint32_t named[RPH_HASH_GROUPS];
	uint32_t winner, runner_up; /* RPH_NO_TARGET: none. A tie of groups has no winner. */
	uint8_t winner_groups, runner_up_groups;
	uint8_t groups;    /* groups with a name */
	uint8_t tolerated; /* accounts; 0 without a winner */
};

/* `ballots` are sorted in place; a user counts once per target, however often he is listed. Takes
 * no memory. The result depends neither on the order of the ballots nor on how the targets are
 * numbered, except that of several equal runners-up the smallest number is reported. */
void rph_group_vote(struct rph_group_ballot *ballots, size_t count, uint64_t salt,
		    struct rph_group_result *ret);

/* How many groups name `target`, and how many accounts are tolerated before it loses its majority
 * to another: 0 when it is not the winner. */
uint8_t rph_group_votes_of(const struct rph_group_result *result, uint32_t target);
uint8_t rph_group_tolerated(const struct rph_group_result *result, uint32_t target);

#endif
