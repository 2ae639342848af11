/* SPDX-License-Identifier: Apache-2.0
 *
 * week_stars.c - all sources once, for what no single one can know: how much evidence is beyond
 * chance when so many were looked at, and who else means the same goal.
 */
#include <stdlib.h>

#include "miner/association.h"
#include "schemas/error.h"
#include "store/scan.h"
#include "store/week_source.h"

/* What is left of a source when its ballots are gone: enough to ask how far beyond chance. */
struct finding {
	struct rph_goal_count goal;
	uint32_t locale, users, voted;
};

struct walk {
	const struct rph_week_view *view;
	struct rph_senses *senses;
	struct rph_stars *stars;
	struct rph_source source;
	bool open;   /* `source` is being read */
	size_t next; /* of senses: those before are done */
	struct finding *findings;
	size_t finding_count, finding_size;
	struct rph_scan *texts;
	const struct rph_pairs_options *options;
	/* Users with a vote for the target of the vote before, and whether that was enough for any. */
	struct rph_id target;
	uint64_t user;
	uint32_t users;
	bool has_candidate;
	unsigned since_asked;
};

static int add_finding(struct walk *walk, uint32_t locale, const struct rph_goal_count *goal)
{
	const struct rph_meanings *meanings = &walk->source.meanings;

	if (walk->finding_count == walk->finding_size) {
		size_t size = walk->finding_size ? 2 * walk->finding_size : 256;
		void *grown = reallocarray(walk->findings, size, sizeof(*walk->findings));
		if (!grown)
			return RPH_E_NO_MEMORY;
		walk->findings = grown;
		walk->finding_size = size;
	}
	walk->findings[walk->finding_count++] =
		(struct finding){*goal, locale, meanings->users, meanings->voted};
	return 0;
}

/* What people went on to, after whatever: only all sources together know. */
static void count_votes(struct walk *walk)
{
	const struct rph_meanings *meanings = &walk->source.meanings;
	uint32_t locale = walk->source.locale;

	if (locale >= walk->senses->locale_count)
		return;
	walk->senses->locales[locale].voted += meanings->voted;
	for (size_t i = 0; i < meanings->count; i++) {
		const struct rph_sense_goal *met =
			rph_senses_goal(walk->senses, locale, &meanings->goals[i].goal);
		if (!met)
			continue;
		struct rph_sense_goal *goal = &walk->senses->goals[met - walk->senses->goals];
		bool meant = rph_meanings_share(meanings, &meanings->goals[i]) >=
			     walk->view->params->annotation_agreement;
		goal->voted += meanings->goals[i].voted;
		goal->agreed += meant ? meanings->goals[i].voted : 0;
	}
}

/* A source to be looked at again. Sources are walked in order. */
static int add_source(struct walk *walk)
{
	struct rph_stars *stars = walk->stars;

	if (stars->source_count == stars->source_size) {
		size_t size = stars->source_size ? 2 * stars->source_size : 256;
		void *grown = reallocarray(stars->sources, size, sizeof(*stars->sources));
		if (!grown)
			return RPH_E_NO_MEMORY;
		stars->sources = grown;
		stars->source_size = size;
	}
	stars->sources[stars->source_count++] = walk->source.id;
	return 0;
}

static bool is_asked_for(const struct walk *walk)
{
	const struct rph_id *only = walk->options->only;

	return !only || rph_id_compare(&walk->source.id, only) == 0 ||
	       rph_id_compare(&walk->target, only) == 0;
}

/* Counts no fewer people than the fold of the pair will. */
static void count_user(struct walk *walk, const struct rph_vote_key *key)
{
	uint32_t least = walk->options->min_users;

	if (least > walk->options->promotion.min_users)
		least = walk->options->promotion.min_users; /* of those it was served to */
	if (!rph_window_has(&walk->view->window, key->week))
		return;
	if (rph_id_compare(&walk->target, &key->target) != 0) {
		walk->target = key->target;
		walk->users = 0;
	}
	walk->users += walk->users == 0 || walk->user != key->user;
	walk->user = key->user;
	if (walk->users >= least && is_asked_for(walk) &&
	    rph_id_compare(&key->source, &key->target) != 0)
		walk->has_candidate = true;
}

static void begin_source(struct walk *walk, const struct rph_id *id)
{
	rph_source_begin(&walk->source, id);
	walk->has_candidate = false;
	walk->users = 0;
	walk->target = (struct rph_id){0};
}

