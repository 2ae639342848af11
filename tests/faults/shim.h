/* SPDX-License-Identifier: Apache-2.0
 *
 * shim.h - what the preloaded fault shims share: which files concern them, the real functions, and
 * the marker that proves that a fault happened (a fault that never came makes any test pass).
 *
 * Files are looked up anew at every call by /proc/self/fd: slow, but right after dup, fork and
 * renames. Only calls through the dynamic linker are seen: stdio's own writes are not.
 */
#ifndef RPH_TESTS_SHIM_H
#define RPH_TESTS_SHIM_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* True when `path` is `directory` or lies below it. */
static inline bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);
	return len && strncmp(path, directory, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The path behind a descriptor; false when it has none. */
static inline bool path_of_fd(int fd, char path[PATH_MAX])
{
	char link[64];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, PATH_MAX - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return path[0] == '/';
}

/* The directory that holds the last component of `path`, its real path and inode, and that
 * component. false when the directory does not exist. */
static inline bool parent_of(int at, const char *path, char parent[PATH_MAX], uint64_t *ret_inode,
			     const char **ret_name)
{
	char text[PATH_MAX];
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	size_t start = len;
	while (start > 0 && path[start - 1] != '/')
		start--;
	static __thread char name[NAME_MAX + 1];
	if (len - start > NAME_MAX || start >= PATH_MAX)
		return false;
	memcpy(name, path + start, len - start);
	name[len - start] = '\0';
	memcpy(text, start ? path : ".", start ? start : 1);
	text[start ? start : 1] = '\0';
	long fd = syscall(SYS_openat, at, text, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	struct stat status;
	bool found = path_of_fd((int)fd, parent) && fstat((int)fd, &status) == 0;
	syscall(SYS_close, fd);
	if (!found)
		return false;
	*ret_inode = status.st_ino;
	*ret_name = name;
	return true;
}

/* Creates the file that the environment names: the fault has happened. Keeps errno. */
static inline void leave_marker(const char *variable)
{
	int saved = errno;
	const char *path = getenv(variable);
	if (path) {
		long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (fd >= 0) {
			syscall(SYS_write, fd, "x", 1);
			syscall(SYS_close, fd);
		}
	}
	errno = saved;
}

/* Writes `number` to the file that the environment names. */
static inline void leave_number(const char *variable, long number)
{
	char text[32];
	const char *path = getenv(variable);
	if (!path)
		return;
	int len = snprintf(text, sizeof(text), "%ld\n", number);
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return;
	syscall(SYS_write, fd, text, len);
	syscall(SYS_close, fd);
}

static inline long number_from(const char *variable, long otherwise)
{
	const char *text = getenv(variable);
	return text && *text ? strtol(text, NULL, 10) : otherwise;
}

#endif
