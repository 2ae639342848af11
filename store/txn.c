/* SPDX-License-Identifier: Apache-2.0 */
#include "store/txn.h"

#include <errno.h>

#include "schemas/error.h"
#include "store/keys.h"

static MDB_val to_val(struct rph_span span)
{
	return (MDB_val){span.len, (void *)(uintptr_t)span.ptr};
}

static struct rph_span to_span(MDB_val val)
{
	return (struct rph_span){val.mv_data, val.mv_size};
}

int rph_txn_begin(struct rph_store *store, bool write, struct rph_txn *ret)
{
	if (atomic_load(&store->failed))
		return RPH_E_COMMIT_FAILED;
	MDB_txn *txn;
	unsigned flags = write ? 0 : MDB_RDONLY;
	int error = mdb_txn_begin(store->env, NULL, flags, &txn);
	if (error == MDB_READERS_FULL) {
		/* Slots of readers that were killed stay taken until somebody looks. */
		int dead;
		error = mdb_reader_check(store->env, &dead);
		if (!error)
			error = mdb_txn_begin(store->env, NULL, flags, &txn);
	}
	if (error)
		return rph_store_error(error);
	*ret = (struct rph_txn){.store = store, .txn = txn, .write = write};
	return 0;
}

static void close_cursors(struct rph_txn *txn)
{
	for (unsigned i = 0; i < RPH_TABLE_COUNT; i++) {
		if (txn->cursors[i])
			mdb_cursor_close(txn->cursors[i]);
		txn->cursors[i] = NULL;
	}
}

int rph_txn_commit(struct rph_txn *txn)
{
	RPH_ASSERT(txn->txn);
	if (txn->error) {
		int error = txn->error;
		rph_txn_end(txn);
		return error;
	}
	close_cursors(txn);
	int error = mdb_txn_commit(txn->txn);
	txn->txn = NULL;
	if (!error)
		return 0;
	if (error == MDB_MAP_FULL)
		return RPH_E_MAP_FULL;
	/* The kernel may have dropped pages it failed to write and forgotten the error: what a
	 * retry would find is unknown, so only the disk may be believed from here on. */
	atomic_store(&txn->store->failed, true);
	return error == ENOMEM ? RPH_E_NO_MEMORY : RPH_E_COMMIT_FAILED;
}

void rph_txn_end(struct rph_txn *txn)
{
	if (!txn->txn)
		return;
	close_cursors(txn);
	mdb_txn_abort(txn->txn);
	txn->txn = NULL;
}

int rph_txn_fail(struct rph_txn *txn, int error)
{
	if (!txn->error)
		txn->error = error;
	return txn->error;
}

static MDB_cursor *cursor_of(struct rph_txn *txn, enum rph_table table)
{
	if (txn->error)
		return NULL;
	if (!txn->cursors[table]) {
		int error =
			mdb_cursor_open(txn->txn, txn->store->tables[table], &txn->cursors[table]);
		if (error) {
			txn->cursors[table] = NULL;
			rph_txn_fail(txn, rph_store_error(error));
		}
	}
	return txn->cursors[table];
}

static bool get(struct rph_txn *txn, enum rph_table table, MDB_cursor_op op, MDB_val *key,
		struct rph_span *ret_value)
{
	MDB_cursor *cursor = cursor_of(txn, table);
	if (!cursor)
		return false;
	MDB_val value;
	int error = mdb_cursor_get(cursor, key, &value, op);
	if (error) {
		if (error != MDB_NOTFOUND)
			rph_txn_fail(txn, rph_store_error(error));
		return false;
	}
	*ret_value = to_span(value);
	return true;
}

bool rph_txn_get(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		 struct rph_span *ret_value)
{
	MDB_val wanted = to_val(key);
	return get(txn, table, MDB_SET, &wanted, ret_value);
}

static bool get_row(struct rph_txn *txn, enum rph_table table, MDB_cursor_op op, MDB_val key,
		    struct rph_span *ret_key, struct rph_span *ret_value)
{
	if (!get(txn, table, op, &key, ret_value))
		return false;
	*ret_key = to_span(key);
	return true;
}

bool rph_txn_seek(struct rph_txn *txn, enum rph_table table, struct rph_span from,
		  struct rph_span *ret_key, struct rph_span *ret_value)
{
	return get_row(txn, table, from.len ? MDB_SET_RANGE : MDB_FIRST, to_val(from), ret_key,
		       ret_value);
}

