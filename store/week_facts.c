/* SPDX-License-Identifier: Apache-2.0
 *
 * week_facts.c - usage rows of a formulation, merged over a window and folded.
 */
#include "store/week_facts.h"

#include <stdlib.h>

#include "miner/value_text.h"
#include "schemas/error.h"
#include "store/scan.h"

static int grow(struct rph_usage_gather *gather)
{
	size_t size = gather->size ? 2 * gather->size : 4;

	struct rph_goal_usage *goals = RPH_ARENA_ARRAY(gather->arena, struct rph_goal_usage, size);
	if (!goals)
		return RPH_E_NO_MEMORY;
	if (gather->goals)
		memcpy(goals, gather->goals, gather->count * sizeof(*goals));
	gather->goals = goals;
	gather->size = size;
	return 0;
}

/* A visited row dies when the visit returns. */
static int copy_usage(const struct rph_usage *usage, struct rph_arena *arena, struct rph_usage *ret)
{
	struct rph_usage_user *users =
		RPH_ARENA_ARRAY(arena, struct rph_usage_user, (size_t)usage->user_count + 1);
	struct rph_usage_wording *wordings =
		RPH_ARENA_ARRAY(arena, struct rph_usage_wording, (size_t)usage->wording_count + 1);

	if (!users || !wordings)
		return RPH_E_NO_MEMORY;
	if (usage->user_count)
		memcpy(users, usage->users, usage->user_count * sizeof(*users));
	for (uint32_t i = 0; i < usage->wording_count; i++) {
		wordings[i].hash = usage->wordings[i].hash;
		int error = rph_arena_copy(arena, usage->wordings[i].encoded, &wordings[i].encoded);
		if (error)
			return error;
	}
	*ret = *usage;
	ret->users = users;
	ret->wordings = wordings;
	return 0;
}

int rph_usage_copy_bare(const struct rph_usage *usage, struct rph_arena *arena,
			struct rph_usage *ret)
{
	struct rph_usage_user *users =
		RPH_ARENA_ARRAY(arena, struct rph_usage_user, (size_t)usage->user_count + 1);

	if (!users)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < usage->user_count; i++) {
		users[i] = usage->users[i];
		users[i].wording = 0;
	}
	*ret = *usage;
	ret->users = users;
	ret->wordings = NULL;
	ret->wording_count = 0;
	return 0;
}

int rph_usage_gather_take(struct rph_usage_gather *gather, const struct rph_usage_key *key,
			  const struct rph_usage *usage)
{
	struct rph_goal_usage *last = gather->count ? &gather->goals[gather->count - 1] : NULL;

	if (last && rph_id_compare(&last->goal, &key->goal) == 0)
		return rph_usage_merge(&last->usage, usage, gather->arena, &last->usage);
	if (gather->count == gather->size) {
		int error = grow(gather);
		if (error)
			return error;
	}
	RPH_ASSERT(gather->goals);
	gather->goals[gather->count++] = (struct rph_goal_usage){key->goal, *usage};
	return 0;
}

int rph_usage_gather_add(struct rph_usage_gather *gather, const struct rph_usage_key *key,
			 const struct rph_usage *usage)
{
	struct rph_usage copy;

	if (!rph_window_has(&gather->window, key->week))
		return 0;
	int error = gather->bare ? rph_usage_copy_bare(usage, gather->arena, &copy)
				 : copy_usage(usage, gather->arena, &copy);
	return error ? error : rph_usage_gather_take(gather, key, &copy);
}

static int visit_usage(void *context, const struct rph_usage_key *key,
		       const struct rph_usage *usage)
{
	return rph_usage_gather_add(context, key, usage);
}

int rph_usage_load(struct rph_store *store, const struct rph_window *window,
		   const struct rph_id *formulation, struct rph_arena *arena,
		   struct rph_goal_usage **ret, size_t *ret_count)
{
	struct rph_usage_gather gather = {.window = *window, .arena = arena};

	int error = rph_store_scan_usage_of(store, formulation, visit_usage, &gather);
	if (error)
		return error;
	*ret = gather.goals;
	*ret_count = gather.count;
	return 0;
}

static int load_goal(struct rph_fact_reader *reader, const struct rph_goal_usage *goals,
		     size_t count, struct rph_arena *keep, struct rph_fact *ret)
{
	struct rph_span wording = {NULL, 0}, goal;
	struct rph_arena *scratch = &reader->scratch;

	if (rph_id_is_zero(&ret->outcome.goal))
		return 0;
	int error = rph_scan_goal(reader->goals, &ret->outcome.goal, &goal);
	if (!error)
		error = rph_arena_copy(keep, goal, &ret->goal);
	if (error)
		return error == RPH_E_NOT_FOUND ? RPH_E_STATE_CORRUPT : error;
	for (size_t i = 0; i < count; i++) {
		if (rph_id_compare(&goals[i].goal, &ret->outcome.goal) != 0)
			continue;
		error = rph_wording_fold(&goals[i].usage, scratch, &wording);
		if (error)
			return error;
	}
	if (!wording.len)
		return 0;
	struct rph_wording *decoded = RPH_ARENA_NEW(scratch, struct rph_wording);
	if (!decoded)
		return RPH_E_NO_MEMORY;
	error = rph_wording_decode(wording, decoded);
	ret->is_value = !error && rph_wording_is_value(decoded);
	return error ? error : rph_arena_copy(keep, wording, &ret->wording);
}

