/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/dead_letter_sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/producer.h"
#include "schemas/error.h"

enum { WAIT_MS = 500, COMPLAIN_AFTER_WAITS = 10, KEY_SIZE = 300 };

struct letter {
	struct rph_partition *partition;
	const struct rph_intake *intake;
	const struct rph_intake_record *record;
	struct rph_rejection rejection;
	struct rph_delivery delivery;
	bool done;
};

struct rph_dead_letter_sink {
	const struct rph_config *config; /* borrowed: to make the producer anew */
	const char *credentials;
	char *dir, *topic; /* topic NULL: files only */
	struct rph_producer *producer;
	struct rph_log *log;
	struct rph_metrics *metrics;
	struct rph_readiness *readiness;
	struct rph_watchdog *watchdog;
	const atomic_bool *give_up;
	struct letter *letters; /* grows only between batches' flushes: deliveries point into it */
	size_t count, capacity;
};

int rph_dead_letter_sink_new(const struct rph_sink_options *options,
			     struct rph_dead_letter_sink **ret, struct rph_buffer *problem)
{
	RPH_CLEANUP(rph_dead_letter_sink_free)
	struct rph_dead_letter_sink *sink = calloc(1, sizeof(*sink));
	if (!sink)
		return RPH_E_NO_MEMORY;
	const char *dir = options->config->dead_letters.dir;
	const char *topic = options->config->dead_letters.topic;
	sink->config = options->config;
	sink->credentials = options->credentials;
	sink->log = options->log;
	sink->metrics = options->metrics;
	sink->readiness = options->readiness;
	sink->watchdog = options->watchdog;
	sink->give_up = options->give_up;
	if (asprintf(&sink->dir, "%s%s", *dir ? dir : options->store_dir,
		     *dir ? "" : "/dead-letters") < 0) {
		sink->dir = NULL;
		return RPH_E_NO_MEMORY;
	}
	if (*topic) {
		sink->topic = strdup(topic);
		if (!sink->topic)
			return RPH_E_NO_MEMORY;
		int err = rph_producer_new(options->config, options->credentials, sink->log,
					   sink->metrics, &sink->producer, problem);
		if (err)
			return err;
	}
	*ret = sink;
	sink = NULL;
	return 0;
}

struct rph_dead_letter_sink *rph_dead_letter_sink_free(struct rph_dead_letter_sink *sink)
{
	if (!sink)
		return NULL;
	rph_producer_free(sink->producer);
	free(sink->letters);
	free(sink->dir);
	free(sink->topic);
	free(sink);
	return NULL;
}

bool rph_dead_letter_sink_keeps_origin(const struct rph_dead_letter_sink *sink)
{
	return sink->topic != NULL;
}

int rph_dead_letter_sink_put(struct rph_dead_letter_sink *sink, struct rph_partition *partition,
			     const struct rph_intake *intake,
			     const struct rph_intake_record *record,
			     const struct rph_rejection *rejection)
{
	if (sink->count == sink->capacity) {
		size_t capacity = sink->capacity ? 2 * sink->capacity : 64;
		struct letter *grown = realloc(sink->letters, capacity * sizeof(*grown));
		if (!grown)
			return RPH_E_NO_MEMORY;
		sink->letters = grown;
		sink->capacity = capacity;
	}
	sink->letters[sink->count++] = (struct letter){.partition = partition,
						       .intake = intake,
						       .record = record,
						       .rejection = *rejection};
	return 0;
}

void rph_dead_letter_sink_clear(struct rph_dead_letter_sink *sink)
{
	sink->count = 0;
}

/* ---- files -------------------------------------------------------------------------------------
 */

int rph_dead_letter_sink_set_aside(const struct rph_dead_letter_sink *sink, const char *topic,
				   const char *partition)
{
	char name[KEY_SIZE];
	snprintf(name, sizeof(name), "%s-%s", topic, partition);
	return rph_dead_letters_set_aside(sink->dir, rph_span_of(name));
}

static int open_file(struct rph_dead_letter_sink *sink, struct rph_partition *partition)
{
	char name[KEY_SIZE];
	if (partition->letters_open)
		return 0;
	snprintf(name, sizeof(name), "%s-%s", partition->topic, partition->name);
	/* What lies there from this offset on was written by a process that died before it
	 * committed: those records came again and are written again. */
	int err = rph_dead_letters_open(sink->dir, rph_span_of(partition->topic), partition->number,
					rph_span_of(name), partition->counted, &partition->letters);
	partition->letters_open = !err;
	return err;
}

static int write_file(struct rph_dead_letter_sink *sink, struct letter *letter)
{
	struct rph_record record = {
		.value = rph_intake_value(letter->intake, letter->record),
		.offset = letter->record->offset,
	};
	int err = open_file(sink, letter->partition);
	if (!err)
		err = rph_dead_letters_write(&letter->partition->letters, &record,
					     &letter->rejection);
	if (!err) {
		letter->done = true;
		rph_metrics_add(sink->metrics, RPH_METRIC_dead_letters, 1);
	}
	return err;
}

static int write_files(struct rph_dead_letter_sink *sink)
{
	int err = 0;
	for (size_t i = 0; !err && i < sink->count; i++)
		if (!sink->letters[i].done)
			err = write_file(sink, &sink->letters[i]);
	for (size_t i = 0; !err && i < sink->count; i++)
		if (sink->letters[i].partition->letters_open)
			err = rph_dead_letters_sync(&sink->letters[i].partition->letters);
	if (err)
		rph_metrics_add(sink->metrics, RPH_METRIC_dead_letter_failures, 1);
	return err;
}

/* ---- topic -------------------------------------------------------------------------------------
 */

