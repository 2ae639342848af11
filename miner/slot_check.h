/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_check.h - does what people confirmed speak against the homes that a projection found? The
 * type check of label projection (after Falke et al., COLING 2020, where a list of values or a
 * pattern is asked); private to miner/project.c.
 *
 * A home that reads like the slot's words in the target, or like its value, to the letter is never
 * mistyped for what it is, nor is one that is known as a value of the slot. Any other home is when
 * - it is known as a value of other slots only, or it holds a word that the target's slot does not and
 *   that stands beside slots, seldom in this one (in scripts without spaces: two graphemes); unless it
 *   stands between the same words as in the target, where a recogniser may well have heard another
 *   real word; or
 * - it only lacks some of the words.
 * Whatever a home reads like, it is mistyped when it is a piece of something longer that is known as a
 * value, and something is left over when a known value stands beside all homes; unless the target
 * says the same.
 *
 * The limits were chosen on the dev part of MASSIVE (scripts/eval/projection.py --part dev).
 */
#ifndef RPH_MINER_SLOT_CHECK_H
#define RPH_MINER_SLOT_CHECK_H

#include "miner/align.h"
#include "miner/slot_types.h"

enum rph_slot_verdict {
	RPH_SLOTS_FIT,
	RPH_SLOTS_MISTYPED,   /* a home is known to be something else, or a piece of it */
	RPH_SLOTS_VALUE_LEFT, /* the source says a value that the target does not */
};

/* Borrowed. `placed` and `meant` have the same slots, in the same order. */
struct rph_slot_check {
	const struct rph_slot_types *types;
	struct rph_normaliser *normaliser;
	struct rph_span locale;
	const struct rph_goal *goal;
	const struct rph_seams *source, *target;
	const struct rph_wording *placed; /* in the source */
	const struct rph_wording *meant;  /* in the target */
	struct rph_arena *arena;          /* scratch */
};

/* Errors as rph_project(). */
int rph_slots_check(const struct rph_slot_check *check, enum rph_slot_verdict *ret) RPH_MUST_CHECK;

#endif
