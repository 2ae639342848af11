/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void add_text(struct rph_block *block, const char *bytes, size_t len, int64_t offset)
{
	const struct rph_record record = {.value = {bytes, len}, .offset = offset};
	assert_int_equal(rph_block_add(block, &record), 0);
}

static void lines_stay_when_the_log_takes_them_back(void **state)
{
	(void)state;
	enum { LINES = 1000, BYTES = 5000 };
	struct rph_block block;
	static char line[BYTES];
	assert_int_equal(rph_block_init(&block, LINES), 0);
	for (int round = 0; round < 2; round++) {
		rph_block_clear(&block);
		uint32_t count = 0;
		for (; rph_block_has_room(&block); count++) {
			memset(line, 'a' + count % 26, sizeof(line));
			add_text(&block, line, count % 3 ? BYTES : 0, count);
		}
		assert_int_equal(block.count, count);
		assert_in_range(count, 800, LINES); /* one or the other bound */
		for (uint32_t i = 0; i < count; i++) {
			const struct rph_record *record = &block.records[i];
			assert_int_equal(record->offset, i);
			assert_int_equal(record->value.len, i % 3 ? BYTES : 0);
			for (size_t j = 0; j < record->value.len; j++)
				assert_true(record->value.ptr[j] == (char)('a' + i % 26));
		}
	}
	rph_block_free(&block);
}

static void a_line_longer_than_a_block_fits_in(void **state)
{
	(void)state;
	enum { LONG = 9 << 20 };
	struct rph_block block;
	char *line = malloc(LONG);
	assert_non_null(line);
	memset(line, 'x', LONG);
	assert_int_equal(rph_block_init(&block, 8), 0);
	add_text(&block, "short", 5, 0);
	add_text(&block, line, LONG, 5);
	assert_false(rph_block_has_room(&block));
	assert_memory_equal(block.records[0].value.ptr, "short", 5);
	assert_memory_equal(block.records[1].value.ptr, line, LONG);
	rph_block_free(&block);
	free(line);
}

static void a_block_of_one_copies_nothing(void **state)
{
	(void)state;
	struct rph_block block;
	static const char line[] = "{}";
	assert_int_equal(rph_block_init(&block, 1), 0);
	add_text(&block, line, 2, 0);
	assert_ptr_equal(block.records[0].value.ptr, line);
	assert_false(rph_block_has_room(&block));
	rph_block_clear(&block);
	assert_true(rph_block_has_room(&block));
	rph_block_free(&block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_stay_when_the_log_takes_them_back),
		cmocka_unit_test(a_line_longer_than_a_block_fits_in),
		cmocka_unit_test(a_block_of_one_copies_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
