/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_draft.h - an event in the making: what decode.c and decode_read.c share and nobody else
 * reads.
 */
#ifndef RPH_SCHEMAS_DECODE_DRAFT_H
#define RPH_SCHEMAS_DECODE_DRAFT_H

#include "schemas/event.h"
#include "schemas/json_keys.h"

/* The last millisecond of the last week that rph_week can name. */
#define RPH_LAST_TIME (((int64_t)UINT16_MAX + 1) * RPH_WEEK_MS - 3 * RPH_DAY_MS - 1)

/* Spans point into the JSON reader's memory: they live until its next text. A span that no key has
 * set has ptr NULL. */
struct rph_draft {
	struct rph_event event; /* locale, user and session are not set yet */
	struct rph_span user_id, session_id, device_id, speaker_id, locale;
	bool has_time;
	struct rph_slot slot; /* the one being read */
	struct rph_slot slots[RPH_MAX_SLOTS];
	struct rph_span nbest[RPH_MAX_NBEST];
	struct rph_json json;       /* in: what to read */
	size_t max_utterance_bytes; /* in: the limit of utterances */
	const char *fault_path;     /* out: the key at fault; static */
};

/* Reads the keys of the published schema out of draft->json into a draft whose event is empty and
 * whose confidences are RPH_NO_CONFIDENCE. Checks each value, and that no key of any object is
 * there twice; not whether all keys are there. */
enum rph_reject rph_draft_read(struct rph_draft *draft);

/* Sets draft->fault_path and returns `why`. */
enum rph_reject rph_draft_reject(struct rph_draft *draft, const char *path, enum rph_reject why);

#endif
