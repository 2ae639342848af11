/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/privacy.h"

#include <stdlib.h>
#include <xxhash.h>

#include "miner/log2.h"

static const double ln2 = 0x1.62e42fefa39efp-1;

static double epsilon_of(const struct rph_privacy_params *params)
{
	return params->epsilon / 1000.0;
}

double rph_privacy_threshold(const struct rph_privacy_params *params)
{
	double delta = 1.0, most = 0.0;

	RPH_ASSERT(params->epsilon >= 1 && params->max_items >= 1 && params->delta_exponent >= 1 &&
		   params->delta_exponent <= 15);
	for (unsigned i = 0; i < params->delta_exponent; i++)
		delta /= 10.0;
	for (unsigned t = 1; t <= params->max_items; t++) {
		/* 1 - (1 - delta)^(1/t) as its binomial series: the difference of two numbers near
		 * 1 would have no digits left. */
		double x = 1.0 / t, term = x * delta, share = term;
		for (unsigned k = 1; k < 40; k++) {
			term *= (k - x) / (k + 1.0) * delta;
			share += term;
		}
		double rho = x - ln2 * rph_log2(2.0 * share) / epsilon_of(params);
		most = rho > most ? rho : most;
	}
	return most;
}

static int compare_gifts(const void *left, const void *right)
{
	const struct rph_privacy_gift *a = left, *b = right;

	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	uint64_t x = XXH3_64bits_withSeed(&a->item, sizeof(a->item), a->user);
	uint64_t y = XXH3_64bits_withSeed(&b->item, sizeof(b->item), b->user);
	if (x != y)
		return x < y ? -1 : 1;
	return (a->item > b->item) - (a->item < b->item);
}

/* One user's weight of 1 over items that still take some: all of them rise alike, and what an item
 * that is full does not take goes to the others. */
static void give(const struct rph_privacy_gift *gifts, size_t count, double cutoff, double *weights)
{
	double budget = 1.0;

	for (size_t round = 0; round < count && budget > 1e-9; round++) {
		double least = cutoff;
		size_t open = 0;
		for (size_t i = 0; i < count; i++) {
			double gap = cutoff - weights[gifts[i].item];
			if (gap <= 1e-9)
				continue;
			open++;
			least = gap < least ? gap : least;
		}
		if (open == 0)
			return;
		double each = budget / (double)open;
		each = each < least ? each : least;
		for (size_t i = 0; i < count; i++)
			if (cutoff - weights[gifts[i].item] > 1e-9)
				weights[gifts[i].item] += each;
		budget -= each * (double)open;
	}
}

void rph_privacy_weigh(const struct rph_privacy_params *params, struct rph_privacy_gift *gifts,
		       size_t count, double *weights, size_t items)
{
	double cutoff = rph_privacy_threshold(params) + 2.0 / epsilon_of(params);

	for (size_t i = 0; i < items; i++)
		weights[i] = 0.0;
	if (count)
		qsort(gifts, count, sizeof(*gifts), compare_gifts);
	for (size_t first = 0, end; first < count; first = end) {
		size_t kept = first;
		for (end = first; end < count && gifts[end].user == gifts[first].user; end++) {
			RPH_ASSERT(gifts[end].item < items);
			bool again = kept > first && gifts[kept - 1].item == gifts[end].item;
			if (!again && kept - first < params->max_items)
				gifts[kept++] = gifts[end];
		}
		give(gifts + first, kept - first, cutoff, weights);
	}
}

double rph_privacy_noise(uint64_t bits)
{
	/* 52 bits and a half: never 0, never 1. */
	double uniform = ((double)(bits >> 12) + 0.5) * 0x1p-52;

	return uniform < 0.5 ? ln2 * rph_log2(2.0 * uniform)
			     : -ln2 * rph_log2(2.0 * (1.0 - uniform));
}

bool rph_privacy_releases(const struct rph_privacy_params *params, double weight, uint64_t bits)
{
	return weight + rph_privacy_noise(bits) / epsilon_of(params) >
	       rph_privacy_threshold(params);
}

uint64_t rph_privacy_bits(const uint8_t key[static 16], const struct rph_id *source,
			  const struct rph_id *target, uint64_t publication)
{
	char bytes[40];

	memcpy(bytes, source->bytes, 16);
	memcpy(bytes + 16, target->bytes, 16);
	for (unsigned i = 0; i < 8; i++)
		bytes[32 + i] = (char)(publication >> (8 * i));
	struct rph_id id = rph_id_of(key, (struct rph_span){bytes, sizeof(bytes)});
	return rph_id_prefix(&id);
}
