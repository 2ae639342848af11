/* SPDX-License-Identifier: Apache-2.0
 *
 * consumer.h - the Kafka consumer: partitions are assigned by hand, offsets come from the store,
 * and nothing is ever skipped silently.
 *
 * Back-pressure. Who cannot take more stops asking; the client library then fetches no more than
 * queued.max.messages.kbytes ahead. Partitions are not paused: a pause throws away what was fetched
 * ahead, and the library's pause and resume have bugs in the version of Debian 12.
 *
 * Threads. Functions marked "loop" do not block and belong to one thread; those marked "worker"
 * block for a few seconds at most and may run on another one at the same time. Errors are told to
 * log and metrics from the library's own threads.
 */
#ifndef RPH_DAEMON_CONSUMER_H
#define RPH_DAEMON_CONSUMER_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "daemon/log.h"
#include "daemon/ownership.h"
#include "schemas/config.h"

struct rph_consumer;

struct rph_consumer_options {
	const struct rph_config *config; /* during the call */
	const char *credentials;         /* $CREDENTIALS_DIRECTORY or NULL */
	struct rph_log *log;
	struct rph_metrics *metrics;
};

/* RPH_E_BAD_CONFIG or another error, with a sentence in `problem`. No broker is asked yet. */
int rph_consumer_new(const struct rph_consumer_options *options, struct rph_consumer **ret,
		     struct rph_buffer *problem) RPH_MUST_CHECK;
/* worker; blocks. NULL is fine; returns NULL. */
struct rph_consumer *rph_consumer_free(struct rph_consumer *consumer);
RPH_DEFINE_CLEANUP(struct rph_consumer, rph_consumer_free)

/* ---- loop ---- */

/* Readable when messages may have come after rph_consumer_next() said there are none. Whoever stops
 * earlier asks again by himself: the descriptor then says nothing. */
int rph_consumer_fd(const struct rph_consumer *consumer);
/* Empties the descriptor. */
void rph_consumer_woken(struct rph_consumer *consumer);
/* A message, an error or an end of partition (message->err); NULL: none is there. Owner: the
 * caller, rd_kafka_message_destroy(). */
rd_kafka_message_t *rph_consumer_next(struct rph_consumer *consumer);
/* Runs the library's callbacks; at least once a second. */
void rph_consumer_serve(struct rph_consumer *consumer);

struct rph_position {
	const char *topic;
	int32_t partition;
	int64_t offset;
};

/* Begins to read at `positions`; beside what is read already when `more`. */
int rph_consumer_assign(struct rph_consumer *consumer, const struct rph_position *positions,
			size_t count, bool more) RPH_MUST_CHECK;
/* The partition's end as the last fetch told it; -1: not known. */
int64_t rph_consumer_end(struct rph_consumer *consumer, const char *topic, int32_t partition);

/* What the library told since the last call. Any thread. */
enum rph_kafka_trouble {
	RPH_KAFKA_WELL,
	RPH_KAFKA_DOWN,    /* no broker can be reached */
	RPH_KAFKA_REFUSED, /* a broker refuses name or password */
	RPH_KAFKA_FATAL,   /* the client is of no more use */
};
enum rph_kafka_trouble rph_consumer_trouble(const struct rph_consumer *consumer);
/* A broker has answered: DOWN and REFUSED are over. Any thread. */
void rph_consumer_is_well(struct rph_consumer *consumer);

/* ---- worker ---- */

/* Each: RPH_E_KAFKA when no answer came in time (try again), RPH_E_NO_ACCESS, with a sentence in
 * `problem`. */

/* RPH_E_NOT_FOUND: there is no such topic. */
int rph_consumer_count(struct rph_consumer *consumer, const char *topic, int32_t *ret,
		       struct rph_buffer *problem) RPH_MUST_CHECK;
/* Oldest offset there is, and the one after the newest. */
int rph_consumer_bounds(struct rph_consumer *consumer, const char *topic, int32_t partition,
			int64_t *ret_low, int64_t *ret_high,
			struct rph_buffer *problem) RPH_MUST_CHECK;

/* One record to be looked at. */
struct rph_tail {
	struct rph_position at;
	bool answered, found; /* found: the log still has it */
	uint64_t hash;        /* rph_record_hash(), when found */
};

/* Looks at the records at `tails`, through a client of its own. Waits for ten seconds, or until
 * *give_up. */
int rph_consumer_look_at(struct rph_consumer *consumer, struct rph_tail *tails, size_t count,
			 const atomic_bool *give_up, struct rph_buffer *problem) RPH_MUST_CHECK;

struct rph_committed {
	int64_t offset;                     /* -1: none */
	char metadata[RPH_OWNER_TEXT_SIZE]; /* "" when none, or when too long to be ours */
};

/* What the group has committed for each of `positions` (whose offsets do not matter). */
int rph_consumer_committed(struct rph_consumer *consumer, const struct rph_position *positions,
			   size_t count, struct rph_committed *ret,
			   struct rph_buffer *problem) RPH_MUST_CHECK;
/* Commits `positions` for the group with `metadata` (printable ASCII). */
int rph_consumer_commit(struct rph_consumer *consumer, const struct rph_position *positions,
			size_t count, const char *metadata,
			struct rph_buffer *problem) RPH_MUST_CHECK;

#endif
