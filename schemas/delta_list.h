/* SPDX-License-Identifier: Apache-2.0
 *
 * delta_list.h - the inside of a delta list, shared by delta.c (which collects) and delta_fold.c
 * (which sorts and folds). Nobody else includes it.
 *
 * Formulations and goals are kept once per batch, by id; usage rows are numbered as they first
 * occur and a turn names its row by number. Memory grows with the batch and is kept for the next.
 */
#ifndef RPH_SCHEMAS_DELTA_LIST_H
#define RPH_SCHEMAS_DELTA_LIST_H

#include "schemas/delta.h"
#include "schemas/lookup.h"
#include "schemas/order.h"

struct rph_delta_items {
	void *items;
	uint32_t count, capacity;
};

/* One turn of one user, in row number `row`. */
struct rph_delta_turn {
	struct rph_usage_user user;
	struct rph_span wording; /* encoded; empty: none */
	uint32_t row;
};

/* One turn of one user in a cohort. */
struct rph_delta_cohort {
	rph_week week;
	uint64_t user;
	struct rph_cohort cohort;
};

struct rph_delta_list {
	struct rph_delta_items formulations; /* struct rph_formulation_delta, each id once */
	struct rph_delta_items goals;        /* struct rph_goal_delta, each id once */
	struct rph_delta_items votes;        /* struct rph_vote_delta, as they came */
	struct rph_delta_items rows;         /* struct rph_usage_key, each once */
	struct rph_delta_items turns;        /* struct rph_delta_turn, as they came */
	struct rph_delta_items cohorts;      /* struct rph_delta_cohort, as they came */
	struct rph_lookup formulations_by_id, goals_by_id, rows_by_key;
	struct rph_order *order, *scratch; /* order_capacity entries each */
	uint32_t *ranks;                   /* order_capacity; place of a row among the sorted */
	size_t order_capacity;
};

/* Empties the list, keeps its memory. */
void rph_delta_list_clear(struct rph_delta_list *list);

static inline const struct rph_formulation_delta *
rph_delta_formulation(const struct rph_delta_list *list, uint32_t index)
{
	return (const struct rph_formulation_delta *)list->formulations.items + index;
}

static inline const struct rph_goal_delta *rph_delta_goal(const struct rph_delta_list *list,
							  uint32_t index)
{
	return (const struct rph_goal_delta *)list->goals.items + index;
}

static inline const struct rph_vote_delta *rph_delta_vote(const struct rph_delta_list *list,
							  uint32_t index)
{
	return (const struct rph_vote_delta *)list->votes.items + index;
}

static inline const struct rph_usage_key *rph_delta_row(const struct rph_delta_list *list,
							uint32_t index)
{
	return (const struct rph_usage_key *)list->rows.items + index;
}

static inline const struct rph_delta_turn *rph_delta_turn(const struct rph_delta_list *list,
							  uint32_t index)
{
	return (const struct rph_delta_turn *)list->turns.items + index;
}

static inline const struct rph_delta_cohort *rph_delta_cohort(const struct rph_delta_list *list,
							      uint32_t index)
{
	return (const struct rph_delta_cohort *)list->cohorts.items + index;
}

#endif
