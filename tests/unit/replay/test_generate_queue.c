/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/generate_queue.h"
#include "replay/random.h"

/* A line carries its time and its place among the pushed, to be compared when it comes out. */
struct mark {
	rph_time_ms arrival;
	uint64_t order;
};

static void lines_leave_in_the_order_of_arrival_and_ties_in_that_of_pushing(void **state)
{
	(void)state;
	struct rph_random random;
	struct rph_queue queue = {0};
	rph_random_seed(&random, 3);
	uint64_t pushed = 0, popped = 0;
	for (rph_time_ms now = 0; now < 3000; now += 10) {
		for (unsigned i = rph_random_below(&random, 40); i > 0; i--) {
			struct mark mark = {now + rph_random_below(&random, 500), pushed++};
			struct rph_span text = {(const char *)&mark, sizeof(mark)};
			assert_int_equal(rph_queue_push(&queue, mark.arrival, 5, text), 0);
		}
		struct mark last = {-1, 0};
		for (const struct rph_line *line; (line = rph_queue_pop(&queue, now + 10));) {
			struct mark mark;
			assert_int_equal(line->len, sizeof(mark));
			assert_int_equal(line->partition, 5);
			memcpy(&mark, line->text, sizeof(mark));
			assert_true(mark.arrival < now + 10 && mark.arrival >= now);
			assert_true(mark.arrival > last.arrival ||
				    (mark.arrival == last.arrival && mark.order > last.order));
			last = mark;
			popped++;
		}
	}
	while (rph_queue_pop(&queue, INT64_MAX))
		popped++;
	assert_int_equal(popped, pushed);
	rph_queue_free(&queue);
}

static void a_line_is_copied_whole_whatever_its_length(void **state)
{
	(void)state;
	static char long_text[9000];
	struct rph_queue queue = {0};
	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(rph_queue_push(&queue, 2, 0, (struct rph_span){long_text, 9000}), 0);
	assert_int_equal(rph_queue_push(&queue, 1, 0, RPH_SPAN("short")), 0);
	memset(long_text, 'y', sizeof(long_text));
	assert_int_equal(rph_queue_pop(&queue, 10)->len, 5);
	const struct rph_line *line = rph_queue_pop(&queue, 10);
	assert_int_equal(line->len, 9000);
	for (size_t i = 0; i < line->len; i++)
		assert_int_equal(line->text[i], 'x');
	assert_null(rph_queue_pop(&queue, 10));
	rph_queue_free(&queue);
}

static void nothing_leaves_before_its_time(void **state)
{
	(void)state;
	struct rph_queue queue = {0};
	assert_null(rph_queue_pop(&queue, INT64_MAX));
	assert_int_equal(rph_queue_push(&queue, 100, 0, RPH_SPAN("a")), 0);
	assert_null(rph_queue_pop(&queue, 100));
	assert_non_null(rph_queue_pop(&queue, 101));
	rph_queue_free(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_leave_in_the_order_of_arrival_and_ties_in_that_of_pushing),
		cmocka_unit_test(a_line_is_copied_whole_whatever_its_length),
		cmocka_unit_test(nothing_leaves_before_its_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
