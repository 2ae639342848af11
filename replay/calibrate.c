/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/calibrate.h"

#include <stdlib.h>

#include "miner/settings.h"
#include "replay/calibrate_labels.h"
#include "replay/calibrate_sample.h"
#include "replay/log.h"
#include "schemas/error.h"

enum { BATCH_RECORDS = 50000 };

struct run {
	struct rph_deployment *deployment;
	const struct rph_calibrate_options *options;
	struct rph_mining_params params;
	struct rph_keys keys;
	struct rph_pipeline *pipeline;
	struct rph_sample sample;
	struct rph_labels labels;
	struct rph_judge_example *examples; /* those of the first half, then of the second */
	size_t count, first_half;
	struct rph_calibration *result;
};

/* ---- reading ------------------------------------------------------------------------------------
 */

static int end_batch(struct run *run)
{
	struct rph_batch batch;
	int err = rph_pipeline_end_batch(run->pipeline, &batch);
	if (!err)
		err = rph_sample_add(&run->sample, &batch);
	rph_pipeline_next_batch(run->pipeline);
	return err;
}

static int read_records(struct run *run, struct rph_log *log, uint32_t partition)
{
	for (;;) {
		struct rph_log_line line;
		struct rph_record_outcome outcome;
		bool end;
		int err = rph_log_next(log, &line, &end);
		if (err || end)
			return err;
		const struct rph_record record = {
			.value = line.text,
			.partition = partition,
			.offset = line.offset,
			.next_offset = line.next_offset,
			.log_time = RPH_NO_LOG_TIME,
		};
		err = rph_pipeline_record(run->pipeline, &record, &outcome);
		if (!err && ++run->result->records % BATCH_RECORDS == 0)
			err = end_batch(run);
		if (err)
			return err;
	}
}

static int read_log(struct run *run, const char *path)
{
	RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
	uint32_t partition;
	int err = rph_log_open(path, &log);
	if (err) {
		rph_buffer_format(&run->deployment->problem, "log %s: %s; check the path\n", path,
				  rph_strerror(err));
		return RPH_E_NO_INPUT;
	}
	err = rph_pipeline_add_partition(run->pipeline, NULL, &partition);
	if (!err)
		err = read_records(run, log, partition);
	if (!err)
		err = rph_pipeline_close_partition(run->pipeline, partition);
	if (!err)
		err = end_batch(run);
	if (err)
		rph_buffer_format(&run->deployment->problem, "log %s: %s\n", path,
				  rph_strerror(err));
	return err;
}

static int read_logs(struct run *run)
{
	/* Nothing is stored, so any key will do; a fixed one makes the split of users repeatable. */
	static const uint8_t no_secret[RPH_SECRET_BYTES];
	const struct rph_config *config = run->deployment->config;
	rph_keys_derive(no_secret, &run->keys);
	int err = rph_deployment_mining(run->deployment, config, &run->params);
	const struct rph_pipeline_options options = {
		.params = run->params,
		.decode = rph_settings_decode(config),
		.keys = &run->keys,
		.evidence = true,
		.from = INT64_MIN,
		.to = INT64_MAX,
	};
	if (!err)
		err = rph_pipeline_new(&options, &run->pipeline);
	for (size_t i = 0; !err && i < run->options->path_count; i++)
		err = read_log(run, run->options->paths[i]);
	if (run->pipeline)
		run->result->transitions = rph_pipeline_counts(run->pipeline)->mining.transitions;
	return err;
}

/* ---- labels -------------------------------------------------------------------------------------
 */

/* False: nobody knows. */
static bool label_of(const struct run *run, const struct rph_sampled *item, bool *ret)
{
	if (run->options->labels) {
		const struct rph_label *label = rph_labels_find(&run->labels, item->pair);
		*ret = label && label->same;
		return label != NULL;
	}
	const uint16_t *value = item->example.features.value;
	if (item->said == item->said_again || value[RPH_FEATURE_control_before] ||
	    value[RPH_FEATURE_control_after] || item->end_again != RPH_TURN_SUCCEEDED ||
	    !item->goal_again)
		return false;
	if (item->end == RPH_TURN_SUCCEEDED) {
		*ret = false;
		return item->goal && item->goal != item->goal_again;
	}
	*ret = rph_sample_meaning(&run->sample, item->said) == item->goal_again;
	return *ret;
}

