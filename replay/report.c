/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/report.h"

#include <inttypes.h>

#include "schemas/json_text.h"

static void rejected_text(const struct rph_pipeline_counts *counts, const char *dir,
			  struct rph_buffer *buffer)
{
	if (!counts->fates[RPH_FATE_REJECTED])
		return;
	rph_buffer_format(buffer, "rejected   %" PRIu64 " records, raw in %s\n",
			  counts->fates[RPH_FATE_REJECTED], dir);
	for (unsigned i = 1; i < RPH_REJECT_COUNT; i++)
		if (counts->rejects[i])
			rph_buffer_format(buffer, "           %8" PRIu64 "  %s: %s\n",
					  counts->rejects[i], rph_reject_name((enum rph_reject)i),
					  rph_reject_text((enum rph_reject)i));
}

void rph_report_text(const struct rph_replay_totals *totals, const char *dead_letters_dir,
		     struct rph_buffer *buffer)
{
	const struct rph_pipeline_counts *counts = &totals->counts;
	uint64_t sessions = 0;
	for (unsigned i = 0; i < RPH_CLOSE_REASON_COUNT; i++)
		sessions += counts->closed[i];
	rph_buffer_format(buffer,
			  "events     %" PRIu64 " taken, %" PRIu64 " late, %" PRIu64
			  " duplicates, %" PRIu64 " outside --from/--to\n",
			  counts->fates[RPH_FATE_COUNTED], counts->fates[RPH_FATE_LATE],
			  counts->fates[RPH_FATE_DUPLICATE], counts->fates[RPH_FATE_OUTSIDE]);
	rejected_text(counts, dead_letters_dir, buffer);
	rph_buffer_format(buffer,
			  "sessions   %" PRIu64 " closed with %" PRIu64 " turns, %" PRIu64
			  " still open\n",
			  sessions, counts->mining.turns, totals->open_sessions);
	rph_buffer_format(buffer,
			  "judged     %" PRIu64 " transitions, %" PRIu64
			  " say the same again, %" PRIu64 " votes\n",
			  counts->mining.transitions, counts->mining.accepted,
			  counts->mining.votes);
	if (totals->weeks.exported)
		rph_buffer_format(buffer, "exported   %" PRIu64 " weeks, %s to %s\n",
				  totals->weeks.exported, totals->weeks.first_week,
				  totals->weeks.last_week);
	rph_buffer_format(buffer, "published  %" PRIu64 " rewrites\n", totals->weeks.published);
	if (totals->unfinished)
		rph_buffer_format(buffer,
				  "unfinished %" PRIu64 " logs end inside a line; it is counted "
				  "when the rest is there; with --final, now\n",
				  totals->unfinished);
	if (totals->open_sessions && !totals->stopped)
		rph_buffer_add_text(
			buffer, "           open sessions are counted when the logs go on; with "
				"--final, now\n");
}

void rph_report_json(const struct rph_replay_totals *totals, struct rph_buffer *buffer)
{
	const struct rph_pipeline_counts *counts = &totals->counts;
	rph_json_open(buffer, '{');
	rph_json_put_unsigned(buffer, "records", totals->records);
	rph_json_put_unsigned(buffer, "bytes", totals->bytes);
	rph_json_put_unsigned(buffer, "batches", totals->batches);
	for (unsigned i = 0; i < RPH_FATE_COUNT; i++)
		rph_json_put_unsigned(buffer, rph_fate_name((enum rph_fate)i), counts->fates[i]);
	rph_json_key(buffer, "rejects");
	rph_json_open(buffer, '{');
	for (unsigned i = 1; i < RPH_REJECT_COUNT; i++)
		rph_json_put_unsigned(buffer, rph_reject_name((enum rph_reject)i),
				      counts->rejects[i]);
	rph_json_close(buffer, '}');
	rph_json_key(buffer, "closed_sessions");
	rph_json_open(buffer, '{');
	for (unsigned i = 0; i < RPH_CLOSE_REASON_COUNT; i++)
		rph_json_put_unsigned(buffer, rph_close_reason_name((enum rph_close_reason)i),
				      counts->closed[i]);
	rph_json_close(buffer, '}');
	rph_json_put_unsigned(buffer, "open_sessions", totals->open_sessions);
	rph_json_put_unsigned(buffer, "turns", counts->mining.turns);
	rph_json_put_unsigned(buffer, "transitions", counts->mining.transitions);
	rph_json_put_unsigned(buffer, "accepted", counts->mining.accepted);
	rph_json_key(buffer, "edges");
	rph_json_open(buffer, '{');
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		rph_json_put_unsigned(buffer, rph_edge_name((enum rph_edge)i),
				      counts->mining.edges[i]);
	rph_json_close(buffer, '}');
	rph_json_put_unsigned(buffer, "votes", counts->mining.votes);
	rph_json_put_unsigned(buffer, "vote_rows", totals->votes);
	rph_json_put_unsigned(buffer, "usage_rows", totals->usages);
	rph_json_put_unsigned(buffer, "unknown_signals", counts->unknown_signals);
	rph_json_put_unsigned(buffer, "weeks_exported", totals->weeks.exported);
	rph_json_put_string(buffer, "first_week", rph_span_of(totals->weeks.first_week));
	rph_json_put_string(buffer, "last_week", rph_span_of(totals->weeks.last_week));
	rph_json_put_unsigned(buffer, "rewrites_published", totals->weeks.published);
	rph_json_put_unsigned(buffer, "expired_rows", totals->weeks.expired_rows);
	rph_json_put_unsigned(buffer, "unfinished_logs", totals->unfinished);
	rph_json_put_bool(buffer, "resumed", totals->resumed);
	rph_json_put_bool(buffer, "stopped", totals->stopped);
	rph_json_close(buffer, '}');
	rph_buffer_add_text(buffer, "\n");
}
