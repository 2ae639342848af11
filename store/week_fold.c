/* SPDX-License-Identifier: Apache-2.0
 *
 * week_fold.c - every candidate pair of a window, in the order of its texts. First what formulations
 * mean (week_senses.c), which of it is beyond chance (week_stars.c) and votes to pairs
 * (week_pairs.c). Then the formulations they name, once each. Last, source by source: ballots,
 * projection, tests, visit.
 */
#include "store/week_fold.h"

#include <stdlib.h>

#include "miner/value_text.h"
#include "schemas/error.h"
#include "store/week_facts.h"
#include "store/week_pairs.h"
#include "store/week_source.h"
#include "store/week_values.h"

_Static_assert(RPH_TREND_WEEKS == RPH_PROMOTION_LATELY_WEEKS, "one count serves both");

struct scan {
	const struct rph_pairs_options *options;
	struct rph_week_view view;
	struct rph_senses senses;
	struct rph_stars stars;
	struct rph_week_pairs pairs;
	struct rph_facts facts;
	struct rph_week_values values;
	struct rph_normaliser *normaliser;
	struct rph_arena scratch;
	struct rph_source source; /* at hand */
};

/* A pair with its formulations, to be ordered. */
struct row {
	const struct rph_week_pair *entry;
	const struct rph_fact *source, *target;
};

static bool is_holdout(const struct row *row)
{
	return row->source == row->target;
}

static int compare_ids(const void *a, const void *b)
{
	return rph_id_compare(a, b);
}

static const struct rph_fact *fact_of(const struct scan *scan, const struct rph_id *id)
{
	const struct rph_fact *fact = bsearch(id, scan->facts.list, scan->facts.count,
					      sizeof(*scan->facts.list), compare_ids);
	RPH_ASSERT(fact);
	return fact;
}

static int visit_vote(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct scan *scan = context;
	return rph_source_add(&scan->source, &scan->view, key, vote);
}

/* Who says what the source means: those who said a target after it, and those who succeeded with
 * the source itself. */
static int read_source(struct scan *scan, const struct rph_id *id)
{
	rph_source_begin(&scan->source, id);
	int error = rph_store_scan_votes_of(scan->view.store, id, visit_vote, scan);
	return error ? error : rph_source_end(&scan->source, &scan->view);
}

/* Everything about one pair that must live until its visit is over. */
struct verdict {
	struct rph_goal goal;
	struct rph_wording wording;
	struct rph_projection projection;
	struct rph_support support;
	struct rph_promotion promotion;
};

static int try_projection(struct scan *scan, const struct row *row, struct verdict *verdict,
			  bool *ret_tried)
{
	const struct rph_fact *source = row->source, *target = row->target;
	const struct rph_week_pair *entry = row->entry;

	*ret_tried = false;
	if (target->wording.len == 0 || verdict->goal.is_text ||
	    (entry->pair.all_users < scan->options->promotion.min_users &&
	     verdict->support.users < scan->options->promotion.min_users &&
	     entry->human == RPH_HUMAN_NONE))
		return 0;
	int error = rph_wording_decode(target->wording, &verdict->wording);
	if (error)
		return error;
	uint32_t locale = rph_senses_locale(&scan->senses, source->locale);
	struct rph_known_values known = rph_week_values_of(&scan->values, locale);
	struct rph_projection_input input = {
		.goal = &verdict->goal,
		.target = &verdict->wording,
		.source = source->surface.len ? source->surface : source->text,
		.locale = source->locale,
		.threshold = RPH_PROJECTION_THRESHOLD,
		.known = known.list,
		.known_count = known.count,
	};
	error = rph_project(scan->normaliser, &input, &scan->scratch, &verdict->projection);
	*ret_tried = !error;
	return error;
}

/* Goals with everybody's meetings, for the comparison of profiles. */
static struct rph_goal_weight weigh(const struct scan *scan, uint32_t locale,
				    const struct rph_id *goal, uint32_t users)
{
	const struct rph_sense_goal *met = rph_senses_goal(&scan->senses, locale, goal);
	uint64_t all = met ? met->reach : 0;
	return (struct rph_goal_weight){*goal, users, all < users ? users : all};
}

