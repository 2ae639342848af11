/* SPDX-License-Identifier: Apache-2.0
 *
 * judge_fit.h - fits the judge's weights to labelled transitions, and measures them.
 *
 * The fit is logistic regression with an L2 penalty on the distance from the weights it starts with:
 * few rows change little, and a feature that the rows do not vary keeps its weight. Newton's method
 * (Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 2nd ed., 4.4.1); a step is
 * halved while it goes past the minimum along its direction. Only + - * / and square roots, in the
 * order of the rows: the same rows give the same weights on every machine.
 */
#ifndef RPH_MINER_JUDGE_FIT_H
#define RPH_MINER_JUDGE_FIT_H

#include "miner/judge.h"

struct rph_judge_example {
	struct rph_features features;
	uint64_t user;
	bool same; /* the later turn says the earlier one again */
};

/* Fits `ret` to examples[count], from `start`. `pull`: the penalty is half of this times the square
 * of each weight's change in logits; over 0. `held` NULL, or which features keep their weights. The bias is hardly held back. Weights stay within
 * RPH_JUDGE_WEIGHT_LIMIT. Returns 0, RPH_E_NO_MEMORY, or RPH_E_BAD_INPUT: it did not converge, a
 * larger pull would. */
int rph_judge_fit(const struct rph_judge_example *examples, size_t count,
		  const struct rph_judge_weights *start, double pull,
		  const bool held[RPH_FEATURE_COUNT], struct rph_judge_weights *ret) RPH_MUST_CHECK;

/* How p agrees with the truth. Shares in 0..1; 0 where there is nothing to divide by. */
struct rph_judge_figures {
	uint64_t examples, same;
	double average_precision; /* sum over the values of p, from the top: precision * recall gained */
	double precision, recall, f1; /* of p >= accept */
	double calibration_error; /* mean distance of p from the share of truth, over tenths of p */
	double squared_error;     /* mean (p - truth)^2: Brier's score */
};

void rph_judge_measure(const struct rph_judge_example *examples, size_t count,
		       const struct rph_judge_weights *weights, uint16_t accept,
		       struct rph_judge_figures *ret);

#endif
