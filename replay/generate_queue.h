/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_queue.h - lines that are on their way: a heap by time of arrival.
 *
 * The memory of a line is kept for a later one, so a steady load allocates nothing.
 */
#ifndef RPH_REPLAY_GENERATE_QUEUE_H
#define RPH_REPLAY_GENERATE_QUEUE_H

#include "schemas/base.h"
#include "schemas/time.h"

struct rph_line {
	char *text;
	size_t len, capacity;
	unsigned partition;
	struct rph_line *next; /* spare */
};

struct rph_queue_entry {
	rph_time_ms arrival;
	uint64_t order; /* of pushing: ties keep it */
	struct rph_line *line;
};

struct rph_queue {
	struct rph_queue_entry *entries; /* a binary heap, earliest first */
	size_t count, capacity;
	struct rph_line *spare;
	uint64_t pushed;
};

/* An empty queue is {0}. */
void rph_queue_free(struct rph_queue *queue);

/* Copies `text`, which is not empty. Returns 0 or RPH_E_NO_MEMORY. */
int rph_queue_push(struct rph_queue *queue, rph_time_ms arrival, unsigned partition,
		   struct rph_span text) RPH_MUST_CHECK;

/* The earliest line if it arrives before `time`, else NULL. Its text is valid until the next push.
 */
const struct rph_line *rph_queue_pop(struct rph_queue *queue, rph_time_ms time);

#endif
