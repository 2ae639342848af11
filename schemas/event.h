/* SPDX-License-Identifier: Apache-2.0
 *
 * event.h - one turn of a user, decoded (interaction event, version 1).
 *
 * All spans point into the batch arena or into the record's bytes: they live as long as the batch.
 * Text is valid UTF-8 without U+0000. The user's id is here only as a keyed hash; the clear id does
 * not leave the decoder.
 */
#ifndef RPH_SCHEMAS_EVENT_H
#define RPH_SCHEMAS_EVENT_H

#include "schemas/id.h"
#include "schemas/time.h"

#define RPH_MAX_SLOTS 64
#define RPH_MAX_NBEST 32
#define RPH_MAX_SIGNALS 64
#define RPH_MAX_VALUE_BYTES 1024 /* of an id, a name or a slot's value */
#define RPH_MAX_DEPTH 16
#define RPH_NO_CONFIDENCE UINT16_MAX

/* A confidence in 1/1024, or RPH_NO_CONFIDENCE. */
typedef uint16_t rph_confidence;

enum rph_status { RPH_STATUS_UNKNOWN, RPH_STATUS_SUCCESS, RPH_STATUS_FAILURE };
enum rph_arm { RPH_ARM_NONE, RPH_ARM_TREATED, RPH_ARM_HOLDOUT };

struct rph_slot {
	struct rph_span name, value;
	/* Code points of the utterance, end exclusive. A slot whose value was inherited from the
	 * context has no place in the utterance: start == end == RPH_NO_PLACE. */
	uint32_t start, end;
};

#define RPH_NO_PLACE UINT32_MAX

struct rph_event {
	struct rph_span event_id;
	rph_time_ms at;
	uint64_t user;          /* keyed hash, never 0 */
	struct rph_id session;  /* keyed hash of user, device, speaker and session_id */
	struct rph_span locale; /* canonical case: "de-DE", "zh-Hant-TW" */
	struct rph_span utterance;
	rph_confidence asr_confidence;
	const struct rph_span *nbest;
	uint32_t nbest_count;
	bool has_nlu;                   /* there is a domain, an intent or a slot */
	struct rph_span domain, intent; /* empty when absent */
	rph_confidence nlu_confidence;
	const struct rph_slot *slots;
	uint32_t slot_count;
	enum rph_status status;
	uint32_t signals;         /* bits of signal.def */
	uint32_t unknown_signals; /* how many names were not on the list */
	struct rph_span response;
	struct rph_span rewrite_from; /* what was said; empty: no rewrite is published for it */
	enum rph_arm arm;
	struct rph_span cohort;
};

#endif
