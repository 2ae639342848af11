/* SPDX-License-Identifier: Apache-2.0
 *
 * week_export.c - one week's directory: pairs while they are visited, then the rows, then the files
 * that describe them.
 */
#include "store/week_export.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "schemas/error.h"
#include "schemas/export_card.h"
#include "schemas/export_format.h"
#include "schemas/export_rows.h"
#include "store/export_dir.h"
#include "store/week_cohorts.h"
#include "store/week_confirmed.h"
#include "store/week_privacy.h"
#include "store/week_rows.h"
#include "store/week_variants.h"

enum { FILE_TRAIN, FILE_HOLDOUT, FILE_PAIRS, FILE_COUNT };

static const char *const file_names[FILE_COUNT] = {
	[FILE_TRAIN] = "train.jsonl",
	[FILE_HOLDOUT] = "holdout.jsonl",
	[FILE_PAIRS] = "pairs.jsonl",
};

struct export
{
	struct rph_store *store;
	struct rph_week_cohorts cohorts;
	struct rph_id source; /* of the pair before, and its share of people in worse cohorts */
	uint16_t share;
	const struct rph_week_export_options *options;
	struct rph_week_summary *summary;
	struct rph_export_dir *dir;
	struct rph_week_rows rows;
	struct rph_week_released released; /* with options->privacy */
	struct rph_buffer line;
	struct rph_export_format formats[RPH_FORMAT_COUNT]; /* those that were written */
	size_t format_count;
};

/* Writes what is in `line` and empties it. */
static int flush(struct export *export)
{
	if (export->line.error)
		return export->line.error;
	rph_export_dir_write(export->dir, rph_buffer_span(&export->line));
	export->line.len = 0;
	return 0;
}

static int write_pair(struct export *export, const struct rph_pair_view *view)
{
	struct rph_pair_view_row row;

	rph_pair_view_row(view, &row);
	rph_pair_row_write(&export->line, &row.row);
	export->summary->pair_rows++;
	return flush(export);
}

/* By how much the rows of a source weigh more. Its pairs come one after the other. */
static int find_boost(struct export *export, const struct rph_id *source, uint16_t *ret)
{
	uint32_t most = export->options->cohort_boost;
	int error = 0;

	if (most && rph_id_compare(&export->source, source) != 0) {
		error = rph_week_cohorts_share(export->store, &export->options->pairs,
					       &export->cohorts, source, &export->share);
		export->source = *source;
	}
	*ret = (uint16_t)(most * export->share / 1000);
	return error;
}

static int visit(void *context, const struct rph_pair_view *view)
{
	struct export *export = context;
	enum rph_pair_status status = view->promotion->status;

	export->summary->candidates++;
	export->summary->pairs[status]++;
	if (!rph_pair_status_is_positive(status)) {
		for (unsigned i = 0; i < RPH_REASON_COUNT; i++)
			export->summary->held_back[i] += view->promotion->reasons >> i & 1;
		return 0;
	}
	if (export->options->privacy && !rph_week_is_released(&export->released, view->pair)) {
		export->summary->withheld++;
		return 0;
	}
	export->summary->trends[rph_pair_view_trend(view)]++;
	uint16_t boost = 0;
	int error = write_pair(export, view);
	if (!error)
		error = find_boost(export, &view->pair->source, &boost);
	return error ? error : rph_week_rows_add(&export->rows, view, boost);
}

static int write_rows(struct export *export, bool holdout, uint64_t *ret_rows)
{
	int error =
		rph_export_dir_open(export->dir, file_names[holdout ? FILE_HOLDOUT : FILE_TRAIN]);
	for (size_t i = 0; i < export->rows.count && !error; i++) {
		if (rph_stop_asked(export->options->pairs.stop))
			return RPH_E_STOPPED;
		if (export->rows.examples[i].holdout != holdout)
			continue;
		rph_example_write(&export->line, &export->rows.examples[i]);
		++*ret_rows;
		error = flush(export);
	}
	return error;
}

