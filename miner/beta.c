/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/beta.h"

#include <math.h>

#include "miner/log2.h"
#include "miner/promote.h"

/* Parameters of A and B: counts plus one. */
struct parameters {
	uint64_t a, b, c, d;
};

/* The sum over c. Its first terms may be far too small for a double although the sum is not, so
 * terms and sum share an exponent of their own. */
static double sum_over_c(struct parameters p)
{
	const double step = 0x1p256;
	/* The product t_0 telescopes into factorials: no loop over d. */
	double start = rph_log2_factorial(p.b + p.d - 1) - rph_log2_factorial(p.b - 1) +
		       rph_log2_factorial(p.a + p.b - 1) - rph_log2_factorial(p.a + p.b + p.d - 1);
	int steps = (int)(start / 256.0);
	double term = rph_exp2(start - 256.0 * steps), sum = 0.0;

	for (uint64_t i = 0; i < p.c; i++) {
		sum += term;
		term *= (double)(p.a + i) / (double)(p.a + p.b + p.d + i) * (double)(p.d + i) /
			(double)(1 + i);
		if (term > step) {
			term /= step;
			sum /= step;
			steps++;
		}
	}
	for (; steps < 0 && sum > 0.0; steps++)
		sum /= step;
	return sum;
}

/* Phi(z) in per mille from the quantile table; z >= 0. */
static uint16_t normal_share(double z)
{
	uint16_t low = 500, high = 999;

	while (low < high) {
		uint16_t middle = (uint16_t)((low + high + 1) / 2);
		if (rph_normal_quantile(middle) <= z)
			low = middle;
		else
			high = (uint16_t)(middle - 1);
	}
	/* The table ends at 999; four deviations out nothing is left to round. */
	return low == 999 && z >= 4.0 ? 1000 : low;
}

static uint16_t by_normal(struct parameters p)
{
	double n = (double)(p.a + p.b), m = (double)(p.c + p.d);
	double first = (double)p.a / n, second = (double)p.c / m;
	double spread = sqrt(first * (1.0 - first) / n + second * (1.0 - second) / m);
	double z = (second - first) / spread;

	return z >= 0.0 ? normal_share(z) : (uint16_t)(1000 - normal_share(-z));
}

static uint16_t per_mille(double share)
{
	return share >= 1.0 ? 1000 : (uint16_t)((share * 2000.0 + 1.0) / 2.0);
}

uint16_t rph_beta_better(struct rph_trials a, struct rph_trials b)
{
	struct parameters p = {
		(uint64_t)a.wins + 1,
		(uint64_t)a.losses + 1,
		(uint64_t)b.wins + 1,
		(uint64_t)b.losses + 1,
	};
	/* B > A is also "1 - A > 1 - B", and not "A > B": four sums, of a, b, c or d terms. */
	const struct parameters over_a = {p.c, p.d, p.a, p.b}, over_b = {p.d, p.c, p.b, p.a},
				over_d = {p.b, p.a, p.d, p.c};
	uint64_t least = p.a;
	least = p.b < least ? p.b : least;
	least = p.c < least ? p.c : least;
	least = p.d < least ? p.d : least;

	if (least > RPH_BETA_EXACT_MAX)
		return by_normal(p);
	if (least == p.c)
		return per_mille(sum_over_c(p));
	if (least == p.a)
		return (uint16_t)(1000 - per_mille(sum_over_c(over_a)));
	if (least == p.b)
		return per_mille(sum_over_c(over_b));
	return (uint16_t)(1000 - per_mille(sum_over_c(over_d)));
}
