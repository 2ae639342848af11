/* SPDX-License-Identifier: Apache-2.0
 *
 * session_table.h - where open sessions are found: by key, by deadline, by first offset. Internal
 * to the sessioniser.
 *
 *   by key           open addressing over the key's first 8 bytes (already a keyed hash, so nobody
 *                    outside can make keys collide); sessions of one key are chained
 *   by deadline      a binary heap on (deadline, first offset); a deadline may be older than the
 *                    session's real one and is then renewed when it reaches the top
 *   by first offset  a list in the order of creation, which is the order of first offsets
 */
#ifndef RPH_MINER_SESSION_TABLE_H
#define RPH_MINER_SESSION_TABLE_H

#include "miner/turn.h"

struct rph_session {
	struct rph_id key;
	uint64_t user;
	struct rph_turn *first, *last;     /* by (at, offset) */
	rph_time_ms first_at, last_at;     /* of its turns and of duplicates that were dropped */
	struct rph_session *same_key;      /* next open session of the key */
	struct rph_session *older, *newer; /* by first offset */
	int64_t first_offset;
	rph_time_ms top_before; /* highest event time seen before first_offset */
	rph_time_ms deadline;   /* as it stands in the heap */
	uint32_t heap_index;
	uint32_t turn_count, bytes;
};

struct rph_session_table {
	struct rph_session **slots; /* heads of the chains; NULL = free */
	size_t slot_count;          /* power of two */
	size_t key_count;           /* occupied slots */
	struct rph_session **heap;
	size_t count, heap_capacity;
	struct rph_session *oldest, *newest;
};

int rph_session_table_init(struct rph_session_table *table) RPH_MUST_CHECK;
/* Frees the table, the sessions and their turns. */
void rph_session_table_free(struct rph_session_table *table);

/* First session of the key's chain; NULL. */
struct rph_session *rph_session_table_find(const struct rph_session_table *table,
					   const struct rph_id *key);
/* A new session holding `turn`; the newest by first offset. */
int rph_session_table_insert(struct rph_session_table *table, const struct rph_id *key,
			     uint64_t user, struct rph_turn *turn, rph_time_ms deadline,
			     struct rph_session **ret) RPH_MUST_CHECK;
/* Takes the session out of all three orders; its memory is the caller's (free()). */
void rph_session_table_remove(struct rph_session_table *table, struct rph_session *session);

/* The session with the smallest heap deadline; NULL when empty. */
static inline struct rph_session *rph_session_table_top(const struct rph_session_table *table)
{
	return table->count ? table->heap[0] : NULL;
}
/* Sets a later deadline and restores the heap. */
void rph_session_table_renew(struct rph_session_table *table, struct rph_session *session,
			     rph_time_ms deadline);

#endif
