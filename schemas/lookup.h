/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup.h - finds records of an array by a hash of their keys; the array itself stays the
 * caller's.
 *
 * Open addressing over (hash, index). Callers hash keys that are keyed hashes already, so nobody
 * outside can choose collisions. Memory is kept over rph_lookup_clear(). Not thread-safe.
 *
 *	struct rph_lookup_cursor cursor = rph_lookup_first(&lookup, hash);
 *	for (uint32_t index; rph_lookup_next(&lookup, &cursor, &index);)
 *		if (keys_equal(&records[index], key))
 *			return index;
 */
#ifndef RPH_SCHEMAS_LOOKUP_H
#define RPH_SCHEMAS_LOOKUP_H

#include "schemas/base.h"

struct rph_lookup_slot {
	uint32_t hash;
	uint32_t index_plus_1; /* 0: free */
};

/* Empty and without memory when zeroed. */
struct rph_lookup {
	struct rph_lookup_slot *slots;
	uint32_t size; /* 0 or a power of two */
	uint32_t count;
};

struct rph_lookup_cursor {
	uint32_t hash, place;
};

static inline struct rph_lookup_cursor rph_lookup_first(const struct rph_lookup *lookup,
							uint64_t hash)
{
	/* The upper half of the product depends on every bit of the hash. */
	uint32_t mixed = (uint32_t)((hash * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
	return (struct rph_lookup_cursor){mixed, lookup->size ? mixed & (lookup->size - 1) : 0};
}

/* The next index stored under the cursor's hash; false when there is no further one. */
static inline bool rph_lookup_next(const struct rph_lookup *lookup,
				   struct rph_lookup_cursor *cursor, uint32_t *ret_index)
{
	if (!lookup->size)
		return false;
	for (;;) {
		const struct rph_lookup_slot *slot = &lookup->slots[cursor->place];
		if (!slot->index_plus_1)
			return false;
		cursor->place = (cursor->place + 1) & (lookup->size - 1);
		if (slot->hash == cursor->hash) {
			*ret_index = slot->index_plus_1 - 1;
			return true;
		}
	}
}

/* Stores `index` (< UINT32_MAX) under `hash`. Returns 0 or RPH_E_NO_MEMORY. */
int rph_lookup_add(struct rph_lookup *lookup, uint64_t hash, uint32_t index) RPH_MUST_CHECK;
/* Forgets all entries, keeps the memory. */
void rph_lookup_clear(struct rph_lookup *lookup);
/* Frees the memory; the lookup is empty and usable again. */
void rph_lookup_free(struct rph_lookup *lookup);

#endif
