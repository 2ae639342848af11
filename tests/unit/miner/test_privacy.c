/* SPDX-License-Identifier: Apache-2.0
 *
 * test_privacy.c - thresholds and probabilities of the formulas, budgets, and noise that is noise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "miner/privacy.h"

static struct rph_privacy_params params_of(uint32_t epsilon, uint16_t max_items)
{
	return (struct rph_privacy_params){epsilon * 1000, 6, max_items};
}

static void thresholds_are_those_of_the_formula(void **state)
{
	static const struct {
		uint32_t epsilon;
		uint16_t max_items;
		double rho;
	} rows[] = {{1, 1, 14.1}, {2, 1, 7.6}, {4, 1, 4.3}, {1, 5, 14.9}, {1, 20, 16.2}};
	(void)state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(rows); i++) {
		struct rph_privacy_params params = params_of(rows[i].epsilon, rows[i].max_items);
		assert_true(fabs(rph_privacy_threshold(&params) - rows[i].rho) < 0.05);
	}
	for (uint16_t exponent = 1; exponent <= 15; exponent++) {
		struct rph_privacy_params params = {1500, exponent, 20};
		double most = 0.0;
		for (int t = 1; t <= 20; t++) {
			double share = -expm1(log1p(-pow(10.0, -exponent)) / t);
			most = fmax(most, 1.0 / t + log(1.0 / (2.0 * share)) / 1.5);
		}
		assert_true(fabs(rph_privacy_threshold(&params) - most) < 1e-9);
	}
}

static uint64_t mixed(uint64_t number)
{
	struct rph_id id = {{(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16)}};
	static const uint8_t key[16] = {7};
	return rph_privacy_bits(key, &id, &id, 0);
}

/* P(release) by users, epsilon and 10^-6, as the noise function itself makes it. */
static void an_item_is_released_as_often_as_the_formula_says(void **state)
{
	static const struct {
		uint32_t epsilon;
		double users, probability;
	} rows[] = {{1, 5, 0.0001}, {1, 8, 0.001}, {1, 10, 0.008}, {1, 15, 0.79}, {1, 20, 0.9986},
		    {2, 5, 0.003},  {2, 8, 0.79},  {2, 10, 0.996}, {4, 5, 0.97},  {4, 8, 1.0}};
	enum { DRAWS = 40000 };
	(void)state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(rows); i++) {
		struct rph_privacy_params params = params_of(rows[i].epsilon, 1);
		unsigned released = 0;
		for (uint64_t draw = 0; draw < DRAWS; draw++)
			released += rph_privacy_releases(&params, rows[i].users, mixed(draw));
		double share = (double)released / DRAWS, p = rows[i].probability;
		assert_true(fabs(share - p) < 0.006 + 4.0 * sqrt(p * (1.0 - p) / DRAWS));
	}
}

static void the_noise_is_laplace(void **state)
{
	enum { DRAWS = 40000 };
	double sum = 0.0, absolute = 0.0;
	unsigned beyond = 0;
	(void)state;
	for (uint64_t draw = 0; draw < DRAWS; draw++) {
		double noise = rph_privacy_noise(mixed(draw));
		sum += noise;
		absolute += fabs(noise);
		beyond += fabs(noise) > 3.0;
	}
	assert_true(fabs(sum / DRAWS) < 0.03);
	assert_true(fabs(absolute / DRAWS - 1.0) < 0.03);
	assert_true(fabs((double)beyond / DRAWS - exp(-3.0)) < 0.006);
	assert_true(rph_privacy_noise(0) > -45.0 && rph_privacy_noise(0) < -30.0);
	assert_true(rph_privacy_noise(UINT64_MAX) > 30.0 && rph_privacy_noise(UINT64_MAX) < 45.0);
}

static void nobody_gives_more_than_one(void **state)
{
	enum { ITEMS = 50, GIFTS = 60 };
	(void)state;
	srandom(4);
	for (int round = 0; round < 300; round++) {
		struct rph_privacy_params params = params_of(2, (uint16_t)(1 + random() % 12));
		struct rph_privacy_gift gifts[GIFTS];
		double weights[ITEMS], sum = 0.0;
		unsigned touched = 0;
		for (size_t i = 0; i < GIFTS; i++)
			gifts[i] = (struct rph_privacy_gift){9, (uint32_t)random() % ITEMS};
		rph_privacy_weigh(&params, gifts, GIFTS, weights, ITEMS);
		for (size_t i = 0; i < ITEMS; i++) {
			sum += weights[i];
			touched += weights[i] > 0.0;
		}
		assert_true(fabs(sum - 1.0) < 1e-6);
		assert_int_equal(touched, params.max_items);
	}
}

static void a_full_item_leaves_the_rest_to_others(void **state)
{
	enum { USERS = 200 };
	struct rph_privacy_params params = params_of(2, 2);
	struct rph_privacy_gift gifts[2 * USERS];
	double weights[3], cutoff = rph_privacy_threshold(&params) + 1.0;
	(void)state;
	/* Everybody says item 0; the first ten say item 1 too, the others item 2. */
	for (uint64_t user = 0; user < USERS; user++) {
		gifts[2 * user] = (struct rph_privacy_gift){user + 1, 0};
		gifts[2 * user + 1] = (struct rph_privacy_gift){user + 1, user < 10 ? 1 : 2};
	}
	rph_privacy_weigh(&params, gifts, 2 * USERS, weights, 3);
	assert_true(fabs(weights[0] - cutoff) < 1e-6);
	assert_true(fabs(weights[1] - 5.0) < 1e-6);
	assert_true(fabs(weights[2] - cutoff) < 1e-6);
}

static void the_order_of_the_gifts_does_not_matter(void **state)
{
	enum { ITEMS = 20, GIFTS = 300 };
	struct rph_privacy_params params = params_of(1, 4);
	(void)state;
	srandom(5);
	struct rph_privacy_gift gifts[GIFTS], mixed_up[GIFTS];
	double weights[ITEMS], other[ITEMS];
	for (size_t i = 0; i < GIFTS; i++)
		gifts[i] = (struct rph_privacy_gift){(uint64_t)random() % 40 + 1,
						     (uint32_t)random() % ITEMS};
	for (size_t i = 0; i < GIFTS; i++)
		mixed_up[(i * 7) % GIFTS] = gifts[i];
	rph_privacy_weigh(&params, gifts, GIFTS, weights, ITEMS);
	rph_privacy_weigh(&params, mixed_up, GIFTS, other, ITEMS);
	assert_memory_equal(weights, other, sizeof(weights));
}

static void the_noise_belongs_to_item_publication_and_key(void **state)
{
	const uint8_t key[16] = {1}, other[16] = {2};
	const struct rph_id a = {{1}}, b = {{2}};
	(void)state;
	uint64_t bits = rph_privacy_bits(key, &a, &b, 5);
	assert_true(bits == rph_privacy_bits(key, &a, &b, 5));
	assert_true(bits != rph_privacy_bits(key, &b, &a, 5));
	assert_true(bits != rph_privacy_bits(key, &a, &b, 6));
	assert_true(bits != rph_privacy_bits(other, &a, &b, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thresholds_are_those_of_the_formula),
		cmocka_unit_test(an_item_is_released_as_often_as_the_formula_says),
		cmocka_unit_test(the_noise_is_laplace),
		cmocka_unit_test(nobody_gives_more_than_one),
		cmocka_unit_test(a_full_item_leaves_the_rest_to_others),
		cmocka_unit_test(the_order_of_the_gifts_does_not_matter),
		cmocka_unit_test(the_noise_belongs_to_item_publication_and_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
