/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_explain.h"

#include "daemon/explanation.h"
#include "daemon/nearest.h"
#include "schemas/error.h"

struct arguments {
	struct rph_common common;
	const char *locale;
	rph_week week;
	int64_t top;
	bool json;
};

/* clang-format off */
static const struct rph_option options[] = {
	RPH_COMMON_OPTIONS(struct arguments),
	RPH_OPTION(STRING, struct arguments, locale, .name = "locale", .letter = 'l',
		   .argument = "L", .required = true, .help = "language tag, as in the log"),
	RPH_OPTION(WEEK, struct arguments, week, .name = "week", .argument = "WEEK",
		   .help = "as known at the end of this week; without it the newest in the store"),
	RPH_OPTION(INTEGER, struct arguments, top, .name = "top", .letter = 'n', .argument = "N",
		   .standard = "3", .min = 1, .max = 100000,
		   .help = "pairs to show in each direction, those with most evidence first"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json",
		   .help = "one JSON object, with every pair"),
};
/* clang-format on */
enum { OPTION_WEEK = 4 };

static const struct rph_command command = {
	.name = "explain",
	.summary = "Say what is known of an utterance, and why its pairs are in use or not.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.positionals = "UTTERANCE",
	.min_positionals = 1,
	.max_positionals = 1,
	.example = "rephrased explain --store store --locale en-US \"turn of the light\"",
	.exits = "65  the utterance is not UTF-8\n66  nobody said it, or there is no store",
};

/* Nobody said it: what was said that looks like it? */
static int unknown(struct rph_shell *shell, const struct rph_shell_formulation *said)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	struct rph_nearest_text nearest[3];
	size_t count = 0;
	int err = rph_nearest_formulations(shell, said, nearest, RPH_ARRAY_LEN(nearest), &count);
	if (err)
		return rph_shell_fail(shell, shell->store_dir, err);
	rph_buffer_format(&text, "rephrased %s: nobody said '", shell->name);
	rph_shell_add_text(&text, said->text);
	rph_buffer_format(&text, "' in %.*s", (int)said->locale.len, said->locale.ptr);
	rph_buffer_add_text(&text, count ? "; try one of these:\n"
					 : "; 'rephrased pairs' lists what was said\n");
	for (size_t i = 0; i < count; i++) {
		rph_buffer_add_text(&text, "  ");
		rph_shell_add_text(&text, nearest[i].text);
		rph_buffer_add_text(&text, "\n");
	}
	if (text.error)
		return rph_shell_fail(shell, "answer", text.error);
	fputs(text.text, stderr);
	return rph_exit_code(RPH_E_NOT_FOUND);
}

static int answer(struct rph_shell *shell, const struct rph_explanation *explanation, bool json)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	int err = json ? rph_explanation_json(explanation, &text)
		       : rph_explanation_text(explanation, &text);
	if (err)
		return rph_shell_fail(shell, shell->store_dir, err);
	return rph_shell_flush(shell, &text);
}

static int explain(struct rph_shell *shell, const struct rph_shell_formulation *said, rph_week week,
		   const struct arguments *arguments)
{
	struct rph_formulation_delta found;
	struct rph_explanation explanation = {
		.shell = shell, .said = said, .week = week, .top = (size_t)arguments->top};
	int err = rph_store_get_formulation(shell->deployment.store, &said->id, &shell->arena,
					    &found);
	if (err == RPH_E_NOT_FOUND)
		return unknown(shell, said);
	if (!err)
		err = rph_deployment_pairs(&shell->deployment, week, &explanation.pairs);
	if (err)
		return rph_shell_fail(shell, shell->store_dir, err);
	explanation.pairs.only = &said->id;
	return answer(shell, &explanation, arguments->json);
}

static int run(struct rph_shell *shell, const struct arguments *arguments,
	       const struct rph_parsed *parsed)
{
	char tag[RPH_LOCALE_MAX];
	struct rph_span locale;
	struct rph_shell_formulation said;
	rph_week week = arguments->week;
	int exit_code = rph_shell_open(shell, command.name, &arguments->common, RPH_STORE_READ);
	if (!exit_code)
		exit_code = rph_shell_locale(shell, arguments->locale, tag, &locale);
	if (exit_code)
		return exit_code;
	int err = rph_shell_formulation(shell, locale, rph_span_of(parsed->positionals[0]), &said);
	if (err == RPH_E_BAD_INPUT)
		return rph_shell_refuse(
			shell->name, err,
			"UTTERANCE is not UTF-8, or longer than any that is counted");
	if (err)
		return rph_shell_fail(shell, "UTTERANCE", err);
	if (!(parsed->given >> OPTION_WEEK & 1))
		err = rph_shell_last_week(shell, &week);
	/* An empty store knows no utterance: that is the better sentence. */
	if (err && err != RPH_E_NOT_FOUND)
		return rph_shell_fail(shell, shell->store_dir, err);
	return explain(shell, &said, week, arguments);
}

int rph_command_explain(int argc, char **argv)
{
	struct arguments arguments = {.json = false};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed))
		return rph_shell_unparsed(&parsed);
	RPH_SHELL_CLEANUP struct rph_shell shell = {.name = command.name};
	return run(&shell, &arguments, &parsed);
}
