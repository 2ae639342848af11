/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/json_text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "schemas/error.h"
#include "tests/unit/schemas/random_text.h"

static void assert_text(const struct rph_buffer *buffer, const char *text)
{
	assert_int_equal(buffer->error, 0);
	assert_string_equal(buffer->text, text);
}

static void commas_stand_between_and_nowhere_else(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
	rph_json_open(&line, '{');
	rph_json_put_string(&line, "a", RPH_SPAN("{"));
	rph_json_put_integer(&line, "b", -1);
	rph_json_key(&line, "c");
	rph_json_open(&line, '[');
	rph_json_null(&line);
	rph_json_bool(&line, true);
	rph_json_open(&line, '{');
	rph_json_close(&line, '}');
	rph_json_open(&line, '[');
	rph_json_close(&line, ']');
	rph_json_string(&line, RPH_SPAN("["));
	rph_json_string(&line, RPH_SPAN(""));
	rph_json_close(&line, ']');
	rph_json_put_bool(&line, "d", false);
	rph_json_put_unsigned(&line, "e", UINT64_MAX);
	rph_json_put_ratio(&line, "f", 1, 2, 3);
	rph_json_close(&line, '}');
	rph_buffer_add_text(&line, "\n");
	rph_json_open(&line, '{');
	rph_json_close(&line, '}');
	assert_text(&line, "{\"a\":\"{\",\"b\":-1,\"c\":[null,true,{},[],\"[\",\"\"],\"d\":false,"
			   "\"e\":18446744073709551615,\"f\":0.5}\n{}");
}

static void strings_are_escaped(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
	rph_json_string(&line, RPH_SPAN("a\"b\\c\n\t\r\b\f\x01\x7f/\xc2\x85\xc3\xa9\xe2\x80\xa8"
					"\xe2\x80\xa9\xf0\x9f\x98\x80"));
	assert_text(&line, "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u007f/\\u0085\xc3\xa9\\u2028"
			   "\\u2029\xf0\x9f\x98\x80\"");
}

static void bytes_that_are_not_utf8_become_the_replacement_character(void **state)
{
	(void)state;
	static const char *const bad[] = {"a\xff"
					  "b",
					  "\xc0\xaf",
					  "\xed\xa0\x80",
					  "\xe3\x81",
					  "\xf4\x90\x80\x80",
					  "\x80"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(bad); i++) {
		RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
		rph_json_string(&line, rph_span_of(bad[i]));
		json_t *json = json_loadb(line.text, line.len, JSON_DECODE_ANY, NULL);
		assert_non_null(json);
		assert_non_null(strstr(line.text, "\\ufffd"));
		json_decref(json);
	}
}

static void another_parser_reads_back_any_string(void **state)
{
	(void)state;
	uint64_t random = 6;
	for (int i = 0; i < 20000; i++) {
		char bytes[RANDOM_TEXT_SIZE];
		RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
		struct rph_span text = random_text(&random, bytes);
		rph_json_string(&line, text);
		assert_int_equal(line.error, 0);
		json_t *json = json_loadb(line.text, line.len, JSON_DECODE_ANY, NULL);
		assert_non_null(json);
		assert_int_equal(json_string_length(json), text.len);
		assert_memory_equal(json_string_value(json), text.len ? text.ptr : "", text.len);
		json_decref(json);
	}
}

static void another_parser_reads_back_any_integer(void **state)
{
	(void)state;
	uint64_t random = 7;
	for (int i = 0; i < 20000; i++) {
		int64_t value = (int64_t)next_random(&random) >> (next_random(&random) % 64);
		value = i == 0 ? INT64_MIN : i == 1 ? INT64_MAX : i == 2 ? 0 : value;
		RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
		rph_json_integer(&line, value);
		json_t *json = json_loadb(line.text, line.len, JSON_DECODE_ANY, NULL);
		assert_true(json_is_integer(json));
		assert_true(json_integer_value(json) == value);
		json_decref(json);
	}
}

static void assert_ratio(uint64_t numerator, uint32_t denominator, unsigned digits,
			 const char *text)
{
	RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
	rph_json_ratio(&line, numerator, denominator, digits);
	assert_text(&line, text);
}

static void ratios_are_rounded_half_up_without_trailing_zeros(void **state)
{
	(void)state;
	assert_ratio(0, 256, 4, "0.0");
	assert_ratio(1, 256, 4, "0.0039");
	assert_ratio(238, 256, 4, "0.9297");
	assert_ratio(255, 256, 4, "0.9961");
	assert_ratio(256, 256, 4, "1.0");
	assert_ratio(384, 256, 4, "1.5");
	assert_ratio(1, 2, 1, "0.5");
	assert_ratio(1, 20, 1, "0.1");
	assert_ratio(999, 1000, 2, "1.0");
	assert_ratio(2, 3, 9, "0.666666667");
	assert_ratio((uint64_t)UINT32_MAX * UINT32_MAX, UINT32_MAX, 3, "4294967295.0");
	assert_ratio(UINT32_MAX - 1, UINT32_MAX, 9, "1.0");
}

static void ratios_lie_within_half_a_step(void **state)
{
	(void)state;
	uint64_t random = 8;
	for (int i = 0; i < 20000; i++) {
		uint32_t denominator = 1 + (uint32_t)next_random(&random) % 100000;
		uint64_t numerator = next_random(&random) % (UINT64_C(50) * denominator);
		unsigned digits = 1 + (unsigned)(next_random(&random) % 9);
		RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
		rph_json_ratio(&line, numerator, denominator, digits);
		json_t *json = json_loadb(line.text, line.len, JSON_DECODE_ANY, NULL);
		assert_true(json_is_real(json));
		double off = fabs(json_real_value(json) - (double)numerator / denominator);
		assert_true(off <= 0.5 * pow(10, -(double)digits) + 1e-12);
		json_decref(json);
	}
}

static void a_buffer_that_is_too_small_says_so_once_at_the_end(void **state)
{
	(void)state;
	char memory[8];
	struct rph_buffer line = rph_buffer_fixed(memory, sizeof(memory));
	rph_json_open(&line, '{');
	rph_json_put_string(&line, "key", RPH_SPAN("value"));
	rph_json_close(&line, '}');
	assert_int_equal(line.error, RPH_E_ARENA_FULL);
	assert_true(strlen(memory) < sizeof(memory));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_and_nowhere_else),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(bytes_that_are_not_utf8_become_the_replacement_character),
		cmocka_unit_test(another_parser_reads_back_any_string),
		cmocka_unit_test(another_parser_reads_back_any_integer),
		cmocka_unit_test(ratios_are_rounded_half_up_without_trailing_zeros),
		cmocka_unit_test(ratios_lie_within_half_a_step),
		cmocka_unit_test(a_buffer_that_is_too_small_says_so_once_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
