/* SPDX-License-Identifier: Apache-2.0
 *
 * export_card.c - manifest.json and the dataset card. Croissant is in export_croissant.c.
 */
#include "schemas/export_card.h"

#include <sodium.h>

#include "schemas/export_columns.h"

void rph_export_id(const struct rph_export_card *card, char text[static RPH_EXPORT_ID_SIZE])
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < card->file_count; i++)
		crypto_hash_sha256_update(&state, card->files[i].sha256,
					  sizeof(card->files[i].sha256));
	crypto_hash_sha256_update(&state, (const unsigned char *)card->config_fingerprint.ptr,
				  card->config_fingerprint.len);
	crypto_hash_sha256_final(&state, digest);
	rph_week_format(card->week, text);
	text[RPH_WEEK_TEXT_SIZE - 1] = '-';
	sodium_bin2hex(text + RPH_WEEK_TEXT_SIZE, 13, digest, 6);
}

static void put_time(struct rph_buffer *buffer, const char *name, rph_time_ms at)
{
	char text[RPH_TIME_TEXT_SIZE];
	rph_time_format(at, text);
	rph_json_put_string(buffer, name, rph_span_of(text));
}

/* Weeks before the calendar's first one are outside rph_week. */
static rph_time_ms window_start(const struct rph_export_card *card)
{
	unsigned back = card->history_weeks ? card->history_weeks - 1u : 0;
	return rph_week_start(back > card->week ? 0 : (rph_week)(card->week - back));
}

/* Only what a private export promises; others say nothing of it. */
static void put_privacy(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	if (!card->epsilon)
		return;
	rph_json_key(buffer, "privacy");
	rph_json_open(buffer, '{');
	rph_json_put_ratio(buffer, "epsilon", card->epsilon, 1000, 3);
	rph_json_put_unsigned(buffer, "delta_exponent", card->delta_exponent);
	rph_json_put_unsigned(buffer, "max_items_per_user", card->max_items);
	rph_json_close(buffer, '}');
}

static void put_thresholds(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	rph_json_key(buffer, "thresholds");
	rph_json_open(buffer, '{');
	rph_json_put_unsigned(buffer, "min_users", card->min_users);
	rph_json_put_unsigned(buffer, "min_days", card->min_days);
	rph_json_put_ratio(buffer, "synonymy", card->synonymy, 1000, 3);
	rph_json_put_ratio(buffer, "confidence", card->confidence, 1000, 3);
	rph_json_put_ratio(buffer, "annotation_agreement", card->annotation_agreement, 1000, 3);
	rph_json_put_ratio(buffer, "max_user_share", card->max_user_share, 1000, 3);
	rph_json_put_ratio(buffer, "holdout", card->holdout, 1000, 3);
	rph_json_put_unsigned(buffer, "max_intent_rows", card->max_intent_rows);
	rph_json_put_ratio(buffer, "cohort_boost", card->cohort_boost, 1000, 3);
	rph_json_put_unsigned(buffer, "max_variants", card->max_variants);
	rph_json_put_ratio(buffer, "variant_share", card->variant_share, 1000, 3);
	rph_json_put_ratio(buffer, "variant_weight", card->variant_weight, 1000, 3);
	put_privacy(buffer, card);
	rph_json_close(buffer, '}');
}

static void put_files(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	char hex[2 * 32 + 1];

	rph_json_key(buffer, "files");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < card->file_count; i++) {
		const struct rph_export_file *file = &card->files[i];
		sodium_bin2hex(hex, sizeof(hex), file->sha256, sizeof(file->sha256));
		rph_json_open(buffer, '{');
		rph_json_put_string(buffer, "name", rph_span_of(file->name));
		rph_json_put_unsigned(buffer, "rows", file->rows);
		rph_json_put_unsigned(buffer, "bytes", file->bytes);
		rph_json_put_string(buffer, "sha256", rph_span_of(hex));
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, ']');
}

static void put_tallies(struct rph_buffer *buffer, const char *name,
			const struct rph_export_tally *tallies, size_t count)
{
	rph_json_key(buffer, name);
	rph_json_open(buffer, '{');
	for (size_t i = 0; i < count; i++)
		rph_json_put_unsigned(buffer, tallies[i].name, tallies[i].count);
	rph_json_close(buffer, '}');
}

/* A list of objects and not an object by name: readers that infer a schema take free keys for
 * columns. */
