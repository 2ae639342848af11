/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/usage_rows.h"

#include <stdlib.h>

#include "schemas/error.h"

struct reading {
	struct rph_store *store;
	const struct rph_window *window;
	struct rph_arena *arena;
	struct rph_usage_rows *ret;
	struct rph_id goal; /* of the row before: rows come goal by goal */
	struct rph_span goal_text;
	bool any;
};

static int resolve(struct reading *reading, const struct rph_id *goal)
{
	if (reading->any && rph_id_compare(&reading->goal, goal) == 0)
		return 0;
	reading->goal = *goal;
	reading->any = true;
	reading->goal_text = RPH_SPAN("");
	if (rph_id_is_zero(goal))
		return 0;
	int err = rph_store_get_goal(reading->store, goal, reading->arena, &reading->goal_text);
	/* Forgotten between two reads. */
	return err == RPH_E_NOT_FOUND ? 0 : err;
}

static int visit(void *context, const struct rph_usage_key *key, const struct rph_usage *usage)
{
	struct reading *reading = context;
	struct rph_usage_rows *rows = reading->ret;
	if (!rph_window_has(reading->window, key->week))
		return 0;
	int err = resolve(reading, &key->goal);
	if (err)
		return err;
	if (rows->count == rows->size) {
		size_t size = rows->size ? 2 * rows->size : 64;
		void *grown = reallocarray(rows->rows, size, sizeof(*rows->rows));
		if (!grown)
			return RPH_E_NO_MEMORY;
		rows->rows = grown;
		rows->size = size;
	}
	rows->rows[rows->count++] = (struct rph_usage_row){
		.goal = reading->goal_text,
		.week = key->week,
		.users = usage->user_count,
		.more_users = usage->more_users,
		.total = usage->total,
	};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct rph_usage_row *one = a, *other = b;
	int order = rph_span_compare(one->goal, other->goal);
	return order ? order : (one->week > other->week) - (one->week < other->week);
}

int rph_usage_rows_read(struct rph_store *store, const struct rph_id *formulation,
			const struct rph_window *window, struct rph_arena *arena,
			struct rph_usage_rows *ret)
{
	struct reading reading = {.store = store, .window = window, .arena = arena, .ret = ret};
	*ret = (struct rph_usage_rows){0};
	int err = rph_store_scan_usage_of(store, formulation, visit, &reading);
	if (!err && ret->count)
		qsort(ret->rows, ret->count, sizeof(*ret->rows), compare);
	return err;
}

void rph_usage_rows_free(struct rph_usage_rows *rows)
{
	free(rows->rows);
	*rows = (struct rph_usage_rows){0};
}