static int open_file(void *context, const char *path)
{
	return rph_export_dir_open(context, path);
}

/* The directory keeps the first error and returns it at its end. */
static int write_bytes(void *context, struct rph_span bytes)
{
	rph_export_dir_write(context, bytes);
	return 0;
}

/* In the order of the table, each once, whatever the configuration says. */
static int write_formats(struct export *export)
{
	const struct rph_format_output output = {export->dir, open_file, write_bytes};
	const struct rph_week_export_options *options = export->options;
	int error = 0;

	for (unsigned i = 0; i < RPH_FORMAT_COUNT && !error; i++) {
		const struct rph_format *format = &rph_formats[i];
		struct rph_format_report report;
		bool wanted = false;
		for (size_t j = 0; j < options->format_count; j++)
			wanted |= rph_format_find(options->formats[j]) == format;
		if (!wanted)
			continue;
		error = format->write(export->rows.examples, export->rows.count, &output, &report);
		export->formats[export->format_count++] = (struct rph_export_format){
			format->name, format->tokenisation, report.rows, report.left_out};
	}
	return error;
}

static int compare_counts(const void *left, const void *right)
{
	const struct rph_export_count *a = left, *b = right;
	int order = rph_span_compare(a->locale, b->locale);
	return order ? order : rph_span_compare(a->intent, b->intent);
}

/* Rows by locale and intent; *ret is malloc'ed. */
static int count_rows(const struct rph_week_rows *rows, struct rph_export_count **ret,
		      size_t *ret_count)
{
	struct rph_export_count *counts = calloc(rows->count + 1, sizeof(*counts));
	size_t distinct = 0;

	if (!counts)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < rows->count; i++)
		counts[i] = (struct rph_export_count){rows->examples[i].locale,
						      rows->examples[i].intent, 1};
	qsort(counts, rows->count, sizeof(*counts), compare_counts);
	for (size_t i = 0; i < rows->count; i++) {
		if (distinct && compare_counts(&counts[distinct - 1], &counts[i]) == 0)
			counts[distinct - 1].rows++;
		else
			counts[distinct++] = counts[i];
	}
	*ret = counts;
	*ret_count = distinct;
	return 0;
}

static int write_file(struct export *export, const char *name,
		      void (*write)(struct rph_buffer *, const struct rph_export_card *),
		      const struct rph_export_card *card)
{
	int error = rph_export_dir_open(export->dir, name);
	if (error)
		return error;
	write(&export->line, card);
	return flush(export);
}

static void fill_card(const struct rph_week_export_options *options, struct rph_export_card *ret)
{
	const struct rph_promotion_params *params = &options->pairs.promotion;

	ret->week = options->pairs.week;
	ret->history_weeks = options->pairs.history_weeks;
	ret->code_version = options->code_version;
	ret->config_fingerprint = options->config_fingerprint;
	ret->min_users = params->min_users;
	ret->min_days = params->min_days;
	ret->synonymy = params->synonymy;
	ret->confidence = params->confidence;
	ret->annotation_agreement = params->annotation_agreement;
	ret->max_user_share = params->max_user_share;
	ret->holdout = options->holdout;
	ret->max_intent_rows = options->max_intent_rows;
	ret->cohort_boost = options->cohort_boost;
	if (options->words) {
		ret->max_variants = options->words->most;
		ret->variant_share = options->words->share;
		ret->variant_weight = options->words->weight;
	}
	if (options->privacy) {
		ret->epsilon = options->privacy->params.epsilon;
		ret->delta_exponent = options->privacy->params.delta_exponent;
		ret->max_items = options->privacy->params.max_items;
	}
}

