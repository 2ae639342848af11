/* SPDX-License-Identifier: Apache-2.0 */
#include "store/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/error.h"
#include "store/keys.h"
#include "store/txn.h"

enum { PATH_BYTES = 4096, MAX_READERS = 254 };

/* One row's worth: a bot's index row of a week is the largest thing that must fit. */
#define SCRATCH_LIMIT_BYTES ((size_t)1 << 30)

const struct rph_table_info rph_tables[RPH_TABLE_COUNT] = {
#define RPH_TABLE(name, key_bytes) {#name, key_bytes},
#include "store/table.def"
#undef RPH_TABLE
};

int rph_store_error(int lmdb_error)
{
	switch (lmdb_error) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return RPH_E_NOT_FOUND;
	case MDB_MAP_FULL:
	case MDB_MAP_RESIZED:
		return RPH_E_MAP_FULL;
	case MDB_TXN_FULL:
		return RPH_E_ARENA_FULL;
	case MDB_READERS_FULL:
		return -EAGAIN;
	case MDB_PANIC:
		return RPH_E_COMMIT_FAILED;
	case MDB_BAD_TXN:
	case MDB_BAD_VALSIZE:
		return -EINVAL;
	case ENOMEM:
		return RPH_E_NO_MEMORY;
	default:
		return lmdb_error > 0 ? -lmdb_error : RPH_E_STATE_CORRUPT;
	}
}

int rph_store_begin_writing(struct rph_store *store)
{
	if (!store->writable)
		return -EROFS;
	pthread_mutex_lock(&store->writing);
	if (atomic_load(&store->failed)) {
		pthread_mutex_unlock(&store->writing);
		return RPH_E_COMMIT_FAILED;
	}
	return 0;
}

void rph_store_end_writing(struct rph_store *store)
{
	pthread_mutex_unlock(&store->writing);
}

static int join(char path[PATH_BYTES], const char *dir, const char *file)
{
	int len = snprintf(path, PATH_BYTES, "%s/%s", dir, file);
	return len < 0 || len >= PATH_BYTES ? -ENAMETOOLONG : 0;
}

/* 0, RPH_E_NO_STORE, or why it cannot be told. Never opens the data file: closing it again would
 * drop the locks that this process holds on it. */
static int look_for(const char *dir)
{
	char path[PATH_BYTES];
	struct stat stat_of_data;
	int error = join(path, dir, RPH_STORE_DATA_FILE);
	if (error)
		return error;
	if (stat(path, &stat_of_data) == 0)
		return S_ISREG(stat_of_data.st_mode) ? 0 : RPH_E_NO_STORE;
	return errno == ENOENT || errno == ENOTDIR ? RPH_E_NO_STORE : -errno;
}

