/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_usage.c - usage of one formulation to an outcome, a surface, an annotated wording.
 */
#include <stdlib.h>

#include "miner/fold.h"
#include "schemas/error.h"
#include "schemas/wording.h"

struct person {
	uint64_t user;
	struct rph_usage_counts counts;
};

bool rph_usage_worked(const struct rph_usage_counts *counts)
{
	return counts->successes > counts->failures && counts->successes > counts->friction;
}

static bool has_failed(const struct rph_usage_counts *counts)
{
	return !rph_usage_worked(counts) && (counts->failures || counts->friction);
}

bool rph_goal_is_met(const struct rph_goal_usage *goal)
{
	uint32_t worked = 0, failed = 0;

	if (rph_id_is_zero(&goal->goal))
		return false;
	for (uint32_t i = 0; i < goal->usage.user_count; i++) {
		worked += rph_usage_worked(&goal->usage.users[i].counts);
		failed += has_failed(&goal->usage.users[i].counts);
	}
	return worked > failed;
}

static int compare_persons(const void *left, const void *right)
{
	const struct person *a = left, *b = right;
	return (a->user > b->user) - (a->user < b->user);
}

uint64_t rph_usage_complete_below(const struct rph_goal_usage *goals, size_t count)
{
	uint64_t limit = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		const struct rph_usage *usage = &goals[i].usage;
		if (!usage->more_users)
			continue;
		uint64_t largest = usage->user_count ? usage->users[usage->user_count - 1].user : 0;
		if (largest < limit)
			limit = largest;
	}
	return limit;
}

uint32_t rph_goal_users(const struct rph_goal_usage *goal, uint64_t limit)
{
	uint32_t users = 0;

	for (uint32_t i = 0; i < goal->usage.user_count; i++)
		users += goal->usage.users[i].user <= limit &&
			 rph_usage_worked(&goal->usage.users[i].counts);
	return users;
}

static void count_goal(const struct rph_goal_usage *goal, uint64_t limit, struct rph_outcome *ret)
{
	uint32_t users = rph_goal_users(goal, limit);

	if (users == 0 || !rph_goal_is_met(goal))
		return;
	ret->met_goals += users;
	if (users > ret->goal_users) {
		ret->goal_users = users;
		ret->goal = goal->goal;
	}
}

static void count_persons(const struct person *persons, size_t count, struct rph_outcome *ret)
{
	for (size_t i = 0; i < count;) {
		struct rph_usage_counts all = {0};
		size_t end = i;
		for (; end < count && persons[end].user == persons[i].user; end++)
			rph_usage_counts_add(&all, &persons[end].counts);
		ret->users++;
		ret->succeeded += rph_usage_worked(&all);
		ret->failed += has_failed(&all);
		i = end;
	}
}

int rph_outcome_fold(const struct rph_goal_usage *goals, size_t count, struct rph_arena *arena,
		     struct rph_outcome *ret)
{
	uint64_t limit = rph_usage_complete_below(goals, count);
	size_t most = 0, used = 0;

	*ret = (struct rph_outcome){.sampled = limit != UINT64_MAX, .limit = limit};
	for (size_t i = 0; i < count; i++)
		most += goals[i].usage.user_count;
	struct person *persons = RPH_ARENA_ARRAY(arena, struct person, most + 1);
	if (!persons)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct rph_usage *usage = &goals[i].usage;
		ret->successes += usage->total.successes;
		ret->failures += usage->total.failures;
		ret->friction += usage->total.friction;
		count_goal(&goals[i], limit, ret);
		for (uint32_t j = 0; j < usage->user_count; j++) {
			const struct rph_usage_user *user = &usage->users[j];
			if (user->user <= limit)
				persons[used++] = (struct person){user->user, user->counts};
		}
	}
	if (used)
		qsort(persons, used, sizeof(*persons), compare_persons);
	count_persons(persons, used, ret);
	if (ret->met_goals)
		ret->goal_share = (uint16_t)(UINT64_C(1000) * ret->goal_users / ret->met_goals);
	if (ret->succeeded + ret->failed)
		ret->success_share = (uint16_t)(UINT64_C(1000) * ret->succeeded /
						(ret->succeeded + ret->failed));
	return 0;
}

static const struct rph_usage_wording *wording_of(const struct rph_usage *usage, uint64_t hash)
{
	size_t low = 0, high = usage->wording_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (usage->wordings[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low < usage->wording_count && usage->wordings[low].hash == hash
		       ? &usage->wordings[low]
		       : NULL;
}

/* One user said one text. */
struct saying {
	struct rph_span text;
	uint64_t user;
};

static int compare_sayings(const void *left, const void *right)
{
	const struct saying *a = left, *b = right;
	int order = rph_span_compare(a->text, b->text);
	return order ? order : (a->user > b->user) - (a->user < b->user);
}

static struct rph_span most_frequent(const struct saying *sayings, size_t count)
{
	struct rph_span best = {NULL, 0};
	size_t best_users = 0;

	for (size_t i = 0; i < count;) {
		size_t users = 0, end = i;
		for (; end < count && rph_span_equal(sayings[end].text, sayings[i].text); end++)
			users += end == i || sayings[end].user != sayings[end - 1].user;
		if (users > best_users) {
			best = sayings[i].text;
			best_users = users;
		}
		i = end;
	}
	return best;
}

int rph_surface_fold(const struct rph_goal_usage *goals, size_t count, struct rph_arena *arena,
		     struct rph_span *ret)
{
	size_t most = 0, used = 0;

	for (size_t i = 0; i < count; i++)
		most += goals[i].usage.user_count;
	struct saying *sayings = RPH_ARENA_ARRAY(arena, struct saying, most + 1);
	if (!sayings)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct rph_usage *usage = &goals[i].usage;
		for (uint32_t j = 0; j < usage->user_count; j++) {
			const struct rph_usage_wording *found =
				wording_of(usage, usage->users[j].wording);
			struct rph_wording wording;
			if (!found)
				continue;
			int error = rph_wording_decode(found->encoded, &wording);
			if (error)
				return error;
			sayings[used++] = (struct saying){wording.text, usage->users[j].user};
		}
	}
	if (used)
		qsort(sayings, used, sizeof(*sayings), compare_sayings);
	*ret = most_frequent(sayings, used);
	return 0;
}

struct choice {
	struct rph_span encoded;
	uint32_t users, slots;
};

static bool is_better(const struct choice *a, const struct choice *b)
{
	if (a->users != b->users)
		return a->users > b->users;
	if (a->slots != b->slots)
		return a->slots > b->slots;
	return rph_span_compare(a->encoded, b->encoded) < 0;
}

int rph_wording_fold(const struct rph_usage *usage, struct rph_arena *arena, struct rph_span *ret)
{
	struct choice best = {{NULL, 0}, 0, 0};

	struct rph_wording *wording = RPH_ARENA_NEW(arena, struct rph_wording);
	if (!wording)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < usage->wording_count; i++) {
		struct choice choice = {usage->wordings[i].encoded, 0, 0};
		for (uint32_t j = 0; j < usage->user_count; j++)
			choice.users += usage->users[j].wording == usage->wordings[i].hash &&
					rph_usage_worked(&usage->users[j].counts);
		if (choice.users == 0)
			continue;
		int error = rph_wording_decode(choice.encoded, wording);
		if (error)
			return error;
		choice.slots = wording->slot_count;
		if (best.users == 0 || is_better(&choice, &best))
			best = choice;
	}
	*ret = best.encoded;
	return 0;
}
