/* SPDX-License-Identifier: Apache-2.0
 *
 * txn.h - one LMDB transaction with an error that sticks; private to this folder.
 *
 * The first failure is kept in `error`, and every call after it does nothing, so a function that
 * makes many changes checks once, at the commit. Reading functions return true when there is a row;
 * after false the caller tells "no row" from a failure by `error`. There is one cursor per table,
 * opened on first use; "current" means where the last seek, next or insert of that table left it.
 *
 * Spans handed out point into LMDB's pages: they live until the next change through this
 * transaction, and at most as long as it.
 */
#ifndef RPH_STORE_TXN_H
#define RPH_STORE_TXN_H

#include "store/env.h"

struct rph_txn {
	struct rph_store *store;
	MDB_txn *txn;
	MDB_cursor *cursors[RPH_TABLE_COUNT];
	int error;
	bool write;
};

/* Ends the transaction when it leaves its scope, giving up what was not committed. Initialise the
 * variable with {0}. */
#define RPH_TXN_CLEANUP __attribute__((cleanup(rph_txn_end)))

/* A writing transaction needs rph_store_begin_writing() first, and ends on the same thread. */
int rph_txn_begin(struct rph_store *store, bool write, struct rph_txn *ret) RPH_MUST_CHECK;
/* Commits unless something failed. Returns the first error. RPH_E_MAP_FULL leaves the store as it
 * was; any other failure of the commit itself makes the store unusable. Ends the transaction. */
int rph_txn_commit(struct rph_txn *txn) RPH_MUST_CHECK;
/* Gives up. A transaction that has ended or never began is fine. */
void rph_txn_end(struct rph_txn *txn);
/* Remembers `error` unless there is one already or it is 0. Returns the one that counts. */
int rph_txn_fail(struct rph_txn *txn, int error);

bool rph_txn_get(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		 struct rph_span *ret_value);
/* First row whose key is `from` or greater. */
bool rph_txn_seek(struct rph_txn *txn, enum rph_table table, struct rph_span from,
		  struct rph_span *ret_key, struct rph_span *ret_value);
bool rph_txn_first(struct rph_txn *txn, enum rph_table table, struct rph_span *ret_key,
		   struct rph_span *ret_value);
bool rph_txn_last(struct rph_txn *txn, enum rph_table table, struct rph_span *ret_key,
		  struct rph_span *ret_value);
/* The row after the current one; after a delete, the one that took its place. */
bool rph_txn_next(struct rph_txn *txn, enum rph_table table, struct rph_span *ret_key,
		  struct rph_span *ret_value);
/* First row after all whose key starts with `prefix`. */
bool rph_txn_seek_past(struct rph_txn *txn, enum rph_table table, struct rph_span prefix,
		       struct rph_span *ret_key, struct rph_span *ret_value);
uint64_t rph_txn_rows(struct rph_txn *txn, enum rph_table table);

/* Adds the row when the key is new and returns true; else leaves the cursor on the row that is
 * there, for rph_txn_replace(). One descent of the tree for both. */
bool rph_txn_insert(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		    struct rph_span value, struct rph_span *ret_existing);
/* New value for the current row; `key` must be its key. */
void rph_txn_replace(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		     struct rph_span value);
void rph_txn_put(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		 struct rph_span value);
/* `key` must be greater than any key of the table. */
void rph_txn_append(struct rph_txn *txn, enum rph_table table, struct rph_span key,
		    struct rph_span value);
void rph_txn_delete_current(struct rph_txn *txn, enum rph_table table);
/* Returns true when there was such a row. */
bool rph_txn_delete(struct rph_txn *txn, enum rph_table table, struct rph_span key);
void rph_txn_clear(struct rph_txn *txn, enum rph_table table);

static inline bool rph_has_prefix(struct rph_span key, struct rph_span prefix)
{
	return key.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(key.ptr, prefix.ptr, prefix.len) == 0);
}

#endif
