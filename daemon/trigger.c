/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/trigger.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/reload.h"
#include "daemon/trigger_file.h"
#include "daemon/trigger_sinks.h"
#include "schemas/error.h"

/* One sink: idle, attempting, or waiting for its timer. */
struct teller {
	struct rph_triggers *triggers;
	enum rph_sink sink;
	bool is_busy;
	uint64_t wait_ms; /* before the next attempt; 0: none has failed */
	uv_timer_t timer;
	uv_work_t work;
	struct rph_cloud_event event; /* of the attempt; a copy */
	struct rph_attempt attempt;
	int error;
};

struct rph_triggers {
	struct rph_triggers_options options;
	struct rph_config *config;
	struct teller tellers[RPH_SINK_COUNT];
	struct rph_trigger_command command;
	struct rph_ledger_entry *entries; /* of the last scan, less what was told since */
	size_t entry_count;
	uv_work_t scan;
	struct rph_ledger_entry *scanned;
	size_t scanned_count, scanned_damaged;
	int scan_error;
	bool is_scanning, is_drop_said;
	bool is_scan_wanted; /* something changed since the scan began */
	unsigned timers_open;
	atomic_bool is_stopping;
	void (*on_stopped)(void *context);
	void *stopped_context;
};

uint32_t rph_triggers_sinks(const struct rph_config *config)
{
	uint32_t sinks = 0;
	if (*config->trigger.spool_dir)
		sinks |= 1U << RPH_SINK_spool;
	if (*config->trigger.topic)
		sinks |= 1U << RPH_SINK_topic;
	if (*config->trigger.webhook_url)
		sinks |= 1U << RPH_SINK_webhook;
	if (config->trigger.command.count)
		sinks |= 1U << RPH_SINK_command;
	return sinks;
}

static bool has_sink(const struct rph_triggers *triggers, enum rph_sink sink)
{
	return rph_triggers_sinks(triggers->config) >> sink & 1 &&
	       (sink != RPH_SINK_topic || triggers->options.send);
}

static struct rph_ledger_entry *first_for(struct rph_triggers *triggers, enum rph_sink sink)
{
	for (size_t i = 0; i < triggers->entry_count; i++)
		if (triggers->entries[i].sinks >> sink & 1)
			return &triggers->entries[i];
	return NULL;
}

static enum rph_metric per_sink(enum rph_metric first, enum rph_metric next, enum rph_sink sink)
{
	return (enum rph_metric)(first + sink * (next - first));
}

static void show_pending(struct rph_triggers *triggers)
{
	for (int sink = 0; sink < RPH_SINK_COUNT; sink++) {
		uint64_t count = 0;
		for (size_t i = 0; i < triggers->entry_count; i++)
			count += triggers->entries[i].sinks >> sink & 1;
		rph_metrics_set(triggers->options.metrics,
				(enum rph_metric)(RPH_METRIC_trigger_pending_spool + sink),
				has_sink(triggers, (enum rph_sink)sink) ? count : 0);
	}
}

/* ---- stopping ------------------------------------------------------------------------------- */

static void stop_if_idle(struct rph_triggers *triggers)
{
	bool is_busy = triggers->is_scanning;
	for (int sink = 0; sink < RPH_SINK_COUNT; sink++)
		is_busy = is_busy || triggers->tellers[sink].is_busy;
	if (atomic_load(&triggers->is_stopping) && !is_busy && !triggers->timers_open &&
	    triggers->on_stopped) {
		void (*on_stopped)(void *) = triggers->on_stopped;
		triggers->on_stopped = NULL;
		on_stopped(triggers->stopped_context);
	}
}

static void ignore_stop(void *context)
{
	(void)context;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct teller *teller = handle->data;
	teller->triggers->timers_open--;
	stop_if_idle(teller->triggers);
}

