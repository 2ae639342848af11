/* SPDX-License-Identifier: Apache-2.0
 *
 * session_memory.h - what the sessioniser must remember of the past so that a restart can rebuild its
 * open sessions: raises of `top` and cuts, since the oldest record an open session holds. Internal to
 * the sessioniser; session.h says why this is enough.
 */
#ifndef RPH_MINER_SESSION_MEMORY_H
#define RPH_MINER_SESSION_MEMORY_H

#include "miner/session.h"

struct rph_session_memory {
	struct rph_session_raise *raises; /* ascending by offset */
	size_t raise_count, raise_capacity;
	size_t raises_applied;        /* while a partition is rebuilt: how many were made again */
	struct rph_session_cut *cuts; /* ascending by offset */
	size_t cut_count, cut_capacity;
};

/* Starts empty, or with what a checkpoint remembers. */
int rph_session_memory_init(struct rph_session_memory *memory,
			    const struct rph_session_checkpoint *from) RPH_MUST_CHECK;
void rph_session_memory_free(struct rph_session_memory *memory);

int rph_session_memory_add_raise(struct rph_session_memory *memory, int64_t offset,
				 rph_time_ms top) RPH_MUST_CHECK;
int rph_session_memory_add_cut(struct rph_session_memory *memory,
			       const struct rph_session_cut *cut) RPH_MUST_CHECK;

/* The next raise made at or before `offset` that was not made again yet; NULL: none. */
const struct rph_session_raise *rph_session_memory_next_raise(struct rph_session_memory *memory,
							      int64_t offset);
/* Does a record of a partition that is being rebuilt belong to a session that was cut off? */
bool rph_session_memory_was_cut_off(const struct rph_session_memory *memory,
				    const struct rph_id *key, const struct rph_turn *turn,
				    rph_time_ms gap);

/* Forgets what no restart from `warm_from` needs: warm_from never goes back. */
void rph_session_memory_drop_before(struct rph_session_memory *memory, int64_t warm_from);

#endif
