/* SPDX-License-Identifier: Apache-2.0
 *
 * producer.h - a Kafka producer whose every message is acknowledged by all replicas or told to have
 * failed for good; what is neither yet is still being tried by the library.
 *
 * One producer, one thread at a time. It blocks where it says so.
 */
#ifndef RPH_DAEMON_PRODUCER_H
#define RPH_DAEMON_PRODUCER_H

#include <librdkafka/rdkafka.h>

#include "daemon/log.h"
#include "schemas/config.h"

struct rph_producer;

/* RPH_E_BAD_CONFIG or another error, with a sentence in `problem`. No broker is asked yet. */
int rph_producer_new(const struct rph_config *config, const char *credentials, struct rph_log *log,
		     struct rph_metrics *metrics, struct rph_producer **ret,
		     struct rph_buffer *problem) RPH_MUST_CHECK;
/* Messages without an acknowledgement are given up. NULL is fine; returns NULL. */
struct rph_producer *rph_producer_free(struct rph_producer *producer);
RPH_DEFINE_CLEANUP(struct rph_producer, rph_producer_free)

enum rph_delivery_state {
	RPH_DELIVERY_NEW,     /* not handed over */
	RPH_DELIVERY_PENDING, /* being tried */
	RPH_DELIVERY_DONE,    /* acknowledged */
	RPH_DELIVERY_REFUSED, /* failed for good: too large, no access, no such topic */
	RPH_DELIVERY_LOST,    /* the client broke down: whether it arrived is unknown, send again */
};

struct rph_delivery {
	enum rph_delivery_state state;
	rd_kafka_resp_err_t error; /* of REFUSED and LOST */
};

struct rph_message {
	const char *topic;
	struct rph_span key, value;  /* copied */
	rd_kafka_headers_t *headers; /* NULL, or owned: taken over in any case */
};

/* Hands `message` over; `delivery` must live until its state is past PENDING or the producer is
 * freed. False: the library's queue is full, wait and try again (the headers are kept then). */
bool rph_producer_put(struct rph_producer *producer, struct rph_message *message,
		      struct rph_delivery *delivery) RPH_MUST_CHECK;
/* Blocks until nothing is pending or `ms` have passed. */
void rph_producer_wait(struct rph_producer *producer, int ms);
/* The client broke down: free this one and make another. */
bool rph_producer_is_broken(const struct rph_producer *producer);

#endif
