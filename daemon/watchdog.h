/* SPDX-License-Identifier: Apache-2.0
 *
 * watchdog.h - whether the service makes progress, for systemd's watchdog.
 *
 * The loop ticks; a tick pings systemd only while no job is overdue. So a loop that hangs and a job
 * that hangs both end in a restart, and an idle service does not. Every job says at its start how
 * long it may take without a sign of life.
 *
 * Threads: one (the loop), but for rph_watchdog_alive(), which the job itself calls.
 */
#ifndef RPH_DAEMON_WATCHDOG_H
#define RPH_DAEMON_WATCHDOG_H

#include <stdatomic.h>

#include "daemon/notify.h"

struct rph_watchdog {
	uint64_t interval_ms; /* tick at least this often; 0: systemd does not watch */
	uint64_t allowed_ms;  /* of the job under way; 0: none is */
	atomic_uint_least64_t signs;
	uint64_t signs_seen;
	uint64_t seen_at; /* when `signs` was last seen to change, ms */
};

/* `usec`, `pid`: $WATCHDOG_USEC and $WATCHDOG_PID, or NULL. The interval is a third of what systemd
 * waits. */
void rph_watchdog_init(struct rph_watchdog *watchdog, const char *usec, const char *pid);

/* `now`: a monotonic clock in ms, such as uv_now(). `watchdog` NULL: nothing. */
void rph_watchdog_job_begins(struct rph_watchdog *watchdog, uint64_t now, uint64_t allowed_ms);
void rph_watchdog_job_ends(struct rph_watchdog *watchdog);
/* A sign of life of a long job: its allowance starts again. */
void rph_watchdog_alive(struct rph_watchdog *watchdog);

/* Whether all is well; pings if so. */
bool rph_watchdog_tick(struct rph_watchdog *watchdog, uint64_t now,
		       const struct rph_notify *notify);

#endif
