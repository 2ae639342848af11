/* SPDX-License-Identifier: Apache-2.0
 *
 * example.c - checks, order and cleaning of training rows.
 */
#include "schemas/example.h"

#include <stdlib.h>

#include "schemas/utf8.h"

static bool is_fit_character(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7F && point <= 0x9F))
		return false;
	if (point == 0x2028 || point == 0x2029)
		return false;
	return (point & 0xFFFE) != 0xFFFE && !(point >= 0xFDD0 && point <= 0xFDEF);
}

bool rph_example_text_is_fit(struct rph_span text)
{
	size_t characters = 0;

	if (text.len == 0 || text.len > RPH_EXAMPLE_MAX_TEXT_BYTES)
		return false;
	for (size_t at = 0; at < text.len; characters++) {
		uint32_t point = 0;
		size_t bytes = rph_utf8_character(text.ptr + at, text.len - at, &point);
		if (bytes == 0 || !is_fit_character(point))
			return false;
		at += bytes;
	}
	return characters >= 2;
}

bool rph_example_slots_are_fit(const struct rph_example *example)
{
	size_t characters = rph_utf8_count(example->text);
	uint32_t end = 0;

	for (uint32_t i = 0; i < example->slot_count; i++) {
		const struct rph_example_slot *slot = &example->slots[i];
		if (slot->start < end || slot->end <= slot->start || slot->end > characters)
			return false;
		end = slot->end;
	}
	return true;
}

static int compare_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int compare_slots(const struct rph_example *a, const struct rph_example *b)
{
	uint32_t count = a->slot_count < b->slot_count ? a->slot_count : b->slot_count;

	for (uint32_t i = 0; i < count; i++) {
		const struct rph_example_slot *x = &a->slots[i], *y = &b->slots[i];
		int order = compare_u32(x->start, y->start);
		if (!order)
			order = compare_u32(x->end, y->end);
		if (!order)
			order = rph_span_compare(x->name, y->name);
		if (!order)
			order = rph_span_compare(x->value, y->value);
		if (order)
			return order;
	}
	return compare_u32(a->slot_count, b->slot_count);
}

static int compare_intents(const struct rph_example *a, const struct rph_example *b)
{
	int order = rph_span_compare(a->domain, b->domain);
	return order ? order : rph_span_compare(a->intent, b->intent);
}

/* Everything that makes two rows say the same. */
static int compare_labels(const struct rph_example *a, const struct rph_example *b)
{
	int order = rph_span_compare(a->locale, b->locale);
	if (!order)
		order = rph_span_compare(a->text, b->text);
	if (!order)
		order = compare_intents(a, b);
	return order ? order : compare_slots(a, b);
}

int rph_example_compare(const struct rph_example *a, const struct rph_example *b)
{
	int order = compare_labels(a, b);
	if (!order)
		order = compare_u32(b->weight, a->weight);
	if (!order)
		order = rph_span_compare(a->source, b->source);
	return order ? order : rph_span_compare(a->target, b->target);
}

static int by_label(const void *a, const void *b)
{
	return rph_example_compare(a, b);
}

static int by_source(const void *a, const void *b)
{
	const struct rph_example *x = a, *y = b;
	return rph_span_compare(x->source, y->source);
}

static int by_text(const void *a, const void *b)
{
	const struct rph_example *x = a, *y = b;
	return rph_span_compare(x->text, y->text);
}

static void drop_two_intents(struct rph_example *examples, size_t count,
			     int (*same)(const void *, const void *))
{
	qsort(examples, count, sizeof(*examples), same);
	for (size_t start = 0; start < count;) {
		bool conflict = false;
		size_t end = start;
		for (; end < count && same(&examples[start], &examples[end]) == 0; end++)
			conflict |= compare_intents(&examples[start], &examples[end]) != 0;
		for (; start < end; start++)
			examples[start].dropped |= conflict;
	}
}

size_t rph_examples_clean(struct rph_example *examples, size_t count, uint64_t *ret_two_intents)
{
	size_t kept = 0;

	*ret_two_intents = 0;
	if (count == 0)
		return 0;
	drop_two_intents(examples, count, by_source);
	drop_two_intents(examples, count, by_text);
	qsort(examples, count, sizeof(*examples), by_label);
	for (size_t i = 0; i < count; i++) {
		*ret_two_intents += examples[i].dropped;
		/* The heavier of equal rows comes first. */
		if (examples[i].dropped ||
		    (kept && compare_labels(&examples[kept - 1], &examples[i]) == 0))
			continue;
		examples[kept++] = examples[i];
	}
	return kept;
}
