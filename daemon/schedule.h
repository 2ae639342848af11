/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule.h - which weeks of event time are complete, and the job that exports them.
 *
 * A week is complete when every partition has passed it. A partition that was read to its end and
 * is silent must not hold the weeks of all others for ever: it is left out as soon as the others
 * are further than `idle` (export.idle) past the week, in event time, and it has been silent for as
 * long by the clock, since its last record or the start of the process: logs that are played fast
 * are not taken for silent ones. Neither becomes part of the state. Records that such a partition
 * brings for that week later are mined and counted, but the week's set is not written again.
 *
 * Where no partition falls silent for so long, what is exported is a function of the logs alone.
 */
#ifndef RPH_DAEMON_SCHEDULE_H
#define RPH_DAEMON_SCHEDULE_H

#include "daemon/log.h"
#include "daemon/trigger_ledger.h"
#include "daemon/watchdog.h"
#include "schemas/parallel.h"
#include "store/weeks.h"

struct rph_schedule_place {
	rph_time_ms complete_before; /* INT64_MIN: no record yet */
	bool silent;                 /* read to its end, and nothing came for `idle` */
};

/* Event time before which everything is complete; INT64_MIN when nothing is. */
rph_time_ms rph_schedule_complete(const struct rph_schedule_place *places, size_t count,
				  rph_time_ms idle);

struct rph_weeks_job {
	/* Set once. */
	struct rph_deployment *deployment;
	const char *parent;        /* absolute path of export.dir */
	struct rph_ledger *ledger; /* NULL: no triggers */
	uint32_t sinks;
	struct rph_metrics *metrics;
	struct rph_log *log;
	struct rph_watchdog *watchdog; /* or NULL */
	struct rph_stop stop;          /* breaks a run off */
	struct rph_parallel parallel;  /* judges pairs; nobody else's while a run is under way */
	/* Something else wants the store: a run is broken off, but for the export being written.
	 * NULL: nothing ever does. */
	bool (*is_in_the_way)(void *context);
	void *context;

	/* Set for each run. */
	rph_time_ms complete;

	bool exporting; /* a week is being written */

	/* Results. */
	struct rph_weeks_report report;
	rph_week *intents; /* weeks that were being exported when a process died */
	size_t intent_count;
};

/* `parent` of the configuration or of the store, made absolute; malloc'd. It need not be there, for
 * the first export makes it, but the directory above it must. RPH_E_NO_MEMORY, -errno. */
int rph_weeks_parent(const struct rph_config *config, const char *store_dir,
		     char **ret) RPH_MUST_CHECK;

/* worker. Exports, enters in the ledger, publishes, expires. On error deployment->problem has
 * sentences; run it again: what is done is not done twice. RPH_E_STOPPED is no failure: the week
 * being written is not there, and is written by the next run or process. */
int rph_weeks_run(struct rph_weeks_job *job) RPH_MUST_CHECK;

#endif
