/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "miner/settings.h"
#include "schemas/error.h"

/* The year 2200: later than any event that the decoder accepts. */
#define END_OF_TIME INT64_C(7258118400000)

static const size_t COMMIT_ARENA_LIMIT = (size_t)256 << 20;

struct run {
	struct rph_deployment *deployment;
	const struct rph_replay_options *options;
	struct rph_pipeline *pipeline;
	struct rph_source *sources;
	size_t source_count;
	struct rph_evidence_file evidence;
	struct rph_arena commit_arena;
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

static int start(struct run *run)
{
	const struct rph_config *config = run->deployment->config;
	struct rph_pipeline_options options = {
		.decode = rph_settings_decode(config),
		.keys = &run->deployment->keys,
		.evidence = run->options->evidence_path != NULL,
		.from = run->options->from,
		.to = run->options->to,
	};
	int err = rph_deployment_mining(run->deployment, config, &options.params);
	if (!err)
		err = rph_pipeline_new(&options, &run->pipeline);
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

/* Takes up to a batch of records from one source. */
static int read_batch(struct run *run, struct rph_source *source, uint32_t *taken)
{
	for (; *taken < run->options->batch_records; (*taken)++) {
		struct rph_record record;
		enum rph_fate fate;
		struct rph_rejection rejection;
		bool end;
		int err = rph_source_next(source, &record, &end);
		if (err)
			return log_failed(run, source->path, err);
		if (end)
			return 0;
		err = rph_pipeline_record(run->pipeline, &record, &fate, &rejection);
		if (!err && fate == RPH_FATE_REJECTED)
			err = rph_dead_letters_write(&source->letters, &record, &rejection);
		if (err) {
			rph_buffer_format(
				&run->deployment->problem,
				"log %s, byte %lld: %s; nothing of this batch is counted, "
				"run again when the cause is mended\n",
				source->path, (long long)record.offset, rph_strerror(err));
			return err;
		}
		run->totals->records += fate != RPH_FATE_WARM;
		run->totals->bytes += fate != RPH_FATE_WARM ? record.value.len : 0;
	}
	return 0;
}

static int collect_offsets(struct run *run, struct rph_offset **ret, size_t *ret_count)
{
	struct rph_offset *offsets =
		RPH_ARENA_ARRAY(&run->commit_arena, struct rph_offset, run->source_count);
	if (!offsets)
		return RPH_E_NO_MEMORY;
	size_t count = 0;
	for (size_t i = 0; i < run->source_count; i++) {
		struct rph_source *source = &run->sources[i];
		/* While a source is still being rebuilt, what the store has of it stays true; and
		 * a log of which no line was taken may not have its first line, its name, yet. */
		if (!source->started || !source->checked || rph_log_offset(source->log) == 0)
			continue;
		int err = rph_source_offset(source, run->pipeline, &run->commit_arena,
					    &offsets[count++]);
		if (!err)
			err = rph_dead_letters_sync(&source->letters);
		if (err)
			return err;
	}
	*ret = offsets;
	*ret_count = count;
	return 0;
}

static int commit_batch(struct run *run)
{
	struct rph_batch batch;
	struct rph_offset *offsets = NULL;
	size_t offset_count = 0;
	rph_arena_reset(&run->commit_arena);
	int err = rph_pipeline_end_batch(run->pipeline, &batch);
	if (!err)
		err = rph_evidence_write(&run->evidence, &batch);
	if (!err)
		err = collect_offsets(run, &offsets, &offset_count);
	if (!err)
		err = rph_store_apply(run->deployment->store, &batch.deltas, offsets, offset_count);
	if (err) {
		rph_buffer_format(
			&run->deployment->problem,
			"commit of a batch: %s; the store is as it was before the batch, run "
			"again when the cause is mended\n",
			rph_strerror(err));
		return err;
	}
	run->totals->votes += batch.deltas.vote_count;
	run->totals->usages += batch.deltas.usage_count;
	run->totals->batches++;
	run->totals->open_sessions = rph_pipeline_open_sessions(run->pipeline);
	run->totals->counts = *rph_pipeline_counts(run->pipeline);
	rph_pipeline_next_batch(run->pipeline);
	return 0;
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
	return rph_weeks_complete(run->deployment, run->options->export_parent, complete, all_ended,
				  &run->totals->weeks);
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
	int err = commit_batch(run);
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
	int err = commit_batch(run);
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
	rph_arena_init(&run.commit_arena, COMMIT_ARENA_LIMIT);
	int err = start(&run);
	if (!err)
		err = replay_sources(&run);
	if (!err && !ret->stopped)
		err = finish(&run);
	int closing = rph_evidence_close(&run.evidence);
	for (size_t i = 0; i < run.source_count; i++)
		rph_source_close(&run.sources[i]);
	free(run.sources);
	rph_pipeline_free(run.pipeline);
	rph_arena_free(&run.commit_arena);
	return err ? err : closing;
}
