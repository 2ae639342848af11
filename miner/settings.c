/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/settings.h"

#include "schemas/error.h"

/* A share in 1/1000 as a probability in 1/256, rounded up: what reaches the one reaches the other.
 */
static uint16_t probability(uint32_t share)
{
	return (uint16_t)((share * 256 + RPH_SHARE_ONE - 1) / RPH_SHARE_ONE);
}

static int patterns(const struct rph_config_list *list, struct rph_arena *arena,
		    const struct rph_span **ret)
{
	struct rph_span *spans = RPH_ARENA_ARRAY(arena, struct rph_span, list->count);
	if (!spans)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < list->count; i++)
		spans[i] = rph_span_of(list->items[i]);
	*ret = spans;
	return 0;
}

int rph_settings_mining(const struct rph_config *config, struct rph_arena *arena,
			struct rph_mining_params *ret)
{
	*ret = (struct rph_mining_params){
		.session =
			{
				.gap = config->session.gap,
				.grace = config->session.grace,
				.max_duration = config->session.max_duration,
				.max_jump = config->input.max_jump,
				.max_turns = config->session.max_turns,
				.max_bytes = (uint32_t)config->session.max_bytes,
				.max_open = config->session.max_open,
			},
		.judge =
			{
				.rephrase_gap = config->session.rephrase_gap,
				.max_distance = config->session.max_distance,
				.accept = probability(config->judge.accept),
				.record_floor = probability(config->judge.record_floor),
				.control_count = config->promotion.control_intents.count,
			},
	};
	return patterns(&config->promotion.control_intents, arena, &ret->judge.control_intents);
}

struct rph_decode_limits rph_settings_decode(const struct rph_config *config)
{
	return (struct rph_decode_limits){
		.max_record_bytes = config->input.max_record_bytes,
		.max_utterance_bytes = config->input.max_utterance_bytes,
		.future_limit = config->input.future_limit,
		.past_limit = config->input.past_limit,
		.default_locale = rph_span_of(config->locale.fallback),
	};
}

int rph_settings_promotion(const struct rph_config *config, struct rph_arena *arena,
			   struct rph_promotion_params *ret)
{
	*ret = rph_promotion_params_default();
	ret->min_users = config->promotion.min_users;
	ret->min_days = config->promotion.min_days;
	ret->synonymy = (uint16_t)config->promotion.synonymy;
	ret->confidence = (uint16_t)config->promotion.confidence;
	ret->annotation_agreement = (uint16_t)config->promotion.annotation_agreement;
	ret->max_user_share = (uint16_t)config->promotion.max_user_share;
	ret->false_discovery = (uint16_t)config->promotion.false_discovery;
	ret->similarity = (uint16_t)config->promotion.similarity;
	ret->max_spread = (uint16_t)config->promotion.max_spread;
	ret->improvement = (uint16_t)config->promotion.improvement;
	ret->min_odds = config->promotion.min_odds;
	ret->min_tolerated = config->promotion.min_tolerated;
	ret->open_count = config->promotion.open_intents.count;
	ret->rewrite_keep = (uint16_t)config->rewrite.keep;
	ret->rewrite_demote = (uint16_t)config->rewrite.demote;
	ret->protected_count = config->promotion.protected_intents.count;
	ret->control_count = config->promotion.control_intents.count;
	int err = patterns(&config->promotion.protected_intents, arena, &ret->protected_intents);
	if (!err)
		err = patterns(&config->promotion.open_intents, arena, &ret->open_intents);
	return err ? err
		   : patterns(&config->promotion.control_intents, arena, &ret->control_intents);
}
