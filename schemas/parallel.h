/* SPDX-License-Identifier: Apache-2.0
 *
 * parallel.h - how the core asks its shell to run independent tasks, perhaps on several threads.
 *
 * The core knows no threads: it names tasks by number and says what each needs alone. Nothing that
 * comes of them may depend on which lane took a task, or when.
 */
#ifndef RPH_SCHEMAS_PARALLEL_H
#define RPH_SCHEMAS_PARALLEL_H

#include "schemas/base.h"

/* {0} runs everything on the caller's thread. */
struct rph_parallel {
	uint32_t lanes; /* tasks that run at the same time, at most; 0 stands for 1 */
	/* Calls task(data, index, lane) once for every index below `count`, and returns when all
	 * have returned; what they wrote is visible to the caller then. Lanes are below `lanes`, no
	 * two tasks at a time have the same one, and within a lane the indexes ascend. */
	void (*run)(void *context, uint32_t count,
		    void (*task)(void *data, uint32_t index, uint32_t lane), void *data);
	void *context;
};

static inline uint32_t rph_parallel_lanes(const struct rph_parallel *parallel)
{
	return parallel->lanes ? parallel->lanes : 1;
}

/* As parallel->run; what is one task is run at once, in lane 0. */
static inline void rph_parallel_run(const struct rph_parallel *parallel, uint32_t count,
				    void (*task)(void *data, uint32_t index, uint32_t lane),
				    void *data)
{
	if (count > 1 && parallel->lanes > 1) {
		parallel->run(parallel->context, count, task, data);
		return;
	}
	for (uint32_t index = 0; index < count; index++)
		task(data, index, 0);
}

#endif
