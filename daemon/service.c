/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/service.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "daemon/service_private.h"
#include "miner/settings.h"
#include "schemas/error.h"

enum { TICK_MS = 1000, CLOSE_MS = 5000, STORE_EVERY_TICKS = 10 };

uint64_t rph_service_now(const struct rph_service *service)
{
	return uv_now(service->options.loop);
}

uint64_t rph_backoff_next(struct rph_backoff *backoff, uint64_t limit_ms)
{
	uint64_t wait = backoff->wait_ms ? 2 * backoff->wait_ms : 1000;
	backoff->wait_ms = wait < limit_ms ? wait : limit_ms;
	return backoff->wait_ms;
}

/* ---- making ---------------------------------------------------------------------------------- */

static int find_identity(struct rph_service *service)
{
	uint64_t fresh = 0, identity;
	while (!fresh)
		if (getrandom(&fresh, sizeof(fresh), 0) != sizeof(fresh))
			return RPH_E_IO;
	int err = rph_store_identity(service->options.deployment->store, fresh, &identity);
	if (err)
		return err;
	rph_owner_here(identity, &service->self);
	rph_owner_write(&service->self, service->owner_text);
	return rph_owner_note_write(service->options.store_dir, &service->self);
}

static int open_quarantine(struct rph_service *service)
{
	struct rph_quarantine_report report;
	struct rph_log *log = service->options.log;
	int err = rph_quarantine_open(service->options.store_dir, &service->quarantine, &report);
	if (err)
		return err;
	if (report.quarantined)
		RPH_SAY(log, record_quarantined, RPH_TEXT("topic", report.topic),
			RPH_NUMBER("partition", report.partition),
			RPH_NUMBER("offset", report.offset));
	else if (report.died)
		RPH_SAY(log, record_died, RPH_TEXT("topic", report.topic),
			RPH_NUMBER("partition", report.partition),
			RPH_NUMBER("offset", report.offset), RPH_NUMBER("deaths", report.deaths));
	return 0;
}

static int make_pipeline(struct rph_service *service)
{
	struct rph_deployment *deployment = service->options.deployment;
	struct rph_pipeline_options options = {
		.decode = rph_settings_decode(deployment->config),
		.keys = &deployment->keys,
		.from = INT64_MIN,
		.to = INT64_MAX,
		.watch = rph_batch_watch(&service->batch),
	};
	int err = rph_pool_new(deployment->config->mining.threads, &service->pool);
	if (err)
		return err;
	options.parallel = rph_pool_parallel(service->pool);
	err = rph_deployment_mining(deployment, deployment->config, &options.params);
	return err ? err : rph_pipeline_new(&options, &service->pipeline);
}

static int make_clients(struct rph_service *service)
{
	struct rph_service_options *options = &service->options;
	struct rph_buffer *problem = &options->deployment->problem;
	const struct rph_consumer_options consumer = {
		.config = service->original,
		.credentials = service->credentials,
		.log = options->log,
		.metrics = options->metrics,
	};
	const struct rph_sink_options sink = {
		.config = service->original,
		.credentials = service->credentials,
		.store_dir = options->store_dir,
		.log = options->log,
		.metrics = options->metrics,
		.readiness = options->readiness,
		.watchdog = options->watchdog,
		.give_up = &service->give_up,
	};
	int err = rph_consumer_new(&consumer, &service->consumer, problem);
	return err ? err : rph_dead_letter_sink_new(&sink, &service->sink, problem);
}

static int make_parts(struct rph_service *service)
{
	struct rph_service_options *options = &service->options;
	struct rph_buffer *problem = &options->deployment->problem;
	const char *credentials = options->credentials;
	if (!service->original->kafka.topics.count) {
		rph_buffer_add_text(problem, "kafka.topics: names no topic to read\n");
		return RPH_E_BAD_CONFIG;
	}
	if (credentials && !(service->credentials = strdup(credentials)))
		return RPH_E_NO_MEMORY;
	int err = find_identity(service);
	if (!err)
		err = open_quarantine(service);
	if (!err)
		err = make_pipeline(service);
	if (err) {
		rph_buffer_format(problem, "store %s: %s\n", options->store_dir, rph_strerror(err));
		return err;
	}
	err = rph_weeks_parent(service->original, options->store_dir, &service->export_parent);
	if (err) {
		rph_buffer_format(problem, "export.dir: %s; make the directory above it\n",
				  rph_strerror(err));
		return err;
	}
	return make_clients(service);
}

