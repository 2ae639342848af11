/* SPDX-License-Identifier: Apache-2.0
 *
 * http_administration.h - what keeps a web page from ordering in its visitor's name, and the page
 * that a person reviews pairs with. Knows nothing of connections.
 *
 * There are no accounts: whoever may connect to the loopback address may order (http.administration
 * says so). A page in a browser on this machine may connect too, so an order must carry
 * Content-Type: application/json, which such a page cannot send to another origin without asking
 * first, and is never told that it may; and where the browser says who asks (Origin,
 * Sec-Fetch-Site) it must be the page that this service serves. Host is looked at by http.c.
 */
#ifndef RPH_DAEMON_HTTP_ADMINISTRATION_H
#define RPH_DAEMON_HTTP_ADMINISTRATION_H

#include "schemas/base.h"

/* Headers as they came; NULL where there was none. */
struct rph_admin_headers {
	const char *host, *origin, *content_type, *fetch_site;
};

/* 0, or the status to refuse an order with: 403, 415; then *sentence says why. */
unsigned rph_admin_check(const struct rph_admin_headers *headers, const char **sentence);

/* The page and its parts; each is its own file in this folder, put into the program by the build. */
struct rph_page {
	const char *path, *type;
	const unsigned char *text;
	size_t len;
};
/* False: no page of this path. */
bool rph_page_find(const char *path, struct rph_page *ret) RPH_MUST_CHECK;

/* Content-Security-Policy of every page: nothing from elsewhere, nothing inline. */
#define RPH_PAGE_POLICY                                                                 \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#endif
