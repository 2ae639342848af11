/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_run.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/announce.h"
#include "daemon/clock.h"
#include "daemon/config_check.h"
#include "daemon/http.h"
#include "daemon/notify.h"
#include "daemon/producer.h"
#include "daemon/reload.h"
#include "daemon/remote.h"
#include "daemon/service.h"
#include "daemon/service_store.h"
#include "daemon/shell.h"
#include "daemon/signals.h"
#include "daemon/trigger.h"
#include "schemas/error.h"

enum { STATUS_EVERY_MS = 1000, EXTEND_MS = 30000 };

static const char standard_config[] = "/etc/rephrased/rephrased.yaml";

struct arguments {
	const char *config, *store, *secret;
	bool take_over, accept_gap, exit_at_end;
};

/* clang-format off */
static const struct rph_option options[] = {
	RPH_OPTION(STRING, struct arguments, config, .name = "config", .letter = 'c',
		   .argument = "FILE", .standard = standard_config, .help = "the configuration"),
	RPH_OPTION(STRING, struct arguments, store, .name = "store", .letter = 's',
		   .argument = "DIR", .help = "the store, in place of store.dir; made if it is not there"),
	RPH_OPTION(STRING, struct arguments, secret, .name = "secret", .argument = "FILE",
		   .help = "the deployment secret, in place of secret.file"),
	RPH_OPTION(FLAG, struct arguments, take_over, .name = "take-over",
		   .help = "the consumer group may belong to another store, which must have been stopped"),
	RPH_OPTION(FLAG, struct arguments, accept_gap, .name = "accept-gap",
		   .help = "give up records that Kafka no longer has; for one start only"),
	RPH_OPTION(FLAG, struct arguments, exit_at_end, .name = "exit-at-end",
		   .help = "end when every partition was read to its end"),
};
/* clang-format on */

static const struct rph_command command = {
	.name = "run",
	.summary = "run the service: read the interaction log from Kafka, export every week",
	.details = "Reads kafka.topics, counts every record exactly once, writes the training set\n"
		   "of a week when the week is complete, announces it. SIGTERM ends it with\n"
		   "everything committed, SIGHUP reads the configuration again. Without --store\n"
		   "and store.dir the store is \"store\" in $STATE_DIRECTORY.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.example = "rephrased run --config /etc/rephrased/rephrased.yaml",
	.exits = "74  the store or the disk failed; a restart goes on from what is committed\n"
		 "75  another process writes to the store, or Kafka failed; a restart may help\n"
		 "77  the consumer group belongs to another store, or a broker refuses access\n"
		 "78  configuration, secret or topic do not fit the store, or records are lost",
};

struct run {
	const struct arguments *arguments;
	struct rph_deployment deployment;
	char *store_dir;
	struct rph_metrics *metrics;
	struct rph_log *log;
	struct rph_readiness readiness;
	struct rph_watchdog watchdog;
	struct rph_notify notify;
	struct rph_signals signals;
	struct rph_ledger *ledger;
	struct rph_triggers *triggers;
	struct rph_announcer announcer;
	struct rph_http *http;
	struct rph_service *service;
	struct rph_errands errands;
	struct rph_reload reload;
	uv_loop_t loop;
	uv_timer_t status;
	uv_work_t reload_work;
	bool has_loop, has_errands, has_signals, has_status, reloading, is_ready, stopping;
};

/* ---- status, watchdog ------------------------------------------------------------------------ */

static void on_status(uv_timer_t *timer)
{
	struct run *run = timer->data;
	const char *sentence = rph_readiness_sentence(&run->readiness);
	rph_notify_status(&run->notify, "%s", *sentence ? sentence : "ready");
	if (!run->is_ready && !run->stopping)
		rph_notify_extend(&run->notify, EXTEND_MS);
	rph_watchdog_tick(&run->watchdog, uv_now(&run->loop), &run->notify);
}

static void on_ready(void *context)
{
	struct run *run = context;
	run->is_ready = true;
	rph_notify_ready(&run->notify);
}

/* ---- stop ------------------------------------------------------------------------------------ */

