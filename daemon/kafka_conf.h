/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_conf.h - from the configuration to librdkafka's: our settings, then kafka.properties as
 * they are, then kafka.secrets read from their files.
 *
 * What the service is responsible for itself (offsets, commits, ends of partitions) cannot be
 * overridden; rph_config_check() refuses such properties before we get here.
 */
#ifndef RPH_DAEMON_KAFKA_CONF_H
#define RPH_DAEMON_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include "schemas/config.h"

enum rph_kafka_role { RPH_KAFKA_CONSUMER, RPH_KAFKA_PRODUCER };

/* `credentials`: $CREDENTIALS_DIRECTORY or NULL. On RPH_E_BAD_CONFIG `problem` gets a sentence with
 * the key at fault, and -errno one with the file; the value is never said. Owner of *ret: the
 * caller, until rd_kafka_new() succeeds with it. */
int rph_kafka_conf_new(const struct rph_config *config, enum rph_kafka_role role,
		       const char *credentials, rd_kafka_conf_t **ret,
		       struct rph_buffer *problem) RPH_MUST_CHECK;

/* For `check`: everything about section kafka that would keep `run` from starting, brokers aside.
 * Makes a client and throws it away: certificates are read, nobody is asked. */
void rph_kafka_conf_check(const struct rph_config *config, const char *credentials,
			  struct rph_config_problems *problems);

/* One item of kafka.partitions, "topic:number" or "topic:first-last"; the topic borrows. */
struct rph_partition_range {
	struct rph_span topic;
	int32_t first, last;
};
bool rph_partition_range_parse(const char *text, struct rph_partition_range *ret) RPH_MUST_CHECK;

#endif