/* The goals of the source's ballots against those that people reach with the target. */
static int compare_profiles(struct scan *scan, const struct row *row, uint32_t locale,
			    uint16_t *ret)
{
	const struct rph_meanings *meanings = &scan->source.meanings;
	const struct rph_fact *target = row->target;
	struct rph_goal_weight *mine =
		RPH_ARENA_ARRAY(&scan->scratch, struct rph_goal_weight, meanings->count + 1);
	struct rph_goal_weight *other =
		RPH_ARENA_ARRAY(&scan->scratch, struct rph_goal_weight, target->profile_count + 1);

	if (!mine || !other)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < meanings->count; i++)
		mine[i] = weigh(scan, locale, &meanings->goals[i].goal, meanings->goals[i].users);
	for (size_t i = 0; i < target->profile_count; i++)
		other[i] = weigh(scan, locale, &target->profile[i].goal, target->profile[i].users);
	const struct rph_goal_profile a = {mine, meanings->count};
	const struct rph_goal_profile b = {other, target->profile_count};
	const struct rph_graph_params params = {0};
	*ret = rph_goal_compare(&params, &a, &b).similarity;
	return 0;
}

static int find_support(struct scan *scan, const struct row *row, struct rph_support *ret)
{
	const struct rph_meanings *meanings = &scan->source.meanings;
	const struct rph_id *goal = &row->target->outcome.goal;
	const struct rph_sense *sense = rph_senses_find(&scan->senses, &row->target->id);
	uint32_t locale = rph_senses_locale(&scan->senses, row->source->locale);

	*ret = (struct rph_support){.needed = scan->stars.needed,
				    .all_weight = meanings->weight,
				    .spread = meanings->spread,
				    .groups = meanings->groups.groups,
				    .is_clear = sense && sense->is_clear};
	const struct rph_goal_count *count = rph_meanings_find(meanings, goal);
	if (!count || locale == UINT32_MAX || rph_id_is_zero(goal))
		return 0;
	struct rph_source_strength strength =
		rph_source_strength(&scan->senses, locale, meanings, goal);
	uint32_t index = (uint32_t)(count - meanings->goals);
	ret->users = count->users;
	ret->own_users = count->own;
	ret->days = count->days;
	ret->weight = count->weight;
	ret->pool = rph_source_pool(&scan->source, goal);
	ret->evidence = strength.evidence;
	ret->odds = strength.odds;
	ret->groups_for = rph_group_votes_of(&meanings->groups, index);
	ret->tolerated = rph_group_tolerated(&meanings->groups, index);
	ret->first_week = count->first_week;
	ret->last_week = count->last_week;
	ret->recent = count->recent;
	ret->earlier = count->earlier;
	return compare_profiles(scan, row, locale, &ret->similarity);
}

/* Of the last weeks, or of the last one, of what people went on to or were served: minds change. */
static struct rph_agreement lately_agreement(const struct scan *scan, const struct rph_id *goal)
{
	const struct rph_meanings *meanings = &scan->source.meanings;
	const struct rph_goal_count *count = rph_meanings_find(meanings, goal);
	return (struct rph_agreement){count ? count->lately_voted : 0, meanings->lately_voted};
}

static struct rph_agreement recent_agreement(const struct scan *scan, const struct rph_id *goal)
{
	const struct rph_meanings *meanings = &scan->source.meanings;
	const struct rph_goal_count *count = rph_meanings_find(meanings, goal);
	return (struct rph_agreement){count ? count->last_voted : 0, meanings->last_voted};
}

static bool is_value_alone(const struct row *row, const struct verdict *verdict, bool projected)
{
	return row->source->is_value || row->target->is_value ||
	       rph_text_is_value(row->source->text, &verdict->goal) ||
	       rph_text_is_value(row->target->text, &verdict->goal) ||
	       (projected && rph_wording_is_value(&verdict->projection.wording));
}

