/* SPDX-License-Identifier: Apache-2.0
 *
 * export_format.c - the table of formats, and what their writers share.
 */
#include "schemas/export_format.h"

#include "schemas/utf8.h"

const struct rph_format rph_formats[RPH_FORMAT_COUNT] = {
#define RPH_FORMAT(name, summary, tokenisation) \
	[RPH_FORMAT_##name] = {#name, summary, tokenisation, rph_format_write_##name},
#include "schemas/export_format.def"
#undef RPH_FORMAT
};

const struct rph_format *rph_format_find(struct rph_span name)
{
	for (size_t i = 0; i < RPH_FORMAT_COUNT; i++)
		if (rph_span_equal(name, rph_span_of(rph_formats[i].name)))
			return &rph_formats[i];
	return NULL;
}

bool rph_format_is_known(struct rph_span name)
{
	return rph_span_equal(name, RPH_SPAN("jsonl")) || rph_format_find(name);
}

static bool begins_with_domain(const struct rph_example *example)
{
	struct rph_span domain = example->domain, intent = example->intent;

	return intent.len > domain.len && memcmp(intent.ptr, domain.ptr, domain.len) == 0 &&
	       intent.ptr[domain.len] == '_';
}

void rph_format_label(struct rph_buffer *buffer, const struct rph_example *example)
{
	if (example->domain.len && !begins_with_domain(example)) {
		rph_buffer_add(buffer, example->domain);
		rph_buffer_add_text(buffer, "_");
	}
	rph_buffer_add(buffer, example->intent);
}

size_t rph_format_locale_rows(const struct rph_example *first, size_t count)
{
	size_t rows = 1;

	while (rows < count && rph_span_equal(first[rows].locale, first->locale))
		rows++;
	return rows;
}

bool rph_format_has_any(struct rph_span text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] && strchr(characters, text.ptr[i]))
			return true;
	return false;
}

bool rph_format_is_name(struct rph_span name, const char *characters)
{
	if (name.len == 0 || rph_format_has_any(name, characters))
		return false;
	for (size_t at = 0; at < name.len;) {
		uint32_t point = 0;
		size_t bytes = rph_utf8_character(name.ptr + at, name.len - at, &point);
		/* No-break, ideographic and line-separating spaces end a token in Python. */
		if (bytes == 0 || point <= 0x20 || (point >= 0x7F && point <= 0xA0) ||
		    (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 ||
		    point == 0x202F || point == 0x205F || point == 0x3000 || point == 0x1680)
			return false;
		at += bytes;
	}
	return true;
}

size_t rph_format_advance(struct rph_span text, uint32_t index, uint32_t *at_index, size_t *at_byte)
{
	uint32_t point = 0;

	while (*at_index < index && *at_byte < text.len) {
		*at_byte += rph_utf8_character(text.ptr + *at_byte, text.len - *at_byte, &point);
		++*at_index;
	}
	return *at_byte;
}

int rph_format_open(const struct rph_format_output *output, const char *folder,
		    struct rph_span locale, const char *tail)
{
	RPH_BUFFER_CLEANUP struct rph_buffer path = {0};

	rph_buffer_add_text(&path, folder);
	rph_buffer_add_text(&path, "/");
	rph_buffer_add(&path, locale);
	rph_buffer_add_text(&path, tail);
	return path.error ? path.error : output->open(output->context, path.text);
}

int rph_format_flush(const struct rph_format_output *output, struct rph_buffer *line)
{
	int error = line->error;

	if (!error && line->len)
		error = output->write(output->context, rph_buffer_span(line));
	line->len = 0;
	return error;
}
