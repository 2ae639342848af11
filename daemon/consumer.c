/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/consumer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/intake.h"
#include "daemon/kafka_conf.h"
#include "schemas/error.h"
#include "store/checkpoint.h"

enum { ASK_MS = 3000, LOOK_POLL_MS = 100, LOOK_POLLS = 100, ERROR_SIZE = 512 };

struct rph_consumer {
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;   /* messages */
	rd_kafka_queue_t *answers; /* to commits */
	int fd;
	atomic_int trouble;
	struct rph_log *log;
	struct rph_metrics *metrics;
};

/* ---- what the library tells ------------------------------------------------------------------ */

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
	struct rph_consumer *consumer = rd_kafka_opaque(client);
	(void)level;
	RPH_SAY(consumer->log, kafka_log, RPH_TEXT("facility", facility), RPH_TEXT("text", text));
}

static void on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
	struct rph_consumer *consumer = opaque;
	(void)client;
	rph_metrics_add(consumer->metrics, RPH_METRIC_kafka_errors, 1);
	RPH_SAY(consumer->log, kafka_error, RPH_TEXT("error", rd_kafka_err2name(error)),
		RPH_TEXT("reason", reason));
	if (error == RD_KAFKA_RESP_ERR__FATAL) {
		atomic_store(&consumer->trouble, RPH_KAFKA_FATAL);
	} else if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
		   error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED) {
		atomic_store(&consumer->trouble, RPH_KAFKA_REFUSED);
	} else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
		int well = RPH_KAFKA_WELL;
		rph_metrics_add(consumer->metrics, RPH_METRIC_kafka_brokers_down, 1);
		atomic_compare_exchange_strong(&consumer->trouble, &well, RPH_KAFKA_DOWN);
	}
}

enum rph_kafka_trouble rph_consumer_trouble(const struct rph_consumer *consumer)
{
	return (enum rph_kafka_trouble)atomic_load(&consumer->trouble);
}

