/* SPDX-License-Identifier: Apache-2.0 */
#include "threads/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TASKS = 5000, ROUNDS = 200 };

struct work {
	atomic_uint times[TASKS];
	atomic_bool busy[RPH_POOL_LANES_MAX];
	uint32_t last[RPH_POOL_LANES_MAX]; /* index + 1 */
	uint32_t lanes;
	atomic_uint wrong;
};

static void note_task(void *data, uint32_t index, uint32_t lane)
{
	struct work *work = data;
	if (lane >= work->lanes || atomic_exchange(&work->busy[lane], true)) {
		atomic_fetch_add(&work->wrong, 1);
		return;
	}
	if (work->last[lane] > index)
		atomic_fetch_add(&work->wrong, 1);
	work->last[lane] = index + 1;
	atomic_fetch_add(&work->times[index], 1);
	atomic_store(&work->busy[lane], false);
}

static void every_task_runs_once_and_a_lane_is_never_in_two_tasks(void **state)
{
	(void)state;
	for (uint32_t lanes = 1; lanes <= 9; lanes += 2) {
		struct rph_pool *pool = NULL;
		assert_int_equal(rph_pool_new(lanes, &pool), 0);
		struct rph_parallel parallel = rph_pool_parallel(pool);
		assert_int_equal(parallel.lanes, lanes);
		struct work *work = calloc(1, sizeof(*work));
		assert_non_null(work);
		work->lanes = lanes;
		rph_parallel_run(&parallel, TASKS, note_task, work);
		for (uint32_t i = 0; i < TASKS; i++)
			assert_int_equal(atomic_load(&work->times[i]), 1);
		assert_int_equal(atomic_load(&work->wrong), 0);
		free(work);
		rph_pool_free(pool);
	}
}

static void add_one(void *data, uint32_t index, uint32_t lane)
{
	uint64_t *sums = data;
	sums[lane] += index + 1;
}

static void what_tasks_wrote_is_there_when_the_run_returns(void **state)
{
	(void)state;
	struct rph_pool *pool = NULL;
	assert_int_equal(rph_pool_new(4, &pool), 0);
	struct rph_parallel parallel = rph_pool_parallel(pool);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t sums[4] = {0};
		uint32_t count = round % 7;
		rph_parallel_run(&parallel, count, add_one, sums);
		assert_int_equal(sums[0] + sums[1] + sums[2] + sums[3],
				 (uint64_t)count * (count + 1) / 2);
	}
	rph_pool_free(pool);
}

static void without_a_pool_tasks_run_in_order_in_lane_0(void **state)
{
	(void)state;
	const struct rph_parallel parallel = {0};
	assert_int_equal(rph_parallel_lanes(&parallel), 1);
	struct work *work = calloc(1, sizeof(*work));
	assert_non_null(work);
	work->lanes = 1;
	rph_parallel_run(&parallel, TASKS, note_task, work);
	assert_int_equal(work->last[0], TASKS);
	assert_int_equal(atomic_load(&work->wrong), 0);
	free(work);
}

static void the_standard_is_some_threads_but_not_too_many(void **state)
{
	(void)state;
	struct rph_pool *pool = NULL;
	uint32_t lanes = rph_pool_standard_lanes();
	assert_in_range(lanes, 1, RPH_POOL_LANES_STANDARD_MAX);
	assert_int_equal(rph_pool_new(0, &pool), 0);
	assert_int_equal(rph_pool_parallel(pool).lanes, lanes);
	assert_null(rph_pool_free(pool));
	assert_null(rph_pool_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_task_runs_once_and_a_lane_is_never_in_two_tasks),
		cmocka_unit_test(what_tasks_wrote_is_there_when_the_run_returns),
		cmocka_unit_test(without_a_pool_tasks_run_in_order_in_lane_0),
		cmocka_unit_test(the_standard_is_some_threads_but_not_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
