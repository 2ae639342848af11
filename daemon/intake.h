/* SPDX-License-Identifier: Apache-2.0
 *
 * intake.h - the records read while a batch is being mined: a bounded buffer that is filled by the
 * loop, then handed over whole to the next batch.
 *
 * Two of them take turns. The values are copied, so that the client library frees its own buffers
 * at once; memory is kept from turn to turn. Not thread-safe: it belongs to the loop while it is
 * filled and to the job afterwards.
 */
#ifndef RPH_DAEMON_INTAKE_H
#define RPH_DAEMON_INTAKE_H

#include <librdkafka/rdkafka.h>

#include "schemas/time.h"

struct rph_intake_record {
	uint32_t partition; /* in the partition table */
	bool end; /* no record: the partition has nothing before `offset` that is to come */
	int64_t offset;
	rph_time_ms log_time;    /* RPH_NO_LOG_TIME when the record has none */
	size_t value_at, key_at; /* in `bytes` */
	uint32_t value_len, key_len;
	rd_kafka_headers_t *headers; /* NULL, or owned: kept for a dead letter */
};

struct rph_intake {
	struct rph_intake_record *records;
	size_t count, capacity;
	char *bytes;
	size_t used, size;
	size_t limit_bytes;  /* reading stops at it */
	uint64_t started_ms; /* when the first record came; meaningful when count > 0 */
};

void rph_intake_init(struct rph_intake *intake, size_t limit_bytes);
void rph_intake_free(struct rph_intake *intake);

/* Copies value and key of `message` (any of them may be absent), and takes its headers when
 * `keep_origin`: key and headers are only needed for a dead letter. Errors: RPH_E_NO_MEMORY, the
 * record is not in then. */
int rph_intake_add(struct rph_intake *intake, uint32_t partition, rd_kafka_message_t *message,
		   bool keep_origin, uint64_t now_ms) RPH_MUST_CHECK;
/* Notes that `partition` was read to `offset`. */
int rph_intake_add_end(struct rph_intake *intake, uint32_t partition, int64_t offset,
		       uint64_t now_ms) RPH_MUST_CHECK;

/* Memory in use against the limit: the records themselves count too. */
size_t rph_intake_bytes(const struct rph_intake *intake);
static inline bool rph_intake_is_full(const struct rph_intake *intake)
{
	return rph_intake_bytes(intake) >= intake->limit_bytes;
}

static inline struct rph_span rph_intake_value(const struct rph_intake *intake,
					       const struct rph_intake_record *record)
{
	return (struct rph_span){record->value_len ? intake->bytes + record->value_at : NULL,
				 record->value_len};
}

static inline struct rph_span rph_intake_key(const struct rph_intake *intake,
					     const struct rph_intake_record *record)
{
	return (struct rph_span){record->key_len ? intake->bytes + record->key_at : NULL,
				 record->key_len};
}

/* When the broker or the producer says it came; RPH_NO_LOG_TIME when neither does. */
rph_time_ms rph_message_log_time(const rd_kafka_message_t *message);

/* Empties it; keeps the memory. */
void rph_intake_clear(struct rph_intake *intake);

#endif
