/* SPDX-License-Identifier: Apache-2.0
 *
 * batch.h - the job that takes an intake to the store: mine -> fold -> dead letters acknowledged ->
 * commit of deltas and offsets in one transaction.
 *
 * The commit runs beside the job, while the next batch is mined; the next one awaits it before it is
 * folded. So commits are in the order of batches, at most one is under way, and the deltas and
 * offsets that one transaction writes are of the same records. Nobody is told of a batch before it is
 * on the disk: `written` says which one is.
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
#include "threads/background.h"

enum rph_batch_step {
	RPH_BATCH_MINE,
	RPH_BATCH_AWAIT, /* the commit of the batch before */
	RPH_BATCH_FOLD,
	RPH_BATCH_LETTERS,
	RPH_BATCH_COMMIT, /* begins it */
	RPH_BATCH_DONE,
	RPH_BATCH_FLUSH, /* instead of all these: awaits the commit under way */
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

/* A batch from its end to the disk. */
struct rph_batch_write {
	struct rph_batch batch;
	struct rph_batch_move *moves;
	struct rph_offset *offsets;
	uint32_t move_count, offset_count;
	struct rph_arena arena;
	uint64_t records, bytes, quarantined;
	struct rph_pipeline_counts counts; /* of the pipeline, with this batch */
	uint64_t open_sessions;
	uint64_t started_ns;
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
	bool beside;                   /* commits run beside the job; else in it */
	struct rph_background *writer; /* from rph_batch_init() */
	struct rph_batch_block block;

	/* Set for each batch. */
	struct rph_intake *intake;
	enum rph_batch_step step; /* RPH_BATCH_MINE */

	/* Results, valid until the next run. */
	const struct rph_batch_write *written; /* the batch that came to the disk; NULL: none */
	enum rph_unready held;    /* why it must wait, after RPH_E_... said so; else COUNT */
	struct rph_partition *at; /* after an error of a record: where */
	int64_t at_offset;

	/* Its own. */
	struct rph_batch_write writes[2];
	unsigned ending; /* which of them is being made; the other may be in flight */
	bool in_flight,
		failed; /* the other's commit was begun and not awaited; has to be done again */
	enum rph_unready commit_held;
	bool *touched; /* by partition */
	uint32_t touched_size;
};

/* Errors: RPH_E_NO_MEMORY, -errno of the thread that could not be made. */
int rph_batch_init(struct rph_batch_job *job) RPH_MUST_CHECK;
/* Waits for a commit under way. */
void rph_batch_free(struct rph_batch_job *job);

/* For the options of the pipeline: notes in the quarantine what is in flight. The job must have table
 * and quarantine before the first batch. */
struct rph_pipeline_watch rph_batch_watch(struct rph_batch_job *job);

/* Whether a commit is under way, or has to be done again: run the job with RPH_BATCH_FLUSH or another
 * batch. */
bool rph_batch_is_in_flight(const struct rph_batch_job *job);

/* Returns 0 when the steps are done; job->held says when an error is to be waited out. */
int rph_batch_run(struct rph_batch_job *job) RPH_MUST_CHECK;

/* Bytes free on the disk of `dir`, UINT64_MAX when it cannot be told. */
uint64_t rph_disk_free(const char *dir);

#endif
