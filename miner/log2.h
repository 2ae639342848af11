/* SPDX-License-Identifier: Apache-2.0
 *
 * log2.h - logarithms and powers of two that have the same bits on every machine.
 *
 * libm does not promise its last bits, and a figure that is cut to an integer must not depend on
 * them. Everything here is made of + - * / on IEEE doubles and of the bits of a double, without
 * contraction (see cmake/flags.cmake). Errors are against the true value. Pure; any thread.
 */
#ifndef RPH_MINER_LOG2_H
#define RPH_MINER_LOG2_H

#include "schemas/base.h"

/* x positive, finite and not subnormal. Error below 1e-15 of max(1, |result|). The powers of two
 * are exact. */
double rph_log2(double x);

/* 2^x for x in [-1000, 1000]; relative error below 1e-14. Whole x are exact. */
double rph_exp2(double x);

/* log2(n!) for n up to 2^53, by products below 32 and Stirling's series (J. Stirling, 1730) above.
 * Relative error below 1e-14. */
double rph_log2_factorial(uint64_t n);

/* log2 of "n choose k", k <= n. The absolute error grows with n: 1e-8 at n = 10^6. */
double rph_log2_choose(uint64_t n, uint64_t k);

#endif
