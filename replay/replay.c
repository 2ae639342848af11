/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "miner/settings.h"
#include "replay/block.h"
#include "schemas/error.h"
#include "threads/background.h"
#include "threads/pool.h"

/* The year 2200: later than any event that the decoder accepts. */
#define END_OF_TIME INT64_C(7258118400000)

/* Enough that waking threads costs nothing beside the work. */
enum { BLOCK_RECORDS = 8192 };

static const size_t COMMIT_ARENA_LIMIT = (size_t)256 << 20;

/* A batch on its way to the disk. */
struct commit {
	struct rph_batch batch;
	struct rph_offset *offsets;
	size_t offset_count;
	struct rph_arena arena; /* of the offsets */
};

struct run {
	struct rph_deployment *deployment;
	const struct rph_replay_options *options;
	struct rph_pipeline *pipeline;
	struct rph_source *sources;
	size_t source_count;
	struct rph_evidence_file evidence;
	struct rph_pool *pool;
	struct rph_block block;
	struct rph_background *writer; /* writes `commit` while the next batch is filled */
	struct commit commit;
	rph_week week; /* first week that was not complete at the last look */
	uint64_t bytes_before;
	struct rph_replay_totals *totals;
};

/* ---- starting -----------------------------------------------------------------------------------
 */

static const char *log_remedy(int error)
{
	switch (error) {
	case RPH_E_BAD_INPUT:
		return "the packed file is damaged or cut off; whole batches before that are "
		       "counted, run again with a whole file and it goes on there";
	case RPH_E_LOG_CHANGED:
		return "its beginning was replayed into this store before, but what was counted "
		       "then is not what it holds now; replay it into a new store";
	default:
		return "check the path, the permissions and the disk";
	}
}

static int log_failed(struct run *run, const char *path, int err)
{
	if (err)
		rph_buffer_format(&run->deployment->problem, "log %s: %s; %s\n", path,
				  rph_strerror(err), log_remedy(err));
	return err == -ENOENT || err == -EACCES || err == -EISDIR || err == -ENOTDIR
		       ? RPH_E_NO_INPUT
		       : err;
}

static int refuse_twice(struct run *run, const struct rph_source *source)
{
	for (size_t i = 0; !source->is_empty && i < run->source_count; i++)
		if (!run->sources[i].is_empty && strcmp(run->sources[i].name, source->name) == 0) {
			rph_buffer_format(
				&run->deployment->problem,
				"logs %s and %s begin with the same line, so they count as "
				"one log; name it once\n",
				run->sources[i].path, source->path);
			return RPH_E_USAGE;
		}
	return 0;
}

static int open_sources(struct run *run)
{
	const struct rph_replay_options *options = run->options;
	run->sources = calloc(options->path_count, sizeof(*run->sources));
	if (!run->sources)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < options->path_count; i++) {
		struct rph_source *source = &run->sources[i];
		int err = rph_source_open(options->paths[i], &run->deployment->keys,
					  run->deployment->store, run->pipeline,
					  options->dead_letters_dir, source);
		if (err)
			return log_failed(run, options->paths[i], err);
		if (!options->final)
			rph_source_hold_back(source);
		err = refuse_twice(run, source);
		run->source_count++;
		if (err)
			return err;
		run->totals->resumed |= source->counted > 0;
		uint64_t before, total;
		rph_log_progress(source->log, &before, &total);
		run->bytes_before += before;
	}
	return 0;
}

static int make_pipeline(struct run *run)
{
	const struct rph_config *config = run->deployment->config;
	int err = rph_pool_new(config->mining.threads, &run->pool);
	if (!err)
		err = rph_background_new(&run->writer);
	if (err)
		return err;
	struct rph_pipeline_options options = {
		.decode = rph_settings_decode(config),
		.keys = &run->deployment->keys,
		.evidence = run->options->evidence_path != NULL,
		.from = run->options->from,
		.to = run->options->to,
		.parallel = rph_pool_parallel(run->pool),
	};
	err = rph_deployment_mining(run->deployment, config, &options.params);
	if (!err)
		err = rph_pipeline_new(&options, &run->pipeline);
	if (!err)
		err = rph_block_init(&run->block, options.parallel.lanes > 1 ? BLOCK_RECORDS : 1);
	return err;
}

static int start(struct run *run)
{
	int err = make_pipeline(run);
	if (!err)
		err = open_sources(run);
	if (err)
		return err;
	err = rph_evidence_open(run->options->evidence_path, run->totals->resumed, &run->evidence);
	if (!err)
		return 0;
	rph_buffer_format(&run->deployment->problem, "evidence file %s: %s\n",
			  run->options->evidence_path, rph_strerror(err));
	/* A missing folder of an output is no missing input. */
	return RPH_E_IO;
}

