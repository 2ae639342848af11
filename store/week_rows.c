/* SPDX-License-Identifier: Apache-2.0
 *
 * week_rows.c - the best label for each source, copied out of the pairs as they pass by.
 */
#include "store/week_rows.h"

#include <stdlib.h>
#include <xxhash.h>

#include "schemas/error.h"

/* From this many users on, a row's weight is how sure it is alone. */
#define FULL_USERS 10u

static const char *const drop_names[RPH_WEEK_DROP_COUNT] = {
#define RPH_WEEK_DROP(name) [RPH_WEEK_DROP_##name] = #name,
	RPH_WEEK_DROP_LIST(RPH_WEEK_DROP)
#undef RPH_WEEK_DROP
};

const char *rph_week_drop_name(enum rph_week_drop drop)
{
	RPH_ASSERT(drop < RPH_WEEK_DROP_COUNT);
	return drop_names[drop];
}

void rph_week_rows_init(struct rph_week_rows *rows, uint16_t holdout_share,
			uint32_t max_intent_rows)
{
	*rows = (struct rph_week_rows){.holdout_share = holdout_share,
				       .max_intent_rows = max_intent_rows};
	rph_arena_init(&rows->arena, SIZE_MAX);
	rph_arena_init(&rows->scratch, SIZE_MAX);
	rph_week_links_init(&rows->links);
}

void rph_week_rows_free(struct rph_week_rows *rows)
{
	rph_arena_free(&rows->arena);
	rph_arena_free(&rows->scratch);
	rph_interned_free(&rows->texts);
	rph_interned_free(&rows->canonicals);
	free(rows->goals);
	rph_week_links_free(&rows->links);
	free(rows->examples);
	*rows = (struct rph_week_rows){0};
}

bool rph_week_is_holdout(struct rph_span goal, uint16_t share)
{
	/* Spread over 1000 parts by the upper bits: a modulus of the lower ones would do as well.
	 */
	uint64_t part = (XXH3_64bits(goal.ptr, goal.len) >> 32) * 1000 >> 32;
	return part < share;
}

static enum rph_week_drop drop_of(const struct rph_projection *projection)
{
	if (!projection)
		return RPH_WEEK_DROP_text_goal;
	switch (projection->status) {
	case RPH_PROJECTION_UNPLACED:
		return RPH_WEEK_DROP_slot_unplaced;
	case RPH_PROJECTION_AMBIGUOUS:
		return RPH_WEEK_DROP_slot_ambiguous;
	case RPH_PROJECTION_DIGITS:
		return RPH_WEEK_DROP_digits_left;
	case RPH_PROJECTION_MISTYPED:
		return RPH_WEEK_DROP_slot_mistyped;
	case RPH_PROJECTION_VALUE:
		return RPH_WEEK_DROP_value_left;
	default:
		return RPH_WEEK_DROP_slot_homeless;
	}
}

static int compare_slots(const void *left, const void *right)
{
	const struct rph_example_slot *a = left, *b = right;
	return (a->start > b->start) - (a->start < b->start);
}

static int make_slots(const struct rph_goal *goal, const struct rph_wording *wording,
		      struct rph_arena *arena, struct rph_example *ret)
{
	struct rph_example_slot *slots =
		RPH_ARENA_ARRAY(arena, struct rph_example_slot, wording->slot_count);

	if (!slots)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < wording->slot_count; i++) {
		const struct rph_wording_slot *place = &wording->slots[i];
		slots[i] = (struct rph_example_slot){goal->slots[place->slot].name,
						     goal->slots[place->slot].value, place->start,
						     place->end};
	}
	qsort(slots, wording->slot_count, sizeof(*slots), compare_slots);
	ret->slots = slots;
	ret->slot_count = wording->slot_count;
	return 0;
}

uint16_t rph_week_weight(uint16_t sure, uint32_t users)
{
	uint32_t counted = users < FULL_USERS ? users : FULL_USERS;
	return (uint16_t)(sure * counted / FULL_USERS);
}

static uint16_t weight_of(const struct rph_pair_view *view)
{
	const struct rph_promotion *promotion = view->promotion;
	return promotion->status == RPH_PAIR_APPROVED
		       ? 1000
		       : rph_week_weight(promotion->lower_bound, promotion->users);
}

/* Approved before promoted, then the surer, then the better supported pair. */
static uint32_t rank_of(const struct rph_pair_view *view)
{
	uint32_t users = view->promotion->users < 0xFFFF ? view->promotion->users : 0xFFFF;
	uint32_t approved = view->promotion->status == RPH_PAIR_APPROVED;
	return (approved << 30 | (uint32_t)view->promotion->lower_bound << 16 | users) + 1;
}

