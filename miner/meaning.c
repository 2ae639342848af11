/* SPDX-License-Identifier: Apache-2.0
 *
 * meaning.c - ballots to meanings, votes to pools. One sort each, then one pass.
 */
#include "miner/meaning.h"

#include <stdlib.h>

#include "miner/log2.h"
#include "schemas/error.h"

/* Which users share a group is a property of the deployment's secret, in which their hashes are
 * keyed already; the salt only keeps groups apart from other uses of the hash. */
#define GROUP_SALT 0x6d65616e696e67u

#define FOLLOWING_EVIDENCE (10 * RPH_EVIDENCE_BIT)

static int compare_ballots(const void *left, const void *right)
{
	const struct rph_goal_ballot *a = left, *b = right;
	int order = rph_id_compare(&a->goal, &b->goal);
	if (order)
		return order;
	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return (a->week > b->week) - (a->week < b->week);
}

/* Ballots of one goal, ascending by user, week. */
static void count_goal(const struct rph_window *window, const struct rph_goal_ballot *ballots,
		       size_t count, struct rph_goal_count *ret)
{
	uint8_t days[RPH_HISTORY_MAX_WEEKS] = {0};
	bool own = false, voted = false, recent = false, lately = false;

	*ret = (struct rph_goal_count){.goal = ballots[0].goal,
				       .first_week = ballots[0].week,
				       .last_week = ballots[0].week};
	for (size_t i = 0; i < count; i++) {
		const struct rph_goal_ballot *ballot = &ballots[i];
		unsigned age = (unsigned)(window->last - ballot->week);
		bool last = i + 1 == count || ballots[i + 1].user != ballot->user;
		bool again = !last && ballots[i + 1].week == ballot->week;
		days[age] |= ballot->days & 0x7f;
		own |= ballot->own;
		voted |= !ballot->own;
		recent |= !ballot->own && age == 0;
		lately |= !ballot->own && age < RPH_TREND_WEEKS;
		if (ballot->week < ret->first_week)
			ret->first_week = ballot->week;
		if (ballot->week > ret->last_week)
			ret->last_week = ballot->week;
		ret->recent += !again && age < RPH_TREND_WEEKS;
		ret->earlier += !again && age >= RPH_TREND_WEEKS && age < 2 * RPH_TREND_WEEKS;
		if (!last)
			continue;
		ret->users++;
		ret->own += own;
		ret->voted += voted;
		ret->last_voted += recent;
		ret->lately_voted += lately;
		ret->weight += rph_window_weight(window, ballot->week);
		own = voted = recent = lately = false;
	}
	for (unsigned i = 0; i < window->weeks; i++)
		ret->days += (uint32_t)__builtin_popcount(days[i]);
}

static int vote_by_groups(const struct rph_goal_ballot *ballots, size_t count,
			  struct rph_arena *arena, struct rph_meanings *ret)
{
	struct rph_group_ballot *votes = RPH_ARENA_ARRAY(arena, struct rph_group_ballot, count + 1);
	uint32_t target = 0;
	size_t used = 0;

	if (!votes)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		target += i > 0 && rph_id_compare(&ballots[i].goal, &ballots[i - 1].goal) != 0;
		votes[used++] = (struct rph_group_ballot){ballots[i].user, target};
	}
	rph_group_vote(votes, used, GROUP_SALT, &ret->groups);
	return 0;
}

static int measure_spread(struct rph_arena *arena, struct rph_meanings *ret)
{
	struct rph_goal_weight *weights =
		RPH_ARENA_ARRAY(arena, struct rph_goal_weight, ret->count + 1);

	if (!weights)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < ret->count; i++)
		weights[i] = (struct rph_goal_weight){ret->goals[i].goal, ret->goals[i].users,
						      ret->goals[i].users};
	struct rph_goal_profile profile = {weights, ret->count};
	if (ret->users > 1)
		ret->spread = (uint16_t)(rph_goal_entropy(&profile) * 1000.0 /
					 (RPH_GRAPH_ONE * rph_log2(ret->users)));
	return 0;
}

int rph_meanings_fold(const struct rph_window *window, struct rph_goal_ballot *ballots,
		      size_t count, struct rph_arena *arena, struct rph_meanings *ret)
{
	size_t goals = 0;

	RPH_ASSERT(window->weeks <= RPH_HISTORY_MAX_WEEKS);
	*ret = (struct rph_meanings){0};
	if (count)
		qsort(ballots, count, sizeof(*ballots), compare_ballots);
	for (size_t i = 0; i < count; i++)
		goals += i == 0 || rph_id_compare(&ballots[i].goal, &ballots[i - 1].goal) != 0;
	ret->goals = RPH_ARENA_ARRAY(arena, struct rph_goal_count, goals + 1);
	if (!ret->goals)
		return RPH_E_NO_MEMORY;
	for (size_t start = 0, end; start < count; start = end) {
		for (end = start + 1; end < count; end++)
			if (rph_id_compare(&ballots[end].goal, &ballots[start].goal) != 0)
				break;
		struct rph_goal_count *goal = &ret->goals[ret->count++];
		count_goal(window, ballots + start, end - start, goal);
		ret->users += goal->users;
		ret->voted += goal->voted;
		ret->last_voted += goal->last_voted;
		ret->lately_voted += goal->lately_voted;
		ret->weight += goal->weight;
	}
	int error = measure_spread(arena, ret);
	return error ? error : vote_by_groups(ballots, count, arena, ret);
}

