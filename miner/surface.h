/* SPDX-License-Identifier: Apache-2.0
 *
 * surface.h - the text as it is exported: what somebody said, in NFC, white space folded, and where
 * its slots are after that.
 *
 * Unlike a formulation (normalise.h) it keeps case, punctuation and width: training data should
 * look as people write. Runs of white space of any kind become one U+0020; control characters go;
 * ends are trimmed. Offsets are code points of the result.
 */
#ifndef RPH_MINER_SURFACE_H
#define RPH_MINER_SURFACE_H

#include "schemas/event.h"
#include "schemas/wording.h"

struct rph_surfacer;

/* Scratch for one thread. Returns 0, RPH_E_NO_MEMORY or RPH_E_UNICODE. */
int rph_surfacer_new(struct rph_surfacer **ret) RPH_MUST_CHECK;
struct rph_surfacer *rph_surfacer_free(struct rph_surfacer *surfacer);
RPH_DEFINE_CLEANUP(struct rph_surfacer, rph_surfacer_free)

/* One place in a text, in code points; moved along in place. */
struct rph_place {
	uint32_t start, end;
};

/* The surface of `text`: in `arena`, or `text` itself where nothing changes. Moves `places` (ends
 * exclusive, inside the text) with it; a place of which nothing is left becomes empty (start ==
 * end). Returns 0, RPH_E_NO_MEMORY or RPH_E_UNICODE. */
int rph_surface(struct rph_surfacer *surfacer, struct rph_span text, struct rph_place *places,
		size_t place_count, struct rph_arena *arena, struct rph_span *ret) RPH_MUST_CHECK;

#endif