static int lock_out_other_writers(struct rph_store *store, const char *dir)
{
	char path[PATH_BYTES];
	int error = join(path, dir, RPH_STORE_WRITER_FILE);
	if (error)
		return error;
	store->writer_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->writer_fd < 0)
		return -errno;
	if (flock(store->writer_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? RPH_E_STORE_BUSY : -errno;
	store->writable = true;
	return 0;
}

static int open_env(struct rph_store *store, const struct rph_store_options *options)
{
	size_t map_bytes = options->map_bytes ? options->map_bytes : RPH_STORE_DEFAULT_MAP_BYTES;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	map_bytes -= map_bytes % page;
	unsigned flags = MDB_NOTLS | (store->writable ? 0 : MDB_RDONLY);
	int error = mdb_env_create(&store->env);
	if (error) {
		store->env = NULL;
		return rph_store_error(error);
	}
	error = mdb_env_set_mapsize(store->env, map_bytes);
	if (!error)
		error = mdb_env_set_maxdbs(store->env, RPH_TABLE_COUNT);
	if (!error)
		error = mdb_env_set_maxreaders(store->env, MAX_READERS);
	if (!error)
		error = mdb_env_open(store->env, options->dir, flags, 0600);
	if (error)
		return error == ENOENT ? RPH_E_NO_STORE : rph_store_error(error);
	/* LMDB leaves this one descriptor open to the children of hooks. */
	int fd;
	error = mdb_env_get_fd(store->env, &fd);
	if (error)
		return rph_store_error(error);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	int dead;
	return rph_store_error(mdb_reader_check(store->env, &dead));
}

static int open_table(struct rph_store *store, MDB_txn *txn, enum rph_table table)
{
	int error = mdb_dbi_open(txn, rph_tables[table].name, 0, &store->tables[table]);
	return error == MDB_NOTFOUND ? RPH_E_STATE_CORRUPT : rph_store_error(error);
}

/* `meta` alone first: a newer format may have other tables. */
static int open_tables(struct rph_store *store, bool meta)
{
	MDB_txn *txn;
	int error = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
	if (error)
		return rph_store_error(error);
	for (unsigned i = 0; i < RPH_TABLE_COUNT && !error; i++)
		if ((i == RPH_TABLE_meta) == meta)
			error = open_table(store, txn, i);
	if (error) {
		mdb_txn_abort(txn);
		return error;
	}
	/* Committing is what makes the handles outlive the transaction. */
	return rph_store_error(mdb_txn_commit(txn));
}

static int open_parts(struct rph_store *store, const struct rph_store_options *options)
{
	int error = look_for(options->dir);
	if (error == RPH_E_NO_STORE && options->mode == RPH_STORE_CREATE) {
		error = rph_store_create(options);
		if (!error)
			error = look_for(options->dir);
	}
	if (!error && options->mode != RPH_STORE_READ)
		error = lock_out_other_writers(store, options->dir);
	if (!error)
		error = open_env(store, options);
	if (!error)
		error = open_tables(store, true);
	if (!error)
		error = rph_meta_check(store, options);
	if (!error)
		error = open_tables(store, false);
	return error;
}

int rph_store_open(const struct rph_store_options *options, struct rph_store **ret)
{
	struct rph_store *store = calloc(1, sizeof(*store));
	if (!store)
		return RPH_E_NO_MEMORY;
	int error = -pthread_mutex_init(&store->writing, NULL);
	if (error) {
		free(store);
		return error;
	}
	store->writer_fd = -1;
	rph_arena_init(&store->scratch, SCRATCH_LIMIT_BYTES);
	if (options->keys) {
		store->keys = *options->keys;
		store->has_keys = true;
	}
	error = open_parts(store, options);
	if (error) {
		rph_store_close(store);
		return error;
	}
	*ret = store;
	return 0;
}

struct rph_store *rph_store_close(struct rph_store *store)
{
	if (!store)
		return NULL;
	if (store->env)
		mdb_env_close(store->env);
	/* After the environment: until then a second writer would still meet this one. */
	if (store->writer_fd >= 0)
		close(store->writer_fd);
	rph_arena_free(&store->scratch);
	pthread_mutex_destroy(&store->writing);
	explicit_bzero(&store->keys, sizeof(store->keys));
	free(store);
	return NULL;
}

static int fill_info(struct rph_txn *txn, struct rph_store_info *info)
{
	static const struct {
		enum rph_table table;
		size_t at;
	} counts[] = {
		{RPH_TABLE_formulation, offsetof(struct rph_store_info, formulations)},
		{RPH_TABLE_goal, offsetof(struct rph_store_info, goals)},
		{RPH_TABLE_vote, offsetof(struct rph_store_info, votes)},
		{RPH_TABLE_usage, offsetof(struct rph_store_info, usages)},
		{RPH_TABLE_user_index, offsetof(struct rph_store_info, users_by_week)},
		{RPH_TABLE_review, offsetof(struct rph_store_info, reviews)},
		{RPH_TABLE_rewrite, offsetof(struct rph_store_info, rewrites)},
		{RPH_TABLE_export, offsetof(struct rph_store_info, exports)},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(counts); i++) {
		uint64_t rows = rph_txn_rows(txn, counts[i].table);
		memcpy((char *)info + counts[i].at, &rows, sizeof(rows));
	}
	struct rph_span key, value;
	uint64_t user;
	info->first_week = 1;
	info->last_week = 0;
	if (rph_txn_first(txn, RPH_TABLE_user_index, &key, &value) &&
	    !rph_key_read_said(key, &info->first_week, &user))
		return RPH_E_STATE_CORRUPT;
	if (rph_txn_last(txn, RPH_TABLE_user_index, &key, &value) &&
	    !rph_key_read_said(key, &info->last_week, &user))
		return RPH_E_STATE_CORRUPT;
	return txn->error;
}

int rph_store_info(struct rph_store *store, struct rph_store_info *ret)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_store_info info = {0};
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	error = fill_info(&txn, &info);
	if (error)
		return error;
	MDB_envinfo env;
	MDB_stat stat_of_env;
	error = mdb_env_info(store->env, &env);
	if (!error)
		error = mdb_env_stat(store->env, &stat_of_env);
	if (error)
		return rph_store_error(error);
	info.map_bytes = env.me_mapsize;
	info.used_bytes = ((uint64_t)env.me_last_pgno + 1) * stat_of_env.ms_psize;
	*ret = info;
	return 0;
}
