/* SPDX-License-Identifier: Apache-2.0
 *
 * trigger_ledger.h - which exports are announced where: small files in STORE/triggers, each made
 * whole by rename and fsynced.
 *
 *	2026-W46.intent                  the week is being exported: after a crash, look whether it
 *was 2026-W46-1f9c02ab4d5e.json       the event, as it is announced, and to which sinks
 *	2026-W46-1f9c02ab4d5e.webhook    announced there
 *
 * Order: intend -> export -> add. A process that dies in between finds the intent at its next
 *start, and adds the export if it was finished. The id is the manifest's export_id, so the same
 *export added again is the same event, announced once.
 *
 * Reads and writes files: call it in a job. Threads: several at once are fine.
 */
#ifndef RPH_DAEMON_TRIGGER_LEDGER_H
#define RPH_DAEMON_TRIGGER_LEDGER_H

#include "daemon/cloud_event.h"

enum rph_sink {
#define RPH_SINK(id, name) RPH_SINK_##id,
#include "daemon/trigger_sink.def"
#undef RPH_SINK
	RPH_SINK_COUNT
};

/* "spool", ...; static. */
const char *rph_sink_name(enum rph_sink sink);

struct rph_ledger;

/* Makes STORE/triggers when it is not there. -errno, RPH_E_NO_MEMORY. */
int rph_ledger_open(const char *store_dir, struct rph_ledger **ret) RPH_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct rph_ledger *rph_ledger_close(struct rph_ledger *ledger);
RPH_DEFINE_CLEANUP(struct rph_ledger, rph_ledger_close)
/* STORE/triggers. */
const char *rph_ledger_dir(const struct rph_ledger *ledger);

/* Before the export of `week` starts. */
int rph_ledger_intend(struct rph_ledger *ledger, rph_week week) RPH_MUST_CHECK;
/* After it: makes the event, to be announced to `sinks` (bits), and ends the intent. An entry that
 * is there stays as it is. Errors: -errno, RPH_E_NO_MEMORY, RPH_E_BAD_INPUT (the export has no
 * usable manifest). */
int rph_ledger_add(struct rph_ledger *ledger, const struct rph_export_event *event,
		   uint32_t sinks) RPH_MUST_CHECK;
/* The export failed: ends the intent. */
int rph_ledger_forget(struct rph_ledger *ledger, rph_week week) RPH_MUST_CHECK;
/* At start: weeks with an intent, ascending. *ret is malloc'd, NULL when there are none. */
int rph_ledger_intents(struct rph_ledger *ledger, rph_week **ret, size_t *ret_count) RPH_MUST_CHECK;

struct rph_ledger_entry {
	struct rph_cloud_event event;
	uint32_t sinks; /* bits: still to be told */
};

/* What is not announced everywhere, ascending by id. Release *ret with rph_ledger_entries_free(). A
 * damaged entry is skipped and counted in *ret_damaged (may be NULL). */
int rph_ledger_pending(struct rph_ledger *ledger, struct rph_ledger_entry **ret, size_t *ret_count,
		       size_t *ret_damaged) RPH_MUST_CHECK;
void rph_ledger_entries_free(struct rph_ledger_entry *entries, size_t count);

/* `sink` has been told. */
int rph_ledger_done(struct rph_ledger *ledger, const char *id, enum rph_sink sink) RPH_MUST_CHECK;

#endif
