/* SPDX-License-Identifier: Apache-2.0
 *
 * signals.h - SIGTERM and SIGINT stop the service, SIGHUP reloads its configuration.
 *
 * Order: hold as the first act of the command, while there is one thread: a SIGHUP that comes
 * during start-up waits instead of killing. start once the loop is ready: what was held arrives
 * then. Threads made in between inherit the block, which is what one wants.
 */
#ifndef RPH_DAEMON_SIGNALS_H
#define RPH_DAEMON_SIGNALS_H

#include <uv.h>

#include "schemas/base.h"

struct rph_signal_handlers {
	/* Called on the loop. `count`: 1 for the first request, then 2, ...: somebody is impatient.
	 */
	void (*on_stop)(void *context, unsigned count);
	void (*on_reload)(void *context);
	void *context;
};

struct rph_signals {
	struct rph_signal_handlers handlers;
	uv_signal_t term, interrupt, hangup;
	unsigned stops;
};

/* Blocks SIGTERM, SIGINT and SIGHUP, ignores SIGPIPE. 0 or -errno. */
int rph_signals_hold(void) RPH_MUST_CHECK;
/* `signals` must stay where it is until its handles are closed. 0 or -errno (libuv's errors are).
 */
int rph_signals_start(struct rph_signals *signals, uv_loop_t *loop,
		      const struct rph_signal_handlers *handlers) RPH_MUST_CHECK;
/* Closes the handles; the loop must run once more. Further signals are ignored: one more request to
 * stop must not turn an end with everything committed into a death. */
void rph_signals_stop(struct rph_signals *signals);

#endif