/* The files of words and how many rows came of each; *ret is malloc'ed, NULL without files. */
static int list_words(const struct export *export, struct rph_export_words **ret, size_t *ret_count)
{
	const struct rph_week_words *words = export->options->words;
	size_t count = words ? words->files->count : 0;

	*ret = count ? calloc(count, sizeof(**ret)) : NULL;
	*ret_count = count;
	if (count && !*ret)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct rph_word_file *file = &words->files->list[i];
		(*ret)[i] = (struct rph_export_words){
			.name = file->name,
			.kind = rph_word_kind_name(file->list.kind),
			.locale = file->locale,
			.licence = file->list.licence,
			.entries = file->list.entries,
			.rows = rph_week_variants_of(words->files, file, &export->rows),
		};
		memcpy((*ret)[i].sha256, file->sha256, sizeof(file->sha256));
	}
	return 0;
}

/* What was counted, with its names. */
struct tallies {
	struct rph_export_tally statuses[RPH_PAIR_STATUS_COUNT], reasons[RPH_REASON_COUNT],
		trends[RPH_TREND_COUNT], refusals[RPH_VARIANT_REFUSALS];
};

static void tally(const struct rph_week_summary *summary, struct tallies *tallies,
		  struct rph_export_card *card)
{
	for (unsigned i = 0; i < RPH_PAIR_STATUS_COUNT; i++)
		tallies->statuses[i] =
			(struct rph_export_tally){rph_pair_status_name(i), summary->pairs[i]};
	for (unsigned i = 0; i < RPH_REASON_COUNT; i++)
		tallies->reasons[i] =
			(struct rph_export_tally){rph_reason_name(i), summary->held_back[i]};
	for (unsigned i = 0; i < RPH_TREND_COUNT; i++)
		tallies->trends[i] =
			(struct rph_export_tally){rph_trend_name(i), summary->trends[i]};
	for (unsigned i = 0; i < RPH_VARIANT_REFUSALS; i++)
		tallies->refusals[i] = (struct rph_export_tally){rph_variant_refusal_name(i),
								 summary->refused_variants[i]};
	card->refusals = tallies->refusals;
	card->refusal_count = RPH_VARIANT_REFUSALS;
	card->statuses = tallies->statuses;
	card->reasons = tallies->reasons;
	card->trends = tallies->trends;
	card->status_count = RPH_PAIR_STATUS_COUNT;
	card->reason_count = RPH_REASON_COUNT;
	card->trend_count = RPH_TREND_COUNT;
}

static int describe(struct export *export)
{
	struct tallies tallies;
	struct rph_week_summary *summary = export->summary;
	struct rph_export_file files[FILE_COUNT];
	struct rph_export_tally drops[RPH_WEEK_DROP_COUNT];
	struct rph_export_count *counts = NULL;
	struct rph_export_words *words = NULL;
	struct rph_export_card card = {.files = files,
				       .file_count = FILE_COUNT,
				       .drops = drops,
				       .drop_count = RPH_WEEK_DROP_COUNT,
				       .formats = export->formats,
				       .format_count = export->format_count,
				       .cohorts = export->cohorts.list,
				       .cohort_count = export->cohorts.count};
	uint64_t rows[FILE_COUNT] = {summary->train_rows, summary->holdout_rows,
				     summary->pair_rows};
	uint64_t bytes = 0;
	int error = 0;

	fill_card(export->options, &card);
	tally(summary, &tallies, &card);
	for (unsigned i = 0; i < RPH_WEEK_DROP_COUNT; i++)
		drops[i] = (struct rph_export_tally){rph_week_drop_name((enum rph_week_drop)i),
						     export->rows.dropped[i]};
	error = count_rows(&export->rows, &counts, &card.count_count);
	card.counts = counts;
	if (!error)
		error = list_words(export, &words, &card.word_count);
	card.words = words;
	for (unsigned i = 0; i < FILE_COUNT && !error; i++) {
		files[i].name = file_names[i];
		files[i].rows = rows[i];
		error = rph_export_dir_digest(export->dir, file_names[i], files[i].sha256,
					      &files[i].bytes);
	}
	if (!error)
		error = write_file(export, "README.md", rph_card_write, &card);
	if (!error)
		error = write_file(export, "manifest.json", rph_manifest_write, &card);
	if (!error)
		error = write_file(export, "croissant.json", rph_croissant_write, &card);
	if (!error)
		error = rph_export_dir_digest(export->dir, "manifest.json", summary->digest,
					      &bytes);
	free(counts);
	free(words);
	return error;
}

