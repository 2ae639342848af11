/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_tool.c - the other side of the broker for the tests and scripts/kafka: topics, records to
 * explicit partitions, what lies in a topic, what a group committed.
 *
 * A record's timestamp is the event's own "ts" where the line has one in milliseconds: as if it had
 * been produced when it happened. Every produced record is acknowledged before the tool ends with
 * 0.
 */
#include <errno.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 15000
#define FILES_MAX 256

static rd_kafka_conf_t *properties;
static char text[512];

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "kafka_tool: %s: %s\n", what, why);
	exit(1);
}

static void check(const char *what, rd_kafka_resp_err_t error)
{
	if (error)
		fail(what, rd_kafka_err2str(error));
}

static void check_error(const char *what, rd_kafka_error_t *error)
{
	if (error)
		fail(what, rd_kafka_error_string(error));
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) != RD_KAFKA_CONF_OK)
		fail(name, text);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *bootstrap, rd_kafka_conf_t *conf)
{
	set(conf, "bootstrap.servers", bootstrap);
	set(conf, "log_level", "3");
	rd_kafka_t *kafka = rd_kafka_new(type, conf, text, sizeof(text));
	if (!kafka)
		fail("client", text);
	return kafka;
}

static rd_kafka_t *consumer(const char *bootstrap, const char *group)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(properties);
	set(conf, "group.id", group);
	set(conf, "enable.auto.commit", "false");
	set(conf, "auto.offset.reset", "error");
	set(conf, "isolation.level", "read_committed");
	set(conf, "enable.partition.eof", "true");
	set(conf, "fetch.wait.max.ms", "10");
	return client(RD_KAFKA_CONSUMER, bootstrap, conf);
}

static rd_kafka_t *plain(const char *bootstrap)
{
	return client(RD_KAFKA_PRODUCER, bootstrap, rd_kafka_conf_dup(properties));
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int number(const char *digits)
{
	char *end;
	long value = strtol(digits, &end, 10);
	if (!*digits || *end || value < 0 || value > 1000000000)
		fail(digits, "no number");
	return (int)value;
}

/* ---- topics ---------------------------------------------------------------------------------- */

static const struct rd_kafka_metadata *metadata_of(rd_kafka_t *kafka, const char *topic)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *handle = topic ? rd_kafka_topic_new(kafka, topic, NULL) : NULL;
	check("metadata", rd_kafka_metadata(kafka, !topic, handle, &metadata, TIMEOUT_MS));
	if (handle)
		rd_kafka_topic_destroy(handle);
	return metadata;
}

static int partitions_of(rd_kafka_t *kafka, const char *topic)
{
	const struct rd_kafka_metadata *metadata = metadata_of(kafka, topic);
	check(topic, metadata->topics[0].err);
	int count = metadata->topics[0].partition_cnt;
	rd_kafka_metadata_destroy(metadata);
	return count;
}

static int brokers(char **words)
{
	rd_kafka_t *kafka = plain(words[0]);
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t error = rd_kafka_metadata(kafka, 1, NULL, &metadata, 1000);
	bool answers = !error && metadata->broker_cnt > 0;
	if (!error)
		rd_kafka_metadata_destroy(metadata);
	rd_kafka_destroy(kafka);
	return !answers;
}

/* A topic just made, or a broker just started, needs a moment to have leaders. */
static void query_range(rd_kafka_t *kafka, const char *topic, int partition, int64_t *ret_first,
			int64_t *ret_end)
{
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	for (int tries = 0; error && tries < 50; tries++) {
		if (tries)
			nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
		error = rd_kafka_query_watermark_offsets(kafka, topic, partition, ret_first,
							 ret_end, TIMEOUT_MS);
	}
	check(topic, error);
}

static int topics(char **words)
{
	rd_kafka_t *kafka = plain(words[0]);
	const struct rd_kafka_metadata *metadata = metadata_of(kafka, NULL);
	for (int i = 0; i < metadata->topic_cnt; i++) {
		const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
		for (int j = 0; j < topic->partition_cnt; j++) {
			int64_t first, end;
			query_range(kafka, topic->topic, j, &first, &end);
			printf("%s\t%d\t%" PRId64 "\t%" PRId64 "\n", topic->topic, j, first, end);
		}
	}
	rd_kafka_metadata_destroy(metadata);
	rd_kafka_destroy(kafka);
	return 0;
}

/* Waits for the answer to an administrative request and frees the queue. */
static rd_kafka_event_t *answer(rd_kafka_queue_t *queue, const char *what)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * TIMEOUT_MS);
	if (!event)
		fail(what, "no answer");
	if (rd_kafka_event_error(event))
		fail(what, rd_kafka_event_error_string(event));
	rd_kafka_queue_destroy(queue);
	return event;
}

