/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/schemas/random_text.h"

static size_t encode(uint32_t point, char bytes[static 4])
{
	if (point < 0x80) {
		bytes[0] = (char)point;
		return 1;
	}
	size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--, point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(0xf00 >> len | point);
	return len;
}

static void every_code_point_is_read_and_no_surrogate(void **state)
{
	(void)state;
	for (uint32_t point = 0; point < 0x110000; point++) {
		char bytes[4];
		uint32_t read = 0;
		size_t len = encode(point, bytes);
		bool is_surrogate = point >= 0xd800 && point < 0xe000;
		assert_int_equal(rph_utf8_character(bytes, len, &read), is_surrogate ? 0 : len);
		assert_true(is_surrogate || read == point);
		/* Never beyond what is there. */
		if (len > 1)
			assert_int_equal(rph_utf8_character(bytes, len - 1, &read), 0);
	}
}

static void malformed_bytes_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"\x80",
					  "\xbf",
					  "\xc0\x80",
					  "\xc1\xbf",
					  "\xe0\x9f\xbf",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80",
					  "\xff",
					  "\xe3\x81",
					  "\xc3(",
					  "\xed\xbf\xbf"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(bad); i++)
		assert_false(rph_utf8_is_valid(rph_span_of(bad[i])));
	assert_true(rph_utf8_is_valid((struct rph_span){NULL, 0}));
}

static void counting_agrees_with_reading_one_by_one(void **state)
{
	(void)state;
	uint64_t random = 12;
	for (int i = 0; i < 20000; i++) {
		char bytes[RANDOM_TEXT_SIZE];
		struct rph_span text = random_text(&random, bytes);
		size_t count = 0;
		uint32_t point;
		for (size_t at = 0; at < text.len; count++)
			at += rph_utf8_character(text.ptr + at, text.len - at, &point);
		assert_true(rph_utf8_is_valid(text));
		assert_int_equal(rph_utf8_count(text), count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_is_read_and_no_surrogate),
		cmocka_unit_test(malformed_bytes_are_refused),
		cmocka_unit_test(counting_agrees_with_reading_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
