/* SPDX-License-Identifier: Apache-2.0
 *
 * weeks.h - what happens when a week of event time is complete: rewrites are published, the
 * training set is written, weeks too old are deleted.
 */
#ifndef RPH_REPLAY_WEEKS_H
#define RPH_REPLAY_WEEKS_H

#include "replay/replay.h"

/* Exports every week that ends at or before `complete` (event time), from the first week the store has,
 * unless it lies there already, written with the evidence of today; `parent` NULL: none. Deletes weeks
 * that are too old. `last`: nothing follows in this run, so the rewrites are published; a replay passes
 * through the past, and only its end is served. */
RPH_STAGE int rph_weeks_complete(struct rph_deployment *deployment, const char *parent,
				 rph_time_ms complete, bool last,
				 struct rph_replay_totals *totals) RPH_MUST_CHECK;

#endif
