/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/quarantine.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "schemas/error.h"

static char dir[64], list[96], marker[96];

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/rephrased-quarantine-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(list, sizeof(list), "%s/quarantine.jsonl", dir);
	snprintf(marker, sizeof(marker), "%s/in-flight", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(list);
	unlink(marker);
	return rmdir(dir);
}

static struct rph_quarantine *open_it(struct rph_quarantine_report *report)
{
	struct rph_quarantine *quarantine = NULL;
	assert_int_equal(rph_quarantine_open(dir, &quarantine, report), 0);
	return quarantine;
}

/* Takes records of a partition in a process that dies hard at one of them (-1: at none). */
static void live_and_die_in(const char *topic, int32_t partition, uint32_t generation,
			    int64_t die_at)
{
	pid_t child = fork();
	if (child == 0) {
		struct rph_quarantine *quarantine;
		struct rph_quarantine_report report;
		if (rph_quarantine_open(dir, &quarantine, &report))
			_exit(1);
		for (int64_t offset = 0; offset < 20; offset++) {
			if (rph_quarantine_has(quarantine, topic, partition, generation, offset))
				continue;
			rph_quarantine_begin(quarantine, 0,
					     &(struct rph_quarantine_place){topic, partition,
									    generation, offset});
			if (offset == die_at)
				kill(getpid(), SIGKILL);
			rph_quarantine_end(quarantine, 0);
		}
		rph_quarantine_close(quarantine);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, die_at < 0 ? 0 : SIGKILL);
}

static void live_and_die(const char *topic, int32_t partition, int64_t die_at)
{
	live_and_die_in(topic, partition, 0, die_at);
}

static void after_a_quiet_end_there_is_nothing_to_tell(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	live_and_die("turns", 0, -1);
	struct rph_quarantine *quarantine = open_it(&report);
	assert_false(report.died);
	assert_int_equal(rph_quarantine_count(quarantine), 0);
	rph_quarantine_close(quarantine);
}

static void the_next_start_knows_the_very_record(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	live_and_die("turns", 3, 7);
	struct rph_quarantine *quarantine = open_it(&report);
	assert_true(report.died);
	assert_false(report.quarantined);
	assert_string_equal(report.topic, "turns");
	assert_int_equal(report.partition, 3);
	assert_int_equal(report.offset, 7);
	assert_int_equal(report.deaths, 1);
	rph_quarantine_close(quarantine);
}

static void the_third_death_in_a_row_puts_the_record_on_the_list(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	for (int i = 0; i < RPH_QUARANTINE_DEATHS; i++)
		live_and_die("turns", 3, 7);
	struct rph_quarantine *quarantine = open_it(&report);
	assert_true(report.quarantined);
	assert_true(rph_quarantine_has(quarantine, "turns", 3, 0, 7));
	assert_false(rph_quarantine_has(quarantine, "turns", 3, 0, 8));
	assert_false(rph_quarantine_has(quarantine, "turns", 2, 0, 7));
	assert_false(rph_quarantine_has(quarantine, "other", 3, 0, 7));
	rph_quarantine_close(quarantine);
	quarantine = open_it(&report);
	assert_false(report.died);
	assert_int_equal(rph_quarantine_count(quarantine), 1);
	rph_quarantine_close(quarantine);
	live_and_die("turns", 3, -1);
}

static void deaths_at_different_records_never_add_up(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	for (int i = 0; i < 12; i++)
		live_and_die("turns", i % 2, 7 + i % 3);
	struct rph_quarantine *quarantine = open_it(&report);
	assert_int_equal(rph_quarantine_count(quarantine), 0);
	rph_quarantine_close(quarantine);
}

/* A process that dies hard with one record in flight in each of `lanes` lanes; it is past the suspects
 * of the death before when it does. */
static void die_in_lanes(uint32_t lanes, int64_t first)
{
	pid_t child = fork();
	if (child == 0) {
		struct rph_quarantine *quarantine;
		struct rph_quarantine_report report;
		if (rph_quarantine_open(dir, &quarantine, &report))
			_exit(1);
		for (uint32_t lane = 0; lane < lanes; lane++)
			rph_quarantine_begin(
				quarantine, lane,
				&(struct rph_quarantine_place){"turns", 3, 0, first + 10 * lane});
		kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGKILL);
}

