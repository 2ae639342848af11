/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_pairs.h"

#include "daemon/pair_text.h"
#include "daemon/ranking.h"
#include "daemon/shell.h"
#include "schemas/error.h"

enum { TOP_MAX = 100000, FLUSH_BYTES = 1 << 16 };

struct arguments {
	struct rph_common common;
	const char *locale, *status;
	rph_week week;
	int64_t top;
	bool json;
};

/* clang-format off */
static const struct rph_option options[] = {
	RPH_COMMON_OPTIONS(struct arguments),
	RPH_OPTION(STRING, struct arguments, locale, .name = "locale", .letter = 'l',
		   .argument = "L", .help = "only pairs of this language tag"),
	RPH_OPTION(STRING, struct arguments, status, .name = "status", .argument = "S",
		   .help = "only pairs that are promoted, refused, pending, approved or denied"),
	RPH_OPTION(WEEK, struct arguments, week, .name = "week", .argument = "WEEK",
		   .help = "as known at the end of this week; without it the newest in the store"),
	RPH_OPTION(INTEGER, struct arguments, top, .name = "top", .letter = 'n', .argument = "N",
		   .min = 1, .max = TOP_MAX,
		   .help = "only the N best: in use before not, then by users, then by confidence"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json",
		   .help = "one JSON object a line, with the keys of pairs.jsonl"),
};
/* clang-format on */
enum { OPTION_WEEK = 5 };

static const struct rph_command command = {
	.name = "pairs",
	.summary = "List the pairs of formulations that were learned, and those that were not.",
	.details = "Without --top the order is that of pairs.jsonl: locale, source, target.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.example = "rephrased pairs --store store --status promoted --top 10\n"
		   "rephrased pairs --store store --locale de-DE --json",
	.exits = "66  there is no store, or nothing in it",
};

struct list {
	const struct rph_shell *shell;
	const struct arguments *arguments;
	struct rph_span locale; /* empty: all */
	bool by_status;
	enum rph_pair_status status;
	struct rph_buffer text;
	uint64_t count;
	int exit_code;              /* when standard output failed */
	struct rph_ranking ranking; /* used with --top */
};

static bool is_wanted(const struct list *list, const struct rph_pair_view *view)
{
	return (!list->locale.len || rph_span_equal(list->locale, view->locale)) &&
	       (!list->by_status || list->status == view->promotion->status);
}

static rph_ranking_write write_pair;
static int write_pair(void *context, const struct rph_pair_view *view, struct rph_buffer *text)
{
	const struct list *list = context;
	if (list->arguments->json) {
		struct rph_pair_view_row row;
		rph_pair_view_row(view, &row);
		rph_pair_row_write(text, &row.row);
	} else {
		rph_pair_text_add(text, view);
		rph_pair_text_reasons(text, view->promotion);
	}
	return text->error;
}

static int flush(struct list *list)
{
	list->exit_code = rph_shell_flush(list->shell, &list->text);
	return list->exit_code ? RPH_E_IO : 0;
}

static int visit(void *context, const struct rph_pair_view *view)
{
	struct list *list = context;
	if (!is_wanted(list, view))
		return 0;
	list->count++;
	if (list->arguments->top)
		return rph_ranking_offer(&list->ranking, view, write_pair, list);
	int err = write_pair(list, view, &list->text);
	if (err)
		return err;
	return list->text.len < FLUSH_BYTES ? 0 : flush(list);
}

static void add_foot(struct list *list, rph_week week, size_t shown)
{
	char text[RPH_WEEK_TEXT_SIZE];
	rph_week_format(week, text);
	if (list->count == 0)
		rph_buffer_format(&list->text, "no such pair at the end of %s\n", text);
	else if (list->arguments->top)
		rph_buffer_format(&list->text, "%zu of %llu pairs at the end of %s\n", shown,
				  (unsigned long long)list->count, text);
	else
		rph_buffer_format(&list->text, "%llu pairs at the end of %s\n",
				  (unsigned long long)list->count, text);
}

static int list_pairs(struct list *list, struct rph_shell *shell, rph_week week)
{
	struct rph_pairs_options pairs;
	int err = rph_deployment_pairs(&shell->deployment, week, &pairs);
	if (!err && list->arguments->top)
		err = rph_ranking_init(&list->ranking, (size_t)list->arguments->top);
	if (!err && !list->arguments->json)
		rph_pair_text_heads(&list->text);
	if (!err)
		err = rph_pairs_scan(shell->deployment.store, &pairs, visit, list);
	size_t shown = list->ranking.count;
	rph_ranking_take(&list->ranking, &list->text);
	if (!err && !list->arguments->json)
		add_foot(list, week, shown);
	if (!err)
		err = flush(list);
	if (list->exit_code)
		return list->exit_code;
	return err ? rph_shell_fail(shell, shell->store_dir, err) : 0;
}

static int run(struct list *list, struct rph_shell *shell, bool week_given)
{
	const struct arguments *arguments = list->arguments;
	char tag[RPH_LOCALE_MAX];
	rph_week week = arguments->week;
	if (arguments->status &&
	    !rph_pair_status_parse(rph_span_of(arguments->status), &list->status))
		return rph_shell_refuse(command.name, RPH_E_USAGE,
					"--status %s: not one of promoted, refused, pending, "
					"approved, denied",
					arguments->status);
	list->by_status = arguments->status != NULL;
	int exit_code = rph_shell_open(shell, command.name, &arguments->common, RPH_STORE_READ);
	if (!exit_code && arguments->locale)
		exit_code = rph_shell_locale(shell, arguments->locale, tag, &list->locale);
	if (exit_code)
		return exit_code;
	int err = week_given ? 0 : rph_shell_last_week(shell, &week);
	if (err == RPH_E_NOT_FOUND)
		return rph_shell_refuse(command.name, err,
					"store %s: holds no evidence yet; 'rephrased replay' adds "
					"some",
					shell->store_dir);
	if (err)
		return rph_shell_fail(shell, shell->store_dir, err);
	return list_pairs(list, shell, week);
}

int rph_command_pairs(int argc, char **argv)
{
	struct arguments arguments = {.top = 0};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed))
		return rph_shell_unparsed(&parsed);
	RPH_SHELL_CLEANUP struct rph_shell shell = {.name = command.name};
	struct list list = {.shell = &shell, .arguments = &arguments};
	int exit_code = run(&list, &shell, parsed.given >> OPTION_WEEK & 1);
	rph_ranking_free(&list.ranking);
	rph_buffer_free(&list.text);
	return exit_code;
}