static void put_counts(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	rph_json_key(buffer, "rows");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < card->count_count; i++) {
		rph_json_open(buffer, '{');
		rph_json_put_string(buffer, "locale", card->counts[i].locale);
		rph_json_put_string(buffer, "intent", card->counts[i].intent);
		rph_json_put_unsigned(buffer, "rows", card->counts[i].rows);
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, ']');
	put_tallies(buffer, "dropped", card->drops, card->drop_count);
}

static void put_cohorts(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	rph_json_key(buffer, "cohorts");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < card->cohort_count; i++) {
		const struct rph_export_cohort *cohort = &card->cohorts[i];
		rph_json_open(buffer, '{');
		rph_json_put_string(buffer, "locale", cohort->locale);
		rph_json_put_string(buffer, "cohort", cohort->name);
		rph_json_put_unsigned(buffer, "users", cohort->users);
		rph_json_put_unsigned(buffer, "user_weeks", cohort->user_weeks);
		rph_json_put_ratio(buffer, "defect_rate", cohort->defect_rate, 1000, 3);
		rph_json_put_ratio(buffer, "low", cohort->low, 1000, 3);
		rph_json_put_ratio(buffer, "high", cohort->high, 1000, 3);
		rph_json_put_bool(buffer, "worse", cohort->is_worse);
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, ']');
}

static void put_words(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	char hex[2 * 32 + 1];

	rph_json_key(buffer, "word_files");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < card->word_count; i++) {
		const struct rph_export_words *words = &card->words[i];
		sodium_bin2hex(hex, sizeof(hex), words->sha256, sizeof(words->sha256));
		rph_json_open(buffer, '{');
		rph_json_put_string(buffer, "name", rph_span_of(words->name));
		rph_json_put_string(buffer, "kind", rph_span_of(words->kind));
		rph_json_put_string(buffer, "locale", words->locale);
		rph_json_put_string(buffer, "licence", words->licence);
		rph_json_put_string(buffer, "sha256", rph_span_of(hex));
		rph_json_put_unsigned(buffer, "entries", words->entries);
		rph_json_put_unsigned(buffer, "rows", words->rows);
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, ']');
	put_tallies(buffer, "refused_variants", card->refusals, card->refusal_count);
}

static void put_formats(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	rph_json_key(buffer, "formats");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < card->format_count; i++) {
		const struct rph_export_format *format = &card->formats[i];
		rph_json_open(buffer, '{');
		rph_json_put_string(buffer, "name", rph_span_of(format->name));
		rph_json_put_string(buffer, "tokenisation", rph_span_of(format->tokenisation));
		rph_json_put_unsigned(buffer, "rows", format->rows);
		rph_json_put_unsigned(buffer, "left_out", format->left_out);
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, ']');
}

void rph_manifest_write(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	char id[RPH_EXPORT_ID_SIZE], week[RPH_WEEK_TEXT_SIZE];
	rph_time_ms end = rph_week_start(card->week) + RPH_WEEK_MS;

	rph_export_id(card, id);
	rph_week_format(card->week, week);
	rph_json_open(buffer, '{');
	rph_json_put_string(buffer, "export_id", rph_span_of(id));
	rph_json_put_unsigned(buffer, "schema_version", 1);
	rph_json_put_string(buffer, "week", rph_span_of(week));
	put_time(buffer, "as_of", end);
	rph_json_key(buffer, "event_time");
	rph_json_open(buffer, '{');
	put_time(buffer, "from", window_start(card));
	put_time(buffer, "to", end);
	rph_json_close(buffer, '}');
	rph_json_put_string(buffer, "code_version", card->code_version);
	rph_json_put_string(buffer, "config_fingerprint", card->config_fingerprint);
	put_thresholds(buffer, card);
	put_files(buffer, card);
	put_counts(buffer, card);
	put_words(buffer, card);
	put_formats(buffer, card);
	put_cohorts(buffer, card);
	put_tallies(buffer, "candidates", card->statuses, card->status_count);
	put_tallies(buffer, "held_back", card->reasons, card->reason_count);
	put_tallies(buffer, "trends", card->trends, card->trend_count);
	rph_json_close(buffer, '}');
	rph_buffer_add_text(buffer, "\n");
}

/* The language part of each locale, once; counts are sorted by locale. Quoted, because "no"
 * unquoted is false in YAML. */
