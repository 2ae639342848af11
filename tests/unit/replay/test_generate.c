/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replay/generate.h"
#include "schemas/decode.h"
#include "schemas/error.h"

enum {
	PARTS_MAX = 4,
	LINE_LIMIT = 64 * 1024,
	HALF_HOUR_MS = 30 * 60 * 1000,
	FOUR_HOURS_MS = 8 * HALF_HOUR_MS
};

/* What one run wrote, NUL-terminated. */
struct run {
	char *events[PARTS_MAX], *truth;
	struct rph_generate_stats stats;
};

static struct rph_generate_options options_of(uint64_t seed, uint64_t sessions)
{
	return (struct rph_generate_options){
		.seed = seed,
		.sessions = sessions,
		.weeks = 4,
		.start = INT64_C(1767571200000), /* 2026-01-05 */
		.partitions = 1,
		.devices = 3,
	};
}

static char *read_all(int fd, size_t size)
{
	char *text = malloc(size + 1);
	assert_non_null(text);
	assert_int_equal(pread(fd, text, size, 0), (ssize_t)size);
	text[size] = '\0';
	close(fd);
	return text;
}

static struct run generate(const struct rph_generate_options *options, unsigned parts)
{
	struct run run = {.truth = NULL};
	struct rph_gen_writer writers[PARTS_MAX + 1];
	for (unsigned i = 0; i <= parts; i++) {
		int fd = memfd_create("log", MFD_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(rph_gen_writer_init(&writers[i], fd), 0);
	}
	struct rph_generate_output output = {
		.events = writers, .event_count = parts, .truth = &writers[parts]};
	assert_int_equal(rph_generate(options, &output, &run.stats), 0);
	for (unsigned i = 0; i <= parts; i++) {
		char *text = read_all(writers[i].fd, writers[i].written);
		if (i < parts)
			run.events[i] = text;
		else
			run.truth = text;
		rph_gen_writer_free(&writers[i]);
	}
	return run;
}

static void run_free(struct run *run)
{
	for (unsigned i = 0; i < PARTS_MAX; i++)
		free(run->events[i]);
	free(run->truth);
}

/* The next line as JSON, or NULL at the end; jansson refuses what is not UTF-8. */
static json_t *next_line(const char **at)
{
	const char *end = strchr(*at, '\n');
	if (!end)
		return NULL;
	size_t len = (size_t)(end - *at);
	assert_true(len < LINE_LIMIT);
	json_error_t error;
	json_t *line = json_loadb(*at, len, JSON_REJECT_DUPLICATES, &error);
	if (!line)
		fail_msg("%s in %.*s", error.text, (int)len, *at);
	*at = end + 1;
	return line;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* All event lines by event_id; duplicates must be equal. `lines` counts them all. */
static json_t *index_events(const char *text, uint64_t *lines)
{
	json_t *events = json_object();
	*lines = 0;
	for (json_t *event; (event = next_line(&text)); (*lines)++) {
		const char *id = text_of(event, "event_id");
		json_t *before = json_object_get(events, id);
		if (before)
			assert_true(json_equal(before, event));
		json_object_set(events, id, event);
		json_decref(event);
	}
	return events;
}

static rph_time_ms time_of(const json_t *event)
{
	const json_t *ts = json_object_get(event, "ts");
	rph_time_ms at = json_integer_value(ts);
	if (json_is_string(ts))
		assert_true(rph_time_parse(rph_span_of(json_string_value(ts)), false, &at));
	return at;
}

static size_t byte_of_sign(const char *text, int64_t sign)
{
	size_t at = 0;
	for (; sign > 0; sign--) {
		assert_true(text[at] != '\0');
		at++;
		while (((unsigned char)text[at] & 0xc0) == 0x80)
			at++;
	}
	return at;
}

static void the_same_options_give_the_same_bytes(void **state)
{
	(void)state;
	struct rph_generate_options options = options_of(11, 300);
	struct run a = generate(&options, 1), b = generate(&options, 1);
	assert_string_equal(a.events[0], b.events[0]);
	assert_string_equal(a.truth, b.truth);
	options.seed = 12;
	struct run c = generate(&options, 1);
	assert_string_not_equal(a.events[0], c.events[0]);
	run_free(&a);
	run_free(&b);
	run_free(&c);
}

static void check_slot(const json_t *slot, const char *utterance)
{
	int64_t start = json_integer_value(json_object_get(slot, "start"));
	int64_t end = json_integer_value(json_object_get(slot, "end"));
	assert_true(start >= 0 && start < end);
	size_t from = byte_of_sign(utterance, start), to = byte_of_sign(utterance, end);
	assert_true(utterance[from] != ' ' && utterance[to - 1] != ' ');
	/* A value that was said in its normal form is said inside its slot. */
	const char *value = text_of(slot, "value");
	const char *hit = strstr(utterance, value);
	if (!hit || strlen(value) < 8 || strstr(hit + 1, value))
		return;
	assert_true((size_t)(hit - utterance) >= from);
	assert_true((size_t)(hit - utterance) + strlen(value) <= to);
}

static void slots_lie_where_the_offsets_say_in_every_locale(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++) {
		struct rph_generate_options options = options_of(3, 1000);
		options.locales = UINT32_C(1) << i;
		struct run run = generate(&options, 1);
		unsigned checked = 0;
		const char *at = run.events[0];
		for (json_t *event; (event = next_line(&at)); json_decref(event)) {
			size_t j;
			const json_t *slot;
			const char *utterance = text_of(event, "utterance");
			assert_true(utterance[0] != '\0' && utterance[0] != ' ');
			assert_string_equal(text_of(event, "locale"), rph_language_tag(i).ptr);
			json_t *nlu = json_object_get(event, "nlu");
			json_array_foreach(json_object_get(nlu, "slots"), j, slot)
			{
				check_slot(slot, utterance);
				checked++;
			}
		}
		assert_true(checked > 1000);
		run_free(&run);
	}
}

static void truth_is_told_about_every_delivery(void **state)
{
	(void)state;
	struct rph_generate_options options = options_of(5, 3000);
	struct run run = generate(&options, 1);
	uint64_t lines, told = 0, late = 0, duplicates = 0, bots = 0;
	json_t *events = index_events(run.events[0], &lines);
	const char *at = run.truth;
	for (json_t *truth; (truth = next_line(&at)); json_decref(truth)) {
		if (json_object_get(truth, "from"))
			continue;
		const json_t *event = json_object_get(events, text_of(truth, "event_id"));
		assert_non_null(event);
		assert_string_equal(text_of(truth, "user"), text_of(event, "user_id"));
		assert_non_null(strchr(text_of(truth, "goal"), '|'));
		assert_non_null(text_of(truth, "template"));
		assert_true(json_is_boolean(json_object_get(truth, "recognised")));
		told++;
		late += json_is_true(json_object_get(truth, "late"));
		duplicates += json_is_true(json_object_get(truth, "duplicate"));
		bots += json_is_true(json_object_get(truth, "bot"));
	}
	assert_int_equal(told, lines);
	assert_int_equal(told, run.stats.lines);
	assert_int_equal(json_object_size(events), lines - duplicates);
	assert_int_equal(late, run.stats.late);
	assert_int_equal(duplicates, run.stats.duplicates);
	assert_true(late * 1000 > lines * 2 && late * 1000 < lines * 10);
	assert_true(duplicates * 1000 > lines * 3 && duplicates * 1000 < lines * 12);
	assert_true(bots * 100 > lines && bots * 100 < lines * 8);
	json_decref(events);
	run_free(&run);
}

static void transitions_stay_inside_a_session_and_three_turns(void **state)
{
	(void)state;
	struct rph_generate_options options = options_of(6, 1500);
	struct run run = generate(&options, 1);
	uint64_t lines, edges = 0;
	json_t *events = index_events(run.events[0], &lines);
	json_t *types = json_object();
	const char *at = run.truth;
	for (json_t *edge; (edge = next_line(&at)); json_decref(edge)) {
		const char *from = text_of(edge, "from"), *to = text_of(edge, "to");
		if (!from)
			continue;
		const json_t *earlier = json_object_get(events, from);
		const json_t *later = json_object_get(events, to);
		assert_true(earlier && later);
		assert_memory_equal(from, to, 11); /* the session's part of the id */
		int64_t distance = strtol(to + 12, NULL, 16) - strtol(from + 12, NULL, 16);
		assert_in_range(distance, 1, 3);
		assert_int_equal(time_of(later) - time_of(earlier),
				 json_integer_value(json_object_get(edge, "gap_ms")));
		bool same = strcmp(text_of(earlier, "utterance"), text_of(later, "utterance")) == 0;
		if (strcmp(text_of(edge, "type"), "repeat") == 0)
			assert_true(same);
		if (strcmp(text_of(edge, "type"), "repair") == 0)
			assert_false(same);
		json_object_set_new(types, text_of(edge, "type"), json_true());
		edges++;
	}
	assert_int_equal(json_object_size(types), 5);
	assert_true(edges > 1000);
	json_decref(types);
	json_decref(events);
	run_free(&run);
}

/* "e", ten digits of the session, "-" and the turn. */
static bool same_session(const char *a, const char *b)
{
	return strcspn(a, "-") == 11 && memcmp(a, b, 11) == 0;
}

/* Of each user and speaker, the time of the last event in the order of sessions. */
static void check_apart(const json_t *last, const json_t *event)
{
	if (!last || same_session(text_of(last, "event_id"), text_of(event, "event_id")))
		return;
	assert_true(time_of(event) - time_of(last) > HALF_HOUR_MS);
}

static void sessions_of_one_speaker_are_half_an_hour_apart(void **state)
{
	(void)state;
	struct rph_generate_options options = options_of(8, 4000);
	options.users = 90;
	struct run run = generate(&options, 1);
	uint64_t lines, speakers = 0;
	json_t *events = index_events(run.events[0], &lines), *last = json_object(), *event;
	const char *at = run.truth, *id;
	for (json_t *truth; (truth = next_line(&at)); json_decref(truth)) {
		/* The truth comes in the order of sessions and turns. */
		id = text_of(truth, "event_id");
		if (!id)
			continue;
		event = json_object_get(events, id);
		char key[64];
		const char *speaker = text_of(event, "speaker_id");
		speakers += speaker != NULL;
		snprintf(key, sizeof(key), "%s/%s", text_of(event, "user_id"),
			 speaker ? speaker : "");
		check_apart(json_object_get(last, key), event);
		json_object_set(last, key, event);
	}
	assert_true(speakers > 100);
	json_decref(last);
	json_decref(events);
	run_free(&run);
}

static void the_decoder_accepts_every_line_with_its_slots_and_signals(void **state)
{
	(void)state;
	static const uint8_t secret[RPH_SECRET_BYTES] = {1};
	static const struct rph_decode_limits limits = {.max_record_bytes = LINE_LIMIT,
							.max_utterance_bytes = 1024};
	struct rph_keys keys;
	rph_keys_derive(secret, &keys);
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = NULL;
	assert_int_equal(rph_decoder_new(&limits, &keys, &decoder), 0);
	struct rph_generate_options options = options_of(10, 2000);
	struct run run = generate(&options, 1);
	struct rph_arena arena;
	rph_arena_init(&arena, (size_t)64 << 20);
	uint64_t lines = 0;
	char *end;
	for (char *at = run.events[0]; (end = strchr(at, '\n')); at = end + 1) {
		struct rph_record record = {.value = {at, (size_t)(end - at)},
					    .log_time = RPH_NO_LOG_TIME};
		struct rph_rejection rejection;
		struct rph_event event;
		assert_int_equal(rph_decode(decoder, &record, &arena, &event, &rejection), 0);
		if (rejection.reason != RPH_ACCEPTED)
			fail_msg("refused for %s: %.*s", rejection.key, (int)(end - at), at);
		assert_int_equal(event.unknown_signals, 0);
		for (uint32_t i = 0; i < event.slot_count; i++)
			assert_true(event.slots[i].start < event.slots[i].end);
		rph_arena_reset(&arena);
		lines++;
	}
	assert_int_equal(lines, run.stats.lines);
	rph_arena_free(&arena);
	run_free(&run);
}

static void as_many_sessions_are_written_as_were_asked_for(void **state)
{
	(void)state;
	static const uint64_t counts[] = {1, 2, 77, 672, 1999};
	for (size_t i = 0; i < RPH_ARRAY_LEN(counts); i++) {
		struct rph_generate_options options = options_of(i, counts[i]);
		struct run run = generate(&options, 1);
		assert_int_equal(run.stats.sessions, counts[i]);
		run_free(&run);
	}
}

static void events_begin_within_the_weeks(void **state)
{
	(void)state;
	struct rph_generate_options options = options_of(2, 1000);
	options.weeks = 2;
	struct run run = generate(&options, 1);
	rph_time_ms first = INT64_MAX, last = 0;
	const char *at = run.events[0];
	for (json_t *event; (event = next_line(&at)); json_decref(event)) {
		rph_time_ms time = time_of(event);
		first = time < first ? time : first;
		last = time > last ? time : last;
	}
	assert_true(first >= options.start && first < options.start + RPH_DAY_MS);
	assert_true(last > options.start + 2 * RPH_WEEK_MS - RPH_DAY_MS);
	assert_true(last < options.start + 2 * RPH_WEEK_MS + FOUR_HOURS_MS);
	run_free(&run);
}

static void partitions_divide_the_users_and_nothing_else(void **state)
{
	(void)state;
	struct rph_generate_options options = options_of(9, 400);
	options.partitions = 3;
	struct run merged = generate(&options, 1), split = generate(&options, 3);
	assert_string_equal(merged.truth, split.truth);
	const char *parts[3] = {split.events[0], split.events[1], split.events[2]};
	json_t *users = json_object();
	const char *at = merged.events[0];
	for (json_t *event; (event = next_line(&at)); json_decref(event)) {
		json_t *partition = json_object_get(event, "partition");
		assert_in_range(json_integer_value(partition), 0, 2);
		json_t *line = next_line(&parts[json_integer_value(partition)]);
		assert_true(json_equal(event, line));
		json_t *before = json_object_get(users, text_of(event, "user_id"));
		assert_true(!before || json_equal(before, partition));
		json_object_set(users, text_of(event, "user_id"), partition);
		json_decref(line);
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(*parts[i], '\0');
	json_decref(users);
	run_free(&merged);
	run_free(&split);
}

static void a_fifth_to_a_quarter_of_first_attempts_fail(void **state)
{
	(void)state;
	uint64_t attempts = 0, failures = 0;
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct rph_generate_options options = options_of(seed, 2000);
		struct run run = generate(&options, 1);
		attempts += run.stats.first_attempts;
		failures += run.stats.first_failures;
		run_free(&run);
	}
	assert_in_range(failures * 1000 / attempts, 190, 290);
}

static void too_few_users_for_the_sessions_are_refused(void **state)
{
	(void)state;
	struct rph_gen_writer writer = {.fd = -1};
	struct rph_generate_options options = options_of(1, 100000);
	options.users = 100;
	struct rph_generate_output output = {.events = &writer, .event_count = 1};
	struct rph_generate_stats stats;
	assert_int_equal(rph_generate(&options, &output, &stats), RPH_E_USAGE);
}

static void a_full_disk_is_an_error(void **state)
{
	(void)state;
	struct rph_gen_writer writer;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		skip();
	assert_int_equal(rph_gen_writer_init(&writer, fd), 0);
	struct rph_generate_options options = options_of(1, 2000);
	struct rph_generate_output output = {.events = &writer, .event_count = 1};
	struct rph_generate_stats stats;
	assert_int_equal(rph_generate(&options, &output, &stats), -ENOSPC);
	rph_gen_writer_free(&writer);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_options_give_the_same_bytes),
		cmocka_unit_test(slots_lie_where_the_offsets_say_in_every_locale),
		cmocka_unit_test(truth_is_told_about_every_delivery),
		cmocka_unit_test(transitions_stay_inside_a_session_and_three_turns),
		cmocka_unit_test(sessions_of_one_speaker_are_half_an_hour_apart),
		cmocka_unit_test(the_decoder_accepts_every_line_with_its_slots_and_signals),
		cmocka_unit_test(as_many_sessions_are_written_as_were_asked_for),
		cmocka_unit_test(events_begin_within_the_weeks),
		cmocka_unit_test(partitions_divide_the_users_and_nothing_else),
		cmocka_unit_test(a_fifth_to_a_quarter_of_first_attempts_fail),
		cmocka_unit_test(too_few_users_for_the_sessions_are_refused),
		cmocka_unit_test(a_full_disk_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
