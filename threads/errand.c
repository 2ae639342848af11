/* SPDX-License-Identifier: Apache-2.0 */
#include "threads/errand.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "schemas/error.h"

struct rph_errand {
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake, done;
	/* under the lock */
	int (*job)(void *data); /* NULL: none is under way */
	void *data;
	int result;
	bool ending;
};

static void *work(void *argument)
{
	struct rph_errand *errand = argument;
	pthread_mutex_lock(&errand->lock);
	for (;;) {
		while (!errand->job && !errand->ending)
			pthread_cond_wait(&errand->wake, &errand->lock);
		if (!errand->job)
			break;
		pthread_mutex_unlock(&errand->lock);
		int result = errand->job(errand->data);
		pthread_mutex_lock(&errand->lock);
		errand->result = result;
		errand->job = NULL;
		pthread_cond_signal(&errand->done);
	}
	pthread_mutex_unlock(&errand->lock);
	return NULL;
}

int rph_errand_new(struct rph_errand **ret)
{
	RPH_CLEANUP(rph_errand_free) struct rph_errand *errand = calloc(1, sizeof(*errand));
	if (!errand)
		return RPH_E_NO_MEMORY;
	pthread_mutex_init(&errand->lock, NULL);
	pthread_cond_init(&errand->wake, NULL);
	pthread_cond_init(&errand->done, NULL);
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&errand->thread, NULL, work, errand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	errand->started = true;
	*ret = errand;
	errand = NULL;
	return 0;
}

struct rph_errand *rph_errand_free(struct rph_errand *errand)
{
	if (!errand)
		return NULL;
	pthread_mutex_lock(&errand->lock);
	errand->ending = true;
	pthread_cond_signal(&errand->wake);
	pthread_mutex_unlock(&errand->lock);
	if (errand->started)
		pthread_join(errand->thread, NULL);
	pthread_cond_destroy(&errand->done);
	pthread_cond_destroy(&errand->wake);
	pthread_mutex_destroy(&errand->lock);
	free(errand);
	return NULL;
}

void rph_errand_begin(struct rph_errand *errand, int (*job)(void *data), void *data)
{
	pthread_mutex_lock(&errand->lock);
	RPH_ASSERT(!errand->job);
	errand->job = job;
	errand->data = data;
	pthread_cond_signal(&errand->wake);
	pthread_mutex_unlock(&errand->lock);
}

int rph_errand_wait(struct rph_errand *errand)
{
	pthread_mutex_lock(&errand->lock);
	while (errand->job)
		pthread_cond_wait(&errand->done, &errand->lock);
	int result = errand->result;
	errand->result = 0;
	pthread_mutex_unlock(&errand->lock);
	return result;
}
