/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/lookup.h"

#include <stdlib.h>

#include "schemas/error.h"

enum { FIRST_SIZE = 1024 };

static void put(struct rph_lookup *lookup, struct rph_lookup_slot slot)
{
	uint32_t place = slot.hash & (lookup->size - 1);
	while (lookup->slots[place].index_plus_1)
		place = (place + 1) & (lookup->size - 1);
	lookup->slots[place] = slot;
}

static int grow(struct rph_lookup *lookup)
{
	if (lookup->size > UINT32_MAX / 2)
		return RPH_E_NO_MEMORY;
	struct rph_lookup bigger = {.size = lookup->size ? lookup->size * 2 : FIRST_SIZE,
				    .count = lookup->count};
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < lookup->size; i++)
		if (lookup->slots[i].index_plus_1)
			put(&bigger, lookup->slots[i]);
	free(lookup->slots);
	*lookup = bigger;
	return 0;
}

int rph_lookup_add(struct rph_lookup *lookup, uint64_t hash, uint32_t index)
{
	RPH_ASSERT(index < UINT32_MAX);
	/* At most half full: probes stay short. */
	if (lookup->count >= lookup->size / 2) {
		int error = grow(lookup);
		if (error)
			return error;
	}
	uint32_t mixed = rph_lookup_first(lookup, hash).hash;
	put(lookup, (struct rph_lookup_slot){mixed, index + 1});
	lookup->count++;
	return 0;
}

void rph_lookup_clear(struct rph_lookup *lookup)
{
	if (lookup->count)
		memset(lookup->slots, 0, lookup->size * sizeof(*lookup->slots));
	lookup->count = 0;
}

void rph_lookup_free(struct rph_lookup *lookup)
{
	free(lookup->slots);
	*lookup = (struct rph_lookup){0};
}
