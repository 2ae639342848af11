/* SPDX-License-Identifier: Apache-2.0
 *
 * week_senses.c - usage to senses: a formulation at a time, then goals by a sort.
 */
#include "store/week_senses.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "store/keys.h"
#include "store/scan.h"
#include "store/value.h"

/* Below it a formulation fails more often than it works, and is nobody's example. */
#define LEAST_SUCCESS 500u

struct load {
	struct rph_store *store;
	const struct rph_promotion_params *params;
	struct rph_window window;
	struct rph_senses *senses;
	struct rph_scan *usage, *texts; /* side by side */
	struct rph_usage_gather gather;
	struct rph_arena row, arena;
	struct rph_id formulation; /* whose rows are being read */
	const struct rph_stop *stop;
	unsigned since_asked;
};

uint32_t rph_senses_locale(const struct rph_senses *senses, struct rph_span tag)
{
	for (size_t i = 0; i < senses->locale_count; i++)
		if (rph_span_equal(senses->locales[i].tag, tag))
			return (uint32_t)i;
	return UINT32_MAX;
}

static int intern_locale(struct rph_senses *senses, struct rph_span tag, uint32_t *ret)
{
	*ret = rph_senses_locale(senses, tag);
	if (*ret != UINT32_MAX)
		return 0;
	if (senses->locale_count == senses->locale_size) {
		size_t size = senses->locale_size ? 2 * senses->locale_size : 8;
		void *grown = reallocarray(senses->locales, size, sizeof(*senses->locales));
		if (!grown)
			return RPH_E_NO_MEMORY;
		senses->locales = grown;
		senses->locale_size = size;
	}
	struct rph_sense_locale *locale = &senses->locales[senses->locale_count];
	*locale = (struct rph_sense_locale){0};
	int error = rph_arena_copy(&senses->arena, tag, &locale->tag);
	if (!error)
		*ret = (uint32_t)senses->locale_count++;
	return error;
}

