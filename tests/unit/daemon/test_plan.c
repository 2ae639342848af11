/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/plan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "schemas/error.h"
#include "store/checkpoint.h"

struct desk {
	struct rph_config *config;
	struct rph_metrics *metrics;
	struct rph_plan plan;
	struct rph_plan_entry entry;
};

static int open_desk(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));
	assert_int_equal(rph_config_default(&desk->config), 0);
	assert_int_equal(rph_metrics_new(&desk->metrics), 0);
	desk->plan.config = desk->config;
	desk->plan.metrics = desk->metrics;
	desk->entry = (struct rph_plan_entry){.topic = "turns", .number = 3, .name = "3"};
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *desk = *state;
	rph_plan_free(&desk->plan);
	rph_metrics_free(desk->metrics);
	rph_config_free(desk->config);
	test_free(desk);
	return 0;
}

/* The store has counted up to 50 and needs records from 40 on. */
static void know(struct desk *desk)
{
	static const struct rph_offset_raise raises[] = {{41, 410}, {45, 450}};
	static const struct rph_offset_cut cuts[] = {{.offset = 42}, {.offset = 48}};
	desk->entry.known = true;
	desk->entry.offset = (struct rph_offset){
		.next = 50,
		.warm_from = 40,
		.watermark = 500,
		.warm_watermark = 400,
		.raises = raises,
		.raise_count = 2,
		.cuts = cuts,
		.cut_count = 2,
	};
}

static int decide(struct desk *desk, int64_t low, int64_t high, bool topic_known)
{
	desk->entry.low = low;
	desk->entry.high = high;
	return rph_plan_decide(&desk->plan, &desk->entry, topic_known);
}

static void assert_begins(const struct desk *desk, int64_t warm_from, int64_t next)
{
	assert_int_equal(desk->entry.offset.warm_from, warm_from);
	assert_int_equal(desk->entry.offset.next, next);
	assert_true(rph_span_equal(desk->entry.offset.topic, RPH_SPAN("turns")));
	assert_true(rph_span_equal(desk->entry.offset.partition, RPH_SPAN("3")));
}

static void a_known_partition_goes_on_where_it_was(void **state)
{
	struct desk *desk = *state;
	know(desk);
	assert_int_equal(decide(desk, 0, 60, true), 0);
	assert_begins(desk, 40, 50);
	assert_false(desk->entry.changed);
	assert_int_equal(decide(desk, 40, 50, true), 0);
	assert_begins(desk, 40, 50);
	assert_int_equal(desk->entry.offset.raise_count, 2);
}

static void a_new_topic_begins_where_the_configuration_says(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(decide(desk, 5, 60, false), 0);
	assert_begins(desk, 5, 5);
	assert_true(desk->entry.changed);
	assert_int_equal(desk->entry.offset.watermark, INT64_MIN);
	desk->config->kafka.start = "end";
	assert_int_equal(decide(desk, 5, 60, false), 0);
	assert_begins(desk, 60, 60);
	desk->config->kafka.start = "fail";
	assert_int_equal(decide(desk, 5, 60, false), RPH_E_BAD_CONFIG);
	assert_non_null(strstr(desk->plan.problem.text, "kafka.start"));
}

static void a_partition_added_to_a_known_topic_begins_at_its_beginning(void **state)
{
	struct desk *desk = *state;
	desk->config->kafka.start = "end";
	assert_int_equal(decide(desk, 0, 60, true), 0);
	assert_begins(desk, 0, 0);
	desk->config->kafka.start = "fail";
	assert_int_equal(decide(desk, 0, 60, true), 0);
}

static void lost_records_are_refused_with_a_sentence(void **state)
{
	static const int64_t lows[] = {41, 50, 51, 90};
	struct desk *desk = *state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(lows); i++) {
		know(desk);
		rph_buffer_free(&desk->plan.problem);
		assert_int_equal(decide(desk, lows[i], 100, true), RPH_E_RECORDS_LOST);
		assert_begins(desk, 40, 50);
		assert_non_null(strstr(desk->plan.problem.text, "turns partition 3"));
		assert_non_null(strstr(desk->plan.problem.text, "--accept-gap"));
	}
}

static void an_accepted_loss_of_uncounted_records_begins_behind_it(void **state)
{
	struct desk *desk = *state;
	know(desk);
	desk->plan.accept_gap = true;
	assert_int_equal(decide(desk, 90, 100, true), 0);
	assert_begins(desk, 90, 90);
	assert_true(desk->entry.changed);
	assert_int_equal(desk->entry.offset.warm_watermark, 500);
	assert_int_equal(desk->entry.offset.raise_count + desk->entry.offset.cut_count, 0);
}

