/* SPDX-License-Identifier: Apache-2.0
 *
 * chain.c - rows of probabilities, and walks over them.
 */
#include "miner/chain.h"

#include <stdlib.h>

#include "schemas/error.h"

/* States that a hop reaches, ascending; `is_in` says the same by state. */
struct frontier {
	uint32_t *states;
	uint8_t *is_in;
	double *mass; /* 0 outside */
	size_t count;
};

struct rph_chain {
	uint32_t count;
	double *ends_well; /* R of each state */
	size_t *first;     /* count + 1 places in to[] and p[] */
	uint32_t *to;
	double *p;
	double *visits; /* of the last walk: N of its start */
	struct frontier touched, now, next;
	double *base; /* share of each state in the successes of all starts together */
	double *best; /* likeliest way to each state */
	uint32_t *parent;
};

static bool is_sound(const struct rph_chain_input *input)
{
	if (input->state_count == RPH_NO_STATE)
		return false;
	for (size_t i = 0; i < input->edge_count; i++) {
		const struct rph_chain_edge *edge = &input->edges[i];
		if (edge->from >= input->state_count || edge->to >= input->state_count ||
		    edge->users == 0)
			return false;
		if (i > 0 && (edge[-1].from > edge->from ||
			      (edge[-1].from == edge->from && edge[-1].to >= edge->to)))
			return false;
	}
	return true;
}

static bool make_frontier(struct frontier *frontier, uint32_t count, struct rph_arena *arena)
{
	frontier->states = RPH_ARENA_ARRAY(arena, uint32_t, count + 1);
	frontier->is_in = RPH_ARENA_ARRAY(arena, uint8_t, count + 1);
	frontier->mass = RPH_ARENA_ARRAY(arena, double, count + 1);
	frontier->count = 0;
	if (!frontier->states || !frontier->is_in || !frontier->mass)
		return false;
	memset(frontier->is_in, 0, count);
	for (uint32_t i = 0; i < count; i++)
		frontier->mass[i] = 0.0;
	return true;
}

static struct rph_chain *allocate(const struct rph_chain_input *input, struct rph_arena *arena)
{
	size_t states = (size_t)input->state_count + 1, edges = input->edge_count + 1;
	struct rph_chain *chain = RPH_ARENA_NEW(arena, struct rph_chain);

	if (!chain)
		return NULL;
	*chain = (struct rph_chain){
		.count = input->state_count,
		.ends_well = RPH_ARENA_ARRAY(arena, double, states),
		.first = RPH_ARENA_ARRAY(arena, size_t, states),
		.to = RPH_ARENA_ARRAY(arena, uint32_t, edges),
		.p = RPH_ARENA_ARRAY(arena, double, edges),
		.base = RPH_ARENA_ARRAY(arena, double, states),
		.best = RPH_ARENA_ARRAY(arena, double, states),
		.parent = RPH_ARENA_ARRAY(arena, uint32_t, states),
	};
	if (!chain->ends_well || !chain->first || !chain->to || !chain->p || !chain->base ||
	    !chain->best || !chain->parent ||
	    !make_frontier(&chain->touched, chain->count, arena) ||
	    !make_frontier(&chain->now, chain->count, arena) ||
	    !make_frontier(&chain->next, chain->count, arena))
		return NULL;
	chain->visits = chain->touched.mass;
	return chain;
}

/* Row by row: counts to probabilities. */
static void fill_rows(struct rph_chain *chain, const struct rph_chain_input *input)
{
	size_t at = 0, used = 0;

	for (uint32_t i = 0; i < chain->count; i++) {
		const struct rph_chain_state *state = &input->states[i];
		size_t first = at;
		double all =
			(double)state->success + (double)state->failure + 2.0 * input->pseudo_users;
		for (; at < input->edge_count && input->edges[at].from == i; at++)
			all += (double)input->edges[at].users;
		chain->first[i] = used;
		chain->ends_well[i] = 0.0;
		if (state->control || all <= 0.0)
			continue;
		chain->ends_well[i] = ((double)state->success + input->pseudo_users) / all;
		for (size_t e = first; e < at; e++, used++) {
			chain->to[used] = input->edges[e].to;
			chain->p[used] = (double)input->edges[e].users / all;
		}
	}
	chain->first[chain->count] = used;
}

