/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/dead_letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/error.h"
#include "tests/unit/schemas/random_text.h"

static void a_dead_letter_is_one_line_of_json(void **state)
{
	(void)state;
	static const char wanted[] =
		"{\"topic\":\"turns\",\"partition\":3,\"offset\":4711,\"reason\":\"not_utf8\","
		"\"key\":\"\",\"text\":\"the record is not valid UTF-8\","
		"\"raw_base64\":\"eyL/fQo=\"}\n";
	struct rph_dead_letter letter = {.topic = RPH_SPAN("turns"),
					 .partition = 3,
					 .offset = 4711,
					 .reason = RPH_REJECT_not_utf8,
					 .raw = RPH_SPAN("{\"\xff}\n")};
	struct rph_arena arena;
	struct rph_span line;
	rph_arena_init(&arena, 1 << 20);
	assert_int_equal(rph_dead_letter_write(&letter, &arena, &line), 0);
	assert_int_equal(line.len, sizeof(wanted) - 1);
	assert_memory_equal(line.ptr, wanted, line.len);
	rph_arena_free(&arena);
}

static void assert_letters_equal(const struct rph_dead_letter *a, const struct rph_dead_letter *b)
{
	assert_true(rph_span_equal(a->topic, b->topic));
	assert_int_equal(a->partition, b->partition);
	assert_int_equal(a->offset, b->offset);
	assert_int_equal(a->reason, b->reason);
	assert_true(rph_span_equal(a->key, b->key));
	assert_true(rph_span_equal(a->raw, b->raw));
}

static void any_bytes_survive_the_way_there_and_back(void **state)
{
	(void)state;
	uint64_t random = 5;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	for (int i = 0; i < 5000; i++) {
		char topic[RANDOM_TEXT_SIZE], raw[300];
		struct rph_dead_letter letter, read;
		struct rph_span line;
		letter.topic = random_text(&random, topic);
		letter.partition = (int64_t)(next_random(&random) >> (next_random(&random) % 64));
		letter.offset = (int64_t)next_random(&random);
		letter.reason =
			(enum rph_reject)(1 + next_random(&random) % (RPH_REJECT_COUNT - 1));
		letter.key = rph_span_of(i % 2 ? "nlu.slots" : "");
		letter.raw = (struct rph_span){raw, next_random(&random) % sizeof(raw)};
		for (size_t k = 0; k < letter.raw.len; k++)
			raw[k] = (char)next_random(&random);
		assert_int_equal(rph_dead_letter_write(&letter, &arena, &line), 0);
		assert_ptr_equal(memchr(line.ptr, '\n', line.len), line.ptr + line.len - 1);
		assert_int_equal(rph_dead_letter_read(line, &arena, &read), 0);
		assert_letters_equal(&letter, &read);
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static void a_file_name_that_is_not_utf8_does_not_break_the_line(void **state)
{
	(void)state;
	struct rph_dead_letter letter = {.topic = RPH_SPAN("log-\xff-1"),
					 .reason = RPH_REJECT_empty},
			       read;
	struct rph_arena arena;
	struct rph_span line;
	rph_arena_init(&arena, 1 << 20);
	assert_int_equal(rph_dead_letter_write(&letter, &arena, &line), 0);
	assert_int_equal(rph_dead_letter_read(line, &arena, &read), 0);
	assert_true(rph_span_equal(read.topic, RPH_SPAN("log-\xef\xbf\xbd-1")));
	assert_int_equal(read.raw.len, 0);
	rph_arena_free(&arena);
}

static void what_is_no_dead_letter_is_refused(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"",
		"{}",
		"[1]",
		"{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"reason\":\"rainy\",\"key\":\"\","
		"\"raw_base64\":\"\"}",
		"{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"reason\":\"accepted\",\"key\":"
		"\"\","
		"\"raw_base64\":\"\"}",
		"{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"reason\":\"empty\",\"key\":\"\","
		"\"raw_base64\":\"!\"}",
		"{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"reason\":\"empty\",\"key\":\"\"}",
		"{\"topic\":1,\"partition\":0,\"offset\":0,\"reason\":\"empty\",\"key\":\"\","
		"\"raw_base64\":\"\"}",
		"{\"topic\":\"t\",\"partition\":\"0\",\"offset\":0,\"reason\":\"empty\",\"key\":"
		"\"\","
		"\"raw_base64\":\"\"}"};
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < RPH_ARRAY_LEN(lines); i++) {
		struct rph_dead_letter letter;
		assert_int_equal(rph_dead_letter_read(rph_span_of(lines[i]), &arena, &letter),
				 RPH_E_BAD_INPUT);
	}
	rph_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_letter_is_one_line_of_json),
		cmocka_unit_test(any_bytes_survive_the_way_there_and_back),
		cmocka_unit_test(a_file_name_that_is_not_utf8_does_not_break_the_line),
		cmocka_unit_test(what_is_no_dead_letter_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
