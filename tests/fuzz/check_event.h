/* SPDX-License-Identifier: Apache-2.0
 *
 * check_event.h - what must be true of every event that the decoder accepts. Asserts with
 * RPH_ASSERT, so that fuzz targets and unit tests can share it.
 */
#ifndef RPH_TESTS_FUZZ_CHECK_EVENT_H
#define RPH_TESTS_FUZZ_CHECK_EVENT_H

#include "schemas/decode.h"
#include "schemas/locale.h"
#include "schemas/signal.h"
#include "schemas/utf8.h"

static inline void check_text(struct rph_span text, size_t max_bytes)
{
	RPH_ASSERT(text.len <= max_bytes);
	RPH_ASSERT(rph_utf8_is_valid(text));
	RPH_ASSERT(text.len == 0 || !memchr(text.ptr, '\0', text.len));
}

static inline void check_slots(const struct rph_event *event)
{
	size_t length = rph_utf8_count(event->utterance);
	RPH_ASSERT(event->slot_count <= RPH_MAX_SLOTS);
	for (uint32_t i = 0; i < event->slot_count; i++) {
		const struct rph_slot *slot = &event->slots[i];
		RPH_ASSERT(slot->name.len > 0);
		check_text(slot->name, RPH_MAX_VALUE_BYTES);
		check_text(slot->value, RPH_MAX_VALUE_BYTES);
		if (slot->start == RPH_NO_PLACE)
			RPH_ASSERT(slot->end == RPH_NO_PLACE);
		else
			RPH_ASSERT(slot->start < slot->end && slot->end <= length);
	}
}

static inline void check_locale(struct rph_span locale)
{
	char tag[RPH_LOCALE_MAX];
	RPH_ASSERT(rph_locale_canonical(locale, tag));
	RPH_ASSERT(memcmp(tag, locale.ptr, locale.len) == 0);
}

static inline void check_outcome(const struct rph_event *event)
{
	RPH_ASSERT(event->asr_confidence <= 1024 || event->asr_confidence == RPH_NO_CONFIDENCE);
	RPH_ASSERT(event->nlu_confidence <= 1024 || event->nlu_confidence == RPH_NO_CONFIDENCE);
	RPH_ASSERT(event->status <= RPH_STATUS_FAILURE && event->arm <= RPH_ARM_HOLDOUT);
	RPH_ASSERT((event->rewrite_from.len > 0) == (event->arm != RPH_ARM_NONE));
	RPH_ASSERT(event->signals >> RPH_SIGNAL_COUNT == 0);
	RPH_ASSERT(event->unknown_signals <= RPH_MAX_SIGNALS);
}

static inline void check_event(const struct rph_event *event,
			       const struct rph_decode_limits *limits)
{
	check_text(event->event_id, RPH_MAX_VALUE_BYTES);
	check_text(event->utterance, limits->max_utterance_bytes);
	RPH_ASSERT(event->event_id.len > 0 && event->utterance.len > 0 && event->user != 0);
	check_text(event->domain, RPH_MAX_VALUE_BYTES);
	check_text(event->intent, RPH_MAX_VALUE_BYTES);
	check_text(event->cohort, RPH_MAX_VALUE_BYTES);
	check_text(event->response, limits->max_record_bytes);
	check_text(event->rewrite_from, limits->max_utterance_bytes);
	RPH_ASSERT(event->nbest_count <= RPH_MAX_NBEST);
	for (uint32_t i = 0; i < event->nbest_count; i++)
		check_text(event->nbest[i], limits->max_utterance_bytes);
	RPH_ASSERT(event->at >= 0);
	(void)rph_week_of(event->at);
	check_locale(event->locale);
	check_slots(event);
	check_outcome(event);
}

/* A rejection names keys of the schema and nothing that the record says. */
static inline void check_rejection(const struct rph_rejection *rejection)
{
	RPH_ASSERT(rejection->reason < RPH_REJECT_COUNT);
	size_t len = strnlen(rejection->key, sizeof(rejection->key));
	RPH_ASSERT(len < sizeof(rejection->key));
	RPH_ASSERT(strspn(rejection->key, "abcdefghijklmnopqrstuvwxyz_.") == len);
}

#endif