/* Writes pairs and collects rows. */
static int collect(struct rph_store *store, const struct rph_pairs_options *pairs,
		   struct export *export)
{
	struct rph_week_basis *basis = calloc(1, sizeof(*basis));

	if (!basis)
		return RPH_E_NO_MEMORY;
	int error = rph_week_basis_load(store, pairs, basis);
	if (!error)
		error = rph_week_basis_scan(basis, visit, export);
	rph_week_basis_thin(basis);
	/* A set that hides each person may hold nothing that its noise does not cover. */
	if (!error && export->options->confirmed && !export->options->privacy)
		error = rph_week_confirmed_add(basis, &export->rows);
	rph_week_basis_free(basis);
	free(basis);
	return error;
}

static int write_all(struct rph_store *store, struct export *export)
{
	struct rph_week_summary *summary = export->summary;
	struct rph_pairs_options pairs = export->options->pairs;

	pairs.only = NULL;
	int error = 0;
	if (export->options->privacy)
		error = rph_week_privacy_select(store, &pairs, export->options->privacy,
						&export->released);
	else /* figures without noise would say what the noise hides */
		error = rph_week_cohorts_load(store, &pairs, &export->cohorts);
	if (!error)
		error = rph_export_dir_open(export->dir, file_names[FILE_PAIRS]);
	if (!error)
		error = collect(store, &pairs, export);
	if (!error)
		error = rph_week_rows_end(&export->rows);
	if (!error && export->options->words)
		error = rph_week_variants_add(store, export->options, &export->rows, summary);
	if (error)
		return error;
	summary->sources = export->rows.sources;
#define RPH_WEEK_DROP(name) summary->dropped_##name = export->rows.dropped[RPH_WEEK_DROP_##name];
	RPH_WEEK_DROP_LIST(RPH_WEEK_DROP)
#undef RPH_WEEK_DROP
	error = write_rows(export, false, &summary->train_rows);
	if (!error)
		error = write_rows(export, true, &summary->holdout_rows);
	if (!error)
		error = write_formats(export);
	return error ? error : describe(export);
}

static int check_formats(const struct rph_week_export_options *options)
{
	for (size_t i = 0; i < options->format_count; i++)
		if (!rph_format_is_known(options->formats[i]))
			return RPH_E_USAGE;
	return 0;
}

int rph_week_export(struct rph_store *store, const struct rph_week_export_options *options,
		    struct rph_week_summary *ret)
{
	struct export export = {.store = store, .options = options, .summary = ret};

	*ret = (struct rph_week_summary){0};
	rph_week_format(options->pairs.week, ret->name);
	int error = check_formats(options);
	if (error)
		return error;
	rph_week_rows_init(&export.rows, options->holdout, options->max_intent_rows);
	error = rph_export_dir_begin(options->parent, ret->name, &export.dir);
	if (!error) {
		error = write_all(store, &export);
		if (error)
			rph_export_dir_abandon(export.dir);
		else
			error = rph_export_dir_finish(export.dir);
	}
	if (!error) {
		struct rph_export_row row = {.week = options->pairs.week};
		memcpy(row.digest, ret->digest, sizeof(row.digest));
		error = rph_store_put_export(store, &row);
		/* By hand beside a service, which alone writes: the directory is what counts. */
		error = error == -EROFS ? 0 : error;
	}
	rph_week_cohorts_free(&export.cohorts);
	rph_week_rows_free(&export.rows);
	rph_week_released_free(&export.released);
	rph_buffer_free(&export.line);
	return error;
}
