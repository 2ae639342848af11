/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/log2.h"

enum { MANTISSA_BITS = 52, BIAS = 1023, EXACT_FACTORIALS = 32 };

static const double ln2 = 0x1.62e42fefa39efp-1;
static const double sqrt2 = 0x1.6a09e667f3bcdp+0;
static const double half_log2_2pi = 0x1.536439a4c6efcp+0; /* log2(2 pi) / 2 */

static uint64_t bits_of(double x)
{
	uint64_t bits;
	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static double of_bits(uint64_t bits)
{
	double x;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

/* ln((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + ...); |s| <= 0.172 here, so that 11 terms leave
 * less than 2^-60. */
static double ln_series(double s)
{
	double square = s * s, sum = 0.0;

	for (int i = 23; i >= 1; i -= 2)
		sum = sum * square + 1.0 / i;
	return 2.0 * s * sum;
}

double rph_log2(double x)
{
	uint64_t bits = bits_of(x);
	int exponent = (int)(bits >> MANTISSA_BITS) - BIAS;

	RPH_ASSERT(x > 0.0 && exponent > -BIAS && exponent <= BIAS);
	double mantissa = of_bits((bits & ((UINT64_C(1) << MANTISSA_BITS) - 1)) |
				  (uint64_t)BIAS << MANTISSA_BITS);
	if (mantissa > sqrt2) {
		mantissa /= 2.0;
		exponent++;
	}
	return exponent + ln_series((mantissa - 1.0) / (mantissa + 1.0)) / ln2;
}

double rph_exp2(double x)
{
	RPH_ASSERT(x >= -1000.0 && x <= 1000.0);
	int whole = (int)x;
	if (whole > x)
		whole--;
	/* e^y by its series around 0: y stays within ln(2)/2. */
	double rest = x - whole;
	if (rest > 0.5) {
		rest -= 1.0;
		whole++;
	}
	double y = rest * ln2, sum = 1.0;
	for (int i = 18; i >= 1; i--)
		sum = 1.0 + sum * y / i;
	return sum * of_bits((uint64_t)(whole + BIAS) << MANTISSA_BITS);
}

double rph_log2_factorial(uint64_t n)
{
	if (n < EXACT_FACTORIALS) {
		double product = 1.0;
		for (uint64_t i = 2; i <= n; i++)
			product *= (double)i;
		return rph_log2(product);
	}
	double x = (double)n, square = 1.0 / (x * x);
	/* 1/12 - 1/(360 n^2) + 1/(1260 n^4) - 1/(1680 n^6), over n */
	double series =
		(1.0 / 12.0 -
		 square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0)))) /
		x;
	return (x + 0.5) * rph_log2(x) + half_log2_2pi + (series - x) / ln2;
}

double rph_log2_choose(uint64_t n, uint64_t k)
{
	RPH_ASSERT(k <= n);
	return rph_log2_factorial(n) - rph_log2_factorial(k) - rph_log2_factorial(n - k);
}
