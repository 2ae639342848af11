/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/batch.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include "daemon/clock.h"
#include "schemas/error.h"
#include "store/checkpoint.h"

/* Records that the pipeline is given at once; after them the watchdog hears of us. */
enum { BLOCK_RECORDS = 4096 };
static const size_t ARENA_LIMIT = (size_t)256 << 20;

uint64_t rph_disk_free(const char *dir)
{
	struct statvfs disk;
	return statvfs(dir, &disk) ? UINT64_MAX : (uint64_t)disk.f_bavail * disk.f_frsize;
}

static uint64_t now_ns(void)
{
	return (uint64_t)rph_clock_ns(CLOCK_MONOTONIC);
}

int rph_batch_init(struct rph_batch_job *job)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(job->writes); i++)
		rph_arena_init(&job->writes[i].arena, ARENA_LIMIT);
	job->held = RPH_UNREADY_COUNT;
	return rph_background_new(&job->writer);
}

void rph_batch_free(struct rph_batch_job *job)
{
	job->writer = rph_background_free(job->writer);
	for (size_t i = 0; i < RPH_ARRAY_LEN(job->writes); i++)
		rph_arena_free(&job->writes[i].arena);
	free(job->touched);
	job->touched = NULL;
	free(job->block.records);
	free(job->block.from);
	free(job->block.outcomes);
	job->block = (struct rph_batch_block){0};
}

/* ---- mine --------------------------------------------------------------------------------------
 */

static int make_block(struct rph_batch_block *block)
{
	if (!block->records)
		block->records = calloc(BLOCK_RECORDS, sizeof(*block->records));
	if (!block->from)
		block->from = calloc(BLOCK_RECORDS, sizeof(*block->from));
	if (!block->outcomes)
		block->outcomes = calloc(BLOCK_RECORDS, sizeof(*block->outcomes));
	block->count = 0;
	return block->records && block->from && block->outcomes ? 0 : RPH_E_NO_MEMORY;
}

static int reset(struct rph_batch_job *job)
{
	int err = make_block(&job->block);
	if (err)
		return err;
	if (job->touched_size < job->table->count) {
		bool *grown = realloc(job->touched, job->table->count);
		if (!grown)
			return RPH_E_NO_MEMORY;
		job->touched = grown;
		job->touched_size = job->table->count;
	}
	if (job->touched_size)
		memset(job->touched, 0, job->touched_size);
	struct rph_batch_write *write = &job->writes[job->ending];
	rph_arena_reset(&write->arena);
	rph_dead_letter_sink_clear(job->sink);
	write->records = write->bytes = write->quarantined = 0;
	write->move_count = write->offset_count = 0;
	write->started_ns = now_ns();
	job->at = NULL;
	return 0;
}

/* The service died here too often: the record is not looked into any more. */
static int pass_over(struct rph_batch_job *job, struct rph_partition *partition,
		     const struct rph_intake_record *record)
{
	static const struct rph_rejection rejection = {.reason = RPH_REJECT_quarantined};
	if (record->offset < partition->counted)
		return 0;
	job->writes[job->ending].quarantined++;
	return rph_dead_letter_sink_put(job->sink, partition, job->intake, record, &rejection);
}

static void on_record_begin(void *context, uint32_t lane, uint32_t partition, int64_t offset)
{
	const struct rph_batch_job *job = context;
	const struct rph_partition *at = job->table->items[partition];
	rph_quarantine_begin(
		job->quarantine, lane,
		&(struct rph_quarantine_place){at->topic, at->number, at->generation, offset});
}

static void on_record_end(void *context, uint32_t lane)
{
	const struct rph_batch_job *job = context;
	rph_quarantine_end(job->quarantine, lane);
}

struct rph_pipeline_watch rph_batch_watch(struct rph_batch_job *job)
{
	return (struct rph_pipeline_watch){on_record_begin, on_record_end, job};
}

/* Hands the block to the pipeline. After an error its note stays: dying of an error at a record three
 * times is dying there three times. */
