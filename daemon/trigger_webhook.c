/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "daemon/trigger_file.h"
#include "daemon/trigger_sinks.h"
#include "schemas/error.h"

enum { TOKEN_BYTES = 8192 };

static size_t ignore_body(char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes;
	(void)context;
	return size * count;
}

/* libcurl calls this about once a second, also while nothing comes. */
static int is_to_end(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
		     curl_off_t up)
{
	(void)down_total;
	(void)down;
	(void)up_total;
	(void)up;
	return atomic_load((const atomic_bool *)context);
}

bool rph_trigger_token_path(const char *name, const char *credentials, char path[static PATH_MAX])
{
	bool is_credential = !strchr(name, '/');
	if (is_credential && !credentials)
		return false;
	int len = is_credential ? snprintf(path, PATH_MAX, "%s/%s", credentials, name)
				: snprintf(path, PATH_MAX, "%s", name);
	return len >= 0 && len < PATH_MAX;
}

/* "Authorization: Bearer TOKEN"; a token with control characters would be further headers. */
static int add_token(const char *name, struct rph_buffer *header)
{
	RPH_BUFFER_CLEANUP struct rph_buffer token = {0};
	char path[PATH_MAX];
	if (!rph_trigger_token_path(name, getenv("CREDENTIALS_DIRECTORY"), path))
		return -ENOENT;
	int err = rph_trigger_file_read("/", path + strspn(path, "/"), TOKEN_BYTES, &token);
	if (err)
		return err;
	while (token.len && strchr("\r\n \t", token.text[token.len - 1]))
		token.len--;
	for (size_t i = 0; i < token.len; i++)
		if ((unsigned char)token.text[i] <= ' ' || (unsigned char)token.text[i] > '~')
			return RPH_E_BAD_INPUT;
	rph_buffer_add_text(header, "Authorization: Bearer ");
	rph_buffer_add(header, rph_buffer_span(&token));
	return header->error;
}

static struct curl_slist *add(struct curl_slist *list, const char *header, int *err)
{
	struct curl_slist *longer = curl_slist_append(list, header);
	if (!longer)
		*err = RPH_E_NO_MEMORY;
	return longer ? longer : list;
}

static int make_headers(struct rph_attempt *attempt, struct curl_slist **ret)
{
	RPH_BUFFER_CLEANUP struct rph_buffer token = {0};
	const char *path = attempt->config->trigger.webhook_token_file;
	int err = 0;
	*ret = add(NULL, "Content-Type: " RPH_CLOUD_EVENT_MEDIA, &err);
	/* Without it libcurl waits a second for receivers that do not know "100-continue". */
	*ret = add(*ret, "Expect:", &err);
	if (!err && *path) {
		err = add_token(path, &token);
		if (err)
			snprintf(attempt->sentence, sizeof(attempt->sentence), "%.180s: %s", path,
				 rph_strerror(err));
	}
	if (!err && token.len)
		*ret = add(*ret, token.text, &err);
	return err;
}

static void prepare(CURL *curl, const struct rph_attempt *attempt, const struct curl_slist *headers,
		    char *error)
{
	long timeout = (long)attempt->config->trigger.webhook_timeout;
	curl_easy_setopt(curl, CURLOPT_URL, attempt->config->trigger.webhook_url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, attempt->event->json);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
			 (curl_off_t)strlen(attempt->event->json));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_to_end);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, attempt->is_stopping);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_body);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "rephrased/" RPH_VERSION);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
}

static int perform(CURL *curl, struct rph_attempt *attempt, const char *error)
{
	long status = 0;
	CURLcode code = curl_easy_perform(curl);
	if (code != CURLE_OK) {
		snprintf(attempt->sentence, sizeof(attempt->sentence), "%s",
			 *error ? error : curl_easy_strerror(code));
		return RPH_E_IO;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status <= 299)
		return 0;
	snprintf(attempt->sentence, sizeof(attempt->sentence),
		 "the receiver answered with status %ld", status);
	return RPH_E_IO;
}

int rph_trigger_webhook(struct rph_attempt *attempt)
{
	char error[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	int err = curl ? make_headers(attempt, &headers) : RPH_E_NO_MEMORY;
	if (!err) {
		prepare(curl, attempt, headers, error);
		err = perform(curl, attempt, error);
	} else if (!*attempt->sentence) {
		snprintf(attempt->sentence, sizeof(attempt->sentence), "%s", rph_strerror(err));
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return err;
}
