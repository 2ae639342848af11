/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics.h - the figures of /metrics in the text format of Prometheus
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), names and units as its naming
 * rules ask for. metrics.def has them all, but for those of single partitions.
 *
 * Threads: every function may be called on any thread at any time. Figures are single atomic
 * numbers, so a page is not a snapshot of one instant. Only the table of partitions has a lock,
 * held for the time of writing one row or rendering.
 *
 * Cardinality is bounded: labels are names of the program, but for topic and partition, of which
 * the first RPH_METRICS_MAX_PARTITIONS are shown and the rest counted in
 * rephrased_partitions_not_shown.
 */
#ifndef RPH_DAEMON_METRICS_H
#define RPH_DAEMON_METRICS_H

#include "miner/pipeline.h"
#include "schemas/buffer.h"

enum { RPH_METRICS_MAX_PARTITIONS = 1024 };

enum rph_metric {
#define RPH_METRIC(id, kind, name, labels, help) RPH_METRIC_##id,
#include "daemon/metrics.def"
#undef RPH_METRIC
	RPH_METRIC_COUNT
};

struct rph_metrics;

/* `build` and `reload_ok` are 1, the rest 0. RPH_E_NO_MEMORY. */
int rph_metrics_new(struct rph_metrics **ret) RPH_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct rph_metrics *rph_metrics_free(struct rph_metrics *metrics);
RPH_DEFINE_CLEANUP(struct rph_metrics, rph_metrics_free)

/* With `metrics` NULL the next four do nothing. */

/* A COUNTER, or a GAUGE where it is more convenient. */
void rph_metrics_add(struct rph_metrics *metrics, enum rph_metric metric, uint64_t amount);
/* A GAUGE, or SECONDS in ms. */
void rph_metrics_set(struct rph_metrics *metrics, enum rph_metric metric, uint64_t value);
/* A HISTOGRAM. */
void rph_metrics_observe(struct rph_metrics *metrics, enum rph_metric metric, uint64_t ms);
/* Adds what a pipeline counted since `*before`, and makes *before equal to `now`. A pipeline made
 * anew starts with a zeroed *before. */
void rph_metrics_count(struct rph_metrics *metrics, const struct rph_pipeline_counts *now,
		       struct rph_pipeline_counts *before);

/* COUNTER, GAUGE and SECONDS; of a HISTOGRAM the number of observations. */
uint64_t rph_metrics_get(const struct rph_metrics *metrics, enum rph_metric metric);

struct rph_partition_figures {
	int64_t next;      /* offset: everything before it is committed here */
	int64_t end;       /* high watermark of the broker, -1: not known */
	int64_t lag;       /* records, -1: not known */
	int64_t progress;  /* wall clock of the last commit that moved `next`, ms; 0: none yet */
	int64_t watermark; /* event time, ms; INT64_MIN: none yet */
};

/* Adds or updates one row. The topic is copied. Beyond the limit, or without memory, it is only
 * counted. */
void rph_metrics_partition(struct rph_metrics *metrics, const char *topic, int32_t partition,
			   const struct rph_partition_figures *figures);

/* Appends the whole page. */
void rph_metrics_render(struct rph_metrics *metrics, struct rph_buffer *text);

/* Content type of the page. */
#define RPH_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
