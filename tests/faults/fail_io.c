/* SPDX-License-Identifier: Apache-2.0
 *
 * fail_io.c - preloaded; makes the disk below a directory fail.
 *
 * Environment:
 *	FAIL_IO_DIR     real path of the directory
 *	FAIL_IO_CALLS   which calls: any of open,write,sync,rename,unlink,mkdir,truncate; a comma
 *	                between; "open" means opening for writing
 *	FAIL_IO_NAME    only files whose path contains this text (optional)
 *	FAIL_IO_ERROR   ENOSPC, EIO, EROFS, EDQUOT; SHORT (writes do half of what they should); KILL
 *	                (the process gets SIGKILL before the call); TERM (it gets SIGTERM, time to
 *	                notice, and the call); NONE (only count)
 *	FAIL_IO_AFTER   that many of these calls succeed first
 *	FAIL_IO_BYTES   instead: the disk has room for that many bytes; the last write is cut there
 *	FAIL_IO_TIMES   how many calls fail (default: all from then on)
 *	FAIL_IO_MARKER  gets a byte for every fault
 *	FAIL_IO_COUNT   file that gets the number of calls concerned, at exit
 */
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/uio.h>

#include "shim.h"

enum call { CALL_OPEN, CALL_WRITE, CALL_SYNC, CALL_RENAME, CALL_UNLINK, CALL_MKDIR, CALL_TRUNCATE };

static const char *const call_names[] = {"open",   "write", "sync",    "rename",
					 "unlink", "mkdir", "truncate"};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *directory = "", *part_of_name = "";
static bool chosen[7], is_short, is_kill, is_term, is_none;
static int fault;
static long calls_left, bytes_left = -1, times_left, count;

__attribute__((constructor)) static void begin(void)
{
	static const struct {
		const char *name;
		int value;
	} errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EROFS", EROFS}, {"EDQUOT", EDQUOT}};
	const char *calls = getenv("FAIL_IO_CALLS"), *error = getenv("FAIL_IO_ERROR");
	if (!getenv("FAIL_IO_DIR") || !calls || !error)
		return;
	for (size_t i = 0; i < sizeof(chosen); i++)
		chosen[i] = strstr(calls, call_names[i]) != NULL;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(error, errors[i].name) == 0)
			fault = errors[i].value;
	is_short = strcmp(error, "SHORT") == 0;
	is_kill = strcmp(error, "KILL") == 0;
	is_term = strcmp(error, "TERM") == 0;
	is_none = strcmp(error, "NONE") == 0;
	if (!fault && !is_short && !is_kill && !is_term && !is_none)
		abort();
	calls_left = number_from("FAIL_IO_AFTER", 0);
	bytes_left = number_from("FAIL_IO_BYTES", -1);
	times_left = number_from("FAIL_IO_TIMES", LONG_MAX);
	part_of_name = getenv("FAIL_IO_NAME") ? getenv("FAIL_IO_NAME") : "";
	directory = getenv("FAIL_IO_DIR");
}

__attribute__((destructor)) static void finish(void)
{
	leave_number("FAIL_IO_COUNT", count);
}

static bool concerns(const char *path)
{
	return is_below(path, directory) && strstr(path, part_of_name);
}

/* Whether this call is to fail now. */
static bool fails(enum call call)
{
	if (!chosen[call])
		return false;
	pthread_mutex_lock(&lock);
	bool now = !is_none && calls_left <= 0 && times_left > 0;
	count++;
	if (now)
		times_left--;
	else
		calls_left--;
	pthread_mutex_unlock(&lock);
	if (now)
		leave_marker("FAIL_IO_MARKER");
	if (now && is_kill)
		kill(getpid(), SIGKILL);
	if (now && is_term) {
		kill(getpid(), SIGTERM);
		usleep(100000);
	}
	return now && !is_term;
}

static bool fails_on_fd(enum call call, int fd)
{
	char path[PATH_MAX];
	struct stat status;
	return *directory && fstat(fd, &status) == 0 &&
	       (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) && path_of_fd(fd, path) &&
	       concerns(path) && fails(call);
}

static bool fails_on_path(enum call call, int at, const char *path)
{
	char full[PATH_MAX + NAME_MAX + 2];
	const char *name;
	uint64_t inode;
	if (!*directory || !parent_of(at, path, full, &inode, &name))
		return false;
	size_t len = strlen(full);
	snprintf(full + len, sizeof(full) - len, "/%s", name);
	return concerns(full) && fails(call);
}

static int refuse(void)
{
	errno = fault;
	return -1;
}

/* ---- writing --------------------------------------------------------------------------------- */

static ssize_t real_write(int fd, const void *bytes, size_t len, int64_t offset)
{
	return offset >= 0 ? syscall(SYS_pwrite64, fd, bytes, len, offset)
			   : syscall(SYS_write, fd, bytes, len);
}

