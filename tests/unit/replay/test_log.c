/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "replay/log.h"
#include "schemas/error.h"

static char path[] = "/tmp/rephrased-test-log-XXXXXX";

static int make_path(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_plain(const char *text, size_t len)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Two gzip members one after the other, as logs that are appended to have. */
static void write_gzip(const char *text, size_t len)
{
	gzFile file = gzopen(path, "wb");
	assert_int_equal(gzwrite(file, text, (unsigned)(len / 2)), (int)(len / 2));
	assert_int_equal(gzclose(file), Z_OK);
	file = gzopen(path, "ab");
	assert_int_equal(gzwrite(file, text + len / 2, (unsigned)(len - len / 2)),
			 (int)(len - len / 2));
	assert_int_equal(gzclose(file), Z_OK);
}

static size_t write_zstd(const char *text, size_t len)
{
	size_t bound = ZSTD_compressBound(len);
	char *packed = malloc(bound);
	size_t size = ZSTD_compress(packed, bound, text, len, 1);
	assert_false(ZSTD_isError(size));
	write_plain(packed, size);
	free(packed);
	return size;
}

/* All lines with their offsets, as "offset:text\n". */
static char *read_all(int64_t from, int64_t checked)
{
	RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
	struct rph_log_line line;
	bool end;
	char *all = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&all, &size);
	assert_int_equal(rph_log_open(path, &log), 0);
	if (from || checked)
		assert_int_equal(rph_log_skip_to(log, from, checked), 0);
	int64_t expected = from;
	for (;;) {
		assert_int_equal(rph_log_next(log, &line, &end), 0);
		if (end)
			break;
		assert_int_equal(line.offset, expected);
		expected = line.next_offset;
		fprintf(out, "%lld:%.*s\n", (long long)line.offset, (int)line.text.len,
			line.text.ptr);
	}
	fclose(out);
	return all;
}

static void expect_lines(const char *expected)
{
	char *all = read_all(0, 0);
	assert_string_equal(all, expected);
	free(all);
}

static void lines_have_the_offsets_of_their_first_bytes(void **state)
{
	(void)state;
	write_plain("ab\n\ncde\r\nlast", 13);
	expect_lines("0:ab\n3:\n4:cde\n9:last\n");
}

static void an_empty_log_has_no_line(void **state)
{
	(void)state;
	write_plain("", 0);
	expect_lines("");
}

static void packed_logs_read_as_their_text(void **state)
{
	(void)state;
	write_gzip("ab\n\ncde\r\nlast", 13);
	expect_lines("0:ab\n3:\n4:cde\n9:last\n");
	write_zstd("ab\n\ncde\r\nlast", 13);
	expect_lines("0:ab\n3:\n4:cde\n9:last\n");
}

static char *long_text(size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	for (unsigned i = 0; i < 60000; i++)
		fprintf(out, "line %u %.*s\n", i, (int)(i % 90),
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xx"
			"xxxxxxxxxxxxxxx");
	fclose(out);
	return text;
}

static void a_packed_log_that_is_cut_off_is_damaged_input(void **state)
{
	(void)state;
	size_t len;
	char *text = long_text(&len);
	for (int packing = 0; packing < 2; packing++) {
		if (packing)
			write_zstd(text, len);
		else
			write_gzip(text, len);
		FILE *file = fopen(path, "r+b");
		fseek(file, 0, SEEK_END);
		assert_int_equal(ftruncate(fileno(file), ftell(file) - 7), 0);
		fclose(file);
		RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
		struct rph_log_line line;
		bool end = false;
		int err = rph_log_open(path, &log);
		while (!err && !end)
			err = rph_log_next(log, &line, &end);
		assert_int_equal(err, RPH_E_BAD_INPUT);
	}
	free(text);
}

/* Where line number `wanted` begins. */
static int64_t offset_of_line(const char *text, unsigned wanted)
{
	const char *at = text;
	for (unsigned i = 0; i < wanted; i++)
		at = strchr(at, '\n') + 1;
	return at - text;
}

static uint64_t tail_hash_at(int64_t from, int64_t at)
{
	RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
	struct rph_log_line line;
	bool end;
	assert_int_equal(rph_log_open(path, &log), 0);
	assert_int_equal(rph_log_skip_to(log, from, at), 0);
	while (rph_log_offset(log) < at)
		assert_int_equal(rph_log_next(log, &line, &end), 0);
	assert_int_equal(rph_log_offset(log), at);
	return rph_log_tail_hash(log);
}

