/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/error.h"
#include "store/read_whole.h"

enum { HEX_DIGITS = 2 * RPH_SECRET_BYTES, TEXT_BYTES = HEX_DIGITS + 1 };

static const char service_file[] = "/etc/rephrased/secret";

static void close_at_end(const int *fd)
{
	/* What was written has been synced before, and reading cannot lose data. */
	if (*fd >= 0)
		(void)close(*fd);
}

#define CLOSED_AT_END __attribute__((cleanup(close_at_end)))

static int refuse(struct rph_secret *ret, int error, const char *format, ...) RPH_PRINTF(3, 4);

static int refuse(struct rph_secret *ret, int error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(ret->sentence, sizeof(ret->sentence), format, arguments);
	va_end(arguments);
	sodium_memzero(ret->bytes, sizeof(ret->bytes));
	return error;
}

static int refuse_system(struct rph_secret *ret, int error, const char *doing)
{
	return refuse(ret, error, "cannot %s the deployment secret %s: %s", doing, ret->path,
		      rph_strerror(error));
}

static bool is_set(const char *text)
{
	return text && text[0];
}

static int set_path(struct rph_secret *ret, const char *directory, const char *name)
{
	int len = snprintf(ret->path, sizeof(ret->path), "%s%s%s", directory, name[0] ? "/" : "",
			   name);
	if (len >= 0 && (size_t)len < sizeof(ret->path))
		return 0;
	return refuse(ret, -ENAMETOOLONG, "the path of the deployment secret is too long");
}

/* systemd grants a service its credential by an access list, which shows as a group permission. */
static int check_mode(struct rph_secret *ret, const struct stat *status, bool credential)
{
	mode_t others = credential ? S_IRWXO : S_IRWXG | S_IRWXO;
	if (!S_ISREG(status->st_mode))
		return refuse(ret, RPH_E_BAD_SECRET, "the deployment secret %s is not a file",
			      ret->path);
	if (status->st_mode & others)
		return refuse(ret, RPH_E_BAD_SECRET,
			      "the deployment secret %s is open to other users (mode %04o): "
			      "chmod 600 %s",
			      ret->path, (unsigned)(status->st_mode & 07777), ret->path);
	return 0;
}

static int parse_text(struct rph_secret *ret, const char *text, size_t len)
{
	size_t bytes = 0;
	if (len == TEXT_BYTES && text[HEX_DIGITS] == '\n')
		len = HEX_DIGITS;
	if (len != HEX_DIGITS ||
	    sodium_hex2bin(ret->bytes, sizeof(ret->bytes), text, len, NULL, &bytes, NULL) != 0 ||
	    bytes != sizeof(ret->bytes))
		return refuse(ret, RPH_E_BAD_SECRET,
			      "the deployment secret %s must hold %d hexadecimal digits and a "
			      "newline, nothing else; restore it from a backup, or move it away "
			      "to have a new one made for a new store",
			      ret->path, HEX_DIGITS);
	return 0;
}

/* Reads ret->path. -ENOENT, without a sentence, when it does not exist. */
static int read_file(struct rph_secret *ret, bool credential)
{
	char text[TEXT_BYTES + 1]; /* one byte more than right shows that it is too long */
	struct stat status;
	/* Not blocking: somebody may have put a pipe there. */
	CLOSED_AT_END int fd = open(ret->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &status) != 0)
		return refuse_system(ret, -errno, "open");
	int err = check_mode(ret, &status, credential);
	if (err)
		return err;
	ssize_t len = rph_read_whole(fd, text, sizeof(text));
	if (len < 0)
		return refuse_system(ret, (int)len, "read");
	err = parse_text(ret, text, (size_t)len);
	sodium_memzero(text, sizeof(text));
	return err;
}

