/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "miner/log2.h"

static void powers_of_two_are_exact(void **state)
{
	(void)state;
	for (int i = -1000; i <= 1000; i++) {
		assert_true(rph_exp2(i) == ldexp(1.0, i));
		assert_true(rph_log2(ldexp(1.0, i)) == i);
	}
}

static void logarithms_agree_with_the_library_to_the_promised_digits(void **state)
{
	(void)state;
	for (double x = 1e-300; x < 1e300; x *= 1.37) {
		double wanted = log2(x), scale = fabs(wanted) > 1.0 ? fabs(wanted) : 1.0;
		assert_true(fabs(rph_log2(x) - wanted) <= 1e-15 * scale);
	}
	for (double x = 0.5; x < 2.0; x += 1e-4)
		assert_true(fabs(rph_log2(x) - log2(x)) <= 1e-15);
}

static void powers_agree_with_the_library_to_the_promised_digits(void **state)
{
	(void)state;
	for (double x = -1000.0; x <= 1000.0; x += 0.317)
		assert_true(fabs(rph_exp2(x) / exp2(x) - 1.0) <= 1e-14);
}

static void factorials_agree_with_the_gamma_function(void **state)
{
	(void)state;
	for (uint64_t n = 2; n < UINT64_C(1) << 40; n += n / 3 + 1) {
		double wanted = (double)(lgammal((long double)n + 1.0L) / logl(2.0L));
		assert_true(fabs(rph_log2_factorial(n) / wanted - 1.0) <= 1e-14);
	}
	assert_true(rph_log2_factorial(0) == 0.0 && rph_log2_factorial(1) == 0.0);
}

static void binomials_follow_the_rule_of_pascal(void **state)
{
	(void)state;
	for (uint64_t n = 2; n < 120; n++) {
		for (uint64_t k = 1; k < n; k++) {
			double above = rph_exp2(rph_log2_choose(n - 1, k - 1)) +
				       rph_exp2(rph_log2_choose(n - 1, k));
			assert_true(fabs(rph_exp2(rph_log2_choose(n, k)) / above - 1.0) < 1e-11);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(powers_of_two_are_exact),
		cmocka_unit_test(logarithms_agree_with_the_library_to_the_promised_digits),
		cmocka_unit_test(powers_agree_with_the_library_to_the_promised_digits),
		cmocka_unit_test(factorials_agree_with_the_gamma_function),
		cmocka_unit_test(binomials_follow_the_rule_of_pascal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
