/* SPDX-License-Identifier: Apache-2.0
 *
 * service.h - the heart of `rephrased run`: the loop that owns Kafka, jobs and timers, and the
 * order in which the service starts and stops.
 *
 * Threads. One libuv loop, on the thread that calls uv_run(); it never blocks. What blocks is a job
 * on libuv's pool, and of those that touch the store there is one at a time:
 *
 *   start   ask the brokers, compare with the store, decide where every partition begins
 *   batch   decode -> sessions -> judge -> deltas -> dead letters acknowledged -> LMDB commit
 *   weeks   export complete weeks, publish rewrites, delete old weeks
 *   order   what a person told it: a decision about a pair, a user to forget; then weeks again
 *   grow    take up new partitions of the topics
 *
 * An order goes before everything else: weeks are broken off for it between two exports, and while
 * rewrites are being made.
 *
 * Beside them runs at most one `tend` job, which touches Kafka only: partition counts, the owner of
 * the group, the advisory commit.
 *
 * Starting. Lock and open the store (75 when another process writes to it) -> quarantine -> Kafka
 * client (78 on a bad property) -> topics (78 when one is missing) -> owner of the group (77 when
 * it is another store, or a newer copy of this one) -> offsets (78 when the log no longer has what
 * the store needs, or is another log than the one that was counted) -> assign -> ready. Brokers
 * that do not answer are waited for; a broker that refuses our name or password ends the start with
 * 77.
 *
 * Stopping. No more reading -> work on weeks is broken off -> what was read is mined and committed -> advisory commit -> Kafka
 * client closed -> store closed by the owner of the deployment. A second stop gives up what is not
 * yet being committed: it is read again next time.
 */
#ifndef RPH_DAEMON_SERVICE_H
#define RPH_DAEMON_SERVICE_H

#include <uv.h>

#include "daemon/errand.h"
#include "daemon/log.h"
#include "daemon/readiness.h"
#include "daemon/trigger_ledger.h"
#include "daemon/watchdog.h"
#include "store/deployment.h"

struct rph_service;

struct rph_service_options {
	uv_loop_t *loop;
	struct rph_deployment *deployment; /* store open for writing; outlives the service */
	const char *store_dir;             /* outlives the service */
	const char *credentials;           /* $CREDENTIALS_DIRECTORY or NULL; copied */
	struct rph_metrics *metrics;
	struct rph_log *log;
	struct rph_readiness *readiness;
	struct rph_watchdog *watchdog; /* told of every job; NULL is fine */
	struct rph_ledger *ledger;     /* weeks are entered here; NULL: no triggers */
	struct rph_errands *errands;   /* orders to carry out; closed by the service; NULL: none */
	uint32_t sinks;                /* for the ledger: bits of enum rph_sink */
	bool take_over;   /* the group may belong to another store, or be ahead of this one */
	bool accept_gap;  /* records that Kafka no longer has are given up */
	bool exit_at_end; /* end with success once every partition was read to its end */

	/* All on the loop's thread; NULL is fine. */
	void (*on_ready)(void *context); /* for the first time */
	void (*on_week)(void *context);  /* a week was entered in the ledger */
	/* A reload was taken over; `config` is the service's, valid until the next one. */
	void (*on_config)(void *context, const struct rph_config *config);
	void (*on_stopped)(void *context); /* the service has closed its handles */
	void *context;
};

/* Makes the service; nothing runs yet, no broker is asked. `options` is copied. On error
 * deployment->problem may have a sentence. */
int rph_service_new(const struct rph_service_options *options,
		    struct rph_service **ret) RPH_MUST_CHECK;
/* Begins the ladder; then run the loop. Errors: libuv's; nothing has begun then. */
int rph_service_start(struct rph_service *service) RPH_MUST_CHECK;
/* Only before start, or after on_stopped and when the loop has run dry. NULL is fine. */
struct rph_service *rph_service_free(struct rph_service *service);
RPH_DEFINE_CLEANUP(struct rph_service, rph_service_free)

/* Asks it to end with success; `now`: what is not being committed yet is left for the next start.
 * Loop thread, idempotent. */
void rph_service_stop(struct rph_service *service, bool now);

/* Takes over `config` (made by rph_reload() from the one in force) at the next job boundary; the
 * service owns it from here on. Loop thread. */
void rph_service_reload(struct rph_service *service, struct rph_config *config);

/* 0, or the error that ended it: rph_exit_code() of it is the exit code. `sentence` (may be NULL)
 * is set to why, "" after success; it lives as long as the service. */
int rph_service_result(const struct rph_service *service, const char **sentence);

#endif
