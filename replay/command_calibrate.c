/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/command_calibrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay/calibrate.h"
#include "schemas/error.h"
#include "schemas/json_text.h"
#include "schemas/options.h"

struct arguments {
	const char *config, *labels, *out;
	int64_t pull, most;
	bool force, json;
};

static const struct rph_option options[] = {
	RPH_OPTION(STRING, struct arguments, config, .name = "config", .letter = 'c',
		   .argument = "FILE",
		   .help = "configuration; the fit starts from its judge.weights, else from the "
			   "built-in ones"),
	RPH_OPTION(
		STRING, struct arguments, labels, .name = "labels", .argument = "FILE",
		.help = "JSON lines {\"from\":ID,\"to\":ID,\"same\":true|false}, the events of a "
			"transition; without it the log itself tells"),
	RPH_OPTION(STRING, struct arguments, out, .name = "out", .letter = 'o', .argument = "FILE",
		   .help = "the weights to write, for judge.weights; without it only the report"),
	RPH_OPTION(INTEGER, struct arguments, pull, .name = "pull", .argument = "N",
		   .standard = "0", .min = 0, .max = 1000000,
		   .help = "how hard each weight is held where it is; 0: 4 with labels, 1000 "
			   "without"),
	RPH_OPTION(INTEGER, struct arguments, most, .name = "most", .argument = "N",
		   .standard = "200000", .min = 1000, .max = 10000000,
		   .help = "transitions to keep in memory; of more, a share by hash"),
	RPH_OPTION(FLAG, struct arguments, force, .name = "force",
		   .help = "write the weights although they are no better for users left out"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json",
		   .help = "the report as one JSON object"),
};

static const struct rph_command command = {
	.name = "calibrate",
	.summary = "Fit the judge's weights to your own logs, and say what that changes.",
	.details =
		"Without labels the log itself tells: a turn that did not succeed and one after\n"
		"it that did are the same when other people reached the later one's goal by the\n"
		"words of the earlier one; two turns that succeeded with two goals are different.\n"
		"That is one-sided evidence: it moves the weights of text and slots only, and\n"
		"little. Labels are worth far more. The figures are told of one half of the users\n"
		"with weights fitted to the other half; what is written is fitted to all. Nothing\n"
		"is stored, and no word of the logs is in the weights.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.positionals = "LOG...|-",
	.min_positionals = 1,
	.max_positionals = SIZE_MAX,
	.example = "rephrased calibrate --labels labels.jsonl --out weights.json july.jsonl.zst",
	.exits = "65  a line of the labels is not one, a log is damaged, or the weights are no "
		 "better\n"
		 "    for the users left out and were not written (--force)\n"
		 "66  a file cannot be read, or there are too few examples\n"
		 "74  the weights cannot be written\n"
		 "78  the configuration is not valid",
};

/* ---- the report ---------------------------------------------------------------------------------
 */

static const struct {
	const char *name, *key;
	size_t offset;
} figures[] = {
	{"average precision", "average_precision",
	 offsetof(struct rph_judge_figures, average_precision)},
	{"precision, accepted", "precision", offsetof(struct rph_judge_figures, precision)},
	{"recall, accepted", "recall", offsetof(struct rph_judge_figures, recall)},
	{"F1, accepted", "f1", offsetof(struct rph_judge_figures, f1)},
	{"calibration error", "calibration_error",
	 offsetof(struct rph_judge_figures, calibration_error)},
	{"squared error", "squared_error", offsetof(struct rph_judge_figures, squared_error)},
};

static double figure_at(const struct rph_judge_figures *of, size_t offset)
{
	double value;
	memcpy(&value, (const char *)of + offset, sizeof(value));
	return value;
}

static int32_t change_of(const struct rph_calibration *done, unsigned feature)
{
	return done->after.weight[feature] - done->before.weight[feature];
}

/* The features by the size of their change. */
static void order_of(const struct rph_calibration *done, unsigned ret[static RPH_FEATURE_COUNT])
{
	for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++) {
		unsigned at = i;
		int32_t size = abs(change_of(done, i));
		for (; at > 0 && abs(change_of(done, ret[at - 1])) < size; at--)
			ret[at] = ret[at - 1];
		ret[at] = i;
	}
}

static void add_text(const struct rph_calibration *done, struct rph_buffer *text)
{
	unsigned order[RPH_FEATURE_COUNT];
	order_of(done, order);
	rph_buffer_format(text,
			  "records %" PRIu64 ", transitions judged %" PRIu64 "\nexamples %" PRIu64
			  ", said again %" PRIu64 ", of %" PRIu64 " users\n",
			  done->records, done->transitions, done->examples, done->same,
			  done->users);
	if (done->labels)
		rph_buffer_format(text,
				  "labels %" PRIu64 ", of which %" PRIu64
				  " are judged transitions of these logs\n",
				  done->labels, done->labels_met);
	rph_buffer_format(text, "\n%" PRIu64 " examples of users left out %12s %8s\n",
			  done->held_before.examples, "before", "after");
	for (size_t i = 0; i < RPH_ARRAY_LEN(figures); i++)
		rph_buffer_format(text, "  %-30s %8.4f %8.4f\n", figures[i].name,
				  figure_at(&done->held_before, figures[i].offset),
				  figure_at(&done->held_after, figures[i].offset));
	rph_buffer_format(text, "\nweight, in 1/1024 of a logit %12s %8s\n", "before", "after");
	rph_buffer_format(text, "  %-30s %8d %8d\n", "(bias)", done->before.bias, done->after.bias);
	for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++)
		if (change_of(done, order[i]))
			rph_buffer_format(text, "  %-30s %8d %8d\n",
					  rph_feature_name((enum rph_feature)order[i]),
					  done->before.weight[order[i]],
					  done->after.weight[order[i]]);
}

