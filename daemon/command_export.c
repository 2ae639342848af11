/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_export.h"

#include <errno.h>
#include <inttypes.h>

#include "daemon/shell.h"
#include "schemas/error.h"
#include "schemas/export_format.h"
#include "threads/pool.h"

struct arguments {
	struct rph_common common;
	const char *out;
	rph_week week;
	struct rph_option_list formats;
};

/* clang-format off */
static const struct rph_option options[] = {
	RPH_COMMON_OPTIONS(struct arguments),
	RPH_OPTION(WEEK, struct arguments, week, .name = "week", .letter = 'w',
		   .argument = "WEEK", .required = true, .help = "the ISO week, for example 2026-W46"),
	RPH_OPTION(STRING, struct arguments, out, .name = "out", .letter = 'o', .argument = "DIR",
		   .required = true, .help = "where the week's directory is written"),
	RPH_OPTION(LIST, struct arguments, formats, .name = "format", .letter = 'f',
		   .argument = "NAME",
		   .help = "a further format beside JSON Lines, in place of export.formats: " RPH_FORMAT_NAMES),
};
/* clang-format on */

static const struct rph_command command = {
	.name = "export",
	.summary = "Write the training set of one week, with what was learned up to its end.",
	.details = "Writes DIR/WEEK whole or not at all, in place of an older one. The same\n"
		   "store, configuration and decisions give the same bytes. Only reads the store:\n"
		   "a service may be running on it.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.example = "rephrased export --store store --week 2026-W09 --out exports",
	.exits = "66  there is no store, or no evidence of that week\n"
		 "74  the week cannot be written to DIR\n"
		 "75  another process is writing to the store or exporting to DIR\n"
		 "78  configuration or secret is not valid, or does not fit the store",
};

/* The drops of a summary, in the order of the list. */
static const struct {
	const char *name;
	size_t offset;
} drops[] = {
#define DROP(name) {#name, offsetof(struct rph_week_summary, dropped_##name)},
	RPH_WEEK_DROP_LIST(DROP)
#undef DROP
};

static uint64_t number_at(const struct rph_week_summary *summary, size_t offset)
{
	uint64_t number;
	memcpy(&number, (const char *)summary + offset, sizeof(number));
	return number;
}

static void add_summary(const struct rph_week_summary *summary, const char *out,
			struct rph_buffer *text)
{
	rph_buffer_format(text, "%s/%s\n", out, summary->name);
	rph_buffer_format(text, "  train rows    %10" PRIu64 "\n", summary->train_rows);
	rph_buffer_format(text, "  holdout rows  %10" PRIu64 "\n", summary->holdout_rows);
	rph_buffer_format(text, "  pair rows     %10" PRIu64 " of %" PRIu64 " candidates:",
			  summary->pair_rows, summary->candidates);
	for (unsigned i = 0; i < RPH_PAIR_STATUS_COUNT; i++)
		rph_buffer_format(text, "%s %" PRIu64 " %s", i ? "," : "", summary->pairs[i],
				  rph_pair_status_name(i));
	rph_buffer_format(text,
			  "\n  sources       %10" PRIu64 " with a promoted or approved pair\n",
			  summary->sources);
	if (summary->withheld)
		rph_buffer_format(text, "  kept back     %10" PRIu64 " pairs, for privacy\n",
				  summary->withheld);
	for (unsigned i = 0; i < RPH_WORD_KINDS; i++)
		if (summary->variants[i])
			rph_buffer_format(text, "  of train rows %10" PRIu64 " of kind %s\n",
					  summary->variants[i], rph_word_kind_name(i));
	for (size_t i = 0; i < RPH_ARRAY_LEN(drops); i++) {
		uint64_t dropped = number_at(summary, drops[i].offset);
		if (dropped)
			rph_buffer_format(text, "  left out      %10" PRIu64 " %s\n", dropped,
					  drops[i].name);
	}
}

