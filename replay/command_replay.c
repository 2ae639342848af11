/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/command_replay.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "replay/replay.h"
#include "replay/report.h"
#include "schemas/error.h"
#include "schemas/options.h"
#include "schemas/progress.h"

enum { PROGRESS_EVERY_MS = 500 };

struct arguments {
	const char *config, *secret, *store, *evidence, *export_dir;
	int64_t batch;
	rph_time_ms from, to;
	bool final, json;
};

static const struct rph_option options[] = {
	RPH_OPTION(STRING, struct arguments, config, .name = "config", .argument = "FILE",
		   .help = "configuration; without it the defaults hold"),
	RPH_OPTION(STRING, struct arguments, secret, .name = "secret", .argument = "FILE",
		   .help = "deployment secret; made on first use"),
	RPH_OPTION(STRING, struct arguments, store, .name = "store", .argument = "DIR",
		   .required = true, .help = "the store; made if it is not there"),
	RPH_OPTION(TIME, struct arguments, from, .name = "from", .argument = "T",
		   .help = "only events at or after this time (RFC 3339 or YYYY-MM-DD); those "
			   "outside are "
			   "passed over for good, not kept for a later run"),
	RPH_OPTION(TIME, struct arguments, to, .name = "to", .argument = "T",
		   .help = "only events before this time"),
	RPH_OPTION(INTEGER, struct arguments, batch, .name = "batch", .argument = "N", .min = 1,
		   .max = 10000000,
		   .help = "records in one transaction (store.batch_records); changes no result"),
	RPH_OPTION(
		STRING, struct arguments, evidence, .name = "evidence", .argument = "FILE",
		.help = "write every judged transition as a JSON line; a run that goes on appends"),
	RPH_OPTION(
		STRING, struct arguments, export_dir, .name = "export-dir", .argument = "DIR",
		.help = "write the training set of every week that the watermark completes, again "
			"when evidence came to it since"),
	RPH_OPTION(FLAG, struct arguments, final, .name = "final",
		   .help = "the logs are complete: count open sessions, the last week, and a last "
			   "line "
			   "without its end too"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json",
		   .help = "print what was done as JSON on standard output"),
};

static const struct rph_command command = {
	.name = "replay",
	.summary = "mine historical logs",
	.details = "Logs are plain, gzip or zstd, one JSON event per line; '-' is standard input.\n"
		   "Each log is a partition of its own and must be in order of arrival. An\n"
		   "interrupted replay goes on where it stopped when it is run again. Records\n"
		   "that are no events go raw to dead_letters.dir (default: STORE/dead-letters).",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.positionals = "LOG...|-",
	.min_positionals = 1,
	.max_positionals = SIZE_MAX,
	.example = "rephrased replay --store /var/lib/rephrased/store --export-dir weeks "
		   "events-2026-07.jsonl.zst",
	.exits = "65  a log is damaged, changed since it was counted, or none of its records is an "
		 "event\n"
		 "66  a log cannot be read\n"
		 "74  the store or an output cannot be written\n"
		 "75  another process is writing to the store, or the run was stopped\n"
		 "78  configuration or secret is not valid, or does not fit the store",
};

/* ---- stopping and progress ------------------------------------------------------------------- */

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal_number)
{
	(void)signal_number;
	stop_asked = 1;
}

/* The first signal stops at the next batch boundary, a second one at once. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static bool is_stopped(void *context)
{
	(void)context;
	return stop_asked != 0;
}

struct terminal {
	bool is_one, has_line;
	int64_t started_ms, shown_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void show_progress(void *context, const struct rph_progress_report *report)
{
	struct terminal *terminal = context;
	int64_t now = now_ms();
	if (!terminal->is_one || now - terminal->shown_ms < PROGRESS_EVERY_MS)
		return;
	terminal->shown_ms = now;
	struct rph_progress progress = {
		.events = report->totals->records,
		.votes = report->totals->counts.mining.votes,
		.done = report->bytes_done,
		.done_before = report->bytes_before,
		.total = report->bytes_total,
		.elapsed_ms = now - terminal->started_ms,
	};
	for (unsigned i = 0; i < RPH_CLOSE_REASON_COUNT; i++)
		progress.sessions += report->totals->counts.closed[i];
	char text[RPH_PROGRESS_TEXT_SIZE];
	rph_progress_format(&progress, text);
	fprintf(stderr, "\r\033[K%s", text);
	terminal->has_line = true;
}

static void clear_progress(struct terminal *terminal)
{
	if (terminal->has_line)
		fputs("\r\033[K", stderr);
	terminal->has_line = false;
}

/* ---- the command ----------------------------------------------------------------------------- */

static struct rph_secret_places places(const struct arguments *arguments)
{
	return (struct rph_secret_places){
		.file = arguments->secret,
		.credentials_directory = getenv("CREDENTIALS_DIRECTORY"),
		.config_home = getenv("XDG_CONFIG_HOME"),
		.home = getenv("HOME"),
	};
}

