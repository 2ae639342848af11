/* SPDX-License-Identifier: Apache-2.0
 *
 * test_export_format.c - what the further formats write, byte by byte, and what they refuse. That
 * readers of those formats understand it is shown in tests/process/test_formats.py.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/export_format.h"

/* Everything that was written, each file after a line "== PATH". */
struct sink {
	struct rph_buffer text;
	unsigned opens, fail_at; /* the fail_at-th call fails; 0: none */
	unsigned calls;
};

static int sink_open(void *context, const char *path)
{
	struct sink *sink = context;
	if (++sink->calls == sink->fail_at)
		return -ENOSPC;
	rph_buffer_format(&sink->text, "== %s\n", path);
	sink->opens++;
	return 0;
}

static int sink_write(void *context, struct rph_span bytes)
{
	struct sink *sink = context;
	if (++sink->calls == sink->fail_at)
		return -ENOSPC;
	rph_buffer_add(&sink->text, bytes);
	return 0;
}

/* RPH_SPAN() is no constant. */
#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}
static const struct rph_example_slot jazz[] = {{TEXT("genre"), TEXT("jazz"), 5, 9}};
static const struct rph_example_slot room[] = {{TEXT("room"), TEXT("ห้องนอน"), 6, 13}};
static const struct rph_example_slot two[] = {{TEXT("room"), TEXT("hall"), 4, 8},
					      {TEXT("level"), TEXT("9"), 9, 10}};
static const struct rph_example_slot bad_name[] = {{TEXT("my room"), TEXT("hall"), 4, 8}};

static struct rph_example row(const char *locale, const char *domain, const char *intent,
			      const char *text)
{
	return (struct rph_example){.text = rph_span_of(text),
				    .locale = rph_span_of(locale),
				    .domain = rph_span_of(domain),
				    .intent = rph_span_of(intent),
				    .kind = "mined",
				    .type = "repair",
				    .source = rph_span_of(text),
				    .target = RPH_SPAN("t")};
}

static void with(struct rph_example *example, const struct rph_example_slot *slots, uint32_t count)
{
	example->slots = slots;
	example->slot_count = count;
}

/* Rows that every format can hold. */
static size_t good_rows(struct rph_example rows[static 4])
{
	rows[0] = row("en-US", "home", "dim", "dim hall 9");
	with(&rows[0], two, 2);
	rows[1] = row("en-US", "", "greet", "hi there");
	rows[1].holdout = true;
	rows[2] = row("en-US", "music", "music_play", "play jazz, please");
	with(&rows[2], jazz, 1);
	rows[3] = row("th-TH", "home", "on", "เปิดไฟห้องนอน");
	with(&rows[3], room, 1);
	return 4;
}

static void check(const char *name, const char *expected)
{
	struct rph_example rows[4];
	size_t count = good_rows(rows);
	struct sink sink = {{0}, 0, 0, 0};
	const struct rph_format_output output = {&sink, sink_open, sink_write};
	struct rph_format_report report;

	assert_int_equal(rph_format_find(rph_span_of(name))->write(rows, count, &output, &report),
			 0);
	assert_int_equal(report.rows, count);
	assert_int_equal(report.left_out, 0);
	assert_string_equal(sink.text.text, expected);
	rph_buffer_free(&sink.text);
}

static void rasa_is_these_bytes(void **state)
{
	(void)state;
	check("rasa", "== rasa/en-US.train.yml\n"
		      "version: \"3.1\"\nnlu:\n"
		      "- intent: \"home_dim\"\n  examples: |\n"
		      "    - dim [hall]{\"entity\": \"room\"} [9]{\"entity\": \"level\"}\n"
		      "- intent: \"music_play\"\n  examples: |\n"
		      "    - play [jazz]{\"entity\": \"genre\"}, please\n"
		      "== rasa/en-US.holdout.yml\n"
		      "version: \"3.1\"\nnlu:\n"
		      "- intent: \"greet\"\n  examples: |\n    - hi there\n"
		      "== rasa/th-TH.train.yml\n"
		      "version: \"3.1\"\nnlu:\n"
		      "- intent: \"home_on\"\n  examples: |\n"
		      "    - เปิดไฟ[ห้องนอน]{\"entity\": \"room\"}\n"
		      "== rasa/th-TH.holdout.yml\n"
		      "version: \"3.1\"\nnlu: []\n");
}

