/* SPDX-License-Identifier: Apache-2.0
 *
 * week_chain_private.h - a chain from pairs and facts that are loaded already; private to the week_*
 * files of this folder.
 */
#ifndef RPH_STORE_WEEK_CHAIN_PRIVATE_H
#define RPH_STORE_WEEK_CHAIN_PRIVATE_H

#include "store/week_chain.h"
#include "store/week_facts.h"

/* `facts`, ascending by id, are borrowed as long as the chain lives; `pairs` holds every pair with
 * params->min_users users and may hold others, which change nothing. */
int rph_week_chain_make(const struct rph_promotion_params *params,
			const struct rph_week_pairs *pairs, const struct rph_fact *facts,
			size_t fact_count, struct rph_week_chain **ret) RPH_MUST_CHECK;

#endif