static void an_accepted_loss_of_counted_records_counts_none_twice(void **state)
{
	struct desk *desk = *state;
	know(desk);
	desk->plan.accept_gap = true;
	assert_int_equal(decide(desk, 44, 100, true), 0);
	assert_begins(desk, 44, 50);
	assert_int_equal(desk->entry.offset.raise_count, 1);
	assert_int_equal(desk->entry.offset.raises[0].offset, 45);
	assert_int_equal(desk->entry.offset.cut_count, 1);
	assert_int_equal(desk->entry.offset.cuts[0].offset, 48);
}

static void a_log_that_became_shorter_is_never_counted_again(void **state)
{
	struct desk *desk = *state;
	know(desk);
	assert_int_equal(decide(desk, 0, 30, true), RPH_E_RECORDS_LOST);
	know(desk);
	desk->plan.accept_gap = true;
	assert_int_equal(decide(desk, 0, 30, true), 0);
	assert_begins(desk, 30, 30);
	assert_int_equal(desk->entry.offset.watermark, 500);
}

static void another_record_before_next_is_a_topic_made_anew(void **state)
{
	struct desk *desk = *state;
	know(desk);
	desk->entry.offset.tail_hash = 7;
	desk->entry.tail = 8;
	assert_int_equal(decide(desk, 0, 60, true), RPH_E_RECORDS_LOST);
	assert_begins(desk, 40, 50);
	assert_non_null(strstr(desk->plan.problem.text, "another record at offset 49"));
	assert_non_null(strstr(desk->plan.problem.text, "--accept-gap"));
	desk->plan.accept_gap = true;
	assert_int_equal(decide(desk, 0, 60, true), 0);
	assert_begins(desk, 60, 60);
	assert_true(desk->entry.anew && desk->entry.changed);
	assert_true(desk->entry.offset.tail_hash == 0);
	assert_int_equal(desk->entry.offset.generation, 1);
}

static void a_record_that_cannot_be_compared_is_believed(void **state)
{
	static const uint64_t hashes[][2] = {{0, 0}, {0, 8}, {7, 0}, {7, 7}};
	struct desk *desk = *state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(hashes); i++) {
		know(desk);
		desk->entry.offset.tail_hash = hashes[i][0];
		desk->entry.tail = hashes[i][1];
		assert_int_equal(decide(desk, 0, 60, true), 0);
		assert_begins(desk, 40, 50);
		assert_false(desk->entry.anew || desk->entry.changed);
		assert_int_equal(desk->entry.offset.generation, 0);
	}
}

static void a_record_is_told_by_its_value_and_its_time(void **state)
{
	(void)state;
	uint64_t hash = rph_record_hash(RPH_SPAN("{}"), 5);
	assert_true(hash == rph_record_hash(RPH_SPAN("{}"), 5));
	assert_true(hash != rph_record_hash(RPH_SPAN("{}"), 6));
	assert_true(hash != rph_record_hash(RPH_SPAN("[]"), 5));
	assert_true(rph_record_hash((struct rph_span){0}, RPH_NO_LOG_TIME) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_known_partition_goes_on_where_it_was, open_desk,
						close_desk),
		cmocka_unit_test_setup_teardown(a_new_topic_begins_where_the_configuration_says,
						open_desk, close_desk),
		cmocka_unit_test_setup_teardown(
			a_partition_added_to_a_known_topic_begins_at_its_beginning, open_desk,
			close_desk),
		cmocka_unit_test_setup_teardown(lost_records_are_refused_with_a_sentence, open_desk,
						close_desk),
		cmocka_unit_test_setup_teardown(
			an_accepted_loss_of_uncounted_records_begins_behind_it, open_desk,
			close_desk),
		cmocka_unit_test_setup_teardown(
			an_accepted_loss_of_counted_records_counts_none_twice, open_desk,
			close_desk),
		cmocka_unit_test_setup_teardown(a_log_that_became_shorter_is_never_counted_again,
						open_desk, close_desk),
		cmocka_unit_test_setup_teardown(another_record_before_next_is_a_topic_made_anew,
						open_desk, close_desk),
		cmocka_unit_test_setup_teardown(a_record_that_cannot_be_compared_is_believed,
						open_desk, close_desk),
		cmocka_unit_test(a_record_is_told_by_its_value_and_its_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
