/* SPDX-License-Identifier: Apache-2.0 */
#include "../store/fixture.h"

#include "daemon/metrics.h"

static struct rph_metrics *new_metrics(void)
{
	struct rph_metrics *metrics = NULL;
	assert_int_equal(rph_metrics_new(&metrics), 0);
	return metrics;
}

static void render(struct rph_metrics *metrics, struct rph_buffer *text)
{
	rph_buffer_free(text);
	rph_metrics_render(metrics, text);
	assert_int_equal(text->error, 0);
}

static void assert_line(const struct rph_buffer *page, const char *line)
{
	char whole[512];
	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (!strstr(page->text, whole))
		fail_msg("no line '%s' in:\n%s", line, page->text);
}

static size_t name_length(const char *line)
{
	return strcspn(line, " {");
}

/* The family of a line: a histogram's three kinds of lines are one. */
static size_t family_length(const char *line, const char *family)
{
	static const char *const suffixes[] = {"", "_bucket", "_sum", "_count"};
	size_t len = strlen(family), whole = name_length(line);
	for (size_t i = 0; i < RPH_ARRAY_LEN(suffixes); i++)
		if (whole == len + strlen(suffixes[i]) && strncmp(line, family, len) == 0 &&
		    strncmp(line + len, suffixes[i], strlen(suffixes[i])) == 0)
			return len;
	return 0;
}

static void every_line_belongs_to_the_family_whose_help_and_type_stand_above_it(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	RPH_BUFFER_CLEANUP struct rph_buffer page = {0};
	char family[128] = "", seen[16384] = "";
	int families = 0;
	(void)state;
	rph_metrics_partition(metrics, "turns", 0, &(struct rph_partition_figures){1, 2, 1, 5, 7});
	rph_metrics_observe(metrics, RPH_METRIC_batch_time, 3);
	render(metrics, &page);
	for (char *line = strtok(page.text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "# HELP ", 7) == 0) {
			char mark[140];
			snprintf(family, sizeof(family), "%.*s", (int)name_length(line + 7),
				 line + 7);
			snprintf(mark, sizeof(mark), "|%s|", family);
			if (strstr(seen, mark))
				fail_msg("%s has two places", family);
			strncat(seen, mark, sizeof(seen) - strlen(seen) - 1);
			assert_true(strlen(line) > 7 + strlen(family) + 10);
			families++;
		} else if (strncmp(line, "# TYPE ", 7) == 0) {
			assert_int_equal(strncmp(line + 7, family, strlen(family)), 0);
		} else {
			assert_true(family_length(line, family) > 0);
			assert_int_equal(strncmp(line, "rephrased_", 10), 0);
		}
	}
	assert_true(families > 40);
}

static void counters_are_added_up_and_gauges_are_what_was_set_last(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	RPH_BUFFER_CLEANUP struct rph_buffer page = {0};
	(void)state;
	rph_metrics_add(metrics, RPH_METRIC_batches, 2);
	rph_metrics_add(metrics, RPH_METRIC_batches, 3);
	rph_metrics_set(metrics, RPH_METRIC_sessions_open, 9);
	rph_metrics_set(metrics, RPH_METRIC_sessions_open, 7);
	rph_metrics_add(NULL, RPH_METRIC_batches, 1);
	render(metrics, &page);
	assert_line(&page, "rephrased_batches_total 5");
	assert_line(&page, "rephrased_sessions_open 7");
	assert_non_null(strstr(page.text, "\nrephrased_build_info{version=\""));
	assert_int_equal(rph_metrics_get(metrics, RPH_METRIC_batches), 5);
}

static void a_time_is_shown_in_seconds_and_only_once_it_has_happened(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	RPH_BUFFER_CLEANUP struct rph_buffer page = {0};
	(void)state;
	render(metrics, &page);
	assert_null(strstr(page.text, "\nrephrased_last_commit_timestamp_seconds "));
	rph_metrics_set(metrics, RPH_METRIC_last_commit, UINT64_C(1795348212007));
	render(metrics, &page);
	assert_line(&page, "rephrased_last_commit_timestamp_seconds 1795348212.007");
}

