/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/judge_fit.h"

#include <math.h>
#include <stdlib.h>

#include "schemas/error.h"

enum { SIZE = RPH_FEATURE_COUNT + 1, MAX_STEPS = 60, MAX_HALVINGS = 24, PARTS = 10, LEVELS = 256 };

static const double SMALLEST_STEP = 1e-7; /* logits; far below the rounding to 1/1024 */
static const double HELD = 1e15;          /* moves nothing by as much as 1/1024 */
static const double BIAS_PULL = 1e-3;     /* keeps the matrix definite when all rows agree */

/* What is being fitted: change[0] is the bias's. */
struct problem {
	const struct rph_judge_example *examples;
	size_t count;
	double *offsets; /* logit of each example before the change */
	double pull[SIZE];
	double change[SIZE];
	double gradient[SIZE]; /* of the penalised log likelihood, at `change` */
	double curvature[SIZE][SIZE];
	double lower[SIZE][SIZE];
	double step[SIZE];
};

/* exp(-x) for x >= 0 without libm, whose last bit differs between machines. */
static double exp_of_minus(double x)
{
	static const double log2_e = 1.4426950408889634, log_2 = 0.6931471805599453;
	if (x > 700)
		return 0;
	int halvings = (int)(x * log2_e);
	double rest = x - halvings * log_2, sum = 1;
	for (int i = 18; i > 0; i--)
		sum = 1 - rest * sum / i;
	while (halvings-- > 0)
		sum *= 0.5;
	return sum;
}

static double probability(double logit)
{
	double odds = exp_of_minus(logit < 0 ? -logit : logit);
	return logit < 0 ? odds / (1 + odds) : 1 / (1 + odds);
}

static double logit_of(const struct rph_judge_weights *weights, const struct rph_features *features)
{
	int64_t sum = (int64_t)weights->bias * RPH_FEATURE_ONE;
	for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++)
		sum += (int64_t)weights->weight[i] * features->value[i];
	return (double)sum / ((double)RPH_FEATURE_ONE * RPH_FEATURE_ONE);
}

static void row_of(const struct rph_features *features, double row[static SIZE])
{
	row[0] = 1;
	for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++)
		row[i + 1] = (double)features->value[i] / RPH_FEATURE_ONE;
}

static double product(const double *a, const double *b)
{
	double sum = 0;
	for (unsigned i = 0; i < SIZE; i++)
		sum += a[i] * b[i];
	return sum;
}

static void add_curvature(struct problem *problem, const double row[static SIZE], double weight)
{
	for (unsigned i = 0; i < SIZE; i++) {
		double part = weight * row[i];
		for (unsigned j = 0; part != 0 && j <= i; j++)
			problem->curvature[i][j] += part * row[j];
	}
}

/* Gradient at `change`, and the curvature when it is wanted. */
static void look(struct problem *problem, const double change[static SIZE], bool curvature)
{
	for (unsigned i = 0; i < SIZE; i++) {
		problem->gradient[i] = -problem->pull[i] * change[i];
		for (unsigned j = 0; curvature && j < SIZE; j++)
			problem->curvature[i][j] = i == j ? problem->pull[i] : 0;
	}
	for (size_t n = 0; n < problem->count; n++) {
		double row[SIZE];
		row_of(&problem->examples[n].features, row);
		double p = probability(problem->offsets[n] + product(change, row));
		double error = (problem->examples[n].same ? 1 : 0) - p;
		for (unsigned i = 0; i < SIZE; i++)
			problem->gradient[i] += error * row[i];
		if (curvature)
			add_curvature(problem, row, p * (1 - p));
	}
}

/* step = curvature^-1 * gradient, by Cholesky; the curvature is positive definite by the pull. */
static void solve(struct problem *problem)
{
	for (unsigned i = 0; i < SIZE; i++)
		for (unsigned j = 0; j <= i; j++) {
			double rest = problem->curvature[i][j];
			for (unsigned k = 0; k < j; k++)
				rest -= problem->lower[i][k] * problem->lower[j][k];
			problem->lower[i][j] = i == j ? sqrt(rest > 1e-12 ? rest : 1e-12)
						      : rest / problem->lower[j][j];
		}
	for (unsigned i = 0; i < SIZE; i++) {
		double rest = problem->gradient[i];
		for (unsigned k = 0; k < i; k++)
			rest -= problem->lower[i][k] * problem->step[k];
		problem->step[i] = rest / problem->lower[i][i];
	}
	for (unsigned i = SIZE; i-- > 0;) {
		double rest = problem->step[i];
		for (unsigned k = i + 1; k < SIZE; k++)
			rest -= problem->lower[k][i] * problem->step[k];
		problem->step[i] = rest / problem->lower[i][i];
	}
}

static double largest_of(const double values[static SIZE])
{
	double largest = 0;
	for (unsigned i = 0; i < SIZE; i++)
		largest = fabs(values[i]) > largest ? fabs(values[i]) : largest;
	return largest;
}

