/* SPDX-License-Identifier: Apache-2.0
 *
 * week_values.c - goals to the values they hold. Goals come by locale, so each locale is sorted by
 * itself.
 */
#include "store/week_values.h"

#include <stdlib.h>

#include "schemas/error.h"

static int append(struct rph_week_values *values, const struct rph_goal_slot *slot)
{
	struct rph_goal_slot kept;

	if (values->count == values->size) {
		size_t size = values->size ? 2 * values->size : 64;
		void *grown = reallocarray(values->list, size, sizeof(*values->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		values->list = grown;
		values->size = size;
	}
	int error = rph_arena_copy(&values->arena, slot->name, &kept.name);
	if (!error)
		error = rph_arena_copy(&values->arena, slot->value, &kept.value);
	if (!error)
		values->list[values->count++] = kept;
	return error;
}

static int add_goal(const struct rph_week_view *view, const struct rph_sense_goal *goal,
		    struct rph_arena *scratch, struct rph_week_values *values)
{
	struct rph_span canonical;
	struct rph_goal read;

	rph_arena_reset(scratch);
	int error = rph_store_get_goal(view->store, &goal->goal, scratch, &canonical);
	if (error)
		return error == RPH_E_NOT_FOUND ? RPH_E_STATE_CORRUPT : error;
	error = rph_goal_read(canonical, scratch, &read);
	if (error)
		return error == RPH_E_BAD_INPUT ? RPH_E_STATE_CORRUPT : error;
	for (uint32_t i = 0; i < read.slot_count && !error; i++)
		error = append(values, &read.slots[i]);
	return error;
}

static int compare_slots(const void *left, const void *right)
{
	const struct rph_goal_slot *a = left, *b = right;
	int order = rph_span_compare(a->name, b->name);
	return order ? order : rph_span_compare(a->value, b->value);
}

/* Sorts what was appended from `start` on and keeps each once. */
static void end_locale(struct rph_week_values *values, size_t start)
{
	size_t used = start;

	if (values->count > start)
		qsort(values->list + start, values->count - start, sizeof(*values->list),
		      compare_slots);
	for (size_t i = start; i < values->count; i++)
		if (used == start || compare_slots(&values->list[used - 1], &values->list[i]) != 0)
			values->list[used++] = values->list[i];
	values->count = used;
}

static int load_locale(const struct rph_week_view *view, uint32_t locale, size_t *next,
		       struct rph_arena *scratch, struct rph_week_values *values)
{
	const struct rph_senses *senses = view->senses;
	size_t start = values->count;
	unsigned since_asked = 0;
	int error = 0;

	for (; *next < senses->goal_count && !error; ++*next) {
		const struct rph_sense_goal *goal = &senses->goals[*next];
		if (goal->locale != locale)
			break;
		if (rph_stop_asked_sometimes(view->stop, &since_asked))
			return RPH_E_STOPPED;
		if (goal->best != RPH_NO_SENSE)
			error = add_goal(view, goal, scratch, values);
	}
	end_locale(values, start);
	values->ends[locale] = values->count;
	return error;
}

int rph_week_values_load(const struct rph_week_view *view, struct rph_week_values *ret)
{
	struct rph_arena scratch;
	size_t next = 0;
	int error = 0;

	*ret = (struct rph_week_values){.locale_count = (uint32_t)view->senses->locale_count};
	rph_arena_init(&ret->arena, SIZE_MAX);
	ret->ends = calloc(view->senses->locale_count + 1, sizeof(*ret->ends));
	if (!ret->ends)
		return RPH_E_NO_MEMORY;
	rph_arena_init(&scratch, SIZE_MAX);
	for (uint32_t i = 0; i < ret->locale_count && !error; i++)
		error = load_locale(view, i, &next, &scratch, ret);
	rph_arena_free(&scratch);
	return error;
}

void rph_week_values_free(struct rph_week_values *values)
{
	free(values->list);
	free(values->ends);
	rph_arena_free(&values->arena);
	*values = (struct rph_week_values){0};
}

struct rph_known_values rph_week_values_of(const struct rph_week_values *values, uint32_t locale)
{
	if (locale >= values->locale_count || !values->list)
		return (struct rph_known_values){NULL, 0};
	size_t start = locale ? values->ends[locale - 1] : 0;
	return (struct rph_known_values){values->list + start, values->ends[locale] - start};
}
