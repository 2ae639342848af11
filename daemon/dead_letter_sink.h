/* SPDX-License-Identifier: Apache-2.0
 *
 * dead_letter_sink.h - where the records of a batch that are no events go before the batch commits:
 *a Kafka topic, or files (store/dead_letters.h), TOPIC-PARTITION.jsonl in dead_letters.dir.
 *
 * In the topic: value and headers as they were; key "TOPIC-PARTITION-OFFSET", so that a letter that
 * was sent twice (the process died between acknowledgement and commit) can be told; and the headers
 *	rephrased.topic, .partition, .offset	where it stood
 *	rephrased.reason, .field		reject.def's name; the JSON key at fault, may be
 *empty rephrased.key				the record's own key, when it had one What the topic
 *refuses for good (too large, access denied) goes to the files instead.
 *
 * Threads: the pipeline's thread only.
 */
#ifndef RPH_DAEMON_DEAD_LETTER_SINK_H
#define RPH_DAEMON_DEAD_LETTER_SINK_H

#include <stdatomic.h>

#include "daemon/intake.h"
#include "daemon/log.h"
#include "daemon/partition_table.h"
#include "daemon/readiness.h"
#include "daemon/watchdog.h"
#include "schemas/config.h"

struct rph_dead_letter_sink;

struct rph_sink_options {
	const struct rph_config *config; /* section kafka; must outlive the sink */
	const char *credentials;         /* $CREDENTIALS_DIRECTORY or NULL; as long */
	const char *store_dir;           /* for dead_letters.dir's default */
	struct rph_log *log;
	struct rph_metrics *metrics;
	struct rph_readiness *readiness;
	struct rph_watchdog *watchdog; /* or NULL */
	const atomic_bool *give_up;    /* true: stop waiting for acknowledgements */
};

/* On error `problem` has a sentence. */
int rph_dead_letter_sink_new(const struct rph_sink_options *options,
			     struct rph_dead_letter_sink **ret,
			     struct rph_buffer *problem) RPH_MUST_CHECK;
/* worker; may block for a second. */
struct rph_dead_letter_sink *rph_dead_letter_sink_free(struct rph_dead_letter_sink *sink);
RPH_DEFINE_CLEANUP(struct rph_dead_letter_sink, rph_dead_letter_sink_free)

/* Whether key and headers of records are needed. */
bool rph_dead_letter_sink_keeps_origin(const struct rph_dead_letter_sink *sink);

/* Notes one letter; partition, record and intake must live until rph_dead_letter_sink_clear().
 * Errors: RPH_E_NO_MEMORY. */
int rph_dead_letter_sink_put(struct rph_dead_letter_sink *sink, struct rph_partition *partition,
			     const struct rph_intake *intake,
			     const struct rph_intake_record *record,
			     const struct rph_rejection *rejection) RPH_MUST_CHECK;

/* Returns 0 when every letter noted is acknowledged or on the disk. Waits for the brokers as long
 * as it takes, unless *give_up: RPH_E_KAFKA. -errno: the directory cannot be written. After an
 * error it may be called again and goes on where it was. */
int rph_dead_letter_sink_flush(struct rph_dead_letter_sink *sink) RPH_MUST_CHECK;

/* Before the partition's first letter: its file, if there is one, is of a log that is no more; it
 * gets another name (store/dead_letters.h) and a new one is begun. */
int rph_dead_letter_sink_set_aside(const struct rph_dead_letter_sink *sink, const char *topic,
				   const char *partition) RPH_MUST_CHECK;

/* Forgets the letters of the batch. */
void rph_dead_letter_sink_clear(struct rph_dead_letter_sink *sink);

#endif
