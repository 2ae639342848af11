/* SPDX-License-Identifier: Apache-2.0
 *
 * http_guard.h - ends connections that take too long to ask, however busily they drip: a thread
 * that looks once in a while. libmicrohttpd's own time-out only sees silence.
 */
#ifndef RPH_DAEMON_HTTP_GUARD_H
#define RPH_DAEMON_HTTP_GUARD_H

#include "schemas/base.h"

struct rph_http_guard;
struct rph_guarded; /* one connection */

/* Connections that wait for their request longer than `patience_ms` are shut down. RPH_E_NO_MEMORY,
 * -errno. */
int rph_http_guard_new(size_t max_connections, uint64_t patience_ms,
		       struct rph_http_guard **ret) RPH_MUST_CHECK;
/* NULL when there is no room: the connection is not guarded. */
struct rph_guarded *rph_http_guard_add(struct rph_http_guard *guard, int fd);
/* The request is there and being answered: time does not count. / It is answered: it counts again.
 * `guarded` may be NULL, here and below. */
void rph_http_guard_pause(struct rph_http_guard *guard, struct rph_guarded *guarded);
void rph_http_guard_restart(struct rph_http_guard *guard, struct rph_guarded *guarded);
/* Before the descriptor is closed. */
void rph_http_guard_remove(struct rph_http_guard *guard, struct rph_guarded *guarded);
/* NULL is fine; returns NULL. */
struct rph_http_guard *rph_http_guard_free(struct rph_http_guard *guard);

#endif
