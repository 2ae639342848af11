/* SPDX-License-Identifier: Apache-2.0
 *
 * grapheme.h - what a reader takes for one character: extended grapheme clusters (UAX #29).
 *
 * The rules GB3 to GB13 over ICU's properties, as one step per code point: ICU's own iterator needs
 * UTF-16 and costs more than all other analysis of a short text. A test holds the two together, and
 * both to the conformance file. Pure; no state outside the struct.
 */
#ifndef RPH_MINER_GRAPHEME_H
#define RPH_MINER_GRAPHEME_H

#include "schemas/base.h"

/* Where in a text we are. Zero-initialise at its start. */
struct rph_grapheme_state {
	uint8_t previous;   /* kind of the previous one */
	bool started;       /* there is a previous one */
	bool pictograph;    /* the cluster so far is a pictograph with marks */
	bool joined;        /* ... and a ZWJ after it */
	bool regional_open; /* an odd number of regional indicators so far */
};

/* Is there a boundary before `code_point`? True for the first one of a text. */
bool rph_grapheme_starts(struct rph_grapheme_state *state, uint32_t code_point);

/* What the rules look at in a code point: 0 for most, which join nothing. */
uint8_t rph_grapheme_kind(uint32_t code_point);

/* The rules in full; for rph_grapheme_starts_kind(). */
bool rph_grapheme_starts_complex(struct rph_grapheme_state *state, uint8_t kind);

/* rph_grapheme_starts() for who knows the kind already. */
static inline bool rph_grapheme_starts_kind(struct rph_grapheme_state *state, uint8_t kind)
{
	if (kind | state->previous)
		return rph_grapheme_starts_complex(state, kind);
	/* Between two that join nothing nothing is open: the step that led here has closed it. */
	state->started = true;
	return true;
}

/* Clusters of `text`; a byte that is not UTF-8 counts as one. At most 2 GiB. */
size_t rph_grapheme_count(struct rph_span text);

#endif
