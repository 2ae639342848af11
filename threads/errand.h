/* SPDX-License-Identifier: Apache-2.0
 *
 * errand.h - a thread that runs one job at a time beside its owner.
 *
 * Jobs run in the order they were given, each after the one before has been waited for: what an
 * errand does is never overtaken. All calls come from the owner's thread.
 */
#ifndef RPH_THREADS_ERRAND_H
#define RPH_THREADS_ERRAND_H

#include "schemas/base.h"

struct rph_errand;

/* Errors: RPH_E_NO_MEMORY, -errno of the thread that could not be made. */
int rph_errand_new(struct rph_errand **ret) RPH_MUST_CHECK;
/* Waits for a job under way. NULL is fine; returns NULL. */
struct rph_errand *rph_errand_free(struct rph_errand *errand);
RPH_DEFINE_CLEANUP(struct rph_errand, rph_errand_free)

/* Begins a job; none may be under way. */
void rph_errand_begin(struct rph_errand *errand, int (*job)(void *data), void *data);
/* What the job begun last returned; 0 when none was begun since the last wait. */
int rph_errand_wait(struct rph_errand *errand) RPH_MUST_CHECK;

#endif
