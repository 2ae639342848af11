/* SPDX-License-Identifier: Apache-2.0
 *
 * evidence.h - random votes, turns and users for the tests of evidence: a seeded generator, so that
 * a failing case comes back.
 */
#ifndef RPH_TESTS_EVIDENCE_H
#define RPH_TESTS_EVIDENCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/delta.h"

struct random {
	uint64_t state;
};

/* splitmix64 */
static inline uint64_t random_u64(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static inline uint32_t random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)(random_u64(random) % bound);
}

/* Small numbers mostly, sometimes one that makes sums saturate. */
static inline uint32_t random_counter(struct random *random)
{
	if (random_below(random, 40) == 0)
		return UINT32_MAX - random_below(random, 3);
	return random_below(random, 4);
}

/* Spread over the whole range, as keyed hashes are; the same number gives the same user. */
static inline uint64_t user_number(uint32_t number)
{
	struct random random = {number};
	return random_u64(&random);
}

static inline struct rph_id id_number(uint32_t number)
{
	struct random random = {(number + UINT64_C(1)) << 32};
	struct rph_id id;
	for (int i = 0; i < 16; i++)
		id.bytes[i] = (uint8_t)random_u64(&random);
	return id;
}

static inline struct rph_usage_counts random_counts(struct random *random)
{
	return (struct rph_usage_counts){
		random_counter(random), random_counter(random), random_counter(random),
		random_counter(random), random_counter(random), random_counter(random),
		random_counter(random), random_counter(random),
	};
}

/* One turn: who, how it ended, and the bytes of the wording (encoded form is opaque to usage). */
struct turn {
	struct rph_usage_user user;
	struct rph_span wording;
};

static inline struct turn random_turn(struct random *random, uint32_t users)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	struct turn turn = {0};
	turn.user.user = user_number(random_below(random, users));
	turn.user.counts = random_counts(random);
	turn.user.days = (uint8_t)(1 << random_below(random, 7));
	/* Some turns have no wording. */
	if (random_below(random, 5))
		turn.wording = (struct rph_span){letters + random_below(random, 24), 2};
	turn.user.wording = turn.wording.len ? rph_wording_hash(turn.wording) : 0;
	return turn;
}

static inline void assert_same_counts(const struct rph_usage_counts *a,
				      const struct rph_usage_counts *b)
{
	assert_memory_equal(a, b, sizeof(*a)); /* eight counters, no padding */
}

static inline void assert_same_usage(const struct rph_usage *a, const struct rph_usage *b)
{
	assert_same_counts(&a->total, &b->total);
	assert_int_equal(a->days, b->days);
	assert_int_equal(a->more_users, b->more_users);
	assert_int_equal(a->user_count, b->user_count);
	for (uint32_t i = 0; i < a->user_count; i++) {
		assert_true(a->users[i].user == b->users[i].user);
		assert_same_counts(&a->users[i].counts, &b->users[i].counts);
		assert_int_equal(a->users[i].days, b->users[i].days);
		assert_true(a->users[i].wording == b->users[i].wording);
	}
	assert_int_equal(a->wording_count, b->wording_count);
	for (uint32_t i = 0; i < a->wording_count; i++) {
		assert_true(a->wordings[i].hash == b->wordings[i].hash);
		assert_true(rph_span_equal(a->wordings[i].encoded, b->wordings[i].encoded));
	}
}

/* What usage.h promises of every usage. */
static inline void assert_usage_is_sound(const struct rph_usage *usage)
{
	assert_true(usage->user_count <= RPH_USAGE_USERS);
	for (uint32_t i = 1; i < usage->user_count; i++)
		assert_true(usage->users[i - 1].user < usage->users[i].user);
	for (uint32_t i = 1; i < usage->wording_count; i++)
		assert_true(usage->wordings[i - 1].hash < usage->wordings[i].hash);
	for (uint32_t i = 0; i < usage->wording_count; i++) {
		bool named = false;
		for (uint32_t j = 0; j < usage->user_count; j++)
			named |= usage->users[j].wording == usage->wordings[i].hash;
		assert_true(named);
	}
	for (uint32_t i = 0; i < usage->user_count; i++) {
		bool found = usage->users[i].wording == 0;
		for (uint32_t j = 0; j < usage->wording_count; j++)
			found |= usage->users[i].wording == usage->wordings[j].hash;
		assert_true(found);
	}
}

#endif
