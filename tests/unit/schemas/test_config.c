/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/error.h"

static struct rph_config *parse_valid(const char *yaml)
{
	struct rph_config *config = NULL;
	struct rph_config_problems problems;
	int err = rph_config_parse(rph_span_of(yaml), &config, &problems);
	if (err && problems.count)
		fprintf(stderr, "%s: %s\n", problems.items[0].key, problems.items[0].sentence);
	assert_int_equal(err, 0);
	assert_int_equal(problems.count, 0);
	rph_config_problems_free(&problems);
	return config;
}

/* All problems of `yaml`, one a line, without the file's name. */
static void assert_refused(const char *yaml, const char *expected)
{
	struct rph_config *config = NULL;
	struct rph_config_problems problems;
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	assert_int_equal(rph_config_parse(rph_span_of(yaml), &config, &problems), RPH_E_BAD_CONFIG);
	assert_null(config);
	rph_config_problems_print(&problems, "F", &text);
	assert_string_equal(text.text, expected);
	rph_config_problems_free(&problems);
}

static char *print(const struct rph_config *config)
{
	struct rph_buffer text = {0};
	rph_config_print(config, false, &text);
	assert_int_equal(text.error, 0);
	return text.text;
}

static void an_empty_text_gives_the_defaults(void **state)
{
	(void)state;
	static const char *const texts[] = {"",
					    "# nothing\n",
					    "---\n",
					    "session:\n",
					    "---\n...\n",
					    "~\n",
					    "\xef\xbb\xbf# after a byte order mark\n"};
	RPH_CLEANUP(rph_config_free) struct rph_config *standard = NULL;
	assert_int_equal(rph_config_default(&standard), 0);
	char *expected = print(standard);
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++) {
		RPH_CLEANUP(rph_config_free) struct rph_config *config = parse_valid(texts[i]);
		char *text = print(config);
		assert_string_equal(text, expected);
		free(text);
	}
	free(expected);
}

static void the_defaults_are_those_of_the_design(void **state)
{
	(void)state;
	RPH_CLEANUP(rph_config_free) struct rph_config *config = NULL;
	struct rph_config_problems problems = {.count = 0};
	assert_int_equal(rph_config_default(&config), 0);
	assert_true(config->session.gap == INT64_C(1800000));
	assert_true(config->session.rephrase_gap == INT64_C(90000));
	assert_int_equal(config->session.max_distance, 3);
	assert_true(config->input.max_record_bytes == 65536);
	assert_int_equal(config->promotion.min_users, 5);
	assert_int_equal(config->promotion.min_days, 2);
	assert_int_equal(config->promotion.synonymy, 700);
	assert_int_equal(config->judge.record_floor, 250);
	assert_true(config->store.map_size == UINT64_C(64) << 30);
	assert_int_equal(config->export.formats.count, 0);
	assert_string_equal(config->locale.fallback, "");
	assert_true(config->promotion.protected_intents.count > 5);
	assert_string_equal(config->promotion.protected_intents.items[0], "payment*");
	rph_config_check(config, &problems);
	assert_int_equal(problems.count, 0);
	rph_config_problems_free(&problems);
}

static void values_are_read_with_their_units(void **state)
{
	(void)state;
	RPH_CLEANUP(rph_config_free)
	struct rph_config *config =
		parse_valid("session: {gap: 2h, grace: 1500ms, max_bytes: 1MiB}\n"
			    "input:\n"
			    "  past_limit: \"2w\"\n"
			    "judge: {accept: 62.5%, record_floor: 0.125}\n"
			    "promotion:\n"
			    "  allow_unprotected: true\n"
			    "  protected_intents: []\n"
			    "  control_intents:\n"
			    "    - no\n"
			    "    - 'ja \"gern\"'\n"
			    "locale: {default: th-TH}\n"
			    "store: {batch_records: 7}\n");
	assert_true(config->session.gap == 7200000);
	assert_true(config->session.grace == 1500);
	assert_true(config->session.max_bytes == 1048576);
	assert_true(config->input.past_limit == 14 * RPH_DAY_MS);
	assert_int_equal(config->judge.accept, 625);
	assert_int_equal(config->judge.record_floor, 125);
	assert_true(config->promotion.allow_unprotected);
	assert_int_equal(config->promotion.protected_intents.count, 0);
	assert_int_equal(config->promotion.control_intents.count, 2);
	assert_string_equal(config->promotion.control_intents.items[0], "no");
	assert_string_equal(config->promotion.control_intents.items[1], "ja \"gern\"");
	assert_string_equal(config->locale.fallback, "th-TH");
	assert_int_equal(config->store.batch_records, 7);
	assert_int_equal(config->places[RPH_CONFIG_KEY_input_past_limit].line, 3);
	assert_int_equal(config->places[RPH_CONFIG_KEY_input_past_limit].column, 15);
	assert_int_equal(config->places[RPH_CONFIG_KEY_input_future_limit].line, 0);
}

