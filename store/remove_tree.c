/* SPDX-License-Identifier: Apache-2.0 */
#include "store/remove_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "schemas/error.h"

enum { MOST_LEVELS = 3 };

static int system_error(void)
{
	return errno == ENOMEM ? RPH_E_NO_MEMORY : -errno;
}

/* Everything in the directory, which has MOST_LEVELS of sub-folders by construction; deeper ones are
 * not ours, and rmdir will say so. */
static int empty_directory(int fd, unsigned levels)
{
	/* fdopendir takes the descriptor over. */
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	if (!entries) {
		int error = system_error();
		if (copy >= 0)
			close(copy);
		return error;
	}
	rewinddir(entries);
	struct dirent *entry;
	int error = 0;
	while (!error && (errno = 0, entry = readdir(entries))) {
		const char *name = entry->d_name;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (unlinkat(fd, name, 0) == 0)
			continue;
		if ((errno != EISDIR && errno != EPERM) || !levels) {
			error = -errno;
			break;
		}
		int folder = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		error = folder < 0 ? -errno : empty_directory(folder, levels - 1);
		if (folder >= 0)
			close(folder);
		if (!error && unlinkat(fd, name, AT_REMOVEDIR) < 0)
			error = -errno;
	}
	closedir(entries);
	return error;
}

int rph_remove_tree(int parent_fd, const char *name)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return unlinkat(parent_fd, name, 0) < 0 ? -errno : 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	int error = empty_directory(fd, MOST_LEVELS);
	close(fd);
	if (!error && unlinkat(parent_fd, name, AT_REMOVEDIR) < 0)
		error = -errno;
	return error;
}

int rph_remove_trees(int parent_fd, const char *prefix)
{
	int copy = fcntl(parent_fd, F_DUPFD_CLOEXEC, 0);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	if (!entries) {
		int error = system_error();
		if (copy >= 0)
			close(copy);
		return error;
	}
	rewinddir(entries);
	struct dirent *entry;
	int error = 0;
	while (!error && (entry = readdir(entries)))
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			error = rph_remove_tree(parent_fd, entry->d_name);
	closedir(entries);
	return error;
}
