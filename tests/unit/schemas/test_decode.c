/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "schemas/error.h"
#include "schemas/signal.h"
#include "tests/fuzz/check_event.h"
#include "tests/unit/schemas/random_text.h"

static const uint8_t secret[RPH_SECRET_BYTES] = {1, 2, 3};
static struct rph_keys keys;
static const struct rph_decode_limits limits = {
	.max_record_bytes = 8192,
	.max_utterance_bytes = 256,
	.future_limit = RPH_DAY_MS,
	.past_limit = 30 * RPH_DAY_MS,
};

struct outcome {
	struct rph_event event;
	struct rph_rejection rejection;
};

static struct rph_decoder *new_decoder(const struct rph_decode_limits *with)
{
	struct rph_decoder *decoder = NULL;
	rph_keys_derive(secret, &keys);
	assert_int_equal(rph_decoder_new(with, &keys, &decoder), 0);
	return decoder;
}

static struct outcome decode(struct rph_decoder *decoder, struct rph_arena *arena,
			     struct rph_span text)
{
	struct outcome outcome;
	struct rph_record record = {.value = text, .log_time = RPH_NO_LOG_TIME};
	assert_int_equal(rph_decode(decoder, &record, arena, &outcome.event, &outcome.rejection),
			 0);
	return outcome;
}

static struct rph_span span_of_json(const json_t *object, const char *key)
{
	const json_t *text = json_object_get(object, key);
	return (struct rph_span){json_string_value(text), json_string_length(text)};
}

static void assert_span(struct rph_span span, const char *text)
{
	assert_int_equal(span.len, strlen(text));
	assert_memory_equal(span.ptr ? span.ptr : "", text, span.len);
}

/* The record of a row of the table, malloc'ed without a byte to spare, so that reading past it
 * shows. */
static struct rph_span record_of(const json_t *row)
{
	struct rph_span text = span_of_json(row, "text");
	struct rph_span base64 = span_of_json(row, "base64");
	size_t pad_to = (size_t)json_integer_value(json_object_get(row, "pad_to"));
	size_t size = text.len + base64.len + pad_to, len = text.len;
	char *bytes = malloc(size + 1);
	assert_non_null(bytes);
	if (text.len)
		memcpy(bytes, text.ptr, text.len);
	if (base64.len)
		assert_int_equal(sodium_base642bin((unsigned char *)bytes, size, base64.ptr,
						   base64.len, NULL, &len, NULL,
						   sodium_base64_VARIANT_ORIGINAL),
				 0);
	for (; len < pad_to; len++)
		bytes[len] = ' ';
	char *exact = malloc(len ? len : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, len);
	free(bytes);
	return (struct rph_span){exact, len};
}

/* Returns 1 when the row holds, else says what it saw. */
static int check_row(const json_t *row, struct rph_arena *arena)
{
	struct rph_decode_limits with = limits;
	struct rph_event event;
	struct rph_rejection rejection;
	with.default_locale = span_of_json(row, "default_locale");
	const json_t *log_time = json_object_get(row, "log_time");
	struct rph_record record = {
		.value = record_of(row),
		.log_time = log_time ? json_integer_value(log_time) : RPH_NO_LOG_TIME,
	};
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = new_decoder(&with);
	assert_int_equal(rph_decode(decoder, &record, arena, &event, &rejection), 0);
	free((void *)(uintptr_t)record.value.ptr);
	check_rejection(&rejection);
	if (rejection.reason == RPH_ACCEPTED)
		check_event(&event, &with);
	rph_arena_reset(arena);
	if (rph_span_equal(rph_span_of(rph_reject_name(rejection.reason)),
			   span_of_json(row, "expect")) &&
	    rph_span_equal(rph_span_of(rejection.key), span_of_json(row, "key")))
		return 1;
	print_error("case \"%s\": %s %s\n", json_string_value(json_object_get(row, "name")),
		    rph_reject_name(rejection.reason), rejection.key);
	return 0;
}

