/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/pipeline.h"

#include <stdlib.h>

#include "miner/pipeline_private.h"
#include "schemas/error.h"

/* A million sessions may be open when a log ends. */
enum { CLOSED_AT_ONCE = 8192 };

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
	pipeline->lane_count = rph_parallel_lanes(&options->parallel);
	int err = rph_pipeline_lanes_new(pipeline);
	if (!err)
		err = rph_batch_memories_new(pipeline);
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
	for (size_t i = 0; i < pipeline->closed_count; i++)
		rph_turns_free(pipeline->closed[i].closed.turns);
	free(pipeline->closed);
	free(pipeline->prepared);
	rph_pipeline_lanes_free(pipeline);
	rph_batch_memories_free(pipeline);
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

/* ---- records in their order ------------------------------------------------------------------ */

static int reserve_closed(struct rph_pipeline *pipeline)
{
	if (pipeline->closed_count < pipeline->closed_capacity)
		return 0;
	size_t capacity = pipeline->closed_capacity ? 2 * pipeline->closed_capacity : 256;
	struct rph_waiting_session *grown = realloc(pipeline->closed, capacity * sizeof(*grown));
	if (!grown)
		return RPH_E_NO_MEMORY;
	pipeline->closed = grown;
	pipeline->closed_capacity = capacity;
	return 0;
}

/* Moves up to `limit` of the sessions that the partition has closed to closed[]; `offset` is of the
 * record that closed them. */
static int collect_closed(struct rph_pipeline *pipeline, uint32_t partition, int64_t offset,
			  size_t limit)
{
	struct rph_sessions *sessions = pipeline->partitions[partition];
	struct rph_closed_session closed;
	while (limit--) {
		/* First the room: what is handed out must not be lost. */
		int err = reserve_closed(pipeline);
		if (err)
			return err;
		if (!rph_sessions_next_closed(sessions, &closed))
			break;
		pipeline->closed[pipeline->closed_count++] = (struct rph_waiting_session){
			.closed = closed, .partition = partition, .offset = offset};
	}
	return 0;
}

/* Hands the record's turn to the sessioniser. */
static int take_turn(struct rph_pipeline *pipeline, const struct rph_record *record,
		     struct rph_prepared *prepared, struct rph_record_outcome *outcome)
{
	static const enum rph_fate fates[] = {
		[RPH_ARRIVAL_JOINED] = RPH_FATE_COUNTED,
		[RPH_ARRIVAL_LATE] = RPH_FATE_LATE,
		[RPH_ARRIVAL_DUPLICATE] = RPH_FATE_DUPLICATE,
		[RPH_ARRIVAL_AHEAD] = RPH_FATE_REJECTED,
		[RPH_ARRIVAL_WARM] = RPH_FATE_WARM,
	};
	struct rph_turn *turn = prepared->turn;
	enum rph_arrival arrival;
	prepared->turn = NULL;
	int err = rph_sessions_add(pipeline->partitions[record->partition], &prepared->session,
				   prepared->user, turn, &arrival);
	if (!err)
		err = collect_closed(pipeline, record->partition, record->offset, SIZE_MAX);
	if (err)
		return err;
	outcome->fate = fates[arrival];
	if (arrival == RPH_ARRIVAL_AHEAD)
		outcome->rejection = (struct rph_rejection){RPH_REJECT_ts_ahead, "ts"};
	if (outcome->fate == RPH_FATE_COUNTED)
		pipeline->counts.unknown_signals += prepared->unknown_signals;
	return 0;
}

static int settle(struct rph_pipeline *pipeline, const struct rph_record *record,
		  struct rph_prepared *prepared, struct rph_record_outcome *outcome)
{
	RPH_ASSERT(record->partition < pipeline->partition_count);
	int err = 0;
	if (prepared->turn) {
		rph_pipeline_begin(pipeline, 0, record->partition, record->offset);
		err = take_turn(pipeline, record, prepared, outcome);
		if (!err)
			rph_pipeline_end(pipeline, 0);
	}
	if (err)
		return err;
	/* What was refused before a restart was counted and dead-lettered then. */
	if (rph_sessions_is_warming(pipeline->partitions[record->partition], record->offset))
		outcome->fate = RPH_FATE_WARM;
	pipeline->counts.fates[outcome->fate]++;
	if (outcome->fate == RPH_FATE_REJECTED)
		pipeline->counts.rejects[outcome->rejection.reason]++;
	return 0;
}

