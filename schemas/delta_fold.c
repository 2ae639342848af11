/* SPDX-License-Identifier: Apache-2.0
 *
 * delta_fold.c - sorts and folds what delta.c collected. Only (prefix, index) pairs are sorted; the
 * atoms are then read once in order and written straight into the arena.
 */
#include <stdlib.h>

#include "schemas/delta_list.h"
#include "schemas/error.h"

static size_t largest(const struct rph_delta_list *list)
{
	const uint32_t counts[] = {list->formulations.count, list->goals.count,
				   list->votes.count,        list->rows.count,
				   list->turns.count,        list->cohorts.count};
	size_t most = 0;
	for (size_t i = 0; i < RPH_ARRAY_LEN(counts); i++)
		if (counts[i] > most)
			most = counts[i];
	return most;
}

static int reserve_order(struct rph_delta_list *list)
{
	size_t capacity = largest(list);
	if (capacity <= list->order_capacity)
		return 0;
	/* Nothing of the old contents is needed: free first, so that the peak stays low. */
	free(list->order);
	free(list->scratch);
	free(list->ranks);
	list->order = reallocarray(NULL, capacity, sizeof(*list->order));
	list->scratch = reallocarray(NULL, capacity, sizeof(*list->scratch));
	list->ranks = reallocarray(NULL, capacity, sizeof(*list->ranks));
	list->order_capacity = capacity;
	if (list->order && list->scratch && list->ranks)
		return 0;
	free(list->order);
	free(list->scratch);
	free(list->ranks);
	list->order = list->scratch = NULL;
	list->ranks = NULL;
	list->order_capacity = 0;
	return RPH_E_NO_MEMORY;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static int compare_formulations(const void *context, uint32_t a, uint32_t b)
{
	return rph_id_compare(&rph_delta_formulation(context, a)->id,
			      &rph_delta_formulation(context, b)->id);
}

static int fold_formulations(struct rph_delta_list *list, struct rph_arena *arena,
			     struct rph_deltas *ret)
{
	size_t count = list->formulations.count;
	ret->formulations = RPH_ARENA_ARRAY(arena, struct rph_formulation_delta, count);
	if (!ret->formulations)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++)
		list->order[i] =
			(struct rph_order){rph_id_prefix(&rph_delta_formulation(list, i)->id), i};
	rph_order_sort(list->order, list->scratch, count, compare_formulations, list);
	for (size_t i = 0; i < count; i++)
		ret->formulations[i] = *rph_delta_formulation(list, list->order[i].index);
	ret->formulation_count = count;
	return 0;
}

static int compare_goals(const void *context, uint32_t a, uint32_t b)
{
	return rph_id_compare(&rph_delta_goal(context, a)->id, &rph_delta_goal(context, b)->id);
}

static int fold_goals(struct rph_delta_list *list, struct rph_arena *arena, struct rph_deltas *ret)
{
	size_t count = list->goals.count;
	ret->goals = RPH_ARENA_ARRAY(arena, struct rph_goal_delta, count);
	if (!ret->goals)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++)
		list->order[i] = (struct rph_order){rph_id_prefix(&rph_delta_goal(list, i)->id), i};
	rph_order_sort(list->order, list->scratch, count, compare_goals, list);
	for (size_t i = 0; i < count; i++)
		ret->goals[i] = *rph_delta_goal(list, list->order[i].index);
	ret->goal_count = count;
	return 0;
}

/* ---- votes ----------------------------------------------------------------------------------- */

static int compare_votes(const void *context, uint32_t a, uint32_t b)
{
	return rph_vote_key_compare(&rph_delta_vote(context, a)->key,
				    &rph_delta_vote(context, b)->key);
}

static int fold_votes(struct rph_delta_list *list, struct rph_arena *arena, struct rph_deltas *ret)
{
	size_t count = list->votes.count;
	ret->votes = RPH_ARENA_ARRAY(arena, struct rph_vote_delta, count);
	if (!ret->votes)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++)
		list->order[i] =
			(struct rph_order){rph_id_prefix(&rph_delta_vote(list, i)->key.source), i};
	rph_order_sort(list->order, list->scratch, count, compare_votes, list);
	struct rph_vote_delta *last = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct rph_vote_delta *vote = rph_delta_vote(list, list->order[i].index);
		if (last && rph_vote_key_compare(&last->key, &vote->key) == 0) {
			rph_vote_merge(&last->vote, &vote->vote);
		} else {
			last = &ret->votes[ret->vote_count++];
			*last = *vote;
		}
	}
	return 0;
}

/* ---- usage ----------------------------------------------------------------------------------- */

static int compare_rows(const void *context, uint32_t a, uint32_t b)
{
	return rph_usage_key_compare(rph_delta_row(context, a), rph_delta_row(context, b));
}

