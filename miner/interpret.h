/* SPDX-License-Identifier: Apache-2.0
 *
 * interpret.h - an event made ready to wait in a session: normalised text, canonical goal,
 * annotated surface (step 3 of the way of one event).
 */
#ifndef RPH_MINER_INTERPRET_H
#define RPH_MINER_INTERPRET_H

#include "miner/normalise.h"
#include "miner/surface.h"
#include "miner/turn.h"
#include "schemas/goal.h"

struct rph_interpreter {
	struct rph_normaliser *normaliser;
	struct rph_surfacer *surfacer;
	bool keep_event_ids;
};

/* *ret is a new turn, or NULL when nothing is left of the utterance after normalisation. `scratch`
 * is used for what lies between. Where a rewrite acted, the turn's text is what the user said
 * (rewrite.from) and its executed text the utterance; where both are the same, no rewrite acted. Returns 0 or RPH_E_NO_MEMORY, RPH_E_UNICODE. */
RPH_STAGE int rph_interpret(const struct rph_interpreter *interpreter,
			    const struct rph_event *event, int64_t offset,
			    struct rph_arena *scratch, struct rph_turn **ret) RPH_MUST_CHECK;

#endif
