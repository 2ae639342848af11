/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_check.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/config_check.h"

#include "schemas/error.h"
#include "schemas/json_text.h"
#include "schemas/options.h"
#include "store/config_file.h"

static const char standard_file[] = "/etc/rephrased/rephrased.yaml";

struct arguments {
	const char *config;
	bool json, print, manual;
};

static const struct rph_option options[] = {
	RPH_OPTION(STRING, struct arguments, config, .name = "config", .letter = 'c',
		   .argument = "FILE", .standard = standard_file, .help = "the configuration"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json",
		   .help = "say what is wrong as one JSON object on standard output"),
	RPH_OPTION(FLAG, struct arguments, print, .name = "print",
		   .help = "print the configuration in force, defaults included; passwords and "
			   "keys are hidden"),
	RPH_OPTION(FLAG, struct arguments, manual, .name = "man",
		   .help = "print the manual page rephrased.yaml(5) and read no file"),
};

static const struct rph_command command = {
	.name = "check",
	.summary = "validate a configuration file",
	.details = "Every problem is printed as FILE:LINE:COLUMN: key: what is wrong; the remedy.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.example = "rephrased check --config rephrased.yaml",
	.exits = "66  the file does not exist\n78  the configuration is not valid",
};

/* Ends every way of this command: what was composed is written, or the failure said. */
static int finish(FILE *stream, const struct rph_buffer *text, int exit_code)
{
	int err = text->error;
	if (!err && text->len > 0 && fwrite(text->text, 1, text->len, stream) != text->len)
		err = RPH_E_IO;
	if (!err && fflush(stream) != 0)
		err = RPH_E_IO;
	if (err)
		fprintf(stderr, "rephrased check: cannot write the answer: %s\n",
			rph_strerror(err));
	return err ? rph_exit_code(err) : exit_code;
}

static void add_json(struct rph_buffer *text, const char *file, bool valid,
		     const struct rph_config_problems *problems)
{
	rph_json_open(text, '{');
	rph_json_put_string(text, "file", rph_span_of(file));
	rph_json_put_bool(text, "valid", valid);
	rph_json_key(text, "problems");
	rph_json_open(text, '[');
	for (size_t i = 0; i < problems->count; i++) {
		const struct rph_config_problem *problem = &problems->items[i];
		rph_json_open(text, '{');
		rph_json_put_unsigned(text, "line", problem->place.line);
		rph_json_put_unsigned(text, "column", problem->place.column);
		rph_json_put_string(text, "key", rph_span_of(problem->key));
		rph_json_put_string(text, "sentence", rph_span_of(problem->sentence));
		rph_json_key(text, "suggestion");
		if (problem->suggestion)
			rph_json_string(text, rph_span_of(problem->suggestion));
		else
			rph_json_null(text);
		rph_json_close(text, '}');
	}
	rph_json_close(text, ']');
	rph_json_put_unsigned(text, "dropped", problems->dropped);
	rph_json_close(text, '}');
	rph_buffer_add_text(text, "\n");
}

static int check(const struct arguments *arguments, struct rph_config_problems *problems)
{
	RPH_CLEANUP(rph_config_free) struct rph_config *config = NULL;
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	int err = rph_config_load(arguments->config, &config, problems);
	if (!err) {
		rph_config_check_service(config, getenv("CREDENTIALS_DIRECTORY"), false, problems);
		err = problems->count + problems->dropped ? RPH_E_BAD_CONFIG : 0;
	}
	if (err && problems->count + problems->dropped == 0) {
		fprintf(stderr, "rephrased check: %s\n", rph_strerror(err));
		return rph_exit_code(err);
	}
	if (arguments->json) {
		add_json(&text, arguments->config, !err, problems);
		return finish(stdout, &text, rph_exit_code(err));
	}
	if (err) {
		rph_config_problems_print(problems, arguments->config, &text);
		return finish(stderr, &text, rph_exit_code(err));
	}
	if (arguments->print)
		rph_config_print(config, true, &text);
	return finish(stdout, &text, 0);
}

static int print_manual(void)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	rph_config_print_manual(&text);
	return finish(stdout, &text, 0);
}

int rph_command_check(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct rph_config_problems problems = {.count = 0};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed)) {
		fputs(parsed.text, parsed.exit_code ? stderr : stdout);
		return parsed.exit_code;
	}
	if (arguments.manual)
		return print_manual();
	int exit_code = check(&arguments, &problems);
	rph_config_problems_free(&problems);
	return exit_code;
}
