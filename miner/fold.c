/* SPDX-License-Identifier: Apache-2.0
 *
 * fold.c - votes to a pair. Usage is folded in fold_usage.c, ballots in meaning.c.
 */
#include "miner/fold.h"

#include "miner/log2.h"

uint32_t rph_window_weight(const struct rph_window *window, rph_week week)
{
	RPH_ASSERT(rph_window_has(window, week));
	if (window->half_life == 0)
		return RPH_WEIGHT_ONE;
	double age = (double)(window->last - week) / window->half_life;
	uint32_t weight = age > 20.0 ? 0 : (uint32_t)(RPH_WEIGHT_ONE * rph_exp2(-age) + 0.5);
	return weight ? weight : 1;
}

void rph_pair_fold_begin(struct rph_pair_fold *fold, const struct rph_window *window,
			 const struct rph_id *source, const struct rph_id *target)
{
	RPH_ASSERT(window->weeks >= 1 && window->weeks <= RPH_HISTORY_MAX_WEEKS);
	*fold = (struct rph_pair_fold){
		.window = *window,
		.pair = {.source = *source,
			 .target = *target,
			 .first_week = window->last,
			 .last_week = window->last},
	};
}

enum rph_edge rph_majority_edge(const uint64_t edges[static RPH_EDGE_COUNT])
{
	enum rph_edge best = 0;
	for (unsigned i = 1; i < RPH_EDGE_COUNT; i++)
		if (edges[i] > edges[best])
			best = (enum rph_edge)i;
	return best;
}

static void end_user(struct rph_pair_fold *fold)
{
	struct rph_pair *pair = &fold->pair;

	if (fold->user_weeks == 0)
		return;
	enum rph_edge edge = rph_majority_edge(fold->user_edges);
	pair->all_users++;
	pair->users_by_edge[edge]++;
	pair->users += rph_edge_is_same_goal(edge);
	if (fold->user_weeks > pair->top_user_weeks)
		pair->top_user_weeks = fold->user_weeks;
	fold->user_weeks = 0;
	memset(fold->user_edges, 0, sizeof(fold->user_edges));
}

void rph_pair_fold_add(struct rph_pair_fold *fold, const struct rph_vote_key *key,
		       const struct rph_vote *vote)
{
	struct rph_pair *pair = &fold->pair;
	uint64_t count = 0, same = 0;

	if (!rph_window_has(&fold->window, key->week))
		return;
	if (vote->arm.turns) {
		rph_arm_tally_add(&pair->arm, &vote->arm, key->user != fold->arm_user);
		fold->arm_user = key->user;
	}
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++) {
		count += vote->edges[i];
		same += rph_edge_is_same_goal((enum rph_edge)i) ? vote->edges[i] : 0;
	}
	if (count == 0)
		return;
	if (key->user != fold->user)
		end_user(fold);
	fold->user = key->user;
	fold->user_weeks++;
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		fold->user_edges[i] += vote->edges[i];

	/* Saturated counters could make the mean exceed certainty. */
	uint64_t mean = vote->mass / count;
	mean = mean > 256 ? 256 : mean;
	pair->evidence += mean;
	pair->agreed += 256 * same / count;
	if (fold->window.half_life) {
		uint64_t weight = rph_window_weight(&fold->window, key->week);
		pair->aged_weeks += weight;
		pair->aged_evidence += weight * mean;
		pair->aged_agreed += weight * (256 * same / count);
	}
	unsigned age = (unsigned)(fold->window.last - key->week);
	pair->recent += age < RPH_TREND_WEEKS;
	pair->earlier += age >= RPH_TREND_WEEKS && age < 2 * RPH_TREND_WEEKS;
	if (pair->user_weeks == 0) {
		pair->first_week = key->week;
		pair->last_week = key->week;
	}
	pair->user_weeks++;
	pair->wins += vote->wins > 0;
	pair->losses += vote->losses > 0;
	if (key->week < pair->first_week)
		pair->first_week = key->week;
	if (key->week > pair->last_week)
		pair->last_week = key->week;
	fold->days[fold->window.last - key->week] |= vote->days & 0x7f;
}

void rph_pair_fold_end(struct rph_pair_fold *fold)
{
	end_user(fold);
	fold->pair.days = 0;
	fold->pair.weeks = 0;
	for (unsigned i = 0; i < fold->window.weeks; i++) {
		fold->pair.days += (uint32_t)__builtin_popcount(fold->days[i]);
		fold->pair.weeks += fold->days[i] != 0;
	}
}

uint16_t rph_agreement_share(struct rph_agreement agreement)
{
	return agreement.all ? (uint16_t)(UINT64_C(1000) * agreement.users / agreement.all) : 0;
}
