/* SPDX-License-Identifier: Apache-2.0
 *
 * record.h - one raw record as a log gives it: a Kafka message or a line of a file.
 */
#ifndef RPH_SCHEMAS_RECORD_H
#define RPH_SCHEMAS_RECORD_H

#include "schemas/base.h"
#include "schemas/time.h"

#define RPH_NO_LOG_TIME INT64_MIN

struct rph_record {
	struct rph_span value; /* borrowed; lives until the batch is done */
	uint32_t partition;    /* index into the shell's table of partitions */
	int64_t offset;        /* Kafka offset, or byte offset of the line's first byte */
	int64_t next_offset;   /* offset of the record that follows: offset + 1, or the next line */
	rph_time_ms log_time;  /* the log's own time stamp, or RPH_NO_LOG_TIME */
};

#endif