static void massive_has_a_space_on_both_sides_of_every_slot_in_both_texts(void **state)
{
	(void)state;
	check("massive", "== massive/en-US.jsonl\n"
			 "{\"id\":\"900000\",\"locale\":\"en-US\",\"partition\":\"train\","
			 "\"scenario\":\"home\",\"intent\":\"home_dim\",\"utt\":\"dim hall 9\","
			 "\"annot_utt\":\"dim [room : hall] [level : 9]\",\"worker_id\":\"0\"}\n"
			 "{\"id\":\"900001\",\"locale\":\"en-US\",\"partition\":\"test\","
			 "\"scenario\":\"greet\",\"intent\":\"greet\",\"utt\":\"hi there\","
			 "\"annot_utt\":\"hi there\",\"worker_id\":\"0\"}\n"
			 "{\"id\":\"900002\",\"locale\":\"en-US\",\"partition\":\"train\","
			 "\"scenario\":\"music\",\"intent\":\"music_play\","
			 "\"utt\":\"play jazz , please\","
			 "\"annot_utt\":\"play [genre : jazz] , please\",\"worker_id\":\"0\"}\n"
			 "== massive/th-TH.jsonl\n"
			 "{\"id\":\"900003\",\"locale\":\"th-TH\",\"partition\":\"train\","
			 "\"scenario\":\"home\",\"intent\":\"home_on\","
			 "\"utt\":\"เปิดไฟ ห้องนอน\",\"annot_utt\":\"เปิดไฟ [room : ห้องนอน]\","
			 "\"worker_id\":\"0\"}\n");
}

static void bio_has_as_many_tags_as_words_and_lists_its_labels(void **state)
{
	(void)state;
	check("bio",
	      "== bio/en-US/train/seq.in\ndim hall 9\nplay jazz , please\n"
	      "== bio/en-US/train/seq.out\nO B-room B-level\nO B-genre O O\n"
	      "== bio/en-US/train/label\nhome_dim\nmusic_play\n"
	      "== bio/en-US/test/seq.in\nhi there\n"
	      "== bio/en-US/test/seq.out\nO O\n"
	      "== bio/en-US/test/label\ngreet\n"
	      "== bio/en-US/intent_label.txt\nUNK\ngreet\nhome_dim\nmusic_play\n"
	      "== bio/en-US/slot_label.txt\nPAD\nUNK\nO\nB-genre\nI-genre\nB-level\nI-level\n"
	      "B-room\nI-room\n"
	      "== bio/th-TH/train/seq.in\nเ ปิ ด ไ ฟ ห้ อ ง น อ น\n"
	      "== bio/th-TH/train/seq.out\nO O O O O B-room I-room I-room I-room I-room I-room\n"
	      "== bio/th-TH/train/label\nhome_on\n"
	      "== bio/th-TH/test/seq.in\n== bio/th-TH/test/seq.out\n== bio/th-TH/test/label\n"
	      "== bio/th-TH/intent_label.txt\nUNK\nhome_on\n"
	      "== bio/th-TH/slot_label.txt\nPAD\nUNK\nO\nB-room\nI-room\n");
}

static void chinese_and_japanese_keep_their_text_in_massive(void **state)
{
	const struct rph_example_slot slots[] = {{RPH_SPAN("room"), RPH_SPAN("卧室"), 2, 4}};
	struct rph_example example = row("zh-CN", "home", "on", "打开卧室灯");
	struct sink sink = {{0}, 0, 0, 0};
	const struct rph_format_output output = {&sink, sink_open, sink_write};
	struct rph_format_report report;
	(void)state;

	with(&example, slots, 1);
	assert_int_equal(rph_format_write_massive(&example, 1, &output, &report), 0);
	assert_non_null(strstr(sink.text.text, "\"utt\":\"打开卧室灯\","));
	assert_non_null(strstr(sink.text.text, "\"annot_utt\":\"打开 [room : 卧室] 灯\","));
	rph_buffer_free(&sink.text);
}

