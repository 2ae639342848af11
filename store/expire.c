/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/keys.h"
#include "store/sweep.h"

enum { CHUNK_ROWS = 65536 };

static bool week_of_vote(struct rph_span key, rph_week *ret)
{
	struct rph_vote_key vote;
	if (!rph_key_read_vote(key, &vote))
		return false;
	*ret = vote.week;
	return true;
}

static bool week_of_usage(struct rph_span key, rph_week *ret)
{
	struct rph_usage_key usage;
	if (!rph_key_read_usage(key, &usage))
		return false;
	*ret = usage.week;
	return true;
}

static bool week_of_said(struct rph_span key, rph_week *ret)
{
	uint64_t user;
	return rph_key_read_said(key, ret, &user);
}

struct expire {
	enum rph_table table;
	rph_week oldest_kept;
	bool (*week_of)(struct rph_span key, rph_week *ret);
	const struct rph_stop *stop;
};

/* Looks at one chunk of rows from *at on; *at is where the next one starts, empty at the end. */
static void expire_rows(struct rph_txn *txn, const struct expire *expire, struct rph_key *at,
			uint64_t *removed)
{
	struct rph_span key, value;
	bool found = rph_txn_seek(txn, expire->table, rph_key_span(at), &key, &value);
	at->len = 0;
	for (int i = 0; found; i++) {
		rph_week week;
		if (!expire->week_of(key, &week)) {
			rph_txn_fail(txn, RPH_E_STATE_CORRUPT);
			return;
		}
		if (i == CHUNK_ROWS) {
			memcpy(at->bytes, key.ptr, key.len);
			at->len = key.len;
			return;
		}
		if (week < expire->oldest_kept) {
			rph_txn_delete_current(txn, expire->table);
			(*removed)++;
		} else if (expire->week_of == week_of_said) {
			/* Such keys start with the week: nothing older follows. */
			return;
		}
		found = rph_txn_next(txn, expire->table, &key, &value);
	}
}

static int expire_table(struct rph_store *store, const struct expire *expire, uint64_t *removed)
{
	struct rph_key at = {.len = 0};
	do {
		RPH_TXN_CLEANUP struct rph_txn txn = {0};
		uint64_t count = 0;
		int error = rph_stop_asked(expire->stop) ? RPH_E_STOPPED : 0;
		if (!error)
			error = rph_txn_begin(store, true, &txn);
		if (error)
			return error;
		expire_rows(&txn, expire, &at, &count);
		error = rph_txn_commit(&txn);
		if (error)
			return error;
		*removed += count;
	} while (at.len);
	return 0;
}

/* Votes go before the usage of the texts they name; the index, which leads `forget` to both, last.
 */
static int expire_all(struct rph_store *store, rph_week oldest_kept, const struct rph_stop *stop,
		      uint64_t *removed)
{
	const struct expire tables[] = {
		{RPH_TABLE_vote, oldest_kept, week_of_vote, stop},
		{RPH_TABLE_usage, oldest_kept, week_of_usage, stop},
		{RPH_TABLE_cohort, oldest_kept, week_of_said, stop},
		{RPH_TABLE_user_index, oldest_kept, week_of_said, stop},
	};
	int error = rph_meta_set(store, RPH_META_EXPIRING, oldest_kept);
	if (!error)
		error = rph_meta_unpublish(store);
	for (size_t i = 0; i < RPH_ARRAY_LEN(tables) && !error; i++)
		error = expire_table(store, &tables[i], removed);
	if (!error)
		error = rph_sweep_formulations(store, stop, removed);
	if (!error)
		error = rph_sweep_goals(store, stop, removed);
	if (!error)
		error = rph_sweep_rewrites(store, removed);
	return error ? error : rph_meta_remove(store, RPH_META_EXPIRING);
}

int rph_store_expire(struct rph_store *store, rph_week oldest_kept, const struct rph_stop *stop,
		     uint64_t *ret_rows)
{
	int error = rph_store_begin_writing(store);
	if (error)
		return error;
	RPH_STORE_WRITING struct rph_store *writing = store;
	uint64_t removed = 0;
	error = expire_all(writing, oldest_kept, stop, &removed);
	*ret_rows = removed;
	return error;
}
