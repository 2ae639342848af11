/* SPDX-License-Identifier: Apache-2.0
 *
 * stop.h - how long work is broken off from outside: a question that it asks every now and then.
 *
 * Whoever passes one decides what makes it say yes: a flag, a deadline. The core asks and knows
 * neither. Work that is told to stop returns RPH_E_STOPPED, and what it has not committed is as if
 * it had not begun.
 */
#ifndef RPH_SCHEMAS_STOP_H
#define RPH_SCHEMAS_STOP_H

#include <stdbool.h>

struct rph_stop {
	bool (*asked)(void *context); /* cheap; on the thread of the work */
	void *context;
};

/* NULL: never. */
static inline bool rph_stop_asked(const struct rph_stop *stop)
{
	return stop && stop->asked(stop->context);
}

/* The same once in a few hundred calls, for rows that cost less than the question. `count` is the
 * caller's, zero at first. */
static inline bool rph_stop_asked_sometimes(const struct rph_stop *stop, unsigned *count)
{
	return ++*count % 512 == 0 && rph_stop_asked(stop);
}

#endif
