/* SPDX-License-Identifier: Apache-2.0
 *
 * report.h - what a replay did, for people and for programs.
 */
#ifndef RPH_REPLAY_REPORT_H
#define RPH_REPLAY_REPORT_H

#include "replay/replay.h"

/* A few lines; `dead_letters_dir` is named when something was rejected. */
void rph_report_text(const struct rph_replay_totals *totals, const char *dead_letters_dir,
		     struct rph_buffer *buffer);
/* One JSON object and a newline; stable keys. */
void rph_report_json(const struct rph_replay_totals *totals, struct rph_buffer *buffer);

#endif