static void every_problem_is_told_with_its_place_and_remedy(void **state)
{
	(void)state;
	assert_refused("session:\n  gap: 30\n  grace: 8d\n  grace: 1m\n  gapp: 5m\n"
		       "judge:\n  min_users: 3\n  accept: 70\n",
		       "F:2:8: session.gap: '30' has no unit; write 30s, 30m or 30h\n"
		       "F:3:10: session.grace: '8d' is out of range; it may be 0s to 7d; the "
		       "default is 5m\n"
		       "F:4:3: session.grace: given twice; keep one of them\n"
		       "F:5:3: session.gapp: unknown key; did you mean session.gap?\n"
		       "F:7:3: judge.min_users: unknown key; did you mean promotion.min_users?\n"
		       "F:8:11: judge.accept: '70' is out of range; it may be 0 to 1; the "
		       "default is 0.5\n");
}

static void each_kind_of_value_refuses_what_is_not_its_own(void **state)
{
	(void)state;
	static const struct {
		const char *yaml, *expected;
	} cases[] = {
		{"session: {gap: soon}",
		 "F:1:16: session.gap: 'soon' is not a duration; write it as 30m\n"},
		{"session: {gap: -5m}",
		 "F:1:16: session.gap: '-5m' is not a duration; write it as 30m\n"},
		{"session: {gap: 99999999999999999999h}",
		 "F:1:16: session.gap: '99999999999999999999h' is not a duration; write it as "
		 "30m\n"},
		{"session: {gap: 9223372036854775807h}",
		 "F:1:16: session.gap: '9223372036854775807h' is not a duration; write it as "
		 "30m\n"},
		{"session: {max_bytes: 64KB}",
		 "F:1:22: session.max_bytes: '64KB' is not a size; write it as 256KiB\n"},
		{"session: {max_bytes: 64}",
		 "F:1:22: session.max_bytes: '64' has no unit; write 64B, 64KiB or 64MiB\n"},
		{"session: {max_turns: 2e3}",
		 "F:1:22: session.max_turns: '2e3' is not a whole number; write it as 200\n"},
		{"session: {max_turns: 1}",
		 "F:1:22: session.max_turns: '1' is out of range; it may be 2 to 10000; the "
		 "default is 200\n"},
		{"judge: {accept: 0.1234}",
		 "F:1:17: judge.accept: '0.1234' is not a share; write it as 0.25 or 25%\n"},
		{"judge: {accept: .5}",
		 "F:1:17: judge.accept: '.5' is not a share; write it as 0.25 or 25%\n"},
		{"judge: {accept: 101%}", "F:1:17: judge.accept: '101%' is out of range; it may be "
					  "0 to 1; the default is 0.5\n"},
		{"promotion: {allow_unprotected: yes}",
		 "F:1:32: promotion.allow_unprotected: 'yes' is not true or false\n"},
		{"promotion: {control_intents: stop}",
		 "F:1:30: promotion.control_intents: a list is needed; write [one, two] or one \"- "
		 "item\" a line\n"},
		{"promotion: {control_intents: [a, '']}",
		 "F:1:30: promotion.control_intents: the list holds an empty text\n"},
		{"promotion: {control_intents: [a, [b]]}",
		 "F:1:34: promotion.control_intents: only single values are accepted here\n"},
		{"session: {gap: [1m]}", "F:1:16: session.gap: a single value is needed\n"},
		{"session: {gap: }",
		 "F:1:16: session.gap: the key has no value; give it one or take the key out\n"},
		{"kafka: {group: ''}",
		 "F:1:16: kafka.group: the text has 0 bytes; it may have 1 to 249\n"},
		{"kafka: {group: \"a\\0b\"}",
		 "F:1:16: kafka.group: the text holds a NUL character\n"},
		{"kafka: {properties: x}", "F:1:21: kafka.properties: names with values are "
					   "needed; write one \"name: value\" a line\n"},
		{"kafka: {properties: {a: 1, a: 2}}",
		 "F:1:28: kafka.properties: this property is given twice\n"},
		{"kafka: {properties: {'a b': 1}}",
		 "F:1:21: kafka.properties: 'a b' is not the name of a property\n"},
		{"kafka: {properties: {group.id: x}}",
		 "F:1:21: kafka.properties.group.id: the group has a key of its own; use "
		 "kafka.group\n"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++)
		assert_refused(cases[i].yaml, cases[i].expected);
}

static void unknown_names_get_the_nearest_known_one(void **state)
{
	(void)state;
	static const struct {
		const char *yaml, *expected;
	} cases[] = {
		{"sesion: {gap: 3}", "F:1:1: sesion: unknown section; did you mean session?\n"},
		{"session.gap: 30m",
		 "F:1:1: session.gap: unknown section; write gap: under session:\n"},
		{"rephrase_gap: 30s",
		 "F:1:1: rephrase_gap: unknown section; did you mean session.rephrase_gap?\n"},
		{"store: {mapsize: 1GiB}",
		 "F:1:9: store.mapsize: unknown key; did you mean store.map_size?\n"},
		{"qqqqqqqq: 1", "F:1:1: qqqqqqqq: unknown section\n"},
		{"session: {}\nsession: {}\n", "F:2:1: session: given twice; keep one of them\n"},
		{"\"se\\tx\": 1", "F:1:1: se?x: unknown section\n"},
		{"? [a, b]\n: c\n", "F:1:3: a key must be a plain word\n"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++)
		assert_refused(cases[i].yaml, cases[i].expected);
}

static void contradictions_between_keys_are_refused(void **state)
{
	(void)state;
	assert_refused("session:\n  gap: 1m\n  rephrase_gap: 2m\n",
		       "F:3:17: session.rephrase_gap: a session ends before this gap is reached; "
		       "keep it at most session.gap\n");
	assert_refused("promotion: {protected_intents: []}",
		       "F:1:32: promotion.protected_intents: no intent would be protected; if that "
		       "is meant, set promotion.allow_unprotected: true\n");
	assert_refused("history: {weeks: 60}",
		       "F:1:18: history.weeks: an export would look back on weeks that are "
		       "deleted; keep it at most history.keep_weeks\n");
	/* The default of the one key contradicts the other, which alone is written. */
	assert_refused("judge: {accept: 0.2}",
		       "F: judge.record_floor: what is accepted would leave no vote; keep it at "
		       "most judge.accept\n");
}

static void what_is_not_plain_yaml_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"session: [",
		"\tsession: {}",
		"session: {gap: 1m} }",
		"- a\n- b\n",
		"text",
		"session: {gap: !!str 30m}",
		"session: {gap: &a 30m}",
		"session: {gap: *a}",
		"session: &s {gap: 30m}",
		"<<: {gap: 30m}",
		"session: {gap: 30m}\n---\nsession: {gap: 31m}\n",
		"session: {gap: \xff}",
		"session: {gap: \"\x01\"}",
		"a: &a [x]\nb: [*a, *a]\n",
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++) {
		struct rph_config *config = NULL;
		struct rph_config_problems problems;
		assert_int_equal(rph_config_parse(rph_span_of(texts[i]), &config, &problems),
				 RPH_E_BAD_CONFIG);
		assert_null(config);
		assert_true(problems.count > 0);
		assert_int_equal(problems.items[0].place.line, 1 + (i == 10) * 1);
		rph_config_problems_free(&problems);
	}
}