/* 0 when the store has evidence of the week or of a later one. */
static int check_week(struct rph_shell *shell, rph_week week)
{
	char wanted[RPH_WEEK_TEXT_SIZE], newest[RPH_WEEK_TEXT_SIZE];
	rph_week last;
	int err = rph_shell_last_week(shell, &last);
	if (err == RPH_E_NOT_FOUND)
		return rph_shell_refuse(shell->name, err,
					"store %s: holds no evidence yet; 'rephrased replay' adds "
					"some",
					shell->store_dir);
	if (err)
		return rph_shell_fail(shell, shell->store_dir, err);
	rph_week_format(week, wanted);
	rph_week_format(last, newest);
	if (week > last)
		return rph_shell_refuse(shell->name, RPH_E_NOT_FOUND,
					"--week %s: the newest evidence in store %s is of %s; "
					"replay the logs of that week first",
					wanted, shell->store_dir, newest);
	if (week == last)
		fprintf(stderr,
			"rephrased export: note: %s is the newest week in the store; if its logs "
			"are not complete, export it again when they are\n",
			wanted);
	return 0;
}

static int take_formats(struct rph_shell *shell, const struct rph_option_list *formats,
			struct rph_week_export_options *ret)
{
	if (!formats->count)
		return 0;
	struct rph_span *names =
		RPH_ARENA_ARRAY(&shell->deployment.arena, struct rph_span, formats->count);
	if (!names)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < formats->count; i++)
		names[i] = rph_span_of(formats->items[i]);
	ret->formats = names;
	ret->format_count = formats->count;
	return 0;
}

static int fail(struct rph_shell *shell, const char *out, int err)
{
	if (err == -EBUSY)
		return rph_shell_refuse(
			shell->name, RPH_E_STORE_BUSY,
			"--out %s: another process is exporting there; wait until it "
			"has ended",
			out);
	/* The folder above an output is no missing input. */
	return rph_shell_refuse(shell->name, err == -ENOENT ? RPH_E_IO : err,
				"--out %s: %s; run it again when the cause is mended", out,
				rph_strerror(err));
}

static int export_in_lanes(struct rph_shell *shell, struct rph_week_export_options *export,
			   struct rph_week_summary *ret)
{
	RPH_CLEANUP(rph_pool_free) struct rph_pool *pool = NULL;
	int err = rph_pool_new(shell->deployment.config->mining.threads, &pool);
	if (err)
		return err;
	const struct rph_parallel parallel = rph_pool_parallel(pool);
	export->pairs.parallel = &parallel;
	err = rph_week_export(shell->deployment.store, export, ret);
	export->pairs.parallel = NULL;
	return err;
}

static int run(struct rph_shell *shell, const struct arguments *arguments)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	struct rph_week_export_options export;
	struct rph_week_summary summary;
	int exit_code = rph_shell_open(shell, command.name, &arguments->common, RPH_STORE_READ);
	if (!exit_code)
		exit_code = check_week(shell, arguments->week);
	if (exit_code)
		return exit_code;
	int err = rph_deployment_words(&shell->deployment);
	if (err) {
		fprintf(stderr, "rephrased export: %s", shell->deployment.problem.text);
		return rph_exit_code(err);
	}
	err = rph_deployment_export(&shell->deployment, arguments->week, arguments->out, &export);
	if (!err)
		err = take_formats(shell, &arguments->formats, &export);
	if (!err)
		err = export_in_lanes(shell, &export, &summary);
	if (err == RPH_E_USAGE)
		return rph_shell_refuse(shell->name, err,
					"--format or export.formats: names a format that there is "
					"not; there are " RPH_FORMAT_NAMES);
	if (err)
		return fail(shell, arguments->out, err);
	add_summary(&summary, arguments->out, &text);
	return rph_shell_flush(shell, &text);
}

int rph_command_export(int argc, char **argv)
{
	struct arguments arguments = {.out = NULL};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed))
		return rph_shell_unparsed(&parsed);
	RPH_SHELL_CLEANUP struct rph_shell shell = {.name = command.name};
	return run(&shell, &arguments);
}