void rph_triggers_stop(struct rph_triggers *triggers, void (*on_stopped)(void *context),
		       void *context)
{
	triggers->on_stopped = on_stopped ? on_stopped : ignore_stop;
	triggers->stopped_context = context;
	if (atomic_exchange(&triggers->is_stopping, true))
		return;
	for (int sink = 0; sink < RPH_SINK_COUNT; sink++) {
		struct teller *teller = &triggers->tellers[sink];
		if (uv_is_active((uv_handle_t *)&teller->timer))
			teller->is_busy = false;
		uv_close((uv_handle_t *)&teller->timer, on_timer_closed);
	}
	if (triggers->command.open)
		rph_trigger_command_kill(&triggers->command);
}

struct rph_triggers *rph_triggers_free(struct rph_triggers *triggers)
{
	if (!triggers)
		return NULL;
	for (int sink = 0; sink < RPH_SINK_COUNT; sink++)
		rph_cloud_event_free(&triggers->tellers[sink].event);
	rph_ledger_entries_free(triggers->entries, triggers->entry_count);
	rph_config_free(triggers->config);
	free(triggers);
	return NULL;
}

/* ---- one attempt ---------------------------------------------------------------------------- */

static void tell_next(struct teller *teller);

static void on_timer(uv_timer_t *timer)
{
	struct teller *teller = timer->data;
	teller->is_busy = false;
	tell_next(teller);
}

static void told(struct teller *teller)
{
	struct rph_triggers *triggers = teller->triggers;
	teller->wait_ms = 0;
	/* A scan under way may have seen the ledger before this. */
	triggers->is_scan_wanted = triggers->is_scanning;
	rph_metrics_add(triggers->options.metrics,
			per_sink(RPH_METRIC_trigger_done_spool, RPH_METRIC_trigger_done_topic,
				 teller->sink),
			1);
	RPH_SAY(triggers->options.log, trigger_done, RPH_TEXT("sink", rph_sink_name(teller->sink)),
		RPH_TEXT("export", teller->event.id));
	for (size_t i = 0; i < triggers->entry_count; i++)
		if (strcmp(triggers->entries[i].event.id, teller->event.id) == 0)
			triggers->entries[i].sinks &= ~(1U << teller->sink);
	show_pending(triggers);
}

static void not_told(struct teller *teller)
{
	struct rph_triggers *triggers = teller->triggers;
	uint64_t first = triggers->options.first_wait_ms;
	teller->wait_ms = teller->wait_ms ? 2 * teller->wait_ms : first;
	if (teller->wait_ms > RPH_TRIGGER_MAX_WAIT_MS)
		teller->wait_ms = RPH_TRIGGER_MAX_WAIT_MS;
	rph_metrics_add(triggers->options.metrics,
			per_sink(RPH_METRIC_trigger_failed_spool, RPH_METRIC_trigger_failed_topic,
				 teller->sink),
			1);
	RPH_SAY(triggers->options.log, trigger_failed,
		RPH_TEXT("sink", rph_sink_name(teller->sink)), RPH_TEXT("export", teller->event.id),
		RPH_TEXT("error", teller->attempt.sentence),
		RPH_NUMBER("retry_ms", teller->wait_ms));
}

static void finish(struct teller *teller)
{
	struct rph_triggers *triggers = teller->triggers;
	bool is_stopping = atomic_load(&triggers->is_stopping);
	/* A failure that our own stop caused is nobody's fault. */
	if (!teller->error)
		told(teller);
	else if (!is_stopping)
		not_told(teller);
	rph_cloud_event_free(&teller->event);
	if (is_stopping) {
		teller->is_busy = false;
		stop_if_idle(triggers);
	} else if (teller->error) {
		uv_timer_start(&teller->timer, on_timer, teller->wait_ms, 0);
	} else {
		teller->is_busy = false;
		tell_next(teller);
	}
}

/* ---- on a worker ---------------------------------------------------------------------------- */

static int attempt_topic(struct teller *teller)
{
	const struct rph_triggers_options *options = &teller->triggers->options;
	return options->send(options->context, &teller->event, teller->attempt.sentence);
}

