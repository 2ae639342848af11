/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/arena.h"

#include <stdlib.h>

#include "schemas/error.h"

enum { ALIGNMENT = 16, FIRST_BLOCK_BYTES = 64 * 1024, LARGEST_BLOCK_BYTES = 4 * 1024 * 1024 };

struct rph_arena_block {
	struct rph_arena_block *next;
	size_t size; /* of bytes[] */
	size_t used;
	_Alignas(ALIGNMENT) char bytes[];
};

void rph_arena_init(struct rph_arena *arena, size_t limit_bytes)
{
	*arena = (struct rph_arena){.limit_bytes = limit_bytes};
}

static size_t next_block_size(const struct rph_arena *arena, size_t wanted)
{
	size_t size = arena->current ? arena->current->size * 2 : FIRST_BLOCK_BYTES;
	if (size > LARGEST_BLOCK_BYTES)
		size = LARGEST_BLOCK_BYTES;
	if (size < wanted)
		size = wanted;
	/* Near the limit a smaller block may still fit. */
	size_t left = arena->limit_bytes - arena->allocated_bytes;
	return size <= left ? size : wanted;
}

static struct rph_arena_block *new_block(struct rph_arena *arena, size_t wanted)
{
	if (wanted > arena->limit_bytes - arena->allocated_bytes)
		return NULL;
	size_t size = next_block_size(arena, wanted);
	struct rph_arena_block *block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	block->used = 0;
	arena->allocated_bytes += size;
	if (arena->current) {
		block->next = arena->current->next;
		arena->current->next = block;
	} else {
		block->next = arena->first;
		arena->first = block;
	}
	return block;
}

static void *alloc(struct rph_arena *arena, size_t size, size_t alignment)
{
	if (size > arena->limit_bytes) {
		arena->exhausted = true;
		return NULL;
	}
	struct rph_arena_block *block = arena->current ? arena->current : arena->first;
	for (; block; block = block->next) {
		size_t start = (block->used + alignment - 1) & ~(alignment - 1);
		if (start <= block->size && size <= block->size - start) {
			arena->used_bytes += start - block->used + size;
			block->used = start + size;
			arena->current = block;
			return block->bytes + start;
		}
		/* After a reset the blocks that follow are empty; a block left behind stays so
		 * until the next reset. */
	}
	block = new_block(arena, size);
	if (!block) {
		arena->exhausted = true;
		return NULL;
	}
	block->used = size;
	arena->used_bytes += size;
	arena->current = block;
	return block->bytes;
}

void *rph_arena_alloc(struct rph_arena *arena, size_t size)
{
	return alloc(arena, size, ALIGNMENT);
}

char *rph_arena_bytes(struct rph_arena *arena, size_t size)
{
	return alloc(arena, size, 1);
}

void *rph_arena_alloc_array(struct rph_arena *arena, size_t size, size_t count)
{
	size_t bytes;
	if (__builtin_mul_overflow(size, count, &bytes)) {
		arena->exhausted = true;
		return NULL;
	}
	return alloc(arena, bytes, ALIGNMENT);
}

int rph_arena_copy(struct rph_arena *arena, struct rph_span text, struct rph_span *ret)
{
	char *bytes = rph_arena_bytes(arena, text.len);
	if (!bytes)
		return RPH_E_NO_MEMORY;
	if (text.len)
		memcpy(bytes, text.ptr, text.len);
	*ret = (struct rph_span){bytes, text.len};
	return 0;
}

void rph_arena_reset(struct rph_arena *arena)
{
	for (struct rph_arena_block *block = arena->first; block; block = block->next)
		block->used = 0;
	arena->current = arena->first;
	arena->used_bytes = 0;
	arena->exhausted = false;
}

void rph_arena_free(struct rph_arena *arena)
{
	while (arena->first) {
		struct rph_arena_block *next = arena->first->next;
		free(arena->first);
		arena->first = next;
	}
	rph_arena_init(arena, arena->limit_bytes);
}