static void the_tail_hash_does_not_depend_on_where_reading_began(void **state)
{
	(void)state;
	size_t len;
	char *text = long_text(&len);
	static const unsigned lines[] = {1, 5, 40, 700, 31000, 59999};
	for (int packing = 0; packing < 3; packing++) {
		if (packing == 0)
			write_plain(text, len);
		else if (packing == 1)
			write_gzip(text, len);
		else
			write_zstd(text, len);
		for (size_t i = 0; i < RPH_ARRAY_LEN(lines); i++) {
			int64_t at = offset_of_line(text, lines[i]);
			uint64_t whole = tail_hash_at(0, at);
			assert_true(whole == tail_hash_at(at, at));
			assert_true(whole == tail_hash_at(offset_of_line(text, lines[i] / 2), at));
			assert_true(whole == tail_hash_at(offset_of_line(text, lines[i] - 1), at));
		}
	}
	free(text);
}

static void reading_on_from_a_line_gives_the_rest(void **state)
{
	(void)state;
	size_t len;
	char *text = long_text(&len);
	write_plain(text, len);
	int64_t from = offset_of_line(text, 59990);
	char *rest = read_all(from, from);
	char *whole = read_all(0, 0);
	assert_string_equal(rest, whole + strlen(whole) - strlen(rest));
	assert_int_equal(strtoll(rest, NULL, 10), from);
	free(rest);
	free(whole);
	free(text);
}

static void a_log_shorter_than_what_was_counted_has_changed(void **state)
{
	(void)state;
	write_plain("ab\ncd\n", 6);
	RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
	assert_int_equal(rph_log_open(path, &log), 0);
	assert_int_equal(rph_log_skip_to(log, 100, 200), RPH_E_LOG_CHANGED);
}

static void the_first_line_names_a_log_without_consuming_it(void **state)
{
	(void)state;
	write_plain("first\nsecond\n", 13);
	RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
	struct rph_span first;
	struct rph_log_line line;
	bool end;
	assert_int_equal(rph_log_open(path, &log), 0);
	assert_int_equal(rph_log_first_line(log, &first), 0);
	assert_true(rph_span_equal(first, RPH_SPAN("first")));
	assert_int_equal(rph_log_next(log, &line, &end), 0);
	assert_true(rph_span_equal(line.text, RPH_SPAN("first")));
}

static void a_last_line_without_its_end_can_be_held_back(void **state)
{
	(void)state;
	struct rph_log_line line;
	bool end;
	write_plain("ab\ncd", 5);
	for (int64_t from = 0; from <= 4; from++) {
		RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
		assert_int_equal(rph_log_open(path, &log), 0);
		rph_log_hold_back(log, from);
		assert_int_equal(rph_log_next(log, &line, &end), 0);
		assert_false(end);
		assert_true(rph_span_equal(line.text, RPH_SPAN("ab")));
		assert_int_equal(rph_log_next(log, &line, &end), 0);
		/* A line that begins before `from` was taken by an earlier run. */
		assert_int_equal(end, from <= 3);
		assert_int_equal(rph_log_holds_back(log), from <= 3);
		assert_int_equal(rph_log_offset(log), from <= 3 ? 3 : 5);
	}
}

static void a_log_whose_last_line_is_whole_holds_nothing_back(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "ab\n", "ab\n\n", "\r\n"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++) {
		RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
		struct rph_log_line line;
		struct rph_span first;
		bool end = false;
		write_plain(texts[i], strlen(texts[i]));
		assert_int_equal(rph_log_open(path, &log), 0);
		assert_int_equal(rph_log_first_line(log, &first), 0);
		assert_int_equal(rph_log_is_empty(log), i == 0);
		rph_log_hold_back(log, 0);
		while (!end)
			assert_int_equal(rph_log_next(log, &line, &end), 0);
		assert_false(rph_log_holds_back(log));
		assert_int_equal(rph_log_offset(log), (int64_t)strlen(texts[i]));
	}
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	struct rph_log *log = NULL;
	assert_true(rph_log_open("/tmp", &log) < 0);
	assert_true(rph_log_open("/tmp/no-such-log-here", &log) < 0);
	assert_null(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_the_offsets_of_their_first_bytes),
		cmocka_unit_test(an_empty_log_has_no_line),
		cmocka_unit_test(packed_logs_read_as_their_text),
		cmocka_unit_test(a_packed_log_that_is_cut_off_is_damaged_input),
		cmocka_unit_test(the_tail_hash_does_not_depend_on_where_reading_began),
		cmocka_unit_test(reading_on_from_a_line_gives_the_rest),
		cmocka_unit_test(a_log_shorter_than_what_was_counted_has_changed),
		cmocka_unit_test(the_first_line_names_a_log_without_consuming_it),
		cmocka_unit_test(a_last_line_without_its_end_can_be_held_back),
		cmocka_unit_test(a_log_whose_last_line_is_whole_holds_nothing_back),
		cmocka_unit_test(what_is_no_file_is_refused),
	};
	return cmocka_run_group_tests(tests, make_path, remove_path);
}
