/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/watchdog.h"

#include <stdlib.h>
#include <unistd.h>

static uint64_t number(const char *text)
{
	char *end;
	if (!text || *text < '0' || *text > '9')
		return 0;
	unsigned long long value = strtoull(text, &end, 10);
	return *end ? 0 : value;
}

void rph_watchdog_init(struct rph_watchdog *watchdog, const char *usec, const char *pid)
{
	*watchdog = (struct rph_watchdog){0};
	atomic_init(&watchdog->signs, 0);
	/* Set for another process: systemd does not wait for this one. */
	if (pid && number(pid) != (uint64_t)getpid())
		return;
	uint64_t interval = number(usec) / 1000 / 3;
	watchdog->interval_ms = number(usec) && !interval ? 1 : interval;
}

void rph_watchdog_job_begins(struct rph_watchdog *watchdog, uint64_t now, uint64_t allowed_ms)
{
	if (!watchdog)
		return;
	watchdog->allowed_ms = allowed_ms ? allowed_ms : 1;
	watchdog->signs_seen = atomic_load(&watchdog->signs);
	watchdog->seen_at = now;
}

void rph_watchdog_job_ends(struct rph_watchdog *watchdog)
{
	if (watchdog)
		watchdog->allowed_ms = 0;
}

void rph_watchdog_alive(struct rph_watchdog *watchdog)
{
	if (watchdog)
		atomic_fetch_add(&watchdog->signs, 1);
}

bool rph_watchdog_tick(struct rph_watchdog *watchdog, uint64_t now, const struct rph_notify *notify)
{
	uint64_t signs = atomic_load(&watchdog->signs);
	if (signs != watchdog->signs_seen) {
		watchdog->signs_seen = signs;
		watchdog->seen_at = now;
	}
	bool is_well = !watchdog->allowed_ms || now - watchdog->seen_at <= watchdog->allowed_ms;
	if (is_well && watchdog->interval_ms)
		rph_notify_watchdog(notify);
	return is_well;
}
