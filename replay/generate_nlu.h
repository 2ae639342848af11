/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_nlu.h - the simulated language understanding, which knows only a part of the wordings.
 *
 * An unknown wording fails in its own way nearly every time (nothing matched, or always the same
 * wrong intent), because a real NLU is wrong systematically; that is what there is to learn.
 */
#ifndef RPH_REPLAY_GENERATE_NLU_H
#define RPH_REPLAY_GENERATE_NLU_H

#include "replay/generate_speech.h"

enum rph_reading_kind {
	RPH_READING_RIGHT,
	RPH_READING_WRONG_VALUE,
	RPH_READING_WRONG_INTENT,
	RPH_READING_NOTHING,
};

struct rph_reading {
	enum rph_reading_kind kind;
	enum rph_intent intent; /* RPH_INTENT_NONE when nothing matched */
	unsigned confidence;    /* per cent */
	unsigned slot_count;
	struct {
		enum rph_slot_type type;
		unsigned nth;          /* the utterance's slot, for its offsets */
		struct rph_span value; /* in the tables, or in the utterance's text */
	} slots[RPH_INTENT_SLOTS_MAX];
	unsigned wrong_slot; /* of WRONG_VALUE: which of the utterance's slots */
};

/* What the NLU gets, and what only the simulation knows. */
struct rph_hearing {
	const struct rph_gen_wording *wording; /* that was used */
	enum rph_intent intent;                /* that was meant */
	const struct rph_speech *speech;       /* as it was heard */
	const struct rph_utterance *utterance; /* `speech` rendered */
};

/* The values of the reading borrow from the language's tables and from the utterance. */
void rph_nlu_read(const struct rph_language *language, const struct rph_hearing *hearing,
		  struct rph_random *random, struct rph_reading *ret);

#endif
