/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/pipeline.h"

#include <stdlib.h>

#include "miner/interpret.h"
#include "schemas/error.h"

/* Arenas are bounded by what one batch can need: the shell bounds its records. */
static const size_t SCRATCH_LIMIT = (size_t)256 << 20;
static const size_t BATCH_LIMIT = (size_t)8 << 30;

struct rph_pipeline {
	struct rph_pipeline_options options;
	struct rph_decoder *decoder;
	struct rph_interpreter interpreter;
	struct rph_sessions **partitions;
	size_t partition_count;
	struct rph_delta_list *deltas;
	struct rph_arena record_arena, session_arena, batch_arena;
	struct rph_turn *kept; /* turns of closed sessions: the deltas point into them */
	struct rph_evidence *evidence;
	size_t evidence_count, evidence_capacity;
	struct rph_pipeline_counts counts;
};

const char *rph_fate_name(enum rph_fate fate)
{
	static const char *const names[RPH_FATE_COUNT] = {
		[RPH_FATE_COUNTED] = "counted", [RPH_FATE_REJECTED] = "rejected",
		[RPH_FATE_LATE] = "late",       [RPH_FATE_DUPLICATE] = "duplicate",
		[RPH_FATE_OUTSIDE] = "outside", [RPH_FATE_WARM] = "warm",
	};
	RPH_ASSERT(fate < RPH_FATE_COUNT);
	return names[fate];
}

const char *rph_close_reason_name(enum rph_close_reason reason)
{
	static const char *const names[RPH_CLOSE_REASON_COUNT] = {
		[RPH_CLOSE_GAP] = "gap",
		[RPH_CLOSE_TURNS] = "turns",
		[RPH_CLOSE_BYTES] = "bytes",
		[RPH_CLOSE_DURATION] = "duration",
		[RPH_CLOSE_OPEN] = "open_sessions",
		[RPH_CLOSE_FINAL] = "final",
	};
	RPH_ASSERT(reason < RPH_CLOSE_REASON_COUNT);
	return names[reason];
}

int rph_pipeline_new(const struct rph_pipeline_options *options, struct rph_pipeline **ret)
{
	RPH_CLEANUP(rph_pipeline_free) struct rph_pipeline *pipeline = calloc(1, sizeof(*pipeline));
	if (!pipeline)
		return RPH_E_NO_MEMORY;
	pipeline->options = *options;
	pipeline->interpreter.keep_event_ids = options->evidence;
	rph_arena_init(&pipeline->record_arena, SCRATCH_LIMIT);
	rph_arena_init(&pipeline->session_arena, SCRATCH_LIMIT);
	rph_arena_init(&pipeline->batch_arena, BATCH_LIMIT);
	int err = rph_decoder_new(&pipeline->options.decode, options->keys, &pipeline->decoder);
	if (!err)
		err = rph_normaliser_new(&pipeline->interpreter.normaliser);
	if (!err)
		err = rph_surfacer_new(&pipeline->interpreter.surfacer);
	if (!err)
		err = rph_delta_list_new(&pipeline->deltas);
	if (err)
		return err;
	*ret = pipeline;
	pipeline = NULL;
	return 0;
}

struct rph_pipeline *rph_pipeline_free(struct rph_pipeline *pipeline)
{
	if (!pipeline)
		return NULL;
	for (size_t i = 0; i < pipeline->partition_count; i++)
		rph_sessions_free(pipeline->partitions[i]);
	free(pipeline->partitions);
	rph_turns_free(pipeline->kept);
	rph_delta_list_free(pipeline->deltas);
	rph_surfacer_free(pipeline->interpreter.surfacer);
	rph_normaliser_free(pipeline->interpreter.normaliser);
	rph_decoder_free(pipeline->decoder);
	rph_arena_free(&pipeline->record_arena);
	rph_arena_free(&pipeline->session_arena);
	rph_arena_free(&pipeline->batch_arena);
	free(pipeline->evidence);
	free(pipeline);
	return NULL;
}