/* Goes along the step as far as the likelihood rises. The function is concave: where the slope along
 * the step is still positive, or no steeper downwards than it was upwards, nothing was lost. */
static bool go(struct problem *problem)
{
	double slope = product(problem->gradient, problem->step), scale = 1;
	for (int halvings = 0; halvings < MAX_HALVINGS; halvings++, scale /= 2) {
		double tried[SIZE];
		for (unsigned i = 0; i < SIZE; i++)
			tried[i] = problem->change[i] + scale * problem->step[i];
		look(problem, tried, false);
		if (product(problem->gradient, problem->step) < -slope)
			continue;
		memcpy(problem->change, tried, sizeof(tried));
		return true;
	}
	return false;
}

static int find_change(struct problem *problem)
{
	for (int steps = 0; steps < MAX_STEPS; steps++) {
		look(problem, problem->change, true);
		solve(problem);
		if (largest_of(problem->step) < SMALLEST_STEP)
			return 0;
		if (!go(problem))
			return RPH_E_BAD_INPUT;
	}
	return RPH_E_BAD_INPUT;
}

static int32_t changed(int32_t weight, double change)
{
	double value = floor(weight + change * RPH_FEATURE_ONE + 0.5);
	if (value > RPH_JUDGE_WEIGHT_LIMIT)
		return RPH_JUDGE_WEIGHT_LIMIT;
	return value < -RPH_JUDGE_WEIGHT_LIMIT ? -RPH_JUDGE_WEIGHT_LIMIT : (int32_t)value;
}

int rph_judge_fit(const struct rph_judge_example *examples, size_t count,
		  const struct rph_judge_weights *start, double pull,
		  const bool held[RPH_FEATURE_COUNT], struct rph_judge_weights *ret)
{
	struct problem *problem = calloc(1, sizeof(*problem));
	double *offsets = calloc(count ? count : 1, sizeof(*offsets));
	int err = problem && offsets ? 0 : RPH_E_NO_MEMORY;
	if (!err) {
		problem->examples = examples;
		problem->count = count;
		problem->offsets = offsets;
		for (unsigned i = 0; i < SIZE; i++)
			problem->pull[i] = !i ? BIAS_PULL : held && held[i - 1] ? HELD : pull;
		for (size_t n = 0; n < count; n++)
			offsets[n] = logit_of(start, &examples[n].features);
		err = find_change(problem);
	}
	if (!err) {
		ret->bias = changed(start->bias, problem->change[0]);
		for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++)
			ret->weight[i] = changed(start->weight[i], problem->change[i + 1]);
	}
	free(offsets);
	free(problem);
	return err;
}

/* ---- figures ------------------------------------------------------------------------------------
 */

/* How many examples have each p, and how many of them are the same. */
struct tally {
	uint64_t all[LEVELS], same[LEVELS];
};

static double ratio(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static void rank(const struct tally *tally, uint16_t accept, struct rph_judge_figures *ret)
{
	uint64_t taken = 0, right = 0, accepted = 0, found = 0;
	for (unsigned p = LEVELS; p-- > 0;) {
		taken += tally->all[p];
		right += tally->same[p];
		if (tally->same[p])
			ret->average_precision += (double)right / (double)taken *
						  (double)tally->same[p] / (double)ret->same;
		if (p >= accept) {
			accepted = taken;
			found = right;
		}
	}
	ret->precision = ratio((double)found, (double)accepted);
	ret->recall = ratio((double)found, (double)ret->same);
	ret->f1 = ratio(2 * (double)found, (double)(accepted + ret->same));
}

static void calibrate(const struct tally *tally, struct rph_judge_figures *ret)
{
	double sums[PARTS] = {0}, same[PARTS] = {0}, squares = 0, distance = 0;
	for (unsigned level = 0; level < LEVELS; level++) {
		double p = level / 256.0, all = (double)tally->all[level];
		double yes = (double)tally->same[level];
		sums[level * PARTS / LEVELS] += p * all;
		same[level * PARTS / LEVELS] += yes;
		squares += yes * (1 - p) * (1 - p) + (all - yes) * p * p;
	}
	for (unsigned i = 0; i < PARTS; i++)
		distance += fabs(sums[i] - same[i]);
	ret->squared_error = ratio(squares, (double)ret->examples);
	ret->calibration_error = ratio(distance, (double)ret->examples);
}

void rph_judge_measure(const struct rph_judge_example *examples, size_t count,
		       const struct rph_judge_weights *weights, uint16_t accept,
		       struct rph_judge_figures *ret)
{
	struct tally tally = {{0}, {0}};
	*ret = (struct rph_judge_figures){.examples = count};
	for (size_t n = 0; n < count; n++) {
		uint16_t p = rph_judge_probability(weights, &examples[n].features);
		tally.all[p]++;
		tally.same[p] += examples[n].same;
		ret->same += examples[n].same;
	}
	rank(&tally, accept, ret);
	calibrate(&tally, ret);
}
