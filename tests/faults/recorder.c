/* SPDX-License-Identifier: Apache-2.0
 *
 * recorder.c - preloaded; writes down everything a program does to the files below a directory, so
 * that power_loss.py can work out what a disk may hold after a power cut at any moment.
 *
 * Environment: RECORD_DIR (real path of an existing directory), RECORD_LOG (file, appended to),
 * RECORD_ACK (optional file: what is written to it is an acknowledgement of the workload).
 *
 * The log is a sequence of records: u8 type, u64 a, u64 b, i64 offset, u32 n1, u32 n2, n1 bytes, n2
 * bytes; little-endian. Files and directories are named by inode number.
 *	C  directory a got name n1 for the new file b; offset is 1 for a directory
 *	L  directory a got name n1 for the existing file b
 *	W  file a: n2 written at offset        D  the same through an O_DSYNC descriptor
 *	T  file a truncated to offset          S  file or directory a synced
 *	R  name n1 of directory a became name n2 of directory b
 *	X  the same, and the other way round at once (an exchange)
 *	U  directory a lost name n1            A  acknowledgement n1
 *	Y  everything synced
 */
#include <pthread.h>
#include <stdarg.h>
#include <sys/uio.h>

#include "shim.h"

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int log_fd = -1;
static const char *directory = "", *ack_path = "";

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("RECORD_LOG");
	directory = getenv("RECORD_DIR");
	ack_path = getenv("RECORD_ACK");
	if (!path || !directory) {
		directory = "";
		return;
	}
	if (!ack_path)
		ack_path = "";
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			  0600);
	/* Out of the way of programs that count on low numbers. */
	log_fd = fcntl((int)fd, F_DUPFD_CLOEXEC, 900);
	syscall(SYS_close, fd);
	if (log_fd < 0)
		abort();
}

struct names {
	const void *first, *second;
	uint32_t first_len, second_len;
};

static void put(char type, uint64_t a, uint64_t b, int64_t offset, struct names names)
{
	struct __attribute__((packed)) {
		char type;
		uint64_t a, b;
		int64_t offset;
		uint32_t n1, n2;
	} head = {type, a, b, offset, names.first_len, names.second_len};
	struct iovec parts[] = {{&head, sizeof(head)},
				{(void *)names.first, names.first_len},
				{(void *)names.second, names.second_len}};
	size_t size = sizeof(head) + names.first_len + names.second_len;
	/* Half a record would make the rest unreadable: rather no run than a wrong one. */
	if (syscall(SYS_writev, log_fd, parts, 3) != (long)size)
		abort();
}

static struct names one_name(const char *name)
{
	return (struct names){.first = name, .first_len = (uint32_t)strlen(name)};
}