static void after_a_death_in_several_lanes_one_goes_on_until_all_suspects_are_passed(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	die_in_lanes(3, 100); /* 100, 110, 120 */
	struct rph_quarantine *quarantine = open_it(&report);
	assert_true(report.died);
	assert_int_equal(report.others, 2);
	assert_int_equal(report.deaths, 1);
	for (int64_t offset = 90; offset < 120; offset++) {
		rph_quarantine_passed(quarantine, "turns", 3, 0, offset);
		rph_quarantine_passed(quarantine, "turns", 2, 0, offset + 100);
		rph_quarantine_passed(quarantine, "other", 3, 0, offset + 100);
		assert_true(rph_quarantine_is_careful(quarantine));
	}
	rph_quarantine_passed(quarantine, "turns", 3, 0, 121); /* 120 is gone from the log */
	assert_false(rph_quarantine_is_careful(quarantine));
	rph_quarantine_close(quarantine);
	quarantine = open_it(&report);
	assert_false(report.died);
	assert_false(rph_quarantine_is_careful(quarantine));
	rph_quarantine_close(quarantine);
}

static void a_record_that_was_never_in_flight_alone_is_not_put_on_the_list(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	for (int i = 0; i < RPH_QUARANTINE_DEATHS; i++)
		die_in_lanes(2, 100);
	struct rph_quarantine *quarantine = open_it(&report);
	assert_true(report.died);
	assert_false(report.quarantined);
	assert_int_equal(rph_quarantine_count(quarantine), 0);
	rph_quarantine_close(quarantine);
}

static void the_record_that_is_to_blame_is_found_among_those_in_flight(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	die_in_lanes(4, 7); /* 7, 17, ... */
	live_and_die("turns", 3, 7);
	live_and_die("turns", 3, 7);
	struct rph_quarantine *quarantine = open_it(&report);
	assert_true(report.quarantined);
	assert_int_equal(report.offset, 7);
	assert_int_equal(rph_quarantine_count(quarantine), 1);
	assert_true(rph_quarantine_has(quarantine, "turns", 3, 0, 7));
	rph_quarantine_close(quarantine);
}

static void a_record_of_a_topic_made_anew_is_another_record(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	for (uint32_t generation = 0; generation < 2; generation++) {
		for (int i = 0; i < RPH_QUARANTINE_DEATHS; i++)
			live_and_die_in("turns", 3, generation, 7);
		struct rph_quarantine *quarantine = open_it(&report);
		assert_true(report.quarantined);
		assert_int_equal(report.generation, generation);
		assert_true(rph_quarantine_has(quarantine, "turns", 3, generation, 7));
		assert_false(rph_quarantine_has(quarantine, "turns", 3, generation + 1, 7));
		rph_quarantine_close(quarantine);
	}
	/* Deaths in two generations do not add up. */
	live_and_die_in("turns", 4, 0, 9);
	live_and_die_in("turns", 4, 1, 9);
	live_and_die_in("turns", 4, 0, 9);
	struct rph_quarantine *quarantine = open_it(&report);
	assert_false(report.quarantined);
	assert_int_equal(rph_quarantine_count(quarantine), 2);
	rph_quarantine_close(quarantine);
}

static void a_list_from_before_there_were_generations_is_of_the_first(void **state)
{
	(void)state;
	struct rph_quarantine_report report;
	FILE *file = fopen(list, "we");
	assert_non_null(file);
	fputs("{\"topic\":\"turns\",\"partition\":3,\"offset\":7}\n", file);
	fclose(file);
	struct rph_quarantine *quarantine = open_it(&report);
	assert_true(rph_quarantine_has(quarantine, "turns", 3, 0, 7));
	assert_false(rph_quarantine_has(quarantine, "turns", 3, 1, 7));
	rph_quarantine_close(quarantine);
}

static void a_damaged_list_is_refused_and_a_damaged_marker_is_made_anew(void **state)
{
	(void)state;
	struct rph_quarantine *quarantine = NULL;
	struct rph_quarantine_report report;
	int fd = open(marker, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, "rubbish", 7), 7);
	close(fd);
	rph_quarantine_close(open_it(&report));
	assert_false(report.died);
	fd = open(list, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, "{\"topic\":\"turns\"}\n", 18), 18);
	close(fd);
	assert_int_equal(rph_quarantine_open(dir, &quarantine, &report), RPH_E_BAD_INPUT);
	assert_null(quarantine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(after_a_quiet_end_there_is_nothing_to_tell, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_next_start_knows_the_very_record, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			the_third_death_in_a_row_puts_the_record_on_the_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			after_a_death_in_several_lanes_one_goes_on_until_all_suspects_are_passed,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_record_that_was_never_in_flight_alone_is_not_put_on_the_list, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			the_record_that_is_to_blame_is_found_among_those_in_flight, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(deaths_at_different_records_never_add_up, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_record_of_a_topic_made_anew_is_another_record,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_list_from_before_there_were_generations_is_of_the_first, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_damaged_list_is_refused_and_a_damaged_marker_is_made_anew, set_up,
			tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
