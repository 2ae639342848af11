/* SPDX-License-Identifier: Apache-2.0
 *
 * week_fold.c - the candidate pairs of one source: ballots, projection, tests.
 */
#include "store/week_fold.h"

#include <stdlib.h>

#include "miner/value_text.h"
#include "schemas/error.h"
#include "store/scan.h"
#include "store/week_judge.h"

_Static_assert(RPH_TREND_WEEKS == RPH_PROMOTION_LATELY_WEEKS, "one count serves both");

/* So many times min_users who mean a goal by a source know better than what is known of values. */
#define PROVEN 2u

/* What one lane works with. */
struct rph_week_judge {
	const struct rph_pairs_options *options;
	const struct rph_week_view *view;
	const struct rph_senses *senses;
	const struct rph_slot_types *slot_types;
	const struct rph_week_values *values;
	uint32_t needed;            /* evidence */
	struct rph_reading reading; /* of all that follow */
	struct rph_scan *votes;
	struct rph_pair_maker maker;
	struct rph_source source;    /* at hand */
	struct rph_pair *kept_pools; /* of this source */
	struct rph_fact_reader facts;
	struct rph_normaliser *normaliser;
	struct rph_arena scratch; /* of one pair */
	struct rph_arena keep;    /* of what is shown and not yet seen */
};

/* A pair with its formulations, to be ordered. */
struct row {
	const struct rph_week_pair *entry;
	const struct rph_fact *source, *target;
};

static bool is_holdout(const struct rph_week_pair *entry)
{
	return rph_id_compare(&entry->pair.source, &entry->pair.target) == 0;
}

static int visit_vote(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct rph_week_judge *scan = context;
	int error = rph_pair_maker_add(&scan->maker, key, vote);
	return error ? error : rph_source_add(&scan->source, scan->view, key, vote);
}

/* The pairs; and who says what the source means: those who said a target after it, and those who
 * succeeded with the source itself. */
static int read_source(struct rph_week_judge *scan, const struct rph_id *id)
{
	rph_pair_maker_begin(&scan->maker);
	rph_source_begin(&scan->source, id);
	int error = rph_scan_votes_of(scan->votes, id, visit_vote, scan);
	if (!error)
		error = rph_pair_maker_end(&scan->maker, id);
	if (error || scan->maker.pairs.count == 0)
		return error;
	return rph_source_end(&scan->source, scan->view);
}

/* Everything about one pair that must live until its visit is over. */
struct verdict {
	struct rph_goal goal; /* of `scratch`, as is what the wording borrows */
	struct rph_wording wording;
	struct rph_projection projection;
	struct rph_support support;
	struct rph_promotion promotion;
};

static int try_projection(struct rph_week_judge *scan, const struct row *row,
			  struct verdict *verdict, bool *ret_tried)
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
	uint32_t locale = rph_senses_locale(scan->senses, source->locale);
	struct rph_known_values known = rph_week_values_of(scan->values, locale);
	struct rph_projection_input input = {
		.goal = &verdict->goal,
		.target = &verdict->wording,
		.source = source->surface.len ? source->surface : source->text,
		.locale = source->locale,
		.types = scan->slot_types,
		.proven = verdict->support.users >= PROVEN * scan->options->promotion.min_users,
		.threshold = RPH_PROJECTION_THRESHOLD,
		.known = known.list,
		.known_count = known.count,
	};
	error = rph_project(scan->normaliser, &input, &scan->scratch, &verdict->projection);
	*ret_tried = !error;
	return error;
}

/* Goals with everybody's meetings, for the comparison of profiles. */
static struct rph_goal_weight weigh(const struct rph_week_judge *scan, uint32_t locale,
				    const struct rph_id *goal, uint32_t users)
{
	const struct rph_sense_goal *met = rph_senses_goal(scan->senses, locale, goal);
	uint64_t all = met ? met->reach : 0;
	return (struct rph_goal_weight){*goal, users, all < users ? users : all};
}

