/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOUR INT64_C(3600000)

static rph_time_ms complete(size_t count, const struct rph_schedule_place *places)
{
	return rph_schedule_complete(places, count, 24 * HOUR);
}
#define COMPLETE(...)                                                       \
	complete(sizeof((const struct rph_schedule_place[]){__VA_ARGS__}) / \
			 sizeof(struct rph_schedule_place),                 \
		 (const struct rph_schedule_place[]){__VA_ARGS__})

static void nothing_is_complete_before_there_is_a_record(void **state)
{
	(void)state;
	assert_int_equal(complete(0, NULL), INT64_MIN);
	assert_int_equal(COMPLETE({INT64_MIN, true}, {INT64_MIN, false}), INT64_MIN);
}

static void the_slowest_partition_decides(void **state)
{
	(void)state;
	assert_int_equal(COMPLETE({100 * HOUR, false}, {90 * HOUR, false}), 90 * HOUR);
	assert_int_equal(COMPLETE({100 * HOUR, false}, {10 * HOUR, false}), 10 * HOUR);
}

static void a_silent_partition_holds_the_others_back_for_a_while_only(void **state)
{
	(void)state;
	assert_int_equal(COMPLETE({100 * HOUR, false}, {90 * HOUR, true}), 90 * HOUR);
	assert_int_equal(COMPLETE({100 * HOUR, false}, {10 * HOUR, true}), 76 * HOUR);
	assert_int_equal(COMPLETE({100 * HOUR, false}, {INT64_MIN, true}), 76 * HOUR);
}

static void a_partition_with_records_to_come_is_never_left_out(void **state)
{
	(void)state;
	assert_int_equal(COMPLETE({100 * HOUR, true}, {10 * HOUR, false}, {5 * HOUR, true}),
			 10 * HOUR);
	assert_int_equal(COMPLETE({100 * HOUR, true}, {INT64_MIN, false}), INT64_MIN);
}

static void where_all_are_silent_the_newest_less_the_wait_decides(void **state)
{
	(void)state;
	assert_int_equal(COMPLETE({100 * HOUR, true}, {INT64_MIN, true}), 76 * HOUR);
	assert_int_equal(COMPLETE({100 * HOUR, true}, {95 * HOUR, true}), 95 * HOUR);
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
	uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

/* By its definition: the greatest of all candidates T that every partition has passed or may be
 * left out for. */
static rph_time_ms slowly(const struct rph_schedule_place *places, size_t count, rph_time_ms idle)
{
	rph_time_ms best = INT64_MIN, newest = INT64_MIN;
	for (size_t i = 0; i < count; i++)
		if (places[i].complete_before > newest)
			newest = places[i].complete_before;
	for (rph_time_ms t = 0; t <= newest; t++) {
		bool fine = true;
		for (size_t i = 0; i < count; i++)
			fine &= places[i].complete_before >= t ||
				(places[i].silent && t + idle <= newest);
		if (fine)
			best = t;
	}
	return best;
}

static void it_is_the_greatest_time_that_fits_the_definition(void **state)
{
	(void)state;
	uint64_t seed = 7;
	for (int round = 0; round < 2000; round++) {
		struct rph_schedule_place places[4];
		size_t count = 1 + draw(&seed) % 4;
		rph_time_ms idle = (rph_time_ms)(draw(&seed) % 30);
		for (size_t i = 0; i < count; i++)
			places[i] = (struct rph_schedule_place){(rph_time_ms)(draw(&seed) % 60),
								draw(&seed) % 2 == 0};
		assert_int_equal(rph_schedule_complete(places, count, idle),
				 slowly(places, count, idle));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_complete_before_there_is_a_record),
		cmocka_unit_test(the_slowest_partition_decides),
		cmocka_unit_test(a_silent_partition_holds_the_others_back_for_a_while_only),
		cmocka_unit_test(a_partition_with_records_to_come_is_never_left_out),
		cmocka_unit_test(where_all_are_silent_the_newest_less_the_wait_decides),
		cmocka_unit_test(it_is_the_greatest_time_that_fits_the_definition),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