/* Many rows share locale and target; and most say their formulation as it is. */
static int copy_texts(struct rph_week_rows *rows, const struct rph_pair_view *view,
		      struct rph_span surface, struct rph_example *ret)
{
	int error = rph_arena_copy(&rows->arena, surface, &ret->text);
	ret->source = ret->text;
	if (!error)
		error = rph_intern(&rows->texts, &rows->arena, view->locale, &ret->locale);
	if (!error && !rph_span_equal(surface, view->source))
		error = rph_arena_copy(&rows->arena, view->source, &ret->source);
	if (!error)
		error = rph_intern(&rows->texts, &rows->arena, view->target, &ret->target);
	return error;
}

/* Domains, intents and names of slots are few. */
static int read_goal(struct rph_week_rows *rows, struct rph_span canonical,
		     const struct rph_goal **ret)
{
	struct rph_goal *goal = RPH_ARENA_NEW(&rows->arena, struct rph_goal), read;

	rph_arena_reset(&rows->scratch);
	int error = goal ? rph_goal_read(canonical, &rows->scratch, &read) : RPH_E_NO_MEMORY;
	if (error)
		return error;
	*goal = (struct rph_goal){.slot_count = read.slot_count};
	goal->slots = RPH_ARENA_ARRAY(&rows->arena, struct rph_goal_slot, read.slot_count);
	error = goal->slots ? 0 : RPH_E_NO_MEMORY;
	if (!error)
		error = rph_intern(&rows->texts, &rows->arena, read.domain, &goal->domain);
	if (!error)
		error = rph_intern(&rows->texts, &rows->arena, read.intent, &goal->intent);
	for (uint32_t i = 0; i < read.slot_count && !error; i++) {
		error = rph_intern(&rows->texts, &rows->arena, read.slots[i].name,
				   &goal->slots[i].name);
		if (!error)
			error = rph_arena_copy(&rows->arena, read.slots[i].value,
					       &goal->slots[i].value);
	}
	*ret = error ? NULL : goal;
	return error;
}

/* The goal as it was read the first time. */
static int find_or_read_goal(struct rph_week_rows *rows, struct rph_span canonical,
			     const struct rph_goal **ret)
{
	struct rph_interned *known = &rows->canonicals;
	uint32_t index = 0;

	int error = rph_intern_index(known, &rows->arena, canonical, &index);
	if (error)
		return error;
	if (index >= rows->goal_size) {
		uint32_t size = known->size;
		void *grown = reallocarray(rows->goals, size, sizeof(struct rph_goal *));
		if (!grown)
			return RPH_E_NO_MEMORY;
		rows->goals = grown;
		memset(&rows->goals[rows->goal_size], 0,
		       (size - rows->goal_size) * sizeof(struct rph_goal *));
		rows->goal_size = size;
	}
	if (!rows->goals[index])
		error = read_goal(rows, known->list[index], &rows->goals[index]);
	*ret = rows->goals[index];
	return error;
}

/* The goal of a row: its intent, its slots, and the split it falls into. */
static int take_goal(struct rph_week_rows *rows, struct rph_span canonical,
		     const struct rph_wording *wording, struct rph_example *ret)
{
	const struct rph_goal *goal = NULL;

	int error = find_or_read_goal(rows, canonical, &goal);
	if (error)
		return error;
	ret->domain = goal->domain;
	ret->intent = goal->intent;
	ret->holdout = rph_week_is_holdout(canonical, rows->holdout_share);
	return make_slots(goal, wording, &rows->arena, ret);
}

static int make_row(struct rph_week_rows *rows, const struct rph_pair_view *view,
		    struct rph_span surface, struct rph_example *ret)
{
	*ret = (struct rph_example){
		.weight = weight_of(view),
		.kind = "mined",
		.type = rph_edge_name(view->promotion->type),
		.confidence = view->projection->confidence,
		.users = view->promotion->users,
		.days = view->promotion->days,
		.first_week = rph_pair_view_first_week(view),
		.last_week = rph_pair_view_last_week(view),
	};
	int error = copy_texts(rows, view, surface, ret);
	return error ? error : take_goal(rows, view->goal, &view->projection->wording, ret);
}

