/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/command_verify.h"

static int verify(struct desk *desk, char *option)
{
	return ask(desk, rph_command_verify,
		   (char *[]){A("verify"), A("--store"), desk->place->store, option, NULL});
}

/* Changes bytes in the file where the text of a formulation stands: bit rot. */
static void damage(const struct desk *desk, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/data.mdb", desk->place->store);
	FILE *file = fopen(path, "r+");
	assert_non_null(file);
	static char bytes[4 << 20];
	size_t len = fread(bytes, 1, sizeof(bytes), file);
	size_t found = 0, text_len = strlen(text);
	for (size_t at = 0; at + text_len <= len; at++) {
		if (memcmp(bytes + at, text, text_len) != 0)
			continue;
		assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
		assert_int_equal(fputc('?', file), '?');
		found++;
	}
	assert_true(found > 0);
	assert_int_equal(fclose(file), 0);
}

static void a_sound_store_ends_with_0_and_its_counts_without_the_secret(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(verify(desk, NULL), 0);
	assert_says(desk->output, "formulations              2\n");
	assert_says(desk->output, "votes                     8\n");
	assert_says(desk->output, "0 faults");
	assert_string_equal(desk->errors, "");
}

static void a_secret_that_is_given_must_be_the_one_of_the_store(void **state)
{
	struct desk *desk = *state;
	char other[96];
	assert_int_equal(ASK(desk, rph_command_verify, A("--json")), 0);
	snprintf(other, sizeof(other), "%s/other-secret", desk->place->dir);
	put_secret(other, "02");
	assert_int_equal(ask(desk, rph_command_verify,
			     (char *[]){A("verify"), A("--store"), desk->place->store,
					A("--secret"), other, NULL}),
			 78);
	assert_says(desk->errors, "made with another deployment secret");
}

static void json_has_the_counts_as_numbers(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(verify(desk, A("--json")), 0);
	json_t *root = read_json(desk->output);
	assert_int_equal(json_integer_value(json_object_get(root, "faults")), 0);
	assert_int_equal(json_integer_value(json_object_get(root, "votes")), 8);
	assert_int_equal(json_integer_value(json_object_get(root, "users_by_week")), 8);
	assert_int_equal(json_array_size(json_object_get(root, "sentences")), 0);
	json_decref(root);
}

static void a_damaged_row_is_a_fault_and_ends_with_74(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	damage(desk, "make the kitchen bright");
	assert_int_equal(verify(desk, NULL), 74);
	assert_says(desk->errors, "rephrased verify: fault: formulation ");
	assert_says(desk->errors, "restore a backup");
	assert_int_equal(verify(desk, A("--json")), 74);
	json_t *root = read_json(desk->output);
	json_int_t faults = json_integer_value(json_object_get(root, "faults"));
	assert_true(faults > 0);
	assert_int_equal(json_array_size(json_object_get(root, "sentences")), faults);
	json_decref(root);
}

static void a_dump_has_every_row_once_in_the_order_of_its_table(void **state)
{
	struct desk *desk = *state;
	char table[32] = "", key[1024] = "";
	size_t votes = 0, tables = 0;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(verify(desk, A("--dump")), 0);
	for (char *line = strtok(desk->output, "\n"); line; line = strtok(NULL, "\n")) {
		json_t *row = read_json(line);
		const char *row_table = json_string_value(json_object_get(row, "table"));
		const char *row_key = json_string_value(json_object_get(row, "key"));
		if (strcmp(table, row_table) == 0)
			assert_true(strcmp(key, row_key) < 0);
		else
			tables++;
		snprintf(table, sizeof(table), "%s", row_table);
		snprintf(key, sizeof(key), "%s", row_key);
		votes += strcmp(table, "vote") == 0;
		json_decref(row);
	}
	assert_int_equal(votes, 8);
	/* formulation, goal, vote, usage, user_index, meta */
	assert_int_equal(tables, 6);
}

static void a_directory_without_a_store_ends_with_66(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ask(desk, rph_command_verify,
			     (char *[]){A("verify"), A("--store"), desk->place->other, NULL}),
			 66);
	assert_says(desk->errors, "there is no store in this directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_store_ends_with_0_and_its_counts_without_the_secret),
		TEST(a_secret_that_is_given_must_be_the_one_of_the_store),
		TEST(json_has_the_counts_as_numbers),
		TEST(a_damaged_row_is_a_fault_and_ends_with_74),
		TEST(a_dump_has_every_row_once_in_the_order_of_its_table),
		TEST(a_directory_without_a_store_ends_with_66),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