/* Makes the directories of `path` that are missing, for the owner alone. */
static int make_parents(const char *path)
{
	char parent[PATH_MAX];
	snprintf(parent, sizeof(parent), "%s", path);
	for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(parent, 0700) != 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int sync_parent(const char *path)
{
	char parent[PATH_MAX];
	snprintf(parent, sizeof(parent), "%s", path);
	char *slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	CLOSED_AT_END int fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) != 0 ? -errno : 0;
}

static int write_whole(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, text, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		text += put;
		len -= (size_t)put;
	}
	return fsync(fd) != 0 ? -errno : 0;
}

/* Writes `text` to a new temporary file beside ret->path, then gives it its name. */
static int write_file(const struct rph_secret *ret, const char *text)
{
	char temporary[PATH_MAX + 16];
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", ret->path);
	CLOSED_AT_END int fd = mkostemp(temporary, O_CLOEXEC); /* O_EXCL, mode 0600 */
	if (fd < 0)
		return -errno;
	int err = write_whole(fd, text, TEXT_BYTES);
	/* Unlike a rename, a link never replaces the secret that another process has just made. */
	if (!err && link(temporary, ret->path) != 0)
		err = -errno;
	if (unlink(temporary) != 0 && !err)
		err = -errno;
	return err ? err : sync_parent(ret->path);
}

static int create_file(struct rph_secret *ret)
{
	char text[TEXT_BYTES + 1];
	if (sodium_init() < 0)
		return refuse(ret, RPH_E_BAD_SECRET, "no random numbers can be had");
	randombytes_buf(ret->bytes, sizeof(ret->bytes));
	sodium_bin2hex(text, sizeof(text), ret->bytes, sizeof(ret->bytes));
	text[HEX_DIGITS] = '\n';
	int err = make_parents(ret->path);
	if (!err)
		err = write_file(ret, text);
	sodium_memzero(text, sizeof(text));
	if (err == -EEXIST) {
		err = read_file(ret, false);
		if (err != -ENOENT)
			return err;
		return refuse(ret, RPH_E_BAD_SECRET,
			      "the deployment secret %s is a link to a file that does not exist",
			      ret->path);
	}
	if (err)
		return refuse_system(ret, err, "create");
	ret->created = true;
	return 0;
}

static int load_or_create(const struct rph_secret_places *places, struct rph_secret *ret)
{
	int err = read_file(ret, false);
	if (err != -ENOENT)
		return err;
	if (places->must_exist)
		return refuse(ret, RPH_E_BAD_SECRET,
			      "there is no deployment secret %s; 'rephrased replay' makes one with "
			      "a new store; give the secret of a store made elsewhere (--secret, "
			      "secret.file)",
			      ret->path);
	return create_file(ret);
}

static int set_own_place(const struct rph_secret_places *places, struct rph_secret *ret)
{
	if (places->service)
		return set_path(ret, service_file, "");
	if (is_set(places->config_home) && places->config_home[0] == '/')
		return set_path(ret, places->config_home, "rephrased/secret");
	if (is_set(places->home))
		return set_path(ret, places->home, ".config/rephrased/secret");
	return refuse(ret, RPH_E_BAD_SECRET,
		      "there is no place for the deployment secret: set secret.file in the "
		      "configuration, or HOME");
}

int rph_secret_load(const struct rph_secret_places *places, struct rph_secret *ret)
{
	*ret = (struct rph_secret){0};
	int err;
	if (is_set(places->file)) {
		err = set_path(ret, places->file, "");
		return err ? err : load_or_create(places, ret);
	}
	if (is_set(places->credentials_directory)) {
		err = set_path(ret, places->credentials_directory, "rephrased-secret");
		if (!err)
			err = read_file(ret, true);
		if (err != -ENOENT)
			return err;
	}
	err = set_own_place(places, ret);
	return err ? err : load_or_create(places, ret);
}

void rph_secret_wipe(struct rph_secret *secret)
{
	sodium_memzero(secret->bytes, sizeof(secret->bytes));
}
