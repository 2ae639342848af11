/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/command_generate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "replay/generate.h"
#include "schemas/error.h"
#include "schemas/options.h"
#include "schemas/progress.h"

struct arguments {
	int64_t seed, sessions, weeks, partitions, users, devices;
	rph_time_ms start;
	struct rph_option_list locales;
	const char *truth, *out_dir;
};

static const struct rph_option options[] = {
	RPH_OPTION(INTEGER, struct arguments, seed, .name = "seed", .argument = "N",
		   .standard = "1", .min = 0, .max = INT64_MAX,
		   .help = "the same seed gives the same logs"),
	RPH_OPTION(INTEGER, struct arguments, sessions, .name = "sessions", .argument = "N",
		   .required = true, .min = 1, .max = INT64_C(100000000000),
		   .help = "how many sessions, of 2.1 events on average"),
	RPH_OPTION(INTEGER, struct arguments, weeks, .name = "weeks", .argument = "N",
		   .standard = "8", .min = 1, .max = 520, .help = "weeks to spread them over"),
	RPH_OPTION(TIME, struct arguments, start, .name = "start", .argument = "TIME",
		   .standard = "2026-01-05", .help = "when the first week begins; cut to the hour"),
	RPH_OPTION(INTEGER, struct arguments, partitions, .name = "partitions", .argument = "N",
		   .standard = "1", .min = 1, .max = RPH_GENERATE_PARTITIONS_MAX,
		   .help = "partitions to divide the users over; with more than one, events have a "
			   "key \"partition\""),
	RPH_OPTION(LIST, struct arguments, locales, .name = "locale", .argument = "L",
		   .help = "a language to use: en-US, de-DE, tr-TR, ja-JP, th-TH or ar-SA; may be "
			   "repeated; all without it"),
	RPH_OPTION(INTEGER, struct arguments, users, .name = "users", .argument = "N",
		   .standard = "0", .min = 0, .max = UINT32_MAX,
		   .help = "how many users; 0: one for every 12 sessions"),
	RPH_OPTION(INTEGER, struct arguments, devices, .name = "devices", .argument = "N",
		   .standard = "3", .min = 1, .max = 100, .help = "devices per user, at most"),
	RPH_OPTION(STRING, struct arguments, truth, .name = "truth", .argument = "FILE",
		   .help = "write the true goal of every event and the true type of every "
			   "transition to FILE"),
	RPH_OPTION(STRING, struct arguments, out_dir, .name = "out-dir", .argument = "DIR",
		   .help = "write DIR/part-0.jsonl, part-1.jsonl, ..., one per partition, instead "
			   "of standard output"),
};

static const struct rph_command command = {
	.name = "generate",
	.summary = "Write synthetic interaction logs with known truth.",
	.details = "One JSON event per line, in the order of arrival. The same arguments give the "
		   "same bytes.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.example =
		"rephrased generate --seed 1 --sessions 50000 --truth truth.jsonl > log.jsonl\n"
		"rephrased generate --sessions 50000 --locale ja-JP --partitions 4 --out-dir logs",
	.exits = "74  the output could not be written",
};

