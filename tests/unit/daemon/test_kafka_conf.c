/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/kafka_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "schemas/error.h"

static struct rph_config *parse(const char *yaml)
{
	struct rph_config *config = NULL;
	struct rph_config_problems problems = {.count = 0};
	assert_int_equal(rph_config_parse(rph_span_of(yaml), &config, &problems), 0);
	rph_config_problems_free(&problems);
	return config;
}

static void assert_setting(rd_kafka_conf_t *conf, const char *name, const char *wanted)
{
	char value[256];
	size_t size = sizeof(value);
	assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
	assert_string_equal(value, wanted);
}

static void ranges_of_partitions_are_read(void **state)
{
	(void)state;
	struct rph_partition_range range;
	assert_true(rph_partition_range_parse("turns:3", &range));
	assert_true(rph_span_equal(range.topic, RPH_SPAN("turns")));
	assert_int_equal(range.first, 3);
	assert_int_equal(range.last, 3);
	assert_true(rph_partition_range_parse("a:b:0-11", &range));
	assert_true(rph_span_equal(range.topic, RPH_SPAN("a:b")));
	assert_int_equal(range.first, 0);
	assert_int_equal(range.last, 11);
	static const char *const wrong[] = {"",         "turns",    "turns:",     ":3",
					    "turns:x",  "turns:-1", "turns:3-",   "turns:3-1",
					    "turns:1x", "turns: 1", "turns:1-2x", "turns:+1"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(wrong); i++)
		assert_false(rph_partition_range_parse(wrong[i], &range));
}

static void the_consumer_skips_nothing_and_commits_nothing_by_itself(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	struct rph_config *config = parse("kafka:\n  brokers: [a:1, b:2]\n  group: mine\n"
					  "  properties: {fetch.wait.max.ms: \"77\"}\n");
	rd_kafka_conf_t *conf = NULL;
	assert_int_equal(rph_kafka_conf_new(config, RPH_KAFKA_CONSUMER, NULL, &conf, &problem), 0);
	assert_setting(conf, "bootstrap.servers", "a:1,b:2");
	assert_setting(conf, "group.id", "mine");
	assert_setting(conf, "enable.auto.commit", "false");
	assert_setting(conf, "auto.offset.reset", "error");
	assert_setting(conf, "isolation.level", "read_committed");
	assert_setting(conf, "fetch.wait.max.ms", "77");
	rd_kafka_conf_destroy(conf);
	rph_config_free(config);
}

static void a_wrong_value_is_named_but_not_told(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	rd_kafka_conf_t *conf = NULL;
	struct rph_config *config =
		parse("kafka:\n  brokers: [a:1]\n  properties: {fetch.wait.max.ms: hush}\n");
	assert_int_equal(rph_kafka_conf_new(config, RPH_KAFKA_CONSUMER, NULL, &conf, &problem),
			 RPH_E_BAD_CONFIG);
	assert_non_null(strstr(problem.text, "kafka.properties.fetch.wait.max.ms"));
	assert_null(strstr(problem.text, "hush"));
	rph_config_free(config);
}

static void secrets_come_from_files_and_credentials(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	char dir[] = "/tmp/rephrased-credentials-XXXXXX", path[64];
	rd_kafka_conf_t *conf = NULL;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/broker-password", dir);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "open sesame\n", 12), 12);
	close(fd);
	struct rph_config *config = parse("kafka:\n  brokers: [a:1]\n"
					  "  secrets: {sasl.password: broker-password}\n");
	assert_int_equal(rph_kafka_conf_new(config, RPH_KAFKA_CONSUMER, NULL, &conf, &problem),
			 RPH_E_BAD_CONFIG);
	assert_non_null(strstr(problem.text, "LoadCredential"));
	assert_int_equal(rph_kafka_conf_new(config, RPH_KAFKA_CONSUMER, dir, &conf, &problem), 0);
	assert_setting(conf, "sasl.password", "open sesame");
	rd_kafka_conf_destroy(conf);
	unlink(path);
	assert_int_equal(rph_kafka_conf_new(config, RPH_KAFKA_PRODUCER, dir, &conf, &problem),
			 -ENOENT);
	assert_null(strstr(problem.text, "sesame"));
	rph_config_free(config);
	assert_int_equal(rmdir(dir), 0);
}

static size_t problems_of(const char *yaml, const char *key)
{
	struct rph_config *config = parse(yaml);
	struct rph_config_problems problems = {.count = 0};
	size_t found = 0;
	rph_kafka_conf_check(config, NULL, &problems);
	for (size_t i = 0; i < problems.count; i++)
		found += strcmp(problems.items[i].key, key) == 0;
	assert_int_equal(found, problems.count);
	rph_config_problems_free(&problems);
	rph_config_free(config);
	return found;
}

static void check_finds_what_run_would(void **state)
{
	(void)state;
	assert_int_equal(problems_of("", "kafka.topics"), 0);
	assert_int_equal(problems_of("kafka: {brokers: [a:1], topics: [turns]}\n", ""), 0);
	assert_int_equal(problems_of("kafka: {brokers: [a:1]}\n", "kafka.topics"), 1);
	assert_int_equal(problems_of("kafka: {topics: [turns]}\n", "kafka.brokers"), 1);
	assert_int_equal(problems_of("kafka: {start: middle}\n", "kafka.start"), 1);
	assert_int_equal(problems_of("kafka: {brokers: [a:1], topics: [turns], partitions: "
				     "[\"turns:x\", \"other:1\"]}\n",
				     "kafka.partitions"),
			 2);
	assert_int_equal(problems_of("kafka: {brokers: [a:1], topics: [turns], properties: "
				     "{no.such.thing: \"1\"}}\n",
				     "kafka.properties"),
			 1);
	assert_int_equal(problems_of("kafka: {brokers: [a:1], topics: [turns], properties: "
				     "{security.protocol: ssl, ssl.ca.location: /no/such/file}}\n",
				     "kafka.properties"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_of_partitions_are_read),
		cmocka_unit_test(the_consumer_skips_nothing_and_commits_nothing_by_itself),
		cmocka_unit_test(a_wrong_value_is_named_but_not_told),
		cmocka_unit_test(secrets_come_from_files_and_credentials),
		cmocka_unit_test(check_finds_what_run_would),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
