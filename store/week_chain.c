/* SPDX-License-Identifier: Apache-2.0
 *
 * week_chain.c - pairs and outcomes to states and edges, and back to texts.
 */
#include <stdlib.h>

#include "schemas/error.h"
#include "schemas/goal.h"
#include "store/week_chain_private.h"
#include "store/week_source.h"

/* Half a user who succeeds and half a user who fails at every state: every walk ends. */
#define PSEUDO_USERS (RPH_CHAIN_USER / 2)

struct rph_week_chain {
	const struct rph_fact *facts; /* ascending by id */
	size_t fact_count;
	uint32_t *states;         /* by fact; RPH_NO_STATE: in no edge */
	uint32_t *representative; /* by state: a fact */
	struct rph_chain *chain;
	struct rph_arena arena;
	struct rph_facts own; /* of a chain that was loaded */
};

/* What is needed while a chain is made. */
struct making {
	struct rph_week_chain *chain;
	const struct rph_promotion_params *params;
	const struct rph_week_pairs *pairs;
	struct rph_chain_state *states;
	struct rph_chain_edge *edges;
	uint32_t state_count;
	size_t edge_count;
};

static int compare_ids(const void *a, const void *b)
{
	return rph_id_compare(a, b);
}

static const struct rph_fact *fact_of(const struct rph_week_chain *chain, const struct rph_id *id)
{
	_Static_assert(offsetof(struct rph_fact, id) == 0, "bsearch compares ids");
	return chain->fact_count ? bsearch(id, chain->facts, chain->fact_count,
					   sizeof(*chain->facts), compare_ids)
				 : NULL;
}

static uint32_t *state_of(const struct rph_week_chain *chain, const struct rph_id *id)
{
	const struct rph_fact *fact = fact_of(chain, id);
	return fact ? &chain->states[fact - chain->facts] : NULL;
}

static uint64_t weight_of(const struct making *making, const struct rph_pair *pair)
{
	if (pair->all_users < making->params->min_users ||
	    rph_id_compare(&pair->source, &pair->target) == 0)
		return 0;
	return (uint64_t)pair->users * rph_pair_p(pair);
}

/* A formulation and what stands for its state. */
struct place {
	struct rph_id key;
	struct rph_span locale; /* people of one do not go by the words of another */
	uint32_t fact;
};

static int compare_keys(const struct place *a, const struct place *b)
{
	int order = rph_id_compare(&a->key, &b->key);
	return order ? order : rph_span_compare(a->locale, b->locale);
}

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = compare_keys(a, b);
	return order ? order : (a->fact > b->fact) - (a->fact < b->fact);
}

static int number_states(struct making *making)
{
	struct rph_week_chain *chain = making->chain;
	size_t count = 0;
	struct place *places = RPH_ARENA_ARRAY(&chain->arena, struct place, chain->fact_count + 1);

	if (!places)
		return RPH_E_NO_MEMORY;
	RPH_ASSERT(chain->states);
	for (size_t i = 0; i < making->pairs->count; i++) {
		const struct rph_pair *pair = &making->pairs->list[i].pair;
		uint32_t *source = state_of(chain, &pair->source);
		uint32_t *target = state_of(chain, &pair->target);
		if (source && target && weight_of(making, pair))
			*source = *target = 0;
	}
	for (size_t i = 0; i < chain->fact_count; i++) {
		const struct rph_fact *fact = &chain->facts[i];
		/* What fails most people is a state of its own, even if some got there with it. */
		bool means = !rph_id_is_zero(&fact->outcome.goal) &&
			     fact->outcome.succeeded > fact->outcome.failed;
		if (chain->states[i] != RPH_NO_STATE)
			places[count++] = (struct place){means ? fact->outcome.goal : fact->id,
							 fact->locale, (uint32_t)i};
	}
	if (count)
		qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 0; i < count; i++) {
		making->state_count += i == 0 || compare_keys(&places[i], &places[i - 1]) != 0;
		chain->states[places[i].fact] = making->state_count - 1;
	}
	return 0;
}

static int is_control(const struct making *making, const struct rph_fact *fact, bool *ret)
{
	struct rph_arena scratch;
	struct rph_goal goal;

	*ret = false;
	if (!fact->goal.len)
		return 0;
	rph_arena_init(&scratch, SIZE_MAX);
	int error = rph_goal_read(fact->goal, &scratch, &goal);
	if (!error)
		*ret = !goal.is_text && rph_intent_is_listed(making->params->control_intents,
							     making->params->control_count,
							     goal.domain, goal.intent);
	rph_arena_free(&scratch);
	return error == RPH_E_BAD_INPUT ? RPH_E_STATE_CORRUPT : error;
}

