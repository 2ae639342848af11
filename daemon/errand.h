/* SPDX-License-Identifier: Apache-2.0
 *
 * errand.h - orders on their way from the threads that bring them to the loop that has them carried
 * out, and their answers on the way back.
 *
 * put() may be called from any thread. The loop is woken through a libuv handle, takes what waits,
 * and answers each. After close() nothing is taken any more; what still waits is answered with 503.
 */
#ifndef RPH_DAEMON_ERRAND_H
#define RPH_DAEMON_ERRAND_H

#include <stdatomic.h>
#include <uv.h>

#include "daemon/order.h"

struct rph_errand {
	struct rph_order order;
	struct rph_buffer body; /* the answer */
	unsigned status;        /* of the answer */
	/* Called once, on the loop's thread or that of close(); the errand is the caller's again. */
	void (*on_answer)(struct rph_errand *errand);
	struct rph_errand *next;
};

enum { RPH_ERRANDS_MAX = 16 };

struct rph_errands {
	uv_mutex_t lock;
	uv_async_t *wake; /* NULL: nobody is to be woken */
	struct rph_errand *first, **last;
	atomic_uint count;
	bool is_closed;
};

/* -errno of libuv. It must not move afterwards. */
int rph_errands_init(struct rph_errands *errands) RPH_MUST_CHECK;
/* Closed, and nobody puts any more. */
void rph_errands_destroy(struct rph_errands *errands);

/* From now on `wake` is sent to when there is something to take; NULL: no longer. */
void rph_errands_wake(struct rph_errands *errands, uv_async_t *wake);
/* False: it is closed, or RPH_ERRANDS_MAX wait; on_answer will not be called. */
bool rph_errands_put(struct rph_errands *errands, struct rph_errand *errand) RPH_MUST_CHECK;
/* The one that has waited longest; NULL when none waits. The taker calls on_answer. */
struct rph_errand *rph_errands_take(struct rph_errands *errands);
/* Whether one waits; cheap, any thread. */
bool rph_errands_wait(struct rph_errands *errands);

/* Answers with an error and gives the errand back. */
void rph_errand_refuse(struct rph_errand *errand, unsigned status, const char *sentence);
/* Idempotent. */
void rph_errands_close(struct rph_errands *errands);

#endif
