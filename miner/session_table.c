/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/session_table.h"

#include <stdlib.h>

#include "schemas/error.h"

enum { FIRST_SLOTS = 256, FIRST_HEAP = 128 };

int rph_session_table_init(struct rph_session_table *table)
{
	*table = (struct rph_session_table){0};
	table->slots = calloc(FIRST_SLOTS, sizeof(*table->slots));
	table->heap = malloc(FIRST_HEAP * sizeof(*table->heap));
	if (!table->slots || !table->heap) {
		free(table->slots);
		free(table->heap);
		*table = (struct rph_session_table){0};
		return RPH_E_NO_MEMORY;
	}
	table->slot_count = FIRST_SLOTS;
	table->heap_capacity = FIRST_HEAP;
	return 0;
}

void rph_session_table_free(struct rph_session_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		rph_turns_free(table->heap[i]->first);
		free(table->heap[i]);
	}
	free(table->slots);
	free(table->heap);
	*table = (struct rph_session_table){0};
}

/* ---- by key ---------------------------------------------------------------------------------- */

static size_t home_of(const struct rph_session_table *table, const struct rph_id *key)
{
	return (size_t)rph_id_prefix(key) & (table->slot_count - 1);
}

static size_t slot_of(const struct rph_session_table *table, const struct rph_id *key)
{
	size_t mask = table->slot_count - 1, at = home_of(table, key);
	while (table->slots[at] && rph_id_compare(&table->slots[at]->key, key) != 0)
		at = (at + 1) & mask;
	return at;
}

struct rph_session *rph_session_table_find(const struct rph_session_table *table,
					   const struct rph_id *key)
{
	return table->slots[slot_of(table, key)];
}

static int grow_slots(struct rph_session_table *table)
{
	struct rph_session **old = table->slots;
	size_t old_count = table->slot_count;
	table->slots = calloc(old_count * 2, sizeof(*table->slots));
	if (!table->slots) {
		table->slots = old;
		return RPH_E_NO_MEMORY;
	}
	table->slot_count = old_count * 2;
	for (size_t i = 0; i < old_count; i++)
		if (old[i])
			table->slots[slot_of(table, &old[i]->key)] = old[i];
	free(old);
	return 0;
}

/* Linear probing leaves no tombstones: entries after the hole move back if they may. */
static void close_hole(struct rph_session_table *table, size_t hole)
{
	size_t mask = table->slot_count - 1;
	table->slots[hole] = NULL;
	for (size_t at = (hole + 1) & mask; table->slots[at]; at = (at + 1) & mask) {
		size_t home = home_of(table, &table->slots[at]->key);
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			table->slots[hole] = table->slots[at];
			table->slots[at] = NULL;
			hole = at;
		}
	}
}

static void unlink_key(struct rph_session_table *table, struct rph_session *session)
{
	size_t slot = slot_of(table, &session->key);
	struct rph_session **link = &table->slots[slot];
	while (*link != session)
		link = &(*link)->same_key;
	*link = session->same_key;
	if (!table->slots[slot]) {
		table->key_count--;
		close_hole(table, slot);
	}
}

/* ---- by deadline ----------------------------------------------------------------------------- */

static bool is_before(const struct rph_session *a, const struct rph_session *b)
{
	return a->deadline != b->deadline ? a->deadline < b->deadline
					  : a->first_offset < b->first_offset;
}

static void place(struct rph_session_table *table, size_t at, struct rph_session *session)
{
	table->heap[at] = session;
	session->heap_index = (uint32_t)at;
}

static void sift_up(struct rph_session_table *table, struct rph_session *session)
{
	size_t at = session->heap_index;
	while (at > 0 && is_before(session, table->heap[(at - 1) / 2])) {
		place(table, at, table->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(table, at, session);
}

static void sift_down(struct rph_session_table *table, struct rph_session *session)
{
	size_t at = session->heap_index;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= table->count)
			break;
		if (child + 1 < table->count &&
		    is_before(table->heap[child + 1], table->heap[child]))
			child++;
		if (!is_before(table->heap[child], session))
			break;
		place(table, at, table->heap[child]);
		at = child;
	}
	place(table, at, session);
}

void rph_session_table_renew(struct rph_session_table *table, struct rph_session *session,
			     rph_time_ms deadline)
{
	RPH_ASSERT(deadline >= session->deadline);
	session->deadline = deadline;
	sift_down(table, session);
}

static int grow_heap(struct rph_session_table *table)
{
	size_t capacity = table->heap_capacity * 2;
	struct rph_session **heap = realloc(table->heap, capacity * sizeof(*heap));
	if (!heap)
		return RPH_E_NO_MEMORY;
	table->heap = heap;
	table->heap_capacity = capacity;
	return 0;
}

/* ---- all three ------------------------------------------------------------------------------- */

int rph_session_table_insert(struct rph_session_table *table, const struct rph_id *key,
			     uint64_t user, struct rph_turn *turn, rph_time_ms deadline,
			     struct rph_session **ret)
{
	int err = 0;
	if (table->count == table->heap_capacity)
		err = grow_heap(table);
	if (!err && table->key_count * 3 >= table->slot_count * 2)
		err = grow_slots(table);
	if (err)
		return err;
	struct rph_session *session = malloc(sizeof(*session));
	if (!session)
		return RPH_E_NO_MEMORY;
	size_t slot = slot_of(table, key);
	*session = (struct rph_session){
		.key = *key,
		.user = user,
		.first = turn,
		.last = turn,
		.first_at = turn->at,
		.last_at = turn->at,
		.same_key = table->slots[slot],
		.older = table->newest,
		.first_offset = turn->offset,
		.deadline = deadline,
		.heap_index = (uint32_t)table->count,
		.turn_count = 1,
		.bytes = (uint32_t)rph_turn_size(turn),
	};
	table->key_count += !table->slots[slot];
	table->slots[slot] = session;
	if (table->newest)
		table->newest->newer = session;
	else
		table->oldest = session;
	table->newest = session;
	table->count++;
	sift_up(table, session);
	*ret = session;
	return 0;
}

void rph_session_table_remove(struct rph_session_table *table, struct rph_session *session)
{
	unlink_key(table, session);

	struct rph_session *moved = table->heap[--table->count];
	if (moved != session) {
		place(table, session->heap_index, moved);
		sift_up(table, moved);
		sift_down(table, moved);
	}

	if (session->older)
		session->older->newer = session->newer;
	else
		table->oldest = session->newer;
	if (session->newer)
		session->newer->older = session->older;
	else
		table->newest = session->older;
	session->older = session->newer = session->same_key = NULL;
}
