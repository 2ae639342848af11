/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static bool parses(const char *text, rph_time_ms *ret)
{
	return rph_time_parse(rph_span_of(text), false, ret);
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
	uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

static void known_times_are_read_exactly(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		rph_time_ms at;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1969-12-31T23:59:59.999Z", -1},
		{"2000-02-29T12:00:00Z", INT64_C(951825600000)},
		{"2026-11-20T10:11:12.345Z", INT64_C(1795169472345)},
		{"2026-11-20T10:11:12.345678901Z", INT64_C(1795169472345)},
		{"2026-11-20 10:11:12.3Z", INT64_C(1795169472300)},
		{"2026-11-20t10:11:12z", INT64_C(1795169472000)},
		{"2026-11-20T15:41:12+05:30", INT64_C(1795169472000)},
		{"2026-11-20T01:11:12-09:00", INT64_C(1795169472000)},
		{"2026-11-20T10:11:12-00:00", INT64_C(1795169472000)},
		{"2016-12-31T23:59:60Z", INT64_C(1483228799000)},
		{"0000-01-01T00:00:00Z", INT64_C(-62167219200000)},
		{"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		rph_time_ms at = 1;
		assert_true(parses(cases[i].text, &at));
		assert_true(at == cases[i].at);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"",
		"2026",
		"2026-11-20",
		"2026-11-20T10:11:12",
		"2026-11-20T10:11Z",
		"2026-11-20T10:11:12.Z",
		"2026-11-20T10:11:12,5Z",
		"2026-11-20T10:11:12Z ",
		" 2026-11-20T10:11:12Z",
		"2026-11-20T24:00:00Z",
		"2026-11-20T10:60:00Z",
		"2026-11-20T10:00:61Z",
		"2026-11-20T10:00:00+0100",
		"2026-11-20T10:00:00+24:00",
		"2026-11-20T10:00:00+01:60",
		"2026-11-20T10:00:00+01",
		"2026-00-20T10:00:00Z",
		"2026-13-20T10:00:00Z",
		"2026-11-00T10:00:00Z",
		"2026-11-31T10:00:00Z",
		"2026-02-29T10:00:00Z",
		"1900-02-29T10:00:00Z",
		"26-11-20T10:00:00Z",
		"+2026-11-20T10:00:00Z",
		"2026-11-20T1o:00:00Z",
		"2026/11/20T10:00:00Z",
		"2026-11-20_10:00:00Z",
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		rph_time_ms at = 4711;
		assert_false(parses(cases[i], &at));
		assert_true(at == 4711);
	}
	rph_time_ms at;
	assert_false(rph_time_parse((struct rph_span){"2026-11-20T10:00:00\0Z", 21}, false, &at));
}

static void a_bare_date_is_midnight_where_it_is_allowed(void **state)
{
	(void)state;
	rph_time_ms at = 0;
	assert_true(rph_time_parse(RPH_SPAN("2024-02-29"), true, &at));
	assert_true(at == INT64_C(1709164800000));
	assert_true(rph_time_parse(RPH_SPAN("2024-02-29T00:00:00Z"), true, &at));
	assert_false(rph_time_parse(RPH_SPAN("2023-02-29"), true, &at));
	assert_false(rph_time_parse(RPH_SPAN("2024-02-29"), false, &at));
	assert_false(rph_time_parse(RPH_SPAN("2024-02-29T"), true, &at));
}

static void formatting_then_reading_gives_the_same_time(void **state)
{
	(void)state;
	uint64_t random = 1;
	for (int i = 0; i < 20000; i++) {
		/* The years 0000 to 9999. */
		rph_time_ms at = (rph_time_ms)(draw(&random) % UINT64_C(315569520000000)) -
				 INT64_C(62167219200000);
		char text[RPH_TIME_TEXT_SIZE];
		rph_time_ms again = ~at;
		rph_time_format(at, text);
		assert_int_equal(strlen(text), RPH_TIME_TEXT_SIZE - 1);
		assert_true(parses(text, &again));
		assert_true(again == at);
	}
}

static void the_calendar_agrees_with_the_c_library(void **state)
{
	(void)state;
	uint64_t random = 2;
	for (int i = 0; i < 20000; i++) {
		rph_week week = (rph_week)draw(&random);
		rph_time_ms at =
			rph_week_start(week) + (rph_time_ms)(draw(&random) % (uint64_t)RPH_WEEK_MS);
		time_t seconds = (time_t)((at - (at % 1000 + 1000) % 1000) / 1000);
		char text[RPH_TIME_TEXT_SIZE], expected[64];
		struct tm broken;
		assert_non_null(gmtime_r(&seconds, &broken));
		rph_time_format(at, text);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &broken);
		assert_memory_equal(text, expected, 19);
		assert_int_equal(rph_week_day_of(at), (broken.tm_wday + 6) % 7);
		assert_int_equal(rph_week_of(at), week);
		rph_week_format(week, text);
		strftime(expected, sizeof(expected), "%G-W%V", &broken);
		assert_string_equal(text, expected);
	}
}

