/* SPDX-License-Identifier: Apache-2.0
 *
 * week_fold.c - every candidate pair of a window, in the order of its texts. First pass: votes to
 * pairs (week_pairs.c). Then the formulations they name, once each. Last, source by source:
 * ballots, projection, tests, visit.
 */
#include "store/week_fold.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "store/week_facts.h"
#include "store/week_pairs.h"

struct scan {
	struct rph_store *store;
	const struct rph_pairs_options *options;
	struct rph_window window;
	struct rph_week_pairs pairs;
	struct rph_fact *facts; /* ascending by id */
	size_t fact_count;
	struct rph_normaliser *normaliser;
	struct rph_arena keep, scratch;
	struct rph_goal_ballot *ballots; /* of the source at hand */
	size_t ballot_count, ballot_size;
};

/* A pair with its formulations, to be ordered. */
struct row {
	const struct rph_week_pair *entry;
	const struct rph_fact *source, *target;
};

static int compare_ids(const void *a, const void *b)
{
	return rph_id_compare(a, b);
}

static const struct rph_fact *fact_of(const struct scan *scan, const struct rph_id *id)
{
	const struct rph_fact *fact =
		bsearch(id, scan->facts, scan->fact_count, sizeof(*scan->facts), compare_ids);
	RPH_ASSERT(fact);
	return fact;
}

static int load_facts(struct scan *scan)
{
	size_t count = 0, distinct = 0;

	_Static_assert(offsetof(struct rph_fact, id) == 0, "bsearch compares ids");
	if (scan->pairs.count == 0)
		return 0;
	struct rph_id *ids = calloc(2 * scan->pairs.count, sizeof(*ids));
	if (!ids)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < scan->pairs.count; i++) {
		ids[count++] = scan->pairs.list[i].pair.source;
		ids[count++] = scan->pairs.list[i].pair.target;
	}
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || rph_id_compare(&ids[i], &ids[i - 1]) != 0)
			ids[distinct++] = ids[i];
	scan->facts = calloc(distinct, sizeof(*scan->facts));
	int error = scan->facts ? 0 : RPH_E_NO_MEMORY;
	for (size_t i = 0; i < distinct && !error; i++) {
		if (rph_stop_asked(scan->options->stop)) {
			error = RPH_E_STOPPED;
			break;
		}
		error = rph_fact_load(scan->store, &scan->window, &ids[i], &scan->keep,
				      &scan->scratch, &scan->facts[i]);
		scan->fact_count = i + 1;
	}
	free(ids);
	return error;
}

static int add_ballot(struct scan *scan, const struct rph_id *goal, uint64_t user)
{
	if (scan->ballot_count == scan->ballot_size) {
		size_t size = scan->ballot_size ? 2 * scan->ballot_size : 256;
		void *grown = reallocarray(scan->ballots, size, sizeof(*scan->ballots));
		if (!grown)
			return RPH_E_NO_MEMORY;
		scan->ballots = grown;
		scan->ballot_size = size;
	}
	scan->ballots[scan->ballot_count++] = (struct rph_goal_ballot){*goal, user};
	return 0;
}

/* Votes of one source come by target, then user: one user's weeks are neighbours. */
struct ballot_votes {
	struct scan *scan;
	const struct row *rows;
	size_t row_count;
	struct rph_id target;
	const struct rph_id *goal; /* what the target means; NULL: nothing, or too few say it */
	uint64_t user;
	uint64_t edges[RPH_EDGE_COUNT];
};

static int end_user(struct ballot_votes *votes)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		any |= votes->edges[i];
	bool counts = any && votes->goal && rph_edge_is_same_goal(rph_majority_edge(votes->edges));
	memset(votes->edges, 0, sizeof(votes->edges));
	return counts ? add_ballot(votes->scan, votes->goal, votes->user) : 0;
}

/* Rarely used targets would make the answer depend on which pairs the caller asked for. */
static const struct rph_id *goal_of_target(const struct ballot_votes *votes,
					   const struct rph_id *target)
{
	for (size_t i = 0; i < votes->row_count; i++) {
		const struct rph_pair *pair = &votes->rows[i].entry->pair;
		const struct rph_outcome *outcome = &votes->rows[i].target->outcome;
		if (rph_id_compare(&pair->target, target) == 0)
			return pair->all_users >= votes->scan->options->promotion.min_users &&
					       !rph_id_is_zero(&outcome->goal)
				       ? &outcome->goal
				       : NULL;
	}
	return NULL;
}

static int visit_ballot(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct ballot_votes *votes = context;
	bool same_target = rph_id_compare(&key->target, &votes->target) == 0;
	int error = 0;

	if (!rph_window_has(&votes->scan->window, key->week))
		return 0;
	if (!same_target || key->user != votes->user)
		error = end_user(votes);
	if (!same_target)
		votes->goal = goal_of_target(votes, &key->target);
	votes->user = key->user;
	votes->target = key->target;
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		votes->edges[i] += vote->edges[i];
	return error;
}

