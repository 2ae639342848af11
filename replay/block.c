/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/block.h"

#include <stdlib.h>

#include "schemas/error.h"

/* Fits into the second-level caches of the processors that share it, and is filled by lines of half
 * a kilobyte about when the count is. A longer line makes the block as long. */
static const size_t FULL_BYTES = (size_t)4 << 20;

int rph_block_init(struct rph_block *block, uint32_t capacity)
{
	*block = (struct rph_block){.capacity = capacity};
	block->records = calloc(capacity, sizeof(*block->records));
	block->outcomes = calloc(capacity, sizeof(*block->outcomes));
	if (block->records && block->outcomes)
		return 0;
	rph_block_free(block);
	return RPH_E_NO_MEMORY;
}

void rph_block_free(struct rph_block *block)
{
	free(block->records);
	free(block->outcomes);
	free(block->bytes);
	*block = (struct rph_block){0};
}

bool rph_block_has_room(const struct rph_block *block)
{
	return block->count < block->capacity && block->used < FULL_BYTES;
}

/* The records move with their bytes. */
static int grow(struct rph_block *block, size_t wanted)
{
	size_t size = block->size ? block->size : FULL_BYTES;
	while (size < wanted)
		size *= 2;
	char *bytes = malloc(size);
	if (!bytes)
		return RPH_E_NO_MEMORY;
	if (block->used)
		memcpy(bytes, block->bytes, block->used);
	for (uint32_t i = 0; i < block->count; i++)
		block->records[i].value.ptr = bytes + (block->records[i].value.ptr - block->bytes);
	free(block->bytes);
	block->bytes = bytes;
	block->size = size;
	return 0;
}

int rph_block_add(struct rph_block *block, const struct rph_record *record)
{
	RPH_ASSERT(block->count < block->capacity);
	struct rph_record *copy = &block->records[block->count];
	size_t len = record->value.len;
	if (block->capacity == 1) {
		*copy = *record;
		block->count++;
		return 0;
	}
	int err = block->size - block->used < len ? grow(block, block->used + len) : 0;
	if (err)
		return err;
	*copy = *record;
	copy->value.ptr = block->bytes + block->used;
	if (len)
		memcpy(block->bytes + block->used, record->value.ptr, len);
	block->used += len;
	block->count++;
	return 0;
}

void rph_block_clear(struct rph_block *block)
{
	block->count = 0;
	block->used = 0;
}