int rph_pipeline_add_partition(struct rph_pipeline *pipeline,
			       const struct rph_session_checkpoint *checkpoint,
			       uint32_t *ret_partition)
{
	size_t count = pipeline->partition_count;
	struct rph_sessions **grown = realloc(pipeline->partitions, (count + 1) * sizeof(*grown));
	if (!grown)
		return RPH_E_NO_MEMORY;
	pipeline->partitions = grown;
	int err = rph_sessions_new(&pipeline->options.params.session, checkpoint, &grown[count]);
	if (err)
		return err;
	pipeline->partition_count++;
	*ret_partition = (uint32_t)count;
	return 0;
}

/* ---- mining what closes -------------------------------------------------------------------------
 */

static int keep_evidence(void *context, const struct rph_evidence *evidence)
{
	struct rph_pipeline *pipeline = context;
	if (pipeline->evidence_count == pipeline->evidence_capacity) {
		size_t capacity =
			pipeline->evidence_capacity ? 2 * pipeline->evidence_capacity : 1024;
		struct rph_evidence *grown = realloc(pipeline->evidence, capacity * sizeof(*grown));
		if (!grown)
			return RPH_E_NO_MEMORY;
		pipeline->evidence = grown;
		pipeline->evidence_capacity = capacity;
	}
	pipeline->evidence[pipeline->evidence_count++] = *evidence;
	return 0;
}

static void keep_turns(struct rph_pipeline *pipeline, struct rph_turn *turns)
{
	struct rph_turn *last = turns;
	while (last->next)
		last = last->next;
	last->next = pipeline->kept;
	pipeline->kept = turns;
}

static int mine_closed(struct rph_pipeline *pipeline, struct rph_sessions *sessions)
{
	const struct rph_miner miner = {
		.params = &pipeline->options.params.judge,
		.keys = pipeline->options.keys,
		.normaliser = pipeline->interpreter.normaliser,
		.scratch = &pipeline->session_arena,
		.deltas = pipeline->deltas,
		.batch = &pipeline->batch_arena,
		.counts = &pipeline->counts.mining,
		.on_evidence = pipeline->options.evidence ? keep_evidence : NULL,
		.evidence_context = pipeline,
	};
	struct rph_closed_session closed;
	int err = 0;
	while (!err && rph_sessions_next_closed(sessions, &closed)) {
		pipeline->counts.closed[closed.reason]++;
		err = rph_mine_session(&miner, &closed);
		keep_turns(pipeline, closed.turns);
	}
	return err;
}

/* ---- records --------------------------------------------------------------------------------- */

static int take_event(struct rph_pipeline *pipeline, const struct rph_record *record,
		      const struct rph_event *event, enum rph_fate *ret_fate,
		      struct rph_rejection *rejection)
{
	static const enum rph_fate fates[] = {
		[RPH_ARRIVAL_JOINED] = RPH_FATE_COUNTED,
		[RPH_ARRIVAL_LATE] = RPH_FATE_LATE,
		[RPH_ARRIVAL_DUPLICATE] = RPH_FATE_DUPLICATE,
		[RPH_ARRIVAL_AHEAD] = RPH_FATE_REJECTED,
		[RPH_ARRIVAL_WARM] = RPH_FATE_WARM,
	};
	struct rph_sessions *sessions = pipeline->partitions[record->partition];
	struct rph_turn *turn = NULL;
	int err = rph_interpret(&pipeline->interpreter, event, record->offset,
				&pipeline->record_arena, &turn);
	if (err)
		return err;
	if (!turn) {
		*rejection = (struct rph_rejection){RPH_REJECT_nothing_said, "utterance"};
		*ret_fate = RPH_FATE_REJECTED;
		return 0;
	}
	enum rph_arrival arrival;
	err = rph_sessions_add(sessions, &event->session, event->user, turn, &arrival);
	if (!err)
		err = mine_closed(pipeline, sessions);
	if (err)
		return err;
	*ret_fate = fates[arrival];
	if (arrival == RPH_ARRIVAL_AHEAD)
		*rejection = (struct rph_rejection){RPH_REJECT_ts_ahead, "ts"};
	if (*ret_fate == RPH_FATE_COUNTED)
		pipeline->counts.unknown_signals += event->unknown_signals;
	return 0;
}

