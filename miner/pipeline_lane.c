/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "miner/pipeline_private.h"
#include "schemas/error.h"

/* Bounded by one record and one session. */
static const size_t SCRATCH_LIMIT = (size_t)256 << 20;

/* So many that taking a task costs nothing beside it, so few that lanes end at about the same time.
 */
enum { RECORDS_PER_TASK = 128, SESSIONS_PER_TASK = 32 };

static uint32_t task_count(size_t items, size_t per_task)
{
	return (uint32_t)((items + per_task - 1) / per_task);
}

/* ---- life ------------------------------------------------------------------------------------ */

static int open_lane(struct rph_pipeline *pipeline, struct rph_pipeline_lane *lane)
{
	const struct rph_pipeline_options *options = &pipeline->options;
	rph_arena_init(&lane->record_arena, SCRATCH_LIMIT);
	rph_arena_init(&lane->session_arena, SCRATCH_LIMIT);
	lane->interpreter.keep_event_ids = options->evidence;
	int err = rph_decoder_new(&options->decode, options->keys, &lane->decoder);
	if (!err)
		err = rph_normaliser_new(&lane->interpreter.normaliser);
	if (!err)
		err = rph_surfacer_new(&lane->interpreter.surfacer);
	if (!err)
		err = rph_delta_list_new(&lane->deltas);
	return err;
}

int rph_pipeline_lanes_new(struct rph_pipeline *pipeline)
{
	pipeline->lanes = calloc(pipeline->lane_count, sizeof(*pipeline->lanes));
	if (!pipeline->lanes)
		return RPH_E_NO_MEMORY;
	int err = 0;
	for (uint32_t i = 0; !err && i < pipeline->lane_count; i++)
		err = open_lane(pipeline, &pipeline->lanes[i]);
	return err;
}

void rph_pipeline_lanes_free(struct rph_pipeline *pipeline)
{
	for (uint32_t i = 0; pipeline->lanes && i < pipeline->lane_count; i++) {
		struct rph_pipeline_lane *lane = &pipeline->lanes[i];
		rph_delta_list_free(lane->deltas);
		rph_surfacer_free(lane->interpreter.surfacer);
		rph_normaliser_free(lane->interpreter.normaliser);
		rph_decoder_free(lane->decoder);
		rph_arena_free(&lane->record_arena);
		rph_arena_free(&lane->session_arena);
		free(lane->evidence);
	}
	free(pipeline->lanes);
}

/* ---- records by themselves ------------------------------------------------------------------- */

struct preparation {
	struct rph_pipeline *pipeline;
	const struct rph_record *records;
	uint32_t count;
	struct rph_prepared *prepared;
	struct rph_record_outcome *outcomes;
};

static int interpret(struct rph_pipeline_lane *lane, const struct rph_event *event, int64_t offset,
		     struct rph_prepared *prepared, struct rph_record_outcome *outcome)
{
	int err = rph_interpret(&lane->interpreter, event, offset, &lane->record_arena,
				&prepared->turn);
	if (err)
		return err;
	prepared->session = event->session;
	prepared->user = event->user;
	prepared->unknown_signals = event->unknown_signals;
	outcome->fate = prepared->turn ? RPH_FATE_COUNTED : RPH_FATE_REJECTED;
	if (!prepared->turn)
		outcome->rejection = (struct rph_rejection){RPH_REJECT_nothing_said, "utterance"};
	return 0;
}

static int prepare(const struct rph_pipeline *pipeline, struct rph_pipeline_lane *lane,
		   const struct rph_record *record, struct rph_prepared *prepared,
		   struct rph_record_outcome *outcome)
{
	struct rph_event event;
	rph_arena_reset(&lane->record_arena);
	int err =
		rph_decode(lane->decoder, record, &lane->record_arena, &event, &outcome->rejection);
	if (err)
		return err;
	if (outcome->rejection.reason != RPH_ACCEPTED)
		outcome->fate = RPH_FATE_REJECTED;
	else if (event.at < pipeline->options.from || event.at >= pipeline->options.to)
		outcome->fate = RPH_FATE_OUTSIDE;
	else
		err = interpret(lane, &event, record->offset, prepared, outcome);
	return err;
}

