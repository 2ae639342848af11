/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "miner/association.h"

static struct rph_association_result associate(uint64_t both, uint64_t left, uint64_t right,
					       uint64_t all)
{
	struct rph_association_result result = {0};
	struct rph_association table = {both, left, right, all};
	assert_true(rph_associate(&table, &result));
	return result;
}

static double probability(uint32_t evidence)
{
	return exp2(-(double)evidence / RPH_EVIDENCE_BIT);
}

static void meeting_less_often_than_expected_is_negative_and_no_evidence(void **state)
{
	(void)state;
	struct rph_association_result result = associate(3, 200, 2000, 10000);
	assert_int_equal(result.expected, 40 * 256);
	assert_true(fabs((double)result.signed_g2 / 256.0 + 67.3) < 0.05);
	assert_int_equal(result.evidence, 0);
}

static void small_counts_get_the_exact_tail_and_not_the_approximation(void **state)
{
	(void)state;
	struct rph_association_result result = associate(5, 20, 100, 10000);
	assert_true(fabs((double)result.signed_g2 / 256.0 - 24.1) < 0.05);
	assert_true(fabs(probability(result.evidence) - 1.2e-6) < 0.05e-6);
	result = associate(2, 5, 50, 10000);
	assert_true(fabs((double)result.signed_g2 / 256.0 - 14.6) < 0.05);
	assert_true(fabs(probability(result.evidence) - 2.4e-4) < 0.05e-4);
}

static double choose(unsigned n, unsigned k)
{
	double product = 1.0;
	for (unsigned i = 1; i <= k; i++)
		product = product * (n - k + i) / i;
	return product;
}

static void the_tail_is_the_sum_of_all_tables_at_least_as_extreme(void **state)
{
	(void)state;
	for (unsigned all = 1; all <= 24; all++) {
		for (unsigned left = 0; left <= all; left++) {
			unsigned right = (left * 7 + all) % (all + 1);
			unsigned least = left + right > all ? left + right - all : 0;
			double tail = 0.0;
			for (unsigned k = left < right ? left : right; k + 1 > least; k--) {
				struct rph_association_result result =
					associate(k, left, right, all);
				tail += choose(left, k) * choose(all - left, right - k) /
					choose(all, right);
				if (k * all > left * right)
					assert_true(fabs(-log2(tail) * 256.0 - result.evidence) <=
						    1.0);
				else
					assert_int_equal(result.evidence, 0);
				if (k == 0)
					break;
			}
		}
	}
}

static void source_and_target_may_change_places(void **state)
{
	(void)state;
	srandom(3);
	for (int i = 0; i < 500; i++) {
		uint64_t all = 1 + (uint64_t)random() % 100000;
		uint64_t left = (uint64_t)random() % (all + 1),
			 right = (uint64_t)random() % (all + 1);
		uint64_t least = left + right > all ? left + right - all : 0;
		uint64_t most = left < right ? left : right;
		uint64_t both = least + (uint64_t)random() % (most - least + 1);
		struct rph_association_result a = associate(both, left, right, all);
		struct rph_association_result b = associate(both, right, left, all);
		assert_true(llabs(a.signed_g2 - b.signed_g2) <= 1);
		assert_true(labs((long)a.evidence - (long)b.evidence) <= 1);
	}
}

static void another_meeting_never_weakens_the_evidence(void **state)
{
	(void)state;
	uint32_t last = 0;
	for (uint64_t both = 0; both <= 300; both++) {
		uint32_t evidence = associate(both, 300, 700, 50000).evidence;
		assert_true(evidence >= last);
		last = evidence;
	}
	assert_true(last > 1000 * RPH_EVIDENCE_BIT);
}

static void what_is_no_table_is_refused(void **state)
{
	(void)state;
	const struct rph_association wrong[] = {
		{0, 0, 0, 0}, {3, 2, 5, 10}, {3, 5, 2, 10}, {0, 11, 1, 10}, {1, 8, 8, 10},
	};
	struct rph_association_result untouched = {.evidence = 7};
	for (size_t i = 0; i < RPH_ARRAY_LEN(wrong); i++)
		assert_false(rph_associate(&wrong[i], &untouched));
	assert_int_equal(untouched.evidence, 7);
}

/* With a million tested at 5 %, a chance of 1.2e-6 needs 24 or 25 others as good, 2.4e-4 needs 4,800.
 */
static void a_weak_finding_needs_company(void **state)
{
	(void)state;
	uint32_t strong = associate(5, 20, 100, 10000).evidence;
	uint32_t weak = associate(2, 5, 50, 10000).evidence;
	uint32_t evidence[5000];
	for (size_t i = 0; i < 5000; i++)
		evidence[i] = strong;
	assert_int_equal(rph_fdr_kept(evidence, 24, 1000000, 50), 0);
	assert_int_equal(rph_fdr_kept(evidence, 25, 1000000, 50), 25);
	for (size_t i = 0; i < 5000; i++)
		evidence[i] = weak;
	assert_int_equal(rph_fdr_kept(evidence, 4800, 1000000, 50), 0);
	assert_int_equal(rph_fdr_kept(evidence, 4900, 1000000, 50), 4900);
}

static void the_largest_rank_that_passes_decides(void **state)
{
	(void)state;
	/* 1/1024 alone fails at 4 tested of 1 per mille, and so does its neighbour; two of 1/4096
	 * would pass at rank 2 even where rank 1 failed. */
	const uint32_t alone[] = {10 * 256}, pair[] = {11 * 256, 11 * 256};
	assert_int_equal(rph_fdr_kept(alone, 1, 4, 1), 0);
	assert_int_equal(rph_fdr_kept(pair, 2, 4, 1), 2);
	assert_int_equal(rph_fdr_kept(pair, 1, 4, 1), 0);
	assert_int_equal(rph_fdr_kept(pair, 0, 0, 50), 0);
	assert_int_equal(rph_fdr_threshold(1, 1024, 1000), 10 * 256);
}

static void chance_findings_are_seldom_kept(void **state)
{
	(void)state;
	/* Uniform p values: at 50 per mille some of 100 rounds keep something, most keep nothing. */
	size_t rounds_with_a_finding = 0;
	srandom(11);
	for (int round = 0; round < 100; round++) {
		uint32_t evidence[200];
		for (size_t i = 0; i < 200; i++) {
			double p = ((double)random() + 1.0) / 2147483648.0;
			evidence[i] = (uint32_t)(-log2(p) * 256.0);
		}
		for (size_t i = 1; i < 200; i++)
			for (size_t j = i; j > 0 && evidence[j - 1] < evidence[j]; j--) {
				uint32_t swap = evidence[j];
				evidence[j] = evidence[j - 1];
				evidence[j - 1] = swap;
			}
		rounds_with_a_finding += rph_fdr_kept(evidence, 200, 200, 50) > 0;
	}
	assert_true(rounds_with_a_finding <= 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meeting_less_often_than_expected_is_negative_and_no_evidence),
		cmocka_unit_test(small_counts_get_the_exact_tail_and_not_the_approximation),
		cmocka_unit_test(the_tail_is_the_sum_of_all_tables_at_least_as_extreme),
		cmocka_unit_test(source_and_target_may_change_places),
		cmocka_unit_test(another_meeting_never_weakens_the_evidence),
		cmocka_unit_test(what_is_no_table_is_refused),
		cmocka_unit_test(a_weak_finding_needs_company),
		cmocka_unit_test(the_largest_rank_that_passes_decides),
		cmocka_unit_test(chance_findings_are_seldom_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
