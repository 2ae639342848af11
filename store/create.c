/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/error.h"
#include "store/env.h"
#include "store/txn.h"

#define SUFFIX ".tmp"

/* A store in the making. LMDB does not sync the first pages of a new file before it relies on
 * them, so a store is made under another name and appears by a rename once it is on the disk. */
struct making {
	char *final; /* the directory, without slashes at its end */
	char *temporary;
	char *parent;
	int fd;     /* of the temporary directory; its flock keeps out others who create */
	bool owned; /* the temporary directory is ours to remove */
};

static int name_paths(const char *dir, struct making *making)
{
	size_t len = strlen(dir);
	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (len == 0)
		return -ENOENT;
	making->final = strndup(dir, len);
	making->parent = strndup(dir, len);
	making->temporary = malloc(len + sizeof(SUFFIX));
	if (!making->final || !making->parent || !making->temporary)
		return RPH_E_NO_MEMORY;
	memcpy(making->temporary, dir, len);
	memcpy(making->temporary + len, SUFFIX, sizeof(SUFFIX));
	char *slash = strrchr(making->parent, '/');
	if (!slash)
		memcpy(making->parent, ".", sizeof("."));
	else if (slash == making->parent)
		slash[1] = '\0';
	else
		*slash = '\0';
	return 0;
}

/* Leftovers of a crash are nobody's data: a store exists only after the rename. */
static int remove_leftovers(int fd)
{
	static const char *const leftovers[] = {RPH_STORE_DATA_FILE, RPH_STORE_LOCK_FILE};
	for (size_t i = 0; i < RPH_ARRAY_LEN(leftovers); i++)
		if (unlinkat(fd, leftovers[i], 0) < 0 && errno != ENOENT)
			return -errno;
	return 0;
}

static void making_free(struct making *making)
{
	if (making->owned && making->temporary) {
		/* The error that brought us here is the one to tell. */
		(void)!remove_leftovers(making->fd);
		rmdir(making->temporary);
	}
	if (making->fd >= 0)
		close(making->fd);
	free(making->final);
	free(making->temporary);
	free(making->parent);
}

static int open_temporary(struct making *making)
{
	struct stat opened, named;
	if (mkdir(making->temporary, 0700) < 0 && errno != EEXIST)
		return -errno;
	making->fd = open(making->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (making->fd < 0)
		return -errno;
	if (flock(making->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? RPH_E_STORE_BUSY : -errno;
	/* Between open and flock another process may have finished and renamed this very directory:
	 * then it is a store now, and nothing in it may be touched. */
	if (fstat(making->fd, &opened) < 0 || stat(making->temporary, &named) < 0)
		return errno == ENOENT ? RPH_E_STORE_BUSY : -errno;
	if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)
		return RPH_E_STORE_BUSY;
	making->owned = true;
	return remove_leftovers(making->fd);
}

static int write_tables(struct rph_store *store, const struct rph_store_options *options)
{
	MDB_txn *txn;
	int error = mdb_txn_begin(store->env, NULL, 0, &txn);
	if (error)
		return rph_store_error(error);
	for (unsigned i = 0; i < RPH_TABLE_COUNT && !error; i++)
		error = mdb_dbi_open(txn, rph_tables[i].name, MDB_CREATE, &store->tables[i]);
	if (error) {
		mdb_txn_abort(txn);
		return rph_store_error(error);
	}
	struct rph_txn rows = {.store = store, .txn = txn, .write = true};
	rph_meta_write_first(&rows, options->keys, options->normaliser_version);
	return rph_txn_commit(&rows);
}

static int write_env(const char *path, const struct rph_store_options *options)
{
	struct rph_store store = {.writer_fd = -1};
	int fd;
	int error = mdb_env_create(&store.env);
	if (error)
		return rph_store_error(error);
	/* As small as will do: the size is not kept, later opens choose their own. */
	error = mdb_env_set_mapsize(store.env, (size_t)1 << 20);
	if (!error)
		error = mdb_env_set_maxdbs(store.env, RPH_TABLE_COUNT);
	if (!error)
		error = mdb_env_open(store.env, path, MDB_NOTLS, 0600);
	error = error ? rph_store_error(error) : write_tables(&store, options);
	if (!error)
		error = rph_store_error(mdb_env_get_fd(store.env, &fd));
	if (!error && fsync(fd) < 0)
		error = -errno;
	mdb_env_close(store.env);
	return error;
}

static int sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int error = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return error;
}

static int publish(struct making *making)
{
	if (fsync(making->fd) < 0)
		return -errno;
	if (rename(making->temporary, making->final) < 0) {
		int error = -errno;
		/* Somebody else may have been faster; otherwise there is something else. */
		char *path;
		if (asprintf(&path, "%s/%s", making->final, RPH_STORE_DATA_FILE) < 0)
			return RPH_E_NO_MEMORY;
		if (access(path, F_OK) == 0)
			error = 0;
		free(path);
		return error;
	}
	making->owned = false;
	return sync_directory(making->parent);
}

int rph_store_create(const struct rph_store_options *options)
{
	if (!options->keys)
		return RPH_E_BAD_SECRET;
	struct making making = {.fd = -1};
	int error = name_paths(options->dir, &making);
	if (!error)
		error = open_temporary(&making);
	if (!error)
		error = write_env(making.temporary, options);
	if (!error)
		error = publish(&making);
	making_free(&making);
	return error;
}
