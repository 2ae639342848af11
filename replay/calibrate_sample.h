/* SPDX-License-Identifier: Apache-2.0
 *
 * calibrate_sample.h - what calibrating keeps of the logs: judged transitions, and which user met
 * which goal by which formulation.
 */
#ifndef RPH_REPLAY_CALIBRATE_SAMPLE_H
#define RPH_REPLAY_CALIBRATE_SAMPLE_H

#include "miner/judge_fit.h"
#include "miner/pipeline.h"

struct rph_sampled {
	struct rph_judge_example example; /* `same` is not known yet */
	uint64_t pair;                    /* hash of both event ids */
	uint64_t said, said_again;        /* formulations; prefixes of ids, as all below */
	uint64_t goal, goal_again;        /* 0: not understood */
	enum rph_turn_end end, end_again;
};

/* A user met a goal with success by a formulation. */
struct rph_met {
	uint64_t formulation, goal, user;
};

struct rph_sample {
	struct rph_sampled *items;
	size_t count, capacity, most;
	unsigned halvings; /* only pairs whose hash begins with so many zero bits are kept */
	struct rph_met *met;
	size_t met_count, met_capacity;
};

uint64_t rph_pair_hash(struct rph_span from, struct rph_span to);

/* Adds what a batch brought. Returns 0 or RPH_E_NO_MEMORY. */
int rph_sample_add(struct rph_sample *sample, const struct rph_batch *batch) RPH_MUST_CHECK;

/* Sorts met[] and keeps each row once. */
void rph_sample_sort(struct rph_sample *sample);

/* The goal that `formulation` means (calibrate.h), or 0. After rph_sample_sort(). */
uint64_t rph_sample_meaning(const struct rph_sample *sample, uint64_t formulation);

void rph_sample_free(struct rph_sample *sample);

#endif