/* ---- a batch --------------------------------------------------------------------------------- */

/* Collects lines of one source until the block or the batch is full, or the source has ended. */
static int fill_block(struct run *run, struct rph_source *source, uint32_t wanted)
{
	struct rph_record record;
	bool end = false;
	int err = 0;
	rph_block_clear(&run->block);
	while (!err && run->block.count < wanted && rph_block_has_room(&run->block)) {
		err = rph_source_next(source, &record, &end);
		if (err)
			return log_failed(run, source->path, err);
		if (end)
			break;
		err = rph_block_add(&run->block, &record);
	}
	return err;
}

static int record_failed(struct run *run, const struct rph_source *source, int64_t offset, int err)
{
	rph_buffer_format(&run->deployment->problem,
			  "log %s, byte %lld: %s; nothing of this batch is counted, "
			  "run again when the cause is mended\n",
			  source->path, (long long)offset, rph_strerror(err));
	return err;
}

static int take_block(struct run *run, struct rph_source *source)
{
	struct rph_block *block = &run->block;
	uint32_t at;
	int err = rph_pipeline_records(run->pipeline, block->records, block->count, block->outcomes,
				       &at);
	if (err)
		return record_failed(run, source, block->records[at].offset, err);
	for (uint32_t i = 0; i < block->count; i++) {
		const struct rph_record *record = &block->records[i];
		const struct rph_record_outcome *outcome = &block->outcomes[i];
		if (outcome->fate == RPH_FATE_REJECTED)
			err = rph_dead_letters_write(&source->letters, record, &outcome->rejection);
		if (err)
			return record_failed(run, source, record->offset, err);
		run->totals->records += outcome->fate != RPH_FATE_WARM;
		run->totals->bytes += outcome->fate != RPH_FATE_WARM ? record->value.len : 0;
	}
	return 0;
}

/* Takes up to a batch of records from one source. */
static int read_batch(struct run *run, struct rph_source *source, uint32_t *taken)
{
	while (*taken < run->options->batch_records && !source->ended) {
		int err = fill_block(run, source, run->options->batch_records - *taken);
		if (!err && run->block.count)
			err = take_block(run, source);
		if (err)
			return err;
		*taken += run->block.count;
	}
	return 0;
}

static int collect_offsets(struct run *run)
{
	struct commit *commit = &run->commit;
	commit->offsets = RPH_ARENA_ARRAY(&commit->arena, struct rph_offset, run->source_count);
	if (!commit->offsets)
		return RPH_E_NO_MEMORY;
	commit->offset_count = 0;
	for (size_t i = 0; i < run->source_count; i++) {
		struct rph_source *source = &run->sources[i];
		/* While a source is still being rebuilt, what the store has of it stays true; and
		 * a log of which no line was taken may not have its first line, its name, yet. */
		if (!source->started || !source->checked || rph_log_offset(source->log) == 0)
			continue;
		int err = rph_source_offset(source, run->pipeline, &commit->arena,
					    &commit->offsets[commit->offset_count++]);
		if (!err)
			err = rph_dead_letters_sync(&source->letters);
		if (err)
			return err;
	}
	return 0;
}

static int commit_failed(struct run *run, int err)
{
	rph_buffer_format(&run->deployment->problem,
			  "commit of a batch: %s; the store is as it was before the batch, run "
			  "again when the cause is mended\n",
			  rph_strerror(err));
	return err;
}

/* Beside the replaying thread. */
static int write_commit(void *data)
{
	struct run *run = data;
	struct commit *commit = &run->commit;
	int err = rph_store_apply(run->deployment->store, &commit->batch.deltas, commit->offsets,
				  commit->offset_count);
	if (!err)
		rph_pipeline_next_batch(run->pipeline);
	return err;
}

/* Returns when what was ended is on the disk. */
static int await_commit(struct run *run)
{
	int err = rph_background_wait(run->writer);
	return err ? commit_failed(run, err) : 0;
}

/* Ends the batch and begins to write it, after the one before it is written. Meanwhile the next one
 * may be filled: it was no part of the offsets collected here. */
static int begin_commit(struct run *run)
{
	struct commit *commit = &run->commit;
	int err = await_commit(run);
	if (err)
		return err;
	rph_arena_reset(&commit->arena);
	err = rph_pipeline_end_batch(run->pipeline, &commit->batch);
	if (!err)
		err = rph_evidence_write(&run->evidence, &commit->batch);
	if (!err)
		err = collect_offsets(run);
	if (err)
		return commit_failed(run, err);
	run->totals->votes += commit->batch.deltas.vote_count;
	run->totals->usages += commit->batch.deltas.usage_count;
	run->totals->batches++;
	run->totals->open_sessions = rph_pipeline_open_sessions(run->pipeline);
	run->totals->counts = *rph_pipeline_counts(run->pipeline);
	rph_background_begin(run->writer, write_commit, run);
	return rph_pool_parallel(run->pool).lanes > 1 ? 0 : await_commit(run);
}

