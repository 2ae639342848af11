/* SPDX-License-Identifier: Apache-2.0 */
#include "store/export_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/buffer.h"
#include "schemas/error.h"
#include "store/remove_tree.h"

#define TEMPORARY_PREFIX ".tmp-"
#define SUMS "SHA256SUMS"
#define SUCCESS "_SUCCESS"

enum {
	BUFFER_BYTES = 64 * 1024,
	DIGEST_BYTES = crypto_hash_sha256_BYTES,
	MOST_NAME_BYTES = 200,
	MOST_FOLDERS = 3,
	MOST_PATH_BYTES = (MOST_FOLDERS + 1) * (MOST_NAME_BYTES + 1)
};

struct file {
	char *path;
	uint64_t bytes;
	uint8_t digest[DIGEST_BYTES];
};

struct rph_export_dir {
	int parent_fd; /* its flock keeps a second export out */
	int fd;        /* of the temporary directory, -1 before it is there */
	int file_fd;   /* of the file being written, or -1 */
	int error;     /* the first one */
	char *name, *temporary;
	struct file *files; /* the last one is being written when file_fd is not -1 */
	size_t file_count, file_size;
	crypto_hash_sha256_state sha;
	size_t buffered;
	char buffer[BUFFER_BYTES];
};

static int fail(struct rph_export_dir *dir, int error)
{
	if (!dir->error)
		dir->error = error;
	return dir->error;
}

/* ---- begin ----------------------------------------------------------------------------------- */

static bool is_component(const char *name, size_t len)
{
	if (len == 0 || len > MOST_NAME_BYTES || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == '/' || name[i] == '\\')
			return false;
	return true;
}

static int sync_parent_of(const char *path)
{
	char *copy = strdup(path);
	if (!copy)
		return RPH_E_NO_MEMORY;
	size_t len = strlen(copy);
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	char *slash = strrchr(copy, '/');
	if (slash)
		slash[slash == copy] = '\0';
	int fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	free(copy);
	return error;
}

