/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "schemas/error.h"

enum kind { COUNTER, GAUGE, SECONDS, HISTOGRAM };

struct fact {
	enum kind kind;
	const char *name, *labels, *help;
};

static const struct fact facts[RPH_METRIC_COUNT] = {
#define RPH_METRIC(id, kind, name, labels, help) [RPH_METRIC_##id] = {kind, name, labels, help},
#include "daemon/metrics.def"
#undef RPH_METRIC
};

/* Upper ends in ms. */
static const uint32_t bounds[] = {1,   2,   5,    10,   20,   50,    100,
				  200, 500, 1000, 2000, 5000, 10000, 60000};
enum { BOUNDS = RPH_ARRAY_LEN(bounds) };

struct histogram {
	atomic_uint_least64_t buckets[BOUNDS + 1]; /* not cumulative */
	atomic_uint_least64_t sum;
};

struct row {
	char *topic;
	int32_t partition;
	struct rph_partition_figures figures;
};

struct rph_metrics {
	/* Of a histogram: the number of observations. */
	atomic_uint_least64_t values[RPH_METRIC_COUNT];
	struct histogram histograms[RPH_METRIC_COUNT];
	pthread_mutex_t lock; /* of the rows */
	struct row *rows;     /* sorted by topic and partition */
	size_t row_count, rows_missing;
};

int rph_metrics_new(struct rph_metrics **ret)
{
	struct rph_metrics *metrics = calloc(1, sizeof(*metrics));
	if (!metrics)
		return RPH_E_NO_MEMORY;
	metrics->rows = calloc(RPH_METRICS_MAX_PARTITIONS, sizeof(*metrics->rows));
	if (!metrics->rows) {
		free(metrics);
		return RPH_E_NO_MEMORY;
	}
	pthread_mutex_init(&metrics->lock, NULL);
	rph_metrics_set(metrics, RPH_METRIC_build, 1);
	rph_metrics_set(metrics, RPH_METRIC_reload_ok, 1);
	*ret = metrics;
	return 0;
}

struct rph_metrics *rph_metrics_free(struct rph_metrics *metrics)
{
	if (!metrics)
		return NULL;
	for (size_t i = 0; i < metrics->row_count; i++)
		free(metrics->rows[i].topic);
	free(metrics->rows);
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
	return NULL;
}

void rph_metrics_add(struct rph_metrics *metrics, enum rph_metric metric, uint64_t amount)
{
	if (metrics)
		atomic_fetch_add_explicit(&metrics->values[metric], amount, memory_order_relaxed);
}

void rph_metrics_set(struct rph_metrics *metrics, enum rph_metric metric, uint64_t value)
{
	if (metrics)
		atomic_store_explicit(&metrics->values[metric], value, memory_order_relaxed);
}

void rph_metrics_observe(struct rph_metrics *metrics, enum rph_metric metric, uint64_t ms)
{
	if (!metrics)
		return;
	struct histogram *histogram = &metrics->histograms[metric];
	size_t bucket = 0;
	RPH_ASSERT(facts[metric].kind == HISTOGRAM);
	while (bucket < BOUNDS && ms > bounds[bucket])
		bucket++;
	atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&histogram->sum, ms, memory_order_relaxed);
	rph_metrics_add(metrics, metric, 1);
}

uint64_t rph_metrics_get(const struct rph_metrics *metrics, enum rph_metric metric)
{
	return atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
}

/* ---- a pipeline's counts ------------------------------------------------------------------- */

static void count_each(struct rph_metrics *metrics, enum rph_metric first, const uint64_t *now,
		       const uint64_t *before, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rph_metrics_add(metrics, (enum rph_metric)(first + i), now[i] - before[i]);
}