static void on_stop(void *context, unsigned count)
{
	struct run *run = context;
	RPH_SAY(run->log, stopping, RPH_NUMBER("requests", count));
	if (count > 1)
		RPH_SAY(run->log, stop_again);
	run->stopping = true;
	rph_notify_stopping(&run->notify);
	rph_service_stop(run->service, count > 1);
}

/* The loop ends when the last handle is closed. */
static void on_stopped(void *context)
{
	struct run *run = context;
	run->stopping = true;
	rph_signals_stop(&run->signals);
	run->has_signals = false;
	uv_close((uv_handle_t *)&run->status, NULL);
	run->has_status = false;
	if (run->triggers)
		rph_triggers_stop(run->triggers, NULL, NULL);
}

/* ---- reload ---------------------------------------------------------------------------------- */

/* worker */
static void read_config(uv_work_t *work)
{
	struct run *run = work->data;
	if (rph_reload(run->arguments->config, run->deployment.config, &run->reload))
		run->reload.config = rph_config_free(run->reload.config);
}

static void on_config_read(uv_work_t *work, int status)
{
	struct run *run = work->data;
	struct rph_reload *reload = &run->reload;
	(void)status;
	bool taken = reload->config != NULL;
	run->reloading = false;
	rph_metrics_add(run->metrics, taken ? RPH_METRIC_reloads : RPH_METRIC_reload_failures, 1);
	rph_metrics_set(run->metrics, RPH_METRIC_reload_ok, taken);
	if (taken) {
		rph_service_reload(run->service, reload->config);
		reload->config = NULL;
		RPH_SAY(run->log, reloaded, RPH_TEXT("changed", reload->changed.text));
	} else {
		RPH_SAY(run->log, reload_failed, RPH_TEXT("reason", reload->problem.text));
	}
	if (reload->waiting.len)
		RPH_SAY(run->log, reload_waiting, RPH_TEXT("keys", reload->waiting.text));
	rph_reload_free(reload);
	rph_notify_ready(&run->notify);
}

static void on_reload(void *context)
{
	struct run *run = context;
	if (run->reloading || run->stopping)
		return;
	run->reloading = true;
	rph_notify_reloading(&run->notify);
	run->reload_work.data = run;
	uv_queue_work(&run->loop, &run->reload_work, read_config, on_config_read);
}

static void on_config(void *context, const struct rph_config *config)
{
	struct run *run = context;
	struct rph_config *clone;
	enum rph_log_level level;
	if (rph_log_level_parse(config->log.level, &level))
		rph_log_set_level(run->log, level);
	if (run->http && !rph_config_clone(config, &clone))
		rph_http_reconfigure(run->http, clone);
}

/* ---- triggers -------------------------------------------------------------------------------- */

static void on_week(void *context)
{
	struct run *run = context;
	if (run->triggers)
		rph_triggers_wake(run->triggers);
}

static int start_triggers(struct run *run)
{
	run->announcer = (struct rph_announcer){
		.config = run->deployment.config, .log = run->log, .metrics = run->metrics};
	const struct rph_triggers_options triggers = {
		.loop = &run->loop,
		.config = run->deployment.config,
		.ledger = run->ledger,
		.metrics = run->metrics,
		.log = run->log,
		.send = rph_announce,
		.context = &run->announcer,
	};
	return rph_triggers_start(&triggers, &run->triggers);
}

/* ---- start ----------------------------------------------------------------------------------- */

static int complain(struct run *run, const char *what, int err)
{
	if (err && !run->deployment.problem.len)
		rph_buffer_format(&run->deployment.problem, "%s: %s\n", what, rph_strerror(err));
	return err;
}

static int check_config(struct run *run)
{
	struct rph_config_problems *problems = calloc(1, sizeof(*problems));
	if (!problems)
		return RPH_E_NO_MEMORY;
	rph_config_check_service(run->deployment.config, getenv("CREDENTIALS_DIRECTORY"), true,
				 problems);
	int err = problems->count + problems->dropped ? RPH_E_BAD_CONFIG : 0;
	if (err)
		rph_config_problems_print(problems, run->arguments->config,
					  &run->deployment.problem);
	rph_config_problems_free(problems);
	free(problems);
	return err;
}