static int add_star(struct rph_stars *stars, const struct rph_id *source,
		    const struct rph_id *target)
{
	if (stars->count == stars->size) {
		size_t size = stars->size ? 2 * stars->size : 256;
		void *grown = reallocarray(stars->list, size, sizeof(*stars->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		stars->list = grown;
		stars->size = size;
	}
	stars->list[stars->count++] = (struct rph_star){*source, *target};
	return 0;
}

static int find_locale(struct walk *walk, uint32_t *ret)
{
	const struct rph_week_view *view = walk->view;
	const struct rph_sense *sense = rph_senses_find(view->senses, &walk->source.id);
	struct rph_formulation_delta text;

	if (sense) {
		*ret = sense->locale;
		return 0;
	}
	int error = rph_scan_formulation(walk->texts, &walk->source.id, &text);
	if (error)
		return error == RPH_E_NOT_FOUND ? RPH_E_STATE_CORRUPT : error;
	*ret = rph_senses_locale(view->senses, text.locale);
	return 0;
}

static int find_goal(struct walk *walk, uint32_t locale, const struct rph_goal_count *goal)
{
	const struct rph_senses *senses = walk->view->senses;
	const struct rph_source *source = &walk->source;
	const struct rph_sense_goal *met = rph_senses_goal(senses, locale, &goal->goal);

	int error = add_finding(walk, locale, goal);
	if (error || !met || met->best == RPH_NO_SENSE)
		return error;
	walk->target = senses->list[met->best].formulation;
	if (rph_id_compare(&walk->target, &source->id) == 0)
		return 0;
	walk->has_candidate |= is_asked_for(walk);
	return add_star(walk->stars, &source->id, &walk->target);
}

static int find_goals(struct walk *walk)
{
	const struct rph_meanings *meanings = &walk->source.meanings;
	uint32_t locale = UINT32_MAX;

	int error = rph_source_end(&walk->source, walk->view);
	if (!error)
		count_votes(walk);
	for (size_t i = 0; i < meanings->count && !error; i++) {
		walk->stars->tested++;
		if (meanings->goals[i].users < walk->view->params->min_users)
			continue;
		if (locale == UINT32_MAX)
			error = find_locale(walk, &locale);
		if (!error && locale != UINT32_MAX)
			error = find_goal(walk, locale, &meanings->goals[i]);
	}
	return error;
}

static int end_source(struct walk *walk)
{
	int error = 0;

	walk->open = false;
	/* Else it is most of what somebody once said: nothing that followed it has a sense, nor has
	 * it one. */
	if (walk->source.vote_count || rph_senses_find(walk->view->senses, &walk->source.id))
		error = find_goals(walk);
	return error || !walk->has_candidate ? error : add_source(walk);
}

/* Formulations before `end` that nobody said again. */
static int walk_senses(struct walk *walk, const struct rph_id *end)
{
	const struct rph_senses *senses = walk->view->senses;
	int error = 0;

	for (; walk->next < senses->count && !error; walk->next++) {
		const struct rph_sense *sense = &senses->list[walk->next];
		int order = end ? rph_id_compare(&sense->formulation, end) : -1;
		if (order > 0)
			break;
		if (order == 0)
			continue;
		/* Too few people for anything but the count of what was looked at. */
		if (sense->users < walk->view->params->min_users) {
			walk->stars->tested++;
			continue;
		}
		begin_source(walk, &sense->formulation);
		error = rph_stop_asked(walk->view->stop) ? RPH_E_STOPPED : end_source(walk);
	}
	return error;
}

static int visit_vote(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct walk *walk = context;

	if (rph_stop_asked_sometimes(walk->view->stop, &walk->since_asked))
		return RPH_E_STOPPED;
	if (!walk->open || rph_id_compare(&walk->source.id, &key->source) != 0) {
		int error = walk->open ? end_source(walk) : 0;
		if (!error)
			error = walk_senses(walk, &key->source);
		if (error)
			return error;
		begin_source(walk, &key->source);
		walk->open = true;
	}
	count_user(walk, key);
	return rph_source_add(&walk->source, walk->view, key, vote);
}

static int descending(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;
	return (*a < *b) - (*a > *b);
}

static int compare_stars(const void *left, const void *right)
{
	const struct rph_star *a = left, *b = right;
	int order = rph_id_compare(&a->source, &b->source);
	return order ? order : rph_id_compare(&a->target, &b->target);
}

static int control_discoveries(struct walk *walk)
{
	struct rph_stars *stars = walk->stars;
	uint16_t rate = walk->view->params->false_discovery;
	uint32_t *evidence = calloc(walk->finding_count + 1, sizeof(*evidence));

	if (!evidence)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < walk->finding_count; i++) {
		const struct finding *finding = &walk->findings[i];
		struct rph_goal_count goal = finding->goal;
		const struct rph_meanings meanings = {.goals = &goal,
						      .count = 1,
						      .users = finding->users,
						      .voted = finding->voted};
		evidence[i] =
			rph_source_strength(walk->senses, finding->locale, &meanings, &goal.goal)
				.evidence;
	}
	qsort(evidence, walk->finding_count, sizeof(*evidence), descending);
	if (stars->tested) {
		stars->kept = rph_fdr_kept(evidence, walk->finding_count, stars->tested, rate);
		stars->needed =
			rph_fdr_threshold(stars->kept ? stars->kept : 1, stars->tested, rate);
	}
	free(evidence);
	return 0;
}

int rph_stars_load(const struct rph_week_view *view, const struct rph_pairs_options *options,
		   struct rph_senses *senses, struct rph_stars *ret)
{
	struct walk walk = {.view = view, .options = options, .senses = senses, .stars = ret};

	*ret = (struct rph_stars){0};
	int error = rph_source_init(&walk.source, view->store);
	if (!error)
		error = rph_scan_open(view->store, RPH_TABLE_formulation, &walk.texts);
	if (!error)
		error = rph_store_scan_votes(view->store, visit_vote, &walk);
	if (!error && walk.open)
		error = end_source(&walk);
	if (!error)
		error = walk_senses(&walk, NULL);
	if (!error)
		error = control_discoveries(&walk);
	if (!error && ret->count)
		qsort(ret->list, ret->count, sizeof(*ret->list), compare_stars);
	rph_source_free(&walk.source);
	rph_scan_close(walk.texts);
	free(walk.findings);
	return error;
}

void rph_stars_free(struct rph_stars *stars)
{
	free(stars->list);
	free(stars->sources);
	*stars = (struct rph_stars){0};
}

size_t rph_stars_first(const struct rph_stars *stars, const struct rph_id *source)
{
	size_t low = 0, high = stars->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rph_id_compare(&stars->list[middle].source, source) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool rph_stars_have(const struct rph_stars *stars, const struct rph_id *source,
		    const struct rph_id *target)
{
	const struct rph_star wanted = {*source, *target};
	return stars->count &&
	       bsearch(&wanted, stars->list, stars->count, sizeof(wanted), compare_stars);
}
