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

/* `distance`: 1 for neighbours. Returns 0 or RPH_E_NO_MEMORY. */
int rph_features_of(const struct rph_comparer *comparer, const struct rph_turn_view *earlier,
		    const struct rph_turn_view *later, uint32_t distance,
		    struct rph_features *ret) RPH_MUST_CHECK;

#endif
