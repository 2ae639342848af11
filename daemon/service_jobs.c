/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "daemon/clock.h"
#include "daemon/service_private.h"
#include "schemas/error.h"

/* How long a job may show no sign of life before the watchdog takes the service for stuck. */
enum {
	ALLOWED_START_MS = 120000,
	ALLOWED_BATCH_MS = 120000,
	ALLOWED_WEEKS_MS = 1800000,
	ALLOWED_ORDER_MS = 600000,
};
enum { START_LIMIT_MS = 10000, HELD_LIMIT_MS = 30000, WEEKS_LIMIT_MS = 300000 };
/* The year 2200: later than any event that the decoder accepts. */
#define END_OF_TIME INT64_C(7258118400000)

/* The first line of `problem`, without its end. */
static void fail_with(struct rph_service *service, int error, struct rph_buffer *problem)
{
	if (problem->len && problem->text[problem->len - 1] == '\n')
		problem->text[--problem->len] = '\0';
	rph_service_fail(service, error, problem->len ? problem->text : rph_strerror(error));
}

static void retry_in(struct rph_service *service, struct rph_backoff *backoff, uint64_t limit_ms,
		     uv_timer_cb callback)
{
	uv_timer_start(&service->retry, callback, rph_backoff_next(backoff, limit_ms), 0);
}

/* ---- start and grow -------------------------------------------------------------------------- */

static void prepare_plan(struct rph_service *service, bool first)
{
	service->plan = (struct rph_plan){
		.consumer = service->consumer,
		.store = service->options.deployment->store,
		.config = service->original,
		.self = &service->self,
		.table = &service->table,
		.sink = service->sink,
		.log = service->options.log,
		.metrics = service->options.metrics,
		.give_up = &service->give_up,
		.check_owner = first,
		.take_over = service->options.take_over,
		.accept_gap = service->options.accept_gap,
	};
}

static void on_start_again(uv_timer_t *timer)
{
	struct rph_service *service = timer->data;
	if (!service->working && service->phase == RPH_SERVICE_STARTING)
		rph_service_work(service, RPH_JOB_START);
}

static void plan_failed(struct rph_service *service, int err)
{
	struct rph_service_options *options = &service->options;
	enum rph_kafka_trouble trouble = rph_consumer_trouble(service->consumer);
	bool starting = service->phase == RPH_SERVICE_STARTING;
	if (err == RPH_E_KAFKA && starting && trouble == RPH_KAFKA_REFUSED) {
		rph_service_fail(service, RPH_E_NO_ACCESS,
				 "a broker refused the name or password; see kafka.properties and "
				 "kafka.secrets, and the last kafka_error");
	} else if (err != RPH_E_KAFKA) {
		fail_with(service, err, &service->plan.problem);
	} else if (starting) {
		rph_readiness_set(options->readiness, RPH_UNREADY_UNREACHABLE, true);
		RPH_SAY(options->log, kafka_unreachable,
			RPH_TEXT("error", service->plan.problem.text));
		retry_in(service, &service->start_backoff, START_LIMIT_MS, on_start_again);
	}
}

static void take_up(struct rph_service *service, bool more)
{
	struct rph_service_options *options = &service->options;
	struct rph_plan *plan = &service->plan;
	int err = rph_plan_take_up(plan, service->pipeline);
	if (!err && plan->count)
		err = rph_service_begin_reading(service, plan, more);
	if (err) {
		rph_service_fail(service, err, "the partitions could not be taken up");
		return;
	}
	if (more && plan->count)
		RPH_SAY(options->log, partitions_added, RPH_TEXT("topic", plan->entries[0].topic),
			RPH_NUMBER("partitions", plan->count));
	if (more)
		return;
	RPH_SAY(options->log, assigned, RPH_NUMBER("partitions", plan->count),
		RPH_TEXT("group", service->original->kafka.group),
		RPH_TEXT("store", service->self.store));
	service->phase = RPH_SERVICE_RUNNING;
	rph_readiness_set(options->readiness, RPH_UNREADY_UNREACHABLE, false);
	rph_readiness_set(options->readiness, RPH_UNREADY_CONNECTING, false);
	rph_service_count_lag(service);
	rph_readiness_set(options->readiness, RPH_UNREADY_LAG_UNKNOWN, false);
	RPH_SAY(options->log, ready);
	if (options->on_ready)
		options->on_ready(options->context);
}

static void plan_done(struct rph_service *service, bool more)
{
	enum rph_service_phase wanted = more ? RPH_SERVICE_RUNNING : RPH_SERVICE_STARTING;
	if (service->job_error)
		plan_failed(service, service->job_error);
	else if (service->phase == wanted)
		take_up(service, more);
	/* What could not be taken up now is found again by the next look at the topics. */
	service->grow_wanted = false;
	rph_plan_free(&service->plan);
}

/* ---- batch ----------------------------------------------------------------------------------- */

bool rph_service_batch_is_due(const struct rph_service *service)
{
	const struct rph_intake *filling = service->filling;
	const struct rph_config *config = service->original;
	if (!filling->count)
		return false;
	return filling->count >= config->batch.records || service->full ||
	       service->phase == RPH_SERVICE_STOPPING ||
	       rph_service_now(service) - filling->started_ms >= (uint64_t)config->batch.wait;
}

