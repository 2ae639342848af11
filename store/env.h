/* SPDX-License-Identifier: Apache-2.0
 *
 * env.h - the open environment behind struct rph_store; private to this folder.
 *
 * Thread rules. Reading functions may run on any thread beside one another and beside a writer.
 * Writing functions take `writing` for their whole length, so that those made of several
 * transactions (forget, expire) are not interleaved with a batch, and so that `scratch` has one
 * user. `writer_fd` holds the flock that keeps a second process from writing: LMDB's own mutex
 * would make it wait for ever.
 */
#ifndef RPH_STORE_ENV_H
#define RPH_STORE_ENV_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store/store.h"

#define RPH_STORE_FORMAT 1 /* of the whole store; a newer one is refused */
#define RPH_STORE_DEFAULT_MAP_BYTES (UINT64_C(64) << 30)
#define RPH_STORE_DATA_FILE "data.mdb"
#define RPH_STORE_LOCK_FILE "lock.mdb"
#define RPH_STORE_WRITER_FILE "writer.lock"

enum rph_table {
#define RPH_TABLE(name, key_bytes) RPH_TABLE_##name,
#include "store/table.def"
#undef RPH_TABLE
	RPH_TABLE_COUNT
};

struct rph_table_info {
	const char *name;
	size_t key_bytes; /* 0: varies */
};

extern const struct rph_table_info rph_tables[RPH_TABLE_COUNT];

struct rph_store {
	MDB_env *env;
	MDB_dbi tables[RPH_TABLE_COUNT];
	int writer_fd; /* -1 in READ mode */
	bool writable;
	bool has_keys;
	struct rph_keys keys;
	atomic_bool failed; /* a commit failed: nothing may be done with this handle but close */
	pthread_mutex_t writing;
	struct rph_arena scratch; /* of one row of a writing function; guarded by `writing` */
};

/* One of our errors for what LMDB or the system returned (positive errno or MDB_*). */
int rph_store_error(int lmdb_error);

/* The lock of the writing functions. 0, -EROFS on a store opened for reading, or
 * RPH_E_COMMIT_FAILED; then nothing is locked. */
int rph_store_begin_writing(struct rph_store *store) RPH_MUST_CHECK;
void rph_store_end_writing(struct rph_store *store);

/* Releases the lock when it leaves its scope: assign it after a begin that succeeded. */
static inline void rph_store_end_writing_ptr(struct rph_store **store)
{
	if (*store)
		rph_store_end_writing(*store);
}
#define RPH_STORE_WRITING __attribute__((cleanup(rph_store_end_writing_ptr)))

/* ---- create.c ---- */

/* Makes an empty store in `dir`, crash-safely. 0 also when somebody else just made one. */
int rph_store_create(const struct rph_store_options *options) RPH_MUST_CHECK;

/* ---- meta.c ---- */

struct rph_txn;

/* The first rows of a store. */
void rph_meta_write_first(struct rph_txn *txn, const struct rph_keys *keys,
			  uint32_t normaliser_version);
/* Format, secret and normaliser against `options`: RPH_E_STATE_NEWER, RPH_E_WRONG_SECRET. */
int rph_meta_check(struct rph_store *store, const struct rph_store_options *options) RPH_MUST_CHECK;
/* Numbers that housekeeping leaves for verify; 0 when absent. */
uint64_t rph_meta_get_number(struct rph_txn *txn, const char *name);
void rph_meta_put_number(struct rph_txn *txn, const char *name, uint64_t number);
/* The same in transactions of their own. */
int rph_meta_set(struct rph_store *store, const char *name, uint64_t number) RPH_MUST_CHECK;
int rph_meta_remove(struct rph_store *store, const char *name) RPH_MUST_CHECK;

/* Removes the note of the publication (store.h): always, in a transaction of its own; or in `txn`
 * where evidence of `from` and later weeks changes. */
int rph_meta_unpublish(struct rph_store *store) RPH_MUST_CHECK;
void rph_meta_unpublish_from(struct rph_txn *txn, rph_week from);

/* There while the housekeeping runs, or after it was interrupted, until it has run again. */
#define RPH_META_EXPIRING "expiring"     /* rows of weeks before this one may be half gone */
#define RPH_META_FORGETTING "forgetting" /* rows of this user may be half gone */

#endif
