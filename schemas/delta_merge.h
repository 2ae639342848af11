/* SPDX-License-Identifier: Apache-2.0
 *
 * delta_merge.h - deltas that were folded apart, made into one: what lanes or machines collected of
 * one batch.
 *
 * Merging is associative and commutative: the result is what folding all atoms in one list gives.
 */
#ifndef RPH_SCHEMAS_DELTA_MERGE_H
#define RPH_SCHEMAS_DELTA_MERGE_H

#include "schemas/delta.h"

/* The arrays of struct rph_deltas; each is merged by itself. */
enum rph_delta_table {
	RPH_DELTA_FORMULATIONS,
	RPH_DELTA_GOALS,
	RPH_DELTA_VOTES,
	RPH_DELTA_USAGES,
	RPH_DELTA_SAIDS,
	RPH_DELTA_COHORTS,
	RPH_DELTA_TABLES
};

/* Merges one table of parts[0..count) into *ret, whose other tables stay. The array and what had to
 * be added up live in `arena`; everything else keeps pointing at the parts' memory. Different tables
 * may be merged at the same time, each with its own arena. Returns 0 or RPH_E_NO_MEMORY. */
int rph_deltas_merge_table(enum rph_delta_table table, const struct rph_deltas *parts, size_t count,
			   struct rph_arena *arena, struct rph_deltas *ret) RPH_MUST_CHECK;

#endif
