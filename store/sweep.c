/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sweep.h"

#include "schemas/error.h"
#include "store/id_set.h"
#include "store/keys.h"
#include "store/value.h"

enum { CHUNK_ROWS = 65536, STOP_EVERY = 4096 };

static bool has_row(struct rph_txn *txn, enum rph_table table, struct rph_span prefix)
{
	struct rph_span key, value;
	return rph_txn_seek(txn, table, prefix, &key, &value) && rph_has_prefix(key, prefix);
}

static bool is_named(struct rph_txn *txn, const struct rph_id *formulation)
{
	return has_row(txn, RPH_TABLE_usage, rph_id_span(formulation)) ||
	       has_row(txn, RPH_TABLE_vote, rph_id_span(formulation));
}

/* The row the cursor is on. */
static void sweep_current(struct rph_txn *txn, struct rph_span key, uint64_t *removed)
{
	struct rph_id id;
	if (!rph_key_read_id(key, &id)) {
		rph_txn_fail(txn, RPH_E_STATE_CORRUPT);
		return;
	}
	if (is_named(txn, &id) || txn->error)
		return;
	rph_txn_delete_current(txn, RPH_TABLE_formulation);
	(*removed)++;
}

void rph_sweep_prefix(struct rph_txn *txn, struct rph_span prefix, uint64_t *removed)
{
	struct rph_span key, value;
	bool found = rph_txn_seek(txn, RPH_TABLE_formulation, prefix, &key, &value);
	while (found && rph_has_prefix(key, prefix)) {
		sweep_current(txn, key, removed);
		found = rph_txn_next(txn, RPH_TABLE_formulation, &key, &value);
	}
}

/* One transaction from *at on; *at is where the next one starts, empty when there is none. */
static int sweep_chunk(struct rph_store *store, struct rph_key *at, uint64_t *removed)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_span key, value;
	uint64_t count = 0;
	int error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	bool found = rph_txn_seek(&txn, RPH_TABLE_formulation, rph_key_span(at), &key, &value);
	at->len = 0;
	for (int i = 0; found; i++) {
		if (i == CHUNK_ROWS && key.len <= sizeof(at->bytes)) {
			memcpy(at->bytes, key.ptr, key.len);
			at->len = key.len;
			break;
		}
		sweep_current(&txn, key, &count);
		found = rph_txn_next(&txn, RPH_TABLE_formulation, &key, &value);
	}
	error = rph_txn_commit(&txn);
	if (!error)
		*removed += count;
	return error;
}

int rph_sweep_formulations(struct rph_store *store, const struct rph_stop *stop, uint64_t *removed)
{
	struct rph_key at = {.len = 0};
	int error;
	do
		error = rph_stop_asked(stop) ? RPH_E_STOPPED : sweep_chunk(store, &at, removed);
	while (!error && at.len);
	return error;
}

static int collect_goals(struct rph_txn *txn, const struct rph_stop *stop, struct rph_id_set *used)
{
	struct rph_span key, value;
	bool found = rph_txn_first(txn, RPH_TABLE_usage, &key, &value);
	for (size_t i = 0; found; i++, found = rph_txn_next(txn, RPH_TABLE_usage, &key, &value)) {
		struct rph_usage_key usage;
		if (i % STOP_EVERY == 0 && rph_stop_asked(stop))
			return RPH_E_STOPPED;
		if (!rph_key_read_usage(key, &usage))
			return RPH_E_STATE_CORRUPT;
		int error = rph_id_set_add(used, &usage.goal);
		if (error)
			return error;
	}
	return txn->error;
}

static void remove_other_goals(struct rph_txn *txn, const struct rph_id_set *used,
			       uint64_t *removed)
{
	struct rph_span key, value;
	bool found = rph_txn_first(txn, RPH_TABLE_goal, &key, &value);
	for (; found; found = rph_txn_next(txn, RPH_TABLE_goal, &key, &value)) {
		struct rph_id id;
		if (!rph_key_read_id(key, &id)) {
			rph_txn_fail(txn, RPH_E_STATE_CORRUPT);
			return;
		}
		if (rph_id_set_has(used, &id))
			continue;
		rph_txn_delete_current(txn, RPH_TABLE_goal);
		(*removed)++;
	}
}

/* One transaction: it reads much but changes only what it removes. */
int rph_sweep_goals(struct rph_store *store, const struct rph_stop *stop, uint64_t *removed)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	RPH_ID_SET_CLEANUP struct rph_id_set used = {0};
	uint64_t count = 0;
	int error = rph_txn_begin(store, true, &txn);
	if (!error)
		error = collect_goals(&txn, stop, &used);
	if (!error) {
		remove_other_goals(&txn, &used, &count);
		error = rph_txn_commit(&txn);
	}
	if (!error)
		*removed += count;
	return error;
}

int rph_sweep_rewrites(struct rph_store *store, uint64_t *removed)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_span key, value;
	uint64_t count = 0;
	int error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	bool found = rph_txn_first(&txn, RPH_TABLE_rewrite, &key, &value);
	for (; found; found = rph_txn_next(&txn, RPH_TABLE_rewrite, &key, &value)) {
		struct rph_published rewrite;
		error = rph_value_decode_rewrite(value, &rewrite);
		if (rph_txn_fail(&txn, error))
			break;
		if (has_row(&txn, RPH_TABLE_formulation, key) &&
		    has_row(&txn, RPH_TABLE_formulation, rph_id_span(&rewrite.target)))
			continue;
		rph_txn_delete_current(&txn, RPH_TABLE_rewrite);
		count++;
	}
	error = rph_txn_commit(&txn);
	if (!error)
		*removed += count;
	return error;
}