/* ---- weeks ----------------------------------------------------------------------------------- */

/* Event time that no log still to come can add to. */
static rph_time_ms complete_before(const struct run *run, bool all_ended)
{
	rph_time_ms lowest = INT64_MAX, highest = INT64_MIN;
	for (size_t i = 0; i < run->source_count; i++) {
		const struct rph_source *source = &run->sources[i];
		rph_time_ms before =
			source->started
				? rph_pipeline_complete_before(run->pipeline, source->partition)
				: INT64_MIN;
		if (before > highest)
			highest = before;
		if (!source->ended && before < lowest)
			lowest = before;
	}
	return all_ended ? highest : lowest;
}

static int look_at_weeks(struct run *run, bool all_ended)
{
	rph_time_ms complete = complete_before(run, all_ended);
	if (all_ended && run->options->final)
		complete = END_OF_TIME;
	if (complete < 0)
		return 0;
	if (complete > END_OF_TIME)
		complete = END_OF_TIME;
	rph_week week = rph_week_of(complete);
	if (!all_ended && week == run->week)
		return 0;
	run->week = week;
	int err = await_commit(run);
	if (err)
		return err;
	const struct rph_parallel parallel = rph_pool_parallel(run->pool);
	run->totals->weeks.parallel = &parallel;
	err = rph_weeks_complete(run->deployment, run->options->export_parent, complete, all_ended,
				 &run->totals->weeks);
	run->totals->weeks.parallel = NULL;
	return err;
}

/* ---- the run --------------------------------------------------------------------------------- */

static void report_progress(struct run *run)
{
	if (!run->options->on_progress)
		return;
	struct rph_progress_report report = {
		.totals = run->totals,
		.bytes_before = run->bytes_before,
	};
	bool known = true;
	for (size_t i = 0; i < run->source_count; i++) {
		uint64_t done, total;
		rph_log_progress(run->sources[i].log, &done, &total);
		report.bytes_done += done;
		report.bytes_total += total;
		known &= total > 0;
	}
	if (!known)
		report.bytes_total = 0;
	run->options->on_progress(run->options->context, &report);
}

static int end_batch(struct run *run)
{
	int err = begin_commit(run);
	if (!err)
		err = look_at_weeks(run, false);
	if (!err)
		report_progress(run);
	run->totals->stopped =
		run->options->is_stopped && run->options->is_stopped(run->options->context);
	return err;
}

static int replay_sources(struct run *run)
{
	uint32_t taken = 0;
	int err = 0;
	for (size_t i = 0; !err && !run->totals->stopped && i < run->source_count; i++) {
		struct rph_source *source = &run->sources[i];
		source->started = true;
		while (!err && !run->totals->stopped && !source->ended) {
			err = read_batch(run, source, &taken);
			if (err || taken < run->options->batch_records)
				continue;
			taken = 0;
			err = end_batch(run);
		}
		if (!err && source->ended && run->options->final)
			err = rph_pipeline_close_partition(run->pipeline, source->partition);
	}
	return err;
}

static int finish(struct run *run)
{
	for (size_t i = 0; i < run->source_count; i++)
		run->totals->unfinished += rph_log_holds_back(run->sources[i].log);
	int err = begin_commit(run);
	if (!err)
		err = await_commit(run);
	if (!err && !run->totals->stopped)
		err = look_at_weeks(run, true);
	if (!err)
		report_progress(run);
	return err;
}

int rph_replay(struct rph_deployment *deployment, const struct rph_replay_options *options,
	       struct rph_replay_totals *ret)
{
	*ret = (struct rph_replay_totals){0};
	struct run run = {.deployment = deployment, .options = options, .totals = ret};
	rph_arena_init(&run.commit.arena, COMMIT_ARENA_LIMIT);
	int err = start(&run);
	if (!err)
		err = replay_sources(&run);
	if (!err && !ret->stopped)
		err = finish(&run);
	/* What was begun ends: a batch is either on the disk or was never there. */
	int writing = run.writer ? await_commit(&run) : 0;
	if (!err)
		err = writing;
	rph_background_free(run.writer);
	int closing = rph_evidence_close(&run.evidence);
	for (size_t i = 0; i < run.source_count; i++)
		rph_source_close(&run.sources[i]);
	free(run.sources);
	rph_pipeline_free(run.pipeline);
	rph_pool_free(run.pool);
	rph_block_free(&run.block);
	rph_arena_free(&run.commit.arena);
	return err ? err : closing;
}
