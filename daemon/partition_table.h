/* SPDX-License-Identifier: Apache-2.0
 *
 * partition_table.h - the partitions this service reads, each with its place in fetching, mining
 * and committing. The index in the table is the partition's number in the pipeline.
 *
 * An entry never moves and is never removed. Its fields belong to the loop or to the job that runs;
 * the job's are read by the loop only while none runs, when a job hands its results over.
 */
#ifndef RPH_DAEMON_PARTITION_TABLE_H
#define RPH_DAEMON_PARTITION_TABLE_H

#include "schemas/time.h"
#include "store/dead_letters.h"

struct rph_partition {
	const char *topic; /* lives as long as the table */
	int32_t number;
	char name[12]; /* the number in decimal, as the store calls it */
	uint32_t index;
	uint32_t generation; /* of the log, as the store has it; set when it is taken up */

	/* loop */
	int64_t fetch_next;    /* the next record must not be before this one */
	bool fetch_at_end;     /* read to the end, as far as the loop knows */
	uint64_t silent_since; /* the loop's clock, ms: the last record, or the start */
	int64_t committed;     /* everything before it is counted and on the disk */
	int64_t told;          /* what Kafka was told last; -1: nothing yet */
	int64_t end;           /* of the log; -1: not known */
	int64_t progress_ms;   /* wall clock when `committed` last moved; 0: not in this run */
	rph_time_ms complete_before; /* event time; INT64_MIN: nothing yet */

	/* job */
	int64_t next; /* the record after the last one that was taken */
	/* In the batch's intake, the one before `next`; NULL when that is no record. */
	const struct rph_intake_record *last;
	int64_t counted; /* the store's `next` at the start: what lies before only warms up */
	struct rph_dead_letters letters;
	bool letters_open;
};

struct rph_partition_table {
	struct rph_partition **items;
	uint32_t count;
	struct rph_table_topic *topics;
	size_t topic_count;
};

void rph_partition_table_free(struct rph_partition_table *table);

/* Adds one that begins at `start` and of which everything before `counted` is counted; `topic` is
 * copied. Errors: RPH_E_NO_MEMORY. */
int rph_partition_table_add(struct rph_partition_table *table, const char *topic, int32_t number,
			    int64_t start, int64_t counted,
			    struct rph_partition **ret) RPH_MUST_CHECK;

/* NULL when there is none. `handle`: the client library's, by which a topic is found without
 * comparing its name each time; NULL is fine. */
struct rph_partition *rph_partition_table_find(struct rph_partition_table *table,
					       const void *handle, const char *topic,
					       int32_t number);

/* How many partitions of the topic are in the table. */
int32_t rph_partition_table_of_topic(const struct rph_partition_table *table, const char *topic);

#endif