static int replay_into(struct rph_deployment *deployment, const struct arguments *arguments,
		       struct rph_replay_options *replay, struct rph_replay_totals *totals)
{
	const char *dir = deployment->config->dead_letters.dir;
	char *standard = NULL;
	if (!*dir && asprintf(&standard, "%s/dead-letters", arguments->store) < 0)
		return RPH_E_NO_MEMORY;
	replay->dead_letters_dir = standard ? standard : dir;
	int err = rph_replay(deployment, replay, totals);
	clear_progress(replay->context);
	if (!err) {
		RPH_BUFFER_CLEANUP struct rph_buffer report = {0};
		rph_report_text(totals, replay->dead_letters_dir, &report);
		fputs(report.text ? report.text : "", stderr);
	}
	free(standard);
	return err;
}

static int print_json(const struct rph_replay_totals *totals)
{
	RPH_BUFFER_CLEANUP struct rph_buffer json = {0};
	rph_report_json(totals, &json);
	if (json.error || fputs(json.text, stdout) < 0 || fflush(stdout))
		return json.error ? json.error : RPH_E_IO;
	return 0;
}

/* A mistyped log must not leave an empty store behind. */
static int look_at_logs(const struct rph_parsed *parsed, struct rph_deployment *deployment)
{
	for (size_t i = 0; i < parsed->positional_count; i++) {
		const char *path = parsed->positionals[i];
		if (strcmp(path, "-") == 0 || access(path, R_OK) == 0)
			continue;
		rph_buffer_format(&deployment->problem, "log %s: %s; check the path\n", path,
				  strerror(errno));
		return RPH_E_NO_INPUT;
	}
	return 0;
}

/* What a run that worked still has to say by its exit code. */
static int judge_outcome(const struct rph_replay_totals *totals, struct rph_deployment *deployment)
{
	if (totals->stopped) {
		rph_buffer_add_text(&deployment->problem,
				    "stopped as asked; run the same command again to go on\n");
		return RPH_E_STOPPED;
	}
	if (totals->resumed || !totals->records ||
	    totals->counts.fates[RPH_FATE_REJECTED] != totals->records)
		return 0;
	rph_buffer_add_text(&deployment->problem,
			    "no record of the logs is an interaction event; see the reasons above "
			    "and interaction.v1.schema.json\n");
	return RPH_E_BAD_INPUT;
}

static int run(const struct arguments *arguments, const struct rph_parsed *parsed,
	       struct rph_deployment *deployment)
{
	struct rph_secret_places where = places(arguments);
	int err = rph_deployment_open(arguments->config, &where, deployment);
	if (!err)
		err = rph_deployment_words(deployment);
	if (!err)
		err = look_at_logs(parsed, deployment);
	if (!err)
		err = rph_deployment_store(deployment, arguments->store, RPH_STORE_CREATE);
	if (err)
		return err;
	if (deployment->secret_created)
		fprintf(stderr,
			"rephrased replay: note: made the deployment secret %s; keep it, "
			"without it nothing can be added to the store\n",
			deployment->secret_created);
	struct terminal terminal = {.is_one = isatty(STDERR_FILENO), .started_ms = now_ms()};
	struct rph_replay_options replay = {
		.paths = (const char *const *)parsed->positionals,
		.path_count = parsed->positional_count,
		.batch_records = arguments->batch ? (uint32_t)arguments->batch
						  : deployment->config->store.batch_records,
		.from = arguments->from,
		.to = arguments->to,
		.evidence_path = arguments->evidence,
		.export_parent = arguments->export_dir,
		.final = arguments->final,
		.on_progress = show_progress,
		.is_stopped = is_stopped,
		.context = &terminal,
	};
	struct rph_replay_totals totals;
	catch_signals();
	err = replay_into(deployment, arguments, &replay, &totals);
	if (!err && arguments->json)
		err = print_json(&totals);
	return err ? err : judge_outcome(&totals, deployment);
}

int rph_command_replay(int argc, char **argv)
{
	struct arguments arguments = {.from = INT64_MIN, .to = INT64_MAX};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed)) {
		fputs(parsed.text, parsed.exit_code ? stderr : stdout);
		return parsed.exit_code;
	}
	if (arguments.from >= arguments.to) {
		fputs("rephrased replay: --from must be before --to\n", stderr);
		return rph_exit_code(RPH_E_USAGE);
	}
	RPH_DEPLOYMENT_CLEANUP struct rph_deployment deployment = {0};
	int err = run(&arguments, &parsed, &deployment);
	if (err && deployment.problem.len)
		fprintf(stderr, "rephrased replay: %s", deployment.problem.text);
	else if (err)
		fprintf(stderr, "rephrased replay: store %s: %s\n", arguments.store,
			rph_strerror(err));
	return rph_exit_code(err);
}