void rph_metrics_count(struct rph_metrics *metrics, const struct rph_pipeline_counts *now,
		       struct rph_pipeline_counts *before)
{
	_Static_assert(RPH_METRIC_records_warm - RPH_METRIC_records_counted + 1 == RPH_FATE_COUNT,
		       "metrics.def has every fate");
	_Static_assert(RPH_METRIC_closed_final - RPH_METRIC_closed_gap + 1 ==
			       RPH_CLOSE_REASON_COUNT,
		       "metrics.def has every reason to close a session");
	count_each(metrics, RPH_METRIC_records_counted, now->fates, before->fates, RPH_FATE_COUNT);
	/* Place 0 is that of an accepted record. */
	count_each(metrics, RPH_METRIC_rejected_empty, now->rejects + RPH_REJECT_empty,
		   before->rejects + RPH_REJECT_empty, RPH_REJECT_COUNT - RPH_REJECT_empty);
	count_each(metrics, RPH_METRIC_closed_gap, now->closed, before->closed,
		   RPH_CLOSE_REASON_COUNT);
	count_each(metrics, RPH_METRIC_edge_repeat, now->mining.edges, before->mining.edges,
		   RPH_EDGE_COUNT);
	count_each(metrics, RPH_METRIC_transitions, &now->mining.transitions,
		   &before->mining.transitions, 1);
	count_each(metrics, RPH_METRIC_votes, &now->mining.votes, &before->mining.votes, 1);
	count_each(metrics, RPH_METRIC_unknown_signals, &now->unknown_signals,
		   &before->unknown_signals, 1);
	*before = *now;
}

/* ---- partitions ---------------------------------------------------------------------------- */

static int compare_rows(const struct row *a, const char *topic, int32_t partition)
{
	int order = strcmp(a->topic, topic);
	return order ? order : (a->partition > partition) - (a->partition < partition);
}

static void insert(struct rph_metrics *metrics, size_t at, const struct row *row)
{
	if (metrics->row_count == RPH_METRICS_MAX_PARTITIONS || !row->topic) {
		metrics->rows_missing++;
		free(row->topic);
		return;
	}
	memmove(metrics->rows + at + 1, metrics->rows + at,
		(metrics->row_count - at) * sizeof(*metrics->rows));
	metrics->rows[at] = *row;
	metrics->row_count++;
}

void rph_metrics_partition(struct rph_metrics *metrics, const char *topic, int32_t partition,
			   const struct rph_partition_figures *figures)
{
	if (!metrics)
		return;
	pthread_mutex_lock(&metrics->lock);
	size_t low = 0, high = metrics->row_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_rows(&metrics->rows[middle], topic, partition) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < metrics->row_count && compare_rows(&metrics->rows[low], topic, partition) == 0)
		metrics->rows[low].figures = *figures;
	else
		insert(metrics, low, &(struct row){strdup(topic), partition, *figures});
	pthread_mutex_unlock(&metrics->lock);
}

/* ---- the page ------------------------------------------------------------------------------ */

