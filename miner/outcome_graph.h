/* SPDX-License-Identifier: Apache-2.0
 *
 * outcome_graph.h - do two formulations mean the same, judged by what people reached with them.
 *
 * A formulation u has weights w(u, g): distinct users who reached goal g with it. Its profile is
 * p(g|u) = (w(u, g) + a p(g)) / (W(u) + a) with W(u) the sum of its weights, p(g) the share of all
 * weights that is g's, and a pseudo-users. Two profiles are compared by the Jensen-Shannon
 * divergence in bits (J. Lin, 1991), and the similarity is discounted while few users stand
 * behind what they share, by SimRank++'s evidence 1 - 2^-n (I. Antonellis et al., 2008).
 *
 * Pure and of one result on every machine: doubles inside, integers out. Figures are in 1/1024.
 */
#ifndef RPH_MINER_OUTCOME_GRAPH_H
#define RPH_MINER_OUTCOME_GRAPH_H

#include "schemas/id.h"

#define RPH_GRAPH_ONE 1024u

struct rph_goal_weight {
	struct rph_id goal;
	uint32_t users;     /* w(u, g), 1 or more */
	uint64_t all_users; /* sum over all formulations of w(., g), at least `users` */
};

/* The goals one formulation met: ascending by goal, each once. Borrowed. */
struct rph_goal_profile {
	const struct rph_goal_weight *goals;
	size_t count;
};

struct rph_graph_params {
	uint32_t pseudo_users; /* a; 1..5 is usual, 0 switches smoothing off */
	uint64_t all_users;    /* sum over all formulations and goals of w; 0 without smoothing */
};

struct rph_goal_similarity {
	uint16_t divergence; /* 0: equal profiles; RPH_GRAPH_ONE: nothing in common */
	uint16_t similarity; /* (1 - divergence) * (1 - 2^-shared_users) */
	/* The lesser of both sides' users on goals that both met. */
	uint64_t shared_users;
};

/* Symmetric. A profile without goals has no similarity to any: divergence RPH_GRAPH_ONE. */
struct rph_goal_similarity rph_goal_compare(const struct rph_graph_params *params,
					    const struct rph_goal_profile *a,
					    const struct rph_goal_profile *b);

/* Shannon's entropy of the unsmoothed profile in 1/1024 bit: 0 when all users meant one goal. */
uint32_t rph_goal_entropy(const struct rph_goal_profile *profile);

/* The divergence of two distributions over the same `count` outcomes, in bits, 0..1. */
double rph_divergence(const double *p, const double *q, size_t count);

#endif
