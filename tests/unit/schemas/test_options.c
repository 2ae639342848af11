/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct arguments {
	const char *store;
	int64_t batch, seed;
	rph_time_ms from;
	rph_week week;
	struct rph_option_list formats;
	bool json;
};

static const struct rph_option options[] = {
	RPH_OPTION(STRING, struct arguments, store, .name = "store", .letter = 's',
		   .argument = "DIR", .required = true, .help = "the store"),
	RPH_OPTION(INTEGER, struct arguments, batch, .name = "batch", .argument = "N",
		   .standard = "50000", .min = 1, .max = 100000, .help = "records in a batch"),
	RPH_OPTION(INTEGER, struct arguments, seed, .name = "seed", .argument = "N",
		   .help = "start of the random numbers"),
	RPH_OPTION(TIME, struct arguments, from, .name = "from", .argument = "T",
		   .help = "leave out what is older"),
	RPH_OPTION(WEEK, struct arguments, week, .name = "week", .argument = "W",
		   .help = "the week"),
	RPH_OPTION(LIST, struct arguments, formats, .name = "format", .letter = 'f',
		   .argument = "NAME", .standard = "jsonl",
		   .help = "a format, described by a sentence that is longer than what is left of "
			   "one line of the help"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json", .letter = 'j',
		   .help = "answer in JSON"),
};

static const struct rph_command command = {
	.name = "replay",
	.summary = "mine historical logs",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.positionals = "LOG...",
	.min_positionals = 1,
	.max_positionals = 2,
	.example = "rephrased replay --store /tmp/store july.jsonl",
	.exits = "65  a log is damaged",
};

struct outcome {
	bool run;
	struct arguments arguments;
	struct rph_parsed parsed;
	char *argv[32];
};

/* Arguments are separated by spaces; `line` is only read. */
static struct outcome *parse(const char *line)
{
	static struct outcome outcome;
	static char copy[512];
	int argc = 1;
	outcome = (struct outcome){.arguments = {.seed = -7}, .argv = {"replay"}};
	assert_true(strlen(line) < sizeof(copy));
	memcpy(copy, line, strlen(line) + 1);
	for (char *at = strtok(copy, " "); at; at = strtok(NULL, " "))
		outcome.argv[argc++] = at;
	outcome.run = rph_options_parse(&command, argc, outcome.argv, &outcome.arguments,
					&outcome.parsed);
	return &outcome;
}

static void what_is_given_reaches_its_field(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"--store D --batch 7 --seed=-3 --from 2026-01-05 --week 2026-W02 -f a -fb --json "
		"x.gz -",
		"x.gz -j -sD --batch=7 --seed -3 --from=2026-01-05T00:00:00Z --format=a --format b "
		"--week=2026-W02 - --",
		"-s D --batch 7 --seed -3 --from 2026-01-05T01:00:00+01:00 -f a -f b --week "
		"2026-W02 -j -- x.gz -",
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(lines); i++) {
		struct outcome *outcome = parse(lines[i]);
		assert_true(outcome->run);
		assert_string_equal(outcome->arguments.store, "D");
		assert_true(outcome->arguments.batch == 7 && outcome->arguments.seed == -3);
		assert_true(outcome->arguments.from == INT64_C(1767571200000));
		assert_int_equal(outcome->arguments.week, rph_week_of(outcome->arguments.from));
		assert_int_equal(outcome->arguments.formats.count, 2);
		assert_string_equal(outcome->arguments.formats.items[0], "a");
		assert_string_equal(outcome->arguments.formats.items[1], "b");
		assert_true(outcome->arguments.json);
		assert_int_equal(outcome->parsed.positional_count, 2);
		assert_string_equal(outcome->parsed.positionals[0], "x.gz");
		assert_string_equal(outcome->parsed.positionals[1], "-");
		assert_int_equal(outcome->parsed.given, 0x7f);
	}
}

static void what_is_not_given_keeps_its_default(void **state)
{
	(void)state;
	struct outcome *outcome = parse("--store D x");
	assert_true(outcome->run);
	assert_true(outcome->arguments.batch == 50000);
	assert_true(outcome->arguments.seed == -7);
	assert_int_equal(outcome->arguments.formats.count, 1);
	assert_string_equal(outcome->arguments.formats.items[0], "jsonl");
	assert_false(outcome->arguments.json);
	assert_int_equal(outcome->parsed.given, 1);
}

