/* SPDX-License-Identifier: Apache-2.0
 *
 * export_format_rasa.c - rasa/LOCALE.train.yml and rasa/LOCALE.holdout.yml: training data 3.1, one
 * block of examples per intent. A Rasa model speaks one language, hence a file per locale.
 */
#include <stdlib.h>

#include "schemas/error.h"
#include "schemas/export_format.h"
#include "schemas/json_text.h"

/* One row by its label; labels of equal rows are equal bytes. */
struct labelled {
	struct rph_buffer label;
	const struct rph_example *example;
};

/* Rasa finds entities with a pattern over the whole line: any bracket beside an annotation moves
 * its span. A text that begins with '/' is a command to it, and a dash begins an item. */
static bool text_is_fit(struct rph_span text)
{
	return text.len && !rph_format_has_any(text, "[]\\") && text.ptr[0] != '/' &&
	       text.ptr[0] != '-';
}

static bool is_fit(const struct rph_example *example)
{
	if (!text_is_fit(example->text) || !rph_format_is_name(example->intent, "/\"\\") ||
	    (example->domain.len && !rph_format_is_name(example->domain, "/\"\\")))
		return false;
	for (uint32_t i = 0; i < example->slot_count; i++)
		if (!rph_format_is_name(example->slots[i].name, "\"\\:(){}[]"))
			return false;
	return true;
}

static void put_example(struct rph_buffer *line, const struct rph_example *example)
{
	struct rph_span text = example->text;
	uint32_t index = 0;
	size_t at = 0, done = 0;

	rph_buffer_add_text(line, "    - ");
	for (uint32_t i = 0; i < example->slot_count; i++) {
		const struct rph_example_slot *slot = &example->slots[i];
		size_t start = rph_format_advance(text, slot->start, &index, &at);
		size_t end = rph_format_advance(text, slot->end, &index, &at);
		rph_buffer_add(line, (struct rph_span){text.ptr + done, start - done});
		rph_buffer_add_text(line, "[");
		rph_buffer_add(line, (struct rph_span){text.ptr + start, end - start});
		rph_buffer_add_text(line, "]{\"entity\": \"");
		rph_buffer_add(line, slot->name);
		rph_buffer_add_text(line, "\"}");
		done = end;
	}
	rph_buffer_add(line, (struct rph_span){text.ptr + done, text.len - done});
	rph_buffer_add_text(line, "\n");
}

static int compare(const void *left, const void *right)
{
	const struct labelled *a = left, *b = right;
	int order = rph_span_compare(rph_buffer_span(&a->label), rph_buffer_span(&b->label));
	return order ? order : rph_example_compare(a->example, b->example);
}

/* The rows of one split that fit, sorted by label. */
static size_t select_rows(const struct rph_example *examples, size_t count, bool holdout,
			  struct labelled *rows, struct rph_format_report *report)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (examples[i].holdout != holdout)
			continue;
		if (!is_fit(&examples[i])) {
			report->left_out++;
			continue;
		}
		rows[used] = (struct labelled){.example = &examples[i]};
		rph_format_label(&rows[used++].label, &examples[i]);
	}
	report->rows += used;
	if (used)
		qsort(rows, used, sizeof(*rows), compare);
	return used;
}

static int write_rows(const struct labelled *rows, size_t count,
		      const struct rph_format_output *output)
{
	RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
	int error = 0;

	rph_buffer_add_text(&line,
			    count ? "version: \"3.1\"\nnlu:\n" : "version: \"3.1\"\nnlu: []\n");
	for (size_t i = 0; i < count && !error; i++) {
		struct rph_span label = rph_buffer_span(&rows[i].label);
		if (rows[i].label.error)
			return rows[i].label.error;
		if (i == 0 || !rph_span_equal(label, rph_buffer_span(&rows[i - 1].label))) {
			rph_buffer_add_text(&line, "- intent: ");
			/* What follows ": " in a line is a value, not an item of a list. */
			rph_buffer_add_text(&line, "\"");
			rph_buffer_add(&line, label);
			rph_buffer_add_text(&line, "\"\n  examples: |\n");
		}
		put_example(&line, rows[i].example);
		error = rph_format_flush(output, &line);
	}
	return error ? error : rph_format_flush(output, &line);
}

static int write_split(const struct rph_example *examples, size_t count, bool holdout,
		       const struct rph_format_output *output, struct rph_format_report *report)
{
	struct labelled *rows = calloc(count + 1, sizeof(*rows));

	if (!rows)
		return RPH_E_NO_MEMORY;
	size_t used = select_rows(examples, count, holdout, rows, report);
	int error = rph_format_open(output, "rasa", examples->locale,
				    holdout ? ".holdout.yml" : ".train.yml");
	if (!error)
		error = write_rows(rows, used, output);
	for (size_t i = 0; i < used; i++)
		rph_buffer_free(&rows[i].label);
	free(rows);
	return error;
}

int rph_format_write_rasa(const struct rph_example *examples, size_t count,
			  const struct rph_format_output *output, struct rph_format_report *ret)
{
	int error = 0;

	*ret = (struct rph_format_report){0};
	for (size_t start = 0, rows; start < count && !error; start += rows) {
		rows = rph_format_locale_rows(examples + start, count - start);
		error = write_split(examples + start, rows, false, output, ret);
		if (!error)
			error = write_split(examples + start, rows, true, output, ret);
	}
	return error;
}