static void the_buckets_of_a_histogram_add_up_for_any_observations(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	RPH_BUFFER_CLEANUP struct rph_buffer page = {0};
	struct random random = {5};
	uint64_t sum = 0, below_10 = 0;
	char line[128];
	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint64_t ms = random_below(&random, 1U << random_below(&random, 18));
		sum += ms;
		below_10 += ms <= 10;
		rph_metrics_observe(metrics, RPH_METRIC_commit_time, ms);
	}
	render(metrics, &page);
	snprintf(line, sizeof(line), "rephrased_commit_duration_seconds_sum %llu.%03llu",
		 (unsigned long long)sum / 1000, (unsigned long long)sum % 1000);
	assert_line(&page, line);
	snprintf(line, sizeof(line), "rephrased_commit_duration_seconds_bucket{le=\"0.010\"} %llu",
		 (unsigned long long)below_10);
	assert_line(&page, line);
	assert_line(&page, "rephrased_commit_duration_seconds_bucket{le=\"+Inf\"} 2000");
	assert_line(&page, "rephrased_commit_duration_seconds_count 2000");
}

static void a_pipelines_counts_are_added_once_however_often_they_are_read(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	struct rph_pipeline_counts now = {0}, before = {0};
	struct random random = {7};
	(void)state;
	for (int round = 0; round < 100; round++) {
		now.fates[random_below(&random, RPH_FATE_COUNT)] += random_below(&random, 5);
		now.rejects[RPH_REJECT_not_json] += random_below(&random, 3);
		now.rejects[RPH_REJECT_nothing_said]++;
		now.closed[RPH_CLOSE_GAP]++;
		now.mining.edges[RPH_EDGE_paraphrase] += 2;
		if (random_below(&random, 2))
			rph_metrics_count(metrics, &now, &before);
	}
	rph_metrics_count(metrics, &now, &before);
	rph_metrics_count(metrics, &now, &before);
	for (int fate = 0; fate < RPH_FATE_COUNT; fate++)
		assert_int_equal(
			rph_metrics_get(metrics,
					(enum rph_metric)(RPH_METRIC_records_counted + fate)),
			now.fates[fate]);
	assert_int_equal(rph_metrics_get(metrics, RPH_METRIC_rejected_not_json),
			 now.rejects[RPH_REJECT_not_json]);
	assert_int_equal(rph_metrics_get(metrics, RPH_METRIC_rejected_nothing_said), 100);
	assert_int_equal(rph_metrics_get(metrics, RPH_METRIC_closed_gap), 100);
	assert_int_equal(rph_metrics_get(metrics, RPH_METRIC_edge_paraphrase), 200);
	/* A pipeline made anew begins at 0 and takes nothing away. */
	before = (struct rph_pipeline_counts){0};
	now = (struct rph_pipeline_counts){.fates[RPH_FATE_LATE] = 1};
	uint64_t late = rph_metrics_get(metrics, RPH_METRIC_records_late);
	rph_metrics_count(metrics, &now, &before);
	assert_int_equal(rph_metrics_get(metrics, RPH_METRIC_records_late), late + 1);
}