/* What is known of the pair; `view` and `verdict` are filled except for the promotion. */
static void promote(struct scan *scan, const struct row *row, const struct rph_pair_view *view,
		    struct verdict *verdict)
{
	const struct rph_projection *projection = view->projection;
	bool projected = projection && projection->status == RPH_PROJECTED;
	const struct rph_promotion_facts facts = {
		.pair = view->pair,
		.source = view->source_outcome,
		.target = view->target_outcome,
		.support = verdict->support,
		.locale = view->locale,
		.source_text = view->source,
		.target_text = view->target,
		.domain = verdict->goal.domain,
		.intent = verdict->goal.intent,
		.annotation_agreement = view->annotation_agreement,
		.value_alone = is_value_alone(row, verdict, projected),
		.annotation_ballots = scan->source.meanings.users,
		.lately = lately_agreement(scan, &view->target_outcome->goal),
		.recent = recent_agreement(scan, &view->target_outcome->goal),
		.value_score = projection ? projection->value_score : RPH_PROJECTION_ONE,
		.value_threshold = RPH_PROJECTION_SAID,
		.holdout = view->holdout,
		.human = view->human,
	};
	rph_promote(&scan->options->promotion, &facts, &verdict->promotion);
}

static int judge(struct scan *scan, const struct row *row, const struct row *holdout,
		 struct verdict *verdict, struct rph_pair_view *ret)
{
	const struct rph_fact *source = row->source, *target = row->target;
	const struct rph_week_pair *entry = row->entry;
	bool tried = false;

	rph_arena_reset(&scan->scratch);
	verdict->goal = (struct rph_goal){0};
	if (target->goal.len) {
		int error = rph_goal_read(target->goal, &scan->scratch, &verdict->goal);
		if (error)
			return error == RPH_E_BAD_INPUT ? RPH_E_STATE_CORRUPT : error;
	}
	int error = find_support(scan, row, &verdict->support);
	if (!error)
		error = try_projection(scan, row, verdict, &tried);
	if (error)
		return error;
	*ret = (struct rph_pair_view){
		.locale = source->locale,
		.source = source->text,
		.target = target->text,
		.source_surface = source->surface,
		.target_surface = target->surface,
		.goal = target->goal,
		.target_wording = target->wording,
		.pair = &entry->pair,
		.source_outcome = &source->outcome,
		.target_outcome = &target->outcome,
		.support = &verdict->support,
		.promotion = &verdict->promotion,
		.projection = tried ? &verdict->projection : NULL,
		.holdout = holdout ? &holdout->entry->pair.arm : NULL,
		.human = entry->human,
		.week = scan->options->week,
	};
	ret->annotation_agreement = rph_meanings_share(
		&scan->source.meanings,
		rph_meanings_find(&scan->source.meanings, &target->outcome.goal));
	ret->annotation_users = verdict->support.users;
	promote(scan, row, ret, verdict);
	return 0;
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = rph_span_compare(a->source->locale, b->source->locale);
	if (!order)
		order = rph_span_compare(a->source->text, b->source->text);
	if (!order)
		order = rph_span_compare(a->target->locale, b->target->locale);
	return order ? order : rph_span_compare(a->target->text, b->target->text);
}

static int visit_source(struct scan *scan, const struct row *rows, size_t count,
			rph_visit_pair *visit, void *context)
{
	struct verdict *verdict = calloc(1, sizeof(*verdict));

	if (!verdict)
		return RPH_E_NO_MEMORY;
	const struct row *holdout = NULL;
	for (size_t i = 0; i < count && !holdout; i++)
		holdout = is_holdout(&rows[i]) ? &rows[i] : NULL;
	int error = read_source(scan, &rows[0].entry->pair.source);
	for (size_t i = 0; i < count && !error; i++) {
		struct rph_pair_view view;
		if (is_holdout(&rows[i]))
			continue;
		error = judge(scan, &rows[i], holdout, verdict, &view);
		if (!error)
			error = visit(context, &view);
	}
	free(verdict);
	return error;
}

static int visit_rows(struct scan *scan, rph_visit_pair *visit, void *context)
{
	size_t count = 0;
	int error = 0;

	struct row *rows = calloc(scan->pairs.count + 1, sizeof(*rows));
	if (!rows)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < scan->pairs.count; i++) {
		const struct rph_week_pair *entry = &scan->pairs.list[i];
		struct row row = {entry, fact_of(scan, &entry->pair.source),
				  fact_of(scan, &entry->pair.target)};
		if (row.source->text.len && row.target->text.len)
			rows[count++] = row;
		else if (entry->pair.all_users)
			error = RPH_E_STATE_CORRUPT; /* a vote keeps its texts alive */
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t start = 0, end; start < count && !error; start = end) {
		for (end = start + 1; end < count && rows[end].source == rows[start].source; end++)
			;
		error = rph_stop_asked(scan->options->stop)
				? RPH_E_STOPPED
				: visit_source(scan, rows + start, end - start, visit, context);
	}
	free(rows);
	return error;
}