static void rank_rows(struct rph_delta_list *list, struct rph_deltas *ret)
{
	size_t count = list->rows.count;
	for (uint32_t i = 0; i < count; i++)
		list->order[i] =
			(struct rph_order){rph_id_prefix(&rph_delta_row(list, i)->formulation), i};
	rph_order_sort(list->order, list->scratch, count, compare_rows, list);
	for (uint32_t rank = 0; rank < count; rank++) {
		uint32_t row = list->order[rank].index;
		list->ranks[row] = rank;
		ret->usages[rank] = (struct rph_usage_delta){.key = *rph_delta_row(list, row)};
	}
	ret->usage_count = count;
}

/* Turns of equal prefix are of one row; the upper half of the user is equal already. */
static int compare_turns(const void *context, uint32_t a, uint32_t b)
{
	uint64_t left = rph_delta_turn(context, a)->user.user;
	uint64_t right = rph_delta_turn(context, b)->user.user;
	return (left > right) - (left < right);
}

static bool is_smaller(const struct rph_usage_wording *a, const struct rph_usage_wording *b)
{
	if (a->hash != b->hash)
		return a->hash < b->hash;
	return rph_span_compare(a->encoded, b->encoded) < 0;
}

/* The users' wordings into usage->wordings (room for as many as users), ascending, each once. */
static void put_wordings(struct rph_usage *usage, const struct rph_usage_wording *of_user)
{
	for (uint32_t i = 0; i < usage->user_count; i++) {
		const struct rph_usage_wording *wording = &of_user[i];
		uint32_t at = usage->wording_count;
		if (!wording->hash)
			continue;
		while (at > 0 && usage->wordings[at - 1].hash > wording->hash)
			at--;
		if (at > 0 && usage->wordings[at - 1].hash == wording->hash) {
			if (is_smaller(wording, &usage->wordings[at - 1]))
				usage->wordings[at - 1] = *wording;
			continue;
		}
		memmove(usage->wordings + at + 1, usage->wordings + at,
			(usage->wording_count - at) * sizeof(*usage->wordings));
		usage->wordings[at] = *wording;
		usage->wording_count++;
	}
}

/* Folds one row's turns order[first..end), ascending by user. users[] and wordings[] of `usage`
 * have room for RPH_USAGE_USERS or end - first, whichever is less. */
static void fold_row(const struct rph_delta_list *list, size_t first, size_t end,
		     struct rph_usage *usage)
{
	struct rph_usage_wording of_user[RPH_USAGE_USERS];
	uint32_t count = 0;
	for (size_t i = first; i < end; i++) {
		const struct rph_delta_turn *turn = rph_delta_turn(list, list->order[i].index);
		struct rph_usage_wording wording = {turn->user.wording, turn->wording};
		rph_usage_counts_add(&usage->total, &turn->user.counts);
		usage->days |= turn->user.days;
		if (count && usage->users[count - 1].user == turn->user.user) {
			rph_usage_user_add(&usage->users[count - 1], &turn->user);
			struct rph_usage_wording *mine = &of_user[count - 1];
			if (wording.hash && (!mine->hash || is_smaller(&wording, mine)))
				*mine = wording;
		} else if (count < RPH_USAGE_USERS) {
			usage->users[count] = turn->user;
			of_user[count++] = wording;
		} else {
			usage->more_users = true;
		}
	}
	usage->user_count = count;
	put_wordings(usage, of_user);
}

static int fold_usages(struct rph_delta_list *list, struct rph_arena *arena, struct rph_deltas *ret)
{
	size_t count = list->turns.count;
	ret->usages = RPH_ARENA_ARRAY(arena, struct rph_usage_delta, list->rows.count);
	/* One array for the whole batch: most rows have one user, and an allocation each would
	 * cost more than the folding. */
	struct rph_usage_user *users = RPH_ARENA_ARRAY(arena, struct rph_usage_user, count);
	struct rph_usage_wording *wordings =
		RPH_ARENA_ARRAY(arena, struct rph_usage_wording, count);
	if (!ret->usages || !users || !wordings)
		return RPH_E_NO_MEMORY;
	rank_rows(list, ret);
	for (uint32_t i = 0; i < count; i++) {
		const struct rph_delta_turn *turn = rph_delta_turn(list, i);
		uint64_t rank = list->ranks[turn->row];
		list->order[i] = (struct rph_order){rank << 32 | turn->user.user >> 32, i};
	}
	rph_order_sort(list->order, list->scratch, count, compare_turns, list);
	for (size_t first = 0, end; first < count; first = end) {
		uint64_t rank = list->order[first].prefix >> 32;
		for (end = first + 1; end < count && list->order[end].prefix >> 32 == rank;)
			end++;
		struct rph_usage *usage = &ret->usages[rank].usage;
		usage->users = users;
		usage->wordings = wordings;
		fold_row(list, first, end, usage);
		users += usage->user_count;
		wordings += usage->wording_count;
	}
	return 0;
}

