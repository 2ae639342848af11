/* SPDX-License-Identifier: Apache-2.0 */
#include "store/scan.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "store/keys.h"
#include "store/txn.h"
#include "store/value.h"

enum { CHUNK_ROWS = 4096, CHUNK_BYTES = 4 << 20 };

#define ARENA_LIMIT_BYTES ((size_t)1 << 30)

struct row {
	struct rph_span key, value;
};

struct chunk {
	struct rph_arena arena; /* the bytes of the rows */
	struct row rows[CHUNK_ROWS];
	size_t count;
	struct rph_key last; /* key of the last row of the chunk before */
	bool more;
};

static int copy_row(struct chunk *chunk, struct rph_span key, struct rph_span value)
{
	struct row *row = &chunk->rows[chunk->count];
	int error = rph_arena_copy(&chunk->arena, key, &row->key);
	if (!error)
		error = rph_arena_copy(&chunk->arena, value, &row->value);
	if (!error)
		chunk->count++;
	return error;
}

static int read_chunk(struct chunk *chunk, struct rph_store *store, enum rph_table table,
		      struct rph_span prefix)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_span key, value;
	rph_arena_reset(&chunk->arena);
	chunk->count = 0;
	chunk->more = false;
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	struct rph_span last = rph_key_span(&chunk->last);
	bool found = rph_txn_seek(&txn, table, last.len ? last : prefix, &key, &value);
	if (found && last.len && rph_span_equal(key, last))
		found = rph_txn_next(&txn, table, &key, &value);
	while (found && rph_has_prefix(key, prefix)) {
		if (chunk->count == CHUNK_ROWS || chunk->arena.used_bytes > CHUNK_BYTES) {
			chunk->more = true;
			break;
		}
		error = copy_row(chunk, key, value);
		if (error)
			return error;
		found = rph_txn_next(&txn, table, &key, &value);
	}
	if (chunk->count) {
		struct rph_span end = chunk->rows[chunk->count - 1].key;
		RPH_ASSERT(end.len <= sizeof(chunk->last.bytes));
		memcpy(chunk->last.bytes, end.ptr, end.len);
		chunk->last.len = end.len;
	}
	return txn.error;
}

int rph_scan_table(struct rph_store *store, enum rph_table table, struct rph_span prefix,
		   rph_visit_bytes *visit, void *context)
{
	struct chunk *chunk = malloc(sizeof(*chunk));
	if (!chunk)
		return RPH_E_NO_MEMORY;
	rph_arena_init(&chunk->arena, ARENA_LIMIT_BYTES);
	chunk->last.len = 0;
	int error;
	do {
		error = read_chunk(chunk, store, table, prefix);
		for (size_t i = 0; i < chunk->count && !error; i++)
			error = visit(context, chunk->rows[i].key, chunk->rows[i].value);
	} while (!error && chunk->more);
	rph_arena_free(&chunk->arena);
	free(chunk);
	return error;
}

/* One visitor of whichever type the scan has, and the memory of one decoded row. */
struct typed {
	union {
		rph_visit_vote *vote;
		rph_visit_usage *usage;
		rph_visit_formulation *formulation;
		rph_visit_goal *goal;
		rph_visit_row *row;
	} visit;
	void *context;
	const char *table;
	struct rph_arena arena;
};

static int visit_vote(void *context, struct rph_span key, struct rph_span value)
{
	struct typed *typed = context;
	struct rph_vote_key vote_key;
	struct rph_vote vote;
	if (!rph_key_read_vote(key, &vote_key))
		return RPH_E_STATE_CORRUPT;
	int error = rph_value_decode_vote(value, &vote);
	return error ? error : typed->visit.vote(typed->context, &vote_key, &vote);
}

static int visit_usage(void *context, struct rph_span key, struct rph_span value)
{
	struct typed *typed = context;
	struct rph_usage_key usage_key;
	struct rph_usage usage;
	rph_arena_reset(&typed->arena);
	if (!rph_key_read_usage(key, &usage_key))
		return RPH_E_STATE_CORRUPT;
	int error = rph_value_decode_usage(value, &typed->arena, &usage);
	return error ? error : typed->visit.usage(typed->context, &usage_key, &usage);
}

static int visit_formulation(void *context, struct rph_span key, struct rph_span value)
{
	struct typed *typed = context;
	struct rph_formulation_delta formulation;
	if (!rph_key_read_id(key, &formulation.id))
		return RPH_E_STATE_CORRUPT;
	int error = rph_value_decode_formulation(value, &formulation);
	return error ? error : typed->visit.formulation(typed->context, &formulation);
}

static int visit_goal(void *context, struct rph_span key, struct rph_span value)
{
	struct typed *typed = context;
	struct rph_goal_delta goal;
	if (!rph_key_read_id(key, &goal.id))
		return RPH_E_STATE_CORRUPT;
	int error = rph_value_decode_goal(value, &goal.canonical);
	return error ? error : typed->visit.goal(typed->context, &goal);
}

static int visit_row(void *context, struct rph_span key, struct rph_span value)
{
	struct typed *typed = context;
	return typed->visit.row(typed->context, typed->table, key, value);
}

static int scan_usage(struct rph_store *store, struct rph_span prefix, rph_visit_usage *visit,
		      void *context)
{
	struct typed typed = {.visit.usage = visit, .context = context};
	rph_arena_init(&typed.arena, ARENA_LIMIT_BYTES);
	int error = rph_scan_table(store, RPH_TABLE_usage, prefix, visit_usage, &typed);
	rph_arena_free(&typed.arena);
	return error;
}

int rph_store_scan_usage(struct rph_store *store, rph_visit_usage *visit, void *context)
{
	return scan_usage(store, (struct rph_span){0}, visit, context);
}

int rph_store_scan_usage_of(struct rph_store *store, const struct rph_id *formulation,
			    rph_visit_usage *visit, void *context)
{
	return scan_usage(store, rph_id_span(formulation), visit, context);
}

int rph_store_scan_votes(struct rph_store *store, rph_visit_vote *visit, void *context)
{
	struct typed typed = {.visit.vote = visit, .context = context};
	return rph_scan_table(store, RPH_TABLE_vote, (struct rph_span){0}, visit_vote, &typed);
}

int rph_store_scan_votes_of(struct rph_store *store, const struct rph_id *source,
			    rph_visit_vote *visit, void *context)
{
	struct typed typed = {.visit.vote = visit, .context = context};
	return rph_scan_table(store, RPH_TABLE_vote, rph_id_span(source), visit_vote, &typed);
}

int rph_store_scan_formulations(struct rph_store *store, rph_visit_formulation *visit,
				void *context)
{
	struct typed typed = {.visit.formulation = visit, .context = context};
	return rph_scan_table(store, RPH_TABLE_formulation, (struct rph_span){0}, visit_formulation,
			      &typed);
}

int rph_store_scan_goals(struct rph_store *store, rph_visit_goal *visit, void *context)
{
	struct typed typed = {.visit.goal = visit, .context = context};
	return rph_scan_table(store, RPH_TABLE_goal, (struct rph_span){0}, visit_goal, &typed);
}

int rph_store_scan_rows(struct rph_store *store, rph_visit_row *visit, void *context)
{
	struct typed typed = {.visit.row = visit, .context = context};
	int error = 0;
	for (unsigned i = 0; i < RPH_TABLE_COUNT && !error; i++) {
		typed.table = rph_tables[i].name;
		error = rph_scan_table(store, i, (struct rph_span){0}, visit_row, &typed);
	}
	return error;
}
