/* SPDX-License-Identifier: Apache-2.0 */
#include "store/week_links.h"

#include <stdlib.h>

#include "schemas/error.h"

void rph_week_links_init(struct rph_week_links *links)
{
	*links = (struct rph_week_links){NULL, 0, 0, {0}};
	rph_arena_init(&links->texts, SIZE_MAX);
}

void rph_week_links_free(struct rph_week_links *links)
{
	free(links->list);
	rph_arena_free(&links->texts);
	*links = (struct rph_week_links){NULL, 0, 0, {0}};
}

void rph_week_links_clear(struct rph_week_links *links)
{
	links->count = 0;
	rph_arena_reset(&links->texts);
}

int rph_week_links_add(struct rph_week_links *links, const struct rph_pair_view *view)
{
	const struct rph_pair *pair = view->pair;
	uint64_t weight = (uint64_t)pair->users * rph_pair_p(pair);

	if (weight == 0)
		return 0;
	if (links->count == links->size) {
		size_t size = links->size ? 2 * links->size : 16;
		void *grown = reallocarray(links->list, size, sizeof(*links->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		links->list = grown;
		links->size = size;
	}
	struct rph_week_link *link = &links->list[links->count];
	*link = (struct rph_week_link){
		.target = pair->target, .goal = view->target_outcome->goal, .weight = weight};
	int error = rph_arena_copy(&links->texts, view->target, &link->text);
	links->count += !error;
	return error;
}

int rph_week_links_way(const struct rph_week_links *links, const struct rph_week_aim *aim,
		       struct rph_arena *arena, uint32_t *ret_count, struct rph_span *ret_via)
{
	const struct rph_week_link *best = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < links->count; i++) {
		const struct rph_week_link *link = &links->list[i];
		if (rph_id_compare(&link->target, &aim->target) == 0) {
			*ret_count = 2;
			return 0;
		}
		if (rph_id_compare(&link->goal, &aim->goal) == 0 &&
		    (!best || link->weight > best->weight))
			best = link;
	}
	if (!best)
		return 0;
	*ret_count = 3;
	return rph_arena_copy(arena, best->text, ret_via);
}
