/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.h - is the later turn the earlier one said again?
 *
 * A logistic model over the features of feature.def. Its weights are the table judge_weights.def,
 * integers in 1/1024 of a logit per 1024 of a feature; the table names the command that fitted it
 * and the data. A deployment may have others, fitted to its own logs (judge_fit.h). p is quantised to 1/256 by comparing the logit with a table of thresholds, so no
 * floating-point function decides anything.
 */
#ifndef RPH_MINER_JUDGE_H
#define RPH_MINER_JUDGE_H

#include "miner/feature.h"
#include "schemas/edge.h"

struct rph_judgement {
	enum rph_edge type;
	uint16_t p;    /* P(same goal said again), 1/256; 1..255 */
	bool accepted; /* p >= params->accept */
	uint32_t distance;
	rph_time_ms gap;
	struct rph_features features;
};

/* Log odds in 1/1024: bias + sum of weight * value / 1024. No weight is beyond the limit, so that no
 * sum overflows. */
#define RPH_JUDGE_WEIGHT_LIMIT (1 << 20)
struct rph_judge_weights {
	int32_t bias;
	int32_t weight[RPH_FEATURE_COUNT];
};

/* judge_weights.def. */
extern const struct rph_judge_weights rph_judge_standard_weights;

/* p of features, in 1/256. `weights` NULL: the standard ones. */
uint16_t rph_judge_probability(const struct rph_judge_weights *weights,
			       const struct rph_features *features);

/* Judges one transition; `distance` and `around` as in rph_features_of(). Returns 0 or
 * RPH_E_NO_MEMORY. */
int rph_judge(const struct rph_comparer *comparer, const struct rph_turn_view *earlier,
	      const struct rph_turn_view *later, uint32_t distance,
	      const struct rph_surroundings *around, struct rph_judgement *ret) RPH_MUST_CHECK;

#endif
