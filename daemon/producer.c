/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/producer.h"

#include <stdlib.h>

#include "daemon/kafka_conf.h"
#include "schemas/error.h"

enum { ERROR_SIZE = 512 };

struct rph_producer {
	rd_kafka_t *client;
	struct rph_log *log;
	struct rph_metrics *metrics;
	bool broken;
};

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
	struct rph_producer *producer = rd_kafka_opaque(client);
	(void)level;
	RPH_SAY(producer->log, kafka_log, RPH_TEXT("facility", facility), RPH_TEXT("text", text));
}

static void on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
	struct rph_producer *producer = opaque;
	(void)client;
	producer->broken |= error == RD_KAFKA_RESP_ERR__FATAL;
	rph_metrics_add(producer->metrics, RPH_METRIC_kafka_errors, 1);
	RPH_SAY(producer->log, kafka_error, RPH_TEXT("error", rd_kafka_err2name(error)),
		RPH_TEXT("reason", reason));
}

/* What will not be better another time. Everything else is sent again. */
static bool is_final(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
		return true;
	default:
		return false;
	}
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	struct rph_delivery *delivery = message->_private;
	(void)client;
	(void)opaque;
	delivery->error = message->err;
	if (!message->err)
		delivery->state = RPH_DELIVERY_DONE;
	else
		delivery->state = is_final(message->err) ? RPH_DELIVERY_REFUSED : RPH_DELIVERY_LOST;
}

int rph_producer_new(const struct rph_config *config, const char *credentials, struct rph_log *log,
		     struct rph_metrics *metrics, struct rph_producer **ret,
		     struct rph_buffer *problem)
{
	char why[ERROR_SIZE];
	rd_kafka_conf_t *conf;
	int err = rph_kafka_conf_new(config, RPH_KAFKA_PRODUCER, credentials, &conf, problem);
	if (err)
		return err;
	struct rph_producer *producer = calloc(1, sizeof(*producer));
	if (!producer) {
		rd_kafka_conf_destroy(conf);
		return RPH_E_NO_MEMORY;
	}
	producer->log = log;
	producer->metrics = metrics;
	rd_kafka_conf_set_opaque(conf, producer);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	producer->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!producer->client) {
		rd_kafka_conf_destroy(conf);
		free(producer);
		rph_buffer_format(problem, "kafka.properties: %s\n", why);
		return RPH_E_BAD_CONFIG;
	}
	*ret = producer;
	return 0;
}

struct rph_producer *rph_producer_free(struct rph_producer *producer)
{
	if (!producer)
		return NULL;
	rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_flush(producer->client, 500);
	rd_kafka_destroy(producer->client);
	free(producer);
	return NULL;
}

bool rph_producer_put(struct rph_producer *producer, struct rph_message *message,
		      struct rph_delivery *delivery)
{
	rd_kafka_resp_err_t error;
	const void *key = message->key.len ? message->key.ptr : NULL;
	if (message->headers)
		error = rd_kafka_producev(
			producer->client, RD_KAFKA_V_TOPIC(message->topic),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_KEY(key, message->key.len),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)message->value.ptr, message->value.len),
			RD_KAFKA_V_HEADERS(message->headers), RD_KAFKA_V_OPAQUE(delivery),
			RD_KAFKA_V_END);
	else
		error = rd_kafka_producev(
			producer->client, RD_KAFKA_V_TOPIC(message->topic),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_KEY(key, message->key.len),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)message->value.ptr, message->value.len),
			RD_KAFKA_V_OPAQUE(delivery), RD_KAFKA_V_END);
	if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return false;
	if (error && message->headers)
		rd_kafka_headers_destroy(message->headers);
	message->headers = NULL;
	delivery->error = error;
	delivery->state = RPH_DELIVERY_PENDING;
	if (error)
		delivery->state = is_final(error) ? RPH_DELIVERY_REFUSED : RPH_DELIVERY_LOST;
	return true;
}

void rph_producer_wait(struct rph_producer *producer, int ms)
{
	rd_kafka_flush(producer->client, ms);
}

bool rph_producer_is_broken(const struct rph_producer *producer)
{
	return producer->broken;
}
