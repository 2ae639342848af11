/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "daemon/service_private.h"
#include "schemas/error.h"

enum { TEND_EVERY_MS = 5000, TOPICS_EVERY_MS = 30000, GONE_AFTER = 3, GONE_EVERY_MS = 5000 };

/* ---- the job --------------------------------------------------------------------------------- */

static int check_owner(struct rph_service *service)
{
	struct rph_tend *tend = &service->tend;
	int err = rph_consumer_committed(service->consumer, tend->positions, tend->count,
					 tend->committed, &tend->problem);
	for (size_t i = 0; !err && i < tend->count; i++) {
		struct rph_owner owner = {{0}, {0}, 0};
		enum rph_claim claim = rph_claim_of(&service->self, tend->committed[i].offset,
						    rph_span_of(tend->committed[i].metadata),
						    tend->positions[i].offset, &owner);
		if (claim == RPH_CLAIM_FREE || claim == RPH_CLAIM_OURS)
			continue;
		rph_buffer_free(&tend->problem);
		rph_claim_sentence(claim, service->original->kafka.group, &service->self, &owner,
				   &tend->problem);
		err = RPH_E_FENCED;
	}
	return err;
}

static void count_topics(struct rph_service *service)
{
	struct rph_tend *tend = &service->tend;
	const struct rph_config_list *topics = &service->original->kafka.topics;
	for (size_t i = 0; i < topics->count; i++) {
		RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
		int32_t count = 0;
		int err = rph_consumer_count(service->consumer, topics->items[i], &count, &problem);
		if (err == RPH_E_NOT_FOUND) {
			tend->gone = true;
			tend->topic = topics->items[i];
		} else if (!err && !service->original->kafka.partitions.count &&
			   count > rph_partition_table_of_topic(&service->table,
								topics->items[i])) {
			tend->grown = true;
		}
	}
}

/* worker */
static void on_tend(uv_work_t *work)
{
	struct rph_service *service = work->data;
	struct rph_tend *tend = &service->tend;
	if (tend->count_topics)
		count_topics(service);
	/* The group is looked at before every commit: a service that slept while another one took
	 * over must not put its name back. */
	if (tend->check_owner && tend->count)
		tend->owner_error = check_owner(service);
	if (!tend->owner_error && tend->count)
		tend->commit_error =
			rph_consumer_commit(service->consumer, tend->positions, tend->count,
					    service->owner_text, &tend->problem);
}

/* ---- before and after ------------------------------------------------------------------------ */

static void free_tend(struct rph_tend *tend)
{
	free(tend->positions);
	free(tend->indexes);
	free(tend->committed);
	rph_buffer_free(&tend->problem);
	*tend = (struct rph_tend){0};
}

static void topic_gone(struct rph_service *service)
{
	RPH_BUFFER_CLEANUP struct rph_buffer sentence = {0};
	struct rph_service_options *options = &service->options;
	const char *topic = service->tend.topic;
	rph_readiness_set(options->readiness, RPH_UNREADY_TOPIC_GONE, true);
	RPH_SAY(options->log, topic_gone, RPH_TEXT("topic", topic));
	service->topics_not_before = rph_service_now(service) + GONE_EVERY_MS;
	if (++service->gone_count < GONE_AFTER)
		return;
	rph_buffer_format(
		&sentence,
		"topic %s is not there any more; make it again and start with --accept-gap, "
		"or correct kafka.topics",
		topic);
	rph_service_fail(service, RPH_E_BAD_CONFIG, sentence.text);
}

static void commit_done(struct rph_service *service)
{
	struct rph_service_options *options = &service->options;
	struct rph_tend *tend = &service->tend;
	int err = tend->owner_error ? tend->owner_error : tend->commit_error;
	if (!tend->count)
		return;
	rph_metrics_add(options->metrics,
			err ? RPH_METRIC_offset_commit_failures : RPH_METRIC_offset_commits, 1);
	if (err)
		RPH_SAY(options->log, offset_commit_failed,
			RPH_TEXT("group", service->original->kafka.group),
			RPH_TEXT("error", tend->problem.text));
	for (size_t i = 0; !err && i < tend->count; i++)
		service->table.items[tend->indexes[i]]->told = tend->positions[i].offset;
}

static void on_tended(uv_work_t *work, int status)
{
	struct rph_service *service = work->data;
	struct rph_tend *tend = &service->tend;
	(void)status;
	service->tending = false;
	bool fenced = tend->owner_error == RPH_E_FENCED;
	if (fenced)
		rph_service_fail(service, RPH_E_FENCED, tend->problem.text);
	else
		commit_done(service);
	if (tend->gone) {
		topic_gone(service);
	} else if (tend->count_topics) {
		service->gone_count = 0;
		rph_readiness_set(service->options.readiness, RPH_UNREADY_TOPIC_GONE, false);
	}
	if (tend->grown)
		service->grow_wanted = true;
	free_tend(tend);
	rph_service_next(service);
}

/* What Kafka has not been told yet; everything the first time, which claims the group. */
static int collect(struct rph_service *service)
{
	struct rph_tend *tend = &service->tend;
	uint32_t count = service->table.count;
	tend->positions = calloc((size_t)count + 1, sizeof(*tend->positions));
	tend->indexes = calloc((size_t)count + 1, sizeof(*tend->indexes));
	tend->committed = calloc((size_t)count + 1, sizeof(*tend->committed));
	if (!tend->positions || !tend->indexes || !tend->committed)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		const struct rph_partition *partition = service->table.items[i];
		if (partition->told == partition->committed)
			continue;
		tend->indexes[tend->count] = i;
		tend->positions[tend->count++] = (struct rph_position){
			partition->topic, partition->number, partition->committed};
	}
	return 0;
}

/* With nothing to tell, one partition is told again: so the owner is looked at even when it is
 * quiet. */
static void collect_one(struct rph_service *service)
{
	const struct rph_partition *partition = service->table.items[0];
	service->tend.positions[0] =
		(struct rph_position){partition->topic, partition->number, partition->committed};
	service->tend.count = 1;
}

void rph_service_tend(struct rph_service *service, bool final)
{
	uint64_t now = rph_service_now(service);
	struct rph_tend *tend = &service->tend;
	bool first = service->table.count && service->table.items[0]->told < 0;
	RPH_ASSERT(!service->tending);
	service->tend_not_before = now + TEND_EVERY_MS;
	*tend = (struct rph_tend){.check_owner = !(first && service->options.take_over)};
	if (collect(service)) {
		free_tend(tend);
		return;
	}
	if (!tend->count && service->table.count && !final)
		collect_one(service);
	if (!final && now >= service->topics_not_before) {
		tend->count_topics = true;
		service->topics_not_before = now + TOPICS_EVERY_MS;
	}
	if (!tend->count && !tend->count_topics) {
		free_tend(tend);
		return;
	}
	service->tending = true;
	uv_queue_work(service->options.loop, &service->tend_work, on_tend, on_tended);
}
