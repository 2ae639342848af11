/* SPDX-License-Identifier: Apache-2.0 */
#include "threads/background.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "schemas/error.h"

struct rph_background {
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
	struct rph_background *background = argument;
	pthread_mutex_lock(&background->lock);
	for (;;) {
		while (!background->job && !background->ending)
			pthread_cond_wait(&background->wake, &background->lock);
		if (!background->job)
			break;
		pthread_mutex_unlock(&background->lock);
		int result = background->job(background->data);
		pthread_mutex_lock(&background->lock);
		background->result = result;
		background->job = NULL;
		pthread_cond_signal(&background->done);
	}
	pthread_mutex_unlock(&background->lock);
	return NULL;
}

int rph_background_new(struct rph_background **ret)
{
	RPH_CLEANUP(rph_background_free)
	struct rph_background *background = calloc(1, sizeof(*background));
	if (!background)
		return RPH_E_NO_MEMORY;
	pthread_mutex_init(&background->lock, NULL);
	pthread_cond_init(&background->wake, NULL);
	pthread_cond_init(&background->done, NULL);
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&background->thread, NULL, work, background);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	background->started = true;
	*ret = background;
	background = NULL;
	return 0;
}

struct rph_background *rph_background_free(struct rph_background *background)
{
	if (!background)
		return NULL;
	pthread_mutex_lock(&background->lock);
	background->ending = true;
	pthread_cond_signal(&background->wake);
	pthread_mutex_unlock(&background->lock);
	if (background->started)
		pthread_join(background->thread, NULL);
	pthread_cond_destroy(&background->done);
	pthread_cond_destroy(&background->wake);
	pthread_mutex_destroy(&background->lock);
	free(background);
	return NULL;
}

void rph_background_begin(struct rph_background *background, int (*job)(void *data), void *data)
{
	pthread_mutex_lock(&background->lock);
	RPH_ASSERT(!background->job);
	background->job = job;
	background->data = data;
	pthread_cond_signal(&background->wake);
	pthread_mutex_unlock(&background->lock);
}

int rph_background_wait(struct rph_background *background)
{
	pthread_mutex_lock(&background->lock);
	while (background->job)
		pthread_cond_wait(&background->done, &background->lock);
	int result = background->result;
	background->result = 0;
	pthread_mutex_unlock(&background->lock);
	return result;
}
