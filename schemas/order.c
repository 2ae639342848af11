/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/order.h"

#include <stdlib.h>

enum {
	DIGITS = 8,
	DIGIT_VALUES = 256,
	/* Four digits that differ tell apart nearly all of some ten thousand records; the few that
	 * are left cost less to compare than another pass over everything. */
	PASSES = 4,
	SHORT_RUN = 12,
};

struct comparison {
	rph_order_compare *compare;
	const void *context;
};

static unsigned digit_of(uint64_t prefix, unsigned digit)
{
	return (unsigned)(prefix >> (8 * digit)) & (DIGIT_VALUES - 1);
}

static bool is_constant(const uint32_t counts[DIGIT_VALUES], const struct rph_order *order,
			size_t count, unsigned digit)
{
	return counts[digit_of(order[0].prefix, digit)] == count;
}

/* Turns counts of digit values into the places where their runs start. */
static void start_places(uint32_t places[DIGIT_VALUES])
{
	uint32_t next = 0;
	for (unsigned value = 0; value < DIGIT_VALUES; value++) {
		uint32_t here = places[value];
		places[value] = next;
		next += here;
	}
}

/* Sorts by the highest digits in which the prefixes differ; returns the mask of the bits sorted by.
 */
static uint64_t sort_by_prefix(struct rph_order *order, struct rph_order *scratch, size_t count)
{
	uint32_t places[DIGITS][DIGIT_VALUES] = {0};
	unsigned chosen[PASSES], passes = 0;
	for (size_t i = 0; i < count; i++)
		for (unsigned digit = 0; digit < DIGITS; digit++)
			places[digit][digit_of(order[i].prefix, digit)]++;
	for (unsigned digit = DIGITS; digit > 0 && passes < PASSES; digit--)
		if (!is_constant(places[digit - 1], order, count, digit - 1))
			chosen[passes++] = digit - 1;
	struct rph_order *from = order, *to = scratch;
	for (unsigned pass = passes; pass > 0; pass--) {
		unsigned digit = chosen[pass - 1];
		start_places(places[digit]);
		for (size_t i = 0; i < count; i++)
			to[places[digit][digit_of(from[i].prefix, digit)]++] = from[i];
		struct rph_order *swap = from;
		from = to;
		to = swap;
	}
	if (from != order)
		memcpy(order, from, count * sizeof(*order));
	return passes == PASSES ? UINT64_MAX << (8 * chosen[PASSES - 1]) : UINT64_MAX;
}

static int compare_entries(const void *a, const void *b, void *context)
{
	const struct comparison *comparison = context;
	const struct rph_order *left = a, *right = b;
	if (left->prefix != right->prefix)
		return left->prefix < right->prefix ? -1 : 1;
	int order = comparison->compare(comparison->context, left->index, right->index);
	return order ? order : (left->index > right->index) - (left->index < right->index);
}

static void sort_run(struct rph_order *order, size_t count, struct comparison *comparison)
{
	if (count > SHORT_RUN) {
		qsort_r(order, count, sizeof(*order), compare_entries, comparison);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		struct rph_order entry = order[i];
		size_t at = i;
		for (; at > 0 && compare_entries(&order[at - 1], &entry, comparison) > 0; at--)
			order[at] = order[at - 1];
		order[at] = entry;
	}
}

void rph_order_sort(struct rph_order *order, struct rph_order *scratch, size_t count,
		    rph_order_compare *compare, const void *context)
{
	RPH_ASSERT(count <= UINT32_MAX);
	if (count < 2)
		return;
	struct comparison comparison = {compare, context};
	uint64_t mask = sort_by_prefix(order, scratch, count);
	for (size_t first = 0, end; first < count; first = end) {
		uint64_t sorted_by = order[first].prefix & mask;
		for (end = first + 1; end < count && (order[end].prefix & mask) == sorted_by;)
			end++;
		if (end - first > 1)
			sort_run(order + first, end - first, &comparison);
	}
}