/* Everything that is open while the command runs. */
struct files {
	struct rph_gen_writer
		writers[RPH_GENERATE_PARTITIONS_MAX + 1]; /* the truth after the events */
	unsigned count;
	struct rph_gen_writer *truth;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct watch {
	uint64_t sessions;
	int64_t started_ms, shown_ms;
};

static void show_progress(void *context, const struct rph_generate_stats *stats)
{
	struct watch *watch = context;
	int64_t now = now_ms();
	if (now - watch->shown_ms < 500)
		return;
	watch->shown_ms = now;
	struct rph_progress progress = {
		.events = stats->lines,
		.sessions = stats->sessions,
		.done = stats->sessions,
		.total = watch->sessions,
		.elapsed_ms = now - watch->started_ms,
	};
	char text[RPH_PROGRESS_TEXT_SIZE];
	rph_progress_format(&progress, text);
	fprintf(stderr, "\r%s\033[K", text);
}

static int complain(const char *what, int error)
{
	fprintf(stderr, "rephrased generate: %s: %s\n", what, rph_strerror(error));
	/* Every file here is output, so a missing folder is no missing input. */
	return rph_exit_code(error == RPH_E_NO_MEMORY ? error : RPH_E_IO);
}

static int open_file(struct files *files, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	int error = rph_gen_writer_init(&files->writers[files->count], fd);
	if (error)
		close(fd);
	else
		files->count++;
	return error;
}

/* Closing tells of the last write errors of a network file system. */
static int close_all(struct files *files)
{
	int first = 0;
	for (unsigned i = 0; i < files->count; i++) {
		struct rph_gen_writer *writer = &files->writers[i];
		if (writer->fd != STDOUT_FILENO && close(writer->fd) != 0 && !first)
			first = -errno;
		rph_gen_writer_free(writer);
	}
	files->count = 0;
	return first;
}

/* Returns an exit code. */
static int open_all(const struct arguments *arguments, struct files *files)
{
	char path[4096];
	if (arguments->out_dir && mkdir(arguments->out_dir, 0777) != 0 && errno != EEXIST)
		return complain(arguments->out_dir, -errno);
	for (int64_t i = 0; arguments->out_dir && i < arguments->partitions; i++) {
		int len = snprintf(path, sizeof(path), "%s/part-%" PRId64 ".jsonl",
				   arguments->out_dir, i);
		int error = (size_t)len < sizeof(path) ? open_file(files, path) : -ENAMETOOLONG;
		if (error)
			return complain(path, error);
	}
	if (!arguments->out_dir) {
		int error = rph_gen_writer_init(&files->writers[0], STDOUT_FILENO);
		if (error)
			return complain("standard output", error);
		files->count = 1;
	}
	if (!arguments->truth)
		return 0;
	int error = open_file(files, arguments->truth);
	if (error)
		return complain(arguments->truth, error);
	files->truth = &files->writers[files->count - 1];
	return 0;
}

/* Returns an exit code. */
static int read_locales(const struct rph_option_list *names, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < names->count; i++) {
		unsigned at = 0;
		while (at < RPH_LANGUAGE_COUNT &&
		       !rph_span_equal(rph_span_of(names->items[i]), rph_language_tag(at)))
			at++;
		if (at == RPH_LANGUAGE_COUNT) {
			fprintf(stderr,
				"rephrased generate: there is no grammar for the locale \"%s\"; "
				"choose from",
				names->items[i]);
			for (at = 0; at < RPH_LANGUAGE_COUNT; at++)
				fprintf(stderr, " %s", rph_language_tag(at).ptr);
			fputs("\n", stderr);
			return rph_exit_code(RPH_E_USAGE);
		}
		*ret |= UINT32_C(1) << at;
	}
	return 0;
}

static int generate(const struct rph_generate_options *wanted, struct files *files,
		    struct rph_generate_stats *ret_stats)
{
	struct watch watch = {.sessions = wanted->sessions, .started_ms = now_ms()};
	bool watched = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	struct rph_generate_output output = {
		.events = files->writers,
		.event_count = files->count - (files->truth != NULL),
		.truth = files->truth,
		.progress = watched ? show_progress : NULL,
		.context = &watch,
	};
	int error = rph_generate(wanted, &output, ret_stats);
	if (watch.shown_ms)
		fputs("\r\033[K", stderr);
	if (error == RPH_E_USAGE) {
		fprintf(stderr,
			"rephrased generate: too few users for so many sessions in so short a "
			"time; give a larger --users or --weeks, or leave --users out\n");
		return rph_exit_code(error);
	}
	return error ? complain("cannot write the logs", error) : 0;
}

int rph_command_generate(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed)) {
		fputs(parsed.text, parsed.exit_code ? stderr : stdout);
		return parsed.exit_code;
	}
	if (arguments.start < 0) {
		fputs("rephrased generate: --start must not be before 1970\n", stderr);
		return rph_exit_code(RPH_E_USAGE);
	}
	struct rph_generate_options wanted = {
		.seed = (uint64_t)arguments.seed,
		.sessions = (uint64_t)arguments.sessions,
		.weeks = (unsigned)arguments.weeks,
		.start = arguments.start - arguments.start % 3600000,
		.partitions = (unsigned)arguments.partitions,
		.users = (uint32_t)arguments.users,
		.devices = (unsigned)arguments.devices,
	};
	int exit_code = read_locales(&arguments.locales, &wanted.locales);
	if (exit_code)
		return exit_code;
	struct files files = {.count = 0};
	struct rph_generate_stats stats = {0};
	exit_code = open_all(&arguments, &files);
	if (!exit_code)
		exit_code = generate(&wanted, &files, &stats);
	int error = close_all(&files);
	if (error && !exit_code)
		exit_code = complain("cannot write the logs", error);
	if (!exit_code && isatty(STDERR_FILENO))
		fprintf(stderr, "%" PRIu64 " events in %" PRIu64 " sessions\n", stats.lines,
			stats.sessions);
	return exit_code;
}
