/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http_queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "schemas/error.h"

struct rph_http_queue {
	struct rph_http_queue_options options;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct rph_queued *first, **last;
	size_t count;
	struct rph_config *config; /* to be taken over, or NULL */
	bool is_closed;
};

static void answer(struct rph_http_queue *queue, struct rph_queued *queued)
{
	int err = 0;
	queued->status =
		rph_answerer_ask(queue->options.answerer, &queued->question, &queued->body, &err);
	if (err)
		RPH_SAY(queue->options.log, http_failed, RPH_TEXT("error", rph_strerror(err)));
	queue->options.on_answer(queued);
}

static void *serve(void *context)
{
	struct rph_http_queue *queue = context;
	pthread_mutex_lock(&queue->lock);
	for (;;) {
		while (!queue->first && !queue->is_closed)
			pthread_cond_wait(&queue->changed, &queue->lock);
		if (queue->is_closed)
			break;
		struct rph_queued *queued = queue->first;
		struct rph_config *config = queue->config;
		queue->config = NULL;
		queue->first = queued->next;
		if (!queue->first)
			queue->last = &queue->first;
		queue->count--;
		pthread_mutex_unlock(&queue->lock);
		if (config)
			rph_answerer_reconfigure(queue->options.answerer, config);
		answer(queue, queued);
		pthread_mutex_lock(&queue->lock);
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

int rph_http_queue_new(const struct rph_http_queue_options *options, struct rph_http_queue **ret)
{
	struct rph_http_queue *queue = calloc(1, sizeof(*queue));
	if (!queue) {
		rph_answerer_free(options->answerer);
		return RPH_E_NO_MEMORY;
	}
	queue->options = *options;
	queue->last = &queue->first;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->changed, NULL);
	int err = pthread_create(&queue->thread, NULL, serve, queue);
	if (err) {
		queue->is_closed = true;
		rph_http_queue_free(queue);
		return -err;
	}
	*ret = queue;
	return 0;
}

bool rph_http_queue_put(struct rph_http_queue *queue, struct rph_queued *queued)
{
	queued->next = NULL;
	pthread_mutex_lock(&queue->lock);
	bool is_taken = !queue->is_closed && queue->count < queue->options.limit;
	if (is_taken) {
		*queue->last = queued;
		queue->last = &queued->next;
		queue->count++;
		pthread_cond_signal(&queue->changed);
	}
	pthread_mutex_unlock(&queue->lock);
	return is_taken;
}

void rph_http_queue_reconfigure(struct rph_http_queue *queue, struct rph_config *config)
{
	pthread_mutex_lock(&queue->lock);
	struct rph_config *old = queue->config;
	queue->config = config;
	pthread_mutex_unlock(&queue->lock);
	rph_config_free(old);
}

void rph_http_queue_close(struct rph_http_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	bool was_closed = queue->is_closed;
	queue->is_closed = true;
	pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
	if (was_closed)
		return;
	rph_answerer_stop(queue->options.answerer);
	pthread_join(queue->thread, NULL);
	struct rph_queued *next = queue->first;
	queue->first = NULL;
	while (next) {
		struct rph_queued *queued = next;
		next = queued->next;
		queued->status = 503;
		rph_answer_error(&queued->body, RPH_ANSWER_STOPPING);
		queue->options.on_answer(queued);
	}
}

struct rph_http_queue *rph_http_queue_free(struct rph_http_queue *queue)
{
	if (!queue)
		return NULL;
	RPH_ASSERT(queue->is_closed);
	rph_answerer_free(queue->options.answerer);
	rph_config_free(queue->config);
	pthread_cond_destroy(&queue->changed);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
	return NULL;
}