static void add_head(struct rph_buffer *text, const char *name, const char *type, const char *help)
{
	rph_buffer_format(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Milliseconds as seconds, exactly and in any locale. */
static void add_seconds(struct rph_buffer *text, uint64_t ms)
{
	rph_buffer_format(text, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
}

static void add_histogram(const struct rph_metrics *metrics, enum rph_metric metric,
			  struct rph_buffer *text)
{
	const struct histogram *histogram = &metrics->histograms[metric];
	const char *name = facts[metric].name;
	uint64_t count = 0;
	for (size_t i = 0; i <= BOUNDS; i++) {
		count += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
		rph_buffer_format(text, "%s_bucket{le=\"", name);
		if (i < BOUNDS)
			add_seconds(text, bounds[i]);
		else
			rph_buffer_add_text(text, "+Inf");
		rph_buffer_format(text, "\"} %" PRIu64 "\n", count);
	}
	rph_buffer_format(text, "%s_sum ", name);
	add_seconds(text, atomic_load_explicit(&histogram->sum, memory_order_relaxed));
	/* Of the buckets and not of the counter: both must agree within a page. */
	rph_buffer_format(text, "\n%s_count %" PRIu64 "\n", name, count);
}

static void add_metric(const struct rph_metrics *metrics, enum rph_metric metric,
		       struct rph_buffer *text)
{
	static const char *const types[] = {"counter", "gauge", "gauge", "histogram"};
	const struct fact *fact = &facts[metric];
	uint64_t value = rph_metrics_get(metrics, metric);
	if (metric == 0 || strcmp(facts[metric - 1].name, fact->name) != 0)
		add_head(text, fact->name, types[fact->kind], fact->help);
	if (fact->kind == HISTOGRAM) {
		add_histogram(metrics, metric, text);
		return;
	}
	/* Something that has not happened has no time. */
	if (fact->kind == SECONDS && !value)
		return;
	rph_buffer_add_text(text, fact->name);
	if (*fact->labels)
		rph_buffer_format(text, "{%s}", fact->labels);
	rph_buffer_add_text(text, " ");
	if (fact->kind == SECONDS)
		add_seconds(text, value);
	else
		rph_buffer_format(text, "%" PRIu64, value);
	rph_buffer_add_text(text, "\n");
}

/* A label's value; topics have no such characters, but the broker's word is not ours. */
static void add_label(struct rph_buffer *text, const char *value)
{
	for (const char *at = value; *at; at++) {
		char byte[2] = {*at, '\0'};
		if (*at == '\n')
			rph_buffer_add_text(text, "\\n");
		else if (*at == '"' || *at == '\\')
			rph_buffer_format(text, "\\%c", *at);
		else
			rph_buffer_add_text(text, byte);
	}
}

struct column {
	const char *name, *help;
	size_t offset; /* of an int64_t in struct rph_partition_figures */
	int64_t none;  /* not shown when it is this or less */
	bool seconds;
};

static const struct column columns[] = {
	{"rephrased_consumer_lag_records",
	 "Records that are in the partition and not yet committed here.",
	 offsetof(struct rph_partition_figures, lag), -1, false},
	{"rephrased_partition_next_offset", "Everything before this offset is committed here.",
	 offsetof(struct rph_partition_figures, next), -1, false},
	{"rephrased_partition_end_offset", "Offset that the partition's next record will have.",
	 offsetof(struct rph_partition_figures, end), -1, false},
	{"rephrased_partition_last_progress_timestamp_seconds",
	 "When a commit last moved the partition forward, in seconds since 1970.",
	 offsetof(struct rph_partition_figures, progress), 0, true},
	{"rephrased_partition_watermark_timestamp_seconds",
	 "Highest event time committed of the partition, in seconds since 1970.",
	 offsetof(struct rph_partition_figures, watermark), 0, true},
};

static void add_column(const struct rph_metrics *metrics, const struct column *column,
		       struct rph_buffer *text)
{
	add_head(text, column->name, "gauge", column->help);
	for (size_t i = 0; i < metrics->row_count; i++) {
		const struct row *row = &metrics->rows[i];
		int64_t value;
		memcpy(&value, (const char *)&row->figures + column->offset, sizeof(value));
		if (value <= column->none)
			continue;
		rph_buffer_format(text, "%s{topic=\"", column->name);
		add_label(text, row->topic);
		rph_buffer_format(text, "\",partition=\"%" PRId32 "\"} ", row->partition);
		if (column->seconds)
			add_seconds(text, (uint64_t)value);
		else
			rph_buffer_format(text, "%" PRId64, value);
		rph_buffer_add_text(text, "\n");
	}
}

void rph_metrics_render(struct rph_metrics *metrics, struct rph_buffer *text)
{
	for (int i = 0; i < RPH_METRIC_COUNT; i++)
		add_metric(metrics, (enum rph_metric)i, text);
	pthread_mutex_lock(&metrics->lock);
	for (size_t i = 0; i < RPH_ARRAY_LEN(columns); i++)
		add_column(metrics, &columns[i], text);
	size_t missing = metrics->rows_missing;
	pthread_mutex_unlock(&metrics->lock);
	add_head(text, "rephrased_partitions_not_shown", "gauge",
		 "Updates of partitions beyond those that this page has room for.");
	rph_buffer_format(text, "rephrased_partitions_not_shown %zu\n", missing);
}