static void what_a_format_cannot_hold_is_left_out_of_it_and_counted(void **state)
{
	static const struct {
		const char *format, *intent, *text;
		bool slot;
	} refused[] = {
		{"rasa", "x", "press [ then", false},    {"rasa", "x", "a ] b", false},
		{"rasa", "x", "/greet me", false},       {"rasa", "x", "- dash", false},
		{"rasa", "x", "back\\slash", false},     {"rasa", "faq/ask", "hello you", false},
		{"rasa", "x y", "hello you", false},     {"rasa", "x", "dim hall", true},
		{"massive", "x", "press [ then", false}, {"massive", "x", "dim hall", true},
		{"bio", "a#b", "hello you", false},      {"bio", "a\xE3\x80\x80", "hello", false},
		{"bio", "x", "dim hall", true},
	};
	(void)state;

	for (size_t i = 0; i < RPH_ARRAY_LEN(refused); i++) {
		struct rph_example example = row("en-US", "", refused[i].intent, refused[i].text);
		struct sink sink = {{0}, 0, 0, 0};
		const struct rph_format_output output = {&sink, sink_open, sink_write};
		struct rph_format_report report;
		if (refused[i].slot)
			with(&example, bad_name, 1);
		assert_int_equal(rph_format_find(rph_span_of(refused[i].format))
					 ->write(&example, 1, &output, &report),
				 0);
		assert_int_equal(report.rows, 0);
		assert_int_equal(report.left_out, 1);
		assert_null(strstr(sink.text.text, refused[i].text));
		rph_buffer_free(&sink.text);
	}
}

static void a_failing_output_ends_every_format_with_its_error(void **state)
{
	struct rph_example rows[4];
	size_t count = good_rows(rows);
	(void)state;

	for (unsigned i = 0; i < RPH_FORMAT_COUNT; i++) {
		unsigned failed = 0;
		for (unsigned at = 1;; at++) {
			struct sink sink = {.fail_at = at};
			const struct rph_format_output output = {&sink, sink_open, sink_write};
			struct rph_format_report report;
			int error = rph_formats[i].write(rows, count, &output, &report);
			bool reached = sink.calls >= at;
			rph_buffer_free(&sink.text);
			if (!reached) {
				assert_int_equal(error, 0);
				break;
			}
			assert_int_equal(error, -ENOSPC);
			assert_int_equal(sink.calls, at);
			failed++;
		}
		assert_true(failed >= 4);
	}
}

static void only_known_names_are_formats(void **state)
{
	(void)state;
	assert_true(rph_format_is_known(RPH_SPAN("jsonl")));
	assert_null(rph_format_find(RPH_SPAN("jsonl")));
	assert_true(rph_format_is_known(RPH_SPAN("bio")));
	assert_false(rph_format_is_known(RPH_SPAN("BIO")));
	assert_false(rph_format_is_known(RPH_SPAN("")));
	for (unsigned i = 0; i < RPH_FORMAT_COUNT; i++)
		assert_non_null(strstr(RPH_FORMAT_NAMES, rph_formats[i].name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rasa_is_these_bytes),
		cmocka_unit_test(massive_has_a_space_on_both_sides_of_every_slot_in_both_texts),
		cmocka_unit_test(bio_has_as_many_tags_as_words_and_lists_its_labels),
		cmocka_unit_test(chinese_and_japanese_keep_their_text_in_massive),
		cmocka_unit_test(what_a_format_cannot_hold_is_left_out_of_it_and_counted),
		cmocka_unit_test(a_failing_output_ends_every_format_with_its_error),
		cmocka_unit_test(only_known_names_are_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