static int open_log(struct run *run)
{
	const struct rph_config *config = run->deployment.config;
	struct rph_log_options log = {.fd = STDERR_FILENO, .metrics = NULL};
	int err = rph_metrics_new(&run->metrics);
	if (err)
		return err;
	log.metrics = run->metrics;
	if (!rph_log_level_parse(config->log.level, &log.level) ||
	    !rph_log_form_parse(config->log.format, STDERR_FILENO, getenv("JOURNAL_STREAM"),
				&log.form))
		return RPH_E_BAD_CONFIG;
	err = rph_log_new(&log, &run->log);
	if (err)
		return err;
	rph_metrics_set(run->metrics, RPH_METRIC_started, (uint64_t)rph_clock_wall_ms());
	rph_metrics_set(run->metrics, RPH_METRIC_build, 1);
	rph_metrics_set(run->metrics, RPH_METRIC_reload_ok, 1);
	RPH_SAY(run->log, starting, RPH_TEXT("version", RPH_VERSION), RPH_NUMBER("pid", getpid()));
	if (run->deployment.secret_created)
		RPH_SAY(run->log, secret_made, RPH_TEXT("path", run->deployment.secret_created));
	return 0;
}

static int open_errands(struct run *run)
{
	if (!run->deployment.config->http.administration)
		return 0;
	int err = rph_errands_init(&run->errands);
	run->has_errands = !err;
	return err;
}

static int announce_administration(struct run *run)
{
	RPH_SAY(run->log, administration);
	return complain(run, "store/administration",
			rph_remote_note_write(run->store_dir, run->deployment.config->http.listen,
					      rph_http_port(run->http)));
}

static int start_http(struct run *run)
{
	const struct rph_config *config = run->deployment.config;
	struct rph_http_options http = {
		.listen = config->http.listen,
		.keys = &run->deployment.keys,
		.store = run->deployment.store,
		.metrics = run->metrics,
		.log = run->log,
		.is_ready = rph_readiness_reasons,
		.context = &run->readiness,
		.errands = run->has_errands ? &run->errands : NULL,
	};
	/* That of a process that was killed would send orders to whoever listens there now. */
	rph_remote_note_remove(run->store_dir);
	if (!*config->http.listen)
		return 0;
	int err = rph_config_clone(config, &http.config);
	if (!err)
		err = rph_http_start(&http, &run->http);
	if (err)
		rph_buffer_format(&run->deployment.problem,
				  "http.listen: %s: %s; choose another address, or \"\" for none\n",
				  config->http.listen, rph_strerror(err));
	return err || !run->has_errands ? err : announce_administration(run);
}

static int make_service(struct run *run)
{
	const struct rph_service_options service = {
		.loop = &run->loop,
		.deployment = &run->deployment,
		.store_dir = run->store_dir,
		.credentials = getenv("CREDENTIALS_DIRECTORY"),
		.metrics = run->metrics,
		.log = run->log,
		.readiness = &run->readiness,
		.watchdog = &run->watchdog,
		.ledger = run->ledger,
		.errands = run->has_errands ? &run->errands : NULL,
		.sinks = rph_triggers_sinks(run->deployment.config),
		.take_over = run->arguments->take_over,
		.accept_gap = run->arguments->accept_gap,
		.exit_at_end = run->arguments->exit_at_end,
		.on_ready = on_ready,
		.on_week = on_week,
		.on_config = on_config,
		.on_stopped = on_stopped,
		.context = run,
	};
	return rph_service_new(&service, &run->service);
}

static int start_loop(struct run *run)
{
	const struct rph_signal_handlers handlers = {on_stop, on_reload, run};
	int err = rph_signals_start(&run->signals, &run->loop, &handlers);
	if (err)
		return err;
	run->has_signals = true;
	err = start_triggers(run);
	if (!err)
		err = rph_service_start(run->service);
	if (err)
		return err;
	uint64_t every = run->watchdog.interval_ms;
	if (!every || every > STATUS_EVERY_MS)
		every = STATUS_EVERY_MS;
	uv_timer_init(&run->loop, &run->status);
	run->status.data = run;
	run->has_status = true;
	uv_timer_start(&run->status, on_status, 0, every);
	return 0;
}

