/* SPDX-License-Identifier: Apache-2.0
 *
 * export_card.h - the files that describe a weekly training set: manifest.json, the dataset card
 * README.md (Hugging Face front matter) and croissant.json (Croissant 1.0).
 *
 * No wall clock: `as_of` is the end of the exported week.
 */
#ifndef RPH_SCHEMAS_EXPORT_CARD_H
#define RPH_SCHEMAS_EXPORT_CARD_H

#include "schemas/json_text.h"
#include "schemas/time.h"

struct rph_export_file {
	const char *name; /* "train.jsonl" */
	uint64_t rows, bytes;
	uint8_t sha256[32];
};

/* Rows of one locale and intent in train and holdout together. */
struct rph_export_count {
	struct rph_span locale, intent;
	uint64_t rows;
};

/* How a cohort of users fares, by the share of their turns that failed or showed friction. */
struct rph_export_cohort {
	struct rph_span locale, name;
	uint32_t users, user_weeks;
	uint16_t defect_rate, low, high; /* per mille; ends of the confidence interval */
	bool is_worse;                   /* than the cohorts of its locale together */
};

/* What a further format holds. */
struct rph_export_format {
	const char *name, *tokenisation;
	uint64_t rows, left_out; /* rows it cannot hold are left out of it */
};

/* Something counted, by name. */
struct rph_export_tally {
	const char *name;
	uint64_t count;
};

/* A file of words that rows were made with. */
struct rph_export_words {
	const char *name, *kind;         /* "en-US.tsv", "lexicon" */
	struct rph_span locale, licence; /* licence as the file states it; may be empty */
	uint64_t entries, rows; /* lines that hold one; rows of the set that came of them */
	uint8_t sha256[32];
};

struct rph_export_card {
	rph_week week;
	uint16_t history_weeks;
	struct rph_span code_version, config_fingerprint;
	uint32_t min_users, min_days;
	uint16_t synonymy, confidence, annotation_agreement, max_user_share,
		holdout; /* per mille */
	/* Of a private export (miner/privacy.h): epsilon in 1/1000, 0: not private. */
	uint32_t epsilon;
	uint16_t delta_exponent, max_items;
	const struct rph_export_file *files; /* train, holdout, pairs */
	size_t file_count;
	const struct rph_export_count *counts; /* ascending by locale, intent */
	size_t count_count;
	const struct rph_export_tally *drops; /* rows left out, by reason */
	size_t drop_count;
	const struct rph_export_format *formats; /* beside JSON Lines */
	size_t format_count;
	uint32_t max_intent_rows;                /* 0: no limit */
	const struct rph_export_cohort *cohorts; /* ascending by locale, name */
	size_t cohort_count;
	uint16_t cohort_boost; /* per mille */
	/* Candidate pairs by status; those not in use by each reason (a pair may have several); those in
	 * use by trend. */
	const struct rph_export_tally *statuses, *reasons, *trends;
	size_t status_count, reason_count, trend_count;
	/* Files of export.words_dir; variants of rows that were not written, by reason. */
	const struct rph_export_words *words;
	size_t word_count;
	const struct rph_export_tally *refusals;
	size_t refusal_count;
	uint32_t max_variants;                  /* 0 without files */
	uint16_t variant_share, variant_weight; /* per mille */
};

/* "2026-W46-" and 12 hex digits of the files' digests and the configuration: the same data has the
 * same id. NUL-terminated. */
#define RPH_EXPORT_ID_SIZE 22
void rph_export_id(const struct rph_export_card *card, char text[static RPH_EXPORT_ID_SIZE]);

/* Each appends one whole file. */
void rph_manifest_write(struct rph_buffer *buffer, const struct rph_export_card *card);
void rph_card_write(struct rph_buffer *buffer, const struct rph_export_card *card);
void rph_croissant_write(struct rph_buffer *buffer, const struct rph_export_card *card);

#endif
