/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/calibrate_sample.h"

#include <stdlib.h>
#include <xxhash.h>

#include "replay/calibrate.h"
#include "schemas/error.h"

uint64_t rph_pair_hash(struct rph_span from, struct rph_span to)
{
	uint64_t first = XXH3_64bits(from.len ? from.ptr : "", from.len);
	return XXH3_64bits_withSeed(to.len ? to.ptr : "", to.len, first);
}

static bool is_wanted(const struct rph_sample *sample, uint64_t pair)
{
	return sample->halvings == 0 || pair >> (64 - sample->halvings) == 0;
}

/* Too many: every other one goes, by hash, so that the order of the logs decides nothing. */
static void halve(struct rph_sample *sample)
{
	size_t kept = 0;
	sample->halvings++;
	for (size_t i = 0; i < sample->count; i++)
		if (is_wanted(sample, sample->items[i].pair))
			sample->items[kept++] = sample->items[i];
	sample->count = kept;
}

static bool grow(void **items, size_t *capacity, size_t count, size_t size)
{
	if (count < *capacity)
		return true;
	size_t wanted = *capacity ? 2 * *capacity : 4096;
	void *grown = reallocarray(*items, wanted, size);
	if (!grown)
		return false;
	*items = grown;
	*capacity = wanted;
	return true;
}

static int add_transition(struct rph_sample *sample, const struct rph_evidence *evidence)
{
	uint64_t pair = rph_pair_hash(evidence->from, evidence->to);
	if (!is_wanted(sample, pair))
		return 0;
	if (sample->count >= sample->most && sample->halvings < 63) {
		halve(sample);
		return add_transition(sample, evidence);
	}
	void *items = sample->items;
	if (!grow(&items, &sample->capacity, sample->count, sizeof(*sample->items)))
		return RPH_E_NO_MEMORY;
	sample->items = items;
	sample->items[sample->count++] = (struct rph_sampled){
		.example = {.features = evidence->judgement.features, .user = evidence->user},
		.pair = pair,
		.said = rph_id_prefix(&evidence->said),
		.said_again = rph_id_prefix(&evidence->said_again),
		.goal = rph_id_prefix(&evidence->goal),
		.goal_again = rph_id_prefix(&evidence->goal_again),
		.end = evidence->end,
		.end_again = evidence->end_again,
	};
	return 0;
}

static int add_met(struct rph_sample *sample, const struct rph_usage_delta *delta)
{
	uint64_t goal = rph_id_prefix(&delta->key.goal);
	for (uint32_t i = 0; goal && i < delta->usage.user_count; i++) {
		const struct rph_usage_user *user = &delta->usage.users[i];
		if (!user->counts.successes)
			continue;
		void *met = sample->met;
		if (!grow(&met, &sample->met_capacity, sample->met_count, sizeof(*sample->met)))
			return RPH_E_NO_MEMORY;
		sample->met = met;
		sample->met[sample->met_count++] =
			(struct rph_met){rph_id_prefix(&delta->key.formulation), goal, user->user};
	}
	return 0;
}

int rph_sample_add(struct rph_sample *sample, const struct rph_batch *batch)
{
	int err = 0;
	for (size_t i = 0; !err && i < batch->evidence_count; i++)
		err = add_transition(sample, &batch->evidence[i]);
	for (size_t i = 0; !err && i < batch->deltas.usage_count; i++)
		err = add_met(sample, &batch->deltas.usages[i]);
	return err;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_met(const void *a, const void *b)
{
	const struct rph_met *x = a, *y = b;
	int order = compare_numbers(x->formulation, y->formulation);
	if (order == 0)
		order = compare_numbers(x->goal, y->goal);
	return order ? order : compare_numbers(x->user, y->user);
}

static int compare_items(const void *a, const void *b)
{
	const struct rph_sampled *x = a, *y = b;
	return compare_numbers(x->pair, y->pair);
}

void rph_sample_sort(struct rph_sample *sample)
{
	/* The fit adds in the order of the rows: it must not depend on that of the logs. */
	if (sample->count)
		qsort(sample->items, sample->count, sizeof(*sample->items), compare_items);
	if (!sample->met_count)
		return;
	qsort(sample->met, sample->met_count, sizeof(*sample->met), compare_met);
	size_t kept = 1;
	for (size_t i = 1; i < sample->met_count; i++)
		if (compare_met(&sample->met[i], &sample->met[kept - 1]) != 0)
			sample->met[kept++] = sample->met[i];
	sample->met_count = kept;
}

/* Index of the first row of `formulation` or a larger one. */
static size_t first_of(const struct rph_sample *sample, uint64_t formulation)
{
	size_t low = 0, high = sample->met_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sample->met[middle].formulation < formulation)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t rph_sample_meaning(const struct rph_sample *sample, uint64_t formulation)
{
	size_t all = 0, run = 0, most = 0;
	uint64_t goal = 0;
	const struct rph_met *met = sample->met;
	for (size_t i = first_of(sample, formulation);
	     i < sample->met_count && met[i].formulation == formulation; i++) {
		run = all > 0 && met[i].goal == met[i - 1].goal ? run + 1 : 1;
		all++;
		if (run > most) {
			most = run;
			goal = met[i].goal;
		}
	}
	return most >= RPH_MEANT_USERS && most * 100 >= all * RPH_MEANT_PERCENT ? goal : 0;
}

void rph_sample_free(struct rph_sample *sample)
{
	free(sample->items);
	free(sample->met);
	*sample = (struct rph_sample){0};
}