static void swap_intakes(struct rph_service *service)
{
	service->batch.intake = service->filling;
	service->batch.step = RPH_BATCH_MINE;
	service->filling = &service->intakes[service->filling == &service->intakes[0] ? 1 : 0];
	uv_timer_stop(&service->wait);
	if (service->full)
		rph_service_read_on(service);
}

static void on_batch_again(uv_timer_t *timer)
{
	struct rph_service *service = timer->data;
	service->batch_waits = false;
	rph_service_next(service);
}

static void hold(struct rph_service *service, enum rph_unready reason)
{
	struct rph_service_options *options = &service->options;
	bool news = service->held != reason;
	service->held = reason;
	service->batch_waits = true;
	rph_metrics_add(options->metrics, RPH_METRIC_commit_failures, 1);
	rph_readiness_set(options->readiness, reason, true);
	if (news && reason == RPH_UNREADY_DISK_FULL)
		RPH_SAY(options->log, disk_full,
			RPH_NUMBER("free_bytes", rph_disk_free(options->store_dir)),
			RPH_NUMBER("min_free_bytes", service->original->store.min_free));
	else if (news && reason == RPH_UNREADY_STORE_FULL)
		RPH_SAY(options->log, store_full,
			RPH_NUMBER("map_bytes", service->original->store.map_size));
	retry_in(service, &service->held_backoff, HELD_LIMIT_MS, on_batch_again);
}

static void move_partitions(struct rph_service *service, const struct rph_batch_write *written)
{
	int64_t now = rph_clock_wall_ms();
	for (uint32_t i = 0; i < written->move_count; i++) {
		const struct rph_batch_move *move = &written->moves[i];
		if (move->next > move->partition->committed)
			move->partition->progress_ms = now;
		move->partition->committed = move->next;
		move->partition->complete_before = move->complete_before;
	}
	if (written->offset_count)
		rph_metrics_set(service->options.metrics, RPH_METRIC_last_commit, (uint64_t)now);
}

static void count_batch(struct rph_service *service, const struct rph_batch_write *written)
{
	struct rph_metrics *metrics = service->options.metrics;
	rph_metrics_count(metrics, &written->counts, &service->counted);
	rph_metrics_set(metrics, RPH_METRIC_sessions_open, written->open_sessions);
	rph_metrics_add(metrics, RPH_METRIC_bytes_read, written->bytes);
	rph_metrics_add(metrics, RPH_METRIC_quarantined, written->quarantined);
	if (written->offset_count)
		rph_metrics_add(metrics, RPH_METRIC_batches, 1);
	rph_service_count_lag(service);
}

static void batch_failed(struct rph_service *service, int err)
{
	RPH_BUFFER_CLEANUP struct rph_buffer sentence = {0};
	const struct rph_batch_job *batch = &service->batch;
	if (batch->step == RPH_BATCH_MINE && batch->at)
		rph_buffer_format(
			&sentence,
			"record %lld of topic %s partition %d: %s; nothing of its batch is "
			"counted, it is tried again at the next start",
			(long long)batch->at_offset, batch->at->topic, batch->at->number,
			rph_strerror(err));
	else
		rph_buffer_format(
			&sentence,
			"batch: %s; nothing of it is counted, it is tried again at the next "
			"start",
			rph_strerror(err));
	rph_service_fail(service, err, sentence.text);
}

static void batch_done(struct rph_service *service)
{
	struct rph_service_options *options = &service->options;
	const struct rph_batch_write *written = service->batch.written;
	int err = service->job_error;
	/* Also when the batch after it has to wait. */
	if (written) {
		move_partitions(service, written);
		count_batch(service, written);
	}
	if (err && service->batch.held != RPH_UNREADY_COUNT && !atomic_load(&service->give_up)) {
		hold(service, service->batch.held);
		return;
	}
	if (service->held != RPH_UNREADY_COUNT) {
		rph_readiness_set(options->readiness, service->held, false);
		service->held = RPH_UNREADY_COUNT;
		service->held_backoff.wait_ms = 0;
		if (!err)
			RPH_SAY(options->log, held_over);
	}
	if (err && !atomic_load(&service->give_up)) {
		batch_failed(service, err);
		return;
	}
	/* The pipeline has seen what is not counted: nothing may be committed after it. */
	service->stop_now |= err != 0;
	rph_dead_letter_sink_clear(service->sink);
	rph_intake_clear(service->batch.intake);
}

/* ---- weeks ----------------------------------------------------------------------------------- */

/* Who is to end at the end takes what has been read to its end for complete. */
static bool is_silent(const struct rph_service *service, const struct rph_partition *partition)
{
	uint64_t idle = (uint64_t)service->original->export.idle;
	return rph_service_is_at_end(partition) &&
	       (service->options.exit_at_end ||
		rph_service_now(service) - partition->silent_since >= idle);
}

