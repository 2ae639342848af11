/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_rewrite.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/rewriting.h"
#include "schemas/error.h"

struct arguments {
	struct rph_common common;
	const char *locale;
	const char *user; /* or NULL */
	bool json;
};

/* clang-format off */
static const struct rph_option options[] = {
	RPH_COMMON_OPTIONS(struct arguments),
	RPH_OPTION(STRING, struct arguments, locale, .name = "locale", .letter = 'l',
		   .argument = "L", .required = true, .help = "language tag, as in the log"),
	RPH_OPTION(STRING, struct arguments, user, .name = "user", .letter = 'u',
		   .argument = "USER_ID",
		   .help = "who asks, as in the log: some are held back (rewrite.holdout)"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json",
		   .help = "one JSON object a line: utterance, rewrite, rewriter, p, why, arm"),
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
	struct rph_rewriting rewriters;
	struct rph_span locale, user_id;
	bool json;
};

static int rewrite_one(struct rewriting *rewriting, struct rph_span utterance,
		       struct rph_buffer *text)
{
	struct rph_shell *shell = rewriting->rewriters.shell;
	struct rph_rewriting_answer answer;
	int err = rph_rewriting_ask(&rewriting->rewriters, rewriting->locale, utterance,
				    rewriting->user_id, &answer);
	if (err)
		return rph_shell_fail(shell, shell->store_dir, err);
	if (rewriting->json) {
		rph_rewriting_json(text, utterance, &answer);
	} else {
		rph_buffer_add(text,
			       answer.answer.rewriter ? answer.answer.rewrite.text : utterance);
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
			exit_code = rph_shell_flush(rewriting->rewriters.shell, &text);
		if (!exit_code && fflush(stdout) != 0)
			exit_code = rph_shell_fail(rewriting->rewriters.shell, "standard output",
						   -errno);
		errno = 0;
	}
	if (!exit_code && !feof(stdin))
		exit_code = rph_shell_fail(rewriting->rewriters.shell, "standard input",
					   errno ? -errno : RPH_E_IO);
	free(line);
	return exit_code;
}

static int run(struct rph_shell *shell, const struct arguments *arguments,
	       const struct rph_parsed *parsed)
{
	char tag[RPH_LOCALE_MAX];
	struct rewriting rewriting = {.json = arguments->json,
				      .user_id = rph_span_of(arguments->user)};
	int exit_code = rph_shell_open(shell, command.name, &arguments->common, RPH_STORE_READ);
	if (!exit_code)
		exit_code = rph_shell_locale(shell, arguments->locale, tag, &rewriting.locale);
	if (exit_code)
		return exit_code;
	rewriting.rewriters = rph_rewriting_of(shell);
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
