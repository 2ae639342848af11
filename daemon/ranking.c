/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ranking.h"

#include <stdlib.h>

#include "schemas/error.h"

struct rph_ranked {
	bool in_use;
	uint32_t users;
	uint16_t lower_bound;
	char *text;
};

int rph_ranking_init(struct rph_ranking *ranking, size_t top)
{
	RPH_ASSERT(top >= 1);
	*ranking = (struct rph_ranking){.top = top};
	ranking->best = calloc(top + 1, sizeof(*ranking->best));
	return ranking->best ? 0 : RPH_E_NO_MEMORY;
}

static bool is_better(const struct rph_ranked *a, const struct rph_ranked *b)
{
	if (a->in_use != b->in_use)
		return a->in_use;
	if (a->users != b->users)
		return a->users > b->users;
	return a->lower_bound > b->lower_bound;
}

/* Behind its equals: they were offered earlier. */
static size_t place_of(const struct rph_ranking *ranking, const struct rph_ranked *ranked)
{
	size_t from = 0, to = ranking->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (is_better(ranked, &ranking->best[middle]))
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

int rph_ranking_offer(struct rph_ranking *ranking, const struct rph_pair_view *view,
		      rph_ranking_write *write, void *context)
{
	struct rph_ranked ranked = {
		.in_use = rph_pair_status_is_positive(view->promotion->status),
		.users = view->pair->users,
		.lower_bound = view->promotion->lower_bound,
	};
	size_t place = place_of(ranking, &ranked);
	ranking->offered++;
	if (place == ranking->top)
		return 0;
	struct rph_buffer text = {0};
	int err = write(context, view, &text);
	if (err || text.error) {
		err = err ? err : text.error;
		rph_buffer_free(&text);
		return err;
	}
	ranked.text = text.text;
	memmove(&ranking->best[place + 1], &ranking->best[place],
		(ranking->count - place) * sizeof(ranked));
	ranking->best[place] = ranked;
	if (ranking->count < ranking->top)
		ranking->count++;
	else
		free(ranking->best[ranking->top].text);
	return 0;
}

void rph_ranking_take(struct rph_ranking *ranking, struct rph_buffer *text)
{
	for (size_t i = 0; i < ranking->count; i++) {
		rph_buffer_add_text(text, ranking->best[i].text);
		free(ranking->best[i].text);
	}
	ranking->count = 0;
	ranking->offered = 0;
}

void rph_ranking_free(struct rph_ranking *ranking)
{
	for (size_t i = 0; i < ranking->count; i++)
		free(ranking->best[i].text);
	free(ranking->best);
	*ranking = (struct rph_ranking){0};
}
