/* SPDX-License-Identifier: Apache-2.0 */
#include "store/week_intern.h"

#include <stdlib.h>
#include <xxhash.h>

#include "schemas/error.h"

static int append(struct rph_interned *interned, struct rph_span text)
{
	if (interned->count == interned->size) {
		uint32_t size = interned->size ? 2 * interned->size : 256;
		void *grown = reallocarray(interned->list, size, sizeof(*interned->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		interned->list = grown;
		interned->size = size;
	}
	interned->list[interned->count++] = text;
	return 0;
}

int rph_intern_index(struct rph_interned *interned, struct rph_arena *arena, struct rph_span text,
		     uint32_t *ret)
{
	uint64_t hash = XXH3_64bits(text.ptr, text.len);
	struct rph_lookup_cursor cursor = rph_lookup_first(&interned->by_text, hash);
	struct rph_span copy;

	while (rph_lookup_next(&interned->by_text, &cursor, ret))
		if (rph_span_equal(interned->list[*ret], text))
			return 0;
	int error = rph_arena_copy(arena, text, &copy);
	if (!error)
		error = append(interned, copy);
	if (error)
		return error;
	*ret = interned->count - 1;
	error = rph_lookup_add(&interned->by_text, hash, *ret);
	interned->count -= error != 0;
	return error;
}

int rph_intern(struct rph_interned *interned, struct rph_arena *arena, struct rph_span text,
	       struct rph_span *ret)
{
	uint32_t index;

	int error = rph_intern_index(interned, arena, text, &index);
	if (!error)
		*ret = interned->list[index];
	return error;
}

void rph_interned_free(struct rph_interned *interned)
{
	rph_lookup_free(&interned->by_text);
	free(interned->list);
	*interned = (struct rph_interned){0};
}
