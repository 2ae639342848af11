/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http_administration.h"

#include <string.h>
#include <strings.h>

/* Made by cmake/Embed.cmake. */
#define RPH_PAGE(id, path, type)               \
	extern const unsigned char rph_##id[]; \
	extern const size_t rph_##id##_len;
#include "daemon/page.def"
#undef RPH_PAGE

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t len = sizeof(json) - 1;
	return type && strncasecmp(type, json, len) == 0 &&
	       (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

/* The page that we serve has the origin http://HOST. */
static bool is_own_origin(const char *origin, const char *host)
{
	static const char scheme[] = "http://";
	size_t len = sizeof(scheme) - 1;
	return host && strncmp(origin, scheme, len) == 0 && strcasecmp(origin + len, host) == 0;
}

unsigned rph_admin_check(const struct rph_admin_headers *headers, const char **sentence)
{
	const char *site = headers->fetch_site;
	if (headers->origin && !is_own_origin(headers->origin, headers->host)) {
		*sentence = "the Origin header names another page";
		return 403;
	}
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0) {
		*sentence = "the Sec-Fetch-Site header says that another page asks";
		return 403;
	}
	if (!is_json(headers->content_type)) {
		*sentence = "the Content-Type header must be application/json";
		return 415;
	}
	return 0;
}

bool rph_page_find(const char *path, struct rph_page *ret)
{
	static const struct {
		struct rph_page page;
		const size_t *len;
	} pages[] = {
#define RPH_PAGE(id, path, type) {{path, type, rph_##id, 0}, &rph_##id##_len},
#include "daemon/page.def"
#undef RPH_PAGE
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(pages); i++) {
		if (strcmp(pages[i].page.path, path) != 0)
			continue;
		*ret = pages[i].page;
		ret->len = *pages[i].len;
		return true;
	}
	return false;
}
