/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "schemas/error.h"

static void appended_pieces_stand_one_after_the_other(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer buffer = {0};
	char expected[8];
	for (int i = 0; i < 20000; i++) {
		if (i % 2)
			rph_buffer_format(&buffer, "%05d", i);
		else
			rph_buffer_add(&buffer, (struct rph_span){"spare----", 5});
	}
	assert_int_equal(buffer.error, 0);
	assert_int_equal(buffer.len, 100000);
	assert_int_equal(strlen(buffer.text), buffer.len);
	for (int i = 0; i < 20000; i++) {
		snprintf(expected, sizeof(expected), i % 2 ? "%05d" : "spare", i);
		assert_memory_equal(buffer.text + (size_t)i * 5, expected, 5);
	}
}

static void a_formatted_piece_may_be_longer_than_all_before(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer buffer = {0};
	for (int width = 1; width < 3000; width += 97) {
		size_t before = buffer.len;
		rph_buffer_format(&buffer, "%*d", width, 7);
		assert_int_equal(buffer.len, before + (size_t)width);
		assert_int_equal(buffer.text[buffer.len - 1], '7');
		assert_int_equal(buffer.text[buffer.len], '\0');
	}
}

static void a_fixed_buffer_cuts_and_remembers(void **state)
{
	(void)state;
	for (int way = 0; way < 2; way++) {
		char memory[9];
		memset(memory, 'x', sizeof(memory));
		struct rph_buffer buffer = rph_buffer_fixed(memory, 8);
		rph_buffer_add_text(&buffer, "abcd");
		assert_int_equal(buffer.error, 0);
		if (way == 0)
			rph_buffer_add_text(&buffer, "efgh");
		else
			rph_buffer_format(&buffer, "%s", "efgh");
		assert_int_equal(buffer.error, RPH_E_ARENA_FULL);
		assert_string_equal(memory, "abcdefg");
		assert_int_equal(memory[8], 'x');
		rph_buffer_add_text(&buffer, "more");
		rph_buffer_format(&buffer, "more");
		assert_string_equal(memory, "abcdefg");
		assert_int_equal(buffer.len, 7);
		rph_buffer_free(&buffer);
	}
}

static void exactly_what_fits_is_no_error(void **state)
{
	(void)state;
	char memory[5];
	struct rph_buffer buffer = rph_buffer_fixed(memory, sizeof(memory));
	rph_buffer_add_text(&buffer, "ab");
	rph_buffer_format(&buffer, "%s", "cd");
	rph_buffer_add_text(&buffer, "");
	assert_int_equal(buffer.error, 0);
	assert_string_equal(memory, "abcd");
}

static void an_impossible_size_is_an_error_and_not_a_crash(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer buffer = {0};
	rph_buffer_add_text(&buffer, "a");
	rph_buffer_add(&buffer, (struct rph_span){"b", SIZE_MAX - 1});
	assert_int_equal(buffer.error, RPH_E_NO_MEMORY);
	assert_string_equal(buffer.text, "a");
}

static void wrapped_lines_keep_width_and_indent(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer buffer = {0};
	rph_buffer_wrap(&buffer, "one two three four  fiveandmore averyverylongword end", 4, 14);
	assert_string_equal(buffer.text, "one two\n    three four\n    fiveandmore\n    "
					 "averyverylongword\n    end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appended_pieces_stand_one_after_the_other),
		cmocka_unit_test(a_formatted_piece_may_be_longer_than_all_before),
		cmocka_unit_test(a_fixed_buffer_cuts_and_remembers),
		cmocka_unit_test(exactly_what_fits_is_no_error),
		cmocka_unit_test(an_impossible_size_is_an_error_and_not_a_crash),
		cmocka_unit_test(wrapped_lines_keep_width_and_indent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
