/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/judge.h"

#include "schemas/error.h"

/* Two texts that look or sound this much alike were meant to be the same words: a repair. */
enum { REPAIR_LOOKS = 640, REPAIR_SOUNDS = 800, CORRECTION_LOOKS = 512 };

const struct rph_judge_weights rph_judge_standard_weights = {
	.bias = 0
#define RPH_JUDGE_BIAS(value) +(value)
#define RPH_JUDGE_WEIGHT(feature, value)
#include "miner/judge_weights.def"
#undef RPH_JUDGE_BIAS
#undef RPH_JUDGE_WEIGHT
	,
	.weight =
		{
#define RPH_JUDGE_BIAS(value)
#define RPH_JUDGE_WEIGHT(feature, value) [RPH_FEATURE_##feature] = (value),
#include "miner/judge_weights.def"
#undef RPH_JUDGE_BIAS
#undef RPH_JUDGE_WEIGHT
		},
};

/* thresholds[k - 2] is the smallest logit with p >= k/256; p is never 0 nor 1. */
static const int32_t thresholds[] = {
#define RPH_SIGMOID(k, logit) (logit),
#include "miner/sigmoid.def"
#undef RPH_SIGMOID
};

uint16_t rph_judge_probability(const struct rph_judge_weights *weights,
			       const struct rph_features *features)
{
	if (!weights)
		weights = &rph_judge_standard_weights;
	int64_t sum = 0;
	for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++)
		sum += (int64_t)weights->weight[i] * features->value[i];
	int64_t logit = weights->bias + sum / RPH_FEATURE_ONE;
	unsigned low = 0, high = RPH_ARRAY_LEN(thresholds);
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (logit >= thresholds[middle])
			low = middle + 1;
		else
			high = middle;
	}
	return (uint16_t)(low + 1);
}

/* The type follows from p: what is the same goal, and in which way; or how the goals differ. */
static enum rph_edge edge_type(const struct rph_features *features, bool accepted)
{
	const uint16_t *value = features->value;
	bool looks_alike = value[RPH_FEATURE_edit_similarity] >= REPAIR_LOOKS ||
			   value[RPH_FEATURE_phonetic] >= REPAIR_SOUNDS ||
			   value[RPH_FEATURE_in_nbest];
	if (value[RPH_FEATURE_verbatim])
		return RPH_EDGE_repeat;
	if (accepted)
		return looks_alike ? RPH_EDGE_repair : RPH_EDGE_paraphrase;
	bool changed = value[RPH_FEATURE_changed_slots] && value[RPH_FEATURE_same_intent];
	bool reworded = !value[RPH_FEATURE_other_intent] && !value[RPH_FEATURE_same_intent] &&
			value[RPH_FEATURE_containment] >= CORRECTION_LOOKS;
	return changed || reworded ? RPH_EDGE_correction : RPH_EDGE_new_request;
}

int rph_judge(const struct rph_comparer *comparer, const struct rph_turn_view *earlier,
	      const struct rph_turn_view *later, uint32_t distance,
	      const struct rph_surroundings *around, struct rph_judgement *ret)
{
	int err = rph_features_of(comparer, earlier, later, distance, around, &ret->features);
	if (err)
		return err;
	ret->p = rph_judge_probability(comparer->params->weights, &ret->features);
	ret->accepted = ret->p >= comparer->params->accept;
	ret->type = edge_type(&ret->features, ret->accepted);
	ret->distance = distance;
	ret->gap = later->turn->at - earlier->turn->at;
	return 0;
}
