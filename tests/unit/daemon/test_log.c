/* SPDX-License-Identifier: Apache-2.0 */
#include "../store/fixture.h"

#include <fcntl.h>
#include <jansson.h>

#include "daemon/log.h"

struct paper {
	FILE *file;
	struct rph_metrics *metrics;
	struct rph_log *log;
	char *text;
};

static struct paper new_paper(enum rph_log_form form, enum rph_log_level level)
{
	struct paper paper = {.file = tmpfile()};
	assert_non_null(paper.file);
	assert_int_equal(rph_metrics_new(&paper.metrics), 0);
	const struct rph_log_options options = {fileno(paper.file), form, level, paper.metrics};
	assert_int_equal(rph_log_new(&options, &paper.log), 0);
	return paper;
}

static const char *read_paper(struct paper *paper)
{
	long len;
	assert_int_equal(fseek(paper->file, 0, SEEK_END), 0);
	len = ftell(paper->file);
	rewind(paper->file);
	free(paper->text);
	paper->text = calloc(1, (size_t)len + 1);
	assert_non_null(paper->text);
	assert_int_equal(fread(paper->text, 1, (size_t)len, paper->file), len);
	return paper->text;
}

static void free_paper(struct paper *paper)
{
	rph_log_free(paper->log);
	rph_metrics_free(paper->metrics);
	fclose(paper->file);
	free(paper->text);
}
#define PAPER __attribute__((cleanup(free_paper))) struct paper

static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void a_message_for_the_journal_has_its_priority_sentence_remedy_and_fields(void **state)
{
	PAPER paper = new_paper(RPH_LOG_FORM_JOURNAL, RPH_LOG_LEVEL_INFO);
	(void)state;
	RPH_SAY(paper.log, kafka_error, RPH_TEXT("topic", "turns"), RPH_NUMBER("partition", 3));
	RPH_SAY(paper.log, stopped);
	assert_string_equal(
		read_paper(&paper),
		"<4>the Kafka client reports an error; it tries again by itself; see the "
		"error if it stays [topic=turns partition=3]\n"
		"<5>stopped\n");
}

static void a_message_below_the_level_is_not_written_until_the_level_changes(void **state)
{
	PAPER paper = new_paper(RPH_LOG_FORM_JOURNAL, RPH_LOG_LEVEL_WARNING);
	(void)state;
	RPH_SAY(paper.log, stopped);
	assert_string_equal(read_paper(&paper), "");
	rph_log_set_level(paper.log, RPH_LOG_LEVEL_NOTICE);
	RPH_SAY(paper.log, stopped);
	assert_string_equal(read_paper(&paper), "<5>stopped\n");
	RPH_SAY(NULL, stopped);
	assert_false(rph_log_is_wanted(NULL, RPH_LOG_LEVEL_ERROR));
}

