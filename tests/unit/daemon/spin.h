/* SPDX-License-Identifier: Apache-2.0
 *
 * spin.h - for tests with a loop or a socket: run until something is true, or fail after a while.
 */
#ifndef RPH_TESTS_UNIT_DAEMON_SPIN_H
#define RPH_TESTS_UNIT_DAEMON_SPIN_H

#include "../store/fixture.h"

#include <time.h>
#include <uv.h>

enum { SPIN_LIMIT_MS = 20000 };

static inline int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static inline void rest(int ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

/* `loop` may be NULL. */
#define SPIN_UNTIL(loop, condition)                                         \
	do {                                                                \
		int64_t spin_from = now_ms();                               \
		while (!(condition)) {                                      \
			if (loop)                                           \
				uv_run((loop), UV_RUN_NOWAIT);              \
			rest(1);                                            \
			if (now_ms() - spin_from > SPIN_LIMIT_MS)           \
				fail_msg("never happened: %s", #condition); \
		}                                                           \
	} while (0)

#endif