static void every_mistake_has_its_sentence_and_code_64(void **state)
{
	(void)state;
	static const struct {
		const char *line, *sentence;
	} cases[] = {
		{"x", "--store DIR is missing"},
		{"--store D", "LOG... is missing"},
		{"--store D a b c", "'c' is one argument too many"},
		{"--store", "--store needs a value: --store DIR"},
		{"--store= x", "--store needs a value that is not empty"},
		{"--store D --store E x", "--store is given twice"},
		{"--sotre D x", "unknown option --sotre; did you mean --store?"},
		{"--hlep", "unknown option --hlep; did you mean --help?"},
		{"--xyzzyxyzzy", "unknown option --xyzzyxyzzy"},
		{"-x", "unknown option -x"},
		{"-jsD", "--json takes no value"},
		{"--json=yes", "--json takes no value"},
		{"--batch many", "--batch needs a whole number, not 'many'"},
		{"--batch 5k", "--batch needs a whole number, not '5k'"},
		{"--batch +5", "--batch needs a whole number, not '+5'"},
		{"--batch 0", "--batch 0 is out of range; it may be 1 to 100000"},
		{"--seed 9223372036854775808",
		 "--seed 9223372036854775808 is out of range; it may be -9223372036854775808 to "
		 "9223372036854775807"},
		{"--from today", "--from needs a time such as 2026-01-05 or 2026-01-05T06:30:00Z, "
				 "not 'today'"},
		{"--week 46", "--week needs an ISO week such as 2026-W46, not '46'"},
		{"--stor D x", "unknown option --stor; did you mean --store?"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		char expected[512];
		struct outcome *outcome = parse(cases[i].line);
		assert_false(outcome->run);
		assert_int_equal(outcome->parsed.exit_code, 64);
		snprintf(expected, sizeof(expected),
			 "rephrased replay: %s\nTry 'rephrased replay --help' for the options and "
			 "an example.\n",
			 cases[i].sentence);
		assert_string_equal(outcome->parsed.text, expected);
	}
}

static void help_shows_every_option_and_fits_the_terminal(void **state)
{
	(void)state;
	static const char *const wanted[] = {
		"Usage: rephrased replay --store DIR [OPTION]... LOG...\n",
		"\nMine historical logs.\n",
		"\n  -s, --store DIR           the store (required)\n",
		"\n      --batch N             records in a batch (default: 50000)\n",
		"\n  -h, --help                show this help and end\n",
		"\nExample:\n  rephrased replay --store /tmp/store july.jsonl\n",
		"\n  64  the command line is not valid\n  65  a log is damaged\n",
	};
	struct outcome *outcome = parse("--store D --help --nonsense");
	assert_false(outcome->run);
	assert_int_equal(outcome->parsed.exit_code, 0);
	for (size_t i = 0; i < RPH_ARRAY_LEN(wanted); i++)
		assert_non_null(strstr(outcome->parsed.text, wanted[i]));
	for (char *line = strtok(outcome->parsed.text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 80);
	assert_false(parse("-h")->run);
	assert_int_equal(parse("-h")->parsed.exit_code, 0);
}

static void a_list_has_a_limit(void **state)
{
	(void)state;
	static char name[] = "-fx", positional[] = "x";
	static char *argv[RPH_OPTION_LIST_MAX + 3] = {positional};
	struct arguments arguments = {0};
	struct rph_parsed parsed;
	for (int i = 0; i < RPH_OPTION_LIST_MAX + 1; i++)
		argv[1 + i] = name;
	assert_false(
		rph_options_parse(&command, RPH_OPTION_LIST_MAX + 2, argv, &arguments, &parsed));
	assert_non_null(strstr(parsed.text, "--format is given more than 64 times"));
}

static void the_nearest_candidate_is_suggested_only_when_it_is_near(void **state)
{
	(void)state;
	static const char *const names[] = {"store", NULL, "batch", "format", "from", ""};
	size_t count = RPH_ARRAY_LEN(names);
	assert_string_equal(rph_nearest("stroe", names, count), "store");
	assert_string_equal(rph_nearest("formt", names, count), "format");
	assert_string_equal(rph_nearest("frm", names, count), "from");
	assert_string_equal(rph_nearest("batch", names, count), "batch");
	assert_null(rph_nearest("exporting", names, count));
	assert_null(rph_nearest("x", names, count));
	assert_null(rph_nearest("", names, count));
	char longer[200];
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(rph_nearest(longer, names, count));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_reaches_its_field),
		cmocka_unit_test(what_is_not_given_keeps_its_default),
		cmocka_unit_test(every_mistake_has_its_sentence_and_code_64),
		cmocka_unit_test(help_shows_every_option_and_fits_the_terminal),
		cmocka_unit_test(a_list_has_a_limit),
		cmocka_unit_test(the_nearest_candidate_is_suggested_only_when_it_is_near),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
