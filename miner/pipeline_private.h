/* SPDX-License-Identifier: Apache-2.0
 *
 * pipeline_private.h - the inside of struct rph_pipeline, shared by pipeline.c (life, the order of
 * records), pipeline_lane.c (what is done in lanes) and pipeline_batch.c (what a batch becomes).
 * Nobody else includes it.
 */
#ifndef RPH_MINER_PIPELINE_PRIVATE_H
#define RPH_MINER_PIPELINE_PRIVATE_H

#include "miner/interpret.h"
#include "miner/pipeline.h"

/* What one lane needs alone. */
struct rph_pipeline_lane {
	struct rph_decoder *decoder;
	struct rph_interpreter interpreter;
	struct rph_arena record_arena, session_arena;
	struct rph_delta_list *deltas; /* of the batch being filled */
	struct rph_mining_counts counts;
	/* Of the sessions it mined of those that wait; ascending by session. */
	struct rph_session_evidence *evidence;
	size_t evidence_count, evidence_taken, evidence_capacity;
	size_t session; /* that is being mined: index in closed[] */
	/* Once a lane has failed it does nothing more, and the watcher's note of where stays. Its
	 * indexes ascend, so the first error of all is where something did fail. */
	int error;
	int fold_error;
};

/* What judged transitions of closed[session] gave. */
struct rph_session_evidence {
	size_t session;
	struct rph_evidence evidence;
};

/* A record that has been looked at by itself. */
struct rph_prepared {
	int error;
	struct rph_turn *turn; /* owned until the sessioniser has it; NULL: there is none */
	struct rph_id session;
	uint64_t user;
	uint32_t unknown_signals;
};

/* A session that waits to be mined, and the record that closed it. */
struct rph_waiting_session {
	struct rph_closed_session closed;
	uint32_t partition;
	int64_t offset;
	int error;
};

/* What lives as long as a batch. There are two: one is filled while the other is committed. */
struct rph_batch_memory {
	/* One for each lane. */
	struct rph_arena *arenas;
	struct rph_deltas *parts; /* before they are merged */
	struct rph_turn **kept;   /* turns of closed sessions: the deltas point into them */

	struct rph_evidence *evidence;
	size_t evidence_count, evidence_capacity;
};

struct rph_pipeline {
	struct rph_pipeline_options options;
	uint32_t lane_count;
	struct rph_pipeline_lane *lanes;
	struct rph_batch_memory memories[2];
	unsigned filling; /* which of them */
	bool ended;       /* the other one is a batch that was ended and is in use */
	struct rph_sessions **partitions;
	size_t partition_count;
	struct rph_waiting_session *closed;
	size_t closed_count, closed_capacity;
	struct rph_prepared *prepared;
	uint32_t prepared_capacity;
	struct rph_pipeline_counts counts;
};

/* ---- pipeline_lane.c ---- */

int rph_pipeline_lanes_new(struct rph_pipeline *pipeline) RPH_MUST_CHECK;
void rph_pipeline_lanes_free(struct rph_pipeline *pipeline);

/* Decodes and interprets; errors are in ret[i].error, what became of a record that is no turn in
 * outcomes[i]. */
void rph_pipeline_prepare(struct rph_pipeline *pipeline, const struct rph_record *records,
			  uint32_t count, struct rph_prepared *ret,
			  struct rph_record_outcome *outcomes);

/* Mines closed[] and empties it; its turns are kept with the batch, also on error. */
int rph_pipeline_mine(struct rph_pipeline *pipeline) RPH_MUST_CHECK;

static inline void rph_pipeline_begin(const struct rph_pipeline *pipeline, uint32_t lane,
				      uint32_t partition, int64_t offset)
{
	const struct rph_pipeline_watch *watch = &pipeline->options.watch;
	if (watch->begin)
		watch->begin(watch->context, lane, partition, offset);
}

static inline void rph_pipeline_end(const struct rph_pipeline *pipeline, uint32_t lane)
{
	const struct rph_pipeline_watch *watch = &pipeline->options.watch;
	if (watch->begin)
		watch->end(watch->context, lane);
}

/* ---- pipeline_batch.c ---- */

int rph_batch_memories_new(struct rph_pipeline *pipeline) RPH_MUST_CHECK;
void rph_batch_memories_free(struct rph_pipeline *pipeline);

/* What the lanes found of closed[], in the order of closed[]. */
int rph_pipeline_gather_evidence(struct rph_pipeline *pipeline) RPH_MUST_CHECK;

#endif
