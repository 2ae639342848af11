/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.h - where every partition begins: what the brokers have, what the store has counted, who
 *owns the group, put together. Made by a job at the start, and again for partitions that are added
 * later. Nothing is changed until the whole plan holds.
 *
 *	the store knows the partition		at warm_from; what lies before next only warms up
 *	it does not, but knows the topic	at the beginning: the partition was added
 *	it knows neither			kafka.start: beginning, end, or refuse
 *	the log begins after warm_from		records are lost (retention): RPH_E_RECORDS_LOST, or
 *with accept_gap at the beginning of what is there
 *	the log ends before next		the topic was made anew, or lost its tail:
 *						RPH_E_RECORDS_LOST, or with accept_gap at its end:
 *what may be counted already is never counted again
 *	the record before next is another one	the topic was made anew: as above. Cannot be told
 *						when the log does not have it any more
 *	the store has more partitions		the topic was made anew: RPH_E_BAD_CONFIG
 *
 * Where a partition begins is written to the store before anything of it is read: a later start
 * decides by that and not by kafka.start.
 */
#ifndef RPH_DAEMON_PLAN_H
#define RPH_DAEMON_PLAN_H

#include <stdatomic.h>

#include "daemon/consumer.h"
#include "daemon/dead_letter_sink.h"
#include "daemon/partition_table.h"
#include "miner/pipeline.h"
#include "store/store.h"

struct rph_plan_entry {
	const char *topic; /* of the configuration */
	int32_t number;
	char name[12];
	bool known, changed;      /* in the store; differently from what the store has */
	bool anew;                /* the log is not the one that was counted */
	int64_t low, high;        /* the log */
	uint64_t tail;            /* rph_record_hash() before next in the log; 0: not known */
	struct rph_offset offset; /* to begin with; arrays in the plan's arena */
	struct rph_partition *partition; /* once taken up */
};

struct rph_plan {
	/* Set by the caller. */
	struct rph_consumer *consumer;
	struct rph_store *store;
	const struct rph_config *config;
	const struct rph_owner *self;
	struct rph_partition_table *table; /* what is in it is not planned again */
	struct rph_dead_letter_sink *sink; /* letters of a log that was made anew are set aside */
	struct rph_log *log;
	struct rph_metrics *metrics;
	const atomic_bool *give_up;
	bool check_owner, take_over, accept_gap;

	/* Made. */
	struct rph_plan_entry *entries; /* sorted by topic and number */
	size_t count;
	struct rph_arena arena;
	struct rph_buffer problem; /* after an error: sentences */
};

/* worker. RPH_E_KAFKA: brokers do not answer, try again; RPH_E_NO_ACCESS; RPH_E_BAD_CONFIG;
 * RPH_E_FENCED; RPH_E_RECORDS_LOST; errors of the store. Call rph_plan_free() in any case; it may
 * be made again after that. */
int rph_plan_make(struct rph_plan *plan) RPH_MUST_CHECK;

/* worker. Puts the partitions into pipeline and table, in the order of the plan. */
int rph_plan_take_up(struct rph_plan *plan, struct rph_pipeline *pipeline) RPH_MUST_CHECK;

void rph_plan_free(struct rph_plan *plan);

/* What is decided for one partition, by itself: fills entry->offset and entry->changed from low,
 * high, tail, known and entry->offset as the store has it. `topic_known`: the store has partitions of the
 * topic. Adds a sentence to plan->problem on error. */
int rph_plan_decide(struct rph_plan *plan, struct rph_plan_entry *entry,
		    bool topic_known) RPH_MUST_CHECK;

#endif
