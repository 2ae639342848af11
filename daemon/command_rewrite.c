/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_rewrite.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/shell.h"
#include "rewriters/sequence.h"
#include "schemas/error.h"
#include "schemas/json_text.h"

struct arguments {
	struct rph_common common;
	const char *locale;
	bool json;
};

/* clang-format off */
static const struct rph_option options[] = {
	RPH_COMMON_OPTIONS(struct arguments),
	RPH_OPTION(STRING, struct arguments, locale, .name = "locale", .letter = 'l',
		   .argument = "L", .required = true, .help = "language tag, as in the log"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json",
		   .help = "one JSON object a line: utterance, rewrite, rewriter, p, why"),
};
/* clang-format on */

static const struct rph_command command = {
	.name = "rewrite",
	.summary = "Replace an utterance by the formulation that works, if one is published.",
	.details = "Prints the rewrite, or the utterance as it was. Without UTTERANCE every line\n"
		   "of standard input is one.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.positionals = "[UTTERANCE]",
	.max_positionals = 1,
	.example = "rephrased rewrite --store store --locale en-US \"turn of the light\"\n"
		   "rephrased rewrite --store store --locale de-DE --json < utterances.txt",
	.exits = "66  there is no store",
};

struct rewriting {
	struct rph_shell *shell;
	struct rph_sequence sequence;
	struct rph_pair_reader pairs;
	struct rph_span locale;
	bool json;
};

static int read_published(void *context, const struct rph_id *source, struct rph_arena *arena,
			  struct rph_rewrite_target *ret)
{
	struct rph_store *store = context;
	struct rph_published published;
	struct rph_formulation_delta target;
	int err = rph_store_get_rewrite(store, source, &published);
	if (!err)
		err = rph_store_get_formulation(store, &published.target, arena, &target);
	if (err)
		return err;
	*ret = (struct rph_rewrite_target){
		.formulation = published.target,
		.text = target.text,
		.p = published.p,
		.week = (rph_week)published.generation,
	};
	return 0;
}

static void add_json(struct rph_buffer *text, struct rph_span utterance,
		     const struct rph_sequence_answer *answer, const char *why_not)
{
	const struct rph_rewrite *rewrite = answer->rewriter ? &answer->rewrite : NULL;
	rph_json_open(text, '{');
	rph_json_put_string(text, "utterance", utterance);
	rph_json_key(text, "rewrite");
	if (rewrite)
		rph_json_string(text, rewrite->text);
	else
		rph_json_null(text);
	rph_json_key(text, "rewriter");
	if (rewrite)
		rph_json_string(text, rph_span_of(answer->rewriter->name));
	else
		rph_json_null(text);
	rph_json_put_ratio(text, "p", rewrite ? rewrite->p : 0, 256, 4);
	rph_json_put_string(text, "why", rewrite ? rewrite->why : rph_span_of(why_not));
	rph_json_close(text, '}');
	rph_buffer_add_text(text, "\n");
}

/* Text that cannot be normalised is passed on as it is: a rewriter in a pipeline must not lose
 * lines. */
static int rewrite_one(struct rewriting *rewriting, struct rph_span utterance,
		       struct rph_buffer *text)
{
	struct rph_shell *shell = rewriting->shell;
	struct rph_shell_formulation said;
	struct rph_sequence_answer answer = {.rewriter = NULL};
	const char *why_not = "no rewrite is published";
	rph_arena_reset(&shell->arena);
	int err = rph_shell_formulation(shell, rewriting->locale, utterance, &said);
	if (err == RPH_E_BAD_INPUT) {
		why_not = "not UTF-8, or too long";
	} else if (!err) {
		const struct rph_rewrite_query query = {said.locale, said.text, said.id};
		err = rph_sequence_rewrite(&rewriting->sequence, &rewriting->pairs, &query,
					   &shell->arena, &answer);
	}
	if (err && err != RPH_E_BAD_INPUT)
		return rph_shell_fail(shell, shell->store_dir, err);
	if (rewriting->json) {
		add_json(text, utterance, &answer, why_not);
	} else {
		rph_buffer_add(text, answer.rewriter ? answer.rewrite.text : utterance);
		rph_buffer_add_text(text, "\n");
	}
	return 0;
}

/* Each answer leaves before the next line is read: somebody may be typing, or a program waiting. */
static int rewrite_lines(struct rewriting *rewriting)
{
	char *line = NULL;
	size_t size = 0;
	int exit_code = 0;
	ssize_t len;
	errno = 0;
	while (!exit_code && (len = getline(&line, &size, stdin)) >= 0) {
		RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
		size_t kept = (size_t)len;
		if (kept && line[kept - 1] == '\n')
			kept--;
		exit_code = rewrite_one(rewriting, (struct rph_span){line, kept}, &text);
		if (!exit_code)
			exit_code = rph_shell_flush(rewriting->shell, &text);
		if (!exit_code && fflush(stdout) != 0)
			exit_code = rph_shell_fail(rewriting->shell, "standard output", -errno);
		errno = 0;
	}
	if (!exit_code && !feof(stdin))
		exit_code = rph_shell_fail(rewriting->shell, "standard input",
					   errno ? -errno : RPH_E_IO);
	free(line);
	return exit_code;
}

static int run(struct rph_shell *shell, const struct arguments *arguments,
	       const struct rph_parsed *parsed)
{
	char tag[RPH_LOCALE_MAX];
	struct rewriting rewriting = {
		.shell = shell,
		.sequence = rph_sequence_default(),
		.json = arguments->json,
	};
	int exit_code = rph_shell_open(shell, command.name, &arguments->common, RPH_STORE_READ);
	if (!exit_code)
		exit_code = rph_shell_locale(shell, arguments->locale, tag, &rewriting.locale);
	if (exit_code)
		return exit_code;
	rewriting.pairs = (struct rph_pair_reader){shell->deployment.store, read_published};
	if (!parsed->positional_count)
		return rewrite_lines(&rewriting);
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	exit_code = rewrite_one(&rewriting, rph_span_of(parsed->positionals[0]), &text);
	return exit_code ? exit_code : rph_shell_flush(shell, &text);
}

int rph_command_rewrite(int argc, char **argv)
{
	struct arguments arguments = {.json = false};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed))
		return rph_shell_unparsed(&parsed);
	RPH_SHELL_CLEANUP struct rph_shell shell = {.name = command.name};
	return run(&shell, &arguments, &parsed);
}