/* A disk that fills up takes what still fits before it says no. */
static ssize_t write_limited(int fd, const void *bytes, size_t len, int64_t offset)
{
	char path[PATH_MAX];
	struct stat status;
	if (!*directory || !chosen[CALL_WRITE] || bytes_left < 0 || fstat(fd, &status) ||
	    !S_ISREG(status.st_mode) || !path_of_fd(fd, path) || !concerns(path))
		return real_write(fd, bytes, len, offset);
	pthread_mutex_lock(&lock);
	size_t fits = (size_t)bytes_left < len ? (size_t)bytes_left : len;
	bytes_left -= (long)fits;
	pthread_mutex_unlock(&lock);
	if (fits < len)
		leave_marker("FAIL_IO_MARKER");
	if (fits == 0 && len > 0)
		return refuse();
	return real_write(fd, bytes, fits, offset);
}

static ssize_t write_or_fail(int fd, const void *bytes, size_t len, int64_t offset)
{
	if (bytes_left >= 0)
		return write_limited(fd, bytes, len, offset);
	if (!fails_on_fd(CALL_WRITE, fd))
		return real_write(fd, bytes, len, offset);
	if (is_short)
		return real_write(fd, bytes, (len + 1) / 2, offset);
	return refuse();
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	return write_or_fail(fd, bytes, len, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	return write_or_fail(fd, bytes, len, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
	return write_or_fail(fd, bytes, len, offset);
}

/* A vector is written part by part: a fault may so fall between two parts, as on a real disk. */
static ssize_t write_parts(int fd, const struct iovec *parts, int count, int64_t offset)
{
	ssize_t sum = 0;
	for (int i = 0; i < count; i++) {
		int64_t at = offset < 0 ? -1 : offset + sum;
		ssize_t written = write_or_fail(fd, parts[i].iov_base, parts[i].iov_len, at);
		if (written < 0)
			return sum ? sum : -1;
		sum += written;
		if ((size_t)written < parts[i].iov_len)
			break;
	}
	return sum;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return write_parts(fd, parts, count, -1);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	return write_parts(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
	return write_parts(fd, parts, count, offset);
}

int ftruncate(int fd, off_t len)
{
	return fails_on_fd(CALL_TRUNCATE, fd) ? refuse() : (int)syscall(SYS_ftruncate, fd, len);
}

int ftruncate64(int fd, off_t len)
{
	return fails_on_fd(CALL_TRUNCATE, fd) ? refuse() : (int)syscall(SYS_ftruncate, fd, len);
}

int fsync(int fd)
{
	return fails_on_fd(CALL_SYNC, fd) ? refuse() : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fails_on_fd(CALL_SYNC, fd) ? refuse() : (int)syscall(SYS_fdatasync, fd);
}

/* ---- opening and names ----------------------------------------------------------------------- */

static int open_or_fail(int at, const char *path, int flags, mode_t mode)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
	if (writes && fails_on_path(CALL_OPEN, at, path))
		return refuse();
	return (int)syscall(SYS_openat, at, path, flags, mode);
}

#define MODE_OF(flags)                                                       \
	({                                                                   \
		mode_t mode_ = 0;                                            \
		if (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE) { \
			va_list list_;                                       \
			va_start(list_, flags);                              \
			mode_ = va_arg(list_, mode_t);                       \
			va_end(list_);                                       \
		}                                                            \
		mode_;                                                       \
	})

int open(const char *path, int flags, ...)
{
	return open_or_fail(AT_FDCWD, path, flags, MODE_OF(flags));
}

int open64(const char *path, int flags, ...)
{
	return open_or_fail(AT_FDCWD, path, flags, MODE_OF(flags));
}

int openat(int at, const char *path, int flags, ...)
{
	return open_or_fail(at, path, flags, MODE_OF(flags));
}

int openat64(int at, const char *path, int flags, ...)
{
	return open_or_fail(at, path, flags, MODE_OF(flags));
}

int mkdir(const char *path, mode_t mode)
{
	return fails_on_path(CALL_MKDIR, AT_FDCWD, path)
		       ? refuse()
		       : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int mkdirat(int at, const char *path, mode_t mode)
{
	return fails_on_path(CALL_MKDIR, at, path) ? refuse()
						   : (int)syscall(SYS_mkdirat, at, path, mode);
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	return fails_on_path(CALL_RENAME, from_at, from)
		       ? refuse()
		       : (int)syscall(SYS_renameat2, from_at, from, to_at, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int at, const char *path, int flags)
{
	return fails_on_path(CALL_UNLINK, at, path) ? refuse()
						    : (int)syscall(SYS_unlinkat, at, path, flags);
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}
