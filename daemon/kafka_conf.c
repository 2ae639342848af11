/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/kafka_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/error.h"

enum { SECRET_MAX = 65536, ERROR_SIZE = 512 };

struct setting {
	const char *name, *value;
};

static const struct setting common_settings[] = {
	{"socket.nagle.disable", "true"},     {"socket.keepalive.enable", "true"},
	{"broker.address.ttl", "30000"},      {"client.id", "rephrased"},
	{"reconnect.backoff.max.ms", "5000"},
};

static const struct setting consumer_settings[] = {
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"auto.offset.reset", "error"},
	{"isolation.level", "read_committed"},
	{"check.crcs", "true"},
	{"allow.auto.create.topics", "false"},
	{"enable.partition.eof", "true"},
	/* A partition with more in its queue is not fetched for a second, however soon the queue is empty
	 * (librdkafka before 2.2): too small a queue and mining waits most of the time. */
	{"queued.min.messages", "100000"},
	{"queued.max.messages.kbytes", "65536"},
	{"fetch.max.bytes", "8388608"},
	{"fetch.message.max.bytes", "1048576"},
	{"receive.message.max.bytes", "16777216"},
	{"fetch.wait.max.ms", "100"},
	{"fetch.error.backoff.ms", "200"},
};

static const struct setting producer_settings[] = {
	{"enable.idempotence", "true"},          {"linger.ms", "5"},
	{"compression.codec", "zstd"},           {"message.timeout.ms", "0"},
	{"queue.buffering.max.kbytes", "65536"},
};

static int set(rd_kafka_conf_t *conf, const char *key, const char *name, const char *value,
	       struct rph_buffer *problem)
{
	char why[ERROR_SIZE];
	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	/* The library's own sentence repeats the value, which may be a password. */
	bool known = strncmp(why, "No such", 7) != 0;
	rph_buffer_format(problem, "%s.%s: %s\n", key, name,
			  known ? "the Kafka client does not take this value"
				: "the Kafka client has no such property");
	return RPH_E_BAD_CONFIG;
}

static int set_all(rd_kafka_conf_t *conf, const struct setting *settings, size_t count,
		   struct rph_buffer *problem)
{
	int err = 0;
	for (size_t i = 0; !err && i < count; i++)
		err = set(conf, "kafka", settings[i].name, settings[i].value, problem);
	return err;
}

static int set_brokers(rd_kafka_conf_t *conf, const struct rph_config *config,
		       struct rph_buffer *problem)
{
	RPH_BUFFER_CLEANUP struct rph_buffer list = {0};
	if (!config->kafka.brokers.count) {
		rph_buffer_add_text(problem, "kafka.brokers: names no broker; add host:port\n");
		return RPH_E_BAD_CONFIG;
	}
	for (size_t i = 0; i < config->kafka.brokers.count; i++)
		rph_buffer_format(&list, "%s%s", i ? "," : "", config->kafka.brokers.items[i]);
	return list.error ? list.error
			  : set(conf, "kafka", "bootstrap.servers", list.text, problem);
}

static int read_secret(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t len = read(fd, text, SECRET_MAX - 1);
	int err = len < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	text[len] = '\0';
	return 0;
}

static int set_secret(rd_kafka_conf_t *conf, const struct rph_config_pair *pair,
		      const char *credentials, struct rph_buffer *problem)
{
	char *path = NULL, *text = malloc(SECRET_MAX);
	bool named = strchr(pair->value, '/') != NULL;
	int err = 0;
	if (!text || asprintf(&path, "%s%s%s", named || !credentials ? "" : credentials,
			      named || !credentials ? "" : "/", pair->value) < 0)
		err = RPH_E_NO_MEMORY;
	if (!err && !named && !credentials) {
		rph_buffer_format(
			problem,
			"kafka.secrets.%s: '%s' is a credential, but the service was given "
			"none; add LoadCredential= to the unit, or give a path\n",
			pair->name, pair->value);
		err = RPH_E_BAD_CONFIG;
	}
	if (!err && (err = read_secret(path, text)))
		rph_buffer_format(problem, "kafka.secrets.%s: %s: %s\n", pair->name, path,
				  rph_strerror(err));
	if (!err)
		err = set(conf, "kafka.secrets", pair->name, text, problem);
	if (text)
		explicit_bzero(text, SECRET_MAX);
	free(text);
	free(path);
	return err;
}

static int set_users(rd_kafka_conf_t *conf, const struct rph_config *config,
		     const char *credentials, struct rph_buffer *problem)
{
	int err = 0;
	const struct rph_config_map *given = &config->kafka.properties;
	for (size_t i = 0; !err && i < given->count; i++)
		err = set(conf, "kafka.properties", given->pairs[i].name, given->pairs[i].value,
			  problem);
	given = &config->kafka.secrets;
	for (size_t i = 0; !err && i < given->count; i++)
		err = set_secret(conf, &given->pairs[i], credentials, problem);
	return err;
}

