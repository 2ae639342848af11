/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/announce.h"

#include <stdlib.h>

#include "schemas/error.h"

enum { SEND_MS = 20000 };

static int make_producer(struct rph_announcer *announcer, struct rph_buffer *problem)
{
	if (announcer->producer)
		return 0;
	return rph_producer_new(announcer->config, getenv("CREDENTIALS_DIRECTORY"), announcer->log,
				announcer->metrics, &announcer->producer, problem);
}

int rph_announce(void *context, const struct rph_cloud_event *event,
		 char sentence[static RPH_TRIGGER_SENTENCE])
{
	struct rph_announcer *announcer = context;
	struct rph_buffer problem = rph_buffer_fixed(sentence, RPH_TRIGGER_SENTENCE);
	struct rph_delivery delivery = {.state = RPH_DELIVERY_NEW};
	struct rph_message message = {
		.topic = announcer->config->trigger.topic,
		.key = rph_span_of(event->id),
		.value = rph_span_of(event->json),
		.headers = rd_kafka_headers_new(1),
	};
	int err = make_producer(announcer, &problem);
	if (message.headers)
		rd_kafka_header_add(message.headers, "content-type", -1, RPH_CLOUD_EVENT_MEDIA, -1);
	if (!err && rph_producer_put(announcer->producer, &message, &delivery))
		rph_producer_wait(announcer->producer, SEND_MS);
	if (message.headers)
		rd_kafka_headers_destroy(message.headers);
	if (delivery.state == RPH_DELIVERY_DONE)
		return 0;
	/* A message that is still pending must not outlive the delivery it reports to. */
	announcer->producer = rph_producer_free(announcer->producer);
	if (!problem.len)
		rph_buffer_add_text(&problem, delivery.error ? rd_kafka_err2str(delivery.error)
							     : "no acknowledgement in time");
	return err ? err : RPH_E_KAFKA;
}
