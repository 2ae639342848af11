/* SPDX-License-Identifier: Apache-2.0
 *
 * block.h - lines of a log collected, so that many threads can look at them at once.
 *
 * A line's text is copied: the log takes it back with the next line. A block of one line needs no
 * copy and makes none.
 */
#ifndef RPH_REPLAY_BLOCK_H
#define RPH_REPLAY_BLOCK_H

#include "miner/pipeline.h"

struct rph_block {
	struct rph_record *records;
	struct rph_record_outcome *outcomes; /* room for as many */
	uint32_t count, capacity;
	char *bytes;
	size_t used, size;
};

/* `capacity` is at least 1. Errors: RPH_E_NO_MEMORY. */
int rph_block_init(struct rph_block *block, uint32_t capacity) RPH_MUST_CHECK;
void rph_block_free(struct rph_block *block);

/* Whether another record may be added: neither count nor bytes are used up. */
bool rph_block_has_room(const struct rph_block *block);
/* Errors: RPH_E_NO_MEMORY; the record is not in then. */
int rph_block_add(struct rph_block *block, const struct rph_record *record) RPH_MUST_CHECK;
void rph_block_clear(struct rph_block *block);

#endif
