/* SPDX-License-Identifier: Apache-2.0 */
#include "store/week_privacy.h"

#include <stdlib.h>

#include "miner/fold.h"
#include "schemas/error.h"

struct select {
	struct rph_window window;
	struct rph_week_released *items;
	size_t size;
	struct rph_privacy_gift *gifts;
	size_t gift_count, gift_size;
};

static int compare_items(const void *left, const void *right)
{
	const struct rph_week_item *a = left, *b = right;
	int order = rph_id_compare(&a->source, &b->source);
	return order ? order : rph_id_compare(&a->target, &b->target);
}

static struct rph_week_item *find(const struct rph_week_released *items,
				  const struct rph_id *source, const struct rph_id *target)
{
	const struct rph_week_item wanted = {.source = *source, .target = *target};
	return items->count
		       ? bsearch(&wanted, items->list, items->count, sizeof(wanted), compare_items)
		       : NULL;
}

static int visit_pair(void *context, const struct rph_pair_view *view)
{
	struct select *select = context;
	struct rph_week_released *items = select->items;

	if (!rph_pair_status_is_positive(view->promotion->status))
		return 0;
	if (items->count == select->size) {
		size_t size = select->size ? 2 * select->size : 256;
		void *grown = reallocarray(items->list, size, sizeof(*items->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		items->list = grown;
		select->size = size;
	}
	items->list[items->count++] =
		(struct rph_week_item){.source = view->pair->source, .target = view->pair->target};
	return 0;
}

static int visit_vote(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct select *select = context;
	uint64_t same = 0;

	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		same |= rph_edge_is_same_goal((enum rph_edge)i) ? vote->edges[i] : 0;
	const struct rph_week_item *item = find(select->items, &key->source, &key->target);
	if (!same || !item || !rph_window_has(&select->window, key->week))
		return 0;
	if (select->gift_count == select->gift_size) {
		size_t size = select->gift_size ? 2 * select->gift_size : 1024;
		void *grown = reallocarray(select->gifts, size, sizeof(*select->gifts));
		if (!grown)
			return RPH_E_NO_MEMORY;
		select->gifts = grown;
		select->gift_size = size;
	}
	select->gifts[select->gift_count++] =
		(struct rph_privacy_gift){key->user, (uint32_t)(item - select->items->list)};
	return 0;
}

static int release(const struct rph_week_privacy *privacy, const struct select *select)
{
	struct rph_week_released *items = select->items;
	double *weights = calloc(items->count + 1, sizeof(*weights));

	if (!weights)
		return RPH_E_NO_MEMORY;
	rph_privacy_weigh(&privacy->params, select->gifts, select->gift_count, weights,
			  items->count);
	for (size_t i = 0; i < items->count; i++) {
		struct rph_week_item *item = &items->list[i];
		uint64_t bits = rph_privacy_bits(privacy->key, &item->source, &item->target,
						 select->window.last);
		item->released = rph_privacy_releases(&privacy->params, weights[i], bits);
	}
	free(weights);
	return 0;
}

int rph_week_privacy_select(struct rph_store *store, const struct rph_pairs_options *pairs,
			    const struct rph_week_privacy *privacy, struct rph_week_released *ret)
{
	struct select select = {.window = {pairs->week, pairs->history_weeks}, .items = ret};

	*ret = (struct rph_week_released){NULL, 0};
	int error = rph_pairs_scan(store, pairs, visit_pair, &select);
	if (!error && ret->count) {
		qsort(ret->list, ret->count, sizeof(*ret->list), compare_items);
		error = rph_store_scan_votes(store, visit_vote, &select);
	}
	if (!error)
		error = release(privacy, &select);
	free(select.gifts);
	return error;
}

bool rph_week_is_released(const struct rph_week_released *released, const struct rph_pair *pair)
{
	const struct rph_week_item *item = find(released, &pair->source, &pair->target);
	return item && item->released;
}

void rph_week_released_free(struct rph_week_released *released)
{
	free(released->list);
	*released = (struct rph_week_released){NULL, 0};
}
