/* SPDX-License-Identifier: Apache-2.0
 *
 * announce.h - a complete week told to a Kafka topic, as a CloudEvent in the structured form: one of
 * the triggers' ways out.
 */
#ifndef RPH_DAEMON_ANNOUNCE_H
#define RPH_DAEMON_ANNOUNCE_H

#include "daemon/producer.h"
#include "daemon/trigger.h"

/* Everything borrowed but the producer, which the first event makes; release that with
 * rph_producer_free(). */
struct rph_announcer {
	const struct rph_config *config;
	struct rph_log *log;
	struct rph_metrics *metrics;
	struct rph_producer *producer;
};

/* Sends and waits for the acknowledgement; `context` is a struct rph_announcer. Runs on a worker, one
 * event at a time. On error `sentence` says why and the producer is gone. */
int rph_announce(void *context, const struct rph_cloud_event *event,
		 char sentence[static RPH_TRIGGER_SENTENCE]) RPH_MUST_CHECK;

#endif