static bool has_given_up(void *context)
{
	struct rph_service *service = context;
	return atomic_load_explicit(&service->give_up, memory_order_relaxed);
}

static int prepare_jobs(struct rph_service *service)
{
	struct rph_service_options *options = &service->options;
	const struct rph_config *config = service->original;
	service->batch.store = options->deployment->store;
	service->batch.store_dir = options->store_dir;
	service->batch.min_free = config->store.min_free;
	service->batch.pipeline = service->pipeline;
	service->batch.table = &service->table;
	service->batch.sink = service->sink;
	service->batch.quarantine = service->quarantine;
	service->batch.metrics = options->metrics;
	service->batch.watchdog = options->watchdog;
	service->batch.beside = rph_pool_parallel(service->pool).lanes > 1;
	service->weeks = (struct rph_weeks_job){
		.deployment = options->deployment,
		.parent = service->export_parent,
		.ledger = options->ledger,
		.sinks = options->sinks,
		.metrics = options->metrics,
		.log = options->log,
		.watchdog = options->watchdog,
		.stop = {has_given_up, service},
		.parallel = rph_pool_parallel(service->pool),
		.is_in_the_way = rph_service_errand_waits,
		.context = service,
	};
	for (unsigned i = 0; i < 2; i++)
		rph_intake_init(&service->intakes[i], config->batch.bytes / 5 * 4);
	service->filling = &service->intakes[0];
	service->held = RPH_UNREADY_COUNT;
	return rph_batch_init(&service->batch);
}

static int make_handles(struct rph_service *service)
{
	uv_loop_t *loop = service->options.loop;
	int err = uv_poll_init(loop, &service->poll, rph_consumer_fd(service->consumer));
	if (err)
		return err;
	uv_idle_init(loop, &service->more);
	uv_timer_init(loop, &service->tick);
	uv_timer_init(loop, &service->wait);
	uv_timer_init(loop, &service->retry);
	uv_timer_init(loop, &service->closing);
	rph_service_open_errands(service);
	service->poll.data = service->more.data = service->tick.data = service;
	service->wait.data = service->retry.data = service->closing.data = service;
	service->work.data = service->tend_work.data = service;
	service->open_handles = 7;
	return 0;
}

int rph_service_new(const struct rph_service_options *options, struct rph_service **ret)
{
	RPH_CLEANUP(rph_service_free) struct rph_service *service = calloc(1, sizeof(*service));
	if (!service)
		return RPH_E_NO_MEMORY;
	service->options = *options;
	service->original = options->deployment->config;
	atomic_init(&service->give_up, false);
	int err = make_parts(service);
	if (!err)
		err = prepare_jobs(service);
	if (err)
		return err;
	*ret = service;
	service = NULL;
	return 0;
}

struct rph_service *rph_service_free(struct rph_service *service)
{
	if (!service)
		return NULL;
	RPH_ASSERT(!service->working && !service->tending);
	rph_dead_letter_sink_free(service->sink);
	rph_consumer_free(service->consumer);
	rph_batch_free(&service->batch); /* what it writes is the pipeline's */
	rph_pipeline_free(service->pipeline);
	rph_pool_free(service->pool);
	for (unsigned i = 0; i < 2; i++)
		rph_intake_free(&service->intakes[i]);
	rph_partition_table_free(&service->table);
	rph_quarantine_close(service->quarantine);
	if (service->original != service->options.deployment->config)
		rph_config_free(service->original);
	rph_config_free(service->reloaded);
	rph_buffer_free(&service->sentence);
	free(service->credentials);
	free(service->export_parent);
	free(service);
	return NULL;
}

/* ---- running --------------------------------------------------------------------------------- */

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct rph_service *service = poll->data;
	(void)status;
	(void)events;
	rph_consumer_woken(service->consumer);
	rph_service_read(service);
}

static void look_at_kafka(struct rph_service *service)
{
	struct rph_service_options *options = &service->options;
	rph_consumer_serve(service->consumer);
	enum rph_kafka_trouble trouble = rph_consumer_trouble(service->consumer);
	if (trouble == RPH_KAFKA_FATAL) {
		rph_service_fail(service, RPH_E_KAFKA,
				 "the Kafka client broke down; see the last kafka_error");
		return;
	}
	if (service->phase != RPH_SERVICE_RUNNING)
		return;
	bool down = trouble != RPH_KAFKA_WELL;
	if (!rph_readiness_set(options->readiness, RPH_UNREADY_UNREACHABLE, down))
		return;
	if (down)
		RPH_SAY(options->log, kafka_unreachable,
			RPH_TEXT("error",
				 trouble == RPH_KAFKA_REFUSED ? "access refused" : "down"));
	else
		RPH_SAY(options->log, kafka_back);
}