static void any_bytes_in_a_field_leave_one_line_of_valid_json(void **state)
{
	struct random random = {3};
	(void)state;
	for (int round = 0; round < 300; round++) {
		PAPER paper = new_paper(RPH_LOG_FORM_JSON, RPH_LOG_LEVEL_DEBUG);
		char text[700];
		size_t len = random_below(&random, sizeof(text));
		for (size_t i = 0; i < len; i++)
			text[i] = (char)(1 + random_below(&random, 255));
		text[len] = '\0';
		RPH_SAY(paper.log, kafka_error, RPH_TEXT("error", text), RPH_TEXT("a", text),
			RPH_TEXT("b", text), RPH_TEXT("c", text), RPH_TEXT("d", text),
			RPH_TEXT("e", text), RPH_TEXT("f", text), RPH_NUMBER("n", INT64_MIN));
		assert_int_equal(count_lines(read_paper(&paper)), 1);
		json_t *root = json_loads(paper.text, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(root);
		assert_string_equal(json_string_value(json_object_get(root, "level")), "warning");
		assert_string_equal(json_string_value(json_object_get(root, "message")),
				    "kafka_error");
		assert_true(json_is_string(json_object_get(root, "remedy")));
		assert_int_equal(json_integer_value(json_object_get(root, "n")), INT64_MIN);
		json_decref(root);
	}
}

static void a_field_cannot_make_a_second_line_or_move_the_cursor(void **state)
{
	PAPER paper = new_paper(RPH_LOG_FORM_JOURNAL, RPH_LOG_LEVEL_INFO);
	(void)state;
	RPH_SAY(paper.log, kafka_error, RPH_TEXT("error", "a\n<0>false alarm\x1b[2J"));
	assert_int_equal(count_lines(read_paper(&paper)), 1);
	assert_null(strchr(paper.text, '\x1b'));
}

static void a_text_is_cut_between_characters(void **state)
{
	PAPER paper = new_paper(RPH_LOG_FORM_JSON, RPH_LOG_LEVEL_INFO);
	char text[702] = "";
	(void)state;
	text[0] = 'x';
	for (int i = 0; i < 350; i++)
		memcpy(text + 1 + 2 * i, "\xC3\xA9", 3);
	RPH_SAY(paper.log, kafka_error, RPH_TEXT("error", text));
	json_t *root = json_loads(read_paper(&paper), 0, NULL);
	assert_non_null(root);
	const char *cut = json_string_value(json_object_get(root, "error"));
	assert_int_equal(strlen(cut), 599);
	assert_null(strstr(cut, "\xEF\xBF\xBD"));
	json_decref(root);
}

static void too_many_of_a_kind_are_held_back_counted_and_said_later(void **state)
{
	PAPER paper = new_paper(RPH_LOG_FORM_JOURNAL, RPH_LOG_LEVEL_INFO);
	(void)state;
	for (int i = 0; i < 3 * RPH_LOG_BURST; i++)
		RPH_SAY(paper.log, kafka_error, RPH_NUMBER("i", i));
	RPH_SAY(paper.log, stopped);
	assert_int_equal(count_lines(read_paper(&paper)), RPH_LOG_BURST + 1);
	assert_non_null(strstr(paper.text, "<5>stopped\n"));
	assert_int_equal(rph_metrics_get(paper.metrics, RPH_METRIC_log_suppressed),
			 2 * RPH_LOG_BURST);
}

static void levels_and_forms_have_names_and_nothing_else_is_one(void **state)
{
	enum rph_log_level level;
	enum rph_log_form form;
	int ends[2];
	char stream[64];
	struct stat pipe_stat;
	(void)state;
	assert_true(rph_log_level_parse("debug", &level));
	assert_int_equal(level, RPH_LOG_LEVEL_DEBUG);
	assert_string_equal(rph_log_level_name(level), "debug");
	assert_false(rph_log_level_parse("loud", &level));
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fstat(ends[1], &pipe_stat), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)pipe_stat.st_dev,
		 (uintmax_t)pipe_stat.st_ino);
	assert_true(rph_log_form_parse("auto", ends[1], stream, &form));
	assert_int_equal(form, RPH_LOG_FORM_JOURNAL);
	assert_true(rph_log_form_parse("auto", ends[1], "1:2", &form));
	assert_int_equal(form, RPH_LOG_FORM_JSON);
	assert_true(rph_log_form_parse("text", ends[1], NULL, &form));
	assert_int_equal(form, RPH_LOG_FORM_TEXT);
	assert_false(rph_log_form_parse("xml", ends[1], NULL, &form));
	close(ends[0]);
	close(ends[1]);
}

static void the_manual_explains_every_message_that_calls_for_action(void **state)
{
	static const struct {
		const char *id, *remedy;
		enum rph_log_level level;
	} facts[] = {
#define RPH_LOG_MESSAGE(id, level, text, remedy) {#id, remedy, RPH_LOG_LEVEL_##level},
#include "daemon/log.def"
#undef RPH_LOG_MESSAGE
	};
	static char manual[1 << 17];
	(void)state;
	FILE *file = fopen(RPH_SOURCE_DIR "/docs/operations.md", "r");
	assert_non_null(file);
	manual[fread(manual, 1, sizeof(manual) - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; i < RPH_ARRAY_LEN(facts); i++) {
		char row[100];
		snprintf(row, sizeof(row), "\n| `%s` |", facts[i].id);
		if (facts[i].level > RPH_LOG_LEVEL_WARNING)
			continue;
		assert_true(*facts[i].remedy || facts[i].level == RPH_LOG_LEVEL_WARNING);
		if (!strstr(manual, row))
			fail_msg("docs/operations.md has no row for %s", facts[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_explains_every_message_that_calls_for_action),
		cmocka_unit_test(
			a_message_for_the_journal_has_its_priority_sentence_remedy_and_fields),
		cmocka_unit_test(a_message_below_the_level_is_not_written_until_the_level_changes),
		cmocka_unit_test(any_bytes_in_a_field_leave_one_line_of_valid_json),
		cmocka_unit_test(a_field_cannot_make_a_second_line_or_move_the_cursor),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(too_many_of_a_kind_are_held_back_counted_and_said_later),
		cmocka_unit_test(levels_and_forms_have_names_and_nothing_else_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