static void add_figures(const char *name, const struct rph_judge_figures *of,
			struct rph_buffer *text)
{
	rph_json_key(text, name);
	rph_json_open(text, '{');
	for (size_t i = 0; i < RPH_ARRAY_LEN(figures); i++)
		rph_json_put_ratio(text, figures[i].key,
				   (uint64_t)(figure_at(of, figures[i].offset) * 1e6 + 0.5),
				   1000000, 6);
	rph_json_close(text, '}');
}

static void add_weights(const char *name, const struct rph_judge_weights *weights,
			struct rph_buffer *text)
{
	rph_json_key(text, name);
	rph_json_open(text, '{');
	rph_json_put_integer(text, "bias", weights->bias);
	for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++)
		rph_json_put_integer(text, rph_feature_name((enum rph_feature)i),
				     weights->weight[i]);
	rph_json_close(text, '}');
}

static void add_json(const struct rph_calibration *done, struct rph_buffer *text)
{
	rph_json_open(text, '{');
	rph_json_put_unsigned(text, "records", done->records);
	rph_json_put_unsigned(text, "transitions", done->transitions);
	rph_json_put_unsigned(text, "labels", done->labels);
	rph_json_put_unsigned(text, "labels_met", done->labels_met);
	rph_json_put_unsigned(text, "examples", done->examples);
	rph_json_put_unsigned(text, "same", done->same);
	rph_json_put_unsigned(text, "users", done->users);
	rph_json_put_unsigned(text, "examples_left_out", done->held_before.examples);
	rph_json_put_bool(text, "better", done->better);
	add_figures("before", &done->held_before, text);
	add_figures("after", &done->held_after, text);
	add_weights("weights_before", &done->before, text);
	add_weights("weights_after", &done->after, text);
	rph_json_close(text, '}');
	rph_buffer_add_text(text, "\n");
}

/* ---- the command ----------------------------------------------------------------------------- */

static int report(const struct rph_calibration *done, bool json)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	if (json)
		add_json(done, &text);
	else
		add_text(done, &text);
	if (text.error)
		return text.error;
	return fputs(text.text, stdout) < 0 || fflush(stdout) ? RPH_E_IO : 0;
}

static int keep(const struct arguments *arguments, const struct rph_calibration *done,
		struct rph_deployment *deployment)
{
	if (!done->better && !arguments->force) {
		rph_buffer_add_text(
			&deployment->problem,
			"the fitted weights are no better for the users left out; "
			"nothing was written; give longer logs, more labels or a higher "
			"--pull, or insist with --force\n");
		return RPH_E_BAD_INPUT;
	}
	int err = rph_judge_weights_save(arguments->out, &done->after);
	if (!err)
		return 0;
	rph_buffer_format(&deployment->problem, "--out %s: %s; check the path\n", arguments->out,
			  rph_strerror(err));
	return RPH_E_IO;
}

/* What the log tells by itself is one-sided: with a light pull, measured on logs with known truth, it
 * made the judge worse. */
static uint32_t pull_of(const struct arguments *arguments)
{
	if (arguments->pull)
		return (uint32_t)arguments->pull;
	return arguments->labels ? 4 : 1000;
}

static int run(const struct arguments *arguments, const struct rph_parsed *parsed,
	       struct rph_deployment *deployment)
{
	const struct rph_calibrate_options calibrate = {
		.paths = (const char *const *)parsed->positionals,
		.path_count = parsed->positional_count,
		.labels = arguments->labels,
		.pull = pull_of(arguments),
		.most = (uint32_t)arguments->most,
	};
	struct rph_calibration done;
	int err = rph_deployment_configure(arguments->config, deployment);
	if (!err)
		err = rph_calibrate(deployment, &calibrate, &done);
	if (!err)
		err = report(&done, arguments->json);
	if (!err && arguments->out)
		err = keep(arguments, &done, deployment);
	return err;
}

int rph_command_calibrate(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed)) {
		fputs(parsed.text, parsed.exit_code ? stderr : stdout);
		return parsed.exit_code;
	}
	RPH_DEPLOYMENT_CLEANUP struct rph_deployment deployment = {0};
	int err = run(&arguments, &parsed, &deployment);
	if (err)
		fprintf(stderr, "rephrased calibrate: %s",
			deployment.problem.len ? deployment.problem.text : "output failed\n");
	return rph_exit_code(err);
}
