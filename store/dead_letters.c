/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dead_letters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/dead_letter.h"
#include "schemas/error.h"

/* A record comes in pieces of at most 64 MiB; base64 makes a third more of it. */
static const size_t ARENA_LIMIT = (size_t)512 << 20;

/* Finds where the letters of this run begin: the first one at or after `next`. A last line without
 * its end was being written when the process died, so it lies there too. */
static int find_cut(FILE *file, int64_t next, struct rph_arena *arena, off_t *ret)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int err = 0;
	*ret = 0;
	while ((len = getline(&line, &size, file)) > 0) {
		struct rph_dead_letter letter;
		rph_arena_reset(arena);
		err = rph_dead_letter_read((struct rph_span){line, (size_t)len}, arena, &letter);
		if (err || line[len - 1] != '\n' || letter.offset >= next)
			break;
		*ret += len;
	}
	free(line);
	return err == RPH_E_BAD_INPUT ? 0 : err;
}

static int cut_off(const char *path, int64_t next, struct rph_arena *arena)
{
	FILE *file = fopen(path, "r+e");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	off_t cut;
	int err = find_cut(file, next, arena, &cut);
	if (!err && ftruncate(fileno(file), cut))
		err = -errno;
	fclose(file);
	return err;
}

/* Makes the name durable that `path` has in its directory: syncing a file does not. */
static int sync_folder_of(const char *path)
{
	char *folder = strdup(path);
	if (!folder)
		return RPH_E_NO_MEMORY;
	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/')
		folder[--len] = '\0';
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	free(folder);
	return err;
}

/* Who writes holds the store's lock: nobody takes the free name in between. */
static int rename_to_free(const char *path, size_t stem)
{
	char *other = NULL;
	int err = 0;
	for (unsigned number = 1; !err; number++) {
		free(other);
		if (asprintf(&other, "%.*s.%u.jsonl", (int)stem, path, number) < 0)
			return RPH_E_NO_MEMORY;
		if (access(other, F_OK) == 0)
			continue;
		err = errno == ENOENT ? 0 : -errno;
		break;
	}
	if (!err && rename(path, other))
		err = errno == ENOENT ? 0 : -errno;
	free(other);
	return err;
}

int rph_dead_letters_set_aside(const char *dir, struct rph_span name)
{
	char *path;
	int len = asprintf(&path, "%s/%.*s.jsonl", dir, (int)name.len, name.ptr);
	if (len < 0)
		return RPH_E_NO_MEMORY;
	int err = 0;
	if (access(path, F_OK) == 0) {
		err = rename_to_free(path, (size_t)len - strlen(".jsonl"));
		if (!err)
			err = sync_folder_of(path);
	} else if (errno != ENOENT) {
		err = -errno;
	}
	free(path);
	return err;
}

int rph_dead_letters_open(const char *dir, struct rph_span topic, int64_t partition,
			  struct rph_span name, int64_t next, struct rph_dead_letters *ret)
{
	*ret = (struct rph_dead_letters){.fd = -1, .topic = topic, .partition = partition};
	rph_arena_init(&ret->arena, ARENA_LIMIT);
	if (mkdir(dir, 0700) == 0) {
		int synced = sync_folder_of(dir);
		if (synced)
			return synced;
	} else if (errno != EEXIST) {
		return -errno;
	}
	if (asprintf(&ret->path, "%s/%.*s.jsonl", dir, (int)name.len, name.ptr) < 0) {
		ret->path = NULL;
		return RPH_E_NO_MEMORY;
	}
	int err = cut_off(ret->path, next, &ret->arena);
	if (err)
		rph_dead_letters_close(ret);
	return err;
}

void rph_dead_letters_close(struct rph_dead_letters *letters)
{
	if (letters->fd >= 0)
		close(letters->fd);
	letters->fd = -1;
	free(letters->path);
	letters->path = NULL;
	rph_arena_free(&letters->arena);
}

static int write_all(int fd, struct rph_span bytes)
{
	off_t before = lseek(fd, 0, SEEK_END);
	if (before < 0)
		return -errno;
	while (bytes.len) {
		ssize_t put = write(fd, bytes.ptr, bytes.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			int err = -errno;
			/* Half a letter would be in the way of the next attempt. */
			return ftruncate(fd, before) ? -errno : err;
		}
		bytes.ptr += put;
		bytes.len -= (size_t)put;
	}
	return 0;
}

int rph_dead_letters_write(struct rph_dead_letters *letters, const struct rph_record *record,
			   const struct rph_rejection *rejection)
{
	if (letters->fd < 0) {
		letters->fd = open(letters->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (letters->fd < 0)
			return -errno;
		letters->unnamed = true;
	}
	const struct rph_dead_letter letter = {
		.topic = letters->topic,
		.partition = letters->partition,
		.offset = record->offset,
		.reason = rejection->reason,
		.key = rph_span_of(rejection->key),
		.raw = record->value,
	};
	struct rph_span line;
	rph_arena_reset(&letters->arena);
	int err = rph_dead_letter_write(&letter, &letters->arena, &line);
	if (!err)
		err = write_all(letters->fd, line);
	letters->written += !err;
	letters->unsynced = true;
	return err;
}

int rph_dead_letters_sync(struct rph_dead_letters *letters)
{
	if (!letters->unsynced)
		return 0;
	if (fdatasync(letters->fd))
		return -errno;
	int err = letters->unnamed ? sync_folder_of(letters->path) : 0;
	if (err)
		return err;
	letters->unsynced = letters->unnamed = false;
	return 0;
}
