/* SPDX-License-Identifier: Apache-2.0
 *
 * http_private.h - one request, shared by http.c (life, questions, routes) and http_order.c (orders
 * and their page). Nobody else includes it. All of it is on libmicrohttpd's thread, but for what the
 * queue and the errands have while they have it.
 */
#ifndef RPH_DAEMON_HTTP_PRIVATE_H
#define RPH_DAEMON_HTTP_PRIVATE_H

#include <microhttpd.h>

#include "daemon/http.h"
#include "daemon/http_guard.h"
#include "daemon/http_queue.h"

struct rph_http {
	struct rph_http_options options;
	struct MHD_Daemon *daemon;
	struct rph_http_queue *queue;
	struct rph_http_guard *guard;
	bool is_loopback;
	uint16_t port;
};

/* One request. `queued` is first: on_answer() gets the request by it. */
struct rph_request {
	struct rph_queued queued;
	struct rph_http *http;
	struct MHD_Connection *connection;
	struct rph_guarded *guarded;
	struct rph_errand errand; /* of an order */
	struct rph_buffer upload; /* its body; wiped, for it may hold a user's id */
	bool is_asked;            /* its question was put into the queue */
	bool is_ordered;          /* its order is on its way */
	bool is_large;            /* its body is too large for an order */
	const char *unknown;      /* a parameter that the path does not have */
	const char *allow;        /* methods of the path, for 405 */
};

/* Takes the text; `type` is static. A page that memory did not suffice for is a closed connection.
 */
enum MHD_Result rph_http_reply(struct rph_request *request, unsigned status, const char *type,
			       struct rph_buffer *text);
enum MHD_Result rph_http_reply_error(struct rph_request *request, unsigned status,
				     const char *sentence);
/* 405; `allow`: the methods that there are. */
enum MHD_Result rph_http_refuse_method(struct rph_request *request, const char *allow,
				       const char *sentence);
/* Whether the request may be answered: on loopback, only under an address or localhost. */
bool rph_http_is_plain_host(const struct rph_request *request);
enum MHD_Result rph_http_refuse_host(struct rph_request *request);
/* NULL: there is none. */
const char *rph_http_header(const struct rph_request *request, const char *name);

/* ---- http_order.c ---- */

/* False: it is no path of orders and their page, or none are taken. */
bool rph_http_route_order(struct rph_request *request, const char *path, const char *method,
			  enum MHD_Result *ret);
/* A piece of a body; thrown away where no orders are taken, or it is too long for one. */
void rph_http_take_body(struct rph_request *request, const char *bytes, size_t len);
void rph_http_free_order(struct rph_request *request);

#endif