static void the_table_of_cases_holds(void **state)
{
	(void)state;
	FILE *file = fopen(RPH_SOURCE_DIR "/tests/cases/interaction.jsonl", "r");
	assert_non_null(file);
	char *line = NULL;
	size_t size = 0, count = 0, good = 0;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	while (getline(&line, &size, file) > 0) {
		json_t *row = json_loads(line, 0, NULL);
		assert_non_null(row);
		if (json_object_get(row, "name")) {
			count++;
			good += (size_t)check_row(row, &arena);
		}
		json_decref(row);
	}
	free(line);
	fclose(file);
	rph_arena_free(&arena);
	assert_true(count >= 90);
	assert_int_equal(good, count);
}

static const char full[] =
	"{\"event_id\":\"e7\",\"ts\":\"2026-03-05T10:00:00+01:00\",\"user_id\":\"u7\","
	"\"session_id\":\"s7\",\"device_id\":\"d7\",\"speaker_id\":\"p7\",\"locale\":\"zh_hant_"
	"tw\","
	"\"utterance\":\"\\u64ad jazz \xf0\x9f\x98\x80\","
	"\"asr\":{\"confidence\":0.5,\"nbest\":[\"a\",\"bb\"]},"
	"\"nlu\":{\"domain\":\"music\",\"intent\":\"play\",\"confidence\":1,\"slots\":["
	"{\"name\":\"genre\",\"value\":\"Jazz\",\"start\":2,\"end\":6},"
	"{\"name\":\"room\",\"value\":\"attic\"}]},"
	"\"outcome\":{\"status\":\"failure\",\"signals\":[\"cancel\",\"sneeze\",\"undo\"],"
	"\"response\":\"no\\n\"},"
	"\"rewrite\":{\"from\":\"play jars\",\"arm\":\"holdout\"},\"cohort\":\"c7\"}";

static void check_full_nlu(const struct rph_event *event)
{
	assert_true(event->has_nlu);
	assert_span(event->domain, "music");
	assert_span(event->intent, "play");
	assert_int_equal(event->nlu_confidence, 1024);
	assert_int_equal(event->slot_count, 2);
	assert_span(event->slots[0].name, "genre");
	assert_span(event->slots[0].value, "Jazz");
	assert_int_equal(event->slots[0].start, 2);
	assert_int_equal(event->slots[0].end, 6);
	assert_span(event->slots[1].name, "room");
	assert_span(event->slots[1].value, "attic");
	assert_int_equal(event->slots[1].start, RPH_NO_PLACE);
	assert_int_equal(event->slots[1].end, RPH_NO_PLACE);
}

static void check_full(const struct rph_event *event)
{
	assert_span(event->event_id, "e7");
	assert_int_equal(event->at, INT64_C(1772701200000));
	assert_int_equal(event->user, rph_user_of(&keys, RPH_SPAN("u7")));
	assert_span(event->locale, "zh-Hant-TW");
	assert_span(event->utterance, "\xe6\x92\xad jazz \xf0\x9f\x98\x80");
	assert_int_equal(event->asr_confidence, 512);
	assert_int_equal(event->nbest_count, 2);
	assert_span(event->nbest[0], "a");
	assert_span(event->nbest[1], "bb");
	check_full_nlu(event);
	assert_int_equal(event->status, RPH_STATUS_FAILURE);
	assert_int_equal(event->signals, RPH_SIGNAL_BIT(cancel) | RPH_SIGNAL_BIT(undo));
	assert_int_equal(event->unknown_signals, 1);
	assert_span(event->response, "no\n");
	assert_span(event->rewrite_from, "play jars");
	assert_int_equal(event->arm, RPH_ARM_HOLDOUT);
	assert_span(event->cohort, "c7");
}

static void every_key_arrives_in_its_field(void **state)
{
	(void)state;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = new_decoder(&limits);
	struct outcome outcome = decode(decoder, &arena, RPH_SPAN(full));
	assert_int_equal(outcome.rejection.reason, RPH_ACCEPTED);
	check_full(&outcome.event);
	rph_arena_free(&arena);
}

static const char smallest[] = "{\"event_id\":\"e\",\"ts\":5,\"user_id\":\"u\",\"locale\":\"tr\","
			       "\"utterance\":\"dur\"}";

