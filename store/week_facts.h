/* SPDX-License-Identifier: Apache-2.0
 *
 * week_facts.h - what the usage rows of a window say about single formulations; private to the
 * week_* files of this folder.
 */
#ifndef RPH_STORE_WEEK_FACTS_H
#define RPH_STORE_WEEK_FACTS_H

#include "miner/fold.h"
#include "miner/outcome_graph.h"
#include "store/week_pairs.h"

/* One formulation; texts live in the arena of its struct rph_facts. */
struct rph_fact {
	struct rph_id id;
	struct rph_span locale, text; /* empty text: the formulation is gone */
	struct rph_span surface;      /* as most people said it; may be empty */
	struct rph_outcome outcome;
	struct rph_goal_weight *profile; /* goals it means; all_users is not filled in */
	size_t profile_count;
	struct rph_span goal;    /* canonical form of outcome.goal; empty when none */
	bool is_value;           /* rph_wording_is_value() */
	struct rph_span wording; /* encoded, for that goal; may be empty */
};

/* Rows of one formulation, in key order, merged over the weeks of a window. */
struct rph_usage_gather {
	struct rph_window window;
	bool bare;               /* wordings are left out */
	struct rph_arena *arena; /* everything lives there */
	struct rph_goal_usage *goals;
	size_t count, size;
};
int rph_usage_gather_add(struct rph_usage_gather *gather, const struct rph_usage_key *key,
			 const struct rph_usage *usage) RPH_MUST_CHECK;
/* The same without a copy: what `usage` points to lives as long as the gather. */
int rph_usage_gather_take(struct rph_usage_gather *gather, const struct rph_usage_key *key,
			  const struct rph_usage *usage) RPH_MUST_CHECK;
/* A copy in `arena`, without wordings. */
int rph_usage_copy_bare(const struct rph_usage *usage, struct rph_arena *arena,
			struct rph_usage *ret) RPH_MUST_CHECK;

/* Usage of one formulation by goal, weeks merged; lives in `arena`. Ascending by goal. */
int rph_usage_load(struct rph_store *store, const struct rph_window *window,
		   const struct rph_id *formulation, struct rph_arena *arena,
		   struct rph_goal_usage **ret, size_t *ret_count) RPH_MUST_CHECK;

/* Reads formulations one after the other. One thread at a time. */
struct rph_reading;
struct rph_fact_reader {
	struct rph_window window;
	struct rph_scan *usage, *texts, *goals;
	struct rph_arena scratch;
};
/* Needs rph_fact_reader_free() also on failure. */
int rph_fact_reader_init(struct rph_fact_reader *reader, struct rph_store *store,
			 const struct rph_window *window) RPH_MUST_CHECK;
/* rph_scan_share() */
void rph_fact_reader_share(struct rph_fact_reader *reader, struct rph_reading *reading);
void rph_fact_reader_free(struct rph_fact_reader *reader);
/* What stays goes to `keep`. */
int rph_fact_load(struct rph_fact_reader *reader, const struct rph_id *formulation,
		  struct rph_arena *keep, struct rph_fact *ret) RPH_MUST_CHECK;

/* The formulations that pairs name, each once, ascending by id. */
struct rph_facts {
	struct rph_fact *list;
	size_t count;
	struct rph_arena keep; /* their texts; initialised by the caller */
};

/* RPH_E_STOPPED by options->stop. */
int rph_facts_load(struct rph_store *store, const struct rph_pairs_options *options,
		   const struct rph_week_pairs *pairs, struct rph_facts *ret) RPH_MUST_CHECK;
/* A zeroed one is fine. */
void rph_facts_free(struct rph_facts *facts);

#endif