static void an_invalid_byte_is_told_with_its_line(void **state)
{
	(void)state;
	struct rph_config *config = NULL;
	struct rph_config_problems problems;
	assert_int_equal(
		rph_config_parse(RPH_SPAN("# one\n# two\n# th\xffree\n"), &config, &problems),
		RPH_E_BAD_CONFIG);
	assert_int_equal(problems.items[0].place.line, 3);
	assert_int_equal(problems.items[0].place.column, 5);
	rph_config_problems_free(&problems);
}

static void hostile_texts_end_in_a_problem(void **state)
{
	(void)state;
	enum { SIZE = RPH_CONFIG_MAX_BYTES + 1 };
	static const char patterns[][12] = {"[", "{", "? ", "- ", "a: {", "&a [*a, "};
	char *text = malloc(SIZE);
	assert_non_null(text);
	for (size_t i = 0; i < RPH_ARRAY_LEN(patterns); i++) {
		struct rph_config *config = NULL;
		struct rph_config_problems problems;
		size_t len = strlen(patterns[i]), size = 20000 / len * len;
		for (size_t at = 0; at < size; at += len)
			memcpy(text + at, patterns[i], len);
		assert_int_equal(
			rph_config_parse((struct rph_span){text, size}, &config, &problems),
			RPH_E_BAD_CONFIG);
		rph_config_problems_free(&problems);
	}
	struct rph_config *config = NULL;
	struct rph_config_problems problems;
	memset(text, '\n', SIZE);
	assert_int_equal(rph_config_parse((struct rph_span){text, SIZE}, &config, &problems),
			 RPH_E_BAD_CONFIG);
	assert_int_equal(problems.count, 1);
	rph_config_problems_free(&problems);
	assert_int_equal(rph_config_parse((struct rph_span){text, SIZE - 1}, &config, &problems),
			 0);
	rph_config_problems_free(&problems);
	rph_config_free(config);
	free(text);
}