static void put_languages(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	struct rph_span last = {NULL, 0};

	rph_buffer_add_text(buffer, "language: [");
	for (size_t i = 0; i < card->count_count; i++) {
		struct rph_span language = card->counts[i].locale;
		const char *dash = language.len ? memchr(language.ptr, '-', language.len) : NULL;
		if (dash)
			language.len = (size_t)(dash - language.ptr);
		if (rph_span_equal(language, last))
			continue;
		rph_buffer_add_text(buffer, last.len ? ", \"" : "\"");
		rph_buffer_add(buffer, language);
		rph_buffer_add_text(buffer, "\"");
		last = language;
	}
	rph_buffer_add_text(buffer, "]\n");
}

static void put_features(struct rph_buffer *buffer, const struct rph_export_column *columns,
			 size_t count)
{
	rph_buffer_add_text(buffer, "  features:\n");
	for (size_t i = 0; i < count; i++) {
		const char *type = columns[i].card;
		if (strcmp(type, "slots") == 0)
			rph_buffer_format(buffer,
					  "  - name: %s\n    list:\n"
					  "    - {name: name, dtype: string}\n"
					  "    - {name: value, dtype: string}\n"
					  "    - {name: start, dtype: int64}\n"
					  "    - {name: end, dtype: int64}\n",
					  columns[i].name);
		else if (strcmp(type, "strings") == 0)
			rph_buffer_format(buffer, "  - {name: %s, sequence: string}\n",
					  columns[i].name);
		else
			rph_buffer_format(buffer, "  - {name: %s, dtype: %s}\n", columns[i].name,
					  type);
	}
}

static bool has_rows(const struct rph_export_card *card, const char *file)
{
	for (size_t i = 0; i < card->file_count; i++)
		if (strcmp(card->files[i].name, file) == 0)
			return card->files[i].rows > 0;
	return false;
}

/* A split without rows is not named, nor a configuration without splits: a loader takes it for a mistake
 * and loads nothing at all. */
static const struct {
	const char *configuration, *split, *file;
} splits[] = {
	{"default", "train", "train.jsonl"},
	{"default", "test", "holdout.jsonl"},
	{"pairs", "train", "pairs.jsonl"},
};

static void put_configurations(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	const char *open = NULL;

	for (size_t i = 0; i < RPH_ARRAY_LEN(splits); i++) {
		const char *configuration = splits[i].configuration;
		if (!has_rows(card, splits[i].file))
			continue;
		if (!open)
			rph_buffer_add_text(buffer, "configs:\n");
		if (!open || strcmp(open, configuration) != 0)
			rph_buffer_format(buffer, "- config_name: %s\n  data_files:\n",
					  configuration);
		rph_buffer_format(buffer, "  - {split: %s, path: \"%s\"}\n", splits[i].split,
				  splits[i].file);
		open = configuration;
	}
}

static void put_front_matter(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	rph_buffer_add_text(buffer, "---\nlicense: other\n");
	put_languages(buffer, card);
	rph_buffer_add_text(buffer,
			    "task_categories: [text-classification, token-classification]\n");
	put_configurations(buffer, card);
	rph_buffer_add_text(buffer, "dataset_info:\n- config_name: default\n");
	put_features(buffer, rph_example_columns, RPH_ARRAY_LEN(rph_example_columns));
	rph_buffer_add_text(buffer, "- config_name: pairs\n");
	put_features(buffer, rph_pair_columns, RPH_ARRAY_LEN(rph_pair_columns));
	rph_buffer_add_text(buffer, "---\n");
}

/* Text of a file in a table: a bar would end the cell. */
static void put_cell(struct rph_buffer *buffer, struct rph_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '|')
			rph_buffer_add_text(buffer, "\\");
		rph_buffer_add(buffer, (struct rph_span){text.ptr + i, 1});
	}
}

/* The cohorts that fare worse than their locale, so that nobody has to look for them. */
static void put_worse_cohorts(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	bool any = false;

	for (size_t i = 0; i < card->cohort_count; i++) {
		const struct rph_export_cohort *cohort = &card->cohorts[i];
		if (!cohort->is_worse)
			continue;
		if (!any)
			rph_buffer_add_text(buffer,
					    "\n| cohort that fares worse | defects | interval | "
					    "users |\n|---|---|---|---|\n");
		any = true;
		rph_buffer_format(buffer, "| %.*s `%.*s` | %u.%u %% | %u.%u–%u.%u %% | %u |\n",
				  (int)cohort->locale.len, cohort->locale.ptr,
				  (int)cohort->name.len, cohort->name.ptr, cohort->defect_rate / 10,
				  cohort->defect_rate % 10, cohort->low / 10, cohort->low % 10,
				  cohort->high / 10, cohort->high % 10, cohort->users);
	}
}

