/* SPDX-License-Identifier: Apache-2.0
 *
 * project.h - label projection: the annotation of a wording that worked, carried over to a wording
 * that did not, slot by slot (after Falke et al., COLING 2020, here without a segmenter or a
 * model).
 *
 * Every slot that the target wording shows must find a home in the source: a contiguous span that
 * reads or sounds like the slot's words in the target, or like its value, with the same digits.
 * All slots are placed together, without overlap, for the highest sum of scores. Precision comes
 * first: when a slot has no home, could be in two places, or the source says a number that the
 * target does not, the example is dropped.
 *
 * Type check: a span with digits is only a home for words or a value with the same digits, and the
 * other way round; and what people confirmed may not speak against a home, nor know a value that
 * the source says and the target does not (miner/slot_check.h).
 */
#ifndef RPH_MINER_PROJECT_H
#define RPH_MINER_PROJECT_H

#include "miner/normalise.h"
#include "miner/slot_types.h"
#include "schemas/goal.h"
#include "schemas/wording.h"

#define RPH_PROJECTION_ONE 1024

enum rph_projection_status {
#define RPH_PROJECTION_STATUS(status, name, text) status,
#include "miner/projection.def"
#undef RPH_PROJECTION_STATUS
	RPH_PROJECTION_COUNT
};
const char *rph_projection_name(enum rph_projection_status status);
const char *rph_projection_text(enum rph_projection_status status);

struct rph_projection {
	enum rph_projection_status status;
	/* Product of the slots' scores, 0..RPH_PROJECTION_ONE; ONE without slots. */
	uint16_t confidence;
	/* How well what the target means was said: of the weakest slot, the best score anywhere in the
	 * source; where that is no home, the likeness of what can be nothing else that is known
	 * (miner/said.h; 0 when the value is not said). Set whatever the status. ONE without placed
	 * slots. */
	uint16_t value_score;
	/* When status is RPH_PROJECTED: the source's text (borrowed) and its spans. */
	struct rph_wording wording;
};

struct rph_projection_input {
	const struct rph_goal *goal;
	const struct rph_wording *target; /* slots index goal->slots */
	struct rph_span source;           /* exported text (NFC, white space folded), valid UTF-8 */
	struct rph_span locale;
	uint16_t threshold;                 /* least score of a home, 0..RPH_PROJECTION_ONE */
	const struct rph_slot_types *types; /* what is known of values; NULL: nothing */
	/* Many people meant the goal by the source and were content: a value that only the source says
	 * is then no reason to drop the label. */
	bool proven;
	/* Slots that people are known to mean in the locale, ascending by name, then value; borrowed,
	 * NULL: nothing is known. */
	const struct rph_goal_slot *known;
	size_t known_count;
};

/* The threshold that fits most deployments. */
#define RPH_PROJECTION_THRESHOLD 640
/* Of `value_score`: half of a value in syllables (rph_letters_of()) says it, misheard; of one in letters
 * as much as a home is. docs/simulation.md, "Short values". */
#define RPH_PROJECTION_SAID 512

/* `arena` is scratch. Errors: RPH_E_NO_MEMORY, RPH_E_ARENA_FULL, RPH_E_UNICODE, RPH_E_BAD_INPUT
 * (spans of the target outside its text, or text that is not UTF-8). */
int rph_project(struct rph_normaliser *normaliser, const struct rph_projection_input *input,
		struct rph_arena *arena, struct rph_projection *ret) RPH_MUST_CHECK;

#endif
