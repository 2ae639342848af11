/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http_guard.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/clock.h"
#include "schemas/error.h"

struct rph_guarded {
	int fd; /* -1: free */
	bool is_paused;
	int64_t since; /* monotonic, ms */
};

struct rph_http_guard {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stopped;
	bool is_stopped;
	int64_t patience;
	size_t count;
	struct rph_guarded places[];
};

/* Only shut down: the descriptor stays libmicrohttpd's, which then sees its end. */
static void look(struct rph_http_guard *guard)
{
	int64_t now = rph_clock_ms();
	for (size_t i = 0; i < guard->count; i++) {
		struct rph_guarded *place = &guard->places[i];
		if (place->fd >= 0 && !place->is_paused && now - place->since > guard->patience)
			shutdown(place->fd, SHUT_RDWR);
	}
}

static void *watch(void *context)
{
	struct rph_http_guard *guard = context;
	int64_t step = guard->patience / 4;
	pthread_mutex_lock(&guard->lock);
	while (!guard->is_stopped) {
		int64_t next = rph_clock_ms() + (step < 1000 ? step + 1 : 1000);
		struct timespec until = {next / 1000, next % 1000 * 1000000};
		pthread_cond_timedwait(&guard->stopped, &guard->lock, &until);
		look(guard);
	}
	pthread_mutex_unlock(&guard->lock);
	return NULL;
}

int rph_http_guard_new(size_t max_connections, uint64_t patience_ms, struct rph_http_guard **ret)
{
	struct rph_http_guard *guard =
		calloc(1, sizeof(*guard) + max_connections * sizeof(guard->places[0]));
	pthread_condattr_t attributes;
	if (!guard)
		return RPH_E_NO_MEMORY;
	guard->count = max_connections;
	guard->patience = (int64_t)patience_ms;
	for (size_t i = 0; i < max_connections; i++)
		guard->places[i].fd = -1;
	pthread_mutex_init(&guard->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&guard->stopped, &attributes);
	pthread_condattr_destroy(&attributes);
	int err = pthread_create(&guard->thread, NULL, watch, guard);
	if (err) {
		pthread_cond_destroy(&guard->stopped);
		pthread_mutex_destroy(&guard->lock);
		free(guard);
		return -err;
	}
	*ret = guard;
	return 0;
}

struct rph_guarded *rph_http_guard_add(struct rph_http_guard *guard, int fd)
{
	struct rph_guarded *found = NULL;
	pthread_mutex_lock(&guard->lock);
	for (size_t i = 0; i < guard->count && !found; i++)
		if (guard->places[i].fd < 0)
			found = &guard->places[i];
	if (found)
		*found = (struct rph_guarded){.fd = fd, .since = rph_clock_ms()};
	pthread_mutex_unlock(&guard->lock);
	return found;
}

static void set(struct rph_http_guard *guard, struct rph_guarded *guarded, bool is_paused)
{
	if (!guarded)
		return;
	pthread_mutex_lock(&guard->lock);
	guarded->is_paused = is_paused;
	guarded->since = rph_clock_ms();
	pthread_mutex_unlock(&guard->lock);
}

void rph_http_guard_pause(struct rph_http_guard *guard, struct rph_guarded *guarded)
{
	set(guard, guarded, true);
}

void rph_http_guard_restart(struct rph_http_guard *guard, struct rph_guarded *guarded)
{
	set(guard, guarded, false);
}

void rph_http_guard_remove(struct rph_http_guard *guard, struct rph_guarded *guarded)
{
	if (!guarded)
		return;
	pthread_mutex_lock(&guard->lock);
	guarded->fd = -1;
	pthread_mutex_unlock(&guard->lock);
}

struct rph_http_guard *rph_http_guard_free(struct rph_http_guard *guard)
{
	if (!guard)
		return NULL;
	pthread_mutex_lock(&guard->lock);
	guard->is_stopped = true;
	pthread_cond_signal(&guard->stopped);
	pthread_mutex_unlock(&guard->lock);
	pthread_join(guard->thread, NULL);
	pthread_cond_destroy(&guard->stopped);
	pthread_mutex_destroy(&guard->lock);
	free(guard);
	return NULL;
}
