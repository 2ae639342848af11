/* SPDX-License-Identifier: Apache-2.0 */
#include "threads/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "schemas/error.h"

struct worker {
	struct rph_pool *pool;
	uint32_t lane;
	pthread_t thread;
};

struct rph_pool {
	uint32_t lanes;   /* as asked for */
	uint32_t started; /* threads */
	struct worker workers[RPH_POOL_LANES_MAX];

	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	/* under the lock */
	uint64_t round; /* number of the run */
	bool open;      /* the run may still be joined */
	bool ending;
	uint32_t inside; /* threads that have joined the run and not left it */

	/* of the run; written before it opens */
	void (*task)(void *data, uint32_t index, uint32_t lane);
	void *data;
	uint32_t count;
	atomic_uint next; /* index of the first task that nobody has taken */
};

uint32_t rph_pool_standard_lanes(void)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	int count = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
	if (count < 1)
		return 1;
	return count < RPH_POOL_LANES_STANDARD_MAX ? (uint32_t)count : RPH_POOL_LANES_STANDARD_MAX;
}

static void take_tasks(struct rph_pool *pool, uint32_t lane)
{
	for (;;) {
		uint32_t index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
		if (index >= pool->count)
			return;
		pool->task(pool->data, index, lane);
	}
}

static void *work(void *argument)
{
	const struct worker *worker = argument;
	struct rph_pool *pool = worker->pool;
	uint64_t seen = 0;
	pthread_mutex_lock(&pool->lock);
	while (!pool->ending) {
		if (!pool->open || pool->round == seen) {
			pthread_cond_wait(&pool->wake, &pool->lock);
			continue;
		}
		seen = pool->round;
		pool->inside++;
		pthread_mutex_unlock(&pool->lock);
		take_tasks(pool, worker->lane);
		pthread_mutex_lock(&pool->lock);
		if (--pool->inside == 0)
			pthread_cond_signal(&pool->idle);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void run(void *context, uint32_t count,
		void (*task)(void *data, uint32_t index, uint32_t lane), void *data)
{
	struct rph_pool *pool = context;
	/* Every lane asks once more when nothing is left. */
	RPH_ASSERT(count < UINT32_MAX - RPH_POOL_LANES_MAX);
	pthread_mutex_lock(&pool->lock);
	RPH_ASSERT(!pool->open && !pool->inside);
	pool->task = task;
	pool->data = data;
	pool->count = count;
	atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
	pool->round++;
	pool->open = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);

	take_tasks(pool, 0);

	pthread_mutex_lock(&pool->lock);
	pool->open = false;
	while (pool->inside)
		pthread_cond_wait(&pool->idle, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}

static int start_threads(struct rph_pool *pool)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = 0;
	while (!err && pool->started + 1 < pool->lanes) {
		struct worker *worker = &pool->workers[pool->started];
		*worker = (struct worker){.pool = pool, .lane = pool->started + 1};
		err = pthread_create(&worker->thread, NULL, work, worker);
		pool->started += !err;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int rph_pool_new(uint32_t lanes, struct rph_pool **ret)
{
	RPH_ASSERT(lanes <= RPH_POOL_LANES_MAX);
	RPH_CLEANUP(rph_pool_free) struct rph_pool *pool = calloc(1, sizeof(*pool));
	if (!pool)
		return RPH_E_NO_MEMORY;
	pool->lanes = lanes ? lanes : rph_pool_standard_lanes();
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pthread_cond_init(&pool->idle, NULL);
	int err = start_threads(pool);
	if (err)
		return err;
	*ret = pool;
	pool = NULL;
	return 0;
}

struct rph_pool *rph_pool_free(struct rph_pool *pool)
{
	if (!pool)
		return NULL;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (uint32_t i = 0; i < pool->started; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->idle);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
	return NULL;
}

struct rph_parallel rph_pool_parallel(struct rph_pool *pool)
{
	return (struct rph_parallel){.lanes = pool->lanes, .run = run, .context = pool};
}
