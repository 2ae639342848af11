/* SPDX-License-Identifier: Apache-2.0
 *
 * vote.h - a vote: one user's evidence, in one ISO week of event time, that one formulation stands
 * for another.
 *
 * All fields are sums, bit sets or maxima: rph_vote_merge() is associative and commutative, so
 * batches may be cut and partitions interleaved anywhere. The week is that of the later turn. How
 * much a vote counts is bounded when it is read (a user counts once per pair and week), not here.
 */
#ifndef RPH_SCHEMAS_VOTE_H
#define RPH_SCHEMAS_VOTE_H

#include "schemas/edge.h"
#include "schemas/id.h"
#include "schemas/time.h"

struct rph_vote_key {
	struct rph_id source, target;
	uint64_t user;
	rph_week week;
};

struct rph_vote {
	uint32_t edges[RPH_EDGE_COUNT]; /* transitions by type; saturating */
	uint64_t mass;                  /* sum of p in 1/256, over all of them */
	uint32_t wins;                  /* source turn failed, target turn succeeded */
	uint32_t losses;                /* source turn succeeded, target turn failed */
	uint8_t days;                   /* bit 0 = Monday, of the target turn */
};

/* Adds `from` to *into. */
void rph_vote_merge(struct rph_vote *into, const struct rph_vote *from);
/* Number of transitions in the vote. */
uint32_t rph_vote_count(const struct rph_vote *vote);
/* Source, target, user, week; byte order. */
int rph_vote_key_compare(const struct rph_vote_key *a, const struct rph_vote_key *b);

#endif