/* The end of what a command wrote, beside its entry: it may say anything and is nothing for the
 * log. */
static void keep_output(struct teller *teller)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	char name[64 + sizeof(".output")];
	struct rph_triggers *triggers = teller->triggers;
	snprintf(name, sizeof(name), "%.63s.output", teller->event.id);
	rph_trigger_command_output(&triggers->command, &text);
	int err = text.error;
	if (!err)
		err = rph_trigger_file_write(rph_ledger_dir(triggers->options.ledger), name,
					     rph_buffer_span(&text), 0600);
	if (err)
		RPH_SAY(triggers->options.log, trigger_ledger, RPH_TEXT("file", name),
			RPH_TEXT("error", rph_strerror(err)));
}

static int attempt_it(struct teller *teller)
{
	switch (teller->sink) {
	case RPH_SINK_spool:
		return rph_trigger_spool(&teller->attempt);
	case RPH_SINK_topic:
		return attempt_topic(teller);
	case RPH_SINK_webhook:
		return rph_trigger_webhook(&teller->attempt);
	case RPH_SINK_command: /* has run already */
		keep_output(teller);
		return teller->error;
	case RPH_SINK_COUNT:
		break;
	}
	return RPH_E_USAGE;
}

static void on_work(uv_work_t *work)
{
	struct teller *teller = work->data;
	teller->error = attempt_it(teller);
	if (teller->error)
		return;
	/* Not known to be told is not told: it is told again. */
	teller->error =
		rph_ledger_done(teller->triggers->options.ledger, teller->event.id, teller->sink);
	if (teller->error)
		snprintf(teller->attempt.sentence, sizeof(teller->attempt.sentence),
			 "the ledger cannot be written: %.200s", rph_strerror(teller->error));
}

static void on_worked(uv_work_t *work, int status)
{
	struct teller *teller = work->data;
	if (status && !teller->error)
		teller->error = status;
	finish(teller);
}

static void on_command_end(struct rph_trigger_command *command)
{
	struct rph_triggers *triggers =
		(struct rph_triggers *)((char *)command - offsetof(struct rph_triggers, command));
	struct teller *teller = &triggers->tellers[RPH_SINK_command];
	teller->error = command->error;
	snprintf(teller->attempt.sentence, sizeof(teller->attempt.sentence), "%s",
		 command->sentence);
	if (uv_queue_work(triggers->options.loop, &teller->work, on_work, on_worked)) {
		teller->error = RPH_E_NO_MEMORY;
		finish(teller);
	}
}

/* Starts what is to be done next, if anything is. */
static void tell_next(struct teller *teller)
{
	struct rph_triggers *triggers = teller->triggers;
	if (teller->is_busy || atomic_load(&triggers->is_stopping) ||
	    !has_sink(triggers, teller->sink))
		return;
	const struct rph_ledger_entry *entry = first_for(triggers, teller->sink);
	if (!entry)
		return;
	teller->is_busy = true;
	teller->attempt = (struct rph_attempt){.config = triggers->config,
					       .event = &teller->event,
					       .is_stopping = &triggers->is_stopping};
	/* A copy: the entries are replaced by the next scan. */
	int err = rph_cloud_event_read(rph_span_of(entry->event.json), &teller->event);
	if (!err && teller->sink == RPH_SINK_command) {
		triggers->command.on_end = on_command_end;
		rph_trigger_command_start(&triggers->command, triggers->options.loop,
					  &teller->attempt);
		return;
	}
	/* From here on teller->error is the worker's. */
	if (!err)
		err = uv_queue_work(triggers->options.loop, &teller->work, on_work, on_worked);
	if (err) {
		teller->wait_ms = triggers->options.first_wait_ms;
		uv_timer_start(&teller->timer, on_timer, teller->wait_ms, 0);
	}
}

/* ---- the ledger ----------------------------------------------------------------------------- */