static void put_card_tables(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	rph_buffer_add_text(buffer, "\n| file | rows |\n|---|---|\n");
	for (size_t i = 0; i < card->file_count; i++)
		rph_buffer_format(buffer, "| `%s` | %llu |\n", card->files[i].name,
				  (unsigned long long)card->files[i].rows);
	rph_buffer_add_text(buffer, "\n| left out because | rows |\n|---|---|\n");
	for (size_t i = 0; i < card->drop_count; i++)
		rph_buffer_format(buffer, "| %s | %llu |\n", card->drops[i].name,
				  (unsigned long long)card->drops[i].count);
}

/* Where texts that nobody said come from, and under which terms. */
static void put_card_words(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	if (!card->word_count)
		return;
	rph_buffer_add_text(
		buffer,
		"\nRows of kind `lexicon` and `morphology` were said by nobody: they are rows of "
		"`train.jsonl` with one word\noutside of the slots replaced by one of these "
		"files, at a lower weight. Their users, days, weeks and\n`source` are those of "
		"the row they were made of. The terms of a file hold for them, too.\n"
		"\n| file | kind | licence | rows |\n|---|---|---|---|\n");
	for (size_t i = 0; i < card->word_count; i++) {
		const struct rph_export_words *words = &card->words[i];
		rph_buffer_format(buffer, "| `%s` | %s | ", words->name, words->kind);
		if (words->licence.len)
			put_cell(buffer, words->licence);
		else
			rph_buffer_add_text(buffer, "not stated");
		rph_buffer_format(buffer, " | %llu |\n", (unsigned long long)words->rows);
	}
}

/* An empty set must say why: too little was said, or what was held back. */
static void put_emptiness(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	uint64_t candidates = 0, rows = 0;

	for (size_t i = 0; i < card->file_count; i++)
		rows += card->files[i].rows;
	if (rows)
		return;
	for (size_t i = 0; i < card->status_count; i++)
		candidates += card->statuses[i].count;
	if (candidates == 0) {
		rph_buffer_format(
			buffer,
			"\nThere is nothing in it: no two formulations were said one after the "
			"other, or with success\nfor one goal, by %u people.\n",
			card->min_users);
		return;
	}
	rph_buffer_format(
		buffer,
		"\nThere is nothing in it. Of %llu candidate pairs so many were held back by:\n"
		"\n| reason | pairs |\n|---|---|\n",
		(unsigned long long)candidates);
	for (size_t i = 0; i < card->reason_count; i++)
		if (card->reasons[i].count)
			rph_buffer_format(buffer, "| %s | %llu |\n", card->reasons[i].name,
					  (unsigned long long)card->reasons[i].count);
}

void rph_card_write(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	char id[RPH_EXPORT_ID_SIZE], week[RPH_WEEK_TEXT_SIZE];

	rph_export_id(card, id);
	rph_week_format(card->week, week);
	put_front_matter(buffer, card);
	rph_buffer_format(
		buffer,
		"\n# Mined rephrasings, week %s\n\n"
		"Training set `%s`, written by rephrased %.*s. Nobody annotated it: each "
		"row is a text that people had to\nsay in another way, labelled with what "
		"the other way turned out to mean. `weight` says how sure the evidence\n"
		"is, `confidence` how sure the places of the slots are; `start` and `end` "
		"count Unicode code points of `text`,\nend exclusive. `chain` lists the "
		"formulations "
		"that people went by from `source` to `target`; it is empty where\nthe evidence "
		"met only at what both mean.\n",
		week, id, (int)card->code_version.len, card->code_version.ptr);
	rph_buffer_format(
		buffer,
		"\nEvery pair rests on at least %u people on at least %u days, over %u "
		"weeks, or was approved by a person. All wordings of\none goal are in "
		"`train.jsonl`, or all in `holdout.jsonl`. `manifest.json` has the "
		"thresholds and the digests;\n`sha256sum -c SHA256SUMS` checks the files; "
		"`_SUCCESS` is written last.\n",
		card->min_users, card->min_days, card->history_weeks);
	put_card_tables(buffer, card);
	put_card_words(buffer, card);
	put_worse_cohorts(buffer, card);
	put_emptiness(buffer, card);
}
