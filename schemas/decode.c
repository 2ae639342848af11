/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/decode.h"

#include <stdlib.h>

#include "schemas/decode_draft.h"
#include "schemas/error.h"
#include "schemas/locale.h"
#include "schemas/utf8.h"

struct rph_decoder {
	struct rph_decode_limits limits;
	const struct rph_keys *keys;
	struct rph_json_reader *reader;
	char default_locale[RPH_LOCALE_MAX];
	size_t default_locale_len;       /* 0: none */
	char raw_locale[RPH_LOCALE_MAX]; /* the last good one as it was written */
	size_t raw_locale_len;
	char locale[RPH_LOCALE_MAX]; /* the same in canonical form */
	struct rph_draft draft;
};

int rph_decoder_new(const struct rph_decode_limits *limits, const struct rph_keys *keys,
		    struct rph_decoder **ret)
{
	RPH_CLEANUP(rph_decoder_free) struct rph_decoder *decoder = calloc(1, sizeof(*decoder));
	if (!decoder)
		return RPH_E_NO_MEMORY;
	decoder->limits = *limits;
	decoder->keys = keys;
	decoder->draft.max_utterance_bytes = limits->max_utterance_bytes;
	decoder->default_locale_len = limits->default_locale.len;
	if (limits->default_locale.len > 0 &&
	    !rph_locale_canonical(limits->default_locale, decoder->default_locale))
		return RPH_E_BAD_CONFIG;
	decoder->limits.default_locale = (struct rph_span){0};
	int failed = rph_json_reader_new(RPH_MAX_DEPTH, &decoder->reader);
	if (failed)
		return failed;
	*ret = decoder;
	decoder = NULL;
	return 0;
}

struct rph_decoder *rph_decoder_free(struct rph_decoder *decoder)
{
	if (decoder)
		rph_json_reader_free(decoder->reader);
	free(decoder);
	return NULL;
}

static enum rph_reject check_required(struct rph_draft *draft)
{
	const struct {
		const char *path;
		struct rph_span text;
	} required[] = {{"event_id", draft->event.event_id},
			{"user_id", draft->user_id},
			{"utterance", draft->event.utterance}};
	for (size_t i = 0; i < RPH_ARRAY_LEN(required); i++) {
		if (!required[i].text.ptr)
			return rph_draft_reject(draft, required[i].path, RPH_REJECT_missing_key);
		if (required[i].text.len == 0)
			return rph_draft_reject(draft, required[i].path, RPH_REJECT_empty_value);
	}
	if (!draft->has_time)
		return rph_draft_reject(draft, "ts", RPH_REJECT_missing_key);
	return RPH_ACCEPTED;
}

static enum rph_reject check_locale(struct rph_decoder *decoder)
{
	struct rph_draft *draft = &decoder->draft;
	if (!draft->locale.ptr) {
		draft->event.locale =
			(struct rph_span){decoder->default_locale, decoder->default_locale_len};
		if (decoder->default_locale_len == 0)
			return rph_draft_reject(draft, "locale", RPH_REJECT_missing_key);
		return RPH_ACCEPTED;
	}
	/* Nearly every event has the locale of the one before; length 0 is "none yet". */
	struct rph_span last = {decoder->raw_locale, decoder->raw_locale_len};
	if (last.len == 0 || !rph_span_equal(draft->locale, last)) {
		decoder->raw_locale_len = 0;
		if (!rph_locale_canonical(draft->locale, decoder->locale))
			return rph_draft_reject(draft, "locale", RPH_REJECT_bad_locale);
		memcpy(decoder->raw_locale, draft->locale.ptr, draft->locale.len);
		decoder->raw_locale_len = draft->locale.len;
	}
	draft->event.locale = (struct rph_span){decoder->locale, draft->locale.len};
	return RPH_ACCEPTED;
}

/* Event time against the time at which the log took the record. */
static enum rph_reject check_time(struct rph_decoder *decoder, rph_time_ms log_time)
{
	struct rph_draft *draft = &decoder->draft;
	rph_time_ms ahead;
	if (log_time == RPH_NO_LOG_TIME)
		return RPH_ACCEPTED;
	/* Event times are never negative, so only a log time far below zero can overflow. */
	if (__builtin_sub_overflow(draft->event.at, log_time, &ahead))
		ahead = INT64_MAX;
	if (ahead > decoder->limits.future_limit)
		return rph_draft_reject(draft, "ts", RPH_REJECT_ts_future);
	if (ahead < -decoder->limits.past_limit)
		return rph_draft_reject(draft, "ts", RPH_REJECT_ts_past);
	return RPH_ACCEPTED;
}

/* Only now, for the utterance may come after the slots. */
static enum rph_reject check_slots(struct rph_draft *draft)
{
	size_t length = 0;
	for (uint32_t i = 0; i < draft->event.slot_count; i++) {
		if (draft->slots[i].start == RPH_NO_PLACE)
			continue;
		if (length == 0)
			length = rph_utf8_count(draft->event.utterance);
		if (draft->slots[i].end > length)
			return rph_draft_reject(draft, "nlu.slots", RPH_REJECT_bad_slot);
	}
	return RPH_ACCEPTED;
}

static enum rph_reject check(struct rph_decoder *decoder, rph_time_ms log_time)
{
	enum rph_reject why = check_required(&decoder->draft);
	if (why == RPH_ACCEPTED)
		why = check_locale(decoder);
	if (why == RPH_ACCEPTED)
		why = check_time(decoder, log_time);
	if (why == RPH_ACCEPTED)
		why = check_slots(&decoder->draft);
	return why;
}