static void on_scan(uv_work_t *work)
{
	struct rph_triggers *triggers = work->data;
	triggers->scan_error =
		rph_ledger_pending(triggers->options.ledger, &triggers->scanned,
				   &triggers->scanned_count, &triggers->scanned_damaged);
}

static void say_scan(struct rph_triggers *triggers)
{
	if (triggers->scan_error || triggers->scanned_damaged)
		RPH_SAY(triggers->options.log, trigger_ledger,
			RPH_TEXT("dir", rph_ledger_dir(triggers->options.ledger)),
			RPH_TEXT("error", triggers->scan_error ? rph_strerror(triggers->scan_error)
							       : "damaged entries"),
			RPH_NUMBER("damaged", triggers->scanned_damaged));
	for (int sink = 0; sink < RPH_SINK_COUNT && !triggers->is_drop_said; sink++) {
		const struct rph_ledger_entry *entry = first_for(triggers, (enum rph_sink)sink);
		if (!entry || has_sink(triggers, (enum rph_sink)sink))
			continue;
		RPH_SAY(triggers->options.log, trigger_dropped,
			RPH_TEXT("sink", rph_sink_name((enum rph_sink)sink)),
			RPH_TEXT("export", entry->event.id));
	}
	triggers->is_drop_said = true;
}

static void start_scan(struct rph_triggers *triggers);

static void on_scanned(uv_work_t *work, int status)
{
	struct rph_triggers *triggers = work->data;
	triggers->is_scanning = false;
	if (status && !triggers->scan_error)
		triggers->scan_error = status;
	if (triggers->is_scan_wanted && !atomic_load(&triggers->is_stopping)) {
		rph_ledger_entries_free(triggers->scanned, triggers->scanned_count);
		start_scan(triggers);
		return;
	}
	if (!triggers->scan_error) {
		rph_ledger_entries_free(triggers->entries, triggers->entry_count);
		triggers->entries = triggers->scanned;
		triggers->entry_count = triggers->scanned_count;
	}
	say_scan(triggers);
	show_pending(triggers);
	for (int sink = 0; sink < RPH_SINK_COUNT; sink++)
		tell_next(&triggers->tellers[sink]);
	stop_if_idle(triggers);
}

static void start_scan(struct rph_triggers *triggers)
{
	triggers->scanned = NULL;
	triggers->scanned_count = triggers->scanned_damaged = 0;
	triggers->scan_error = 0;
	triggers->is_scan_wanted = false;
	triggers->scan.data = triggers;
	int err = uv_queue_work(triggers->options.loop, &triggers->scan, on_scan, on_scanned);
	triggers->is_scanning = !err;
}

void rph_triggers_wake(struct rph_triggers *triggers)
{
	if (triggers->is_scanning)
		triggers->is_scan_wanted = true;
	else if (!atomic_load(&triggers->is_stopping))
		start_scan(triggers);
}

int rph_triggers_start(const struct rph_triggers_options *options, struct rph_triggers **ret)
{
	struct rph_triggers *triggers = calloc(1, sizeof(*triggers));
	if (!triggers)
		return RPH_E_NO_MEMORY;
	triggers->options = *options;
	atomic_init(&triggers->is_stopping, false);
	if (!triggers->options.first_wait_ms)
		triggers->options.first_wait_ms = RPH_TRIGGER_FIRST_WAIT_MS;
	int err = rph_config_clone(options->config, &triggers->config);
	if (err) {
		rph_triggers_free(triggers);
		return err;
	}
	for (int sink = 0; sink < RPH_SINK_COUNT; sink++) {
		struct teller *teller = &triggers->tellers[sink];
		teller->triggers = triggers;
		teller->sink = (enum rph_sink)sink;
		uv_timer_init(options->loop, &teller->timer);
		teller->timer.data = teller;
		teller->work.data = teller;
		triggers->timers_open++;
	}
	triggers->options.config = triggers->config;
	rph_triggers_wake(triggers);
	*ret = triggers;
	return 0;
}
