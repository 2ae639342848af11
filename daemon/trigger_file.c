/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/trigger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_all(int fd, struct rph_span text)
{
	while (text.len) {
		ssize_t written = write(fd, text.ptr, text.len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -EIO;
		text.ptr += written;
		text.len -= (size_t)written;
	}
	return 0;
}

static int write_file(int dir, const char *name, struct rph_span text, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	int err = write_all(fd, text);
	/* The umask is for what nobody else is meant to read. */
	if (!err && fchmod(fd, mode) < 0)
		err = -errno;
	if (!err && fsync(fd) < 0)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}

int rph_trigger_file_write(const char *dir, const char *name, struct rph_span text, mode_t mode)
{
	char temporary[NAME_MAX + 1];
	int len = snprintf(temporary, sizeof(temporary), ".%s.tmp", name);
	if (len < 0 || (size_t)len >= sizeof(temporary))
		return -ENAMETOOLONG;
	int at = open_dir(dir);
	if (at < 0)
		return at;
	int err = write_file(at, temporary, text, mode);
	if (!err && renameat(at, temporary, at, name) < 0)
		err = -errno;
	if (err)
		unlinkat(at, temporary, 0);
	else if (fsync(at) < 0)
		err = -errno;
	close(at);
	return err;
}

int rph_trigger_file_read(const char *dir, const char *name, size_t max, struct rph_buffer *text)
{
	char part[4096];
	int at = open_dir(dir);
	if (at < 0)
		return at;
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err = fd < 0 ? -errno : 0;
	close(at);
	if (err)
		return err;
	ssize_t got;
	while ((got = read(fd, part, sizeof(part))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		err = got < 0 ? -errno : 0;
		if (!err && text->len + (size_t)got > max)
			err = -EFBIG;
		if (err)
			break;
		rph_buffer_add(text, (struct rph_span){part, (size_t)got});
	}
	close(fd);
	return err ? err : text->error;
}

int rph_trigger_file_remove(const char *dir, const char *name)
{
	int err = 0;
	int at = open_dir(dir);
	if (at < 0)
		return at;
	if (unlinkat(at, name, 0) < 0)
		err = errno == ENOENT ? 0 : -errno;
	else if (fsync(at) < 0)
		err = -errno;
	close(at);
	return err;
}

int rph_trigger_file_sync(const char *dir)
{
	int at = open_dir(dir);
	if (at < 0)
		return at;
	int err = fsync(at) < 0 ? -errno : 0;
	close(at);
	return err;
}

bool rph_trigger_file_is_there(const char *dir, const char *name)
{
	int at = open_dir(dir);
	bool is_there = at >= 0 && faccessat(at, name, F_OK, 0) == 0;
	if (at >= 0)
		close(at);
	return is_there;
}