void rph_consumer_is_well(struct rph_consumer *consumer)
{
	if (atomic_load(&consumer->trouble) != RPH_KAFKA_FATAL)
		atomic_store(&consumer->trouble, RPH_KAFKA_WELL);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static int make_client(struct rph_consumer *consumer, const struct rph_consumer_options *options,
		       struct rph_buffer *problem)
{
	char why[ERROR_SIZE];
	rd_kafka_conf_t *conf;
	int err = rph_kafka_conf_new(options->config, RPH_KAFKA_CONSUMER, options->credentials,
				     &conf, problem);
	if (err)
		return err;
	rd_kafka_conf_set_opaque(conf, consumer);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_error_cb(conf, on_error);
	consumer->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (!consumer->client) {
		rd_kafka_conf_destroy(conf);
		rph_buffer_format(problem, "kafka.properties: %s\n", why);
		return RPH_E_BAD_CONFIG;
	}
	return 0;
}

static int make_queues(struct rph_consumer *consumer)
{
	static const uint64_t one = 1;
	consumer->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (consumer->fd < 0)
		return -errno;
	consumer->queue = rd_kafka_queue_get_consumer(consumer->client);
	consumer->answers = rd_kafka_queue_new(consumer->client);
	if (!consumer->queue || !consumer->answers)
		return RPH_E_KAFKA;
	rd_kafka_queue_io_event_enable(consumer->queue, consumer->fd, &one, sizeof(one));
	return 0;
}

int rph_consumer_new(const struct rph_consumer_options *options, struct rph_consumer **ret,
		     struct rph_buffer *problem)
{
	struct rph_consumer *consumer = calloc(1, sizeof(*consumer));
	if (!consumer)
		return RPH_E_NO_MEMORY;
	consumer->fd = -1;
	consumer->log = options->log;
	consumer->metrics = options->metrics;
	int err = make_client(consumer, options, problem);
	if (!err)
		err = make_queues(consumer);
	if (err) {
		rph_consumer_free(consumer);
		return err;
	}
	*ret = consumer;
	return 0;
}

struct rph_consumer *rph_consumer_free(struct rph_consumer *consumer)
{
	if (!consumer)
		return NULL;
	/* Everything we hold goes before the client, or destroying it would wait for ever. */
	if (consumer->queue) {
		rd_kafka_queue_io_event_enable(consumer->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(consumer->queue);
	}
	if (consumer->answers)
		rd_kafka_queue_destroy(consumer->answers);
	/* There is no group to leave, and closing is where this version of the library hangs. */
	if (consumer->client)
		rd_kafka_destroy_flags(consumer->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	if (consumer->fd >= 0)
		close(consumer->fd);
	free(consumer);
	return NULL;
}

/* ---- loop --------------------------------------------------------------------------------------
 */

int rph_consumer_fd(const struct rph_consumer *consumer)
{
	return consumer->fd;
}

void rph_consumer_woken(struct rph_consumer *consumer)
{
	uint64_t count;
	while (read(consumer->fd, &count, sizeof(count)) > 0)
		continue;
}

rd_kafka_message_t *rph_consumer_next(struct rph_consumer *consumer)
{
	return rd_kafka_consumer_poll(consumer->client, 0);
}

void rph_consumer_serve(struct rph_consumer *consumer)
{
	rd_kafka_poll(consumer->client, 0);
}

static rd_kafka_topic_partition_list_t *list_of(const struct rph_position *positions, size_t count)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, positions[i].topic, positions[i].partition)
			->offset = positions[i].offset;
	return list;
}

int rph_consumer_assign(struct rph_consumer *consumer, const struct rph_position *positions,
			size_t count, bool more)
{
	rd_kafka_topic_partition_list_t *list = list_of(positions, count);
	int err = 0;
	if (more) {
		rd_kafka_error_t *error = rd_kafka_incremental_assign(consumer->client, list);
		err = error ? RPH_E_KAFKA : 0;
		if (error)
			rd_kafka_error_destroy(error);
	} else if (rd_kafka_assign(consumer->client, list)) {
		err = RPH_E_KAFKA;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return err;
}

int64_t rph_consumer_end(struct rph_consumer *consumer, const char *topic, int32_t partition)
{
	int64_t low, high;
	if (rd_kafka_get_watermark_offsets(consumer->client, topic, partition, &low, &high))
		return -1;
	return high >= 0 ? high : -1;
}

/* ---- worker ------------------------------------------------------------------------------------
 */

static int failed(struct rph_consumer *consumer, rd_kafka_resp_err_t error, const char *what,
		  struct rph_buffer *problem)
{
	if (!error) {
		rph_consumer_is_well(consumer);
		return 0;
	}
	rph_buffer_format(problem, "%s: %s\n", what, rd_kafka_err2str(error));
	switch (error) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		return RPH_E_NO_ACCESS;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		return RPH_E_NOT_FOUND;
	default:
		return RPH_E_KAFKA;
	}
}

int rph_consumer_count(struct rph_consumer *consumer, const char *topic, int32_t *ret,
		       struct rph_buffer *problem)
{
	const struct rd_kafka_metadata *answer = NULL;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer->client, topic, NULL);
	if (!handle)
		return failed(consumer, rd_kafka_last_error(), topic, problem);
	rd_kafka_resp_err_t error = rd_kafka_metadata(consumer->client, 0, handle, &answer, ASK_MS);
	if (!error && answer->topic_cnt == 1) {
		error = answer->topics[0].err;
		*ret = answer->topics[0].partition_cnt;
		/* A topic that is being made has none yet. */
		if (!error && *ret == 0)
			error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	}
	if (answer)
		rd_kafka_metadata_destroy(answer);
	rd_kafka_topic_destroy(handle);
	return failed(consumer, error, topic, problem);
}

int rph_consumer_bounds(struct rph_consumer *consumer, const char *topic, int32_t partition,
			int64_t *ret_low, int64_t *ret_high, struct rph_buffer *problem)
{
	return failed(consumer,
		      rd_kafka_query_watermark_offsets(consumer->client, topic, partition, ret_low,
						       ret_high, ASK_MS),
		      topic, problem);
}

/* One record each is wanted: little is fetched ahead. */
static rd_kafka_t *new_looker(const struct rph_consumer *consumer, struct rph_buffer *problem)
{
	static const char *const settings[][2] = {
		{"queued.min.messages", "1"},
		{"queued.max.messages.kbytes", "1024"},
		{"fetch.message.max.bytes", "65536"},
	};
	char why[ERROR_SIZE] = "";
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(rd_kafka_conf(consumer->client));
	bool fits = true;
	for (size_t i = 0; fits && i < RPH_ARRAY_LEN(settings); i++)
		fits = rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof(why)) ==
		       RD_KAFKA_CONF_OK;
	rd_kafka_t *looker = fits ? rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why)) : NULL;
	if (!looker) {
		rd_kafka_conf_destroy(conf);
		rph_buffer_format(problem, "a second client: %s\n", why);
	}
	return looker;
}