static int append(struct rph_senses *senses, const struct rph_sense *sense)
{
	if (senses->count == senses->size) {
		size_t size = senses->size ? 2 * senses->size : 256;
		void *grown = reallocarray(senses->list, size, sizeof(*senses->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		senses->list = grown;
		senses->size = size;
	}
	senses->list[senses->count++] = *sense;
	return 0;
}

static int add_sense(struct load *load, const struct rph_outcome *outcome)
{
	struct rph_formulation_delta text;
	uint32_t locale = 0;

	int error = rph_scan_formulation(load->texts, &load->formulation, &text);
	if (error)
		return error == RPH_E_NOT_FOUND ? RPH_E_STATE_CORRUPT : error;
	error = intern_locale(load->senses, text.locale, &locale);
	if (error)
		return error;
	load->senses->locales[locale].sayings += rph_outcome_scale(outcome, outcome->users);
	bool is_clear = outcome->goal_users >= load->params->min_users &&
			outcome->goal_share >= load->params->annotation_agreement &&
			outcome->success_share >= LEAST_SUCCESS;
	const struct rph_sense sense = {
		.formulation = load->formulation,
		.goal = outcome->goal,
		.reach = rph_outcome_scale(outcome, outcome->goal_users),
		.users = outcome->goal_users,
		.locale = locale & INT32_MAX,
		.is_clear = is_clear,
	};
	return outcome->goal_users >= 2 ? append(load->senses, &sense) : 0;
}

static int end_formulation(struct load *load)
{
	struct rph_outcome outcome;

	if (load->gather.count == 0)
		return 0;
	int error =
		rph_outcome_fold(load->gather.goals, load->gather.count, &load->arena, &outcome);
	if (!error && outcome.users >= 2)
		error = add_sense(load, &outcome);
	return error;
}

static void begin_formulation(struct load *load, const struct rph_id *id)
{
	rph_arena_reset(&load->arena);
	load->formulation = *id;
	load->gather = (struct rph_usage_gather){
		.window = load->window, .bare = true, .arena = &load->arena};
}

static int add_row(struct load *load, struct rph_span bytes, struct rph_span value)
{
	struct rph_usage_key key;
	struct rph_usage usage;
	int error = 0;

	if (!rph_key_read_usage(bytes, &key))
		return RPH_E_STATE_CORRUPT;
	if (rph_id_compare(&load->formulation, &key.formulation) != 0) {
		error = end_formulation(load);
		begin_formulation(load, &key.formulation);
	}
	if (error || !rph_window_has(&load->window, key.week))
		return error;
	rph_arena_reset(&load->row);
	error = rph_value_decode_usage(value, &load->row, &usage);
	return error ? error : rph_usage_gather_add(&load->gather, &key, &usage);
}

static int read_usage(struct load *load)
{
	struct rph_span key, value;

	int error = rph_scan_open(load->store, RPH_TABLE_usage, &load->usage);
	if (!error)
		error = rph_scan_open(load->store, RPH_TABLE_formulation, &load->texts);
	while (!error) {
		if (rph_stop_asked_sometimes(load->stop, &load->since_asked))
			return RPH_E_STOPPED;
		error = rph_scan_next(load->usage, &key, &value);
		if (!error)
			error = add_row(load, key, value);
	}
	return error == RPH_E_NOT_FOUND ? end_formulation(load) : error;
}

/* ---- goals ------------------------------------------------------------------------------------
 */

static int compare_goals(const struct rph_sense *a, const struct rph_sense *b)
{
	if (a->locale != b->locale)
		return a->locale < b->locale ? -1 : 1;
	return rph_id_compare(&a->goal, &b->goal);
}

static int by_goal(const void *left, const void *right)
{
	const struct rph_sense *const *a = left, *const *b = right;
	int order = compare_goals(*a, *b);
	if (order)
		return order;
	if ((*a)->is_clear != (*b)->is_clear)
		return (*a)->is_clear ? -1 : 1;
	if ((*a)->reach != (*b)->reach)
		return (*a)->reach > (*b)->reach ? -1 : 1;
	return rph_id_compare(&(*a)->formulation, &(*b)->formulation);
}

/* Of the first ones, equally often used, the smaller text: ids are keyed, texts are not. */
static int best_of(struct load *load, const struct rph_sense *const *sorted, size_t count,
		   size_t *ret)
{
	const struct rph_sense *best = sorted[0];
	struct rph_formulation_delta text, other;

	*ret = (size_t)(best - load->senses->list);
	if (count < 2 || !sorted[1]->is_clear || sorted[1]->reach != best->reach)
		return 0;
	rph_arena_reset(&load->arena);
	int error = rph_store_get_formulation(load->store, &best->formulation, &load->arena, &text);
	for (size_t i = 1; i < count && !error; i++) {
		if (!sorted[i]->is_clear || sorted[i]->reach != best->reach)
			break;
		error = rph_store_get_formulation(load->store, &sorted[i]->formulation,
						  &load->arena, &other);
		if (!error && rph_span_compare(other.text, text.text) < 0) {
			text = other;
			*ret = (size_t)(sorted[i] - load->senses->list);
		}
	}
	return error;
}

static int make_goal(struct load *load, const struct rph_sense *const *sorted, size_t count)
{
	struct rph_sense_goal *goal = &load->senses->goals[load->senses->goal_count++];

	*goal = (struct rph_sense_goal){
		.goal = sorted[0]->goal, .locale = sorted[0]->locale, .best = RPH_NO_SENSE};
	for (size_t i = 0; i < count; i++) {
		goal->reach += sorted[i]->reach;
		goal->clear += sorted[i]->is_clear;
	}
	return goal->clear ? best_of(load, sorted, count, &goal->best) : 0;
}

static int make_goals(struct load *load)
{
	struct rph_senses *senses = load->senses;
	const struct rph_sense **sorted = calloc(senses->count + 1, sizeof(*sorted));
	int error = 0;

	senses->goals = calloc(senses->count + 1, sizeof(*senses->goals));
	if (!sorted || !senses->goals) {
		free(sorted);
		return RPH_E_NO_MEMORY;
	}
	for (size_t i = 0; i < senses->count; i++)
		sorted[i] = &senses->list[i];
	qsort(sorted, senses->count, sizeof(*sorted), by_goal);
	for (size_t start = 0, end; start < senses->count && !error; start = end) {
		for (end = start + 1; end < senses->count; end++)
			if (compare_goals(sorted[start], sorted[end]) != 0)
				break;
		error = make_goal(load, sorted + start, end - start);
	}
	free(sorted);
	return error;
}

/* ---- finding ---------------------------------------------------------------------------------- */

static size_t place_of(const struct rph_senses *senses, const struct rph_id *id)
{
	return (size_t)(rph_id_prefix(id) >> (64 - senses->place_bits));
}

/* Ids are hashes, so they spread: about four to a place. */
static int make_places(struct rph_senses *senses)
{
	for (senses->place_bits = 1; senses->count >> senses->place_bits > 4;)
		senses->place_bits++;
	size_t places = (size_t)1 << senses->place_bits, next = 0;

	RPH_ASSERT(senses->count < UINT32_MAX);
	senses->places = calloc(places + 1, sizeof(*senses->places));
	if (!senses->places)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < senses->count; i++)
		for (; next <= place_of(senses, &senses->list[i].formulation); next++)
			senses->places[next] = (uint32_t)i;
	for (; next <= places; next++)
		senses->places[next] = (uint32_t)senses->count;
	return 0;
}

int rph_senses_load(struct rph_store *store, const struct rph_window *window,
		    const struct rph_promotion_params *params, const struct rph_stop *stop,
		    struct rph_senses *ret)
{
	struct load load = {
		.store = store, .params = params, .window = *window, .senses = ret, .stop = stop};

	*ret = (struct rph_senses){0};
	rph_arena_init(&ret->arena, SIZE_MAX);
	rph_arena_init(&load.row, SIZE_MAX);
	rph_arena_init(&load.arena, SIZE_MAX);
	begin_formulation(&load, &load.formulation);
	int error = read_usage(&load);
	rph_scan_close(load.usage);
	rph_scan_close(load.texts);
	rph_arena_free(&load.row);
	if (!error)
		error = make_goals(&load);
	if (!error)
		error = make_places(ret);
	rph_arena_free(&load.arena);
	return error;
}

void rph_senses_free(struct rph_senses *senses)
{
	free(senses->list);
	free(senses->places);
	free(senses->goals);
	free(senses->locales);
	rph_arena_free(&senses->arena);
	*senses = (struct rph_senses){0};
}

const struct rph_sense *rph_senses_find(const struct rph_senses *senses,
					const struct rph_id *formulation)
{
	size_t place = place_of(senses, formulation);
	size_t low = senses->places[place], high = senses->places[place + 1];

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = rph_id_compare(&senses->list[middle].formulation, formulation);
		if (order == 0)
			return &senses->list[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct rph_sense_goal *rph_senses_goal(const struct rph_senses *senses, uint32_t locale,
					     const struct rph_id *goal)
{
	size_t low = 0, high = senses->goal_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct rph_sense_goal *entry = &senses->goals[middle];
		int order = (entry->locale > locale) - (entry->locale < locale);
		if (!order)
			order = rph_id_compare(&entry->goal, goal);
		if (order == 0)
			return entry;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