static bool is_better_text(const struct rph_fact *a, const struct rph_fact *b)
{
	if (a->outcome.succeeded != b->outcome.succeeded)
		return a->outcome.succeeded > b->outcome.succeeded;
	return rph_span_compare(a->text, b->text) < 0;
}

static int fill_states(struct making *making)
{
	struct rph_week_chain *chain = making->chain;
	size_t count = (size_t)making->state_count + 1;

	making->states = RPH_ARENA_ARRAY(&chain->arena, struct rph_chain_state, count);
	chain->representative = RPH_ARENA_ARRAY(&chain->arena, uint32_t, count);
	if (!making->states || !chain->representative)
		return RPH_E_NO_MEMORY;
	memset(making->states, 0, count * sizeof(*making->states));
	for (uint32_t i = 0; i < making->state_count; i++)
		chain->representative[i] = UINT32_MAX;
	for (uint32_t i = 0; i < chain->fact_count; i++) {
		const struct rph_fact *fact = &chain->facts[i];
		if (chain->states[i] == RPH_NO_STATE)
			continue;
		struct rph_chain_state *state = &making->states[chain->states[i]];
		uint32_t *best = &chain->representative[chain->states[i]];
		int error = is_control(making, fact, &state->control);
		if (error)
			return error;
		state->success += (uint64_t)fact->outcome.succeeded * RPH_CHAIN_USER;
		state->failure += (uint64_t)fact->outcome.failed * RPH_CHAIN_USER;
		state->starts += (uint64_t)fact->outcome.users * RPH_CHAIN_USER;
		if (*best == UINT32_MAX || is_better_text(fact, &chain->facts[*best]))
			*best = i;
	}
	return 0;
}

static int compare_edges(const void *left, const void *right)
{
	const struct rph_chain_edge *a = left, *b = right;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return (a->to > b->to) - (a->to < b->to);
}

static int fill_edges(struct making *making)
{
	struct rph_week_chain *chain = making->chain;
	size_t used = 0;

	making->edges =
		RPH_ARENA_ARRAY(&chain->arena, struct rph_chain_edge, making->pairs->count + 1);
	if (!making->edges)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < making->pairs->count; i++) {
		const struct rph_pair *pair = &making->pairs->list[i].pair;
		uint64_t weight = weight_of(making, pair);
		uint32_t *from = state_of(chain, &pair->source);
		uint32_t *to = state_of(chain, &pair->target);
		/* Another wording of the same goal is no step. */
		if (!weight || !from || !to || *from == *to)
			continue;
		making->edges[making->edge_count++] = (struct rph_chain_edge){*from, *to, weight};
		struct rph_chain_state *state = &making->states[*from];
		state->failure = state->failure > weight ? state->failure - weight : 0;
	}
	if (making->edge_count)
		qsort(making->edges, making->edge_count, sizeof(*making->edges), compare_edges);
	for (size_t i = 0; i < making->edge_count; i++) {
		if (used && compare_edges(&making->edges[used - 1], &making->edges[i]) == 0)
			making->edges[used - 1].users += making->edges[i].users;
		else
			making->edges[used++] = making->edges[i];
	}
	making->edge_count = used;
	return 0;
}

int rph_week_chain_make(const struct rph_promotion_params *params,
			const struct rph_week_pairs *pairs, const struct rph_fact *facts,
			size_t fact_count, struct rph_week_chain **ret)
{
	RPH_CLEANUP(rph_week_chain_free) struct rph_week_chain *chain = calloc(1, sizeof(*chain));
	if (!chain)
		return RPH_E_NO_MEMORY;
	rph_arena_init(&chain->arena, SIZE_MAX);
	chain->facts = facts;
	chain->fact_count = fact_count;
	chain->states = RPH_ARENA_ARRAY(&chain->arena, uint32_t, fact_count + 1);
	if (!chain->states)
		return RPH_E_NO_MEMORY;
	uint32_t *states = chain->states;
	for (size_t i = 0; i < fact_count; i++)
		states[i] = RPH_NO_STATE;
	struct making making = {.chain = chain, .params = params, .pairs = pairs};
	int error = number_states(&making);
	if (!error)
		error = fill_states(&making);
	if (!error)
		error = fill_edges(&making);
	if (error)
		return error;
	const struct rph_chain_input input = {making.states, making.state_count, making.edges,
					      making.edge_count, PSEUDO_USERS};
	error = rph_chain_make(&input, &chain->arena, &chain->chain);
	if (error)
		return error;
	*ret = chain;
	chain = NULL;
	return 0;
}