/* How many tails the message answers: 0 or 1. */
static size_t answer_tail(struct rph_tail *tails, size_t count, const rd_kafka_message_t *message)
{
	const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "";
	if (message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF &&
	    message->err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct rph_tail *tail = &tails[i];
		if (tail->answered || tail->at.partition != message->partition ||
		    strcmp(tail->at.topic, topic) != 0)
			continue;
		const struct rph_span value = {message->payload, message->len};
		tail->answered = true;
		tail->found = !message->err && message->offset == tail->at.offset;
		if (tail->found)
			tail->hash = rph_record_hash(value, rph_message_log_time(message));
		return 1;
	}
	return 0;
}

int rph_consumer_look_at(struct rph_consumer *consumer, struct rph_tail *tails, size_t count,
			 const atomic_bool *give_up, struct rph_buffer *problem)
{
	rd_kafka_t *looker = new_looker(consumer, problem);
	if (!looker)
		return RPH_E_KAFKA;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, tails[i].at.topic, tails[i].at.partition)
			->offset = tails[i].at.offset;
	rd_kafka_resp_err_t error = rd_kafka_assign(looker, list);
	rd_kafka_topic_partition_list_destroy(list);
	size_t open = count;
	for (int silent = 0; !error && open && silent < LOOK_POLLS && !atomic_load(give_up);) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(looker, LOOK_POLL_MS);
		silent += !message;
		if (!message)
			continue;
		open -= answer_tail(tails, count, message);
		rd_kafka_message_destroy(message);
	}
	rd_kafka_destroy_flags(looker, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	if (!error && open)
		error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	return failed(consumer, error, "the last counted records", problem);
}

int rph_consumer_committed(struct rph_consumer *consumer, const struct rph_position *positions,
			   size_t count, struct rph_committed *ret, struct rph_buffer *problem)
{
	rd_kafka_topic_partition_list_t *list = list_of(positions, count);
	rd_kafka_resp_err_t error = rd_kafka_committed(consumer->client, list, ASK_MS);
	for (size_t i = 0; !error && i < count; i++) {
		const rd_kafka_topic_partition_t *one = &list->elems[i];
		struct rph_committed *committed = &ret[i];
		error = one->err;
		*committed = (struct rph_committed){.offset = one->offset < 0 ? -1 : one->offset};
		if (one->metadata && one->metadata_size < sizeof(committed->metadata))
			memcpy(committed->metadata, one->metadata, one->metadata_size);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return failed(consumer, error, "committed offsets", problem);
}

static rd_kafka_resp_err_t first_error(const rd_kafka_topic_partition_list_t *list)
{
	for (int i = 0; list && i < list->cnt; i++)
		if (list->elems[i].err)
			return list->elems[i].err;
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int rph_consumer_commit(struct rph_consumer *consumer, const struct rph_position *positions,
			size_t count, const char *metadata, struct rph_buffer *problem)
{
	rd_kafka_topic_partition_list_t *list = list_of(positions, count);
	rd_kafka_event_t *event;
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
	/* An answer that came too late for an earlier commit is not this one's. */
	while ((event = rd_kafka_queue_poll(consumer->answers, 0)))
		rd_kafka_event_destroy(event);
	for (size_t i = 0; !error && i < count; i++) {
		list->elems[i].metadata = strdup(metadata);
		list->elems[i].metadata_size = strlen(metadata);
		if (!list->elems[i].metadata)
			error = RD_KAFKA_RESP_ERR__FAIL;
	}
	if (!error)
		error = rd_kafka_commit_queue(consumer->client, list, consumer->answers, NULL,
					      NULL);
	if (!error) {
		event = rd_kafka_queue_poll(consumer->answers, ASK_MS);
		error = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
		if (!error)
			error = first_error(rd_kafka_event_topic_partition_list(event));
		if (event)
			rd_kafka_event_destroy(event);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return failed(consumer, error, "commit of offsets", problem);
}
