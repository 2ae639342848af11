/* SPDX-License-Identifier: Apache-2.0
 *
 * align.h - where in a text could these words be? Spans of a source text scored against reference
 * words: the search behind label projection.
 *
 * A span begins and ends only at a seam (miner/seams.h).
 *
 * Score of a span: the best of n-gram Dice, edit similarity and (for keys that are long enough to
 * mean something) phonetic similarity over all references; 0 when the digits differ. A match of a
 * short word is worth less, in which one change makes another word. How well the words are said,
 * wherever that may be, is another question: miner/said.h.
 */
#ifndef RPH_MINER_ALIGN_H
#define RPH_MINER_ALIGN_H

#include "miner/normalise.h"
#include "miner/seams.h"
#include "miner/text.h"

#define RPH_ALIGN_CANDIDATES 8         /* kept per search */
#define RPH_ALIGN_MAX_CODE_POINTS 1024 /* longer sources have no candidates */
#define RPH_ALIGN_LEAST_PHONETIC 3u    /* shorter phonetic keys are shared by too many words */

struct rph_candidate {
	uint32_t start, end; /* code points, end exclusive */
	uint16_t score;      /* 1..1024 */
	uint16_t weight;     /* the score; whoever knows more may raise it */
	uint16_t off;        /* by so many code points longer or shorter than the first reference */
	uint8_t edges; /* 0..2: edges with the punctuation that the first reference has there */
};

struct rph_candidates {
	uint32_t count;
	/* Best first; then by edges; then nearer in length, then shorter, then earlier. None contains another of the same score. */
	struct rph_candidate list[RPH_ALIGN_CANDIDATES];
};

/* Puts a candidate in its place; the last one of a full list goes. */
void rph_candidates_keep(struct rph_candidates *all, const struct rph_candidate *candidate);

/* Words to be found: what another wording says, or a value; the first reference counts most. Empty
 * normal forms match nothing. */
struct rph_align_query {
	struct rph_span locale;
	const struct rph_span *references;
	size_t reference_count; /* 1..RPH_ALIGN_REFERENCES */
	/* Candidates that score less are not wanted, the best one excepted; 0: all are. */
	uint16_t least;
	/* Nor are those that score so much less than the best one; 0: however much. Where the first
	 * reference is found to the letter, then nothing else is. */
	uint16_t margin;
};
#define RPH_ALIGN_REFERENCES 4

int rph_align(struct rph_normaliser *normaliser, const struct rph_seams *source,
	      const struct rph_align_query *query, struct rph_candidates *ret) RPH_MUST_CHECK;

#endif