static void times_beyond_four_digit_years_show_the_nearest_end(void **state)
{
	(void)state;
	char text[RPH_TIME_TEXT_SIZE];
	rph_time_format(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
	rph_time_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void weeks_at_the_ends_of_years_belong_to_the_year_of_their_thursday(void **state)
{
	(void)state;
	static const struct {
		const char *day, *week;
	} cases[] = {
		{"1970-01-01T00:00:00Z", "1970-W01"}, {"1971-01-03T23:59:59Z", "1970-W53"},
		{"2004-12-31T00:00:00Z", "2004-W53"}, {"2005-01-02T23:59:59Z", "2004-W53"},
		{"2005-01-03T00:00:00Z", "2005-W01"}, {"2008-12-29T00:00:00Z", "2009-W01"},
		{"2020-12-31T00:00:00Z", "2020-W53"}, {"2021-01-03T23:59:59Z", "2020-W53"},
		{"2024-12-30T00:00:00Z", "2025-W01"}, {"2026-12-31T00:00:00Z", "2026-W53"},
		{"2027-01-03T23:59:59Z", "2026-W53"}, {"2027-01-04T00:00:00Z", "2027-W01"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		rph_time_ms at = 0;
		char text[RPH_WEEK_TEXT_SIZE];
		rph_week week = 0;
		assert_true(parses(cases[i].day, &at));
		rph_week_format(rph_week_of(at), text);
		assert_string_equal(text, cases[i].week);
		assert_true(rph_week_parse(rph_span_of(text), &week));
		assert_int_equal(week, rph_week_of(at));
	}
}

static void every_week_is_read_back_and_follows_the_one_before(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		rph_week week = (rph_week)i, again = (rph_week)~i;
		char text[RPH_WEEK_TEXT_SIZE];
		rph_week_format(week, text);
		assert_true(rph_week_parse(rph_span_of(text), &again));
		assert_int_equal(again, week);
		assert_int_equal(rph_week_of(rph_week_start(week)), week);
		assert_int_equal(rph_week_of(rph_week_start(week) + RPH_WEEK_MS - 1), week);
		assert_int_equal(rph_week_day_of(rph_week_start(week)), 0);
	}
}

static void what_is_no_week_is_refused(void **state)
{
	(void)state;
	static const char *const cases[] = {"",        "2026-W00",  "2026-W54", "2025-W53",
					    "2026W46", "2026-w46",  "2026-W4",  "2026-W046",
					    "2026-46", "2026-W46 ", "1969-W52", "9999-W01",
					    "W46",     "2o26-W46"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		rph_week week = 7;
		assert_false(rph_week_parse(rph_span_of(cases[i]), &week));
		assert_int_equal(week, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times_are_read_exactly),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(a_bare_date_is_midnight_where_it_is_allowed),
		cmocka_unit_test(formatting_then_reading_gives_the_same_time),
		cmocka_unit_test(the_calendar_agrees_with_the_c_library),
		cmocka_unit_test(times_beyond_four_digit_years_show_the_nearest_end),
		cmocka_unit_test(weeks_at_the_ends_of_years_belong_to_the_year_of_their_thursday),
		cmocka_unit_test(every_week_is_read_back_and_follows_the_one_before),
		cmocka_unit_test(what_is_no_week_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
