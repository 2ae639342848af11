/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "miner/outcome_graph.h"

enum { MOST = 6 };

static struct rph_goal_weight weight(uint8_t goal, uint32_t users, uint64_t all_users)
{
	return (struct rph_goal_weight){{{goal}}, users, all_users};
}

static struct rph_goal_similarity plain(const struct rph_goal_weight *a, size_t a_count,
					const struct rph_goal_weight *b, size_t b_count)
{
	const struct rph_graph_params params = {0, 0};
	const struct rph_goal_profile first = {a, a_count}, second = {b, b_count};
	return rph_goal_compare(&params, &first, &second);
}

static void divergences_of_the_worked_examples(void **state)
{
	(void)state;
	const double a[] = {.9, .1}, b[] = {.8, .2}, c[] = {.1, .9}, d[] = {.6, .4}, e[] = {.4, .6};
	assert_true(fabs(rph_divergence(a, b, 2) - 0.014378) < 1e-6);
	assert_true(fabs(rph_divergence(a, c, 2) - 0.531004) < 1e-6);
	assert_true(fabs(rph_divergence(d, e, 2) - 0.029049) < 1e-6);
}

static void equal_profiles_do_not_diverge_and_strangers_diverge_wholly(void **state)
{
	(void)state;
	const struct rph_goal_weight a[] = {weight(1, 9, 9), weight(2, 1, 1)};
	const struct rph_goal_weight twice[] = {weight(1, 18, 27), weight(2, 2, 3)};
	const struct rph_goal_weight other[] = {weight(3, 10, 10)};
	assert_int_equal(plain(a, 2, twice, 2).divergence, 0);
	assert_int_equal(plain(a, 2, other, 1).divergence, RPH_GRAPH_ONE);
	assert_int_equal(plain(a, 2, other, 1).similarity, 0);
	assert_int_equal(plain(a, 2, NULL, 0).divergence, RPH_GRAPH_ONE);
}

static void few_users_are_little_evidence(void **state)
{
	(void)state;
	uint16_t last = 0;
	for (uint32_t users = 1; users < 70; users++) {
		const struct rph_goal_weight a[] = {weight(1, users, 100)};
		const struct rph_goal_weight b[] = {weight(1, 100, 100)};
		struct rph_goal_similarity result = plain(a, 1, b, 1);
		assert_int_equal(result.shared_users, users);
		if (users <= 10)
			assert_int_equal(result.similarity, 1024 - (1024 >> users));
		assert_true(result.similarity >= last);
		last = result.similarity;
	}
	assert_int_equal(last, RPH_GRAPH_ONE);
}

static size_t random_profile(struct rph_goal_weight *ret, const uint64_t all[MOST])
{
	size_t count = 0;
	for (uint8_t goal = 0; goal < MOST; goal++)
		if (random() % 2)
			ret[count++] = weight(goal, 1 + (uint32_t)random() % 20, all[goal]);
	return count;
}

/* The definition, over all goals there are. */
static double by_definition(const struct rph_goal_profile *a, const struct rph_goal_profile *b,
			    const uint64_t all[MOST], double pseudo)
{
	double p[MOST] = {0}, q[MOST] = {0}, total = 0.0, of_a = pseudo, of_b = pseudo;
	for (size_t i = 0; i < a->count; i++)
		of_a += p[a->goals[i].goal.bytes[0]] = a->goals[i].users;
	for (size_t i = 0; i < b->count; i++)
		of_b += q[b->goals[i].goal.bytes[0]] = b->goals[i].users;
	for (int i = 0; i < MOST; i++)
		total += (double)all[i];
	for (int i = 0; i < MOST; i++) {
		p[i] = (p[i] + pseudo * (double)all[i] / total) / of_a;
		q[i] = (q[i] + pseudo * (double)all[i] / total) / of_b;
	}
	return rph_divergence(p, q, MOST);
}

static void smoothing_over_the_goals_met_is_smoothing_over_all(void **state)
{
	(void)state;
	srandom(12);
	for (int round = 0; round < 500; round++) {
		uint64_t all[MOST], total = 0;
		for (int i = 0; i < MOST; i++)
			total += all[i] = 40 + (uint64_t)random() % 1000;
		struct rph_goal_weight left[MOST], right[MOST];
		struct rph_goal_profile a = {left, random_profile(left, all)};
		struct rph_goal_profile b = {right, random_profile(right, all)};
		struct rph_graph_params params = {1 + (uint32_t)random() % 5, total};
		if (a.count == 0 || b.count == 0)
			continue;
		struct rph_goal_similarity result = rph_goal_compare(&params, &a, &b);
		struct rph_goal_similarity back = rph_goal_compare(&params, &b, &a);
		double wanted = by_definition(&a, &b, all, params.pseudo_users) * RPH_GRAPH_ONE;
		assert_true(fabs(result.divergence - wanted) < 0.51);
		assert_int_equal(result.divergence, back.divergence);
		assert_int_equal(result.similarity, back.similarity);
		assert_int_equal(result.shared_users, back.shared_users);
	}
}

static void entropy_counts_the_meanings(void **state)
{
	(void)state;
	const struct rph_goal_weight even[] = {weight(1, 5, 5), weight(2, 5, 5), weight(3, 5, 5),
					       weight(4, 5, 5)};
	const struct rph_goal_weight skewed[] = {weight(1, 9, 9), weight(2, 1, 1)};
	const struct rph_goal_profile one = {even, 1}, two = {even, 2}, four = {even, 4},
				      nine = {skewed, 2}, none = {NULL, 0};
	assert_int_equal(rph_goal_entropy(&none), 0);
	assert_int_equal(rph_goal_entropy(&one), 0);
	assert_int_equal(rph_goal_entropy(&two), 1024);
	assert_int_equal(rph_goal_entropy(&four), 2048);
	assert_int_equal(rph_goal_entropy(&nine), 480); /* 0.468996 bit */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(divergences_of_the_worked_examples),
		cmocka_unit_test(equal_profiles_do_not_diverge_and_strangers_diverge_wholly),
		cmocka_unit_test(few_users_are_little_evidence),
		cmocka_unit_test(smoothing_over_the_goals_met_is_smoothing_over_all),
		cmocka_unit_test(entropy_counts_the_meanings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