static int load(struct scan *scan)
{
	const struct rph_week_view *view = &scan->view;

	int error = rph_normaliser_new(&scan->normaliser);
	if (!error)
		error = rph_senses_load(view->store, &view->window, view->params, view->stop,
					&scan->senses);
	if (!error)
		error = rph_stars_load(view, &scan->senses, &scan->stars);
	if (!error)
		error = rph_week_values_load(view, &scan->values);
	if (!error)
		error = rph_week_pairs_load(view->store, scan->options, &view->window, &scan->stars,
					    &scan->pairs);
	return error ? error
		     : rph_facts_load(view->store, scan->options, &scan->pairs, &scan->facts);
}

int rph_pairs_scan(struct rph_store *store, const struct rph_pairs_options *options,
		   rph_visit_pair *visit, void *context)
{
	RPH_ASSERT(options->history_weeks >= 1 && options->history_weeks <= RPH_HISTORY_MAX_WEEKS);
	struct scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return RPH_E_NO_MEMORY;
	scan->options = options;
	scan->view = (struct rph_week_view){
		.store = store,
		.window = {options->week, options->history_weeks, options->half_life},
		.senses = &scan->senses,
		.params = &options->promotion,
		.stop = options->stop,
	};
	rph_arena_init(&scan->facts.keep, SIZE_MAX);
	rph_arena_init(&scan->scratch, SIZE_MAX);
	rph_source_init(&scan->source);
	int error = load(scan);
	if (!error)
		error = visit_rows(scan, visit, context);
	rph_normaliser_free(scan->normaliser);
	rph_source_free(&scan->source);
	rph_week_pairs_free(&scan->pairs);
	rph_stars_free(&scan->stars);
	rph_senses_free(&scan->senses);
	rph_facts_free(&scan->facts);
	rph_week_values_free(&scan->values);
	rph_arena_free(&scan->scratch);
	free(scan);
	return error;
}

rph_week rph_pair_view_first_week(const struct rph_pair_view *view)
{
	bool own = view->pair->all_users || !view->support->users;
	return own ? view->pair->first_week : view->support->first_week;
}

rph_week rph_pair_view_last_week(const struct rph_pair_view *view)
{
	bool own = view->pair->all_users || !view->support->users;
	return own ? view->pair->last_week : view->support->last_week;
}

enum rph_trend rph_pair_view_trend(const struct rph_pair_view *view)
{
	bool own = view->pair->all_users >= view->support->users;
	uint32_t recent = own ? view->pair->recent : view->support->recent;
	uint32_t earlier = own ? view->pair->earlier : view->support->earlier;
	rph_week first = own ? view->pair->first_week : view->support->first_week;

	return rph_trend_of(recent, earlier, (uint32_t)(view->week - first));
}

void rph_pair_view_row(const struct rph_pair_view *view, struct rph_pair_view_row *ret)
{
	const struct rph_promotion *promotion = view->promotion;
	size_t count = 0;
	for (unsigned i = 0; i < RPH_REASON_COUNT; i++)
		if (promotion->reasons & UINT32_C(1) << i)
			ret->reasons[count++] = rph_reason_name(i);
	ret->row = (struct rph_pair_row){
		.locale = view->locale,
		.source = view->source,
		.target = view->target,
		.direction = rph_direction_name(promotion->direction),
		.type = rph_edge_name(promotion->type),
		.status = rph_pair_status_name(promotion->status),
		.p = promotion->p,
		.users = view->pair->users,
		.days = view->pair->days,
		.wins = view->pair->wins,
		.losses = view->pair->losses,
		.reasons = ret->reasons,
		.reason_count = count,
		.first_week = rph_pair_view_first_week(view),
		.last_week = rph_pair_view_last_week(view),
		.meant_by = view->support->users,
		.tolerated = view->support->tolerated,
		.trend = rph_trend_name(rph_pair_view_trend(view)),
	};
}