static void what_is_absent_is_empty_even_after_a_full_event(void **state)
{
	(void)state;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = new_decoder(&limits);
	struct outcome first = decode(decoder, &arena, RPH_SPAN(full));
	struct rph_event event = decode(decoder, &arena, RPH_SPAN(smallest)).event;
	assert_span(event.locale, "tr");
	assert_int_equal(event.at, 5);
	assert_int_equal(event.asr_confidence, RPH_NO_CONFIDENCE);
	assert_int_equal(event.nlu_confidence, RPH_NO_CONFIDENCE);
	assert_false(event.has_nlu);
	assert_int_equal(event.nbest_count + event.slot_count + event.signals, 0);
	assert_int_equal(event.domain.len + event.intent.len + event.response.len, 0);
	assert_int_equal(event.cohort.len + event.rewrite_from.len, 0);
	assert_int_equal(event.status, RPH_STATUS_UNKNOWN);
	assert_int_equal(event.arm, RPH_ARM_NONE);
	/* And the one before is still whole: its texts are in the arena. */
	check_full(&first.event);
	rph_arena_free(&arena);
}

static struct rph_event event_of(const char *user, const char *device, const char *speaker,
				 const char *session)
{
	char text[512];
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = new_decoder(&limits);
	int len = snprintf(text, sizeof(text),
			   "{\"event_id\":\"e\",\"ts\":5,\"user_id\":\"%s\",\"locale\":\"de\","
			   "\"utterance\":\"a\",\"device_id\":\"%s\",\"speaker_id\":\"%s\","
			   "\"session_id\":\"%s\"}",
			   user, device, speaker, session);
	struct outcome outcome = decode(decoder, &arena, (struct rph_span){text, (size_t)len});
	assert_int_equal(outcome.rejection.reason, RPH_ACCEPTED);
	rph_arena_free(&arena);
	return outcome.event;
}

static void the_session_depends_on_user_device_speaker_and_session(void **state)
{
	(void)state;
	static const char *const parts[][4] = {
		{"a", "", "", ""},         {"a", "b", "", ""},  {"a", "", "b", ""},
		{"a", "", "", "b"},        {"ab", "", "", ""},  {"a", "b", "c", ""},
		{"a", "bc", "", ""},       {"a", "b", "", "c"}, {"a\\u001f", "b", "", ""},
		{"a", "\\u001fb", "", ""}, {"b", "a", "", ""},
	};
	struct rph_id ids[RPH_ARRAY_LEN(parts)];
	for (size_t i = 0; i < RPH_ARRAY_LEN(parts); i++) {
		struct rph_event event =
			event_of(parts[i][0], parts[i][1], parts[i][2], parts[i][3]);
		ids[i] = event.session;
		struct rph_event again =
			event_of(parts[i][0], parts[i][1], parts[i][2], parts[i][3]);
		assert_int_equal(rph_id_compare(&ids[i], &again.session), 0);
		assert_int_equal(event.user, again.user);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(rph_id_compare(&ids[i], &ids[j]), 0);
	}
	assert_int_equal(event_of("a", "x", "y", "z").user, event_of("a", "", "", "").user);
}

static void the_default_locale_is_made_canonical_and_must_be_one(void **state)
{
	(void)state;
	struct rph_decode_limits with = limits;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	with.default_locale = RPH_SPAN("pt_br");
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = new_decoder(&with);
	struct outcome outcome = decode(
		decoder, &arena,
		RPH_SPAN("{\"event_id\":\"e\",\"ts\":5,\"user_id\":\"u\",\"utterance\":\"a\"}"));
	assert_span(outcome.event.locale, "pt-BR");
	struct rph_decoder *none = NULL;
	with.default_locale = RPH_SPAN("portuguese");
	assert_int_equal(rph_decoder_new(&with, &keys, &none), RPH_E_BAD_CONFIG);
	assert_null(none);
	rph_arena_free(&arena);
}

static void a_full_arena_is_an_error_and_not_a_rejection(void **state)
{
	(void)state;
	struct rph_arena arena;
	struct rph_event event;
	struct rph_rejection rejection;
	rph_arena_init(&arena, 64);
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = new_decoder(&limits);
	struct rph_record record = {.value = RPH_SPAN(full), .log_time = RPH_NO_LOG_TIME};
	assert_int_equal(rph_decode(decoder, &record, &arena, &event, &rejection), RPH_E_NO_MEMORY);
	rph_arena_free(&arena);
}