static rph_time_ms complete_before(const struct rph_service *service)
{
	uint32_t count = service->table.count;
	struct rph_schedule_place *places = calloc((size_t)count + 1, sizeof(*places));
	if (!places)
		return INT64_MIN;
	for (uint32_t i = 0; i < count; i++)
		places[i] =
			(struct rph_schedule_place){service->table.items[i]->complete_before,
						    is_silent(service, service->table.items[i])};
	rph_time_ms idle = service->options.exit_at_end ? 0 : service->original->export.idle;
	rph_time_ms complete = rph_schedule_complete(places, count, idle);
	free(places);
	return complete < END_OF_TIME ? complete : END_OF_TIME;
}

bool rph_service_weeks_are_due(struct rph_service *service)
{
	if (service->phase != RPH_SERVICE_RUNNING ||
	    rph_service_now(service) < service->weeks_not_before)
		return false;
	rph_time_ms complete = complete_before(service);
	if (complete < 0)
		return false;
	rph_metrics_set(service->options.metrics, RPH_METRIC_watermark, (uint64_t)complete);
	service->weeks.complete = complete;
	return !service->weeks_known || rph_week_of(complete) > service->week_done;
}

static void weeks_done(struct rph_service *service)
{
	struct rph_service_options *options = &service->options;
	int err = service->job_error;
	if (err == RPH_E_COMMIT_FAILED || err == RPH_E_STATE_CORRUPT) {
		fail_with(service, err, &options->deployment->problem);
		return;
	}
	if (err == RPH_E_STOPPED) {
		RPH_SAY(options->log, weeks_broken_off);
	} else if (err) {
		service->weeks_not_before =
			rph_service_now(service) +
			rph_backoff_next(&service->weeks_backoff, WEEKS_LIMIT_MS);
		RPH_SAY(options->log, weeks_failed,
			RPH_TEXT("reason", options->deployment->problem.text));
	} else {
		service->weeks_backoff.wait_ms = 0;
		service->weeks_known = true;
		service->week_done = rph_week_of(service->weeks.complete);
	}
	if (service->weeks.report.exported && options->on_week)
		options->on_week(options->context);
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* worker */
static void on_work(uv_work_t *work)
{
	struct rph_service *service = work->data;
	switch (service->job) {
	case RPH_JOB_START:
	case RPH_JOB_GROW:
		service->job_error = rph_plan_make(&service->plan);
		break;
	case RPH_JOB_BATCH:
	case RPH_JOB_FLUSH:
		service->job_error = rph_batch_run(&service->batch);
		break;
	case RPH_JOB_WEEKS:
		service->job_error = rph_weeks_run(&service->weeks);
		break;
	case RPH_JOB_ORDER:
		service->errand->status = rph_order_execute(
			&service->errand->order, service->options.deployment, rph_clock_wall_ms(),
			&service->errand->body, &service->job_error);
		break;
	case RPH_JOB_CLOSE:
		service->sink = rph_dead_letter_sink_free(service->sink);
		service->consumer = rph_consumer_free(service->consumer);
		break;
	}
}

static void on_worked(uv_work_t *work, int status)
{
	struct rph_service *service = work->data;
	(void)status; /* jobs are not cancelled */
	service->working = false;
	if (service->options.watchdog)
		rph_watchdog_job_ends(service->options.watchdog);
	switch (service->job) {
	case RPH_JOB_START:
		plan_done(service, false);
		break;
	case RPH_JOB_GROW:
		plan_done(service, true);
		break;
	case RPH_JOB_BATCH:
	case RPH_JOB_FLUSH:
		batch_done(service);
		break;
	case RPH_JOB_WEEKS:
		weeks_done(service);
		break;
	case RPH_JOB_ORDER:
		rph_service_order_done(service);
		break;
	case RPH_JOB_CLOSE:
		break;
	}
	rph_service_next(service);
}

void rph_service_work(struct rph_service *service, enum rph_service_job job)
{
	static const uint64_t allowed[] = {
		[RPH_JOB_START] = ALLOWED_START_MS, [RPH_JOB_GROW] = ALLOWED_START_MS,
		[RPH_JOB_BATCH] = ALLOWED_BATCH_MS, [RPH_JOB_FLUSH] = ALLOWED_BATCH_MS,
		[RPH_JOB_WEEKS] = ALLOWED_WEEKS_MS, [RPH_JOB_ORDER] = ALLOWED_ORDER_MS,
		[RPH_JOB_CLOSE] = ALLOWED_START_MS,
	};
	RPH_ASSERT(!service->working);
	service->working = true;
	service->job = job;
	service->job_error = 0;
	if (job == RPH_JOB_START || job == RPH_JOB_GROW)
		prepare_plan(service, job == RPH_JOB_START);
	if (job == RPH_JOB_BATCH && service->held == RPH_UNREADY_COUNT)
		swap_intakes(service);
	if (job == RPH_JOB_FLUSH)
		service->batch.step = RPH_BATCH_FLUSH;
	if (service->options.watchdog)
		rph_watchdog_job_begins(service->options.watchdog, rph_service_now(service),
					allowed[job]);
	uv_queue_work(service->options.loop, &service->work, on_work, on_worked);
}