static void partitions_are_sorted_updated_in_place_and_without_what_is_not_known(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	RPH_BUFFER_CLEANUP struct rph_buffer page = {0};
	struct rph_partition_figures figures = {10, -1, -1, 0, INT64_MIN};
	(void)state;
	rph_metrics_partition(metrics, "turns", 2, &figures);
	rph_metrics_partition(metrics, "turns", 10, &figures);
	rph_metrics_partition(metrics, "calls", 3, &figures);
	figures = (struct rph_partition_figures){12, 20, 8, 1500, 2500};
	rph_metrics_partition(metrics, "turns", 2, &figures);
	render(metrics, &page);
	assert_non_null(
		strstr(page.text,
		       "\nrephrased_partition_next_offset{topic=\"calls\",partition=\"3\"} 10\n"
		       "rephrased_partition_next_offset{topic=\"turns\",partition=\"2\"} 12\n"
		       "rephrased_partition_next_offset{topic=\"turns\",partition=\"10\"} 10\n"));
	assert_line(&page, "rephrased_consumer_lag_records{topic=\"turns\",partition=\"2\"} 8");
	assert_line(&page, "rephrased_partition_last_progress_timestamp_seconds"
			   "{topic=\"turns\",partition=\"2\"} 1.500");
	assert_null(strstr(page.text, "rephrased_consumer_lag_records{topic=\"calls\""));
	assert_null(
		strstr(page.text, "rephrased_partition_watermark_timestamp_seconds{topic=\"calls"));
}

static void a_topic_cannot_break_out_of_its_label(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	RPH_BUFFER_CLEANUP struct rph_buffer page = {0};
	(void)state;
	rph_metrics_partition(metrics, "a\"b\\c\nd", 0, &(struct rph_partition_figures){.next = 1});
	render(metrics, &page);
	assert_line(&page,
		    "rephrased_partition_next_offset{topic=\"a\\\"b\\\\c\\nd\",partition=\"0\"} 1");
}

static void more_partitions_than_the_page_has_room_for_are_only_counted(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	RPH_BUFFER_CLEANUP struct rph_buffer page = {0};
	(void)state;
	for (int32_t i = 0; i < RPH_METRICS_MAX_PARTITIONS + 5; i++)
		rph_metrics_partition(metrics, "turns", i,
				      &(struct rph_partition_figures){.next = i});
	render(metrics, &page);
	assert_line(&page, "rephrased_partitions_not_shown 5");
	assert_line(&page,
		    "rephrased_partition_next_offset{topic=\"turns\",partition=\"1023\"} 1023");
	assert_null(strstr(page.text, "partition=\"1024\""));
}

/* "| `name` | " for each family, and no other name. */
static void the_manual_names_every_family_with_its_type_and_no_other(void **state)
{
	RPH_CLEANUP(rph_metrics_free) struct rph_metrics *metrics = new_metrics();
	RPH_BUFFER_CLEANUP struct rph_buffer page = {0};
	static char manual[1 << 16];
	int families = 0, rows = 0;
	(void)state;
	FILE *file = fopen(RPH_SOURCE_DIR "/docs/metrics.md", "r");
	assert_non_null(file);
	manual[fread(manual, 1, sizeof(manual) - 1, file)] = '\0';
	fclose(file);
	render(metrics, &page);
	for (char *line = strtok(page.text, "\n"); line; line = strtok(NULL, "\n")) {
		char name[128], type[32], row[200];
		if (sscanf(line, "# TYPE %127s %31s", name, type) != 2)
			continue;
		snprintf(row, sizeof(row), "\n| `%s` | %s | ", name, type);
		if (!strstr(manual, row))
			fail_msg("docs/metrics.md has no row '%s'", row + 1);
		families++;
	}
	for (const char *at = manual; (at = strstr(at, "\n| `rephrased_")); at++)
		rows++;
	assert_int_equal(rows, families);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_names_every_family_with_its_type_and_no_other),
		cmocka_unit_test(
			every_line_belongs_to_the_family_whose_help_and_type_stand_above_it),
		cmocka_unit_test(counters_are_added_up_and_gauges_are_what_was_set_last),
		cmocka_unit_test(a_time_is_shown_in_seconds_and_only_once_it_has_happened),
		cmocka_unit_test(the_buckets_of_a_histogram_add_up_for_any_observations),
		cmocka_unit_test(a_pipelines_counts_are_added_once_however_often_they_are_read),
		cmocka_unit_test(
			partitions_are_sorted_updated_in_place_and_without_what_is_not_known),
		cmocka_unit_test(a_topic_cannot_break_out_of_its_label),
		cmocka_unit_test(more_partitions_than_the_page_has_room_for_are_only_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
