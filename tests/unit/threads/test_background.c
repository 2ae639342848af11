/* SPDX-License-Identifier: Apache-2.0 */
#include "threads/background.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { JOBS = 500 };

struct notes {
	int order[JOBS];
	int count, next;
};

static int note(void *data)
{
	struct notes *notes = data;
	notes->order[notes->count++] = notes->next;
	return notes->next % 3;
}

static void jobs_run_in_their_order_and_give_what_they_return(void **state)
{
	(void)state;
	struct rph_background *background = NULL;
	struct notes notes = {0};
	assert_int_equal(rph_background_new(&background), 0);
	for (int i = 0; i < JOBS; i++) {
		notes.next = i;
		rph_background_begin(background, note, &notes);
		assert_int_equal(rph_background_wait(background), i % 3);
	}
	assert_null(rph_background_free(background));
	assert_int_equal(notes.count, JOBS);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(notes.order[i], i);
}

static void a_wait_without_a_job_is_no_error(void **state)
{
	(void)state;
	struct rph_background *background = NULL;
	struct notes notes = {.next = 2};
	assert_int_equal(rph_background_new(&background), 0);
	assert_int_equal(rph_background_wait(background), 0);
	rph_background_begin(background, note, &notes);
	assert_int_equal(rph_background_wait(background), 2);
	/* An error is told once. */
	assert_int_equal(rph_background_wait(background), 0);
	rph_background_free(background);
}

static void a_job_under_way_is_ended_before_the_thread_is(void **state)
{
	(void)state;
	for (int i = 0; i < JOBS; i++) {
		struct rph_background *background = NULL;
		struct notes notes = {0};
		assert_int_equal(rph_background_new(&background), 0);
		rph_background_begin(background, note, &notes);
		rph_background_free(background);
		assert_int_equal(notes.count, 1);
	}
	assert_null(rph_background_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_run_in_their_order_and_give_what_they_return),
		cmocka_unit_test(a_wait_without_a_job_is_no_error),
		cmocka_unit_test(a_job_under_way_is_ended_before_the_thread_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