bool rph_txn_first(struct rph_txn *txn, enum rph_table table, struct rph_span *ret_key,
		   struct rph_span *ret_value)
{
	return get_row(txn, table, MDB_FIRST, (MDB_val){0}, ret_key, ret_value);
}

bool rph_txn_last(struct rph_txn *txn, enum rph_table table, struct rph_span *ret_key,
		  struct rph_span *ret_value)
{
	return get_row(txn, table, MDB_LAST, (MDB_val){0}, ret_key, ret_value);
}

bool rph_txn_next(struct rph_txn *txn, enum rph_table table, struct rph_span *ret_key,
		  struct rph_span *ret_value)
{
	return get_row(txn, table, MDB_NEXT, (MDB_val){0}, ret_key, ret_value);
}

bool rph_txn_seek_past(struct rph_txn *txn, enum rph_table table, struct rph_span prefix,
		       struct rph_span *ret_key, struct rph_span *ret_value)
{
	struct rph_key next = {.len = prefix.len};
	RPH_ASSERT(prefix.len <= sizeof(next.bytes));
	memcpy(next.bytes, prefix.ptr, prefix.len);
	/* The prefix as a number, plus one: the least key that does not start with it. */
	while (next.len && next.bytes[next.len - 1] == 0xFF)
		next.len--;
	if (!next.len)
		return false;
	next.bytes[next.len - 1]++;
	return rph_txn_seek(txn, table, rph_key_span(&next), ret_key, ret_value);
}

uint64_t rph_txn_rows(struct rph_txn *txn, enum rph_table table)
{
	MDB_stat stat;
	if (txn->error)
		return 0;
	int error = mdb_stat(txn->txn, txn->store->tables[table], &stat);
	if (error) {
		rph_txn_fail(txn, rph_store_error(error));
		return 0;
	}
	return stat.ms_entries;
}

/* 0, or MDB_KEYEXIST with *value set to what is there; anything else sticks. */
static int put(struct rph_txn *txn, enum rph_table table, struct rph_span key, MDB_val *value,
	       unsigned flags)
{
	MDB_cursor *cursor = cursor_of(txn, table);
	if (!cursor)
		return MDB_BAD_TXN;
	MDB_val k = to_val(key);
	int error = mdb_cursor_put(cursor, &k, value, flags);
	if (error && !(error == MDB_KEYEXIST && flags == MDB_NOOVERWRITE))
		rph_txn_fail(txn, error == MDB_KEYEXIST ? RPH_E_BAD_INPUT : rph_store_error(error));
	return error;
}

bool rph_txn_insert(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		    struct rph_span value, struct rph_span *ret_existing)
{
	MDB_val v = to_val(value);
	*ret_existing = (struct rph_span){0};
	int error = put(txn, table, key, &v, MDB_NOOVERWRITE);
	if (error == MDB_KEYEXIST)
		*ret_existing = to_span(v);
	return !error;
}

void rph_txn_replace(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		     struct rph_span value)
{
	MDB_val v = to_val(value);
	put(txn, table, key, &v, MDB_CURRENT);
}

void rph_txn_put(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		 struct rph_span value)
{
	MDB_val v = to_val(value);
	put(txn, table, key, &v, 0);
}

void rph_txn_append(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		    struct rph_span value)
{
	MDB_val v = to_val(value);
	put(txn, table, key, &v, MDB_APPEND);
}

void rph_txn_delete_current(struct rph_txn *txn, enum rph_table table)
{
	MDB_cursor *cursor = cursor_of(txn, table);
	if (!cursor)
		return;
	int error = mdb_cursor_del(cursor, 0);
	if (error)
		rph_txn_fail(txn, rph_store_error(error));
}

bool rph_txn_delete(struct rph_txn *txn, enum rph_table table, struct rph_span key)
{
	struct rph_span value;
	if (!rph_txn_get(txn, table, key, &value))
		return false;
	rph_txn_delete_current(txn, table);
	return !txn->error;
}

void rph_txn_clear(struct rph_txn *txn, enum rph_table table)
{
	if (txn->error)
		return;
	int error = mdb_drop(txn->txn, txn->store->tables[table], 0);
	if (error)
		rph_txn_fail(txn, rph_store_error(error));
}