static int take_block(struct rph_batch_job *job)
{
	struct rph_batch_block *block = &job->block;
	uint32_t at;
	int err = rph_pipeline_records(job->pipeline, block->records, block->count, block->outcomes,
				       &at);
	if (err) {
		job->at = job->table->items[block->records[at].partition];
		job->at_offset = block->records[at].offset;
		return err;
	}
	for (uint32_t i = 0; !err && i < block->count; i++) {
		struct rph_partition *partition = job->table->items[block->records[i].partition];
		if (block->outcomes[i].fate == RPH_FATE_REJECTED)
			err = rph_dead_letter_sink_put(job->sink, partition, job->intake,
						       block->from[i],
						       &block->outcomes[i].rejection);
		if (rph_quarantine_is_careful(job->quarantine))
			rph_quarantine_passed(job->quarantine, partition->topic, partition->number,
					      partition->generation, block->records[i].offset);
	}
	block->count = 0;
	if (job->watchdog)
		rph_watchdog_alive(job->watchdog);
	return err;
}

static int take_record(struct rph_batch_job *job, struct rph_partition *partition,
		       const struct rph_intake_record *from)
{
	struct rph_batch_block *block = &job->block;
	struct rph_record *record = &block->records[block->count];
	*record = (struct rph_record){
		.value = rph_intake_value(job->intake, from),
		.partition = partition->index,
		.offset = from->offset,
		.next_offset = from->offset + 1,
		.log_time = from->log_time,
	};
	job->writes[job->ending].records++;
	job->writes[job->ending].bytes += record->value.len;
	if (rph_quarantine_has(job->quarantine, partition->topic, partition->number,
			       partition->generation, from->offset)) {
		rph_quarantine_passed(job->quarantine, partition->topic, partition->number,
				      partition->generation, from->offset);
		return pass_over(job, partition, from);
	}
	block->from[block->count++] = from;
	return block->count == BLOCK_RECORDS || rph_quarantine_is_careful(job->quarantine)
		       ? take_block(job)
		       : 0;
}

static int mine(struct rph_batch_job *job)
{
	int err = reset(job);
	for (size_t i = 0; !err && i < job->intake->count; i++) {
		const struct rph_intake_record *record = &job->intake->records[i];
		struct rph_partition *partition = job->table->items[record->partition];
		int64_t next = record->end ? record->offset : record->offset + 1;
		if (!record->end)
			err = take_record(job, partition, record);
		if (!err && next > partition->next) {
			partition->next = next;
			partition->last = record->end ? NULL : record;
			job->touched[partition->index] = true;
		}
	}
	return err ? err : take_block(job);
}

/* ---- fold --------------------------------------------------------------------------------------
 */

static int add_offset(struct rph_batch_job *job, struct rph_partition *partition)
{
	struct rph_batch_write *write = &job->writes[job->ending];
	struct rph_session_checkpoint checkpoint;
	struct rph_offset *offset = &write->offsets[write->offset_count++];
	const struct rph_intake_record *last = partition->last;
	rph_pipeline_checkpoint(job->pipeline, partition->index, partition->next, &checkpoint);
	*offset = (struct rph_offset){
		.topic = rph_span_of(partition->topic),
		.partition = rph_span_of(partition->name),
		.generation = partition->generation,
		.tail_hash =
			last ? rph_record_hash(rph_intake_value(job->intake, last), last->log_time)
			     : 0,
	};
	write->moves[write->move_count++] = (struct rph_batch_move){
		.partition = partition,
		.next = partition->next,
		.complete_before = rph_pipeline_complete_before(job->pipeline, partition->index),
	};
	return rph_checkpoint_to_offset(&checkpoint, &write->arena, offset);
}

static int fold(struct rph_batch_job *job)
{
	struct rph_batch_write *write = &job->writes[job->ending];
	uint32_t count = job->table->count;
	write->offsets = RPH_ARENA_ARRAY(&write->arena, struct rph_offset, count);
	write->moves = RPH_ARENA_ARRAY(&write->arena, struct rph_batch_move, count);
	if (!write->offsets || !write->moves)
		return RPH_E_NO_MEMORY;
	int err = rph_pipeline_end_batch(job->pipeline, &write->batch);
	for (uint32_t i = 0; !err && i < count; i++)
		if (job->touched[i] && job->table->items[i]->next >= job->table->items[i]->counted)
			err = add_offset(job, job->table->items[i]);
	write->counts = *rph_pipeline_counts(job->pipeline);
	write->open_sessions = rph_pipeline_open_sessions(job->pipeline);
	return err;
}