static int compare_goal(const void *key, const void *entry)
{
	const struct rph_goal_count *goal = entry;
	return rph_id_compare(key, &goal->goal);
}

const struct rph_goal_count *rph_meanings_find(const struct rph_meanings *meanings,
					       const struct rph_id *goal)
{
	return meanings->count ? bsearch(goal, meanings->goals, meanings->count,
					 sizeof(*meanings->goals), compare_goal)
			       : NULL;
}

uint16_t rph_meanings_share(const struct rph_meanings *meanings, const struct rph_goal_count *goal)
{
	return goal && meanings->weight ? (uint16_t)(1000 * goal->weight / meanings->weight) : 0;
}

/* ---- pools ------------------------------------------------------------------------------------
 */

static int compare_votes(const void *left, const void *right)
{
	const struct rph_vote_delta *a = left, *b = right;
	return rph_vote_key_compare(&a->key, &b->key);
}

static size_t merge(struct rph_vote_delta *votes, size_t count)
{
	size_t used = 0;

	if (count)
		qsort(votes, count, sizeof(*votes), compare_votes);
	for (size_t i = 0; i < count; i++) {
		if (used && compare_votes(&votes[used - 1], &votes[i]) == 0)
			rph_vote_merge(&votes[used - 1].vote, &votes[i].vote);
		else
			votes[used++] = votes[i];
	}
	return used;
}

/* Votes of one user for one goal. */
static void add_ballots(const struct rph_vote_delta *votes, size_t count,
			struct rph_pool_lists *ret)
{
	uint64_t edges[RPH_EDGE_COUNT] = {0}, any = 0, wins = 0, served = 0, ill_served = 0;

	for (size_t i = 0; i < count; i++) {
		wins += votes[i].vote.wins;
		served += votes[i].vote.arm.wins;
		ill_served += votes[i].vote.arm.losses;
		for (unsigned edge = 0; edge < RPH_EDGE_COUNT; edge++) {
			edges[edge] += votes[i].vote.edges[edge];
			any |= votes[i].vote.edges[edge];
		}
	}
	enum rph_edge edge = rph_majority_edge(edges);
	/* What first worked after it had failed, unless it is another value. */
	bool won = wins && edge != RPH_EDGE_correction;
	/* Whoever was well served by a rewrite has no reason to say it again: were only those heard
	 * who were not, a minority would speak for all. */
	bool same = served > ill_served || (any && rph_edge_is_same_goal(edge));
	if (!same && !(any && won))
		return;
	for (size_t i = 0; i < count; i++)
		ret->ballots[ret->ballot_count++] =
			(struct rph_goal_ballot){.goal = votes[i].key.target,
						 .user = votes[i].key.user,
						 .week = votes[i].key.week,
						 .days = votes[i].vote.days,
						 .weak = !same};
}

bool rph_goal_follows(const struct rph_association *table)
{
	struct rph_association_result result = {0};

	return 3 * table->both >= table->left && rph_associate(table, &result) &&
	       result.evidence >= FOLLOWING_EVIDENCE;
}

void rph_pools_fold(const struct rph_window *window, struct rph_vote_delta *votes, size_t count,
		    struct rph_pool_lists *ret)
{
	struct rph_pair_fold fold = {0};
	bool open = false;

	ret->pool_count = 0;
	ret->ballot_count = 0;
	count = merge(votes, count);
	for (size_t start = 0, end; start < count; start = end) {
		const struct rph_vote_key *key = &votes[start].key;
		for (end = start + 1; end < count; end++)
			if (votes[end].key.user != key->user ||
			    rph_id_compare(&votes[end].key.target, &key->target) != 0)
				break;
		if (!open || rph_id_compare(&fold.pair.target, &key->target) != 0) {
			if (open) {
				rph_pair_fold_end(&fold);
				ret->pools[ret->pool_count++] = fold.pair;
			}
			rph_pair_fold_begin(&fold, window, &key->source, &key->target);
			open = true;
		}
		for (size_t i = start; i < end; i++)
			rph_pair_fold_add(&fold, &votes[i].key, &votes[i].vote);
		add_ballots(votes + start, end - start, ret);
	}
	if (!open)
		return;
	rph_pair_fold_end(&fold);
	ret->pools[ret->pool_count++] = fold.pair;
}
