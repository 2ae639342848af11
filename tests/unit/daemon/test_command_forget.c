/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/command_forget.h"

/* One user says one thing; the store knows the user as the command will. */
static void tell_as(const struct desk *desk, const char *user_id)
{
	struct rph_keys keys = test_keys(1);
	struct rph_store *store = open_store(desk->place->store, RPH_STORE_WRITE);
	struct told told;
	begin_telling(&told);
	tell(&told, &kitchen, rph_user_of(&keys, rph_span_of(user_id)), 0);
	end_telling(&told, store);
	rph_store_close(store);
}

static uint64_t rows_of(const struct desk *desk)
{
	struct rph_store_info info;
	struct rph_store *store = open_store(desk->place->store, RPH_STORE_READ);
	assert_int_equal(rph_store_info(store, &info), 0);
	rph_store_close(store);
	return info.formulations + info.goals + info.votes + info.usages + info.users_by_week;
}

static void a_user_is_gone_with_everything_that_nobody_else_said(void **state)
{
	struct desk *desk = *state;
	tell_as(desk, "user 17");
	assert_int_not_equal(rows_of(desk), 0);
	assert_int_equal(ASK(desk, rph_command_forget, A("user 17")), 0);
	assert_says(desk->output, "removed or reduced: 1 votes, 2 usage rows, 2 formulations");
	assert_int_equal(rows_of(desk), 0);
}

static void another_user_keeps_everything(void **state)
{
	struct desk *desk = *state;
	tell_as(desk, "user 17");
	uint64_t before = rows_of(desk);
	assert_int_equal(ASK(desk, rph_command_forget, A("user 18")), 0);
	assert_says(desk->output, "nothing of this user is in the store");
	assert_int_equal(rows_of(desk), before);
}

static void what_the_store_cannot_reach_is_named_with_the_exported_weeks(void **state)
{
	struct desk *desk = *state;
	const struct rph_export_row rows[] = {{.week = THIS_WEEK}, {.week = THIS_WEEK - 40}};
	char names[2][RPH_WEEK_TEXT_SIZE], expected[64];
	struct rph_store *store = open_store(desk->place->store, RPH_STORE_WRITE);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rph_store_put_export(store, &rows[i]), 0);
		rph_week_format(rows[i].week, names[i]);
	}
	rph_store_close(store);
	assert_int_equal(ASK(desk, rph_command_forget, A("user 17")), 0);
	snprintf(expected, sizeof(expected), "exported weeks: %s, %s;", names[0], names[1]);
	assert_says(desk->output, expected);
	assert_says(desk->output, "the logs themselves");
	assert_says(desk->output, "backups");
}

static int forget_from(struct desk *desk, const char *input)
{
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_true(fputs(input, file) >= 0);
	rewind(file);
	int saved = dup(STDIN_FILENO);
	assert_true(dup2(fileno(file), STDIN_FILENO) >= 0);
	clearerr(stdin);
	int exit_code = ASK(desk, rph_command_forget, A("-"));
	assert_true(dup2(saved, STDIN_FILENO) >= 0);
	close(saved);
	fclose(file);
	return exit_code;
}

static void the_id_may_come_from_standard_input(void **state)
{
	struct desk *desk = *state;
	tell_as(desk, "user 17");
	assert_int_equal(forget_from(desk, "user 17\n"), 0);
	assert_silent_about(desk->output, "user 17");
	assert_int_equal(rows_of(desk), 0);
	assert_int_equal(forget_from(desk, "\n"), 65);
	assert_int_equal(forget_from(desk, ""), 65);
	assert_says(desk->errors, "no user id");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_is_gone_with_everything_that_nobody_else_said),
		TEST(another_user_keeps_everything),
		TEST(what_the_store_cannot_reach_is_named_with_the_exported_weeks),
		TEST(the_id_may_come_from_standard_input),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