/* ---- who said what --------------------------------------------------------------------------- */

static struct rph_said_delta said_of(const struct rph_delta_list *list, uint32_t index)
{
	const struct rph_delta_turn *turn = rph_delta_turn(list, index);
	const struct rph_usage_key *key = rph_delta_row(list, turn->row);
	return (struct rph_said_delta){key->week, turn->user.user,
				       rph_id_prefix(&key->formulation)};
}

static int compare_saids(const void *context, uint32_t a, uint32_t b)
{
	struct rph_said_delta left = said_of(context, a), right = said_of(context, b);
	if (left.week != right.week)
		return left.week < right.week ? -1 : 1;
	if (left.user != right.user)
		return left.user < right.user ? -1 : 1;
	return (left.formulation > right.formulation) - (left.formulation < right.formulation);
}

static bool same_said(const struct rph_said_delta *a, const struct rph_said_delta *b)
{
	return a->week == b->week && a->user == b->user && a->formulation == b->formulation;
}

static int fold_saids(struct rph_delta_list *list, struct rph_arena *arena, struct rph_deltas *ret)
{
	size_t count = list->turns.count;
	ret->saids = RPH_ARENA_ARRAY(arena, struct rph_said_delta, count);
	if (!ret->saids)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		struct rph_said_delta said = said_of(list, i);
		list->order[i] = (struct rph_order){(uint64_t)said.week << 48 | said.user >> 16, i};
	}
	rph_order_sort(list->order, list->scratch, count, compare_saids, list);
	for (size_t i = 0; i < count; i++) {
		struct rph_said_delta said = said_of(list, list->order[i].index);
		if (!ret->said_count || !same_said(&ret->saids[ret->said_count - 1], &said))
			ret->saids[ret->said_count++] = said;
	}
	return 0;
}

/* ---- cohorts --------------------------------------------------------------------------------- */

static int compare_cohorts(const void *context, uint32_t a, uint32_t b)
{
	const struct rph_delta_cohort *left = rph_delta_cohort(context, a);
	const struct rph_delta_cohort *right = rph_delta_cohort(context, b);
	if (left->week != right->week)
		return left->week < right->week ? -1 : 1;
	if (left->user != right->user)
		return left->user < right->user ? -1 : 1;
	return rph_cohort_compare(&left->cohort, &right->cohort);
}

/* Sorted, so that of more than a row holds the smallest stay. */
static void fold_cohort(struct rph_cohort_delta *row, const struct rph_cohort *cohort)
{
	struct rph_cohorts *all = &row->cohorts;
	if (all->count && rph_cohort_compare(&all->list[all->count - 1], cohort) == 0)
		rph_cohort_add(&all->list[all->count - 1], cohort);
	else if (all->count < RPH_COHORTS_MOST)
		all->list[all->count++] = *cohort;
}

static int fold_cohorts(struct rph_delta_list *list, struct rph_arena *arena,
			struct rph_deltas *ret)
{
	size_t count = list->cohorts.count;
	struct rph_cohort_delta *last = NULL;
	/* Rows share one array: each begins where the one before has ended. */
	struct rph_cohort *room = RPH_ARENA_ARRAY(arena, struct rph_cohort, count);
	ret->cohorts = RPH_ARENA_ARRAY(arena, struct rph_cohort_delta, count);
	if (!ret->cohorts || !room)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		const struct rph_delta_cohort *item = rph_delta_cohort(list, i);
		list->order[i] =
			(struct rph_order){(uint64_t)item->week << 48 | item->user >> 16, i};
	}
	rph_order_sort(list->order, list->scratch, count, compare_cohorts, list);
	for (size_t i = 0; i < count; i++) {
		const struct rph_delta_cohort *item = rph_delta_cohort(list, list->order[i].index);
		if (!last || last->week != item->week || last->user != item->user) {
			room += last ? last->cohorts.count : 0;
			last = &ret->cohorts[ret->cohort_count++];
			*last = (struct rph_cohort_delta){item->week, item->user, {room, 0}};
		}
		fold_cohort(last, &item->cohort);
	}
	return 0;
}

int rph_delta_list_fold(struct rph_delta_list *list, struct rph_arena *arena,
			struct rph_deltas *ret)
{
	static int (*const folds[])(struct rph_delta_list *, struct rph_arena *,
				    struct rph_deltas *) = {
		fold_formulations, fold_goals, fold_votes, fold_usages, fold_saids, fold_cohorts,
	};
	struct rph_deltas deltas = {0};
	int error = reserve_order(list);
	for (size_t i = 0; !error && i < RPH_ARRAY_LEN(folds); i++)
		error = folds[i](list, arena, &deltas);
	if (!error)
		*ret = deltas;
	rph_delta_list_clear(list);
	return error;
}