/* ---- commit ------------------------------------------------------------------------------------
 */

static int write_letters(struct rph_batch_job *job)
{
	int err = rph_dead_letter_sink_flush(job->sink);
	/* Asked to give up waiting is asked to end; the disk may be mended. */
	if (err && err != RPH_E_KAFKA && err != RPH_E_NO_MEMORY && err != RPH_E_BAD_CONFIG)
		job->held = RPH_UNREADY_DEAD_LETTERS;
	return err;
}

static struct rph_batch_write *flight_of(struct rph_batch_job *job)
{
	return &job->writes[1 - job->ending];
}

static int commit(struct rph_batch_job *job, const struct rph_batch_write *write)
{
	if (!write->offset_count)
		return 0;
	if (rph_disk_free(job->store_dir) < job->min_free) {
		job->commit_held = RPH_UNREADY_DISK_FULL;
		return RPH_E_IO;
	}
	uint64_t started = now_ns();
	int err = rph_store_apply(job->store, &write->batch.deltas, write->offsets,
				  write->offset_count);
	if (err == RPH_E_MAP_FULL)
		job->commit_held = RPH_UNREADY_STORE_FULL;
	if (!err)
		rph_metrics_observe(job->metrics, RPH_METRIC_commit_time,
				    (now_ns() - started) / 1000000);
	return err;
}

/* On the writer's thread, or on the job's when the writer is idle. What it uses of the job nobody else
 * does before rph_background_wait(). */
static int write_flight(void *data)
{
	struct rph_batch_job *job = data;
	const struct rph_batch_write *write = flight_of(job);
	job->commit_held = RPH_UNREADY_COUNT;
	int err = commit(job, write);
	if (err)
		return err;
	rph_metrics_observe(job->metrics, RPH_METRIC_batch_time,
			    (now_ns() - write->started_ns) / 1000000);
	rph_pipeline_next_batch(job->pipeline);
	return 0;
}

bool rph_batch_is_in_flight(const struct rph_batch_job *job)
{
	return job->in_flight;
}

static int await_flight(struct rph_batch_job *job)
{
	if (!job->in_flight)
		return 0;
	int err = job->failed ? write_flight(job) : rph_background_wait(job->writer);
	job->failed = err != 0;
	if (err) {
		job->held = job->commit_held;
		return err;
	}
	job->in_flight = false;
	job->written = flight_of(job);
	return 0;
}

static int begin_flight(struct rph_batch_job *job)
{
	/* It was begun, and failed, where commits run in the job. */
	if (!job->in_flight) {
		job->ending = 1 - job->ending;
		job->in_flight = true;
		rph_background_begin(job->writer, write_flight, job);
	}
	return job->beside ? 0 : await_flight(job);
}

static int run_step(struct rph_batch_job *job)
{
	switch (job->step) {
	case RPH_BATCH_MINE:
		return mine(job);
	case RPH_BATCH_AWAIT:
	case RPH_BATCH_FLUSH:
		return await_flight(job);
	case RPH_BATCH_FOLD:
		return fold(job);
	case RPH_BATCH_LETTERS:
		return write_letters(job);
	case RPH_BATCH_COMMIT:
		return begin_flight(job);
	case RPH_BATCH_DONE:
		break;
	}
	return 0;
}

int rph_batch_run(struct rph_batch_job *job)
{
	int err = 0;
	job->held = RPH_UNREADY_COUNT;
	job->written = NULL;
	while (!err && job->step != RPH_BATCH_DONE) {
		err = run_step(job);
		if (!err)
			job->step = job->step == RPH_BATCH_FLUSH ? RPH_BATCH_DONE : job->step + 1;
	}
	return err;
}
