/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.h - what time it is. Only the shell asks; nothing that reaches the store depends on it, but
 * for when a person decided something.
 */
#ifndef RPH_DAEMON_CLOCK_H
#define RPH_DAEMON_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t rph_clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Since 1970; a person may set it, back too. */
static inline int64_t rph_clock_wall_ms(void)
{
	return rph_clock_ns(CLOCK_REALTIME) / 1000000;
}

/* Since some time; only forward. */
static inline int64_t rph_clock_ms(void)
{
	return rph_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

#endif
