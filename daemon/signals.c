/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/signals.h"

#include <errno.h>
#include <signal.h>

static const int ours[] = {SIGTERM, SIGINT, SIGHUP};

static void fill(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < RPH_ARRAY_LEN(ours); i++)
		sigaddset(set, ours[i]);
}

int rph_signals_hold(void)
{
	sigset_t set;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	fill(&set);
	int err = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (!err && sigaction(SIGPIPE, &ignore, NULL) < 0)
		err = errno;
	return -err;
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct rph_signals *signals = handle->data;
	if (number == SIGHUP)
		signals->handlers.on_reload(signals->handlers.context);
	else
		signals->handlers.on_stop(signals->handlers.context, ++signals->stops);
}

int rph_signals_start(struct rph_signals *signals, uv_loop_t *loop,
		      const struct rph_signal_handlers *handlers)
{
	uv_signal_t *handles[] = {&signals->term, &signals->interrupt, &signals->hangup};
	sigset_t set;
	*signals = (struct rph_signals){.handlers = *handlers};
	/* All handles first, so that stop may close all of them whatever fails. */
	for (size_t i = 0; i < RPH_ARRAY_LEN(ours); i++) {
		int err = uv_signal_init(loop, handles[i]);
		if (err)
			return err;
		handles[i]->data = signals;
	}
	for (size_t i = 0; i < RPH_ARRAY_LEN(ours); i++) {
		int err = uv_signal_start(handles[i], on_signal, ours[i]);
		if (err)
			return err;
		uv_unref((uv_handle_t *)handles[i]);
	}
	fill(&set);
	return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void rph_signals_stop(struct rph_signals *signals)
{
	uv_signal_t *handles[] = {&signals->term, &signals->interrupt, &signals->hangup};
	for (size_t i = 0; i < RPH_ARRAY_LEN(ours); i++)
		if (handles[i]->data && !uv_is_closing((uv_handle_t *)handles[i]))
			uv_close((uv_handle_t *)handles[i], NULL);
	/* libuv has just given them back their default effect. */
	for (size_t i = 0; i < RPH_ARRAY_LEN(ours); i++)
		(void)!signal(ours[i], SIG_IGN);
}
