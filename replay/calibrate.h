/* SPDX-License-Identifier: Apache-2.0
 *
 * calibrate.h - fits the judge to a deployment's own logs, with labels or without, and measures on
 * users who were left out whether that is any better.
 *
 * Without labels the log itself says what people meant: a formulation means a goal when at least
 * RPH_MEANT_USERS users met that goal with success by it, and RPH_MEANT_PERCENT of those whom it
 * brought any success. A turn that did not succeed, and one after it that did, are a positive when
 * the earlier words mean the goal that the later turn met. Two turns that succeeded with two goals
 * are a negative. Equal words and turns that only steer are no example. As the two kinds differ by
 * how the turns ended, weights of outcomes and of whole interpretations stay as they are, and the
 * bias is chosen so that the judge expects as many rephrasings as before.
 */
#ifndef RPH_REPLAY_CALIBRATE_H
#define RPH_REPLAY_CALIBRATE_H

#include "miner/judge_fit.h"
#include "store/deployment.h"

enum { RPH_MEANT_USERS = 2, RPH_MEANT_PERCENT = 80, RPH_CALIBRATE_LEAST = 30 };

struct rph_calibrate_options {
	const char *const *paths;
	size_t path_count;
	const char *labels; /* JSON lines {"from":ID,"to":ID,"same":BOOL}; NULL: from the log */
	uint32_t pull;      /* see rph_judge_fit() */
	uint32_t most;      /* transitions kept; beyond, a share by hash */
};

struct rph_calibration {
	uint64_t records, transitions; /* read, judged */
	uint64_t labels, labels_met;   /* lines of the file; those that are a judged transition */
	uint64_t examples, same, users;
	struct rph_judge_weights before, after; /* `after`: fitted to all examples */
	/* Of the users left out, with weights fitted to the others. */
	struct rph_judge_figures held_before, held_after;
	bool better; /* neither the ranking nor the probabilities of the users left out got worse */
};

/* `deployment` needs no secret and no store. Errors: deployment->problem says what; RPH_E_NO_INPUT
 * (a file cannot be read), RPH_E_BAD_INPUT (a line of the labels), RPH_E_NOT_FOUND (fewer than
 * RPH_CALIBRATE_LEAST positives or negatives in either half of the users), others of the pipeline.
 */
int rph_calibrate(struct rph_deployment *deployment, const struct rph_calibrate_options *options,
		  struct rph_calibration *ret) RPH_MUST_CHECK;

#endif