static int open_parent(struct rph_export_dir *dir, const char *parent)
{
	bool is_new = mkdir(parent, 0777) == 0;
	if (!is_new && errno != EEXIST)
		return -errno;
	/* Also when it was there: whoever made it may not have synced its name. */
	int error = sync_parent_of(parent);
	if (error && (is_new || error != -EACCES))
		return error;
	dir->parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->parent_fd < 0)
		return -errno;
	/* Some network file systems do not know it: then the caller's care has to do. */
	if (flock(dir->parent_fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return -EBUSY;
	return 0;
}

static int prepare(struct rph_export_dir *dir, const char *parent, const char *name)
{
	dir->name = strdup(name);
	if (!dir->name || asprintf(&dir->temporary, TEMPORARY_PREFIX "%s", name) < 0) {
		dir->temporary = NULL;
		return RPH_E_NO_MEMORY;
	}
	int error = open_parent(dir, parent);
	/* The lock on the parent says that whoever made these is gone. */
	if (!error)
		error = rph_remove_trees(dir->parent_fd, TEMPORARY_PREFIX);
	if (error)
		return error;
	if (mkdirat(dir->parent_fd, dir->temporary, 0777) < 0)
		return -errno;
	dir->fd = openat(dir->parent_fd, dir->temporary,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return dir->fd < 0 ? -errno : 0;
}

static struct rph_export_dir *free_dir(struct rph_export_dir *dir)
{
	if (dir->file_fd >= 0)
		close(dir->file_fd);
	if (dir->fd >= 0)
		close(dir->fd);
	if (dir->parent_fd >= 0)
		close(dir->parent_fd);
	for (size_t i = 0; i < dir->file_count; i++)
		free(dir->files[i].path);
	free(dir->files);
	free(dir->name);
	free(dir->temporary);
	free(dir);
	return NULL;
}

int rph_export_dir_begin(const char *parent, const char *name, struct rph_export_dir **ret)
{
	if (!is_component(name, strlen(name)))
		return RPH_E_BAD_INPUT;
	struct rph_export_dir *dir = calloc(1, sizeof(*dir));
	if (!dir)
		return RPH_E_NO_MEMORY;
	dir->parent_fd = dir->fd = dir->file_fd = -1;
	int error = prepare(dir, parent, name);
	if (error) {
		free_dir(dir);
		return error;
	}
	*ret = dir;
	return 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void flush(struct rph_export_dir *dir)
{
	const char *at = dir->buffer;
	size_t left = dir->buffered;
	dir->buffered = 0;
	while (left && !dir->error) {
		ssize_t written = write(dir->file_fd, at, left);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			fail(dir, written < 0 ? -errno : RPH_E_IO);
			return;
		}
		at += written;
		left -= (size_t)written;
	}
}

static int close_file(struct rph_export_dir *dir)
{
	if (dir->file_fd < 0)
		return dir->error;
	flush(dir);
	if (!dir->error && fsync(dir->file_fd) < 0)
		fail(dir, -errno);
	if (close(dir->file_fd) < 0)
		fail(dir, -errno);
	dir->file_fd = -1;
	crypto_hash_sha256_final(&dir->sha, dir->files[dir->file_count - 1].digest);
	return dir->error;
}

static struct file *find_file(struct rph_export_dir *dir, const char *path)
{
	for (size_t i = 0; i < dir->file_count; i++)
		if (strcmp(dir->files[i].path, path) == 0)
			return &dir->files[i];
	return NULL;
}

static struct file *add_file(struct rph_export_dir *dir, const char *path)
{
	if (dir->file_count == dir->file_size) {
		size_t size = dir->file_size ? dir->file_size * 2 : 16;
		struct file *files = realloc(dir->files, size * sizeof(*files));
		if (!files)
			return NULL;
		dir->files = files;
		dir->file_size = size;
	}
	struct file *file = &dir->files[dir->file_count];
	*file = (struct file){.path = strdup(path)};
	return file->path ? file : NULL;
}

static int create_file(struct rph_export_dir *dir, const char *path)
{
	struct file *file = add_file(dir, path);
	if (!file)
		return RPH_E_NO_MEMORY;
	dir->file_fd = openat(dir->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (dir->file_fd < 0) {
		int error = -errno;
		free(file->path);
		return error;
	}
	dir->file_count++;
	crypto_hash_sha256_init(&dir->sha);
	return 0;
}

static int make_folders(struct rph_export_dir *dir, const char *path)
{
	char folder[MOST_PATH_BYTES + 1];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - path);
		memcpy(folder, path, len);
		folder[len] = '\0';
		if (mkdirat(dir->fd, folder, 0777) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static bool is_allowed(const char *path)
{
	unsigned folders = 0;

	if (strcmp(path, SUMS) == 0 || strcmp(path, SUCCESS) == 0 || strlen(path) > MOST_PATH_BYTES)
		return false;
	for (const char *slash; (slash = strchr(path, '/')); path = slash + 1)
		if (!is_component(path, (size_t)(slash - path)) || ++folders > MOST_FOLDERS)
			return false;
	return is_component(path, strlen(path));
}

int rph_export_dir_open(struct rph_export_dir *dir, const char *path)
{
	if (close_file(dir))
		return dir->error;
	if (!is_allowed(path))
		return fail(dir, RPH_E_BAD_INPUT);
	int error = make_folders(dir, path);
	if (!error)
		error = create_file(dir, path);
	return error ? fail(dir, error) : 0;
}

void rph_export_dir_write(struct rph_export_dir *dir, struct rph_span bytes)
{
	if (dir->error)
		return;
	if (dir->file_fd < 0) {
		fail(dir, -EBADF);
		return;
	}
	crypto_hash_sha256_update(&dir->sha, (const unsigned char *)bytes.ptr, bytes.len);
	dir->files[dir->file_count - 1].bytes += bytes.len;
	while (bytes.len && !dir->error) {
		if (dir->buffered == BUFFER_BYTES)
			flush(dir);
		size_t room = BUFFER_BYTES - dir->buffered;
		size_t len = bytes.len < room ? bytes.len : room;
		memcpy(dir->buffer + dir->buffered, bytes.ptr, len);
		dir->buffered += len;
		bytes.ptr += len;
		bytes.len -= len;
	}
}

int rph_export_dir_digest(struct rph_export_dir *dir, const char *path, uint8_t ret_sha256[32],
			  uint64_t *ret_bytes)
{
	if (close_file(dir))
		return dir->error;
	const struct file *file = find_file(dir, path);
	if (!file)
		return RPH_E_NOT_FOUND;
	memcpy(ret_sha256, file->digest, sizeof(file->digest));
	*ret_bytes = file->bytes;
	return 0;
}

/* ---- finish ---------------------------------------------------------------------------------- */

static int compare_files(const void *left, const void *right)
{
	return strcmp(((const struct file *)left)->path, ((const struct file *)right)->path);
}

static void write_sums(struct rph_export_dir *dir)
{
	RPH_BUFFER_CLEANUP struct rph_buffer lines = {0};
	qsort(dir->files, dir->file_count, sizeof(*dir->files), compare_files);
	for (size_t i = 0; i < dir->file_count; i++) {
		char hex[2 * DIGEST_BYTES + 1];
		sodium_bin2hex(hex, sizeof(hex), dir->files[i].digest, DIGEST_BYTES);
		rph_buffer_format(&lines, "%s  %s\n", hex, dir->files[i].path);
	}
	if (lines.error) {
		fail(dir, lines.error);
		return;
	}
	int error = create_file(dir, SUMS);
	if (error)
		fail(dir, error);
	rph_export_dir_write(dir, rph_buffer_span(&lines));
	close_file(dir);
}

static void write_success(struct rph_export_dir *dir)
{
	int error = dir->error ? dir->error : create_file(dir, SUCCESS);
	if (error)
		fail(dir, error);
	close_file(dir);
}

static void sync_folder(struct rph_export_dir *dir, const char *folder)
{
	int fd = openat(dir->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		fail(dir, -errno);
	if (fd >= 0)
		close(fd);
}

/* Files are sorted by path, so a folder's files are neighbours, and it is met once: with the first of
 * them. */
static void sync_folders(struct rph_export_dir *dir)
{
	const char *last = "";

	for (size_t i = 0; i < dir->file_count && !dir->error; i++) {
		char folder[MOST_PATH_BYTES + 1];
		const char *path = dir->files[i].path;
		const char *slash = strchr(path, '/');
		for (; slash && !dir->error; slash = strchr(slash + 1, '/')) {
			size_t len = (size_t)(slash - path);
			if (strncmp(last, path, len + 1) == 0)
				continue;
			memcpy(folder, path, len);
			folder[len] = '\0';
			sync_folder(dir, folder);
		}
		last = path;
	}
	if (!dir->error && fsync(dir->fd) < 0)
		fail(dir, -errno);
}

/* The names are exchanged, so that there is no moment without an export; what was there before then
 * carries the temporary name. */
static int exchange(const struct rph_export_dir *dir)
{
	if (renameat2(dir->parent_fd, dir->temporary, dir->parent_fd, dir->name, RENAME_EXCHANGE) ==
	    0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
		return -errno;
	char aside[sizeof(TEMPORARY_PREFIX) + MOST_NAME_BYTES + 8];
	snprintf(aside, sizeof(aside), TEMPORARY_PREFIX "%s.old", dir->name);
	if (renameat(dir->parent_fd, dir->name, dir->parent_fd, aside) < 0)
		return -errno;
	if (renameat(dir->parent_fd, dir->temporary, dir->parent_fd, dir->name) == 0)
		return renameat(dir->parent_fd, aside, dir->parent_fd, dir->temporary) < 0 ? -errno
											   : 0;
	int error = -errno;
	/* The old one back: nothing was published. */
	(void)!renameat(dir->parent_fd, aside, dir->parent_fd, dir->name);
	return error;
}

static void publish(struct rph_export_dir *dir)
{
	struct stat existing;
	bool replaces = fstatat(dir->parent_fd, dir->name, &existing, AT_SYMLINK_NOFOLLOW) == 0;
	int error = 0;
	if (replaces)
		error = exchange(dir);
	else if (renameat(dir->parent_fd, dir->temporary, dir->parent_fd, dir->name) < 0)
		error = -errno;
	if (error) {
		fail(dir, error);
		rph_remove_tree(dir->parent_fd, dir->temporary);
		return;
	}
	if (fsync(dir->parent_fd) < 0)
		fail(dir, -errno);
	/* What cannot be removed now is a leftover for the next begin. */
	if (replaces)
		rph_remove_tree(dir->parent_fd, dir->temporary);
}

int rph_export_dir_finish(struct rph_export_dir *dir)
{
	close_file(dir);
	if (!dir->error)
		write_sums(dir);
	write_success(dir);
	if (!dir->error)
		sync_folders(dir);
	if (dir->error) {
		int error = dir->error;
		rph_export_dir_abandon(dir);
		return error;
	}
	publish(dir);
	int error = dir->error;
	free_dir(dir);
	return error;
}

struct rph_export_dir *rph_export_dir_abandon(struct rph_export_dir *dir)
{
	if (!dir)
		return NULL;
	if (dir->fd >= 0)
		rph_remove_tree(dir->parent_fd, dir->temporary);
	return free_dir(dir);
}