/* Who says what the source means: those who said a target after it, and those who succeeded with
 * the source itself. */
static int collect_ballots(struct scan *scan, const struct row *rows, size_t count)
{
	struct ballot_votes votes = {.scan = scan, .rows = rows, .row_count = count};
	struct rph_goal_usage *goals = NULL;
	size_t goal_count = 0;

	scan->ballot_count = 0;
	const struct rph_id *source = &rows[0].entry->pair.source;
	int error = rph_store_scan_votes_of(scan->store, source, visit_ballot, &votes);
	if (!error)
		error = end_user(&votes);
	if (error)
		return error;
	rph_arena_reset(&scan->scratch);
	error = rph_usage_load(scan->store, &scan->window, source, &scan->scratch, &goals,
			       &goal_count);
	for (size_t i = 0; i < goal_count && !error; i++) {
		const struct rph_usage *usage = &goals[i].usage;
		if (!rph_goal_is_met(&goals[i]))
			continue;
		for (uint32_t j = 0; j < usage->user_count && !error; j++)
			if (rph_usage_worked(&usage->users[j].counts))
				error = add_ballot(scan, &goals[i].goal, usage->users[j].user);
	}
	return error;
}

/* Everything about one pair that must live until its visit is over. */
struct verdict {
	struct rph_goal goal;
	struct rph_wording wording;
	struct rph_projection projection;
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
	     entry->human == RPH_HUMAN_NONE))
		return 0;
	int error = rph_wording_decode(target->wording, &verdict->wording);
	if (error)
		return error;
	struct rph_projection_input input = {
		.goal = &verdict->goal,
		.target = &verdict->wording,
		.source = source->surface.len ? source->surface : source->text,
		.locale = source->locale,
		.threshold = RPH_PROJECTION_THRESHOLD,
	};
	error = rph_project(scan->normaliser, &input, &scan->scratch, &verdict->projection);
	*ret_tried = !error;
	return error;
}

/* The users of a pair too small to vote for others speak for the pair itself. */
static struct rph_agreement agreement_on(struct scan *scan, const struct row *row)
{
	const struct rph_pair *pair = &row->entry->pair;
	const struct rph_id *goal = &row->target->outcome.goal;
	struct rph_agreement agreement = {0, 0};

	if (rph_id_is_zero(goal))
		return agreement;
	agreement = rph_goal_agreement(scan->ballots, scan->ballot_count, goal);
	if (pair->all_users < scan->options->promotion.min_users) {
		agreement.users += pair->users;
		agreement.all += pair->users;
	}
	return agreement;
}

static int judge(struct scan *scan, const struct row *row, struct verdict *verdict,
		 struct rph_pair_view *ret)
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
	int error = try_projection(scan, row, verdict, &tried);
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
		.promotion = &verdict->promotion,
		.projection = tried ? &verdict->projection : NULL,
		.human = entry->human,
	};
	struct rph_agreement agreement = agreement_on(scan, row);
	ret->annotation_agreement = rph_agreement_share(agreement);
	ret->annotation_users = agreement.users;
	struct rph_promotion_facts facts = {
		.pair = &entry->pair,
		.source = &source->outcome,
		.target = &target->outcome,
		.source_text = source->text,
		.target_text = target->text,
		.domain = verdict->goal.domain,
		.intent = verdict->goal.intent,
		.annotation_agreement = ret->annotation_agreement,
		.value_score = tried ? verdict->projection.value_score : RPH_PROJECTION_ONE,
		.value_threshold = RPH_PROJECTION_THRESHOLD,
		.human = entry->human,
	};
	rph_promote(&scan->options->promotion, &facts, &verdict->promotion);
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
	int error = collect_ballots(scan, rows, count);
	for (size_t i = 0; i < count && !error; i++) {
		struct rph_pair_view view;
		if (!rows[i].entry->visible)
			continue;
		error = judge(scan, &rows[i], verdict, &view);
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

int rph_pairs_scan(struct rph_store *store, const struct rph_pairs_options *options,
		   rph_visit_pair *visit, void *context)
{
	RPH_ASSERT(options->history_weeks >= 1 && options->history_weeks <= RPH_HISTORY_MAX_WEEKS);
	struct scan scan = {
		.store = store,
		.options = options,
		.window = {options->week, options->history_weeks},
	};

	rph_arena_init(&scan.keep, SIZE_MAX);
	rph_arena_init(&scan.scratch, SIZE_MAX);
	int error = rph_normaliser_new(&scan.normaliser);
	if (!error)
		error = rph_week_pairs_load(store, options, &scan.window, &scan.pairs);
	if (!error)
		error = load_facts(&scan);
	if (!error)
		error = visit_rows(&scan, visit, context);
	rph_normaliser_free(scan.normaliser);
	rph_week_pairs_free(&scan.pairs);
	free(scan.facts);
	free(scan.ballots);
	rph_arena_free(&scan.keep);
	rph_arena_free(&scan.scratch);
	return error;
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
		.first_week = view->pair->first_week,
		.last_week = view->pair->last_week,
	};
}