/* By a bit of the user's hash: nothing of one user is in both halves. */
static bool is_left_out(uint64_t user)
{
	return user & 1;
}

static int label(struct run *run)
{
	const struct rph_sample *sample = &run->sample;
	run->examples = calloc(sample->count + 1, sizeof(*run->examples));
	if (!run->examples)
		return RPH_E_NO_MEMORY;
	for (int half = 0; half < 2; half++) {
		for (size_t i = 0; i < sample->count; i++) {
			struct rph_judge_example example = sample->items[i].example;
			if (is_left_out(example.user) != (half == 1) ||
			    !label_of(run, &sample->items[i], &example.same))
				continue;
			run->examples[run->count++] = example;
			run->result->same += example.same;
		}
		run->first_half = half == 0 ? run->count : run->first_half;
	}
	run->result->examples = run->count;
	run->result->labels = run->labels.count;
	run->result->labels_met = run->options->labels ? run->count : 0;
	return 0;
}

static int compare_users(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static int count_users(struct run *run)
{
	uint64_t *users = calloc(run->count + 1, sizeof(*users));
	if (!users)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < run->count; i++)
		users[i] = run->examples[i].user;
	qsort(users, run->count, sizeof(*users), compare_users);
	for (size_t i = 0; i < run->count; i++)
		run->result->users += i == 0 || users[i] != users[i - 1];
	free(users);
	return 0;
}

/* ---- fitting ------------------------------------------------------------------------------------
 */

static bool is_enough(const struct rph_judge_example *examples, size_t count)
{
	size_t same = 0;
	for (size_t i = 0; i < count; i++)
		same += examples[i].same;
	return same >= RPH_CALIBRATE_LEAST && count - same >= RPH_CALIBRATE_LEAST;
}

static int check_examples(struct run *run)
{
	if (is_enough(run->examples, run->first_half) &&
	    is_enough(run->examples + run->first_half, run->count - run->first_half))
		return 0;
	rph_buffer_format(&run->deployment->problem,
			  "%zu examples, %llu of them said again, are too few: each half of the "
			  "users needs %d "
			  "of either kind; give longer logs or more labels\n",
			  run->count, (unsigned long long)run->result->same, RPH_CALIBRATE_LEAST);
	return RPH_E_NOT_FOUND;
}

/* Without labels, positives failed and negatives succeeded: what tells of that is not for the fit to
 * learn. */
static const bool outcomes[RPH_FEATURE_COUNT] = {
	[RPH_FEATURE_failed_before] = true,
	[RPH_FEATURE_friction_before] = true,
	[RPH_FEATURE_succeeded_before] = true,
	[RPH_FEATURE_failed_after] = true,
	[RPH_FEATURE_succeeded_after] = true,
	[RPH_FEATURE_same_response] = true,
	[RPH_FEATURE_verbatim_after_failure] = true,
	[RPH_FEATURE_verbatim_after_success] = true,
	[RPH_FEATURE_alike_after_failure] = true,
	[RPH_FEATURE_unlike_after_failure] = true,
	[RPH_FEATURE_not_understood_before] = true,
	[RPH_FEATURE_not_understood_after] = true,
	[RPH_FEATURE_nlu_doubt_before] = true,
	[RPH_FEATURE_nlu_doubt_after] = true,
	[RPH_FEATURE_asr_doubt_before] = true,
	[RPH_FEATURE_asr_doubt_after] = true,
	[RPH_FEATURE_answer_repeats] = true,
	[RPH_FEATURE_same_prompt] = true,
	[RPH_FEATURE_friction_between] = true,
	[RPH_FEATURE_no_interpretations] = true,
	[RPH_FEATURE_no_outcomes] = true,
	[RPH_FEATURE_no_responses] = true,
	[RPH_FEATURE_no_confidences] = true,
	[RPH_FEATURE_turns_after] = true,
	[RPH_FEATURE_same_goal] = true,
	[RPH_FEATURE_shared_slots_doubted] = true,
	[RPH_FEATURE_same_intent] = true,
	[RPH_FEATURE_other_intent] = true,
	[RPH_FEATURE_verbatim] = true,
	[RPH_FEATURE_verbatim_short] = true,
};

