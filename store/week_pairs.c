/* SPDX-License-Identifier: Apache-2.0
 *
 * week_pairs.c - one pass over the votes in key order, a pair at a time; then the stars' and
 * people's pairs that nobody voted for.
 */
#include "store/week_pairs.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "store/week_source.h"

struct load {
	const struct rph_pairs_options *options;
	const struct rph_window *window;
	const struct rph_stars *stars;
	struct rph_week_pairs *pairs;
	struct rph_week_pairs reviews; /* pair.source, pair.target and human only */
	bool open;                     /* `fold` holds a pair */
	unsigned since_asked;
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

	if (rph_id_compare(&entry.pair.source, &entry.pair.target) == 0)
		/* Not a pair, but the hold-out that the source's rewrites are compared with. */
		return entry.pair.arm.turns ? append(load->pairs, &entry) : 0;
	if (entry.pair.all_users == 0 && entry.pair.arm.turns == 0)
		return 0;
	if (!is_asked_for(load->options, &entry.pair))
		return 0;
	bool served = entry.pair.arm.users >= load->options->promotion.min_users;
	entry.human = review ? review->human : RPH_HUMAN_NONE;
	if (!review && !served && entry.pair.all_users < load->options->min_users &&
	    !rph_stars_have(load->stars, &entry.pair.source, &entry.pair.target))
		return 0;
	return append(load->pairs, &entry);
}

static int visit_vote(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct load *load = context;
	const struct rph_pair *pair = &load->fold.pair;

	if (rph_stop_asked_sometimes(load->options->stop, &load->since_asked))
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

/* `known` of the pairs are sorted; a pair that is not among them is added. */
static int add_unvoted(struct load *load, size_t known, const struct rph_week_pair *wanted)
{
	const struct rph_week_pairs sorted = {.list = load->pairs->list, .count = known};
	struct rph_week_pair entry = *wanted;

	if (!is_asked_for(load->options, &entry.pair) || find(&sorted, &entry))
		return 0;
	entry.pair.first_week = load->window->last;
	entry.pair.last_week = load->window->last;
	return append(load->pairs, &entry);
}

static void sort(struct rph_week_pairs *pairs)
{
	if (pairs->count)
		qsort(pairs->list, pairs->count, sizeof(*pairs->list), compare_entries);
}

/* Stars and decisions whose pair nobody voted for in the window. */
static int add_others(struct load *load)
{
	size_t known = load->pairs->count;
	int error = 0;

	for (size_t i = 0; i < load->stars->count && !error; i++) {
		const struct rph_star *star = &load->stars->list[i];
		struct rph_week_pair entry = {
			.pair = {.source = star->source, .target = star->target}};
		const struct rph_week_pair *review = find(&load->reviews, &entry);
		entry.human = review ? review->human : RPH_HUMAN_NONE;
		error = add_unvoted(load, known, &entry);
	}
	sort(load->pairs);
	known = load->pairs->count;
	for (size_t i = 0; i < load->reviews.count && !error; i++)
		error = add_unvoted(load, known, &load->reviews.list[i]);
	sort(load->pairs);
	return error;
}

int rph_week_pairs_load(struct rph_store *store, const struct rph_pairs_options *options,
			const struct rph_window *window, const struct rph_stars *stars,
			struct rph_week_pairs *ret)
{
	struct load *load = calloc(1, sizeof(*load));

	*ret = (struct rph_week_pairs){0};
	if (!load)
		return RPH_E_NO_MEMORY;
	load->options = options;
	load->window = window;
	load->stars = stars;
	load->pairs = ret;
	int error = rph_store_scan_reviews(store, visit_review, load);
	if (!error && load->reviews.count)
		qsort(load->reviews.list, load->reviews.count, sizeof(*load->reviews.list),
		      compare_entries);
	if (!error)
		error = rph_store_scan_votes(store, visit_vote, load);
	if (!error)
		error = end_pair(load);
	if (!error)
		error = add_others(load);
	rph_week_pairs_free(&load->reviews);
	free(load);
	return error;
}

void rph_week_pairs_free(struct rph_week_pairs *pairs)
{
	free(pairs->list);
	*pairs = (struct rph_week_pairs){0};
}