/* The goals of the source's ballots against those that people reach with the target. */
static int compare_profiles(struct rph_week_judge *scan, const struct row *row, uint32_t locale,
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

static int find_support(struct rph_week_judge *scan, const struct row *row, struct rph_support *ret)
{
	const struct rph_meanings *meanings = &scan->source.meanings;
	const struct rph_id *goal = &row->target->outcome.goal;
	const struct rph_sense *sense = rph_senses_find(scan->senses, &row->target->id);
	uint32_t locale = rph_senses_locale(scan->senses, row->source->locale);

	*ret = (struct rph_support){.needed = scan->needed,
				    .all_weight = meanings->weight,
				    .spread = meanings->spread,
				    .groups = meanings->groups.groups,
				    .is_clear = sense && sense->is_clear};
	const struct rph_goal_count *count = rph_meanings_find(meanings, goal);
	if (!count || locale == UINT32_MAX || rph_id_is_zero(goal))
		return 0;
	struct rph_source_strength strength =
		rph_source_strength(scan->senses, locale, meanings, goal);
	uint32_t index = (uint32_t)(count - meanings->goals);
	ret->users = count->users;
	ret->own_users = count->own;
	ret->days = count->days;
	ret->weight = count->weight;
	const struct rph_pair *pool = rph_source_pool(&scan->source, goal);
	ret->pool = pool ? &scan->kept_pools[pool - scan->source.pools] : NULL;
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
static struct rph_agreement lately_agreement(const struct rph_week_judge *scan,
					     const struct rph_id *goal)
{
	const struct rph_meanings *meanings = &scan->source.meanings;
	const struct rph_goal_count *count = rph_meanings_find(meanings, goal);
	return (struct rph_agreement){count ? count->lately_voted : 0, meanings->lately_voted};
}

static struct rph_agreement recent_agreement(const struct rph_week_judge *scan,
					     const struct rph_id *goal)
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
static void promote(struct rph_week_judge *scan, const struct row *row,
		    const struct rph_pair_view *view, struct verdict *verdict)
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

static int judge(struct rph_week_judge *scan, const struct row *row, const struct row *holdout,
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

/* Of one source. */
static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = rph_span_compare(a->target->locale, b->target->locale);
	return order ? order : rph_span_compare(a->target->text, b->target->text);
}

/* The pairs of the source at hand with their formulations, in order. */
static int make_rows(struct rph_week_judge *scan, const struct rph_id *source, struct row *rows,
		     size_t *ret_count)
{
	const struct rph_week_pairs *pairs = &scan->maker.pairs;
	struct rph_fact *facts = RPH_ARENA_ARRAY(&scan->keep, struct rph_fact, pairs->count + 1);
	struct rph_week_pair *entries =
		RPH_ARENA_ARRAY(&scan->keep, struct rph_week_pair, pairs->count);

	*ret_count = 0;
	if (!facts || !entries)
		return RPH_E_NO_MEMORY;
	memcpy(entries, pairs->list, pairs->count * sizeof(*entries));
	int error = rph_fact_load(&scan->facts, source, &scan->keep, facts);
	for (size_t i = 0; i < pairs->count && !error; i++) {
		struct row row = {&entries[i], facts, facts};
		if (!is_holdout(&entries[i])) {
			row.target = &facts[i + 1];
			error = rph_fact_load(&scan->facts, &entries[i].pair.target, &scan->keep,
					      &facts[i + 1]);
		}
		if (row.source->text.len && row.target->text.len)
			rows[(*ret_count)++] = row;
		else if (!error && entries[i].pair.all_users)
			error = RPH_E_STATE_CORRUPT; /* a vote keeps its texts alive */
	}
	if (!error)
		qsort(rows, *ret_count, sizeof(*rows), compare_rows);
	return error;
}

/* What a view borrows of the source must outlive it. */
static int keep_pools(struct rph_week_judge *scan)
{
	struct rph_source *source = &scan->source;
	struct rph_pair *pools =
		RPH_ARENA_ARRAY(&scan->keep, struct rph_pair, source->pool_count + 1);

	if (!pools)
		return RPH_E_NO_MEMORY;
	if (source->pool_count)
		memcpy(pools, source->pools, source->pool_count * sizeof(*pools));
	scan->kept_pools = pools;
	return 0;
}

static int judge_rows(struct rph_week_judge *scan, const struct row *rows, size_t count,
		      struct rph_showing *ret)
{
	const struct row *holdout = NULL;

	for (size_t i = 0; i < count && !holdout; i++)
		holdout = is_holdout(rows[i].entry) ? &rows[i] : NULL;
	int error = keep_pools(scan);
	ret->views = RPH_ARENA_ARRAY(&scan->keep, struct rph_pair_view, count);
	if (!ret->views)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count && !error; i++) {
		if (is_holdout(rows[i].entry))
			continue;
		struct verdict *verdict = RPH_ARENA_NEW(&scan->keep, struct verdict);
		if (!verdict)
			return RPH_E_NO_MEMORY;
		error = judge(scan, &rows[i], holdout, verdict, &ret->views[ret->count]);
		ret->count += !error;
	}
	return error;
}

int rph_week_judge_source(struct rph_week_judge *scan, const struct rph_id *source,
			  struct rph_showing *ret)
{
	size_t count = 0;

	*ret = (struct rph_showing){NULL, 0};
	int error = read_source(scan, source);
	if (error || scan->maker.pairs.count == 0)
		return error;
	struct row *rows = RPH_ARENA_ARRAY(&scan->keep, struct row, scan->maker.pairs.count);
	if (!rows)
		return RPH_E_NO_MEMORY;
	error = make_rows(scan, source, rows, &count);
	return error || count == 0 ? error : judge_rows(scan, rows, count, ret);
}

static int init(struct rph_week_judge *scan, const struct rph_week_basis *basis)
{
	scan->options = basis->options;
	scan->view = &basis->view;
	scan->senses = &basis->senses;
	scan->slot_types = &basis->slot_types;
	scan->values = &basis->values;
	scan->needed = basis->stars.needed;
	scan->maker = (struct rph_pair_maker){.options = basis->options,
					      .window = &basis->view.window,
					      .stars = &basis->stars,
					      .reviews = &basis->reviews};
	rph_arena_init(&scan->scratch, SIZE_MAX);
	rph_arena_init(&scan->keep, SIZE_MAX);
	int error = rph_normaliser_new(&scan->normaliser);
	if (!error)
		error = rph_source_init(&scan->source, basis->view.store);
	if (!error)
		error = rph_fact_reader_init(&scan->facts, basis->view.store, &basis->view.window);
	if (!error)
		error = rph_scan_open(basis->view.store, RPH_TABLE_vote, &scan->votes);
	if (error)
		return error;
	rph_scan_share(scan->votes, &scan->reading);
	rph_scan_share(scan->source.usage, &scan->reading);
	rph_fact_reader_share(&scan->facts, &scan->reading);
	return 0;
}

int rph_week_judge_new(const struct rph_week_basis *basis, struct rph_week_judge **ret)
{
	struct rph_week_judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return RPH_E_NO_MEMORY;
	int error = init(judge, basis);
	if (error)
		rph_week_judge_free(judge);
	else
		*ret = judge;
	return error;
}

void rph_week_judge_free(struct rph_week_judge *judge)
{
	if (!judge)
		return;
	rph_normaliser_free(judge->normaliser);
	rph_reading_end(&judge->reading);
	rph_scan_close(judge->votes);
	rph_source_free(&judge->source);
	rph_fact_reader_free(&judge->facts);
	rph_week_pairs_free(&judge->maker.pairs);
	rph_arena_free(&judge->scratch);
	rph_arena_free(&judge->keep);
	free(judge);
}

void rph_week_judge_rest(struct rph_week_judge *judge)
{
	rph_reading_end(&judge->reading);
}

void rph_week_judge_forget(struct rph_week_judge *judge)
{
	rph_arena_reset(&judge->keep);
}
