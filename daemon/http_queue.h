/* SPDX-License-Identifier: Apache-2.0
 *
 * http_queue.h - questions that wait for an answer, one thread that answers them in order.
 */
#ifndef RPH_DAEMON_HTTP_QUEUE_H
#define RPH_DAEMON_HTTP_QUEUE_H

#include "daemon/http_answer.h"
#include "daemon/log.h"

/* One of them; the caller's memory until on_answer was called. */
struct rph_queued {
	struct rph_question question;
	struct rph_buffer body; /* the answer */
	unsigned status;        /* of the answer; 0: none yet */
	struct rph_queued *next;
};

struct rph_http_queue;

struct rph_http_queue_options {
	struct rph_answerer *answerer; /* becomes the queue's, also on error */
	struct rph_log *log;
	size_t limit;
	/* On the answering thread, or on that of close. */
	void (*on_answer)(struct rph_queued *queued);
};

/* RPH_E_NO_MEMORY, -errno. */
int rph_http_queue_new(const struct rph_http_queue_options *options,
		       struct rph_http_queue **ret) RPH_MUST_CHECK;
/* False: too many wait, or it is closed; on_answer will not be called. */
bool rph_http_queue_put(struct rph_http_queue *queue, struct rph_queued *queued) RPH_MUST_CHECK;
/* Before the next question is answered. `config` becomes the queue's. */
void rph_http_queue_reconfigure(struct rph_http_queue *queue, struct rph_config *config);
/* Breaks off the answer being made; what waits is answered with 503. The queue takes nothing more.
 */
void rph_http_queue_close(struct rph_http_queue *queue);
/* After close. NULL is fine; returns NULL. */
struct rph_http_queue *rph_http_queue_free(struct rph_http_queue *queue);

#endif
