/* SPDX-License-Identifier: Apache-2.0
 *
 * week_pairs.c - votes in key order, a pair at a time; then the stars' and people's pairs that nobody
 * voted for.
 */
#include "store/week_pairs.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "store/week_source.h"

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
static int end_pair(struct rph_pair_maker *maker)
{
	if (!maker->open)
		return 0;
	maker->open = false;
	rph_pair_fold_end(&maker->fold);
	struct rph_week_pair entry = {.pair = maker->fold.pair};
	const struct rph_week_pair *review = find(maker->reviews, &entry);

	if (rph_id_compare(&entry.pair.source, &entry.pair.target) == 0)
		/* Not a pair, but the hold-out that the source's rewrites are compared with. */
		return entry.pair.arm.turns ? append(&maker->pairs, &entry) : 0;
	if (entry.pair.all_users == 0 && entry.pair.arm.turns == 0)
		return 0;
	if (!is_asked_for(maker->options, &entry.pair))
		return 0;
	bool served = entry.pair.arm.users >= maker->options->promotion.min_users;
	entry.human = review ? review->human : RPH_HUMAN_NONE;
	if (!review && !served && entry.pair.all_users < maker->options->min_users &&
	    !rph_stars_have(maker->stars, &entry.pair.source, &entry.pair.target))
		return 0;
	return append(&maker->pairs, &entry);
}

void rph_pair_maker_begin(struct rph_pair_maker *maker)
{
	maker->pairs.count = 0;
	maker->open = false;
}

int rph_pair_maker_add(struct rph_pair_maker *maker, const struct rph_vote_key *key,
		       const struct rph_vote *vote)
{
	const struct rph_pair *pair = &maker->fold.pair;

	if (!maker->open || rph_id_compare(&pair->source, &key->source) != 0 ||
	    rph_id_compare(&pair->target, &key->target) != 0) {
		int error = end_pair(maker);
		if (error)
			return error;
		rph_pair_fold_begin(&maker->fold, maker->window, &key->source, &key->target);
		maker->open = true;
	}
	rph_pair_fold_add(&maker->fold, key, vote);
	return 0;
}

static int visit_review(void *context, const struct rph_review *review)
{
	struct rph_week_pair entry = {.pair = {.source = review->source, .target = review->target}};

	if (review->decision == RPH_DECISION_NONE)
		return 0;
	entry.human =
		review->decision == RPH_DECISION_APPROVED ? RPH_HUMAN_APPROVED : RPH_HUMAN_DENIED;
	return append(context, &entry);
}

static void sort(struct rph_week_pairs *pairs)
{
	if (pairs->count)
		qsort(pairs->list, pairs->count, sizeof(*pairs->list), compare_entries);
}

int rph_week_reviews_load(struct rph_store *store, struct rph_week_pairs *ret)
{
	*ret = (struct rph_week_pairs){0};
	int error = rph_store_scan_reviews(store, visit_review, ret);
	if (!error)
		sort(ret);
	return error;
}

/* `known` of the pairs are sorted; a pair that is not among them is added. */
static int add_unvoted(struct rph_pair_maker *maker, size_t known,
		       const struct rph_week_pair *wanted)
{
	const struct rph_week_pairs sorted = {.list = maker->pairs.list, .count = known};
	struct rph_week_pair entry = *wanted;

	if (!is_asked_for(maker->options, &entry.pair) || find(&sorted, &entry))
		return 0;
	entry.pair.first_week = maker->window->last;
	entry.pair.last_week = maker->window->last;
	return append(&maker->pairs, &entry);
}

static int add_stars(struct rph_pair_maker *maker, const struct rph_id *source)
{
	size_t known = maker->pairs.count;
	int error = 0;

	for (size_t i = source ? rph_stars_first(maker->stars, source) : 0;
	     i < maker->stars->count && !error; i++) {
		const struct rph_star *star = &maker->stars->list[i];
		if (source && rph_id_compare(&star->source, source) != 0)
			break;
		struct rph_week_pair entry = {
			.pair = {.source = star->source, .target = star->target}};
		const struct rph_week_pair *review = find(maker->reviews, &entry);
		entry.human = review ? review->human : RPH_HUMAN_NONE;
		error = add_unvoted(maker, known, &entry);
	}
	if (maker->pairs.count != known)
		sort(&maker->pairs);
	return error;
}

/* Index of the first decision about the source. */
static size_t first_review(const struct rph_week_pairs *reviews, const struct rph_id *source)
{
	size_t low = 0, high = reviews->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rph_id_compare(&reviews->list[middle].pair.source, source) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int add_reviewed(struct rph_pair_maker *maker, const struct rph_id *source)
{
	const struct rph_week_pairs *reviews = maker->reviews;
	size_t known = maker->pairs.count;
	int error = 0;

	for (size_t i = source ? first_review(reviews, source) : 0; i < reviews->count && !error;
	     i++) {
		if (source && rph_id_compare(&reviews->list[i].pair.source, source) != 0)
			break;
		error = add_unvoted(maker, known, &reviews->list[i]);
	}
	if (maker->pairs.count != known)
		sort(&maker->pairs);
	return error;
}

int rph_pair_maker_end(struct rph_pair_maker *maker, const struct rph_id *source)
{
	int error = end_pair(maker);
	if (!error)
		error = add_stars(maker, source);
	return error ? error : add_reviewed(maker, source);
}

void rph_week_pairs_free(struct rph_week_pairs *pairs)
{
	free(pairs->list);
	*pairs = (struct rph_week_pairs){0};
}