static void add_header(rd_kafka_headers_t *headers, const char *name, struct rph_span value)
{
	/* Fails only without memory, and then the letter is still whole without the header. */
	(void)!rd_kafka_header_add(headers, name, -1, value.ptr ? value.ptr : "",
				   (ssize_t)value.len);
}

static rd_kafka_headers_t *make_headers(const struct letter *letter)
{
	char offset[24], generation[12];
	const struct rph_intake_record *record = letter->record;
	rd_kafka_headers_t *headers =
		record->headers ? rd_kafka_headers_copy(record->headers) : rd_kafka_headers_new(7);
	if (!headers)
		return NULL;
	snprintf(offset, sizeof(offset), "%" PRId64, record->offset);
	snprintf(generation, sizeof(generation), "%" PRIu32, letter->partition->generation);
	add_header(headers, "rephrased.topic", rph_span_of(letter->partition->topic));
	add_header(headers, "rephrased.partition", rph_span_of(letter->partition->name));
	add_header(headers, "rephrased.offset", rph_span_of(offset));
	add_header(headers, "rephrased.generation", rph_span_of(generation));
	add_header(headers, "rephrased.reason",
		   rph_span_of(rph_reject_name(letter->rejection.reason)));
	add_header(headers, "rephrased.field", rph_span_of(letter->rejection.key));
	if (record->key_len)
		add_header(headers, "rephrased.key", rph_intake_key(letter->intake, record));
	return headers;
}

/* Equal for a letter that is sent again, different for any other record: offsets of a log that was
 * made anew have been used before. */
static void make_key(const struct letter *letter, char key[static KEY_SIZE])
{
	const struct rph_partition *partition = letter->partition;
	int len = snprintf(key, KEY_SIZE, "%s-%s-%" PRId64, partition->topic, partition->name,
			   letter->record->offset);
	if (partition->generation && len > 0 && len < KEY_SIZE)
		snprintf(key + len, KEY_SIZE - (size_t)len, "-%" PRIu32, partition->generation);
}

static bool send_letter(struct rph_dead_letter_sink *sink, struct letter *letter)
{
	char key[KEY_SIZE];
	make_key(letter, key);
	struct rph_message message = {
		.topic = sink->topic,
		.key = rph_span_of(key),
		.value = rph_intake_value(letter->intake, letter->record),
		.headers = make_headers(letter),
	};
	if (rph_producer_put(sink->producer, &message, &letter->delivery))
		return true;
	if (message.headers)
		rd_kafka_headers_destroy(message.headers);
	return false;
}

/* Hands over what is to be sent; true when nothing is left to wait for. */
static bool send_all(struct rph_dead_letter_sink *sink)
{
	bool all = true;
	for (size_t i = 0; i < sink->count; i++) {
		struct letter *letter = &sink->letters[i];
		if (letter->done || letter->delivery.state == RPH_DELIVERY_REFUSED)
			continue;
		if (letter->delivery.state == RPH_DELIVERY_DONE) {
			letter->done = true;
			rph_metrics_add(sink->metrics, RPH_METRIC_dead_letters, 1);
			continue;
		}
		all = false;
		if (letter->delivery.state != RPH_DELIVERY_PENDING && !send_letter(sink, letter))
			return false;
	}
	return all;
}

static int renew_producer(struct rph_dead_letter_sink *sink)
{
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	sink->producer = rph_producer_free(sink->producer);
	/* Whatever was not acknowledged may have arrived or not; the key tells doubles. */
	for (size_t i = 0; i < sink->count; i++)
		if (sink->letters[i].delivery.state == RPH_DELIVERY_PENDING)
			sink->letters[i].delivery.state = RPH_DELIVERY_LOST;
	return rph_producer_new(sink->config, sink->credentials, sink->log, sink->metrics,
				&sink->producer, &problem);
}

static void complain(struct rph_dead_letter_sink *sink, bool stuck, const char *reason)
{
	if (!rph_readiness_set(sink->readiness, RPH_UNREADY_DEAD_LETTERS, stuck) || !stuck)
		return;
	rph_metrics_add(sink->metrics, RPH_METRIC_dead_letter_failures, 1);
	RPH_SAY(sink->log, dead_letters_stuck, RPH_TEXT("topic", sink->topic),
		RPH_TEXT("reason", reason));
}

static int send_and_wait(struct rph_dead_letter_sink *sink)
{
	int err = 0;
	for (unsigned waits = 0; !err && !send_all(sink); waits++) {
		if (atomic_load(sink->give_up))
			err = RPH_E_KAFKA;
		if (waits == COMPLAIN_AFTER_WAITS)
			complain(sink, true, "no acknowledgement");
		if (!err && rph_producer_is_broken(sink->producer))
			err = renew_producer(sink);
		if (!err)
			rph_producer_wait(sink->producer, WAIT_MS);
		if (sink->watchdog)
			rph_watchdog_alive(sink->watchdog);
	}
	for (size_t i = 0; !err && i < sink->count; i++)
		if (!sink->letters[i].done)
			RPH_SAY(sink->log, dead_letter_refused, RPH_TEXT("topic", sink->topic),
				RPH_TEXT("error",
					 rd_kafka_err2name(sink->letters[i].delivery.error)),
				RPH_TEXT("from", sink->letters[i].partition->topic),
				RPH_NUMBER("partition", sink->letters[i].partition->number),
				RPH_NUMBER("offset", sink->letters[i].record->offset));
	return err;
}

int rph_dead_letter_sink_flush(struct rph_dead_letter_sink *sink)
{
	if (!sink->count)
		return 0;
	int err = sink->topic ? send_and_wait(sink) : 0;
	if (!err)
		err = write_files(sink);
	complain(sink, err != 0, rph_strerror(err));
	return err;
}