static void too_many_problems_are_counted(void **state)
{
	(void)state;
	struct rph_config *config = NULL;
	struct rph_config_problems problems;
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	for (int i = 0; i < RPH_CONFIG_MAX_PROBLEMS + 17; i++)
		rph_buffer_format(&text, "x%d: 1\n", i);
	assert_int_equal(rph_config_parse(rph_buffer_span(&text), &config, &problems),
			 RPH_E_BAD_CONFIG);
	assert_int_equal(problems.count, RPH_CONFIG_MAX_PROBLEMS);
	assert_int_equal(problems.dropped, 17);
	rph_config_problems_free(&problems);
}

static uint32_t draw(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void add_random_text(struct rph_buffer *yaml, uint32_t *random)
{
	static const char *const pieces[] = {"a",           "Z", "\\\"", "\\\\",    "\\n",
					     "\\t",         " ", "ß",    "ไทย",     "\\u2028",
					     "\\u0085",     "#", ": ",   "\\ufeff", "\\x07",
					     "\\U0001F600", "'", "- ",   "no",      "\\uFFFE"};
	rph_buffer_add_text(yaml, "\"x");
	for (uint32_t left = draw(random) % 12; left > 0; left--)
		rph_buffer_add_text(yaml, pieces[draw(random) % RPH_ARRAY_LEN(pieces)]);
	rph_buffer_add_text(yaml, "\"");
}

static void add_random_configuration(struct rph_buffer *yaml, uint32_t *random)
{
	static const char *const durations[] = {"1001ms", "90s", "31m", "3h", "1d", "86399s"};
	rph_buffer_format(yaml, "session:\n  gap: %s\n  rephrase_gap: %ums\n",
			  durations[draw(random) % RPH_ARRAY_LEN(durations)],
			  1000 + draw(random) % 2);
	rph_buffer_format(yaml, "  max_bytes: %uB\n", 4096 + draw(random) % 100000);
	rph_buffer_format(yaml, "judge: {accept: 0.%03u, record_floor: 0.0}\n",
			  draw(random) % 1000);
	rph_buffer_format(yaml, "history: {weeks: %u, keep_weeks: 520}\n", 1 + draw(random) % 520);
	rph_buffer_add_text(yaml, "promotion:\n  allow_unprotected: true\n  control_intents: [");
	for (uint32_t left = draw(random) % 6; left > 0; left--) {
		add_random_text(yaml, random);
		rph_buffer_add_text(yaml, ",");
	}
	rph_buffer_add_text(yaml, "]\nkafka:\n  properties:\n");
	for (uint32_t i = 1 + draw(random) % 6; i > 0; i--) {
		rph_buffer_format(yaml, "    p%u-%u: ", draw(random) % 9, i);
		add_random_text(yaml, random);
		rph_buffer_add_text(yaml, "\n");
	}
}

static void what_is_printed_is_read_back_the_same(void **state)
{
	(void)state;
	uint32_t random = 7;
	for (int i = 0; i < 500; i++) {
		RPH_BUFFER_CLEANUP struct rph_buffer yaml = {0};
		uint8_t one[RPH_CONFIG_FINGERPRINT_BYTES], two[RPH_CONFIG_FINGERPRINT_BYTES];
		add_random_configuration(&yaml, &random);
		RPH_CLEANUP(rph_config_free) struct rph_config *config = parse_valid(yaml.text);
		char *text = print(config);
		RPH_CLEANUP(rph_config_free) struct rph_config *again = parse_valid(text);
		char *text_again = print(again);
		assert_string_equal(text, text_again);
		assert_int_equal(rph_config_fingerprint(config, one), 0);
		assert_int_equal(rph_config_fingerprint(again, two), 0);
		assert_memory_equal(one, two, sizeof(one));
		for (size_t j = 1; j < config->kafka.properties.count; j++)
			assert_true(strcmp(config->kafka.properties.pairs[j - 1].name,
					   config->kafka.properties.pairs[j].name) < 0);
		free(text);
		free(text_again);
	}
}

static void the_fingerprint_follows_what_is_mined_and_nothing_else(void **state)
{
	(void)state;
	static const struct {
		const char *yaml;
		bool same;
	} cases[] = {
		{"", true},
		{"session: {gap: 1800s}", true},
		{"store: {batch_records: 9}", true},
		{"kafka: {group: other, topics: [a]}", true},
		{"secret: {file: /x}", true},
		{"session: {gap: 1801s}", false},
		{"promotion: {min_users: 6}", false},
		{"promotion: {control_intents: [stop]}", false},
		{"locale: {default: de-DE}", false},
		{"export: {holdout: 0.2}", false},
	};
	uint8_t standard[RPH_CONFIG_FINGERPRINT_BYTES], other[RPH_CONFIG_FINGERPRINT_BYTES];
	RPH_CLEANUP(rph_config_free) struct rph_config *config = NULL;
	assert_int_equal(rph_config_default(&config), 0);
	assert_int_equal(rph_config_fingerprint(config, standard), 0);
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		RPH_CLEANUP(rph_config_free)
		struct rph_config *changed = parse_valid(cases[i].yaml);
		assert_int_equal(rph_config_fingerprint(changed, other), 0);
		assert_int_equal(memcmp(standard, other, sizeof(other)) == 0, cases[i].same);
	}
}

