/* SPDX-License-Identifier: Apache-2.0
 *
 * judge_weights.h - the file of judge.weights: the judge's weights of one deployment, as
 * `rephrased calibrate` writes them.
 *
 *	{"rephrased_judge_weights":1,"bias":-812,"weights":{"ngram_dice":5026,...}}
 *
 * Every feature of this version has to be there and nothing else: weights fitted to other features
 * mean nothing.
 */
#ifndef RPH_STORE_JUDGE_WEIGHTS_H
#define RPH_STORE_JUDGE_WEIGHTS_H

#include "miner/judge.h"
#include "schemas/buffer.h"

/* Reads `path`. On error `problem` gets a sentence with a newline that names file, fault and
 * remedy, unless memory ran out. Returns 0, RPH_E_BAD_CONFIG or RPH_E_NO_MEMORY. */
int rph_judge_weights_load(const char *path, struct rph_judge_weights *ret,
			   struct rph_buffer *problem) RPH_MUST_CHECK;

/* The file's text, with a newline at the end. */
void rph_judge_weights_print(const struct rph_judge_weights *weights, struct rph_buffer *buffer);

/* Writes `path` whole or not at all. Returns 0, RPH_E_NO_MEMORY or -errno. */
int rph_judge_weights_save(const char *path,
			   const struct rph_judge_weights *weights) RPH_MUST_CHECK;

#endif