static void check_topics(const rd_kafka_topic_result_t **results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rd_kafka_topic_result_error(results[i]))
			fail(rd_kafka_topic_result_name(results[i]),
			     rd_kafka_err2str(rd_kafka_topic_result_error(results[i])));
}

/* The broker says "created" before every partition has a leader. */
static void await_leaders(rd_kafka_t *kafka, const char *topic, int partitions)
{
	for (double end = now() + 30; now() < end;) {
		const struct rd_kafka_metadata *metadata = metadata_of(kafka, topic);
		const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
		bool ready = !found->err && found->partition_cnt == partitions;
		for (int i = 0; ready && i < partitions; i++)
			ready = !found->partitions[i].err && found->partitions[i].leader >= 0;
		rd_kafka_metadata_destroy(metadata);
		if (ready)
			return;
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
	fail(topic, "has no leaders");
}

static int create(char **words)
{
	rd_kafka_t *kafka = plain(words[0]);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
	rd_kafka_NewTopic_t *topic =
		rd_kafka_NewTopic_new(words[1], number(words[2]), 1, text, sizeof(text));
	if (!topic)
		fail(words[1], text);
	for (char **word = words + 3; *word; word++) {
		char *value = strchr(*word, '=');
		if (!value)
			fail(*word, "is no CONFIG=VALUE");
		*value = '\0';
		check(*word, rd_kafka_NewTopic_set_config(topic, *word, value + 1));
	}
	rd_kafka_CreateTopics(kafka, &topic, 1, NULL, queue);
	rd_kafka_event_t *event = answer(queue, "create");
	size_t count;
	const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(
		rd_kafka_event_CreateTopics_result(event), &count);
	check_topics(results, count);
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(topic);
	await_leaders(kafka, words[1], number(words[2]));
	rd_kafka_destroy(kafka);
	return 0;
}

static int delete (char **words)
{
	rd_kafka_t *kafka = plain(words[0]);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(words[1]);
	rd_kafka_DeleteTopics(kafka, &topic, 1, NULL, queue);
	rd_kafka_event_t *event = answer(queue, "delete");
	size_t count;
	const rd_kafka_topic_result_t **results = rd_kafka_DeleteTopics_result_topics(
		rd_kafka_event_DeleteTopics_result(event), &count);
	check_topics(results, count);
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy(topic);
	rd_kafka_destroy(kafka);
	return 0;
}

static int grow(char **words)
{
	rd_kafka_t *kafka = plain(words[0]);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
	rd_kafka_NewPartitions_t *more =
		rd_kafka_NewPartitions_new(words[1], (size_t)number(words[2]), text, sizeof(text));
	if (!more)
		fail(words[1], text);
	rd_kafka_CreatePartitions(kafka, &more, 1, NULL, queue);
	rd_kafka_event_t *event = answer(queue, "grow");
	size_t count;
	const rd_kafka_topic_result_t **results = rd_kafka_CreatePartitions_result_topics(
		rd_kafka_event_CreatePartitions_result(event), &count);
	check_topics(results, count);
	rd_kafka_event_destroy(event);
	rd_kafka_NewPartitions_destroy(more);
	await_leaders(kafka, words[1], number(words[2]));
	rd_kafka_destroy(kafka);
	return 0;
}

static int truncate_partition(char **words)
{
	rd_kafka_t *kafka = plain(words[0]);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, words[1], number(words[2]))->offset =
		number(words[3]);
	rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
	rd_kafka_DeleteRecords(kafka, &request, 1, NULL, queue);
	rd_kafka_event_t *event = answer(queue, "truncate");
	const rd_kafka_topic_partition_list_t *done =
		rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
	for (int i = 0; i < done->cnt; i++) {
		check(words[1], done->elems[i].err);
		printf("%d\t%" PRId64 "\n", done->elems[i].partition, done->elems[i].offset);
	}
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteRecords_destroy(request);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(kafka);
	return 0;
}

/* ---- records in ------------------------------------------------------------------------------ */

static uint64_t sent, acknowledged;

static void on_report(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *context)
{
	(void)kafka;
	(void)context;
	check("a record was not acknowledged", message->err);
	acknowledged++;
}

static int64_t time_of(const char *line)
{
	const char *found = strstr(line, "\"ts\":");
	int64_t ts = found ? strtoll(found + 5, NULL, 10) : 0;
	return ts > 100000000000 && ts < 100000000000000 ? ts : 0;
}

static void send_line(rd_kafka_t *kafka, const char *topic, int partition, char *line, size_t len)
{
	for (;;) {
		rd_kafka_resp_err_t error = rd_kafka_producev(
			kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_TIMESTAMP(time_of(line)), RD_KAFKA_V_VALUE(line, len),
			RD_KAFKA_V_END);
		if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
			check("produce", error);
			sent++;
			return;
		}
		rd_kafka_poll(kafka, 100);
	}
}