static int start(struct run *run)
{
	const struct rph_secret_places places = {
		.file = run->arguments->secret,
		.credentials_directory = getenv("CREDENTIALS_DIRECTORY"),
		.config_home = getenv("XDG_CONFIG_HOME"),
		.home = getenv("HOME"),
	};
	int err = rph_deployment_open(run->arguments->config, &places, &run->deployment);
	if (!err)
		err = check_config(run);
	if (!err)
		err = rph_deployment_words(&run->deployment);
	if (!err)
		err = open_log(run);
	if (!err)
		err = rph_service_store_open(&run->deployment, run->arguments->store,
					     &run->store_dir);
	if (!err)
		err = complain(run, "store/triggers",
			       rph_ledger_open(run->store_dir, &run->ledger));
	if (!err)
		err = complain(run, "http.administration", open_errands(run));
	if (!err)
		err = complain(run, "event loop", uv_loop_init(&run->loop));
	run->has_loop = !err;
	if (!err)
		err = complain(run, "start", make_service(run));
	if (!err)
		err = start_http(run);
	return err ? err : complain(run, "event loop", start_loop(run));
}

/* ---- end ------------------------------------------------------------------------------------- */

static void close_rest(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void finish(struct run *run)
{
	if (run->has_errands)
		rph_errands_close(&run->errands);
	if (run->has_errands && run->http)
		rph_remote_note_remove(run->store_dir);
	run->http = rph_http_stop(run->http);
	if (run->has_errands)
		rph_errands_destroy(&run->errands);
	if (run->has_loop) {
		/* After a start that failed half-way; else nothing is left. */
		if (run->triggers && run->has_signals)
			rph_triggers_stop(run->triggers, NULL, NULL);
		uv_walk(&run->loop, close_rest, NULL);
		uv_run(&run->loop, UV_RUN_DEFAULT);
	}
	run->triggers = rph_triggers_free(run->triggers);
	run->service = rph_service_free(run->service);
	run->announcer.producer = rph_producer_free(run->announcer.producer);
	run->ledger = rph_ledger_close(run->ledger);
	if (run->has_loop)
		uv_loop_close(&run->loop);
	rph_notify_close(&run->notify);
}

/* Every line of `text` once, in the log or beside it: both go to standard error. */
static void say_failed(struct run *run, char *text, int err)
{
	char *rest = NULL;
	char *line = text ? strtok_r(text, "\n", &rest) : NULL;
	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		if (run->log)
			RPH_SAY(run->log, failed, RPH_TEXT("reason", line),
				RPH_NUMBER("exit_code", rph_exit_code(err)));
		else
			fprintf(stderr, "rephrased run: %s\n", line);
	}
}

static int run_service(struct run *run)
{
	int err = start(run);
	if (err) {
		if (!run->deployment.problem.len)
			complain(run, "start", err);
		say_failed(run, run->deployment.problem.text, err);
		return err;
	}
	const char *sentence;
	uv_run(&run->loop, UV_RUN_DEFAULT);
	err = rph_service_result(run->service, &sentence);
	if (!err) {
		RPH_SAY(run->log, stopped);
		return 0;
	}
	rph_buffer_free(&run->deployment.problem);
	rph_buffer_add_text(&run->deployment.problem, *sentence ? sentence : rph_strerror(err));
	say_failed(run, run->deployment.problem.text, err);
	return err;
}

int rph_command_run(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed))
		return rph_shell_unparsed(&parsed);
	struct run *run = calloc(1, sizeof(*run));
	int err = run ? rph_signals_hold() : RPH_E_NO_MEMORY;
	if (err) {
		free(run);
		return rph_shell_refuse(command.name, err, "%s", rph_strerror(err));
	}
#ifndef __SANITIZE_ADDRESS__ /* which looks for leaks through what this forbids */
	/* What people said must not lie in a core file or be read by another process. */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
	run->arguments = &arguments;
	rph_readiness_init(&run->readiness);
	(void)rph_notify_open(getenv("NOTIFY_SOCKET"), &run->notify);
	unsetenv("NOTIFY_SOCKET");
	rph_watchdog_init(&run->watchdog, getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	err = run_service(run);
	finish(run);
	rph_deployment_close(&run->deployment);
	rph_log_free(run->log);
	rph_metrics_free(run->metrics);
	free(run->store_dir);
	free(run);
	return rph_exit_code(err);
}
