/* SPDX-License-Identifier: Apache-2.0
 *
 * http.h - the HTTP interface: GET and HEAD, no bodies, no files.
 *
 *	/live        200 as long as the process answers
 *	/ready       200 or 503, with the reasons as JSON
 *	/metrics     Prometheus text
 *	/version     {"name":"rephrased","version":"0.1.0"}
 *	/v1/rewrite  ?locale=&utterance=[&user=]     as `rephrased rewrite --json`
 *	/v1/explain  ?locale=&utterance=[&week=]     as `rephrased explain --json`
 *	/v1/pairs    [?locale=][&status=][&week=][&limit=100]   {"week","total","pairs":[...]}, best
 *first
 *
 * Errors are {"error":"sentence"}: 400 bad parameter, 403 foreign Host header (see below), 404,
 *405, 413 a body, 414 and 431 too long, 500, 503 with Retry-After when RPH_HTTP_QUEUE questions
 *wait.
 *
 * Threads. One of libmicrohttpd's own (epoll) serves the connections and answers everything but
 * /v1; one more answers /v1, one question after the other, by short read transactions of the store:
 * a long answer delays neither probes nor mining. The loop is not involved.
 *
 * Limits: http.max_connections; 16 KiB for a request's line and headers; http.timeout for silence,
 * and twice that for a whole request, however slowly it drips in.
 *
 * What is answered under /v1 was said by people. Listen on loopback unless a proxy checks who asks.
 * On loopback a Host header must be an address or localhost: a page in a browser on this machine
 * cannot read answers by pointing its own name here.
 */
#ifndef RPH_DAEMON_HTTP_H
#define RPH_DAEMON_HTTP_H

#include "daemon/log.h"
#include "schemas/config.h"
#include "store/store.h"

enum { RPH_HTTP_QUEUE = 64, RPH_HTTP_PAIRS_MAX = 1000 };

struct rph_http;

struct rph_http_options {
	const char *listen; /* "127.0.0.1:8080", "[::1]:8080", "*:8080"; port 0: any free one */
	/* A clone that becomes the interface's own, also on error. */
	struct rph_config *config;
	const struct rph_keys *keys;
	struct rph_store *store;     /* borrowed; must outlive the interface */
	struct rph_metrics *metrics; /* borrowed */
	struct rph_log *log;         /* borrowed */
	/* Whether /ready says yes; appends reasons as JSON strings (rph_json_string()) when not.
	 * Called on the HTTP thread; must not block. */
	bool (*is_ready)(void *context, struct rph_buffer *reasons);
	void *context;
};

/* Listens and serves. Errors: RPH_E_BAD_CONFIG (`listen` is no address), -errno (such as
 * -EADDRINUSE), RPH_E_NO_MEMORY. */
int rph_http_start(const struct rph_http_options *options, struct rph_http **ret) RPH_MUST_CHECK;
/* The port it listens on. */
uint16_t rph_http_port(const struct rph_http *http);
/* Questions from now on are answered by `config`, a clone that becomes the interface's own. */
void rph_http_reconfigure(struct rph_http *http, struct rph_config *config);
/* Ends the answers under way (waits for the one being made: seconds at most), closes everything.
 * NULL is fine; returns NULL. */
struct rph_http *rph_http_stop(struct rph_http *http);
RPH_DEFINE_CLEANUP(struct rph_http, rph_http_stop)

/* Whether `listen` can be parsed; for `check`. */
bool rph_http_listen_is_valid(const char *listen);

#endif