/* A few bytes of the text replaced, removed or doubled. */
static size_t mutate(char *text, size_t len, uint64_t *random)
{
	static const char bytes[] = "{}[]:,\"\\u0d8eE-+.19 tfn\x80\xed\xa0\x01Q";
	unsigned count = 1 + (unsigned)(next_random(random) % 3);
	for (unsigned i = 0; i < count; i++) {
		size_t at = next_random(random) % len;
		switch (next_random(random) % 3) {
		case 0:
			text[at] = bytes[next_random(random) % (sizeof(bytes) - 1)];
			break;
		case 1:
			memmove(text + at, text + at + 1, len - at - 1);
			len--;
			break;
		default:
			memmove(text + at + 1, text + at, len - at);
			len++;
			break;
		}
	}
	return len;
}

static void damaged_events_are_judged_as_an_independent_parser_judges_them(void **state)
{
	(void)state;
	uint64_t random = 20260305;
	unsigned refused = 0, accepted = 0;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = new_decoder(&limits);
	for (int i = 0; i < 20000; i++) {
		char text[sizeof(full) + 8];
		memcpy(text, full, sizeof(full) - 1);
		size_t len = mutate(text, sizeof(full) - 1, &random);
		struct outcome outcome = decode(decoder, &arena, (struct rph_span){text, len});
		check_rejection(&outcome.rejection);
		json_t *json =
			json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
		/* Refused as text: the other parser refuses, too. Accepted: it accepts, too. */
		if (outcome.rejection.reason == RPH_ACCEPTED) {
			check_event(&outcome.event, &limits);
			assert_non_null(json);
			accepted++;
		} else if (outcome.rejection.reason <= RPH_REJECT_duplicate_key) {
			assert_true(!json || outcome.rejection.reason == RPH_REJECT_not_object);
			refused++;
		} else {
			assert_non_null(json);
		}
		if (json)
			json_decref(json);
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
	assert_true(refused > 1000 && accepted > 1000);
}

/* What stands for a value, always with a Q in it somewhere if it can. */
static const char *const marked[] = {"\"QQQQ\"",      "[\"QQQQ\"]", "{\"QQQQ\":\"QQQQ\"}",
				     "1772701200000", "null",       "true",
				     "-3.25",         "\"\""};

static void no_rejection_carries_a_byte_of_what_the_record_says(void **state)
{
	(void)state;
	static const char *const names[] = {
		"event_id", "ts",     "user_id", "locale",  "utterance", "asr", "nlu",
		"outcome",  "cohort", "QQQQ",    "rewrite", "device_id", "QQQQ"};
	uint64_t random = 99;
	unsigned refused = 0;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = new_decoder(&limits);
	for (int i = 0; i < 20000; i++) {
		char text[1024];
		size_t len = 0;
		for (size_t k = 0; k < RPH_ARRAY_LEN(names); k++)
			len += (size_t)snprintf(
				text + len, sizeof(text) - len, "%c\"%s\":%s", k ? ',' : '{',
				names[next_random(&random) % 8 ? k : k / 2],
				marked[next_random(&random) % RPH_ARRAY_LEN(marked)]);
		text[len++] = '}';
		struct outcome outcome = decode(decoder, &arena, (struct rph_span){text, len});
		if (outcome.rejection.reason != RPH_ACCEPTED) {
			refused++;
			check_rejection(&outcome.rejection);
			assert_null(strchr(outcome.rejection.key, 'Q'));
			assert_null(strchr(rph_reject_text(outcome.rejection.reason), 'Q'));
		}
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
	assert_true(refused > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_cases_holds),
		cmocka_unit_test(every_key_arrives_in_its_field),
		cmocka_unit_test(what_is_absent_is_empty_even_after_a_full_event),
		cmocka_unit_test(the_session_depends_on_user_device_speaker_and_session),
		cmocka_unit_test(the_default_locale_is_made_canonical_and_must_be_one),
		cmocka_unit_test(a_full_arena_is_an_error_and_not_a_rejection),
		cmocka_unit_test(damaged_events_are_judged_as_an_independent_parser_judges_them),
		cmocka_unit_test(no_rejection_carries_a_byte_of_what_the_record_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
