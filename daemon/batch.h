/* SPDX-License-Identifier: Apache-2.0
 *
 * batch.h - the job that takes an intake to the store: mine -> fold -> dead letters acknowledged ->
 * commit of deltas and offsets in one transaction.
 *
 * A step that cannot be done now (no room on the disk, the store is full, the directory of dead
 * letters cannot be written) leaves the batch where it is: run the job again later and it goes on
 * with that step. Until then nothing of the batch is counted. Any other error ends the process: the
 * next one begins where the store says.
 *
 * A partition whose open sessions are still being rebuilt moves no offset: what the store has of it
 * stays true.
 */
#ifndef RPH_DAEMON_BATCH_H
#define RPH_DAEMON_BATCH_H

#include "daemon/dead_letter_sink.h"
#include "daemon/quarantine.h"
#include "miner/pipeline.h"
#include "store/store.h"

enum rph_batch_step {
	RPH_BATCH_MINE,
	RPH_BATCH_FOLD,
	RPH_BATCH_LETTERS,
	RPH_BATCH_COMMIT,
	RPH_BATCH_DONE,
};

/* Where a partition is after the batch; for the loop. */
struct rph_batch_move {
	struct rph_partition *partition;
	int64_t next;
	rph_time_ms complete_before;
};

/* Records of the intake on their way through the pipeline. */
struct rph_batch_block {
	struct rph_record *records;
	const struct rph_intake_record **from; /* the same ones */
	struct rph_record_outcome *outcomes;
	uint32_t count;
};

struct rph_batch_job {
	/* Set once. */
	struct rph_store *store;
	const char *store_dir;
	uint64_t min_free; /* bytes of the disk that no commit may touch */
	struct rph_pipeline *pipeline;
	struct rph_partition_table *table;
	struct rph_dead_letter_sink *sink;
	struct rph_quarantine *quarantine;
	struct rph_metrics *metrics;
	struct rph_watchdog *watchdog; /* or NULL */
	struct rph_arena arena;        /* of the commit; init with rph_batch_init() */
	struct rph_batch_block block;

	/* Set for each batch. */
	struct rph_intake *intake;
	enum rph_batch_step step; /* RPH_BATCH_MINE */

	/* Results, valid until the next batch. */
	struct rph_batch batch;
	struct rph_batch_move *moves;
	struct rph_offset *offsets;
	uint32_t move_count, offset_count;
	bool *touched; /* by partition */
	uint32_t touched_size;
	enum rph_unready held; /* why it must wait, after RPH_E_... said so; else COUNT */
	uint64_t records, bytes, quarantined;
	uint64_t started_ns;
	struct rph_partition *at; /* after an error of a record: where */
	int64_t at_offset;
};

void rph_batch_init(struct rph_batch_job *job);
void rph_batch_free(struct rph_batch_job *job);

/* For the options of the pipeline: notes in the quarantine what is in flight. The job must have table
 * and quarantine before the first batch. */
struct rph_pipeline_watch rph_batch_watch(struct rph_batch_job *job);

/* Returns 0 when the batch is on the disk; job->held says when an error is to be waited out. */
int rph_batch_run(struct rph_batch_job *job) RPH_MUST_CHECK;

/* Bytes free on the disk of `dir`, UINT64_MAX when it cannot be told. */
uint64_t rph_disk_free(const char *dir);

#endif