static void passwords_are_hidden_when_asked(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	RPH_CLEANUP(rph_config_free)
	struct rph_config *config =
		parse_valid("kafka: {properties: {sasl.password: hunter, SSL.Key.PEM: lines, "
			    "client.id: me}}");
	rph_config_print(config, true, &text);
	assert_null(strstr(text.text, "hunter"));
	assert_null(strstr(text.text, "lines"));
	assert_non_null(strstr(text.text, "\"client.id\": \"me\""));
	assert_non_null(strstr(text.text, "\"sasl.password\": \"(hidden)\""));
}

static void every_key_has_a_valid_default_help_and_place_in_the_manual(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer manual = {0};
	char line[64];
	rph_config_print_manual(&manual);
	assert_int_equal(manual.error, 0);
	for (int i = 0; i < RPH_CONFIG_KEYS; i++) {
		const struct rph_config_fact *fact = &rph_config_facts[i];
		assert_true(strlen(fact->help) > 10);
		assert_int_equal(fact->help[strlen(fact->help) - 1], '.');
		snprintf(line, sizeof(line), "\n.B %s\n", fact->name);
		assert_non_null(strstr(manual.text, line));
	}
	for (size_t i = 0; i < rph_config_section_count; i++) {
		snprintf(line, sizeof(line), "\n.SH SECTION %s\n", rph_config_sections[i].name);
		assert_non_null(strstr(manual.text, line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_text_gives_the_defaults),
		cmocka_unit_test(the_defaults_are_those_of_the_design),
		cmocka_unit_test(values_are_read_with_their_units),
		cmocka_unit_test(every_problem_is_told_with_its_place_and_remedy),
		cmocka_unit_test(each_kind_of_value_refuses_what_is_not_its_own),
		cmocka_unit_test(unknown_names_get_the_nearest_known_one),
		cmocka_unit_test(contradictions_between_keys_are_refused),
		cmocka_unit_test(what_is_not_plain_yaml_is_refused),
		cmocka_unit_test(an_invalid_byte_is_told_with_its_line),
		cmocka_unit_test(hostile_texts_end_in_a_problem),
		cmocka_unit_test(too_many_problems_are_counted),
		cmocka_unit_test(what_is_printed_is_read_back_the_same),
		cmocka_unit_test(the_fingerprint_follows_what_is_mined_and_nothing_else),
		cmocka_unit_test(passwords_are_hidden_when_asked),
		cmocka_unit_test(every_key_has_a_valid_default_help_and_place_in_the_manual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
