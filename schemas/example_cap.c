/* SPDX-License-Identifier: Apache-2.0
 *
 * example_cap.c - no intent may crowd out the others: the heaviest rows of each stay.
 */
#include <stdlib.h>

#include "schemas/example.h"

static int compare_labels(const struct rph_example *a, const struct rph_example *b)
{
	int order = rph_span_compare(a->locale, b->locale);
	if (!order)
		order = rph_span_compare(a->domain, b->domain);
	return order ? order : rph_span_compare(a->intent, b->intent);
}

static int by_label_and_weight(const void *left, const void *right)
{
	const struct rph_example *a = left, *b = right;
	int order = compare_labels(a, b);
	if (!order)
		order = (a->weight < b->weight) - (a->weight > b->weight);
	return order ? order : rph_example_compare(a, b);
}

static int by_file_order(const void *a, const void *b)
{
	return rph_example_compare(a, b);
}

size_t rph_examples_cap(struct rph_example *examples, size_t count, uint32_t most)
{
	size_t kept = 0;
	uint32_t rank = 0;

	if (most == 0 || count <= most)
		return count;
	qsort(examples, count, sizeof(*examples), by_label_and_weight);
	for (size_t i = 0; i < count; i++) {
		rank = i > 0 && compare_labels(&examples[i - 1], &examples[i]) == 0 ? rank + 1 : 0;
		examples[i].dropped = rank >= most;
	}
	for (size_t i = 0; i < count; i++)
		if (!examples[i].dropped)
			examples[kept++] = examples[i];
	qsort(examples, kept, sizeof(*examples), by_file_order);
	return kept;
}
