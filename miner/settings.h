/* SPDX-License-Identifier: Apache-2.0
 *
 * settings.h - from the configuration to the parameters of mining, decoding and promotion: the one
 * place where keys of config.def meet the numbers they mean.
 */
#ifndef RPH_MINER_SETTINGS_H
#define RPH_MINER_SETTINGS_H

#include "miner/params.h"
#include "miner/promote.h"
#include "schemas/config.h"
#include "schemas/decode.h"

/* Patterns as in rph_settings_promotion(). */
int rph_settings_mining(const struct rph_config *config, struct rph_arena *arena,
			struct rph_mining_params *ret) RPH_MUST_CHECK;

/* Spans of the result point into `config`. */
struct rph_decode_limits rph_settings_decode(const struct rph_config *config);

/* The patterns are copied as spans into `arena`, their text stays in `config`. */
int rph_settings_promotion(const struct rph_config *config, struct rph_arena *arena,
			   struct rph_promotion_params *ret) RPH_MUST_CHECK;

#endif