struct voting {
	struct rph_pair_maker maker;
	const struct rph_stop *stop;
	unsigned since_asked;
};

static int visit_vote(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct voting *voting = context;

	if (rph_stop_asked_sometimes(voting->stop, &voting->since_asked))
		return RPH_E_STOPPED;
	return rph_pair_maker_add(&voting->maker, key, vote);
}

/* The chain walks what was said, one thing after another; nobody walks a star. */
static int load_pairs(struct rph_store *store, const struct rph_pairs_options *options,
		      struct rph_week_pairs *ret)
{
	const struct rph_window window = {options->week, options->history_weeks,
					  options->half_life};
	const struct rph_stars none = {.list = NULL};
	struct rph_week_pairs reviews;
	struct voting voting = {.maker = {.options = options,
					  .window = &window,
					  .stars = &none,
					  .reviews = &reviews},
				.stop = options->stop};

	int error = rph_week_reviews_load(store, &reviews);
	if (!error)
		error = rph_store_scan_votes(store, visit_vote, &voting);
	if (!error)
		error = rph_pair_maker_end(&voting.maker, NULL);
	rph_week_pairs_free(&reviews);
	*ret = voting.maker.pairs;
	return error;
}

int rph_week_chain_load(struct rph_store *store, const struct rph_pairs_options *options,
			struct rph_week_chain **ret)
{
	struct rph_pairs_options all = *options;
	struct rph_facts facts = {NULL, 0, {0}};
	struct rph_week_pairs pairs = {NULL, 0, 0};

	all.only = NULL;
	all.min_users = options->promotion.min_users;
	rph_arena_init(&facts.keep, SIZE_MAX);
	int error = load_pairs(store, &all, &pairs);
	if (!error)
		error = rph_facts_load(store, options, &pairs, &facts);
	if (!error)
		error = rph_week_chain_make(&options->promotion, &pairs, facts.list, facts.count,
					    ret);
	rph_week_pairs_free(&pairs);
	if (error)
		rph_facts_free(&facts);
	else
		(*ret)->own = facts;
	return error;
}

struct rph_week_chain *rph_week_chain_free(struct rph_week_chain *chain)
{
	if (!chain)
		return NULL;
	rph_facts_free(&chain->own);
	rph_arena_free(&chain->arena);
	free(chain);
	return NULL;
}

/* ---- answers -------------------------------------------------------------------------------- */

static const struct rph_fact *of_state(const struct rph_week_chain *chain, uint32_t state)
{
	return &chain->facts[chain->representative[state]];
}

static void describe(const struct rph_week_chain *chain, const struct rph_id *source,
		     const struct rph_chain_target *target, struct rph_week_chain_view *ret)
{
	const struct rph_fact *best = of_state(chain, target->state);

	*ret = (struct rph_week_chain_view){
		.found = true,
		.target = best->id,
		.text = best->text,
		.success = target->success,
		.posterior = target->posterior,
		.base = target->base,
		.lift = target->lift,
		.path_count = target->path_count,
	};
	for (uint8_t i = 0; i < target->path_count; i++)
		ret->path[i] = of_state(chain, target->path[i])->text;
	/* A state may have several formulations; this one was asked for. */
	if (target->path_count)
		ret->path[0] = fact_of(chain, source)->text;
}

int rph_week_chain_ask(struct rph_week_chain *chain, const struct rph_id *source,
		       const struct rph_id *target, struct rph_week_chain_view *ret)
{
	const uint32_t *from = state_of(chain, source);
	const uint32_t *to = target ? state_of(chain, target) : from;
	struct rph_chain_target found;

	*ret = (struct rph_week_chain_view){.found = false};
	if (!from || *from == RPH_NO_STATE || !to || *to == RPH_NO_STATE)
		return 0;
	const struct rph_chain_start start = {*from, 1};
	int error = target ? rph_chain_judge(chain->chain, &start, 1, *to, &found)
			   : rph_chain_target(chain->chain, &start, 1, &found);
	if (!error && found.state != RPH_NO_STATE)
		describe(chain, source, &found, ret);
	return error;
}