/* Sum of p over all judged transitions that were kept. */
static uint64_t mass_of(const struct run *run, const struct rph_judge_weights *weights)
{
	uint64_t mass = 0;
	for (size_t i = 0; i < run->sample.count; i++)
		mass += rph_judge_probability(weights, &run->sample.items[i].example.features);
	return mass;
}

/* How common it is that people say things again is not what such examples show: the bias becomes the
 * one with which the judge expects as many as before. */
static void keep_mass(const struct run *run, const struct rph_judge_weights *before,
		      struct rph_judge_weights *weights)
{
	uint64_t wanted = mass_of(run, before);
	int32_t low = -16 * RPH_FEATURE_ONE, high = 16 * RPH_FEATURE_ONE;
	while (low < high) {
		int32_t middle = low + (high - low) / 2;
		weights->bias = middle;
		if (mass_of(run, weights) < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	weights->bias = low;
}

static int fit_some(const struct run *run, size_t count, struct rph_judge_weights *ret)
{
	const struct rph_judge_weights *before = &run->result->before;
	const bool *held = run->options->labels ? NULL : outcomes;
	int err = rph_judge_fit(run->examples, count, before, run->options->pull, held, ret);
	if (!err && held)
		keep_mass(run, before, ret);
	return err;
}

static int fit(struct run *run)
{
	struct rph_calibration *result = run->result;
	const struct rph_judge_example *held = run->examples + run->first_half;
	size_t held_count = run->count - run->first_half;
	uint16_t accept = run->params.judge.accept;
	struct rph_judge_weights half;
	result->before =
		run->params.judge.weights ? *run->params.judge.weights : rph_judge_standard_weights;
	int err = fit_some(run, run->first_half, &half);
	if (!err)
		err = fit_some(run, run->count, &result->after);
	if (err == RPH_E_BAD_INPUT)
		rph_buffer_add_text(&run->deployment->problem,
				    "the fit did not settle; raise --pull\n");
	if (err)
		return err;
	rph_judge_measure(held, held_count, &result->before, accept, &result->held_before);
	rph_judge_measure(held, held_count, &half, accept, &result->held_after);
	result->better =
		result->held_after.average_precision >= result->held_before.average_precision &&
		result->held_after.squared_error <= result->held_before.squared_error;
	return 0;
}

int rph_calibrate(struct rph_deployment *deployment, const struct rph_calibrate_options *options,
		  struct rph_calibration *ret)
{
	*ret = (struct rph_calibration){0};
	struct run run = {
		.deployment = deployment,
		.options = options,
		.sample = {.most = options->most},
		.result = ret,
	};
	int err = 0;
	if (options->labels)
		err = rph_labels_read(options->labels, &run.labels, &deployment->problem);
	if (!err)
		err = read_logs(&run);
	rph_sample_sort(&run.sample);
	if (!err)
		err = label(&run);
	if (!err)
		err = count_users(&run);
	if (!err)
		err = check_examples(&run);
	if (!err)
		err = fit(&run);
	if (err && !deployment->problem.len)
		rph_buffer_format(&deployment->problem, "%s\n", rph_strerror(err));
	free(run.examples);
	rph_labels_free(&run.labels);
	rph_sample_free(&run.sample);
	run.pipeline = rph_pipeline_free(run.pipeline);
	return err;
}
