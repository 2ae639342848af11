/* SPDX-License-Identifier: Apache-2.0
 *
 * export_format_bio.c - bio/LOCALE/SPLIT/{seq.in,seq.out,label}: line N of each belongs together,
 * one space between tokens; and bio/LOCALE/{intent_label.txt,slot_label.txt}, the labels of both
 * splits. SPLIT is train or test.
 */
#include <stdlib.h>

#include "schemas/error.h"
#include "schemas/export_format.h"
#include "schemas/tokens.h"

enum part { PART_WORDS, PART_TAGS, PART_LABEL, PART_COUNT };

static const char *const part_names[PART_COUNT] = {"seq.in", "seq.out", "label"};

/* Loaders split a label with '#' into several intents. */
static bool is_fit(const struct rph_example *example)
{
	if (example->text.len == 0 || !rph_format_is_name(example->intent, "#") ||
	    (example->domain.len && !rph_format_is_name(example->domain, "#")))
		return false;
	for (uint32_t i = 0; i < example->slot_count; i++)
		if (!rph_format_is_name(example->slots[i].name, ""))
			return false;
	return true;
}

static void put_line(struct rph_buffer *line, const struct rph_example *example, enum part part)
{
	struct rph_tokens tokens = {.example = example};
	struct rph_token token;

	if (part == PART_LABEL)
		rph_format_label(line, example);
	else
		for (bool first = true; rph_tokens_next(&tokens, &token); first = false) {
			if (!first)
				rph_buffer_add_text(line, " ");
			if (part == PART_WORDS) {
				rph_buffer_add(line, token.text);
			} else if (token.slot == RPH_TOKEN_OUTSIDE) {
				rph_buffer_add_text(line, "O");
			} else {
				rph_buffer_add_text(line, token.begins ? "B-" : "I-");
				rph_buffer_add(line, example->slots[token.slot].name);
			}
		}
	rph_buffer_add_text(line, "\n");
}

static int write_part(const struct rph_example *examples, size_t count, bool holdout,
		      enum part part, const struct rph_format_output *output)
{
	RPH_BUFFER_CLEANUP struct rph_buffer line = {0}, tail = {0};

	rph_buffer_format(&tail, "/%s/%s", holdout ? "test" : "train", part_names[part]);
	int error = tail.error;
	if (!error)
		error = rph_format_open(output, "bio", examples->locale, tail.text);
	for (size_t i = 0; i < count && !error; i++) {
		if (examples[i].holdout != holdout || !is_fit(&examples[i]))
			continue;
		put_line(&line, &examples[i], part);
		error = rph_format_flush(output, &line);
	}
	return error;
}

static int compare_names(const void *left, const void *right)
{
	return rph_span_compare(*(const struct rph_span *)left, *(const struct rph_span *)right);
}

/* Sorts, and moves the distinct names to the front. */
static size_t distinct(struct rph_span *names, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !rph_span_equal(names[kept - 1], names[i]))
			names[kept++] = names[i];
	return kept;
}

static int write_slot_labels(const struct rph_example *examples, size_t count,
			     const struct rph_format_output *output)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	size_t most = 1, used = 0;

	for (size_t i = 0; i < count; i++)
		most += examples[i].slot_count;
	struct rph_span *names = calloc(most, sizeof(*names));
	if (!names)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		for (uint32_t j = 0; is_fit(&examples[i]) && j < examples[i].slot_count; j++)
			names[used++] = examples[i].slots[j].name;
	used = distinct(names, used);
	rph_buffer_add_text(&text, "PAD\nUNK\nO\n");
	for (size_t i = 0; i < used; i++)
		rph_buffer_format(&text, "B-%.*s\nI-%.*s\n", (int)names[i].len, names[i].ptr,
				  (int)names[i].len, names[i].ptr);
	free(names);
	int error = rph_format_open(output, "bio", examples->locale, "/slot_label.txt");
	return error ? error : rph_format_flush(output, &text);
}

static int write_intent_labels(const struct rph_example *examples, size_t count,
			       const struct rph_format_output *output)
{
	RPH_BUFFER_CLEANUP struct rph_buffer labels = {0}, text = {0};
	size_t *ends = calloc(count + 1, sizeof(*ends));
	struct rph_span *names = calloc(count + 1, sizeof(*names));
	size_t used = 0;
	int error = ends && names ? 0 : RPH_E_NO_MEMORY;

	/* The buffer moves while it grows: spans are made when it is whole. */
	for (size_t i = 0; i < count && !error; i++) {
		if (!is_fit(&examples[i]))
			continue;
		rph_format_label(&labels, &examples[i]);
		ends[used++] = labels.len;
		error = labels.error;
	}
	for (size_t i = 0, from = 0; i < used && !error; from = ends[i++])
		names[i] = (struct rph_span){labels.text + from, ends[i] - from};
	if (!error) {
		used = distinct(names, used);
		rph_buffer_add_text(&text, "UNK\n");
		for (size_t i = 0; i < used; i++) {
			rph_buffer_add(&text, names[i]);
			rph_buffer_add_text(&text, "\n");
		}
		error = rph_format_open(output, "bio", examples->locale, "/intent_label.txt");
	}
	if (!error)
		error = rph_format_flush(output, &text);
	free(ends);
	free(names);
	return error;
}

static int write_locale(const struct rph_example *examples, size_t count,
			const struct rph_format_output *output, struct rph_format_report *report)
{
	int error = 0;

	for (size_t i = 0; i < count; i++) {
		bool fit = is_fit(&examples[i]);
		report->rows += fit;
		report->left_out += !fit;
	}
	for (unsigned part = 0; part < PART_COUNT && !error; part++)
		error = write_part(examples, count, false, (enum part)part, output);
	for (unsigned part = 0; part < PART_COUNT && !error; part++)
		error = write_part(examples, count, true, (enum part)part, output);
	if (!error)
		error = write_intent_labels(examples, count, output);
	return error ? error : write_slot_labels(examples, count, output);
}

int rph_format_write_bio(const struct rph_example *examples, size_t count,
			 const struct rph_format_output *output, struct rph_format_report *ret)
{
	int error = 0;

	*ret = (struct rph_format_report){0};
	for (size_t start = 0, rows; start < count && !error; start += rows) {
		rows = rph_format_locale_rows(examples + start, count - start);
		error = write_locale(examples + start, rows, output, ret);
	}
	return error;
}
