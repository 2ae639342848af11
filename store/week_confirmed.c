/* SPDX-License-Identifier: Apache-2.0 */
#include "store/week_confirmed.h"

#include "miner/personal.h"
#include "schemas/error.h"
#include "store/scan.h"

struct work {
	const struct rph_pairs_options *options;
	struct rph_window window;
	struct rph_week_rows *rows;
	struct rph_fact_reader reader;
	struct rph_scan *usage;
	struct rph_arena keep, scratch; /* of one formulation */
};

/* When one formulation met one goal. */
struct spread {
	const struct rph_window *window;
	struct rph_id goal;
	uint32_t days;
	rph_week first, last;
};

static int visit_usage(void *context, const struct rph_usage_key *key,
		       const struct rph_usage *usage)
{
	struct spread *spread = context;

	if (!rph_window_has(spread->window, key->week) ||
	    rph_id_compare(&key->goal, &spread->goal) != 0)
		return 0;
	if (spread->days == 0)
		spread->first = key->week;
	spread->last = key->week;
	spread->days += (uint32_t)__builtin_popcount(usage->days);
	return 0;
}

static bool is_listed(const struct rph_promotion_params *params, const struct rph_goal *goal)
{
	return rph_intent_is_listed(params->protected_intents, params->protected_count,
				    goal->domain, goal->intent) ||
	       rph_intent_is_listed(params->control_intents, params->control_count, goal->domain,
				    goal->intent);
}

/* How sure it is that the formulation works. */
static uint16_t weight_of(const struct work *work, const struct rph_outcome *outcome)
{
	uint16_t sure = rph_wilson_lower(UINT64_C(256) * outcome->succeeded,
					 outcome->succeeded + outcome->failed,
					 work->options->promotion.confidence);
	return rph_week_weight(sure, outcome->goal_users);
}

static int add_fact(struct work *work, const struct rph_fact *fact)
{
	const struct rph_promotion_params *params = &work->options->promotion;
	struct spread spread = {.window = &work->window, .goal = fact->outcome.goal};
	struct rph_wording wording;
	struct rph_goal goal;

	if (!fact->text.len || !fact->wording.len || fact->is_value ||
	    rph_looks_personal(fact->text, fact->locale))
		return 0;
	int error = rph_goal_read(fact->goal, &work->scratch, &goal);
	if (!error)
		error = rph_wording_decode(fact->wording, &wording);
	if (error)
		return error == RPH_E_BAD_INPUT ? RPH_E_STATE_CORRUPT : error;
	if (!goal.intent.len || is_listed(params, &goal) || wording.slot_count < goal.slot_count)
		return 0;
	error = rph_scan_usage_of(work->usage, &fact->id, true, visit_usage, &spread);
	if (error || spread.days < params->min_days)
		return error;
	const struct rph_week_confirmed row = {
		.text = fact->text,
		.locale = fact->locale,
		.goal = fact->goal,
		.wording = &wording,
		.weight = weight_of(work, &fact->outcome),
		.users = fact->outcome.goal_users,
		.days = spread.days,
		.first_week = spread.first,
		.last_week = spread.last,
	};
	return rph_week_rows_add_confirmed(work->rows, &row);
}

static int add_all(struct work *work, const struct rph_senses *senses)
{
	int error = 0;

	for (size_t i = 0; i < senses->count && !error; i++) {
		struct rph_fact fact;
		if (!senses->list[i].is_clear)
			continue;
		if (rph_stop_asked(work->options->stop))
			return RPH_E_STOPPED;
		rph_arena_reset(&work->keep);
		rph_arena_reset(&work->scratch);
		error = rph_fact_load(&work->reader, &senses->list[i].formulation, &work->keep,
				      &fact);
		if (!error)
			error = add_fact(work, &fact);
	}
	return error;
}

int rph_week_confirmed_add(const struct rph_week_basis *basis, struct rph_week_rows *rows)
{
	struct work work = {
		.options = basis->options,
		.window = basis->view.window,
		.rows = rows,
	};

	rph_arena_init(&work.keep, SIZE_MAX);
	rph_arena_init(&work.scratch, SIZE_MAX);
	int error = rph_fact_reader_init(&work.reader, basis->view.store, &work.window);
	if (!error)
		error = rph_scan_open(basis->view.store, RPH_TABLE_usage, &work.usage);
	if (!error)
		error = add_all(&work, &basis->senses);
	rph_scan_close(work.usage);
	rph_fact_reader_free(&work.reader);
	rph_arena_free(&work.keep);
	rph_arena_free(&work.scratch);
	return error;
}
