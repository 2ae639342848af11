/* SPDX-License-Identifier: Apache-2.0
 *
 * said.h - were these words said, if only misheard, and nothing else that is known? What label
 * projection asks where it found no home (miner/align.h) for a value that is written in syllables.
 *
 * Likeness of a span: the best of n-gram Dice, edit similarity and phonetic similarity over all
 * references, as its score in miner/align.h, but words are short by their letters
 * (rph_letters_of()) and not by their code points, and a number is never half right.
 */
#ifndef RPH_MINER_SAID_H
#define RPH_MINER_SAID_H

#include "miner/align.h"
#include "schemas/goal.h"

struct rph_said_query {
	struct rph_span locale;
	const struct rph_span *references; /* what another wording says, or a value */
	size_t reference_count;            /* 1..RPH_ALIGN_REFERENCES */
	/* Values that the words might be instead, normalised and ascending; what is looked for may be
	 * among them. NULL: none are known. */
	const struct rph_goal_slot *others;
	size_t other_count;
	uint16_t least; /* likeness that counts */
};

/* *ret: the best likeness of a span that shares no letter with one of the others and is not as much
 * like one, 0..1024; 0: below `least`, or the source has more than RPH_ALIGN_MAX_CODE_POINTS. Errors
 * as rph_align(). */
int rph_said(struct rph_normaliser *normaliser, const struct rph_seams *source,
	     const struct rph_said_query *query, uint16_t *ret) RPH_MUST_CHECK;

#endif
