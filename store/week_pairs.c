/* SPDX-License-Identifier: Apache-2.0
 *
 * week_pairs.c - one pass over the votes in key order, a pair at a time; then people's decisions.
 */
#include "store/week_pairs.h"

#include <stdlib.h>

#include "schemas/error.h"

/* Votes looked at between two questions whether to stop: well below a millisecond. */
enum { STOP_EVERY = 512 };

struct load {
	const struct rph_pairs_options *options;
	const struct rph_window *window;
	struct rph_week_pairs *pairs;
	struct rph_week_pairs reviews; /* pair.source, pair.target and human only */
	bool open;                     /* `fold` holds a pair */
	unsigned since_asked;          /* votes since the stop was asked for */
	struct rph_pair_fold fold;
};

static int append(struct rph_week_pairs *pairs, const struct rph_week_pair *entry)
{
	if (pairs->count == pairs->size) {
		size_t size = pairs->size ? 2 * pairs->size : 64;
		void *grown = reallocarray(pairs->list, size, sizeof(*pairs->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		pairs->list = grown;
		pairs->size = size;
	}
	pairs->list[pairs->count++] = *entry;
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct rph_week_pair *a = left, *b = right;
	int order = rph_id_compare(&a->pair.source, &b->pair.source);
	return order ? order : rph_id_compare(&a->pair.target, &b->pair.target);
}

static const struct rph_week_pair *find(const struct rph_week_pairs *pairs,
					const struct rph_week_pair *wanted)
{
	return pairs->count ? bsearch(wanted, pairs->list, pairs->count, sizeof(*wanted),
				      compare_entries)
			    : NULL;
}

static bool is_asked_for(const struct rph_pairs_options *options, const struct rph_pair *pair)
{
	return !options->only || rph_id_compare(&pair->source, options->only) == 0 ||
	       rph_id_compare(&pair->target, options->only) == 0;
}

/* Saying the same words again is friction, not a pair. */
static int end_pair(struct load *load)
{
	if (!load->open)
		return 0;
	load->open = false;
	rph_pair_fold_end(&load->fold);
	struct rph_week_pair entry = {.pair = load->fold.pair};
	const struct rph_week_pair *review = find(&load->reviews, &entry);
	uint32_t least = load->options->min_users, tested = load->options->promotion.min_users;

	if (entry.pair.all_users == 0 ||
	    rph_id_compare(&entry.pair.source, &entry.pair.target) == 0)
		return 0;
	entry.human = review ? review->human : RPH_HUMAN_NONE;
	entry.visible = is_asked_for(load->options, &entry.pair) &&
			(review || entry.pair.all_users >= least);
	/* Well-used pairs vote on what their source means, whether they were asked for or not. */
	if (!entry.visible && entry.pair.all_users < tested)
		return 0;
	return append(load->pairs, &entry);
}

static bool is_stopped(struct load *load)
{
	if (++load->since_asked < STOP_EVERY)
		return false;
	load->since_asked = 0;
	return rph_stop_asked(load->options->stop);
}

static int visit_vote(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct load *load = context;
	const struct rph_pair *pair = &load->fold.pair;

	if (is_stopped(load))
		return RPH_E_STOPPED;
	if (!load->open || rph_id_compare(&pair->source, &key->source) != 0 ||
	    rph_id_compare(&pair->target, &key->target) != 0) {
		int error = end_pair(load);
		if (error)
			return error;
		rph_pair_fold_begin(&load->fold, load->window, &key->source, &key->target);
		load->open = true;
	}
	rph_pair_fold_add(&load->fold, key, vote);
	return 0;
}

static int visit_review(void *context, const struct rph_review *review)
{
	struct load *load = context;
	struct rph_week_pair entry = {.pair = {.source = review->source, .target = review->target}};

	if (review->decision == RPH_DECISION_NONE)
		return 0;
	entry.human =
		review->decision == RPH_DECISION_APPROVED ? RPH_HUMAN_APPROVED : RPH_HUMAN_DENIED;
	return append(&load->reviews, &entry);
}

/* Decisions on pairs that nobody voted for in the window. */
static int add_decided(struct load *load)
{
	size_t voted = load->pairs->count;
	struct rph_week_pairs known = *load->pairs;
	int error = 0;

	for (size_t i = 0; i < load->reviews.count && !error; i++) {
		struct rph_week_pair entry = load->reviews.list[i];
		known.list = load->pairs->list; /* append() may have moved it */
		if (find(&known, &entry) || !is_asked_for(load->options, &entry.pair))
			continue;
		entry.pair.first_week = load->window->last;
		entry.pair.last_week = load->window->last;
		entry.visible = true;
		error = append(load->pairs, &entry);
	}
	if (!error && load->pairs->count > voted)
		qsort(load->pairs->list, load->pairs->count, sizeof(*load->pairs->list),
		      compare_entries);
	return error;
}

/* The sources that have a vote for one target. */
struct sources {
	struct load *load;
	struct rph_id target;
	struct rph_id *list;
	size_t count, size;
};

static int add_source(struct sources *sources, const struct rph_id *id)
{
	if (sources->count && rph_id_compare(&sources->list[sources->count - 1], id) == 0)
		return 0;
	if (sources->count == sources->size) {
		size_t size = sources->size ? 2 * sources->size : 16;
		void *grown = reallocarray(sources->list, size, sizeof(*sources->list));
		if (!grown)
			return RPH_E_NO_MEMORY;
		sources->list = grown;
		sources->size = size;
	}
	sources->list[sources->count++] = *id;
	return 0;
}

static int visit_source(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct sources *sources = context;

	(void)vote;
	if (is_stopped(sources->load))
		return RPH_E_STOPPED;
	if (rph_id_compare(&key->target, &sources->target) != 0 &&
	    rph_id_compare(&key->source, &sources->target) != 0)
		return 0;
	return add_source(sources, &key->source);
}

/* All pairs of every source that has to do with `only`: what a source means is decided by all of
 * its targets. Votes come by source, so the list is ascending and without repeats. */
static int load_some(struct rph_store *store, struct load *load)
{
	struct sources sources = {.load = load, .target = *load->options->only};

	int error = rph_store_scan_votes(store, visit_source, &sources);
	for (size_t i = 0; i < sources.count && !error; i++)
		error = rph_store_scan_votes_of(store, &sources.list[i], visit_vote, load);
	free(sources.list);
	return error;
}

int rph_week_pairs_load(struct rph_store *store, const struct rph_pairs_options *options,
			const struct rph_window *window, struct rph_week_pairs *ret)
{
	struct load *load = calloc(1, sizeof(*load));

	*ret = (struct rph_week_pairs){0};
	if (!load)
		return RPH_E_NO_MEMORY;
	load->options = options;
	load->window = window;
	load->pairs = ret;
	int error = rph_store_scan_reviews(store, visit_review, load);
	if (!error && load->reviews.count)
		qsort(load->reviews.list, load->reviews.count, sizeof(*load->reviews.list),
		      compare_entries);
	if (!error)
		error = options->only ? load_some(store, load)
				      : rph_store_scan_votes(store, visit_vote, load);
	if (!error)
		error = end_pair(load);
	if (!error)
		error = add_decided(load);
	rph_week_pairs_free(&load->reviews);
	free(load);
	return error;
}

void rph_week_pairs_free(struct rph_week_pairs *pairs)
{
	free(pairs->list);
	*pairs = (struct rph_week_pairs){0};
}
