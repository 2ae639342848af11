/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/delta.h"

#include <stdlib.h>

#include "schemas/delta_list.h"
#include "schemas/error.h"

enum { FIRST_CAPACITY = 256 };

int rph_delta_list_new(struct rph_delta_list **ret)
{
	struct rph_delta_list *list = calloc(1, sizeof(*list));
	if (!list)
		return RPH_E_NO_MEMORY;
	*ret = list;
	return 0;
}

struct rph_delta_list *rph_delta_list_free(struct rph_delta_list *list)
{
	if (!list)
		return NULL;
	free(list->formulations.items);
	free(list->goals.items);
	free(list->votes.items);
	free(list->rows.items);
	free(list->turns.items);
	free(list->cohorts.items);
	rph_lookup_free(&list->formulations_by_id);
	rph_lookup_free(&list->goals_by_id);
	rph_lookup_free(&list->rows_by_key);
	free(list->order);
	free(list->scratch);
	free(list->ranks);
	free(list);
	return NULL;
}

void rph_delta_list_clear(struct rph_delta_list *list)
{
	list->formulations.count = 0;
	list->goals.count = 0;
	list->votes.count = 0;
	list->rows.count = 0;
	list->turns.count = 0;
	list->cohorts.count = 0;
	rph_lookup_clear(&list->formulations_by_id);
	rph_lookup_clear(&list->goals_by_id);
	rph_lookup_clear(&list->rows_by_key);
}

/* Room for one more item of `size` bytes; NULL without memory. The item counts only once the caller
 * has raised `count`, so that a failure half-way leaves nothing behind. */
static inline void *next_item(struct rph_delta_items *items, size_t size)
{
	if (items->count == items->capacity) {
		uint32_t capacity = items->capacity ? items->capacity * 2 : FIRST_CAPACITY;
		if (items->capacity > UINT32_MAX / 4)
			return NULL;
		void *moved = reallocarray(items->items, capacity, size);
		if (!moved)
			return NULL;
		items->items = moved;
		items->capacity = capacity;
	}
	return (char *)items->items + items->count * size;
}

int rph_delta_add_formulation(struct rph_delta_list *list,
			      const struct rph_formulation_delta *delta)
{
	uint64_t hash = rph_id_prefix(&delta->id);
	struct rph_lookup *lookup = &list->formulations_by_id;
	struct rph_lookup_cursor cursor = rph_lookup_first(lookup, hash);
	for (uint32_t index; rph_lookup_next(lookup, &cursor, &index);)
		if (rph_id_compare(&rph_delta_formulation(list, index)->id, &delta->id) == 0)
			return 0;
	struct rph_formulation_delta *item = next_item(&list->formulations, sizeof(*item));
	if (!item)
		return RPH_E_NO_MEMORY;
	int error = rph_lookup_add(lookup, hash, list->formulations.count);
	if (error)
		return error;
	*item = *delta;
	list->formulations.count++;
	return 0;
}

int rph_delta_add_goal(struct rph_delta_list *list, const struct rph_goal_delta *delta)
{
	uint64_t hash = rph_id_prefix(&delta->id);
	struct rph_lookup *lookup = &list->goals_by_id;
	struct rph_lookup_cursor cursor = rph_lookup_first(lookup, hash);
	for (uint32_t index; rph_lookup_next(lookup, &cursor, &index);)
		if (rph_id_compare(&rph_delta_goal(list, index)->id, &delta->id) == 0)
			return 0;
	struct rph_goal_delta *item = next_item(&list->goals, sizeof(*item));
	if (!item)
		return RPH_E_NO_MEMORY;
	int error = rph_lookup_add(lookup, hash, list->goals.count);
	if (error)
		return error;
	*item = *delta;
	list->goals.count++;
	return 0;
}

int rph_delta_add_vote(struct rph_delta_list *list, const struct rph_vote_delta *delta)
{
	struct rph_vote_delta *item = next_item(&list->votes, sizeof(*item));
	if (!item)
		return RPH_E_NO_MEMORY;
	*item = *delta;
	list->votes.count++;
	return 0;
}

static uint64_t row_hash(const struct rph_usage_key *key)
{
	/* Odd multipliers keep equal prefixes of formulation and goal from cancelling out. */
	return rph_id_prefix(&key->formulation) +
	       rph_id_prefix(&key->goal) * UINT64_C(0xD6E8FEB86659FD93) +
	       key->week * UINT64_C(0xA0761D6478BD642F);
}

static bool same_row(const struct rph_usage_key *a, const struct rph_usage_key *b)
{
	return a->week == b->week && rph_id_compare(&a->formulation, &b->formulation) == 0 &&
	       rph_id_compare(&a->goal, &b->goal) == 0;
}

static int find_or_add_row(struct rph_delta_list *list, const struct rph_usage_key *key,
			   uint32_t *ret_row)
{
	uint64_t hash = row_hash(key);
	struct rph_lookup_cursor cursor = rph_lookup_first(&list->rows_by_key, hash);
	for (uint32_t index; rph_lookup_next(&list->rows_by_key, &cursor, &index);)
		if (same_row(rph_delta_row(list, index), key)) {
			*ret_row = index;
			return 0;
		}
	struct rph_usage_key *item = next_item(&list->rows, sizeof(*item));
	if (!item)
		return RPH_E_NO_MEMORY;
	int error = rph_lookup_add(&list->rows_by_key, hash, list->rows.count);
	if (error)
		return error;
	*item = *key;
	*ret_row = list->rows.count++;
	return 0;
}

int rph_delta_add_turn(struct rph_delta_list *list, const struct rph_usage_key *key,
		       const struct rph_usage_user *user, struct rph_span wording)
{
	struct rph_delta_turn *item = next_item(&list->turns, sizeof(*item));
	if (!item)
		return RPH_E_NO_MEMORY;
	uint32_t row;
	int error = find_or_add_row(list, key, &row);
	if (error)
		return error;
	*item = (struct rph_delta_turn){.user = *user, .wording = wording, .row = row};
	item->user.wording = wording.len ? rph_wording_hash(wording) : 0;
	list->turns.count++;
	return 0;
}

int rph_delta_add_cohort(struct rph_delta_list *list, rph_week week, uint64_t user,
			 const struct rph_cohort *cohort)
{
	struct rph_delta_cohort *item = next_item(&list->cohorts, sizeof(*item));
	if (!item)
		return RPH_E_NO_MEMORY;
	*item = (struct rph_delta_cohort){week, user, *cohort};
	list->cohorts.count++;
	return 0;
}
