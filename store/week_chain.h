/* SPDX-License-Identifier: Apache-2.0
 *
 * week_chain.h - where people end who say this: the absorbing chain (miner/chain.h) over the votes
 * and the usage of a window of weeks.
 *
 * A state is what a formulation means (the goal that most people reached with it) in its
 * locale, if it works for more people than it fails, or the formulation itself. An edge is every pair that promotion.min_users
 * people or more voted for, with the users who said the same goal again, each weighed by the mean p.
 * A state ends well for its users who succeeded, and badly for those who failed and did not go on.
 * Control intents are sinks. So the chain is a function of the rows of weeks in (week - history,
 * week] and the params, whichever pairs are asked for.
 */
#ifndef RPH_STORE_WEEK_CHAIN_H
#define RPH_STORE_WEEK_CHAIN_H

#include "miner/chain.h"
#include "store/week_fold.h"

struct rph_week_chain;

/* Reads the store; memory as rph_pairs_scan(). Errors likewise. Owner: the caller. */
int rph_week_chain_load(struct rph_store *store, const struct rph_pairs_options *options,
			struct rph_week_chain **ret) RPH_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct rph_week_chain *rph_week_chain_free(struct rph_week_chain *chain);
RPH_DEFINE_CLEANUP(struct rph_week_chain, rph_week_chain_free)

/* What the chain says of one source. Texts are normalised and live as long as the chain. */
struct rph_week_chain_view {
	bool found;           /* false: too few people went on from there, or none succeeded */
	struct rph_id target; /* the formulation of the target state that works for most */
	struct rph_span text; /* the same */
	uint16_t success;     /* per mille: see struct rph_chain_target */
	uint16_t posterior, base;
	uint32_t lift; /* 1/256 */
	/* From the source to the target, a formulation a state; empty when the way is longer than
	 * RPH_CHAIN_HOPS. */
	struct rph_span path[RPH_CHAIN_HOPS + 1];
	uint8_t path_count;
};

/* `target` NULL: the best one. Not thread-safe: a walk changes the chain. */
int rph_week_chain_ask(struct rph_week_chain *chain, const struct rph_id *source,
		       const struct rph_id *target, struct rph_week_chain_view *ret) RPH_MUST_CHECK;

#endif
