/* SPDX-License-Identifier: Apache-2.0
 *
 * random.h - seeded pseudo-random numbers for synthetic data: the same seed, the same bytes, on
 * every machine. Integers only: no libm result ever decides what is generated.
 *
 * The generator is xoshiro256**, seeded by splitmix64, both written from the published descriptions
 * (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018; Steele, Lea and
 * Flood, "Fast splittable pseudorandom number generators", 2014). Not for secrets.
 */
#ifndef RPH_REPLAY_RANDOM_H
#define RPH_REPLAY_RANDOM_H

#include "schemas/base.h"

struct rph_random {
	uint64_t state[4];
};

/* splitmix64's step as a hash: a bijection of 64 bits in which every input bit matters. */
static inline uint64_t rph_mix(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

/* A hash of two numbers; nest it for more. Order matters. */
static inline uint64_t rph_mix2(uint64_t a, uint64_t b)
{
	return rph_mix(rph_mix(a) ^ b);
}

static inline void rph_random_seed(struct rph_random *random, uint64_t seed)
{
	for (unsigned i = 0; i < RPH_ARRAY_LEN(random->state); i++)
		random->state[i] = rph_mix2(seed, i);
}

static inline uint64_t rph_random_next(struct rph_random *random)
{
	uint64_t *s = random->state;
	uint64_t scaled = s[1] * 5;
	uint64_t result = (scaled << 7 | scaled >> 57) * 9;
	uint64_t shifted = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = s[3] << 45 | s[3] >> 19;
	return result;
}

/* 0 <= result < bound, bound >= 1. The bias of the multiplication is below bound / 2^32. */
static inline uint32_t rph_random_below(struct rph_random *random, uint32_t bound)
{
	return (uint32_t)(((rph_random_next(random) >> 32) * bound) >> 32);
}

/* low <= result <= high. */
static inline int64_t rph_random_between(struct rph_random *random, int64_t low, int64_t high)
{
	return low + rph_random_below(random, (uint32_t)(high - low + 1));
}

/* True `per_mille` times in a thousand. */
static inline bool rph_random_chance(struct rph_random *random, unsigned per_mille)
{
	return rph_random_below(random, 1000) < per_mille;
}

/* Sums of 720720 / (rank + 1), which are exact up to 16 ranks: Zipf's law with exponent 1. */
static const uint32_t rph_zipf_sums[16] = {
	720720,  1081080, 1321320, 1501500, 1645644, 1765764, 1868724, 1958814,
	2038894, 2110966, 2176486, 2236546, 2291986, 2343466, 2391514, 2436559,
};

/* The rank in 0..count-1 that a uniform `draw` of 32 bits falls on; 1 <= count <= 16. */
static inline unsigned rph_zipf_rank(uint32_t draw, unsigned count)
{
	uint32_t at = (uint32_t)(((uint64_t)draw * rph_zipf_sums[count - 1]) >> 32);
	unsigned rank = 0;
	while (at >= rph_zipf_sums[rank])
		rank++;
	return rank;
}

static inline unsigned rph_random_zipf(struct rph_random *random, unsigned count)
{
	return rph_zipf_rank((uint32_t)(rph_random_next(random) >> 32), count);
}

#endif
