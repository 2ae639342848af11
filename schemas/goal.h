/* SPDX-License-Identifier: Apache-2.0
 *
 * goal.h - a goal is a canonical interpretation: "domain|intent|slot=value|slot=value", slots sorted
 * by name, then value; names and values escaped so that '|', '=' and '\' inside them cannot be
 * mistaken ('\' before each). Values are normalised by the caller first. A formulation that succeeded
 * without an NLU is the goal "=text", which no interpretation can spell.
 */
#ifndef RPH_SCHEMAS_GOAL_H
#define RPH_SCHEMAS_GOAL_H

#include "schemas/arena.h"

struct rph_goal_slot {
	struct rph_span name, value;
};

struct rph_goal {
	struct rph_span domain, intent;
	struct rph_goal_slot *slots;
	uint32_t slot_count;
	bool is_text;         /* no interpretation: the goal is a formulation */
	struct rph_span text; /* the formulation when is_text */
};

/* Writes the canonical form; sorts goal->slots in place. */
int rph_goal_write(struct rph_goal *goal, struct rph_arena *arena,
		   struct rph_span *ret) RPH_MUST_CHECK;
/* Reads what rph_goal_write() wrote; spans live in `arena`. RPH_E_BAD_INPUT when it is not canonical. */
int rph_goal_read(struct rph_span canonical, struct rph_arena *arena,
		  struct rph_goal *ret) RPH_MUST_CHECK;

#endif
