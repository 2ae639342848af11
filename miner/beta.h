/* SPDX-License-Identifier: Apache-2.0
 *
 * beta.h - which of two shares is the larger one, when both are only known from counts.
 *
 * A share of which `wins` successes and `losses` failures were seen, and nothing else is known, is
 * Beta(wins + 1, losses + 1) distributed. P(pB > pA) of two such shares with whole parameters a, b
 * and c, d is the finite sum of t_0 .. t_{c-1} with
 *
 *   t_0 = product over k < d of (b + k) / (a + b + k)
 *   t_{i+1} = t_i (a + i) / (a + b + d + i) * (d + i) / (1 + i)
 *
 * (E. Miller, Formulas for Bayesian A/B testing, 2015; the recurrence is the ratio of its terms).
 * The same share may be summed over any of the four parameters, so the smallest is taken.
 */
#ifndef RPH_MINER_BETA_H
#define RPH_MINER_BETA_H

#include "schemas/base.h"

struct rph_trials {
	uint32_t wins, losses;
};

/* Beyond so many of the rarest outcome the normal approximation answers: it is then within one per
 * mille of the sum, and nobody waits. */
#define RPH_BETA_EXACT_MAX 65536u

/* P(share of b > share of a) in per mille, rounded. 500 without any trials. Never falls when b wins
 * or a loses once more (over RPH_BETA_EXACT_MAX by at most one per mille), and
 * rph_beta_better(a, b) + rph_beta_better(b, a) == 1000. The figures are the same on every machine.
 * At most about 1 ms. */
uint16_t rph_beta_better(struct rph_trials a, struct rph_trials b);

#endif
