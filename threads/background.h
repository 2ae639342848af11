/* SPDX-License-Identifier: Apache-2.0
 *
 * background.h - a thread that runs one job at a time beside its owner.
 *
 * Jobs run in the order they were given, each after the one before has been waited for: no job
 * overtakes another. All calls come from the owner's thread.
 */
#ifndef RPH_THREADS_BACKGROUND_H
#define RPH_THREADS_BACKGROUND_H

#include "schemas/base.h"

struct rph_background;

/* Errors: RPH_E_NO_MEMORY, -errno of the thread that could not be made. */
int rph_background_new(struct rph_background **ret) RPH_MUST_CHECK;
/* Waits for a job under way. NULL is fine; returns NULL. */
struct rph_background *rph_background_free(struct rph_background *background);
RPH_DEFINE_CLEANUP(struct rph_background, rph_background_free)

/* Begins a job; none may be under way. */
void rph_background_begin(struct rph_background *background, int (*job)(void *data), void *data);
/* What the job begun last returned; 0 when none was begun since the last wait. */
int rph_background_wait(struct rph_background *background) RPH_MUST_CHECK;

#endif
