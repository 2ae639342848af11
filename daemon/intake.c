/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/intake.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "schemas/record.h"

void rph_intake_init(struct rph_intake *intake, size_t limit_bytes)
{
	*intake = (struct rph_intake){.limit_bytes = limit_bytes};
}

void rph_intake_clear(struct rph_intake *intake)
{
	for (size_t i = 0; i < intake->count; i++)
		if (intake->records[i].headers)
			rd_kafka_headers_destroy(intake->records[i].headers);
	intake->count = 0;
	intake->used = 0;
}

void rph_intake_free(struct rph_intake *intake)
{
	rph_intake_clear(intake);
	free(intake->records);
	free(intake->bytes);
	*intake = (struct rph_intake){.limit_bytes = intake->limit_bytes};
}

size_t rph_intake_bytes(const struct rph_intake *intake)
{
	return intake->used + intake->count * sizeof(*intake->records);
}

static int make_room(struct rph_intake *intake, size_t bytes)
{
	if (intake->count == intake->capacity) {
		size_t capacity = intake->capacity ? 2 * intake->capacity : 1024;
		struct rph_intake_record *grown =
			realloc(intake->records, capacity * sizeof(*grown));
		if (!grown)
			return RPH_E_NO_MEMORY;
		intake->records = grown;
		intake->capacity = capacity;
	}
	if (intake->size - intake->used >= bytes)
		return 0;
	size_t size = intake->size ? intake->size : 65536;
	while (size - intake->used < bytes)
		size *= 2;
	char *grown = realloc(intake->bytes, size);
	if (!grown)
		return RPH_E_NO_MEMORY;
	intake->bytes = grown;
	intake->size = size;
	return 0;
}

static size_t put(struct rph_intake *intake, const void *bytes, size_t len)
{
	size_t at = intake->used;
	if (len)
		memcpy(intake->bytes + at, bytes, len);
	intake->used += len;
	return at;
}

rph_time_ms rph_message_log_time(const rd_kafka_message_t *message)
{
	rd_kafka_timestamp_type_t type;
	int64_t at = rd_kafka_message_timestamp(message, &type);
	return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || at < 0 ? RPH_NO_LOG_TIME : at;
}

int rph_intake_add(struct rph_intake *intake, uint32_t partition, rd_kafka_message_t *message,
		   bool keep_origin, uint64_t now_ms)
{
	size_t key_len = keep_origin && message->key ? message->key_len : 0;
	size_t value_len = message->payload ? message->len : 0;
	int err = make_room(intake, value_len + key_len);
	if (err)
		return err;
	if (!intake->count)
		intake->started_ms = now_ms;
	struct rph_intake_record *record = &intake->records[intake->count++];
	*record = (struct rph_intake_record){
		.partition = partition,
		.offset = message->offset,
		.log_time = rph_message_log_time(message),
		.value_len = (uint32_t)value_len,
		.key_len = (uint32_t)key_len,
	};
	record->value_at = put(intake, message->payload, value_len);
	record->key_at = put(intake, message->key, key_len);
	if (keep_origin && rd_kafka_message_detach_headers(message, &record->headers))
		record->headers = NULL;
	return 0;
}

int rph_intake_add_end(struct rph_intake *intake, uint32_t partition, int64_t offset,
		       uint64_t now_ms)
{
	int err = make_room(intake, 0);
	if (err)
		return err;
	if (!intake->count)
		intake->started_ms = now_ms;
	intake->records[intake->count++] =
		(struct rph_intake_record){.partition = partition, .end = true, .offset = offset};
	return 0;
}
