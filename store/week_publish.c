/* SPDX-License-Identifier: Apache-2.0
 *
 * week_publish.c - promoted pairs to the table of rewrites: one target per source, no chains.
 */
#include <stdlib.h>

#include "schemas/error.h"
#include "store/week_fold.h"

/* Rewrites are followed no further: longer chains are loops or nonsense. */
#define MAX_HOPS 8

struct choice {
	struct rph_id source, target, goal;
	uint16_t p, lower_bound;
	uint32_t users;
	bool approved;
};

struct publish {
	struct choice *list;
	size_t count, size;
};

/* Candidates of a source come by ascending target text, so of equals the first one stays. */
static bool is_better(const struct choice *a, const struct choice *b)
{
	if (a->approved != b->approved)
		return a->approved;
	if (a->lower_bound != b->lower_bound)
		return a->lower_bound > b->lower_bound;
	return a->users > b->users;
}

static int append(struct publish *publish, const struct choice *choice)
{
	if (publish->count == publish->size) {
		size_t size = publish->size ? 2 * publish->size : 64;
		void *grown = reallocarray(publish->list, size, sizeof(*publish->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		publish->list = grown;
		publish->size = size;
	}
	RPH_ASSERT(publish->list);
	publish->list[publish->count++] = *choice;
	return 0;
}

static int visit(void *context, const struct rph_pair_view *view)
{
	struct publish *publish = context;
	const struct rph_promotion *promotion = view->promotion;
	bool approved = promotion->status == RPH_PAIR_APPROVED;
	struct choice choice = {
		.source = view->pair->source,
		.target = view->pair->target,
		.goal = view->target_outcome->goal,
		.p = view->pair->user_weeks || !approved ? promotion->p : 256,
		.lower_bound = promotion->lower_bound,
		.users = promotion->users,
		.approved = approved,
	};

	/* Whoever approves a pair wants it served, whatever the figures make of its direction. */
	if (!approved && (promotion->status != RPH_PAIR_PROMOTED ||
			  promotion->direction != RPH_DIRECTION_REWRITE))
		return 0;
	struct choice *last = publish->count ? &publish->list[publish->count - 1] : NULL;
	if (!last || rph_id_compare(&last->source, &choice.source) != 0)
		return append(publish, &choice);
	if (is_better(&choice, last))
		*last = choice;
	return 0;
}

static int by_source(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;
	return rph_id_compare(&x->source, &y->source);
}

/* Follows the target to where it is no longer rewritten. False: the chain changes the goal, returns
 * to its start or is too long. */
static bool resolve(const struct publish *publish, const struct choice *start,
		    struct rph_published *ret)
{
	struct choice wanted = {.source = start->target};
	uint16_t p = start->p;

	for (int hop = 0; hop < MAX_HOPS; hop++) {
		const struct choice *next =
			bsearch(&wanted, publish->list, publish->count, sizeof(wanted), by_source);
		if (!next) {
			ret->source = start->source;
			ret->target = wanted.source;
			ret->p = p;
			return rph_id_compare(&ret->source, &ret->target) != 0;
		}
		if (rph_id_compare(&next->goal, &start->goal) != 0)
			return false;
		p = next->p < p ? next->p : p;
		wanted.source = next->target;
	}
	return false;
}

int rph_publish_week(struct rph_store *store, const struct rph_pairs_options *options,
		     uint64_t *ret_count)
{
	struct rph_pairs_options all = *options;
	struct publish publish = {NULL, 0, 0};
	struct rph_published *rewrites = NULL;
	size_t count = 0;

	all.only = NULL;
	int error = rph_pairs_scan(store, &all, visit, &publish);
	if (!error) {
		rewrites = calloc(publish.count + 1, sizeof(*rewrites));
		error = rewrites ? 0 : RPH_E_NO_MEMORY;
	}
	if (!error && publish.count)
		qsort(publish.list, publish.count, sizeof(*publish.list), by_source);
	for (size_t i = 0; i < publish.count && !error; i++) {
		rewrites[count].generation = options->week;
		count += resolve(&publish, &publish.list[i], &rewrites[count]);
	}
	if (!error)
		error = rph_store_publish(store, rewrites, count);
	if (!error)
		*ret_count = count;
	free(rewrites);
	free(publish.list);
	return error;
}
