/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/schedule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "daemon/clock.h"
#include "schemas/error.h"

static rph_time_ms earlier(rph_time_ms a, rph_time_ms b)
{
	return a < b ? a : b;
}

rph_time_ms rph_schedule_complete(const struct rph_schedule_place *places, size_t count,
				  rph_time_ms idle)
{
	rph_time_ms all = INT64_MAX, busy = INT64_MAX, newest = INT64_MIN;
	for (size_t i = 0; i < count; i++) {
		rph_time_ms before = places[i].complete_before;
		all = earlier(all, before);
		if (!places[i].silent)
			busy = earlier(busy, before);
		if (before > newest)
			newest = before;
	}
	if (newest == INT64_MIN)
		return INT64_MIN;
	rph_time_ms without_idle = newest < INT64_MIN + idle ? INT64_MIN : newest - idle;
	without_idle = earlier(without_idle, busy);
	return all > without_idle ? all : without_idle;
}

/* The path of what is not there yet, in a directory that is; cuts `path` in two. */
static int absolute_of_new(char *path, char **ret)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (slash)
		*slash = '\0';
	char *above = realpath(!slash ? "." : slash == path ? "/" : path, NULL);
	if (!above)
		return -errno;
	int len_written = asprintf(ret, "%s/%s", strcmp(above, "/") == 0 ? "" : above, name);
	free(above);
	if (len_written >= 0)
		return 0;
	*ret = NULL;
	return RPH_E_NO_MEMORY;
}

int rph_weeks_parent(const struct rph_config *config, const char *store_dir, char **ret)
{
	const char *given = config->export.dir;
	char *path = NULL;
	if (asprintf(&path, "%s%s", *given ? given : store_dir, *given ? "" : "/exports") < 0)
		return RPH_E_NO_MEMORY;
	*ret = realpath(path, NULL);
	int err = *ret ? 0 : -errno;
	if (err == -ENOENT)
		err = absolute_of_new(path, ret);
	free(path);
	return err;
}

/* ---- the job -----------------------------------------------------------------------------------
 */

static bool was_intended(void *context, rph_week week)
{
	const struct rph_weeks_job *job = context;
	for (size_t i = 0; i < job->intent_count; i++)
		if (job->intents[i] == week)
			return true;
	return false;
}

static bool is_in_the_way(const struct rph_weeks_job *job)
{
	return job->is_in_the_way && job->is_in_the_way(job->context);
}

static bool is_to_stop(void *context)
{
	const struct rph_weeks_job *job = context;
	return rph_stop_asked(&job->stop) || (!job->exporting && is_in_the_way(job));
}

static int begin_week(void *context, rph_week week)
{
	struct rph_weeks_job *job = context;
	/* Each run gets on by a week at least: many orders in a row must not keep exports back. */
	if (job->report.exported && is_in_the_way(job))
		return RPH_E_STOPPED;
	job->exporting = true;
	if (job->watchdog)
		rph_watchdog_alive(job->watchdog);
	return job->ledger ? rph_ledger_intend(job->ledger, week) : 0;
}

static int enter_week(struct rph_weeks_job *job, rph_week week,
		      const struct rph_week_summary *summary)
{
	char *dir = NULL;
	if (!job->ledger)
		return 0;
	if (asprintf(&dir, "%s/%s", job->parent, summary->name) < 0)
		return RPH_E_NO_MEMORY;
	struct rph_export_event event = {
		.week = week,
		.dir = dir,
		.source = job->deployment->config->trigger.source,
		.at = rph_clock_wall_ms(),
	};
	memcpy(event.digest, summary->digest, sizeof(event.digest));
	int err = rph_ledger_add(job->ledger, &event, job->sinks);
	free(dir);
	return err;
}

static void count_week(struct rph_weeks_job *job, rph_week week,
		       const struct rph_week_summary *summary)
{
	struct rph_metrics *metrics = job->metrics;
	for (unsigned i = 0; i < RPH_PAIR_STATUS_COUNT; i++)
		rph_metrics_set(metrics, (enum rph_metric)(RPH_METRIC_pairs_promoted + i),
				summary->pairs[i]);
	rph_metrics_add(metrics, RPH_METRIC_exports, 1);
	rph_metrics_set(metrics, RPH_METRIC_export_train_rows, summary->train_rows);
	rph_metrics_set(metrics, RPH_METRIC_export_holdout_rows, summary->holdout_rows);
	rph_metrics_set(metrics, RPH_METRIC_export_week, (uint64_t)rph_week_start(week));
	rph_metrics_set(metrics, RPH_METRIC_export_last_success, (uint64_t)rph_clock_wall_ms());
	RPH_SAY(job->log, week_exported, RPH_TEXT("week", summary->name),
		RPH_TEXT("dir", job->parent), RPH_NUMBER("train_rows", summary->train_rows),
		RPH_NUMBER("holdout_rows", summary->holdout_rows),
		RPH_NUMBER("pairs", summary->pair_rows));
}

static int end_week(void *context, rph_week week, const struct rph_week_summary *summary)
{
	struct rph_weeks_job *job = context;
	job->exporting = false;
	int err = enter_week(job, week, summary);
	if (!err)
		count_week(job, week, summary);
	return err;
}

int rph_weeks_run(struct rph_weeks_job *job)
{
	int64_t started = rph_clock_ms();
	const struct rph_stop stop = {is_to_stop, job};
	job->exporting = false;
	job->report = (struct rph_weeks_report){
		.is_wanted = was_intended,
		.on_begin = begin_week,
		.on_week = end_week,
		.context = job,
		.stop = &stop,
		.parallel = &job->parallel,
	};
	rph_buffer_free(&job->deployment->problem);
	job->intents = NULL;
	job->intent_count = 0;
	int err = job->ledger ? rph_ledger_intents(job->ledger, &job->intents, &job->intent_count)
			      : 0;
	if (!err)
		err = rph_weeks_complete(job->deployment, job->parent, job->complete, true,
					 &job->report);
	job->report.parallel = NULL;
	free(job->intents);
	job->intents = NULL;
	if (err == RPH_E_STOPPED)
		return err;
	if (err) {
		rph_metrics_add(job->metrics, RPH_METRIC_export_failures, 1);
		return err;
	}
	rph_metrics_set(job->metrics, RPH_METRIC_rewrites_published, job->report.published);
	rph_metrics_observe(job->metrics, RPH_METRIC_export_time,
			    (uint64_t)(rph_clock_ms() - started));
	return 0;
}
