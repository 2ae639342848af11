/* SPDX-License-Identifier: Apache-2.0
 *
 * arena.h - the memory of one batch: bump allocation, everything freed at once.
 *
 * Three lifetimes exist: process, batch (an arena), transaction (bytes inside LMDB). Arena memory is
 * valid until rph_arena_reset() or rph_arena_free(). Blocks are kept over a reset, so a steady load
 * allocates nothing. Not thread-safe: one arena, one thread.
 */
#ifndef RPH_SCHEMAS_ARENA_H
#define RPH_SCHEMAS_ARENA_H

#include "schemas/base.h"

struct rph_arena_block;

struct rph_arena {
	struct rph_arena_block *first;   /* all blocks, oldest first */
	struct rph_arena_block *current; /* the block being filled */
	size_t allocated_bytes;          /* sum of the blocks' sizes */
	size_t limit_bytes;              /* hard cap of allocated_bytes */
	size_t used_bytes;               /* handed out since the last reset, padding included */
	bool exhausted;                  /* an allocation failed since the last reset */
};

/* An empty arena that will never hold more than `limit_bytes`. Allocates nothing yet. */
void rph_arena_init(struct rph_arena *arena, size_t limit_bytes);

/* `size` bytes aligned to 16, not zeroed; NULL when memory or the limit is exhausted (then
 * arena->exhausted is set and the caller returns RPH_E_NO_MEMORY or RPH_E_ARENA_FULL). */
void *rph_arena_alloc(struct rph_arena *arena, size_t size) RPH_MUST_CHECK;

/* `size` bytes with no alignment, for text. As above. */
char *rph_arena_bytes(struct rph_arena *arena, size_t size) RPH_MUST_CHECK;

/* Copies `text`; *ret is untouched on failure. Returns 0 or RPH_E_NO_MEMORY. */
int rph_arena_copy(struct rph_arena *arena, struct rph_span text,
		   struct rph_span *ret) RPH_MUST_CHECK;

/* Forgets everything handed out; keeps the blocks. */
void rph_arena_reset(struct rph_arena *arena);

/* Frees the blocks; the arena is as after init. */
void rph_arena_free(struct rph_arena *arena);

#define RPH_ARENA_NEW(arena, type) ((type *)rph_arena_alloc((arena), sizeof(type)))
#define RPH_ARENA_ARRAY(arena, type, count) \
	((type *)rph_arena_alloc_array((arena), sizeof(type), (count)))
/* As rph_arena_alloc(), refusing a product that overflows. */
void *rph_arena_alloc_array(struct rph_arena *arena, size_t size, size_t count) RPH_MUST_CHECK;

#endif
