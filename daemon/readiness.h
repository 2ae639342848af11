/* SPDX-License-Identifier: Apache-2.0
 *
 * readiness.h - why the service is not ready, as a set of reasons. Ready means the set is empty.
 *
 * One atomic word: written by the loop and its jobs, read by /ready, the log and systemd's status
 * line on any thread.
 */
#ifndef RPH_DAEMON_READINESS_H
#define RPH_DAEMON_READINESS_H

#include <stdatomic.h>

#include "schemas/buffer.h"

/* X(name, sentence with its remedy) */
#define RPH_UNREADY_LIST(X)                                                                       \
	X(STARTING, "the service is starting: the store is not open yet")                         \
	X(CONNECTING,                                                                             \
	  "Kafka was not asked yet for partitions, offsets and the owner of the group")           \
	X(UNREACHABLE, "no broker answers; it is tried again, see kafka.brokers and the network") \
	X(LAG_UNKNOWN, "the ends of the partitions are not known yet")                            \
	X(TOPIC_GONE, "a topic is not there any more; make it again, or correct kafka.topics")    \
	X(DISK_FULL, "the disk of the store is nearly full (store.min_free); make room on it")    \
	X(STORE_FULL, "the store has reached store.map_size; raise it and restart")               \
	X(DEAD_LETTERS, "dead letters are not acknowledged; see dead_letters and the broker")     \
	X(STOPPING, "the service is stopping")

enum rph_unready {
#define RPH_UNREADY(name, sentence) RPH_UNREADY_##name,
	RPH_UNREADY_LIST(RPH_UNREADY)
#undef RPH_UNREADY
		RPH_UNREADY_COUNT
};

struct rph_readiness {
	atomic_uint reasons; /* bits 1 << enum rph_unready */
};

/* Not ready: STARTING. */
void rph_readiness_init(struct rph_readiness *readiness);
/* True when the set has changed by it. Any thread. */
bool rph_readiness_set(struct rph_readiness *readiness, enum rph_unready reason, bool holds);
bool rph_readiness_has(const struct rph_readiness *readiness, enum rph_unready reason);
bool rph_readiness_is_ready(const struct rph_readiness *readiness);
/* The first reason's sentence, "" when ready; static. */
const char *rph_readiness_sentence(const struct rph_readiness *readiness);
/* Appends every reason's sentence as a JSON string. Returns whether the service is ready. Fits
 * struct rph_http_options' is_ready with the readiness as context. */
bool rph_readiness_reasons(void *readiness, struct rph_buffer *reasons);

#endif