/* The goals it means, with the users for whom it worked. */
static int keep_profile(const struct rph_goal_usage *goals, size_t count, struct rph_arena *keep,
			struct rph_fact *ret)
{
	ret->profile = RPH_ARENA_ARRAY(keep, struct rph_goal_weight, count + 1);
	if (!ret->profile)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		uint32_t users = rph_goal_users(&goals[i], ret->outcome.limit);
		if (users && rph_goal_is_met(&goals[i]))
			ret->profile[ret->profile_count++] =
				(struct rph_goal_weight){goals[i].goal, users, users};
	}
	return 0;
}

int rph_fact_reader_init(struct rph_fact_reader *reader, struct rph_store *store,
			 const struct rph_window *window)
{
	*reader = (struct rph_fact_reader){.window = *window};
	rph_arena_init(&reader->scratch, SIZE_MAX);
	int error = rph_scan_open(store, RPH_TABLE_usage, &reader->usage);
	if (!error)
		error = rph_scan_open(store, RPH_TABLE_formulation, &reader->texts);
	return error ? error : rph_scan_open(store, RPH_TABLE_goal, &reader->goals);
}

void rph_fact_reader_share(struct rph_fact_reader *reader, struct rph_reading *reading)
{
	rph_scan_share(reader->usage, reading);
	rph_scan_share(reader->texts, reading);
	rph_scan_share(reader->goals, reading);
}

void rph_fact_reader_free(struct rph_fact_reader *reader)
{
	reader->usage = rph_scan_close(reader->usage);
	reader->texts = rph_scan_close(reader->texts);
	reader->goals = rph_scan_close(reader->goals);
	rph_arena_free(&reader->scratch);
}

static int load_usage(struct rph_fact_reader *reader, struct rph_arena *keep, struct rph_fact *ret)
{
	struct rph_usage_gather gather = {.window = reader->window, .arena = &reader->scratch};
	struct rph_span surface = {NULL, 0};

	int error = rph_scan_usage_of(reader->usage, &ret->id, false, visit_usage, &gather);
	if (!error)
		error = rph_outcome_fold(gather.goals, gather.count, gather.arena, &ret->outcome);
	if (!error)
		error = rph_surface_fold(gather.goals, gather.count, gather.arena, &surface);
	if (!error && surface.len)
		error = rph_arena_copy(keep, surface, &ret->surface);
	if (!error)
		error = keep_profile(gather.goals, gather.count, keep, ret);
	return error ? error : load_goal(reader, gather.goals, gather.count, keep, ret);
}

int rph_fact_load(struct rph_fact_reader *reader, const struct rph_id *formulation,
		  struct rph_arena *keep, struct rph_fact *ret)
{
	struct rph_formulation_delta text;

	*ret = (struct rph_fact){.id = *formulation};
	rph_arena_reset(&reader->scratch);
	int error = rph_scan_formulation(reader->texts, formulation, &text);
	if (error == RPH_E_NOT_FOUND)
		return 0;
	if (!error)
		error = rph_arena_copy(keep, text.locale, &ret->locale);
	if (!error)
		error = rph_arena_copy(keep, text.text, &ret->text);
	return error ? error : load_usage(reader, keep, ret);
}

static int compare_ids(const void *a, const void *b)
{
	return rph_id_compare(a, b);
}

int rph_facts_load(struct rph_store *store, const struct rph_pairs_options *options,
		   const struct rph_week_pairs *pairs, struct rph_facts *ret)
{
	const struct rph_window window = {options->week, options->history_weeks,
					  options->half_life};
	struct rph_fact_reader reader;
	size_t count = 0, distinct = 0;

	if (pairs->count == 0)
		return 0;
	struct rph_id *ids = calloc(2 * pairs->count, sizeof(*ids));
	if (!ids)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < pairs->count; i++) {
		ids[count++] = pairs->list[i].pair.source;
		ids[count++] = pairs->list[i].pair.target;
	}
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || rph_id_compare(&ids[i], &ids[i - 1]) != 0)
			ids[distinct++] = ids[i];
	ret->list = calloc(distinct, sizeof(*ret->list));
	int error = rph_fact_reader_init(&reader, store, &window);
	if (!ret->list)
		error = RPH_E_NO_MEMORY;
	for (size_t i = 0; i < distinct && !error; i++) {
		if (rph_stop_asked(options->stop)) {
			error = RPH_E_STOPPED;
			break;
		}
		error = rph_fact_load(&reader, &ids[i], &ret->keep, &ret->list[i]);
		ret->count = i + 1;
	}
	rph_fact_reader_free(&reader);
	free(ids);
	return error;
}

void rph_facts_free(struct rph_facts *facts)
{
	free(facts->list);
	rph_arena_free(&facts->keep);
	*facts = (struct rph_facts){0};
}
