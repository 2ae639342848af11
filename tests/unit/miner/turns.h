/* SPDX-License-Identifier: Apache-2.0
 *
 * turns.h - makes turns for tests, without a decoder.
 */
#ifndef RPH_TESTS_TURNS_H
#define RPH_TESTS_TURNS_H

#include <stdio.h>

#include "miner/turn.h"
#include "schemas/wording.h"

/* What a test says of a turn; everything else is empty. */
struct told_turn {
	rph_time_ms at;
	int64_t offset;
	const char *event_id, *text, *goal, *response;
	enum rph_status status;
	uint32_t signals;
	const char *nbest; /* one other hypothesis, or NULL */
	enum rph_arm arm;
	const char *executed; /* what a rewrite made of the text, or NULL */
};

static inline struct rph_turn *make_turn(const struct told_turn *told)
{
	struct rph_wording wording = {.text = rph_span_of(told->text)};
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	struct rph_event event = {
		.event_id = rph_span_of(told->event_id),
		.at = told->at,
		.locale = RPH_SPAN("en-US"),
		.asr_confidence = RPH_NO_CONFIDENCE,
		.nlu_confidence = RPH_NO_CONFIDENCE,
		.nbest_count = told->nbest != NULL,
		.signals = told->signals,
		.status = told->status,
		.response = rph_span_of(told->response),
		.arm = told->arm,
	};
	struct rph_span nbest = rph_span_of(told->nbest);
	struct rph_turn_parts parts = {
		.event = &event,
		.offset = told->offset,
		.keep_event_id = true,
		.text = rph_span_of(told->text),
		.executed = rph_span_of(told->executed),
		.goal = rph_span_of(told->goal),
		.nbest = &nbest,
	};
	int err = rph_wording_encode(&wording, &arena, &parts.wording);
	RPH_ASSERT(!err);
	struct rph_turn *turn = rph_turn_new(&parts);
	RPH_ASSERT(turn);
	rph_arena_free(&arena);
	return turn;
}

#endif