static int compare_states(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

/* Sums of doubles depend on their order: always ascending. */
static void sort_frontier(struct frontier *frontier, uint32_t count)
{
	if (frontier->count < 2)
		return;
	if (frontier->count < count / 16) {
		qsort(frontier->states, frontier->count, sizeof(*frontier->states), compare_states);
		return;
	}
	frontier->count = 0;
	for (uint32_t i = 0; i < count; i++)
		if (frontier->is_in[i])
			frontier->states[frontier->count++] = i;
}

static void add_mass(struct frontier *frontier, uint32_t state, double mass)
{
	if (!frontier->is_in[state]) {
		frontier->is_in[state] = 1;
		frontier->states[frontier->count++] = state;
	}
	frontier->mass[state] += mass;
}

static void clear_frontier(struct frontier *frontier)
{
	for (size_t i = 0; i < frontier->count; i++) {
		frontier->is_in[frontier->states[i]] = 0;
		frontier->mass[frontier->states[i]] = 0.0;
	}
	frontier->count = 0;
}

static void hop(struct rph_chain *chain)
{
	for (size_t i = 0; i < chain->now.count; i++) {
		uint32_t state = chain->now.states[i];
		double mass = chain->now.mass[state];
		for (size_t e = chain->first[state]; e < chain->first[state + 1]; e++)
			add_mass(&chain->next, chain->to[e], mass * chain->p[e]);
	}
	clear_frontier(&chain->now);
	sort_frontier(&chain->next, chain->count);
	struct frontier swap = chain->now;
	chain->now = chain->next;
	chain->next = swap;
}

/* From chain->now, whose mass is 1 altogether, to visits[] over touched. */
static void walk(struct rph_chain *chain)
{
	clear_frontier(&chain->touched);
	for (unsigned hops = 0;; hops++) {
		double rest = 0.0;
		for (size_t i = 0; i < chain->now.count; i++) {
			uint32_t state = chain->now.states[i];
			rest += chain->now.mass[state];
			add_mass(&chain->touched, state, chain->now.mass[state]);
		}
		if (hops == RPH_CHAIN_HOPS || rest < RPH_CHAIN_REST)
			break;
		hop(chain);
	}
	clear_frontier(&chain->now);
	sort_frontier(&chain->touched, chain->count);
}

static double success_of_walk(const struct rph_chain *chain)
{
	double sum = 0.0;

	for (size_t i = 0; i < chain->touched.count; i++) {
		uint32_t state = chain->touched.states[i];
		sum += chain->visits[state] * chain->ends_well[state];
	}
	return sum;
}

static void find_base_rates(struct rph_chain *chain, const struct rph_chain_input *input)
{
	double all = 0.0;

	for (uint32_t i = 0; i < chain->count; i++) {
		chain->base[i] = 0.0;
		all += (double)input->states[i].starts;
	}
	for (uint32_t i = 0; i < chain->count; i++)
		if (input->states[i].starts)
			add_mass(&chain->now, i, (double)input->states[i].starts / all);
	walk(chain);
	double success = success_of_walk(chain);
	for (size_t i = 0; i < chain->touched.count && success > 0.0; i++) {
		uint32_t state = chain->touched.states[i];
		chain->base[state] = chain->visits[state] * chain->ends_well[state] / success;
	}
}

int rph_chain_make(const struct rph_chain_input *input, struct rph_arena *arena,
		   struct rph_chain **ret)
{
	if (!is_sound(input))
		return RPH_E_BAD_INPUT;
	struct rph_chain *chain = allocate(input, arena);
	if (!chain)
		return RPH_E_NO_MEMORY;
	fill_rows(chain, input);
	find_base_rates(chain, input);
	*ret = chain;
	return 0;
}

static int begin(struct rph_chain *chain, const struct rph_chain_start *starts, size_t count)
{
	double all = 0.0;

	for (size_t i = 0; i < count; i++) {
		if (starts[i].state >= chain->count || starts[i].weight == 0 ||
		    (i > 0 && starts[i - 1].state >= starts[i].state))
			return RPH_E_BAD_INPUT;
		all += (double)starts[i].weight;
	}
	for (size_t i = 0; i < count; i++)
		add_mass(&chain->now, starts[i].state, (double)starts[i].weight / all);
	return count ? 0 : RPH_E_BAD_INPUT;
}

/* One round of Bellman and Ford over what the walk touched; returns whether a way became likelier. */
static bool improve_ways(struct rph_chain *chain)
{
	bool improved = false;

	for (size_t i = 0; i < chain->touched.count; i++) {
		uint32_t from = chain->touched.states[i];
		for (size_t e = chain->first[from]; e < chain->first[from + 1]; e++) {
			uint32_t to = chain->to[e];
			double likely = chain->best[from] * chain->p[e];
			if (!chain->touched.is_in[to] || likely <= chain->best[to])
				continue;
			chain->best[to] = likely;
			chain->parent[to] = from;
			improved = true;
		}
	}
	return improved;
}

static void find_path(struct rph_chain *chain, const struct rph_chain_start *starts, size_t count,
		      struct rph_chain_target *ret)
{
	uint32_t backwards[RPH_CHAIN_HOPS + 1], length = 0;

	for (size_t i = 0; i < chain->touched.count; i++) {
		chain->best[chain->touched.states[i]] = 0.0;
		chain->parent[chain->touched.states[i]] = RPH_NO_STATE;
	}
	for (size_t i = 0; i < count; i++)
		chain->best[starts[i].state] = 1.0;
	for (unsigned round = 0; round < RPH_CHAIN_HOPS && improve_ways(chain); round++)
		;
	uint32_t state = ret->state;
	for (; state != RPH_NO_STATE && length <= RPH_CHAIN_HOPS; state = chain->parent[state])
		backwards[length++] = state;
	if (state != RPH_NO_STATE || chain->best[ret->state] <= 0.0)
		return;
	ret->path_count = (uint8_t)length;
	for (uint32_t i = 0; i < length; i++)
		ret->path[i] = backwards[length - 1 - i];
}

static uint16_t per_mille(double share)
{
	return share >= 1.0 ? 1000 : (uint16_t)((share * 2000.0 + 1.0) / 2.0);
}

static void describe(struct rph_chain *chain, const struct rph_chain_start *starts, size_t count,
		     struct rph_chain_target *ret)
{
	uint32_t state = ret->state;
	double success = success_of_walk(chain);

	ret->success = per_mille(success);
	if (state == RPH_NO_STATE || !chain->touched.is_in[state] || success <= 0.0)
		return;
	double share = chain->visits[state] * chain->ends_well[state] / success;
	double lift =
		chain->base[state] > 0.0 ? share / chain->base[state] * 256.0 : (double)UINT32_MAX;
	ret->posterior = per_mille(share);
	ret->base = per_mille(chain->base[state]);
	ret->lift = share <= 0.0 ? 0 : lift >= (double)UINT32_MAX ? UINT32_MAX : (uint32_t)lift;
	find_path(chain, starts, count, ret);
}

static uint32_t best_of_walk(const struct rph_chain *chain)
{
	uint32_t best = RPH_NO_STATE;
	double most = 0.0;

	for (size_t i = 0; i < chain->touched.count; i++) {
		uint32_t state = chain->touched.states[i];
		double last = chain->visits[state] * chain->ends_well[state];
		if (last > most) {
			most = last;
			best = state;
		}
	}
	return best;
}

int rph_chain_target(struct rph_chain *chain, const struct rph_chain_start *starts, size_t count,
		     struct rph_chain_target *ret)
{
	int error = begin(chain, starts, count);

	if (error)
		return error;
	walk(chain);
	*ret = (struct rph_chain_target){.state = best_of_walk(chain)};
	describe(chain, starts, count, ret);
	return 0;
}

int rph_chain_judge(struct rph_chain *chain, const struct rph_chain_start *starts, size_t count,
		    uint32_t target, struct rph_chain_target *ret)
{
	int error = target < chain->count ? begin(chain, starts, count) : RPH_E_BAD_INPUT;

	if (error)
		return error;
	walk(chain);
	*ret = (struct rph_chain_target){.state = target};
	describe(chain, starts, count, ret);
	return 0;
}

double rph_chain_last_before_success(struct rph_chain *chain, uint32_t from, uint32_t state)
{
	RPH_ASSERT(from < chain->count && state < chain->count);
	add_mass(&chain->now, from, 1.0);
	walk(chain);
	return chain->visits[state] * chain->ends_well[state];
}
