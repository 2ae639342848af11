/* SPDX-License-Identifier: Apache-2.0
 *
 * replay.h - historical logs through the same core as the service: batches, one transaction each,
 * then the weeks that the watermark completes.
 *
 * Order in every batch: dead letters written and synced -> LMDB commit of deltas and offsets. A
 * process that dies anywhere runs the batch again, with the same result. With mining.threads above 1
 * the commit runs beside the reading and mining of the next batch, whose own commit waits for it;
 * dead letters and evidence of a batch that was not committed are there then, and a restart cuts the
 * letters off.
 *
 * Logs are read one after the other, each a partition of its own. A log that has ended holds
 * nothing back; while one still has to be read, a week is complete when every log not yet ended has
 * passed it. When all have ended, the newest watermark decides. An export to which evidence came
 * later, from a log that was replayed afterwards, is written again.
 */
#ifndef RPH_REPLAY_REPLAY_H
#define RPH_REPLAY_REPLAY_H

#include "replay/evidence.h"
#include "replay/source.h"
#include "store/weeks.h"

struct rph_progress_report;

struct rph_replay_options {
	const char *const *paths;
	size_t path_count;
	uint32_t batch_records;
	rph_time_ms from, to;
	const char *evidence_path;    /* or NULL */
	const char *export_parent;    /* or NULL: weeks are not exported */
	const char *dead_letters_dir; /* never NULL */
	bool final; /* the logs are complete: take a last line without its end, close sessions */
	/* Called after each batch, from the replaying thread. */
	void (*on_progress)(void *context, const struct rph_progress_report *report);
	/* True: stop at the next batch boundary. */
	bool (*is_stopped)(void *context);
	void *context;
};

struct rph_replay_totals {
	uint64_t records;       /* read in this run, warm ones not counted */
	uint64_t bytes;         /* of them */
	uint64_t votes, usages; /* rows merged */
	uint64_t batches;
	uint64_t open_sessions; /* at the end */
	struct rph_weeks_report weeks;
	uint64_t unfinished; /* logs whose last line has no end yet; it is left to a later run */
	bool resumed;        /* the store had counted part of these logs */
	bool stopped;
	struct rph_pipeline_counts counts;
};

struct rph_progress_report {
	const struct rph_replay_totals *totals;
	/* Of the files as they are on disk. before: where this run began; total 0: unknown. */
	uint64_t bytes_done, bytes_before, bytes_total;
};

/* On error deployment->problem has a sentence that names the log or file. deployment->store must be
 * open for writing. */
int rph_replay(struct rph_deployment *deployment, const struct rph_replay_options *options,
	       struct rph_replay_totals *ret) RPH_MUST_CHECK;

#endif
