/* SPDX-License-Identifier: Apache-2.0
 *
 * service_private.h - the inside of struct rph_service, shared by service.c (life and jobs),
 * service_read.c (from Kafka to the intake), service_jobs.c (the jobs that touch the store),
 * service_control.c (reload and orders) and service_tend.c (the job that touches Kafka only). Nobody else includes it.
 *
 * While `working` is set a job has: pipeline, store, batch, weeks, plan, and the job's fields of
 * the partition table. While a commit is in flight (batch.h) its writer has the store and the batch
 * that was ended; no job but BATCH and FLUSH runs then. While `tending` is set the tend job has
 * `tend`. Everything else is the loop's.
 */
#ifndef RPH_DAEMON_SERVICE_PRIVATE_H
#define RPH_DAEMON_SERVICE_PRIVATE_H

#include "daemon/batch.h"
#include "daemon/consumer.h"
#include "daemon/plan.h"
#include "daemon/schedule.h"
#include "daemon/service.h"
#include "threads/pool.h"

enum rph_service_phase {
	RPH_SERVICE_NEW,
	RPH_SERVICE_STARTING, /* the plan is being made */
	RPH_SERVICE_RUNNING,
	RPH_SERVICE_STOPPING, /* what was read is being committed */
	RPH_SERVICE_CLOSING,  /* clients are being closed, then handles */
	RPH_SERVICE_CLOSED,
};

enum rph_service_job {
	RPH_JOB_START,
	RPH_JOB_GROW,
	RPH_JOB_BATCH,
	RPH_JOB_FLUSH, /* awaits the commit of the last batch when no other one is due */
	RPH_JOB_WEEKS,
	RPH_JOB_ORDER,
	RPH_JOB_CLOSE,
};

/* Waits that grow: 1 s, 2 s, ... up to a limit. */
struct rph_backoff {
	uint64_t wait_ms;
};
uint64_t rph_backoff_next(struct rph_backoff *backoff, uint64_t limit_ms);

struct rph_tend {
	struct rph_position *positions; /* what is committed in the store */
	uint32_t *indexes;              /* of the partitions */
	size_t count;
	struct rph_committed *committed;
	bool check_owner, count_topics;
	bool grown, gone; /* results: a topic has more partitions; is not there */
	const char *topic;
	int owner_error, commit_error;
	struct rph_buffer problem;
};

struct rph_service {
	struct rph_service_options options;
	enum rph_service_phase phase;
	int result;
	struct rph_buffer sentence;
	atomic_bool give_up; /* jobs: stop waiting for others */
	bool stop_now, told_final;

	struct rph_config
		*original; /* the configuration at the start; what borrowed from it lives */
	struct rph_config *reloaded; /* to be taken over */
	char *credentials, *export_parent;
	struct rph_owner self;
	char owner_text[RPH_OWNER_TEXT_SIZE];

	struct rph_consumer *consumer;
	struct rph_pool *pool;
	struct rph_pipeline *pipeline;
	struct rph_pipeline_counts counted; /* what metrics have of the pipeline's */
	struct rph_partition_table table;
	struct rph_quarantine *quarantine;
	struct rph_dead_letter_sink *sink;

	/* reading */
	struct rph_intake intakes[2];
	struct rph_intake *filling;
	bool reading, full; /* assigned; the intake takes no more */

	/* jobs */
	bool working, tending;
	enum rph_service_job job;
	int job_error;
	struct rph_plan plan;
	struct rph_batch_job batch;
	struct rph_weeks_job weeks;
	struct rph_errand *errand; /* of the order being carried out */
	struct rph_tend tend;
	enum rph_unready held; /* COUNT: no batch waits */
	bool batch_waits;      /* its retry is not due yet */
	bool grow_wanted;
	rph_week week_done; /* everything before it was looked at */
	bool weeks_known;   /* week_done is valid */
	uint64_t weeks_not_before, tend_not_before, topics_not_before; /* uv_now() */
	unsigned gone_count;
	struct rph_backoff start_backoff, held_backoff, weeks_backoff;
	uint64_t ticks;

	uv_poll_t poll;
	uv_idle_t more;
	uv_timer_t tick, wait, retry, closing;
	uv_async_t errand_came;
	uv_work_t work, tend_work;
	unsigned open_handles;
};

/* ---- service.c ---- */

/* Ends the service with `error`; the first one counts. Takes effect with the next
 * rph_service_next(), which every callback of the loop ends with. */
void rph_service_fail(struct rph_service *service, int error, const char *sentence);
/* Starts whatever is due; call after anything has changed. */
void rph_service_next(struct rph_service *service);
uint64_t rph_service_now(const struct rph_service *service);

/* ---- service_read.c ---- */

int rph_service_begin_reading(struct rph_service *service, const struct rph_plan *plan,
			      bool more) RPH_MUST_CHECK;
void rph_service_end_reading(struct rph_service *service);
/* Takes messages until none is there, the intake is full, or it is somebody else's turn. */
void rph_service_read(struct rph_service *service);
/* The intake was emptied. */
void rph_service_read_on(struct rph_service *service);
void rph_service_count_lag(struct rph_service *service);
bool rph_service_is_at_end(const struct rph_partition *partition);

/* ---- service_jobs.c ---- */

void rph_service_work(struct rph_service *service, enum rph_service_job job);
bool rph_service_batch_is_due(const struct rph_service *service);
bool rph_service_weeks_are_due(struct rph_service *service);

/* ---- service_control.c ---- */

/* Takes over service->reloaded; only while no job runs. */
void rph_service_take_config(struct rph_service *service);
void rph_service_open_errands(struct rph_service *service);
bool rph_service_errand_waits(void *service);
/* Begins to carry out an order if one waits; refuses all of them while it cannot. */
bool rph_service_take_errand(struct rph_service *service);
void rph_service_order_done(struct rph_service *service);

/* ---- service_tend.c ---- */

void rph_service_tend(struct rph_service *service, bool final);

#endif
