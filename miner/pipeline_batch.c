/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "miner/pipeline_private.h"
#include "schemas/delta_merge.h"
#include "schemas/error.h"

/* Arenas are bounded by what one batch can need: the shell bounds its records. */
static const size_t BATCH_LIMIT = (size_t)8 << 30;

int rph_batch_memories_new(struct rph_pipeline *pipeline)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(pipeline->memories); i++) {
		struct rph_batch_memory *memory = &pipeline->memories[i];
		memory->arenas = calloc(pipeline->lane_count, sizeof(*memory->arenas));
		memory->parts = calloc(pipeline->lane_count, sizeof(*memory->parts));
		memory->kept = calloc(pipeline->lane_count, sizeof(struct rph_turn *));
		if (!memory->arenas || !memory->parts || !memory->kept)
			return RPH_E_NO_MEMORY;
		for (uint32_t lane = 0; lane < pipeline->lane_count; lane++)
			rph_arena_init(&memory->arenas[lane], BATCH_LIMIT);
	}
	return 0;
}

void rph_batch_memories_free(struct rph_pipeline *pipeline)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(pipeline->memories); i++) {
		struct rph_batch_memory *memory = &pipeline->memories[i];
		for (uint32_t lane = 0; memory->arenas && lane < pipeline->lane_count; lane++)
			rph_arena_free(&memory->arenas[lane]);
		for (uint32_t lane = 0; memory->kept && lane < pipeline->lane_count; lane++)
			rph_turns_free(memory->kept[lane]);
		free(memory->arenas);
		free(memory->parts);
		free(memory->kept);
		free(memory->evidence);
	}
}

/* ---- evidence -------------------------------------------------------------------------------- */

static int reserve_evidence(struct rph_batch_memory *memory, size_t more)
{
	size_t wanted = memory->evidence_count + more, capacity = memory->evidence_capacity;
	if (wanted <= capacity)
		return 0;
	capacity = 2 * capacity > wanted ? 2 * capacity : wanted;
	struct rph_evidence *grown = realloc(memory->evidence, capacity * sizeof(*grown));
	if (!grown)
		return RPH_E_NO_MEMORY;
	memory->evidence = grown;
	memory->evidence_capacity = capacity;
	return 0;
}

/* The lane with the lowest session of all that are left: a session is mined by one lane, so what it
 * gave is the next. */
static struct rph_pipeline_lane *next_lane(struct rph_pipeline *pipeline)
{
	struct rph_pipeline_lane *first = NULL;
	for (uint32_t i = 0; i < pipeline->lane_count; i++) {
		struct rph_pipeline_lane *lane = &pipeline->lanes[i];
		if (lane->evidence_taken < lane->evidence_count &&
		    (!first || lane->evidence[lane->evidence_taken].session <
				       first->evidence[first->evidence_taken].session))
			first = lane;
	}
	return first;
}

int rph_pipeline_gather_evidence(struct rph_pipeline *pipeline)
{
	struct rph_batch_memory *memory = &pipeline->memories[pipeline->filling];
	struct rph_pipeline_lane *lane;
	size_t total = 0;
	for (uint32_t i = 0; i < pipeline->lane_count; i++)
		total += pipeline->lanes[i].evidence_count;
	int err = reserve_evidence(memory, total);
	if (err)
		return err;
	while ((lane = next_lane(pipeline)) != NULL)
		memory->evidence[memory->evidence_count++] =
			lane->evidence[lane->evidence_taken++].evidence;
	for (uint32_t i = 0; i < pipeline->lane_count; i++)
		pipeline->lanes[i].evidence_count = pipeline->lanes[i].evidence_taken = 0;
	return 0;
}

/* ---- the end of a batch ---------------------------------------------------------------------- */

struct ending {
	struct rph_pipeline *pipeline;
	struct rph_batch_memory *memory;
	struct rph_deltas *merged;
	int errors[RPH_DELTA_TABLES];
};

static void fold_lane(void *data, uint32_t index, uint32_t at)
{
	const struct ending *ending = data;
	struct rph_pipeline_lane *lane = &ending->pipeline->lanes[index];
	(void)at; /* the memory of lane `index` is used by this task alone */
	lane->fold_error = rph_delta_list_fold(lane->deltas, &ending->memory->arenas[index],
					       &ending->memory->parts[index]);
}

static void merge_table(void *data, uint32_t index, uint32_t at)
{
	struct ending *ending = data;
	ending->errors[index] = rph_deltas_merge_table(
		(enum rph_delta_table)index, ending->memory->parts, ending->pipeline->lane_count,
		&ending->memory->arenas[at], ending->merged);
}

static int fold(struct rph_pipeline *pipeline, struct rph_batch_memory *memory,
		struct rph_deltas *ret)
{
	const struct rph_parallel *parallel = &pipeline->options.parallel;
	struct ending ending = {.pipeline = pipeline, .memory = memory, .merged = ret};
	int err = 0;
	rph_parallel_run(parallel, pipeline->lane_count, fold_lane, &ending);
	for (uint32_t i = 0; !err && i < pipeline->lane_count; i++)
		err = pipeline->lanes[i].fold_error;
	if (err)
		return err;
	if (pipeline->lane_count == 1) {
		*ret = memory->parts[0];
		return 0;
	}
	*ret = (struct rph_deltas){0};
	rph_parallel_run(parallel, RPH_DELTA_TABLES, merge_table, &ending);
	for (size_t i = 0; !err && i < RPH_DELTA_TABLES; i++)
		err = ending.errors[i];
	return err;
}

int rph_pipeline_end_batch(struct rph_pipeline *pipeline, struct rph_batch *ret)
{
	struct rph_batch_memory *memory = &pipeline->memories[pipeline->filling];
	RPH_ASSERT(!pipeline->ended);
	*ret = (struct rph_batch){.evidence = memory->evidence,
				  .evidence_count = memory->evidence_count};
	int err = fold(pipeline, memory, &ret->deltas);
	if (err)
		return err;
	pipeline->filling = 1 - pipeline->filling;
	pipeline->ended = true;
	return 0;
}

void rph_pipeline_next_batch(struct rph_pipeline *pipeline)
{
	struct rph_batch_memory *memory = &pipeline->memories[1 - pipeline->filling];
	memory->evidence_count = 0;
	for (uint32_t i = 0; i < pipeline->lane_count; i++) {
		memory->kept[i] = rph_turns_free(memory->kept[i]);
		rph_arena_reset(&memory->arenas[i]);
	}
	pipeline->ended = false;
}