static void look_at_store(struct rph_service *service)
{
	struct rph_metrics *metrics = service->options.metrics;
	struct rph_store_info info;
	uint64_t disk = rph_disk_free(service->options.store_dir);
	rph_metrics_set(metrics, RPH_METRIC_store_disk_free, disk == UINT64_MAX ? 0 : disk);
	if (rph_store_info(service->options.deployment->store, &info))
		return;
	rph_metrics_set(metrics, RPH_METRIC_store_used, info.used_bytes);
	rph_metrics_set(metrics, RPH_METRIC_store_map, info.map_bytes);
}

static void on_tick(uv_timer_t *timer)
{
	struct rph_service *service = timer->data;
	struct rph_metrics *metrics = service->options.metrics;
	if (service->phase == RPH_SERVICE_CLOSING || service->phase == RPH_SERVICE_CLOSED)
		return;
	look_at_kafka(service);
	if (service->ticks++ % STORE_EVERY_TICKS == 0)
		look_at_store(service);
	if (service->reading) {
		/* The descriptor may have missed an element: then this finds it. */
		rph_service_read(service);
		rph_service_count_lag(service);
	}
	rph_metrics_set(metrics, RPH_METRIC_intake_bytes, rph_intake_bytes(service->filling));
	rph_metrics_set(metrics, RPH_METRIC_is_paused,
			service->full || service->held != RPH_UNREADY_COUNT);
	rph_metrics_set(metrics, RPH_METRIC_is_ready,
			rph_readiness_is_ready(service->options.readiness));
	rph_service_next(service);
}

int rph_service_start(struct rph_service *service)
{
	struct rph_readiness *readiness = service->options.readiness;
	int err = make_handles(service);
	if (err)
		return err;
	service->phase = RPH_SERVICE_STARTING;
	rph_readiness_set(readiness, RPH_UNREADY_CONNECTING, true);
	rph_readiness_set(readiness, RPH_UNREADY_LAG_UNKNOWN, true);
	rph_readiness_set(readiness, RPH_UNREADY_STARTING, false);
	uv_poll_start(&service->poll, UV_READABLE, on_readable);
	uv_timer_start(&service->tick, on_tick, TICK_MS, TICK_MS);
	rph_service_work(service, RPH_JOB_START);
	return 0;
}

/* ---- ending ---------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
	struct rph_service *service = handle->data;
	if (--service->open_handles)
		return;
	if (service->options.on_stopped)
		service->options.on_stopped(service->options.context);
}

static void close_handles(struct rph_service *service)
{
	service->phase = RPH_SERVICE_CLOSED;
	uv_handle_t *handles[] = {
		(uv_handle_t *)&service->more,    (uv_handle_t *)&service->tick,
		(uv_handle_t *)&service->wait,    (uv_handle_t *)&service->retry,
		(uv_handle_t *)&service->closing, (uv_handle_t *)&service->errand_came,
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(handles); i++)
		uv_close(handles[i], on_closed);
}

/* Everything is committed; an end that hangs in the client library must not cost anything. */
static void on_close_slow(uv_timer_t *timer)
{
	struct rph_service *service = timer->data;
	RPH_SAY(service->options.log, close_slow);
	_exit(rph_exit_code(service->result));
}

static void begin_closing(struct rph_service *service)
{
	service->phase = RPH_SERVICE_CLOSING;
	rph_service_end_reading(service);
	/* Before the descriptor that it watches is closed. */
	uv_close((uv_handle_t *)&service->poll, on_closed);
	uv_timer_start(&service->closing, on_close_slow, CLOSE_MS, 0);
	rph_service_work(service, RPH_JOB_CLOSE);
}