int rph_kafka_conf_new(const struct rph_config *config, enum rph_kafka_role role,
		       const char *credentials, rd_kafka_conf_t **ret, struct rph_buffer *problem)
{
	bool consumer = role == RPH_KAFKA_CONSUMER;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int err = set_all(conf, common_settings, RPH_ARRAY_LEN(common_settings), problem);
	if (!err && consumer)
		err = set_all(conf, consumer_settings, RPH_ARRAY_LEN(consumer_settings), problem);
	if (!err && consumer)
		err = set(conf, "kafka", "group.id", config->kafka.group, problem);
	if (!err && !consumer)
		err = set_all(conf, producer_settings, RPH_ARRAY_LEN(producer_settings), problem);
	if (!err)
		err = set_brokers(conf, config, problem);
	if (!err)
		err = set_users(conf, config, credentials, problem);
	if (err) {
		rd_kafka_conf_destroy(conf);
		return err;
	}
	*ret = conf;
	return 0;
}

bool rph_partition_range_parse(const char *text, struct rph_partition_range *ret)
{
	const char *colon = strrchr(text, ':');
	int first = -1, last = -1, read = 0;
	if (!colon || colon == text)
		return false;
	/* %9d: no number of so few digits overflows. */
	if (sscanf(colon + 1, "%9d-%9d%n", &first, &last, &read) != 2 || colon[1 + read]) {
		read = 0;
		if (sscanf(colon + 1, "%9d%n", &first, &read) != 1 || colon[1 + read])
			return false;
		last = first;
	}
	if (first < 0 || last < first || colon[1] == '+' || colon[1] == ' ')
		return false;
	*ret = (struct rph_partition_range){{text, (size_t)(colon - text)}, first, last};
	return true;
}

/* ---- check -------------------------------------------------------------------------------------
 */

static void add_problem(const struct rph_config *config, struct rph_config_problems *problems,
			enum rph_config_key key, const char *sentence, const char *remedy)
{
	rph_config_problem_add(problems, config->places[key], rph_config_facts[key].path, sentence,
			       remedy);
}

static void check_partitions(const struct rph_config *config, struct rph_config_problems *problems)
{
	for (size_t i = 0; i < config->kafka.partitions.count; i++) {
		struct rph_partition_range range;
		bool known = false;
		if (!rph_partition_range_parse(config->kafka.partitions.items[i], &range)) {
			add_problem(config, problems, RPH_CONFIG_KEY_kafka_partitions,
				    "is not topic:number or topic:first-last", NULL);
			continue;
		}
		for (size_t j = 0; j < config->kafka.topics.count; j++)
			known |= rph_span_equal(rph_span_of(config->kafka.topics.items[j]),
						range.topic);
		if (!known)
			add_problem(config, problems, RPH_CONFIG_KEY_kafka_partitions,
				    "names a topic that kafka.topics does not", NULL);
	}
}

static void check_client(const struct rph_config *config, const char *credentials,
			 struct rph_config_problems *problems)
{
	RPH_BUFFER_CLEANUP struct rph_buffer sentence = {0};
	char why[ERROR_SIZE];
	rd_kafka_conf_t *conf;
	if (rph_kafka_conf_new(config, RPH_KAFKA_CONSUMER, credentials, &conf, &sentence)) {
		if (sentence.len && sentence.text[sentence.len - 1] == '\n')
			sentence.text[sentence.len - 1] = '\0';
		add_problem(config, problems, RPH_CONFIG_KEY_kafka_properties,
			    sentence.text ? sentence.text : "cannot be used", NULL);
		return;
	}
	rd_kafka_conf_set_log_cb(conf, NULL);
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (!client) {
		rd_kafka_conf_destroy(conf);
		add_problem(config, problems, RPH_CONFIG_KEY_kafka_properties, why, NULL);
		return;
	}
	rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void rph_kafka_conf_check(const struct rph_config *config, const char *credentials,
			  struct rph_config_problems *problems)
{
	static const char *const starts[] = {"beginning", "end", "fail"};
	bool known = false;
	for (size_t i = 0; i < RPH_ARRAY_LEN(starts); i++)
		known |= strcmp(config->kafka.start, starts[i]) == 0;
	if (!known)
		add_problem(config, problems, RPH_CONFIG_KEY_kafka_start,
			    "is none of beginning, end, fail", NULL);
	if (!config->kafka.brokers.count && !config->kafka.topics.count)
		return;
	check_partitions(config, problems);
	if (!config->kafka.topics.count)
		add_problem(config, problems, RPH_CONFIG_KEY_kafka_topics,
			    "there are brokers, but no topic to read", "name at least one");
	if (!config->kafka.brokers.count)
		add_problem(config, problems, RPH_CONFIG_KEY_kafka_brokers,
			    "there are topics, but no broker to ask", "add host:port");
	else
		check_client(config, credentials, problems);
}
