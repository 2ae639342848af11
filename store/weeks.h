/* SPDX-License-Identifier: Apache-2.0
 *
 * weeks.h - what happens when a week of event time is complete: rewrites are published, the
 * training set is written, weeks too old are deleted.
 */
#ifndef RPH_STORE_WEEKS_H
#define RPH_STORE_WEEKS_H

#include "store/deployment.h"

struct rph_weeks_report {
	uint64_t exported, published, expired_rows; /* weeks, rewrites, rows */
	char first_week[RPH_WEEK_TEXT_SIZE], last_week[RPH_WEEK_TEXT_SIZE]; /* exported; or "" */
	/* Any may be NULL. Whether to write a week although it is there; before a week is written,
	 * where an error keeps it from being written; after its directory is complete and recorded.
	 */
	bool (*is_wanted)(void *context, rph_week week);
	int (*on_begin)(void *context, rph_week week);
	int (*on_week)(void *context, rph_week week, const struct rph_week_summary *summary);
	void *context;
	const struct rph_stop
		*stop; /* or NULL; RPH_E_STOPPED, and the next call goes on from there */
	const struct rph_parallel *parallel; /* who judges pairs; NULL: the caller alone */
};

/* Exports every week that ends at or before `complete` (event time), from the first week the store has,
 * unless it lies there already, written with the evidence of today; `parent` NULL: none. Deletes weeks
 * that are too old. `publish`: the rewrites of the last complete week are published; a replay passes
 * through the past, and only its end is served; where evidence, decisions, configuration and program
 * are those that the rewrites in the store were made of, they are not made again. Adds to `report`. On error deployment->problem says
 * why, and what was done before stays done. */
RPH_STAGE int rph_weeks_complete(struct rph_deployment *deployment, const char *parent,
				 rph_time_ms complete, bool publish,
				 struct rph_weeks_report *report) RPH_MUST_CHECK;

#endif
