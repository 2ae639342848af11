/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dead_letters.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "schemas/error.h"

enum { PATH_SIZE = 128 };

static int make_dir(void **state)
{
	char *dir = test_calloc(1, PATH_SIZE);
	snprintf(dir, PATH_SIZE, "/tmp/rephrased-letters-XXXXXX");
	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

static int remove_dir(void **state)
{
	char *dir = *state, path[2 * PATH_SIZE + 256];
	DIR *folder = opendir(dir);
	for (struct dirent *entry; (entry = readdir(folder));) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		(void)unlink(path);
	}
	closedir(folder);
	assert_int_equal(rmdir(dir), 0);
	test_free(dir);
	return 0;
}

/* Opens the file of turns-0 at `next` and writes letters of the offsets first..last. */
static void write_letters(const char *dir, int64_t next, int64_t first, int64_t last)
{
	struct rph_dead_letters letters;
	const struct rph_rejection rejection = {.reason = RPH_REJECT_quarantined};
	assert_int_equal(rph_dead_letters_open(dir, RPH_SPAN("turns"), 0, RPH_SPAN("turns-0"), next,
					       &letters),
			 0);
	for (int64_t offset = first; offset <= last; offset++) {
		const struct rph_record record = {.value = RPH_SPAN("{"), .offset = offset};
		assert_int_equal(rph_dead_letters_write(&letters, &record, &rejection), 0);
	}
	assert_int_equal(rph_dead_letters_sync(&letters), 0);
	rph_dead_letters_close(&letters);
}

/* -1: there is no such file. */
static int count_lines(const char *dir, const char *name)
{
	char path[2 * PATH_SIZE];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "r");
	int lines = 0;
	if (!file)
		return -1;
	for (int c; (c = fgetc(file)) != EOF;)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static void letters_that_come_again_are_there_once(void **state)
{
	write_letters(*state, 0, 0, 9);
	write_letters(*state, 6, 6, 9);
	assert_int_equal(count_lines(*state, "turns-0.jsonl"), 10);
	write_letters(*state, 6, 1, 0);
	assert_int_equal(count_lines(*state, "turns-0.jsonl"), 6);
}

static void letters_set_aside_are_never_cut(void **state)
{
	for (int round = 1; round <= 3; round++) {
		char name[32];
		write_letters(*state, 0, 0, 9 + round);
		assert_int_equal(rph_dead_letters_set_aside(*state, RPH_SPAN("turns-0")), 0);
		assert_int_equal(count_lines(*state, "turns-0.jsonl"), -1);
		for (int before = 1; before <= round; before++) {
			snprintf(name, sizeof(name), "turns-0.%d.jsonl", before);
			assert_int_equal(count_lines(*state, name), 10 + before);
		}
	}
	write_letters(*state, 2, 2, 4);
	assert_int_equal(count_lines(*state, "turns-0.jsonl"), 3);
	assert_int_equal(count_lines(*state, "turns-0.1.jsonl"), 11);
}

static void nothing_to_set_aside_is_no_error(void **state)
{
	assert_int_equal(rph_dead_letters_set_aside(*state, RPH_SPAN("turns-0")), 0);
	assert_int_equal(rph_dead_letters_set_aside("/no/such/folder", RPH_SPAN("turns-0")), 0);
	write_letters(*state, 0, 0, 2);
	assert_int_equal(rph_dead_letters_set_aside(*state, RPH_SPAN("turns-1")), 0);
	assert_int_equal(count_lines(*state, "turns-0.jsonl"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(letters_that_come_again_are_there_once, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(letters_set_aside_are_never_cut, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(nothing_to_set_aside_is_no_error, make_dir,
						remove_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
