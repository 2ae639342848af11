/* SPDX-License-Identifier: Apache-2.0
 *
 * trigger.h - a finished export starts the retraining of the assistant: a marker in a spool
 * directory, a CloudEvent to a Kafka topic and to a webhook, a command.
 *
 * Each at least once and, per sink, in the order of the exports; a receiver drops what it knows by
 * the id. An attempt that fails or hangs is tried again, after 1 s, then after twice as long each
 * time up to RPH_TRIGGER_MAX_WAIT_MS, until it succeeds; one attempt per sink at a time. What is
 * still to do stands in the ledger (trigger_ledger.h) and outlives the process. Mining never waits
 * for any of this.
 *
 * Threads: all functions on the loop. Attempts run on libuv's workers (spool, topic, webhook) or as
 * a child process (command).
 */
#ifndef RPH_DAEMON_TRIGGER_H
#define RPH_DAEMON_TRIGGER_H

#include <limits.h>
#include <uv.h>

#include "daemon/log.h"
#include "daemon/trigger_ledger.h"
#include "schemas/config.h"

enum {
	RPH_TRIGGER_FIRST_WAIT_MS = 1000,
	RPH_TRIGGER_MAX_WAIT_MS = 15 * 60 * 1000,
	RPH_TRIGGER_SENTENCE = 256,
};

struct rph_triggers;

struct rph_triggers_options {
	uv_loop_t *loop;
	const struct rph_config *config; /* section trigger is copied */
	struct rph_ledger *ledger;       /* borrowed */
	struct rph_metrics *metrics;     /* borrowed */
	struct rph_log *log;             /* borrowed */
	uint64_t first_wait_ms;          /* 0: RPH_TRIGGER_FIRST_WAIT_MS; tests take less */
	/* Sends `event` to config->trigger.topic and waits until the brokers have it: 0, or an
	 * error with a sentence. Called on a worker, never twice at once. NULL: no topic. */
	int (*send)(void *context, const struct rph_cloud_event *event,
		    char sentence[static RPH_TRIGGER_SENTENCE]);
	void *context;
};

/* The file that trigger.webhook_token_file means: a name without a slash is a credential in the
 * directory `credentials` ($CREDENTIALS_DIRECTORY, or NULL). False: there is none. */
bool rph_trigger_token_path(const char *name, const char *credentials,
			    char path[static PATH_MAX]) RPH_MUST_CHECK;

/* Bits 1 << enum rph_sink of what the configuration has: what a new ledger entry is announced to.
 */
uint32_t rph_triggers_sinks(const struct rph_config *config);

/* Starts what the ledger says is still to do. Errors: RPH_E_NO_MEMORY, libuv's. */
int rph_triggers_start(const struct rph_triggers_options *options,
		       struct rph_triggers **ret) RPH_MUST_CHECK;
/* After an rph_ledger_add(): looks into the ledger again. */
void rph_triggers_wake(struct rph_triggers *triggers);

/* Starts nothing more, kills a running command; `on_stopped` (may be NULL) is called on the loop
 * when the last attempt has ended and all handles are closed: normally at once, at most after
 * trigger.webhook_timeout. */
void rph_triggers_stop(struct rph_triggers *triggers, void (*on_stopped)(void *context),
		       void *context);
/* Only after on_stopped. NULL is fine; returns NULL. */
struct rph_triggers *rph_triggers_free(struct rph_triggers *triggers);

#endif
