/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/progress.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void the_line_says_what_is_known(void **state)
{
	(void)state;
	static const struct {
		struct rph_progress progress;
		const char *line;
	} cases[] = {
		{{0}, "0 events, 0 sessions, 0 votes"},
		{{.events = 999, .sessions = 12, .votes = 3, .elapsed_ms = 1000},
		 "999 events, 999/s, 12 sessions, 3 votes"},
		{{.events = 12345678,
		  .sessions = 1234567,
		  .votes = 34049,
		  .elapsed_ms = 30000,
		  .done = 500,
		  .total = 800},
		 "12.3 M events, 411 k/s, 1.2 M sessions, 34.0 k votes, 62 %, 0:18 left"},
		{{.events = 1000, .elapsed_ms = 3600000, .done = 1, .total = 4},
		 "1.0 k events, 0/s, 0 sessions, 0 votes, 25 %, 3:00:00 left"},
		/* Only what this run did tells how fast it is. */
		{{.events = 10, .elapsed_ms = 1000, .done = 60, .done_before = 50, .total = 100},
		 "10 events, 10/s, 0 sessions, 0 votes, 60 %, 0:04 left"},
		{{.events = 10, .elapsed_ms = 1000, .done = 50, .done_before = 50, .total = 100},
		 "10 events, 10/s, 0 sessions, 0 votes, 50 %"},
		/* A log that grew while it was read. */
		{{.events = 10, .elapsed_ms = 1000, .done = 101, .total = 100},
		 "10 events, 10/s, 0 sessions, 0 votes"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		char text[RPH_PROGRESS_TEXT_SIZE];
		rph_progress_format(&cases[i].progress, text);
		assert_string_equal(text, cases[i].line);
	}
}

static void the_largest_figures_fit(void **state)
{
	(void)state;
	char text[RPH_PROGRESS_TEXT_SIZE];
	const struct rph_progress progress = {
		.events = UINT64_MAX,
		.sessions = UINT64_MAX,
		.votes = UINT64_MAX,
		.done = 1,
		.total = UINT64_MAX,
		.elapsed_ms = INT64_MAX,
	};
	rph_progress_format(&progress, text);
	assert_true(strlen(text) < sizeof(text) - 1);
	assert_non_null(strstr(text, " left"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_says_what_is_known),
		cmocka_unit_test(the_largest_figures_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
