/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/command_export.h"

static char *week_text(char text[static RPH_WEEK_TEXT_SIZE], int after)
{
	rph_week_format((rph_week)(THIS_WEEK + after), text);
	return text;
}

static void a_week_is_written_whole_and_its_counts_are_told(void **state)
{
	struct desk *desk = *state;
	char week[RPH_WEEK_TEXT_SIZE], path[160];
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_export, A("--out"), desk->out, A("--week"),
			     week_text(week, 0)),
			 0);
	assert_says(desk->output, week);
	assert_says(desk->output, "1 promoted");
	assert_says(desk->errors, "is the newest week in the store");
	snprintf(path, sizeof(path), "%s/%s/_SUCCESS", desk->out, week);
	assert_int_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/%s/train.jsonl", desk->out, week);
	assert_int_equal(access(path, F_OK), 0);
}

static void a_week_newer_than_the_data_is_refused_and_nothing_is_written(void **state)
{
	struct desk *desk = *state;
	char week[RPH_WEEK_TEXT_SIZE], newest[RPH_WEEK_TEXT_SIZE];
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_export, A("--out"), desk->out, A("--week"),
			     week_text(week, 1)),
			 66);
	assert_says(desk->errors, "the newest evidence in store");
	assert_says(desk->errors, week_text(newest, 0));
	assert_int_not_equal(access(desk->out, F_OK), 0);
}

static void a_format_that_nobody_knows_is_refused(void **state)
{
	struct desk *desk = *state;
	char week[RPH_WEEK_TEXT_SIZE];
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_export, A("--out"), desk->out, A("--week"),
			     week_text(week, 0), A("--format"), A("csv")),
			 64);
	assert_says(desk->errors, "names a format that there is not");
}

static void a_folder_that_cannot_be_made_is_an_output_error(void **state)
{
	struct desk *desk = *state;
	char week[RPH_WEEK_TEXT_SIZE];
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_export, A("--out"), A("/proc/no-such-folder"),
			     A("--week"), week_text(week, 0)),
			 74);
	assert_says(desk->errors, "--out /proc/no-such-folder");
}

static void an_empty_store_has_no_week(void **state)
{
	struct desk *desk = *state;
	char week[RPH_WEEK_TEXT_SIZE];
	assert_int_equal(ASK(desk, rph_command_export, A("--out"), desk->out, A("--week"),
			     week_text(week, 0)),
			 66);
	assert_says(desk->errors, "holds no evidence yet");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_week_is_written_whole_and_its_counts_are_told),
		TEST(a_week_newer_than_the_data_is_refused_and_nothing_is_written),
		TEST(a_format_that_nobody_knows_is_refused),
		TEST(a_folder_that_cannot_be_made_is_an_output_error),
		TEST(an_empty_store_has_no_week),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