static int append_row(struct rph_week_rows *rows, const struct rph_example *row)
{
	if (rows->count == rows->size) {
		size_t size = rows->size ? 2 * rows->size : 64;
		void *grown = reallocarray(rows->examples, size, sizeof(*rows->examples));
		if (!grown)
			return RPH_E_NO_MEMORY;
		rows->examples = grown;
		rows->size = size;
	}
	rows->examples[rows->count++] = *row;
	return 0;
}

/* In place of the source's row, if it has one. */
static int keep_row(struct rph_week_rows *rows, const struct rph_example *row)
{
	if (rows->has_row) {
		rows->examples[rows->count - 1] = *row;
		return 0;
	}
	int error = append_row(rows, row);
	rows->has_row = !error;
	return error;
}

static int end_source(struct rph_week_rows *rows)
{
	int error = 0;

	rows->dropped[rows->why] += rows->open && !rows->has_row;
	if (rows->open && rows->has_row) {
		struct rph_example *row = &rows->examples[rows->count - 1];
		error = rph_week_links_way(&rows->links, &rows->aim, &rows->arena,
					   &row->chain_count, &row->via);
	}
	rows->open = false;
	return error;
}

static int begin_source(struct rph_week_rows *rows, const struct rph_id *source)
{
	int error = end_source(rows);
	rph_week_links_clear(&rows->links);
	rows->open = true;
	rows->has_row = false;
	rows->source = *source;
	rows->rank = 0;
	rows->sources++;
	return error;
}

int rph_week_rows_add(struct rph_week_rows *rows, const struct rph_pair_view *view, uint16_t boost)
{
	struct rph_span surface = view->source_surface.len ? view->source_surface : view->source;
	uint32_t rank = rank_of(view);
	struct rph_example row;
	int error = 0;

	/* Served well and no longer said: reason enough to serve it on, none to teach it anew. */
	if (view->promotion->learnt && view->pair->users < 2)
		return 0;
	if (!rows->open || rph_id_compare(&rows->source, &view->pair->source) != 0)
		error = begin_source(rows, &view->pair->source);
	if (!error)
		error = rph_week_links_add(&rows->links, view);
	if (error)
		return error;
	/* Of equals the first one, with the smaller target, stays. */
	if (rows->has_row && rank <= rows->rank)
		return 0;
	if (!view->projection || view->projection->status != RPH_PROJECTED) {
		if (!rows->has_row)
			rows->why = drop_of(view->projection);
		return 0;
	}
	error = make_row(rows, view, surface, &row);
	if (error)
		return error;
	row.weight = (uint16_t)(row.weight * (1000u + boost) / 1000u);
	bool labelled = row.intent.len > 0;
	if (!labelled || !rph_example_text_is_fit(row.text) || !rph_example_slots_are_fit(&row)) {
		if (!rows->has_row)
			rows->why = labelled ? RPH_WEEK_DROP_unfit_text : RPH_WEEK_DROP_text_goal;
		return 0;
	}
	rows->rank = rank;
	rows->aim = (struct rph_week_aim){view->pair->target, view->target_outcome->goal};
	return keep_row(rows, &row);
}

int rph_week_rows_add_confirmed(struct rph_week_rows *rows,
				const struct rph_week_confirmed *confirmed)
{
	struct rph_example row = {
		.weight = confirmed->weight,
		.kind = "confirmed",
		.type = "",
		.confidence = RPH_PROJECTION_ONE,
		.users = confirmed->users,
		.days = confirmed->days,
		.first_week = confirmed->first_week,
		.last_week = confirmed->last_week,
	};

	int error = end_source(rows);
	if (!error)
		error = rph_arena_copy(&rows->arena, confirmed->wording->text, &row.text);
	if (!error)
		error = rph_intern(&rows->texts, &rows->arena, confirmed->locale, &row.locale);
	if (!error)
		error = rph_intern(&rows->texts, &rows->arena, confirmed->text, &row.source);
	row.target = row.source;
	if (!error)
		error = take_goal(rows, confirmed->goal, confirmed->wording, &row);
	if (error || !rph_example_text_is_fit(row.text) || !rph_example_slots_are_fit(&row))
		return error;
	return append_row(rows, &row);
}

int rph_week_rows_end(struct rph_week_rows *rows)
{
	uint64_t two_intents = 0;

	int error = end_source(rows);
	rows->count = rph_examples_clean(rows->examples, rows->count, &two_intents);
	rows->dropped[RPH_WEEK_DROP_two_intents] += two_intents;
	size_t kept = rph_examples_cap(rows->examples, rows->count, rows->max_intent_rows);
	rows->dropped[RPH_WEEK_DROP_intent_full] += rows->count - kept;
	rows->count = kept;
	return error;
}