int rph_pipeline_record(struct rph_pipeline *pipeline, const struct rph_record *record,
			enum rph_fate *ret_fate, struct rph_rejection *rejection)
{
	RPH_ASSERT(record->partition < pipeline->partition_count);
	struct rph_event event;
	rph_arena_reset(&pipeline->record_arena);
	int err = rph_decode(pipeline->decoder, record, &pipeline->record_arena, &event, rejection);
	if (err)
		return err;
	if (rejection->reason != RPH_ACCEPTED)
		*ret_fate = RPH_FATE_REJECTED;
	else if (event.at < pipeline->options.from || event.at >= pipeline->options.to)
		*ret_fate = RPH_FATE_OUTSIDE;
	else
		err = take_event(pipeline, record, &event, ret_fate, rejection);
	if (err)
		return err;
	/* What was refused before a restart was counted and dead-lettered then. */
	if (rph_sessions_is_warming(pipeline->partitions[record->partition], record->offset))
		*ret_fate = RPH_FATE_WARM;
	pipeline->counts.fates[*ret_fate]++;
	if (*ret_fate == RPH_FATE_REJECTED)
		pipeline->counts.rejects[rejection->reason]++;
	return 0;
}

void rph_pipeline_set_judge(struct rph_pipeline *pipeline, const struct rph_judge_params *judge)
{
	pipeline->options.params.judge = *judge;
}

int rph_pipeline_close_partition(struct rph_pipeline *pipeline, uint32_t partition)
{
	RPH_ASSERT(partition < pipeline->partition_count);
	rph_sessions_close_all(pipeline->partitions[partition]);
	return mine_closed(pipeline, pipeline->partitions[partition]);
}

/* ---- batches --------------------------------------------------------------------------------- */

int rph_pipeline_end_batch(struct rph_pipeline *pipeline, struct rph_batch *ret)
{
	*ret = (struct rph_batch){.evidence = pipeline->evidence,
				  .evidence_count = pipeline->evidence_count};
	return rph_delta_list_fold(pipeline->deltas, &pipeline->batch_arena, &ret->deltas);
}

void rph_pipeline_next_batch(struct rph_pipeline *pipeline)
{
	pipeline->kept = rph_turns_free(pipeline->kept);
	pipeline->evidence_count = 0;
	rph_arena_reset(&pipeline->batch_arena);
}

void rph_pipeline_checkpoint(struct rph_pipeline *pipeline, uint32_t partition, int64_t next,
			     struct rph_session_checkpoint *ret)
{
	RPH_ASSERT(partition < pipeline->partition_count);
	rph_sessions_checkpoint(pipeline->partitions[partition], next, ret);
}

rph_time_ms rph_pipeline_complete_before(const struct rph_pipeline *pipeline, uint32_t partition)
{
	RPH_ASSERT(partition < pipeline->partition_count);
	const struct rph_sessions *sessions = pipeline->partitions[partition];
	const struct rph_session_limits *limits = &pipeline->options.params.session;
	rph_time_ms top = rph_sessions_top(sessions);
	if (top == INT64_MIN)
		return INT64_MIN;
	/* A turn earlier than this would be late, unless an open session reaches back so far. */
	rph_time_ms before = top - limits->grace - limits->gap;
	rph_time_ms oldest = rph_sessions_oldest_turn(sessions);
	return oldest < before ? oldest : before;
}

size_t rph_pipeline_open_sessions(const struct rph_pipeline *pipeline)
{
	size_t count = 0;
	for (size_t i = 0; i < pipeline->partition_count; i++)
		count += rph_sessions_open_count(pipeline->partitions[i]);
	return count;
}

const struct rph_pipeline_counts *rph_pipeline_counts(const struct rph_pipeline *pipeline)
{
	return &pipeline->counts;
}
