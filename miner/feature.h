/* SPDX-License-Identifier: Apache-2.0
 *
 * feature.h - what two turns of a session look like beside each other, in numbers that mean the
 * same in every language.
 *
 * All values are integers 0..RPH_FEATURE_ONE, so that the judge's sums are exact and a replay on
 * another machine gives the same bits.
 */
#ifndef RPH_MINER_FEATURE_H
#define RPH_MINER_FEATURE_H

#include "miner/friction.h"
#include "miner/params.h"
#include "miner/text.h"
#include "schemas/goal.h"

#define RPH_FEATURE_ONE 1024

enum rph_feature {
#define RPH_FEATURE(name, text) RPH_FEATURE_##name,
#include "miner/feature.def"
#undef RPH_FEATURE
	RPH_FEATURE_COUNT
};

struct rph_features {
	uint16_t value[RPH_FEATURE_COUNT];
};

/* "ngram_dice"; static. */
const char *rph_feature_name(enum rph_feature feature);

/* A turn made ready for comparing; lives in the session's arena. */
struct rph_turn_view {
	const struct rph_turn *turn;
	struct rph_text text;
	struct rph_goal goal; /* empty unless understood */
	bool understood;
	bool control; /* it only steers the dialogue */
	enum rph_turn_end end;
	unsigned friction;
	uint64_t prompt;          /* hash of what the assistant said before the turn; 0: unknown */
	uint32_t failures_before; /* failed turns of the session before this one */
};

/* What the log says anywhere in the session; a part that is missing everywhere is no sign. */
struct rph_session_facts {
	uint32_t turns;
	uint32_t understood;      /* turns with an interpretation */
	uint32_t with_outcome;    /* ... with a status or a signal */
	uint32_t with_response;   /* ... with an answer */
	uint32_t with_confidence; /* ... with a recogniser confidence */
};

void rph_session_facts_add(struct rph_session_facts *facts, const struct rph_turn *turn);

/* Two turns among the others of their session. */
struct rph_surroundings {
	const struct rph_session_facts *session;
	uint32_t dice, containment; /* rph_ngram_overlap() of the two */
	uint32_t rival_before;      /* highest dice of the later turn and another candidate */
	uint32_t rival_after;       /* ... of the earlier turn and another turn after it */
	uint32_t turns_after;       /* the later one */
};

/* What comparing works with; everything borrowed. `arena` holds the views and what lies between. */
struct rph_comparer {
	const struct rph_judge_params *params;
	struct rph_normaliser *normaliser;
	struct rph_arena *arena;
};

/* `prompt` and `failures_before` are the caller's to fill. Returns 0, RPH_E_NO_MEMORY or what
 * rph_text_analyse() returns. */
int rph_turn_view_make(const struct rph_comparer *comparer, const struct rph_turn *turn,
		       struct rph_turn_view *ret) RPH_MUST_CHECK;

/* `distance`: 1 for neighbours. `around` NULL: the two turns are all there is of the session.
 * Returns 0 or RPH_E_NO_MEMORY. */
int rph_features_of(const struct rph_comparer *comparer, const struct rph_turn_view *earlier,
		    const struct rph_turn_view *later, uint32_t distance,
		    const struct rph_surroundings *around, struct rph_features *ret) RPH_MUST_CHECK;

#endif