struct lines {
	FILE *file;
	char *line;
	size_t room;
};

/* The next line of one file to its partition; false at the end. */
static bool send_next(rd_kafka_t *kafka, const char *topic, int partition, struct lines *lines)
{
	ssize_t len = lines->file ? getline(&lines->line, &lines->room, lines->file) : -1;
	if (len < 0) {
		if (lines->file)
			fclose(lines->file);
		lines->file = NULL;
		return false;
	}
	if (len > 0 && lines->line[len - 1] == '\n')
		lines->line[--len] = '\0';
	send_line(kafka, topic, partition, lines->line, (size_t)len);
	return true;
}

/* The files in turns, a line each, so that all partitions advance together. */
static void send_files(rd_kafka_t *kafka, const char *topic, int first, int rate, char **paths)
{
	struct lines files[FILES_MAX] = {0};
	int count = 0;
	for (; paths[count]; count++) {
		if (count == FILES_MAX)
			fail(paths[count], "is one file too many");
		files[count].file = fopen(paths[count], "rb");
		if (!files[count].file)
			fail(paths[count], strerror(errno));
	}
	double started = now();
	for (bool more = true; more;) {
		more = false;
		for (int i = 0; i < count; i++)
			more |= send_next(kafka, topic, first + i, &files[i]);
		while (rate && (double)sent > (now() - started) * rate)
			rd_kafka_poll(kafka, 5);
		rd_kafka_poll(kafka, 0);
	}
	for (int i = 0; i < count; i++)
		free(files[i].line);
}

static rd_kafka_t *producer(const char *bootstrap, const char *transaction)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(properties);
	set(conf, "enable.idempotence", "true");
	set(conf, "linger.ms", "5");
	set(conf, "message.max.bytes", "16000000");
	if (transaction)
		set(conf, "transactional.id", transaction);
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	return client(RD_KAFKA_PRODUCER, bootstrap, conf);
}

static int produce(char **words)
{
	rd_kafka_t *kafka = producer(words[0], NULL);
	send_files(kafka, words[1], number(words[2]), number(words[3]), words + 4);
	check("flush", rd_kafka_flush(kafka, 120000));
	rd_kafka_destroy(kafka);
	printf("%" PRIu64 "\n", acknowledged);
	return acknowledged != sent;
}

static int abort_transaction(char **words)
{
	rd_kafka_t *kafka = producer(words[0], "rephrased-test");
	check_error("init", rd_kafka_init_transactions(kafka, TIMEOUT_MS));
	check_error("begin", rd_kafka_begin_transaction(kafka));
	send_files(kafka, words[1], number(words[2]), 0, words + 3);
	check("flush", rd_kafka_flush(kafka, 60000));
	check_error("abort", rd_kafka_abort_transaction(kafka, TIMEOUT_MS));
	rd_kafka_destroy(kafka);
	printf("%" PRIu64 "\n", acknowledged);
	return 0;
}

/* ---- records out ----------------------------------------------------------------------------- */

static void print_hex(const void *bytes, size_t len)
{
	if (!bytes) {
		fputs("null", stdout);
		return;
	}
	putchar('"');
	for (size_t i = 0; i < len; i++)
		printf("%02x", ((const unsigned char *)bytes)[i]);
	putchar('"');
}

static void print_record(const rd_kafka_message_t *message)
{
	printf("{\"partition\":%d,\"offset\":%" PRId64 ",\"key\":", message->partition,
	       message->offset);
	print_hex(message->key, message->key_len);
	fputs(",\"value\":", stdout);
	print_hex(message->payload, message->len);
	fputs(",\"headers\":[", stdout);
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t len;
	if (rd_kafka_message_headers(message, &headers) == 0)
		for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &len) == 0;
		     i++) {
			fputs(i ? ",[" : "[", stdout);
			print_hex(name, strlen(name));
			putchar(',');
			print_hex(value, len);
			putchar(']');
		}
	fputs("]}\n", stdout);
}

/* Reads every partition of the topic to the end it has now. */
static uint64_t read_topic(rd_kafka_t *kafka, const char *topic,
			   void (*visit)(const rd_kafka_message_t *))
{
	int partitions = partitions_of(kafka, topic), left = partitions;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
	for (int i = 0; i < partitions; i++)
		rd_kafka_topic_partition_list_add(list, topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	check(topic, rd_kafka_poll_set_consumer(kafka));
	check(topic, rd_kafka_assign(kafka, list));
	uint64_t count = 0;
	for (double last = now(); left > 0;) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, 100);
		if (!message && now() - last > 60)
			fail(topic, "no record for a minute");
		if (!message)
			continue;
		last = now();
		if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
			left--;
		} else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
			count++;
			if (visit)
				visit(message);
		} else {
			fail(topic, rd_kafka_message_errstr(message));
		}
		rd_kafka_message_destroy(message);
	}
	check(topic, rd_kafka_assign(kafka, NULL));
	rd_kafka_topic_partition_list_destroy(list);
	return count;
}