static int reserve_prepared(struct rph_pipeline *pipeline, uint32_t count)
{
	if (count <= pipeline->prepared_capacity)
		return 0;
	struct rph_prepared *grown = realloc(pipeline->prepared, count * sizeof(*grown));
	if (!grown)
		return RPH_E_NO_MEMORY;
	pipeline->prepared = grown;
	pipeline->prepared_capacity = count;
	return 0;
}

/* The first session that could not be mined tells which record closed it. */
static int mine_all(struct rph_pipeline *pipeline, const struct rph_record *records, uint32_t count,
		    uint32_t *ret_at)
{
	size_t waiting = pipeline->closed_count, failed = 0;
	int err = rph_pipeline_mine(pipeline);
	if (!err)
		return 0;
	while (failed < waiting && !pipeline->closed[failed].error)
		failed++;
	const struct rph_waiting_session *session =
		&pipeline->closed[failed < waiting ? failed : 0];
	for (uint32_t i = 0; i < count; i++)
		if (records[i].offset == session->offset &&
		    records[i].partition == session->partition)
			*ret_at = i;
	return err;
}

int rph_pipeline_records(struct rph_pipeline *pipeline, const struct rph_record *records,
			 uint32_t count, struct rph_record_outcome *ret_outcomes, uint32_t *ret_at)
{
	*ret_at = 0;
	int err = reserve_prepared(pipeline, count);
	if (err)
		return err;
	rph_pipeline_prepare(pipeline, records, count, pipeline->prepared, ret_outcomes);
	/* Before anything is settled: that would move the watcher's note of lane 0 on. */
	for (uint32_t i = 0; !err && i < count; i++) {
		*ret_at = i;
		err = pipeline->prepared[i].error;
	}
	for (uint32_t i = 0; !err && i < count; i++) {
		*ret_at = i;
		err = settle(pipeline, &records[i], &pipeline->prepared[i], &ret_outcomes[i]);
	}
	if (!err)
		return mine_all(pipeline, records, count, ret_at);
	for (uint32_t i = 0; i < count; i++)
		rph_turns_free(pipeline->prepared[i].turn);
	return err;
}

int rph_pipeline_record(struct rph_pipeline *pipeline, const struct rph_record *record,
			struct rph_record_outcome *ret)
{
	uint32_t at;
	return rph_pipeline_records(pipeline, record, 1, ret, &at);
}

void rph_pipeline_set_judge(struct rph_pipeline *pipeline, const struct rph_judge_params *judge)
{
	pipeline->options.params.judge = *judge;
}

int rph_pipeline_close_partition(struct rph_pipeline *pipeline, uint32_t partition)
{
	RPH_ASSERT(partition < pipeline->partition_count);
	rph_sessions_close_all(pipeline->partitions[partition]);
	int err;
	size_t count;
	do {
		err = collect_closed(pipeline, partition, INT64_MAX, CLOSED_AT_ONCE);
		count = pipeline->closed_count;
		if (!err)
			err = rph_pipeline_mine(pipeline);
	} while (!err && count);
	return err;
}

/* ---- what is known of them ------------------------------------------------------------------- */

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

static void add_mining(struct rph_mining_counts *into, const struct rph_mining_counts *from)
{
	into->turns += from->turns;
	into->transitions += from->transitions;
	into->accepted += from->accepted;
	into->votes += from->votes;
	for (int i = 0; i < RPH_EDGE_COUNT; i++)
		into->edges[i] += from->edges[i];
}

const struct rph_pipeline_counts *rph_pipeline_counts(struct rph_pipeline *pipeline)
{
	pipeline->counts.mining = (struct rph_mining_counts){0};
	for (uint32_t i = 0; i < pipeline->lane_count; i++)
		add_mining(&pipeline->counts.mining, &pipeline->lanes[i].counts);
	return &pipeline->counts;
}
