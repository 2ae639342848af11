/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "schemas/error.h"

enum { NOTE_MAX = 300, ANSWER_MAX = 1 << 20, TIMEOUT_MS = 600000, CONNECT_MS = 5000 };

static char *path_of(const char *store_dir, const char *suffix)
{
	char *path = NULL;
	return asprintf(&path, "%s/administration%s", store_dir, suffix) < 0 ? NULL : path;
}

static int write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	errno = 0;
	int err = write(fd, text, len) == (ssize_t)len ? 0 : errno ? -errno : -EIO;
	close(fd);
	return err;
}

/* Renamed into place: a reader sees a whole note or none. */
int rph_remote_note_write(const char *store_dir, const char *listen, uint16_t port)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	const char *colon = strrchr(listen, ':');
	char *path = path_of(store_dir, ""), *temporary = path_of(store_dir, ".tmp");
	rph_buffer_format(&text, "http://%.*s:%u\n", colon ? (int)(colon - listen) : 0, listen,
			  port);
	int err = path && temporary ? text.error : RPH_E_NO_MEMORY;
	if (!err)
		err = write_file(temporary, text.text, text.len);
	if (!err && rename(temporary, path))
		err = -errno;
	free(path);
	free(temporary);
	return err;
}

void rph_remote_note_remove(const char *store_dir)
{
	char *path = path_of(store_dir, "");
	if (path)
		unlink(path);
	free(path);
}

/* RPH_E_NOT_FOUND: there is no note that can be read. */
static int read_note(const char *store_dir, const char *path, struct rph_buffer *ret)
{
	char note[NOTE_MAX], *name = path_of(store_dir, "");
	if (!name)
		return RPH_E_NO_MEMORY;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(name);
	if (fd < 0)
		return RPH_E_NOT_FOUND;
	ssize_t len = read(fd, note, sizeof(note) - 1);
	close(fd);
	if (len <= 0)
		return RPH_E_NOT_FOUND;
	note[len] = '\0';
	rph_buffer_format(ret, "%.*s%s", (int)strcspn(note, "\n"), note, path);
	return ret->error;
}

static size_t keep(char *bytes, size_t size, size_t count, void *context)
{
	struct rph_buffer *answer = context;
	if (answer->len + size * count > ANSWER_MAX)
		return 0;
	rph_buffer_add(answer, (struct rph_span){bytes, size * count});
	return answer->error ? 0 : size * count;
}

static int perform(CURL *curl, const char *url, struct rph_span body, struct rph_buffer *answer)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!headers)
		return RPH_E_NO_MEMORY;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* the environment's is none for loopback */
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.ptr);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "rephrased/" RPH_VERSION);
	CURLcode code = curl_easy_perform(curl);
	curl_slist_free_all(headers);
	if (code == CURLE_OK)
		return 0;
	/* The note may be that of a process that was killed. */
	return code == CURLE_COULDNT_CONNECT ? RPH_E_NOT_FOUND : RPH_E_IO;
}

int rph_remote_post(const char *store_dir, const char *path, struct rph_span body,
		    struct rph_buffer *answer, unsigned *ret_status)
{
	RPH_BUFFER_CLEANUP struct rph_buffer url = {0};
	long status = 0;
	int err = read_note(store_dir, path, &url);
	if (err)
		return err;
	CURL *curl = curl_easy_init();
	if (!curl)
		return RPH_E_NO_MEMORY;
	err = perform(curl, url.text, body, answer);
	if (!err)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	*ret_status = (unsigned)status;
	return err;
}