static void stopping(struct rph_service *service)
{
	bool rest = service->filling->count || service->held != RPH_UNREADY_COUNT;
	bool flight = rph_batch_is_in_flight(&service->batch);
	if ((rest || flight) && !service->stop_now && !service->result && !service->batch_waits) {
		rph_service_work(service, rest ? RPH_JOB_BATCH : RPH_JOB_FLUSH);
		return;
	}
	if (service->tending)
		return;
	if (!service->told_final && service->result != RPH_E_FENCED &&
	    rph_consumer_trouble(service->consumer) == RPH_KAFKA_WELL) {
		service->told_final = true;
		rph_service_tend(service, true);
		if (service->tending)
			return;
	}
	begin_closing(service);
}

static void begin_stopping(struct rph_service *service)
{
	rph_readiness_set(service->options.readiness, RPH_UNREADY_STOPPING, true);
	rph_service_end_reading(service);
	if (service->options.errands)
		rph_errands_close(service->options.errands);
	/* Who waits for brokers or for room on the disk has waited long enough. */
	atomic_store(&service->give_up, true);
	service->phase = RPH_SERVICE_STOPPING;
}

void rph_service_stop(struct rph_service *service, bool now)
{
	service->stop_now |= now;
	if (service->phase == RPH_SERVICE_STARTING || service->phase == RPH_SERVICE_RUNNING)
		begin_stopping(service);
	rph_service_next(service);
}

void rph_service_fail(struct rph_service *service, int error, const char *sentence)
{
	if (service->result || service->phase >= RPH_SERVICE_CLOSING)
		return;
	service->result = error;
	rph_buffer_add_text(&service->sentence, sentence ? sentence : rph_strerror(error));
	service->stop_now = true;
	if (service->phase == RPH_SERVICE_STARTING || service->phase == RPH_SERVICE_RUNNING)
		begin_stopping(service);
}

int rph_service_result(const struct rph_service *service, const char **sentence)
{
	if (sentence)
		*sentence = service->sentence.text ? service->sentence.text : "";
	return service->result;
}

/* ---- what is next ---------------------------------------------------------------------------- */

static bool is_all_read(const struct rph_service *service)
{
	for (uint32_t i = 0; i < service->table.count; i++)
		if (!rph_service_is_at_end(service->table.items[i]))
			return false;
	/* A week that could not be written is waited for. */
	return !service->filling->count && !service->weeks_backoff.wait_ms;
}

static void on_batch_wait(uv_timer_t *timer)
{
	rph_service_next(timer->data);
}

/* A batch that is not due yet needs somebody who looks again. */
static void arm_wait(struct rph_service *service)
{
	if (service->filling->count && !uv_is_active((uv_handle_t *)&service->wait))
		uv_timer_start(&service->wait, on_batch_wait,
			       (uint64_t)service->original->batch.wait, 0);
}

static void running(struct rph_service *service)
{
	if (!service->tending && rph_service_now(service) >= service->tend_not_before)
		rph_service_tend(service, false);
	bool flight = rph_batch_is_in_flight(&service->batch);
	bool grow = service->grow_wanted && !service->tending;
	/* An order writes to the store, and goes by what is committed: the flight is over first. */
	if (flight && rph_service_errand_waits(service) && service->held == RPH_UNREADY_COUNT) {
		rph_service_work(service, RPH_JOB_FLUSH);
		return;
	}
	if (rph_service_take_errand(service))
		return;
	if (service->held != RPH_UNREADY_COUNT) {
		if (!service->batch_waits)
			rph_service_work(service, RPH_JOB_BATCH);
	} else if (grow || rph_service_weeks_are_due(service)) {
		/* They write to the store too, and by what is committed. */
		rph_service_work(service, flight ? RPH_JOB_FLUSH
					  : grow ? RPH_JOB_GROW
						 : RPH_JOB_WEEKS);
	} else if (rph_service_batch_is_due(service)) {
		rph_service_work(service, RPH_JOB_BATCH);
	} else if (flight) {
		rph_service_work(service, RPH_JOB_FLUSH);
	} else if (service->options.exit_at_end && is_all_read(service)) {
		rph_service_stop(service, false);
	} else {
		arm_wait(service);
	}
}

void rph_service_next(struct rph_service *service)
{
	if (service->working)
		return;
	if (service->reloaded)
		rph_service_take_config(service);
	switch (service->phase) {
	case RPH_SERVICE_RUNNING:
		running(service);
		break;
	case RPH_SERVICE_STOPPING:
		stopping(service);
		break;
	case RPH_SERVICE_CLOSING:
		close_handles(service);
		break;
	case RPH_SERVICE_STARTING:
		rph_service_take_errand(service);
		break;
	default:
		break;
	}
}
