/* SPDX-License-Identifier: Apache-2.0 */
#include "../store/fixture.h"

#include <signal.h>

#include "daemon/signals.h"

struct heard {
	unsigned stops, last_count, reloads;
};

static void on_stop(void *context, unsigned count)
{
	struct heard *heard = context;
	heard->stops++;
	heard->last_count = count;
}

static void on_reload(void *context)
{
	((struct heard *)context)->reloads++;
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer;
}

static void turn(uv_loop_t *loop)
{
	/* Twice: a signal is read from a pipe in one turn. */
	uv_run(loop, UV_RUN_NOWAIT);
	uv_run(loop, UV_RUN_NOWAIT);
}

static void signals_during_start_wait_for_the_loop_and_each_later_one_is_told(void **state)
{
	struct heard heard = {0};
	struct rph_signals signals;
	struct rph_signal_handlers handlers = {on_stop, on_reload, &heard};
	uv_loop_t loop;
	(void)state;
	assert_int_equal(rph_signals_hold(), 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(raise(SIGPIPE), 0);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(rph_signals_start(&signals, &loop, &handlers), 0);
	/* Something that keeps the loop alive, as the service does. */
	uv_timer_t timer;
	uv_timer_init(&loop, &timer);
	uv_timer_start(&timer, on_timer, 3600000, 0);
	turn(&loop);
	assert_int_equal(heard.reloads, 1);
	assert_int_equal(heard.stops, 1);
	assert_int_equal(heard.last_count, 1);
	assert_int_equal(raise(SIGINT), 0);
	turn(&loop);
	assert_int_equal(heard.stops, 2);
	assert_int_equal(heard.last_count, 2);
	assert_int_equal(raise(SIGHUP), 0);
	turn(&loop);
	assert_int_equal(heard.reloads, 2);
	rph_signals_stop(&signals);
	assert_int_equal(raise(SIGTERM), 0);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_during_start_wait_for_the_loop_and_each_later_one_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