/* Each part with its length before it: no two lists of parts share a text. */
static void set_identity(struct rph_decoder *decoder)
{
	struct rph_draft *draft = &decoder->draft;
	const struct rph_span parts[] = {draft->user_id, draft->device_id, draft->speaker_id,
					 draft->session_id};
	char text[RPH_ARRAY_LEN(parts) * (2 + RPH_MAX_VALUE_BYTES)];
	size_t len = 0;
	for (size_t i = 0; i < RPH_ARRAY_LEN(parts); i++) {
		text[len++] = (char)(parts[i].len & 0xff);
		text[len++] = (char)(parts[i].len >> 8);
		if (parts[i].len > 0)
			memcpy(text + len, parts[i].ptr, parts[i].len);
		len += parts[i].len;
	}
	draft->event.user = rph_user_of(decoder->keys, draft->user_id);
	draft->event.session = rph_id_of(decoder->keys->session, (struct rph_span){text, len});
}

/* memcpy() with the short lengths of ids and names inlined, as two pieces that may overlap. */
static void copy_text(char *to, const char *from, size_t len)
{
	if (len > 32 || len < 4) {
		for (size_t i = 0; i < len && len < 4; i++)
			to[i] = from[i];
		if (len > 32)
			memcpy(to, from, len);
	} else if (len >= 16) {
		memcpy(to, from, 16);
		memcpy(to + len - 16, from + len - 16, 16);
	} else if (len >= 8) {
		memcpy(to, from, 8);
		memcpy(to + len - 8, from + len - 8, 8);
	} else {
		memcpy(to, from, 4);
		memcpy(to + len - 4, from + len - 4, 4);
	}
}

static void pack_span(char **next, struct rph_span *span)
{
	copy_text(*next, span->ptr, span->len);
	span->ptr = *next;
	*next += span->len;
}

/* Moves all texts and arrays into one piece of the arena. */
static int pack(struct rph_draft *draft, struct rph_arena *arena, struct rph_event *ret)
{
	struct rph_event *event = &draft->event;
	struct rph_span *texts[] = {&event->event_id, &event->locale,      &event->utterance,
				    &event->domain,   &event->intent,      &event->response,
				    &event->cohort,   &event->rewrite_from};
	size_t slots_size = event->slot_count * sizeof(struct rph_slot);
	size_t nbest_size = event->nbest_count * sizeof(struct rph_span);
	size_t size = slots_size + nbest_size;
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++)
		size += texts[i]->len;
	for (uint32_t i = 0; i < event->nbest_count; i++)
		size += draft->nbest[i].len;
	for (uint32_t i = 0; i < event->slot_count; i++)
		size += draft->slots[i].name.len + draft->slots[i].value.len;
	char *piece = rph_arena_alloc(arena, size);
	if (!piece)
		return RPH_E_NO_MEMORY;
	char *next = piece + slots_size + nbest_size;
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++)
		pack_span(&next, texts[i]);
	for (uint32_t i = 0; i < event->nbest_count; i++)
		pack_span(&next, &draft->nbest[i]);
	for (uint32_t i = 0; i < event->slot_count; i++) {
		pack_span(&next, &draft->slots[i].name);
		pack_span(&next, &draft->slots[i].value);
	}
	memcpy(piece, draft->slots, slots_size);
	memcpy(piece + slots_size, draft->nbest, nbest_size);
	event->slots = (const struct rph_slot *)(void *)piece;
	event->nbest = (const struct rph_span *)(void *)(piece + slots_size);
	*ret = *event;
	return 0;
}

static void clear(struct rph_draft *draft)
{
	draft->event = (struct rph_event){
		.asr_confidence = RPH_NO_CONFIDENCE,
		.nlu_confidence = RPH_NO_CONFIDENCE,
	};
	draft->user_id = draft->session_id = draft->device_id = draft->speaker_id = draft->locale =
		(struct rph_span){0};
	draft->has_time = false;
	draft->fault_path = NULL;
}

static void set_rejection(struct rph_rejection *rejection, enum rph_reject why, const char *path)
{
	size_t len = path ? strlen(path) : 0;
	RPH_ASSERT(len < sizeof(rejection->key));
	rejection->reason = why;
	if (len > 0)
		memcpy(rejection->key, path, len);
	rejection->key[len] = '\0';
}

int rph_decode(struct rph_decoder *decoder, const struct rph_record *record,
	       struct rph_arena *arena, struct rph_event *ret_event,
	       struct rph_rejection *ret_rejection)
{
	struct rph_draft *draft = &decoder->draft;
	enum rph_reject why = RPH_REJECT_too_large;
	clear(draft);
	if (record->value.len <= decoder->limits.max_record_bytes) {
		int failed = rph_json_read(decoder->reader, record->value.ptr, record->value.len,
					   &draft->json, &why);
		if (failed)
			return failed;
	}
	if (why == RPH_ACCEPTED)
		why = rph_draft_read(draft);
	if (why == RPH_ACCEPTED)
		why = check(decoder, record->log_time);
	set_rejection(ret_rejection, why, draft->fault_path);
	if (why != RPH_ACCEPTED)
		return 0;
	set_identity(decoder);
	draft->event.has_nlu = draft->event.domain.len > 0 || draft->event.intent.len > 0 ||
			       draft->event.slot_count > 0;
	return pack(draft, arena, ret_event);
}