static int dump(char **words)
{
	rd_kafka_t *kafka = consumer(words[0], "kafka_tool");
	read_topic(kafka, words[1], print_record);
	rd_kafka_destroy(kafka);
	return 0;
}

static int count_records(char **words)
{
	rd_kafka_t *kafka = consumer(words[0], "kafka_tool");
	double started = now();
	uint64_t count = read_topic(kafka, words[1], NULL);
	printf("%.3f\t%" PRIu64 "\n", now() - started, count);
	rd_kafka_destroy(kafka);
	return 0;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static int committed(char **words)
{
	rd_kafka_t *kafka = consumer(words[0], words[1]);
	int partitions = partitions_of(kafka, words[2]);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
	rd_kafka_topic_partition_list_add_range(list, words[2], 0, partitions - 1);
	check(words[1], rd_kafka_committed(kafka, list, TIMEOUT_MS));
	for (int i = 0; i < list->cnt; i++) {
		rd_kafka_topic_partition_t *found = &list->elems[i];
		check(words[2], found->err);
		if (found->offset >= 0)
			printf("%d\t%" PRId64 "\t%.*s\n", found->partition, found->offset,
			       (int)found->metadata_size, (const char *)found->metadata);
	}
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(kafka);
	return 0;
}

static int commit(char **words)
{
	rd_kafka_t *kafka = consumer(words[0], words[1]);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *element =
		rd_kafka_topic_partition_list_add(list, words[2], number(words[3]));
	element->offset = number(words[4]);
	element->metadata = strdup(words[5]);
	element->metadata_size = strlen(words[5]);
	check(words[1], rd_kafka_commit(kafka, list, 0));
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(kafka);
	return 0;
}

/* ---- the command line ------------------------------------------------------------------------ */

static const struct command {
	const char *name;
	int (*run)(char **words);
	int words; /* at least */
	const char *arguments, *help;
} commands[] = {
	{"brokers", brokers, 1, "", "0 when the broker answers"},
	{"topics", topics, 1, "", "topic, partition, first offset, end offset"},
	{"create", create, 3, "TOPIC PARTITIONS [CONFIG=VALUE]...",
	 "a topic whose leaders are there"},
	{"delete", delete, 2, "TOPIC", "the topic"},
	{"grow", grow, 3, "TOPIC PARTITIONS", "more partitions, so many in all"},
	{"truncate", truncate_partition, 4, "TOPIC PARTITION OFFSET",
	 "deletes records before OFFSET"},
	{"produce", produce, 5, "TOPIC FIRST RATE FILE...",
	 "a record a line; file i to partition FIRST + i; RATE a second in all, 0: no limit"},
	{"abort", abort_transaction, 4, "TOPIC PARTITION FILE",
	 "produces in a transaction that is aborted"},
	{"dump", dump, 2, "TOPIC",
	 "a JSON object for every committed record: partition, offset, key, value, headers; bytes "
	 "in hex"},
	{"count", count_records, 2, "TOPIC", "a bare consumer that only counts: seconds, records"},
	{"committed", committed, 3, "GROUP TOPIC", "partition, offset, metadata"},
	{"commit", commit, 6, "GROUP TOPIC PARTITION OFFSET METADATA", "in the group's name"},
};

static void print_usage(void)
{
	fputs("kafka_tool [-X PROPERTY=VALUE]... COMMAND BOOTSTRAP ...\n", stderr);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, "  %s BOOTSTRAP %s\n\t%s\n", commands[i].name,
			commands[i].arguments, commands[i].help);
	exit(64);
}

int main(int argc, char **argv)
{
	properties = rd_kafka_conf_new();
	int next = 1;
	for (; next + 1 < argc && strcmp(argv[next], "-X") == 0; next += 2) {
		char *value = strchr(argv[next + 1], '=');
		if (!value)
			fail(argv[next + 1], "is no PROPERTY=VALUE");
		*value = '\0';
		set(properties, argv[next + 1], value + 1);
	}
	for (size_t i = 0; next < argc && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[next], commands[i].name) != 0)
			continue;
		if (argc - next - 1 < commands[i].words)
			print_usage();
		int code = commands[i].run(argv + next + 1);
		rd_kafka_conf_destroy(properties);
		return code;
	}
	print_usage();
}
