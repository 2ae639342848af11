/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "daemon/service_private.h"
#include "schemas/error.h"

/* Messages of one turn: a few milliseconds, then timers and signals have theirs. */
enum { TURN = 1024 };

int rph_service_begin_reading(struct rph_service *service, const struct rph_plan *plan, bool more)
{
	struct rph_position *positions = calloc(plan->count + 1, sizeof(*positions));
	if (!positions)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < plan->count; i++) {
		const struct rph_plan_entry *entry = &plan->entries[i];
		positions[i] =
			(struct rph_position){entry->topic, entry->number, entry->offset.warm_from};
		entry->partition->silent_since = rph_service_now(service);
		RPH_SAY(service->options.log, assigned_partition, RPH_TEXT("topic", entry->topic),
			RPH_NUMBER("partition", entry->number),
			RPH_NUMBER("warm_from", entry->offset.warm_from),
			RPH_NUMBER("next", entry->offset.next), RPH_NUMBER("end", entry->high));
	}
	int err = rph_consumer_assign(service->consumer, positions, plan->count, more);
	free(positions);
	if (err)
		return err;
	service->reading = true;
	rph_service_read_on(service);
	return 0;
}

void rph_service_end_reading(struct rph_service *service)
{
	if (!service->reading)
		return;
	service->reading = false;
	uv_idle_stop(&service->more);
	uv_poll_stop(&service->poll);
}

static void on_more(uv_idle_t *handle)
{
	rph_service_read(handle->data);
}

void rph_service_read_on(struct rph_service *service)
{
	service->full = false;
	if (service->reading)
		uv_idle_start(&service->more, on_more);
}

/* ---- one message ----------------------------------------------------------------------------- */

static void lost(struct rph_service *service, const struct rph_partition *partition)
{
	RPH_BUFFER_CLEANUP struct rph_buffer sentence = {0};
	rph_buffer_format(
		&sentence,
		"topic %s partition %d has no record %" PRId64
		" any more: Kafka's retention overtook the service, or the topic was made "
		"anew; start once with --accept-gap to go on without the lost records",
		partition->topic, partition->number, partition->fetch_next);
	rph_service_fail(service, RPH_E_RECORDS_LOST, sentence.text);
}

static void take_error(struct rph_service *service, struct rph_partition *partition,
		       const rd_kafka_message_t *message)
{
	switch (message->err) {
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		if (partition) {
			lost(service, partition);
			return;
		}
		break;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		/* The tend job asks the brokers whether it is so. */
		service->topics_not_before = 0;
		service->tend_not_before = 0;
		break;
	default:
		break;
	}
	rph_metrics_add(service->options.metrics, RPH_METRIC_kafka_errors, 1);
	RPH_SAY(service->options.log, kafka_error,
		RPH_TEXT("error", rd_kafka_err2name(message->err)),
		RPH_TEXT("reason", rd_kafka_message_errstr(message)),
		RPH_TEXT("topic", partition ? partition->topic : ""),
		RPH_NUMBER("partition", message->partition));
}

static int take_end(struct rph_service *service, struct rph_partition *partition, int64_t offset)
{
	partition->fetch_at_end = true;
	partition->end = offset;
	if (offset <= partition->fetch_next)
		return 0;
	/* Behind the last record there are control records: they are passed, or lag stays. */
	partition->fetch_next = offset;
	return rph_intake_add_end(service->filling, partition->index, offset,
				  rph_service_now(service));
}

static int take_record(struct rph_service *service, struct rph_partition *partition,
		       rd_kafka_message_t *message)
{
	struct rph_metrics *metrics = service->options.metrics;
	if (message->offset < partition->fetch_next) {
		rph_metrics_add(metrics, RPH_METRIC_refetched, 1);
		return 0;
	}
	if (message->offset > partition->fetch_next)
		rph_metrics_add(metrics, RPH_METRIC_offset_gaps, 1);
	partition->fetch_next = message->offset + 1;
	partition->fetch_at_end = false;
	partition->silent_since = rph_service_now(service);
	return rph_intake_add(service->filling, partition->index, message,
			      rph_dead_letter_sink_keeps_origin(service->sink),
			      rph_service_now(service));
}

static int take(struct rph_service *service, rd_kafka_message_t *message)
{
	struct rph_partition *partition = NULL;
	if (message->rkt)
		partition = rph_partition_table_find(&service->table, message->rkt,
						     rd_kafka_topic_name(message->rkt),
						     message->partition);
	if (message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		take_error(service, partition, message);
		return 0;
	}
	if (!partition)
		return 0;
	if (rph_consumer_trouble(service->consumer) != RPH_KAFKA_WELL)
		rph_consumer_is_well(service->consumer);
	return message->err ? take_end(service, partition, message->offset)
			    : take_record(service, partition, message);
}

/* ---- a turn ---------------------------------------------------------------------------------- */

static void stop_at_full(struct rph_service *service)
{
	service->full = true;
	uv_idle_stop(&service->more);
	rph_metrics_add(service->options.metrics, RPH_METRIC_pauses, 1);
}

void rph_service_read(struct rph_service *service)
{
	int err = 0;
	unsigned taken = 0;
	bool empty = false;
	while (!err && service->reading && taken < TURN && !service->full && !empty) {
		rd_kafka_message_t *message = rph_consumer_next(service->consumer);
		empty = !message;
		if (!message)
			break;
		err = take(service, message);
		rd_kafka_message_destroy(message);
		taken++;
		if (rph_intake_is_full(service->filling))
			stop_at_full(service);
	}
	if (empty)
		uv_idle_stop(&service->more);
	else if (!service->full && service->reading)
		uv_idle_start(&service->more, on_more);
	if (err)
		rph_service_fail(service, err, "no memory for the records of a batch");
	if (taken)
		rph_service_next(service);
}

/* ---- lag ------------------------------------------------------------------------------------- */

bool rph_service_is_at_end(const struct rph_partition *partition)
{
	return partition->fetch_at_end && partition->committed >= partition->fetch_next;
}

void rph_service_count_lag(struct rph_service *service)
{
	struct rph_metrics *metrics = service->options.metrics;
	uint64_t lag = 0;
	for (uint32_t i = 0; i < service->table.count; i++) {
		struct rph_partition *partition = service->table.items[i];
		int64_t end =
			rph_consumer_end(service->consumer, partition->topic, partition->number);
		if (end > partition->end)
			partition->end = end;
		struct rph_partition_figures figures = {
			.next = partition->committed,
			.end = partition->end,
			.lag = -1,
			.progress = partition->progress_ms,
			.watermark = partition->complete_before,
		};
		if (rph_service_is_at_end(partition))
			figures.lag = 0;
		else if (partition->end >= 0)
			figures.lag = partition->end > partition->committed
					      ? partition->end - partition->committed
					      : 0;
		lag += figures.lag > 0 ? (uint64_t)figures.lag : 0;
		rph_metrics_partition(metrics, partition->topic, partition->number, &figures);
	}
	rph_metrics_set(metrics, RPH_METRIC_lag, lag);
	rph_metrics_set(metrics, RPH_METRIC_partitions, service->table.count);
}
