/* SPDX-License-Identifier: Apache-2.0
 *
 * pool.h - threads that run the tasks of a struct rph_parallel.
 *
 * The caller of run() is lane 0 and works too, so a pool of n lanes has n - 1 threads. A thread that
 * the system wakes too late to find a task left is not waited for. One run at a time.
 */
#ifndef RPH_THREADS_POOL_H
#define RPH_THREADS_POOL_H

#include "schemas/parallel.h"

enum { RPH_POOL_LANES_MAX = 64, RPH_POOL_LANES_STANDARD_MAX = 8 };

struct rph_pool;

/* Processors that this process may run on, RPH_POOL_LANES_STANDARD_MAX at most; at least 1. */
uint32_t rph_pool_standard_lanes(void);

/* `lanes` is 1 to RPH_POOL_LANES_MAX, or 0: rph_pool_standard_lanes(). Signals are blocked in the
 * threads. Errors: RPH_E_NO_MEMORY, -errno of the thread that could not be made. */
int rph_pool_new(uint32_t lanes, struct rph_pool **ret) RPH_MUST_CHECK;
/* Ends the threads; no run may be under way. NULL is fine; returns NULL. */
struct rph_pool *rph_pool_free(struct rph_pool *pool);
RPH_DEFINE_CLEANUP(struct rph_pool, rph_pool_free)

/* For the core; lives as long as the pool. */
struct rph_parallel rph_pool_parallel(struct rph_pool *pool);

#endif
