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

/* Turns of a rewrite that acted, or of one that was held back on purpose. */
struct rph_arm_counts {
	uint32_t turns;  /* all of them; saturating, as the others */
	uint32_t wins;   /* ended in success, and the user did not say it again */
	uint32_t losses; /* ended in failure, or was said again */
};

struct rph_vote {
	uint32_t edges[RPH_EDGE_COUNT]; /* transitions by type; saturating */
	uint64_t mass;                  /* sum of p in 1/256, over all of them */
	uint32_t wins;                  /* source turn failed, target turn succeeded */
	uint32_t losses;                /* source turn succeeded, target turn failed */
	uint8_t days;                   /* bit 0 = Monday, of the target turn */
	/* The user said the source and the assistant understood the target in its place. Where
	 * source and target are one, a rewrite of the source was held back: the hold-out of every
	 * rewrite of this source. A vote may have transitions, an arm, or both. */
	struct rph_arm_counts arm;
};

/* Adds `from` to *into. */
void rph_vote_merge(struct rph_vote *into, const struct rph_vote *from);
/* Number of transitions in the vote. */
uint32_t rph_vote_count(const struct rph_vote *vote);
/* Source, target, user, week; byte order. */
int rph_vote_key_compare(const struct rph_vote_key *a, const struct rph_vote_key *b);

#endif
