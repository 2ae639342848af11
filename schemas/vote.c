/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/vote.h"

void rph_vote_merge(struct rph_vote *into, const struct rph_vote *from)
{
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		into->edges[i] = rph_saturating_add_u32(into->edges[i], from->edges[i]);
	into->mass = rph_saturating_add_u64(into->mass, from->mass);
	into->wins = rph_saturating_add_u32(into->wins, from->wins);
	into->losses = rph_saturating_add_u32(into->losses, from->losses);
	into->days |= from->days;
	into->arm.turns = rph_saturating_add_u32(into->arm.turns, from->arm.turns);
	into->arm.wins = rph_saturating_add_u32(into->arm.wins, from->arm.wins);
	into->arm.losses = rph_saturating_add_u32(into->arm.losses, from->arm.losses);
}

uint32_t rph_vote_count(const struct rph_vote *vote)
{
	uint32_t count = 0;
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		count = rph_saturating_add_u32(count, vote->edges[i]);
	return count;
}

int rph_vote_key_compare(const struct rph_vote_key *a, const struct rph_vote_key *b)
{
	int order = rph_id_compare(&a->source, &b->source);
	if (order)
		return order;
	order = rph_id_compare(&a->target, &b->target);
	if (order)
		return order;
	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return (a->week > b->week) - (a->week < b->week);
}
