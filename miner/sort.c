/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/text.h"

enum { BUCKETS = 64, BUCKET_SHIFT = 32 - 6, SMALL = 16, MEDIUM = 256, DIGIT = 256 };

static void sort_by_insertion(uint32_t *values, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint32_t value = values[i];
		size_t at = i;
		for (; at > 0 && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

/* Hashes spread evenly: after one pass over their top bits hardly anything is out of place. */
static void sort_by_buckets(uint32_t *values, size_t count, uint32_t *scratch)
{
	uint16_t start[BUCKETS] = {0};
	for (size_t i = 0; i < count; i++)
		start[values[i] >> BUCKET_SHIFT]++;
	uint16_t sum = 0;
	for (int i = 0; i < BUCKETS; i++) {
		uint16_t size = start[i];
		start[i] = sum;
		sum = (uint16_t)(sum + size);
	}
	for (size_t i = 0; i < count; i++)
		scratch[start[values[i] >> BUCKET_SHIFT]++] = values[i];
	memcpy(values, scratch, count * sizeof(*values));
	sort_by_insertion(values, count);
}

/* Four passes of eight bits: linear even for values chosen to be awkward. */
static void sort_by_radix(uint32_t *values, size_t count, uint32_t *scratch)
{
	uint32_t *from = values, *to = scratch;
	for (int shift = 0; shift < 32; shift += 8) {
		size_t start[DIGIT] = {0}, sum = 0;
		for (size_t i = 0; i < count; i++)
			start[from[i] >> shift & 0xFF]++;
		for (int i = 0; i < DIGIT; i++) {
			size_t size = start[i];
			start[i] = sum;
			sum += size;
		}
		for (size_t i = 0; i < count; i++)
			to[start[from[i] >> shift & 0xFF]++] = from[i];
		uint32_t *swap = from;
		from = to;
		to = swap;
	}
}

void rph_sort_u32(uint32_t *values, size_t count, uint32_t *scratch)
{
	if (count <= SMALL)
		sort_by_insertion(values, count);
	else if (count <= MEDIUM)
		sort_by_buckets(values, count, scratch);
	else
		sort_by_radix(values, count, scratch);
}
