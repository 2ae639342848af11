/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "miner/beta.h"

static uint16_t better(uint32_t a_wins, uint32_t a_losses, uint32_t b_wins, uint32_t b_losses)
{
	return rph_beta_better((struct rph_trials){a_wins, a_losses},
			       (struct rph_trials){b_wins, b_losses});
}

static void nothing_seen_decides_nothing(void **state)
{
	(void)state;
	assert_int_equal(better(0, 0, 0, 0), 500);
}

/* Parameters are counts plus one: (4, 8, 9, 3) gives 0.985013438573810 and (31, 71, 51, 51) gives
 * 0.998020318743. */
static void the_worked_examples_come_out(void **state)
{
	(void)state;
	assert_int_equal(better(3, 7, 8, 2), 985);
	assert_int_equal(better(30, 70, 50, 50), 998);
}

/* Both densities integrated numerically over a grid, knowing nothing of the sum. */
static double integral(uint32_t aw, uint32_t al, uint32_t bw, uint32_t bl)
{
	enum { STEPS = 4000 };
	double below = 0.0, sum = 0.0, all_a = 0.0, all_b = 0.0;
	for (int i = 0; i < STEPS; i++) {
		double x = (i + 0.5) / STEPS;
		double a = exp(aw * log(x) + al * log(1.0 - x) - lgamma(aw + 1.0) -
			       lgamma(al + 1.0) + lgamma(aw + al + 2.0));
		double b = exp(bw * log(x) + bl * log(1.0 - x) - lgamma(bw + 1.0) -
			       lgamma(bl + 1.0) + lgamma(bw + bl + 2.0));
		all_a += a;
		all_b += b;
		sum += b * (below + a / 2.0);
		below += a;
	}
	return sum / all_a / all_b;
}

static void the_sum_is_the_integral(void **state)
{
	(void)state;
	srandom(20261120);
	for (int i = 0; i < 300; i++) {
		uint32_t most = 1u << (1 + i % 9);
		uint32_t aw = (uint32_t)random() % most, al = (uint32_t)random() % most;
		uint32_t bw = (uint32_t)random() % most, bl = (uint32_t)random() % most;
		double wanted = 1000.0 * integral(aw, al, bw, bl);
		assert_true(fabs(better(aw, al, bw, bl) - wanted) < 0.6);
	}
}

static void who_is_better_and_who_is_worse_add_up_to_certainty(void **state)
{
	(void)state;
	srandom(7);
	for (int i = 0; i < 3000; i++) {
		uint32_t most = 1u << (1 + i % 18);
		uint32_t aw = (uint32_t)random() % most, al = (uint32_t)random() % most;
		uint32_t bw = (uint32_t)random() % most, bl = (uint32_t)random() % most;
		assert_int_equal(better(aw, al, bw, bl) + better(bw, bl, aw, al), 1000);
		if (i % 3 == 0)
			assert_int_equal(better(aw, al, aw, al), 500);
	}
}

static void a_win_more_never_hurts(void **state)
{
	(void)state;
	srandom(8);
	for (int i = 0; i < 2000; i++) {
		uint32_t most = 1u << (1 + i % 12);
		uint32_t aw = (uint32_t)random() % most, al = (uint32_t)random() % most;
		uint32_t bw = (uint32_t)random() % most, bl = (uint32_t)random() % most;
		uint16_t now = better(aw, al, bw, bl);
		assert_true(better(aw, al, bw + 1, bl) >= now);
		assert_true(better(aw, al + 1, bw, bl) >= now);
		assert_true(better(aw, al, bw, bl + 1) <= now);
		assert_true(better(aw + 1, al, bw, bl) <= now);
	}
}

static void sum_and_approximation_meet(void **state)
{
	(void)state;
	const uint32_t edge = RPH_BETA_EXACT_MAX;
	for (uint32_t more = 0; more < 2000; more += 100) {
		/* The smallest of the four parameters just within and just beyond the limit. */
		int sum = better(edge - 1, 2 * edge, edge - 1 + more, 2 * edge);
		int approximation = better(edge, 2 * edge, edge + more, 2 * edge);
		assert_true(abs(sum - approximation) <= 1);
	}
}

static void a_million_trials_are_no_trouble(void **state)
{
	(void)state;
	assert_int_equal(better(500000, 500000, 500000, 500000), 500);
	assert_int_equal(better(500000, 500000, 510000, 490000), 1000);
	assert_int_equal(better(1000000, 0, 0, 1000000), 0);
	assert_int_equal(better(0, 4000000000, 4000000000, 0), 1000);
	/* Three of a million against ten of a million. */
	assert_in_range(better(3, 999997, 10, 999990), 960, 980);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_seen_decides_nothing),
		cmocka_unit_test(the_worked_examples_come_out),
		cmocka_unit_test(the_sum_is_the_integral),
		cmocka_unit_test(who_is_better_and_who_is_worse_add_up_to_certainty),
		cmocka_unit_test(a_win_more_never_hurts),
		cmocka_unit_test(sum_and_approximation_meet),
		cmocka_unit_test(a_million_trials_are_no_trouble),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
