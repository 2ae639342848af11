/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/batch.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include "daemon/clock.h"
#include "schemas/error.h"
#include "store/checkpoint.h"

enum { ALIVE_EVERY = 4096 };
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

void rph_batch_init(struct rph_batch_job *job)
{
	rph_arena_init(&job->arena, ARENA_LIMIT);
	job->held = RPH_UNREADY_COUNT;
}

void rph_batch_free(struct rph_batch_job *job)
{
	rph_arena_free(&job->arena);
	free(job->touched);
	job->touched = NULL;
}

/* ---- mine --------------------------------------------------------------------------------------
 */

static int reset(struct rph_batch_job *job)
{
	if (job->touched_size < job->table->count) {
		bool *grown = realloc(job->touched, job->table->count);
		if (!grown)
			return RPH_E_NO_MEMORY;
		job->touched = grown;
		job->touched_size = job->table->count;
	}
	if (job->touched_size)
		memset(job->touched, 0, job->touched_size);
	rph_arena_reset(&job->arena);
	rph_dead_letter_sink_clear(job->sink);
	job->records = job->bytes = job->quarantined = 0;
	job->move_count = job->offset_count = 0;
	job->at = NULL;
	job->started_ns = now_ns();
	return 0;
}

/* The service died here too often: the record is not looked into any more. */
static int pass_over(struct rph_batch_job *job, struct rph_partition *partition,
		     const struct rph_intake_record *record)
{
	static const struct rph_rejection rejection = {.reason = RPH_REJECT_quarantined};
	if (record->offset < partition->counted)
		return 0;
	job->quarantined++;
	return rph_dead_letter_sink_put(job->sink, partition, job->intake, record, &rejection);
}

static int take_record(struct rph_batch_job *job, struct rph_partition *partition,
		       const struct rph_intake_record *from)
{
	const struct rph_record record = {
		.value = rph_intake_value(job->intake, from),
		.partition = partition->index,
		.offset = from->offset,
		.next_offset = from->offset + 1,
		.log_time = from->log_time,
	};
	enum rph_fate fate;
	struct rph_rejection rejection;
	job->records++;
	job->bytes += record.value.len;
	if (rph_quarantine_has(job->quarantine, partition->topic, partition->number,
			       partition->generation, from->offset))
		return pass_over(job, partition, from);
	rph_quarantine_begin(job->quarantine, from->offset);
	int err = rph_pipeline_record(job->pipeline, &record, &fate, &rejection);
	if (err) {
		/* The note stays: dying of an error here three times is dying here three times. */
		job->at = partition;
		job->at_offset = from->offset;
		return err;
	}
	rph_quarantine_end(job->quarantine);
	if (fate == RPH_FATE_REJECTED)
		err = rph_dead_letter_sink_put(job->sink, partition, job->intake, from, &rejection);
	return err;
}

static int mine(struct rph_batch_job *job)
{
	uint32_t noted = UINT32_MAX;
	int err = reset(job);
	for (size_t i = 0; !err && i < job->intake->count; i++) {
		const struct rph_intake_record *record = &job->intake->records[i];
		struct rph_partition *partition = job->table->items[record->partition];
		int64_t next = record->end ? record->offset : record->offset + 1;
		if (!record->end && record->partition != noted) {
			rph_quarantine_partition(job->quarantine, partition->topic,
						 partition->number, partition->generation);
			noted = record->partition;
		}
		if (!record->end)
			err = take_record(job, partition, record);
		if (!err && next > partition->next) {
			partition->next = next;
			partition->last = record->end ? NULL : record;
			job->touched[partition->index] = true;
		}
		if (job->watchdog && i % ALIVE_EVERY == 0)
			rph_watchdog_alive(job->watchdog);
	}
	return err;
}

/* ---- fold --------------------------------------------------------------------------------------
 */

static int add_offset(struct rph_batch_job *job, struct rph_partition *partition)
{
	struct rph_session_checkpoint checkpoint;
	struct rph_offset *offset = &job->offsets[job->offset_count++];
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
	job->moves[job->move_count++] = (struct rph_batch_move){
		.partition = partition,
		.next = partition->next,
		.complete_before = rph_pipeline_complete_before(job->pipeline, partition->index),
	};
	return rph_checkpoint_to_offset(&checkpoint, &job->arena, offset);
}

static int fold(struct rph_batch_job *job)
{
	uint32_t count = job->table->count;
	job->offsets = RPH_ARENA_ARRAY(&job->arena, struct rph_offset, count);
	job->moves = RPH_ARENA_ARRAY(&job->arena, struct rph_batch_move, count);
	if (!job->offsets || !job->moves)
		return RPH_E_NO_MEMORY;
	int err = rph_pipeline_end_batch(job->pipeline, &job->batch);
	for (uint32_t i = 0; !err && i < count; i++)
		if (job->touched[i] && job->table->items[i]->next >= job->table->items[i]->counted)
			err = add_offset(job, job->table->items[i]);
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

static int commit(struct rph_batch_job *job)
{
	if (!job->offset_count)
		return 0;
	if (rph_disk_free(job->store_dir) < job->min_free) {
		job->held = RPH_UNREADY_DISK_FULL;
		return RPH_E_IO;
	}
	uint64_t started = now_ns();
	int err = rph_store_apply(job->store, &job->batch.deltas, job->offsets, job->offset_count);
	if (err == RPH_E_MAP_FULL)
		job->held = RPH_UNREADY_STORE_FULL;
	if (!err)
		rph_metrics_observe(job->metrics, RPH_METRIC_commit_time,
				    (now_ns() - started) / 1000000);
	return err;
}

static int run_step(struct rph_batch_job *job)
{
	switch (job->step) {
	case RPH_BATCH_MINE:
		return mine(job);
	case RPH_BATCH_FOLD:
		return fold(job);
	case RPH_BATCH_LETTERS:
		return write_letters(job);
	case RPH_BATCH_COMMIT:
		return commit(job);
	case RPH_BATCH_DONE:
		break;
	}
	return 0;
}

int rph_batch_run(struct rph_batch_job *job)
{
	int err = 0;
	job->held = RPH_UNREADY_COUNT;
	while (!err && job->step != RPH_BATCH_DONE) {
		err = run_step(job);
		job->step += !err;
	}
	if (err)
		return err;
	rph_metrics_observe(job->metrics, RPH_METRIC_batch_time,
			    (now_ns() - job->started_ns) / 1000000);
	rph_pipeline_next_batch(job->pipeline);
	return 0;
}