static void prepare_some(void *data, uint32_t index, uint32_t at)
{
	const struct preparation *all = data;
	struct rph_pipeline_lane *lane = &all->pipeline->lanes[at];
	uint32_t first = index * RECORDS_PER_TASK;
	uint32_t end =
		first + RECORDS_PER_TASK < all->count ? first + RECORDS_PER_TASK : all->count;
	for (uint32_t i = first; i < end; i++) {
		const struct rph_record *record = &all->records[i];
		struct rph_prepared *prepared = &all->prepared[i];
		prepared->turn = NULL;
		if (!lane->error) {
			rph_pipeline_begin(all->pipeline, at, record->partition, record->offset);
			lane->error =
				prepare(all->pipeline, lane, record, prepared, &all->outcomes[i]);
		}
		prepared->error = lane->error;
		if (!lane->error)
			rph_pipeline_end(all->pipeline, at);
	}
}

void rph_pipeline_prepare(struct rph_pipeline *pipeline, const struct rph_record *records,
			  uint32_t count, struct rph_prepared *ret,
			  struct rph_record_outcome *outcomes)
{
	struct preparation all = {pipeline, records, count, ret, outcomes};
	rph_parallel_run(&pipeline->options.parallel, task_count(count, RECORDS_PER_TASK),
			 prepare_some, &all);
}

/* ---- closed sessions ------------------------------------------------------------------------- */

static int keep_evidence(void *context, const struct rph_evidence *evidence)
{
	struct rph_pipeline_lane *lane = context;
	if (lane->evidence_count == lane->evidence_capacity) {
		size_t capacity = lane->evidence_capacity ? 2 * lane->evidence_capacity : 1024;
		struct rph_session_evidence *grown =
			realloc(lane->evidence, capacity * sizeof(*grown));
		if (!grown)
			return RPH_E_NO_MEMORY;
		lane->evidence = grown;
		lane->evidence_capacity = capacity;
	}
	lane->evidence[lane->evidence_count++] =
		(struct rph_session_evidence){lane->session, *evidence};
	return 0;
}

static void keep_turns(struct rph_turn **kept, struct rph_turn *turns)
{
	struct rph_turn *last = turns;
	while (last->next)
		last = last->next;
	last->next = *kept;
	*kept = turns;
}

static void mine_some(void *data, uint32_t index, uint32_t at)
{
	struct rph_pipeline *pipeline = data;
	struct rph_pipeline_lane *lane = &pipeline->lanes[at];
	struct rph_batch_memory *memory = &pipeline->memories[pipeline->filling];
	const struct rph_miner miner = {
		.params = &pipeline->options.params.judge,
		.keys = pipeline->options.keys,
		.normaliser = lane->interpreter.normaliser,
		.scratch = &lane->session_arena,
		.deltas = lane->deltas,
		.batch = &memory->arenas[at],
		.counts = &lane->counts,
		.on_evidence = pipeline->options.evidence ? keep_evidence : NULL,
		.evidence_context = lane,
	};
	size_t first = (size_t)index * SESSIONS_PER_TASK;
	for (size_t i = first; i < first + SESSIONS_PER_TASK && i < pipeline->closed_count; i++) {
		struct rph_waiting_session *waiting = &pipeline->closed[i];
		lane->session = i;
		if (!lane->error) {
			rph_pipeline_begin(pipeline, at, waiting->partition, waiting->offset);
			lane->error = rph_mine_session(&miner, &waiting->closed);
		}
		waiting->error = lane->error;
		if (!lane->error)
			rph_pipeline_end(pipeline, at);
		keep_turns(&memory->kept[at], waiting->closed.turns);
	}
}

int rph_pipeline_mine(struct rph_pipeline *pipeline)
{
	int err = 0;
	rph_parallel_run(&pipeline->options.parallel,
			 task_count(pipeline->closed_count, SESSIONS_PER_TASK), mine_some,
			 pipeline);
	for (size_t i = 0; i < pipeline->closed_count; i++) {
		struct rph_waiting_session *waiting = &pipeline->closed[i];
		if (!err)
			err = waiting->error;
		pipeline->counts.closed[waiting->closed.reason]++;
	}
	if (!err && pipeline->options.evidence)
		err = rph_pipeline_gather_evidence(pipeline);
	pipeline->closed_count = 0;
	return err;
}
