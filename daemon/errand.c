/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/errand.h"

#include "daemon/http_answer.h"

int rph_errands_init(struct rph_errands *errands)
{
	*errands = (struct rph_errands){0};
	errands->last = &errands->first;
	atomic_init(&errands->count, 0);
	return uv_mutex_init(&errands->lock);
}

void rph_errands_destroy(struct rph_errands *errands)
{
	RPH_ASSERT(!errands->first);
	uv_mutex_destroy(&errands->lock);
}

void rph_errands_wake(struct rph_errands *errands, uv_async_t *wake)
{
	uv_mutex_lock(&errands->lock);
	errands->wake = wake;
	uv_mutex_unlock(&errands->lock);
}

bool rph_errands_put(struct rph_errands *errands, struct rph_errand *errand)
{
	errand->next = NULL;
	uv_mutex_lock(&errands->lock);
	bool is_taken = !errands->is_closed && atomic_load(&errands->count) < RPH_ERRANDS_MAX;
	if (is_taken) {
		*errands->last = errand;
		errands->last = &errand->next;
		atomic_fetch_add(&errands->count, 1);
		if (errands->wake)
			uv_async_send(errands->wake);
	}
	uv_mutex_unlock(&errands->lock);
	return is_taken;
}

struct rph_errand *rph_errands_take(struct rph_errands *errands)
{
	uv_mutex_lock(&errands->lock);
	struct rph_errand *errand = errands->first;
	if (errand) {
		errands->first = errand->next;
		if (!errands->first)
			errands->last = &errands->first;
		atomic_fetch_sub(&errands->count, 1);
	}
	uv_mutex_unlock(&errands->lock);
	return errand;
}

bool rph_errands_wait(struct rph_errands *errands)
{
	return atomic_load_explicit(&errands->count, memory_order_relaxed) > 0;
}

void rph_errand_refuse(struct rph_errand *errand, unsigned status, const char *sentence)
{
	errand->status = status;
	rph_answer_error(&errand->body, sentence);
	errand->on_answer(errand);
}

void rph_errands_close(struct rph_errands *errands)
{
	uv_mutex_lock(&errands->lock);
	errands->is_closed = true;
	errands->wake = NULL;
	uv_mutex_unlock(&errands->lock);
	struct rph_errand *errand;
	while ((errand = rph_errands_take(errands)))
		rph_errand_refuse(errand, 503, RPH_ANSWER_STOPPING);
}
