/* SPDX-License-Identifier: Apache-2.0
 *
 * decode.h - bytes to event: the hot JSON decoder (simdjson behind a C header) and its checks.
 *
 * What it accepts is what interaction.v1.schema.json describes, less what a schema cannot say:
 * duplicate keys, nesting, lengths in bytes, slots outside of the utterance, days that do not
 * exist, times too far from the log's. tests/cases/interaction.jsonl holds both to it. A null is as
 * good as no key. Of several faults the first in the text is reported, and what concerns the event
 * as a whole last.
 *
 * The decoder is reused for all records of a thread: parser, padded buffer and scratch live as long
 * as it does. No allocation per event outside the arena once it is warm. Not thread-safe.
 */
#ifndef RPH_SCHEMAS_DECODE_H
#define RPH_SCHEMAS_DECODE_H

#include "schemas/arena.h"
#include "schemas/event.h"
#include "schemas/record.h"
#include "schemas/reject.h"

struct rph_decoder;

struct rph_decode_limits {
	size_t max_record_bytes;
	size_t max_utterance_bytes;
	rph_time_ms future_limit;       /* ms after the record's log time, if it has one */
	rph_time_ms past_limit;         /* ms before it */
	struct rph_span default_locale; /* empty: locale is required in every event */
};

/* What was wrong, for the dead letter. */
struct rph_rejection {
	enum rph_reject reason;
	char key[32]; /* the JSON key at fault ("nlu.slots"), or empty; never a value */
};

/* Copies `limits`; `keys` must outlive the decoder. Owner: the caller. Returns 0, RPH_E_NO_MEMORY,
 * or RPH_E_BAD_CONFIG when default_locale is not empty and not a tag of locale.h. */
int rph_decoder_new(const struct rph_decode_limits *limits, const struct rph_keys *keys,
		    struct rph_decoder **ret) RPH_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct rph_decoder *rph_decoder_free(struct rph_decoder *decoder);
RPH_DEFINE_CLEANUP(struct rph_decoder, rph_decoder_free)

/* Decodes one record. Returns 0 and sets ret_rejection->reason to RPH_ACCEPTED and fills
 * *ret_event, or 0 and a reason (then *ret_event is undefined), or RPH_E_NO_MEMORY. Unknown keys
 * are ignored, duplicate keys of any object are a rejection. */
RPH_STAGE int rph_decode(struct rph_decoder *decoder, const struct rph_record *record,
			 struct rph_arena *arena, struct rph_event *ret_event,
			 struct rph_rejection *ret_rejection) RPH_MUST_CHECK;

#endif