/* A regular file or directory below the directory that is watched. */
static bool is_watched(int fd, struct stat *ret)
{
	char path[PATH_MAX];
	return *directory && fstat(fd, ret) == 0 &&
	       (S_ISREG(ret->st_mode) || S_ISDIR(ret->st_mode)) && path_of_fd(fd, path) &&
	       is_below(path, directory);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int open_recorded(int at, const char *path, int flags, mode_t mode)
{
	char parent[PATH_MAX];
	const char *name;
	uint64_t inode;
	struct stat status;
	pthread_mutex_lock(&lock);
	bool existed = fstatat(at, path, &status, 0) == 0;
	int fd = (int)syscall(SYS_openat, at, path, flags, mode);
	int saved = errno;
	if (fd >= 0 && (flags & (O_CREAT | O_TRUNC)) && (flags & O_TMPFILE) != O_TMPFILE &&
	    is_watched(fd, &status) && parent_of(at, path, parent, &inode, &name)) {
		if (!existed)
			put('C', inode, status.st_ino, 0, one_name(name));
		else if (flags & O_TRUNC)
			put('T', status.st_ino, 0, 0, (struct names){0});
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
	return fd;
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
	return open_recorded(AT_FDCWD, path, flags, MODE_OF(flags));
}

int open64(const char *path, int flags, ...)
{
	return open_recorded(AT_FDCWD, path, flags, MODE_OF(flags));
}

int openat(int at, const char *path, int flags, ...)
{
	return open_recorded(at, path, flags, MODE_OF(flags));
}

int openat64(int at, const char *path, int flags, ...)
{
	return open_recorded(at, path, flags, MODE_OF(flags));
}

int creat(const char *path, mode_t mode)
{
	return open_recorded(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* What fortified programs call instead. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags);

int __open_2(const char *path, int flags)
{
	return open_recorded(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
	return open_recorded(AT_FDCWD, path, flags, 0);
}

int __openat_2(int at, const char *path, int flags)
{
	return open_recorded(at, path, flags, 0);
}

int __openat64_2(int at, const char *path, int flags)
{
	return open_recorded(at, path, flags, 0);
}

/* ---- contents -------------------------------------------------------------------------------- */

static void put_written(int fd, int64_t offset, struct iovec *parts, size_t written)
{
	struct stat status;
	if (!is_watched(fd, &status) || !S_ISREG(status.st_mode))
		return;
	int flags = fcntl(fd, F_GETFL);
	char type = flags & O_DSYNC ? 'D' : 'W';
	if (flags & O_APPEND)
		offset = status.st_size - (int64_t)written;
	for (size_t i = 0; written > 0; i++) {
		size_t len = parts[i].iov_len < written ? parts[i].iov_len : written;
		struct names names = {.second = parts[i].iov_base, .second_len = (uint32_t)len};
		put(type, status.st_ino, 0, offset, names);
		offset += (int64_t)len;
		written -= len;
	}
}

static void put_ack(int fd, const void *bytes, size_t len)
{
	char path[PATH_MAX];
	if (*ack_path && path_of_fd(fd, path) && strcmp(path, ack_path) == 0)
		put('A', 0, 0, 0, (struct names){.first = bytes, .first_len = (uint32_t)len});
}

/* offset -1: at the descriptor's own position. */
static ssize_t write_recorded(int fd, struct iovec *parts, int count, int64_t offset)
{
	pthread_mutex_lock(&lock);
	int64_t at = offset >= 0 ? offset : (int64_t)lseek(fd, 0, SEEK_CUR);
	ssize_t written = offset >= 0 ? syscall(SYS_pwritev, fd, parts, count, offset, 0)
				      : syscall(SYS_writev, fd, parts, count);
	int saved = errno;
	if (log_fd >= 0 && written > 0) {
		put_written(fd, at, parts, (size_t)written);
		put_ack(fd, parts[0].iov_base, parts[0].iov_len);
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
	return written;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	struct iovec part = {(void *)bytes, len};
	return write_recorded(fd, &part, 1, -1);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return write_recorded(fd, (struct iovec *)parts, count, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	struct iovec part = {(void *)bytes, len};
	return write_recorded(fd, &part, 1, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
	struct iovec part = {(void *)bytes, len};
	return write_recorded(fd, &part, 1, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	return write_recorded(fd, (struct iovec *)parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
	return write_recorded(fd, (struct iovec *)parts, count, offset);
}

static int truncate_recorded(int fd, off_t len)
{
	struct stat status;
	pthread_mutex_lock(&lock);
	int failed = (int)syscall(SYS_ftruncate, fd, len);
	int saved = errno;
	if (!failed && is_watched(fd, &status))
		put('T', status.st_ino, 0, len, (struct names){0});
	pthread_mutex_unlock(&lock);
	errno = saved;
	return failed;
}

int ftruncate(int fd, off_t len)
{
	return truncate_recorded(fd, len);
}

int ftruncate64(int fd, off_t len)
{
	return truncate_recorded(fd, len);
}

/* The record comes after the real sync: only then is the promise given. */
static int sync_recorded(long number, int fd, bool everything)
{
	struct stat status;
	pthread_mutex_lock(&lock);
	int failed = (int)syscall(number, fd);
	int saved = errno;
	if (!failed && is_watched(fd, &status))
		put(everything ? 'Y' : 'S', status.st_ino, 0, 0, (struct names){0});
	pthread_mutex_unlock(&lock);
	errno = saved;
	return failed;
}

int fsync(int fd)
{
	return sync_recorded(SYS_fsync, fd, false);
}

int fdatasync(int fd)
{
	return sync_recorded(SYS_fdatasync, fd, false);
}

int syncfs(int fd)
{
	return sync_recorded(SYS_syncfs, fd, true);
}

/* ---- names ----------------------------------------------------------------------------------- */

static int mkdir_recorded(int at, const char *path, mode_t mode)
{
	char parent[PATH_MAX];
	const char *name;
	uint64_t inode;
	struct stat status;
	pthread_mutex_lock(&lock);
	int failed = (int)syscall(SYS_mkdirat, at, path, mode);
	int saved = errno;
	if (!failed && *directory && parent_of(at, path, parent, &inode, &name) &&
	    is_below(parent, directory) && fstatat(at, path, &status, 0) == 0)
		put('C', inode, status.st_ino, 1, one_name(name));
	pthread_mutex_unlock(&lock);
	errno = saved;
	return failed;
}

int mkdir(const char *path, mode_t mode)
{
	return mkdir_recorded(AT_FDCWD, path, mode);
}

int mkdirat(int at, const char *path, mode_t mode)
{
	return mkdir_recorded(at, path, mode);
}

static int unlink_recorded(int at, const char *path, int flags)
{
	char parent[PATH_MAX];
	const char *name;
	uint64_t inode;
	pthread_mutex_lock(&lock);
	bool known = *directory && parent_of(at, path, parent, &inode, &name) &&
		     is_below(parent, directory);
	int failed = (int)syscall(SYS_unlinkat, at, path, flags);
	int saved = errno;
	if (!failed && known)
		put('U', inode, 0, 0, one_name(name));
	pthread_mutex_unlock(&lock);
	errno = saved;
	return failed;
}

int unlink(const char *path)
{
	return unlink_recorded(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
	return unlink_recorded(AT_FDCWD, path, AT_REMOVEDIR);
}

int unlinkat(int at, const char *path, int flags)
{
	return unlink_recorded(at, path, flags);
}

int remove(const char *path)
{
	struct stat status;
	bool folder = lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
	return unlink_recorded(AT_FDCWD, path, folder ? AT_REMOVEDIR : 0);
}

static int rename_recorded(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
	char parent[PATH_MAX], from_name[NAME_MAX + 1];
	const char *name;
	uint64_t from_inode = 0, to_inode = 0;
	pthread_mutex_lock(&lock);
	bool known = *directory && parent_of(from_at, from, parent, &from_inode, &name) &&
		     is_below(parent, directory);
	if (known)
		memcpy(from_name, name, strlen(name) + 1);
	int failed = (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
	int saved = errno;
	if (!failed && known && parent_of(to_at, to, parent, &to_inode, &name)) {
		/* A file leaving the directory is not modelled. */
		if (!is_below(parent, directory))
			abort();
		put(flags & RENAME_EXCHANGE ? 'X' : 'R', from_inode, to_inode, 0,
		    (struct names){from_name, name, (uint32_t)strlen(from_name),
				   (uint32_t)strlen(name)});
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
	return failed;
}

int rename(const char *from, const char *to)
{
	return rename_recorded(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	return rename_recorded(from_at, from, to_at, to, 0);
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
	return rename_recorded(from_at, from, to_at, to, flags);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
	char parent[PATH_MAX];
	const char *name;
	uint64_t inode;
	struct stat status;
	pthread_mutex_lock(&lock);
	int failed = (int)syscall(SYS_linkat, from_at, from, to_at, to, flags);
	int saved = errno;
	if (!failed && *directory && parent_of(to_at, to, parent, &inode, &name) &&
	    is_below(parent, directory) && fstatat(to_at, to, &status, 0) == 0)
		put('L', inode, status.st_ino, 0, one_name(name));
	pthread_mutex_unlock(&lock);
	errno = saved;
	return failed;
}

int link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
