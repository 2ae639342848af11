/* SPDX-License-Identifier: Apache-2.0
 *
 * export_format_massive.c - massive/LOCALE.jsonl in the columns of MASSIVE 1.1. Its readers cut the
 * annotated text at white space and look for '[' at the start of a token and ']' at its end, so a
 * slot needs a space on both sides, and the plain text the same spaces. Chinese and Japanese are cut
 * by character, where the plain text stays as it was.
 */
#include "schemas/error.h"
#include "schemas/export_format.h"
#include "schemas/json_text.h"
#include "schemas/utf8.h"

/* MASSIVE's own ids are below; a reader may join by id. */
#define FIRST_ID 900000u

static bool is_fit(const struct rph_example *example)
{
	if (example->text.len == 0 || rph_format_has_any(example->text, "[]"))
		return false;
	for (uint32_t i = 0; i < example->slot_count; i++)
		if (!rph_format_is_name(example->slots[i].name, ":[]"))
			return false;
	return true;
}

static bool is_cut_by_character(struct rph_span locale)
{
	return locale.len >= 2 &&
	       (memcmp(locale.ptr, "ja", 2) == 0 || memcmp(locale.ptr, "zh", 2) == 0) &&
	       (locale.len == 2 || locale.ptr[2] == '-');
}

static void put_gap(struct rph_buffer *text)
{
	if (text->len && text->text[text->len - 1] != ' ')
		rph_buffer_add_text(text, " ");
}

/* The text with a space before and after every slot; annotated or not. */
static void put_text(struct rph_buffer *ret, const struct rph_example *example, bool annotated)
{
	struct rph_span text = example->text;
	uint32_t index = 0;
	size_t at = 0, done = 0;

	for (uint32_t i = 0; i < example->slot_count; i++) {
		const struct rph_example_slot *slot = &example->slots[i];
		size_t start = rph_format_advance(text, slot->start, &index, &at);
		size_t end = rph_format_advance(text, slot->end, &index, &at);
		rph_buffer_add(ret, (struct rph_span){text.ptr + done, start - done});
		put_gap(ret);
		if (annotated) {
			rph_buffer_add_text(ret, "[");
			rph_buffer_add(ret, slot->name);
			rph_buffer_add_text(ret, " : ");
		}
		rph_buffer_add(ret, (struct rph_span){text.ptr + start, end - start});
		if (annotated)
			rph_buffer_add_text(ret, "]");
		if (end < text.len && text.ptr[end] != ' ')
			rph_buffer_add_text(ret, " ");
		done = end;
	}
	rph_buffer_add(ret, (struct rph_span){text.ptr + done, text.len - done});
}

/* Texts of one row; kept between rows for their memory. */
struct texts {
	struct rph_buffer line, plain, annotated, label;
};

static void put_row(struct texts *texts, const struct rph_example *example, uint64_t number)
{
	struct rph_buffer *line = &texts->line;
	char id[24];
	struct rph_buffer id_text = rph_buffer_fixed(id, sizeof(id));

	texts->plain.len = texts->annotated.len = texts->label.len = 0;
	rph_buffer_format(&id_text, "%llu", (unsigned long long)(FIRST_ID + number));
	put_text(&texts->annotated, example, true);
	if (is_cut_by_character(example->locale))
		rph_buffer_add(&texts->plain, example->text);
	else
		put_text(&texts->plain, example, false);
	rph_format_label(&texts->label, example);
	rph_json_open(line, '{');
	rph_json_put_string(line, "id", rph_buffer_span(&id_text));
	rph_json_put_string(line, "locale", example->locale);
	rph_json_put_string(line, "partition", rph_span_of(example->holdout ? "test" : "train"));
	rph_json_put_string(line, "scenario",
			    example->domain.len ? example->domain : example->intent);
	rph_json_put_string(line, "intent", rph_buffer_span(&texts->label));
	rph_json_put_string(line, "utt", rph_buffer_span(&texts->plain));
	rph_json_put_string(line, "annot_utt", rph_buffer_span(&texts->annotated));
	rph_json_put_string(line, "worker_id", RPH_SPAN("0"));
	rph_json_close(line, '}');
	rph_buffer_add_text(line, "\n");
	if (texts->plain.error || texts->annotated.error || texts->label.error)
		line->error = RPH_E_NO_MEMORY;
}

static int write_locale(const struct rph_example *examples, size_t count,
			const struct rph_format_output *output, struct texts *texts,
			struct rph_format_report *report)
{
	int error = rph_format_open(output, "massive", examples->locale, ".jsonl");

	for (size_t i = 0; i < count && !error; i++) {
		if (!is_fit(&examples[i])) {
			report->left_out++;
			continue;
		}
		put_row(texts, &examples[i], report->rows++);
		error = rph_format_flush(output, &texts->line);
	}
	return error;
}

int rph_format_write_massive(const struct rph_example *examples, size_t count,
			     const struct rph_format_output *output, struct rph_format_report *ret)
{
	struct texts texts = {0};
	int error = 0;

	*ret = (struct rph_format_report){0};
	for (size_t start = 0, rows; start < count && !error; start += rows) {
		rows = rph_format_locale_rows(examples + start, count - start);
		error = write_locale(examples + start, rows, output, &texts, ret);
	}
	rph_buffer_free(&texts.line);
	rph_buffer_free(&texts.plain);
	rph_buffer_free(&texts.annotated);
	rph_buffer_free(&texts.label);
	return error;
}
