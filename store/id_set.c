/* SPDX-License-Identifier: Apache-2.0 */
#include "store/id_set.h"

#include <stdlib.h>

#include "schemas/error.h"

enum { FIRST_SIZE = 1024 };

static size_t slot_of(const struct rph_id_set *set, const struct rph_id *id)
{
	size_t at = (size_t)rph_id_prefix(id) & (set->size - 1);
	while (!rph_id_is_zero(&set->slots[at]) && rph_id_compare(&set->slots[at], id) != 0)
		at = (at + 1) & (set->size - 1);
	return at;
}

bool rph_id_set_has(const struct rph_id_set *set, const struct rph_id *id)
{
	return set->size && !rph_id_is_zero(&set->slots[slot_of(set, id)]);
}

static int grow(struct rph_id_set *set)
{
	struct rph_id_set grown = {.size = set->size ? set->size * 2 : FIRST_SIZE,
				   .count = set->count};
	grown.slots = calloc(grown.size, sizeof(*grown.slots));
	if (!grown.slots)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < set->size; i++)
		if (!rph_id_is_zero(&set->slots[i]))
			grown.slots[slot_of(&grown, &set->slots[i])] = set->slots[i];
	free(set->slots);
	*set = grown;
	return 0;
}

int rph_id_set_add(struct rph_id_set *set, const struct rph_id *id)
{
	if (rph_id_is_zero(id) || rph_id_set_has(set, id))
		return 0;
	if (set->count * 2 >= set->size) {
		int error = grow(set);
		if (error)
			return error;
	}
	set->slots[slot_of(set, id)] = *id;
	set->count++;
	return 0;
}

void rph_id_set_free(struct rph_id_set *set)
{
	free(set->slots);
	*set = (struct rph_id_set){0};
}
