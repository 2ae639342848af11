/* SPDX-License-Identifier: Apache-2.0
 *
 * chain.h - an absorbing Markov chain over states of a dialogue: where do people end who begin here.
 *
 * A state is an interpretation, or a formulation where nothing was understood. From a state people
 * go on to other states, or end in success or failure. With P(h_j|h_i) in block form [[Q, R], [0,
 * I]] and N = (I - Q)^-1, N_ij R_j is the probability that j is the last state before success of a
 * walk that begins at i (J. Kemeny and J. Snell, Finite Markov Chains, 1960; the use for rewriting
 * after P. Ponnusamy et al., 2020). The target of i is the j with the largest N_ij R_j; its
 * posterior is that share of P(success|i), its lift how much more likely it is than from anywhere.
 *
 * N is never made. One start is walked hop by hop, x_0 = e_i, x_{t+1} = x_t Q, at most
 * RPH_CHAIN_HOPS times and until less than RPH_CHAIN_REST of the walkers are left: the cost is the
 * edges touched. Sums run in ascending order of states, so figures are the same on every machine.
 *
 * Counts are distinct users, never events: a caller that counts otherwise lets one account steer.
 */
#ifndef RPH_MINER_CHAIN_H
#define RPH_MINER_CHAIN_H

#include "schemas/arena.h"

#define RPH_CHAIN_HOPS 10u
#define RPH_CHAIN_REST 1e-6
#define RPH_NO_STATE UINT32_MAX
/* Users are counted in 1/256, so that a user may end in part. */
#define RPH_CHAIN_USER 256u

struct rph_chain_state {
	uint64_t success, failure; /* users that ended here so, in 1/256 */
	uint64_t starts;           /* users that began here, in 1/256; weighs the base rate only */
	/* Steers the dialogue ("stop", "yes"): a walk that comes here is over and helped nobody, so
	 * that it is never a target nor a way to one. */
	bool control;
};

struct rph_chain_edge {
	uint32_t from, to;
	uint64_t users; /* in 1/256; more than 0 */
};

/* What a chain is made of; borrowed as long as the chain is used. */
struct rph_chain_input {
	const struct rph_chain_state *states;
	uint32_t state_count;               /* below RPH_NO_STATE */
	const struct rph_chain_edge *edges; /* ascending by from, to; each once */
	size_t edge_count;
	/* Added to success and failure of every state, in 1/256 users: every walk can end. 0 is
	 * allowed where every state has an end or a way to one. */
	uint32_t pseudo_users;
};

struct rph_chain;

/* Checks the input, and walks once from all starts together for the base rates. Lives in `arena`,
 * about 90 bytes a state and 12 an edge. Returns 0, RPH_E_NO_MEMORY, RPH_E_ARENA_FULL or
 * RPH_E_BAD_INPUT (unsorted, doubled or dangling edges). */
int rph_chain_make(const struct rph_chain_input *input, struct rph_arena *arena,
		   struct rph_chain **ret) RPH_MUST_CHECK;

/* Where a walk begins: one state, or several with weights (what an utterance was understood as). */
struct rph_chain_start {
	uint32_t state;
	uint64_t weight; /* more than 0 */
};

struct rph_chain_target {
	uint32_t state;     /* RPH_NO_STATE: no walk from here succeeds */
	uint16_t success;   /* P(success|start), per mille */
	uint16_t posterior; /* share of the target among these successes, per mille */
	uint16_t base;      /* its share among the successes of all starts, per mille */
	/* posterior over the target's share of all successes, in 1/256: 256 is what chance gives;
	 * saturates at UINT32_MAX. */
	uint32_t lift;
	/* The likeliest way from a start to the target, both included; path_count is 0 when none
	 * of at most RPH_CHAIN_HOPS is known. */
	uint32_t path[RPH_CHAIN_HOPS + 1];
	uint8_t path_count;
};

/* The best target of a start; of equal ones the smallest state. The target may be the start itself:
 * then there is nothing to rewrite. `starts` ascend by state, each once. Not thread-safe: a chain
 * holds the vectors of the walk. Returns 0 or RPH_E_BAD_INPUT (no start, or one out of range). */
int rph_chain_target(struct rph_chain *chain, const struct rph_chain_start *starts, size_t count,
		     struct rph_chain_target *ret) RPH_MUST_CHECK;

/* The same, with the target given: what the chain thinks of a pair. */
int rph_chain_judge(struct rph_chain *chain, const struct rph_chain_start *starts, size_t count,
		    uint32_t target, struct rph_chain_target *ret) RPH_MUST_CHECK;

/* Whether the target is where people end anyhow, whatever they began with: its lift is less than
 * `least_lift` (1/256). Not judged, false, where so many end there that certainty itself would not
 * reach that lift. */
static inline bool rph_chain_is_hub(uint16_t base, uint32_t lift, uint32_t least_lift)
{
	return lift < least_lift && (uint64_t)base * least_lift <= UINT64_C(1000) * 256;
}

/* N_ij R_j itself, within RPH_CHAIN_HOPS hops. Both states exist. */
double rph_chain_last_before_success(struct rph_chain *chain, uint32_t from, uint32_t state);

#endif
