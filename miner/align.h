/* SPDX-License-Identifier: Apache-2.0
 *
 * align.h - where in a text could these words be? Spans of a source text scored against reference
 * words: the search behind label projection.
 *
 * A span begins and ends only at a seam: white space, punctuation, or, in scripts written without
 * spaces (by the Unicode property Line_Break), any grapheme boundary. So no dictionary is needed,
 * and a word of a script with spaces is never cut. A point, comma or colon between two digits is
 * no seam.
 *
 * Score of a span: the best of n-gram Dice, edit similarity and (for keys that are long enough to
 * mean something) phonetic similarity over all references; 0 when the digits differ. A match of a
 * short word is worth less, in which one change makes another word. Words are shorter in scripts that
 * write syllables: likeness, which tells what was said, reckons their length in letters
 * (rph_letters_of()); the score, which decides where a label goes, does not.
 */
#ifndef RPH_MINER_ALIGN_H
#define RPH_MINER_ALIGN_H

#include "miner/normalise.h"
#include "miner/text.h"
#include "schemas/goal.h"

#define RPH_ALIGN_CANDIDATES 8         /* kept per search */
#define RPH_ALIGN_MAX_CODE_POINTS 1024 /* longer sources have no candidates */

#define RPH_SEAM_START 1 /* a span may start before this code point */
#define RPH_SEAM_END 2   /* a span may end before this code point */

/* A text cut at its seams; arrays live in an arena. */
struct rph_seams {
	struct rph_span text;
	const uint32_t *points; /* [count] */
	const uint32_t *offset; /* [count + 1]: byte offset of each code point */
	const uint8_t *seams;   /* [count + 1]: bits of RPH_SEAM_* */
	uint32_t count;         /* code points */
};

/* RPH_E_BAD_INPUT: not UTF-8. */
int rph_seams_find(struct rph_span text, struct rph_arena *arena,
		   struct rph_seams *ret) RPH_MUST_CHECK;

/* 0..9 for a decimal digit of any script, -1 for anything else. */
int rph_digit_of(uint32_t point);

struct rph_candidate {
	uint32_t start, end; /* code points, end exclusive */
	uint16_t score;      /* 1..1024 */
	uint8_t edges; /* 0..2: edges with the punctuation that the first reference has there */
};

struct rph_candidates {
	uint32_t count;
	/* How well the words, and none of the query's `others`, are said: the best likeness of a span
	 * that shares no letter with one of them and is not as much like one; 0: below `least`. */
	uint16_t apart;
	/* Best first; then by edges; then shorter, then earlier. None contains another of the same score. */
	struct rph_candidate list[RPH_ALIGN_CANDIDATES];
};

/* Words to be found: what another wording says, or a value; the first reference counts most. Empty
 * normal forms match nothing. */
struct rph_align_query {
	struct rph_span locale;
	const struct rph_span *references;
	size_t reference_count; /* 1..RPH_ALIGN_REFERENCES */
	/* Values that the words might be instead, normalised and ascending; what is looked for may be
	 * among them. NULL: none are known. */
	const struct rph_goal_slot *others;
	size_t other_count;
	uint16_t least; /* of `apart` */
	uint16_t
		home; /* `apart` is 0 where a score reaches it: looking costs; 0: always looked for */
};
#define RPH_ALIGN_REFERENCES 4

int rph_align(struct rph_normaliser *normaliser, const struct rph_seams *source,
	      const struct rph_align_query *query, struct rph_candidates *ret) RPH_MUST_CHECK;

#endif
