/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/json_text.h"

#include "schemas/utf8.h"

/* Digits of UINT64_MAX, a sign and a comma. */
enum { NUMBER_SIZE = 24 };

static bool needs_comma(const struct rph_buffer *buffer)
{
	if (buffer->len == 0)
		return false;
	switch (buffer->text[buffer->len - 1]) {
	case '{':
	case '[':
	case ':':
	case '\n':
		return false;
	default:
		return true;
	}
}

static void add_piece(struct rph_buffer *buffer, const char *text, size_t len)
{
	rph_buffer_add(buffer, (struct rph_span){text, len});
}

static void add_comma(struct rph_buffer *buffer)
{
	if (needs_comma(buffer))
		add_piece(buffer, ",", 1);
}

void rph_json_open(struct rph_buffer *buffer, char bracket)
{
	RPH_ASSERT(bracket == '{' || bracket == '[');
	add_comma(buffer);
	add_piece(buffer, &bracket, 1);
}

void rph_json_close(struct rph_buffer *buffer, char bracket)
{
	RPH_ASSERT(bracket == '}' || bracket == ']');
	add_piece(buffer, &bracket, 1);
}

void rph_json_key(struct rph_buffer *buffer, const char *name)
{
	bool comma = needs_comma(buffer);
	add_piece(buffer, comma ? ",\"" : "\"", 1 + (size_t)comma);
	rph_buffer_add_text(buffer, name);
	add_piece(buffer, "\":", 2);
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void add_escape(struct rph_buffer *buffer, uint32_t point)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2) {
		if ((unsigned char)shorts[i] == point) {
			add_piece(buffer, (const char[]){'\\', shorts[i + 1]}, 2);
			return;
		}
	}
	char text[6] = {'\\',
			'u',
			hex[point >> 12 & 15],
			hex[point >> 8 & 15],
			hex[point >> 4 & 15],
			hex[point & 15]};
	add_piece(buffer, text, sizeof(text));
}

/* U+2028 and U+2029 end a line in JavaScript, and C1 controls can drive a terminal. */
static bool is_escaped(uint32_t point)
{
	return (point < 0x80 && !is_plain((unsigned char)point)) ||
	       (point >= 0x80 && point < 0xa0) || point == 0x2028 || point == 0x2029;
}

void rph_json_string(struct rph_buffer *buffer, struct rph_span text)
{
	size_t from = 0, at = 0;
	bool comma = needs_comma(buffer);
	add_piece(buffer, comma ? ",\"" : "\"", 1 + (size_t)comma);
	while (at < text.len) {
		uint32_t point;
		if (is_plain((unsigned char)text.ptr[at])) {
			at++;
			continue;
		}
		size_t len = rph_utf8_character(text.ptr + at, text.len - at, &point);
		if (len > 0 && !is_escaped(point)) {
			at += len;
			continue;
		}
		add_piece(buffer, text.ptr + from, at - from);
		add_escape(buffer, len > 0 ? point : 0xfffd);
		at += len > 0 ? len : 1;
		from = at;
	}
	if (at > from)
		add_piece(buffer, text.ptr + from, at - from);
	add_piece(buffer, "\"", 1);
}

/* Writes the digits of `value` so that they end at `end`; returns where they start. */
static char *digits_before(char *end, uint64_t value)
{
	do {
		*--end = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return end;
}

static void add_number(struct rph_buffer *buffer, bool negative, uint64_t value)
{
	char text[NUMBER_SIZE];
	char *end = text + sizeof(text);
	char *start = digits_before(end, value);
	if (negative)
		*--start = '-';
	if (needs_comma(buffer))
		*--start = ',';
	add_piece(buffer, start, (size_t)(end - start));
}

void rph_json_integer(struct rph_buffer *buffer, int64_t value)
{
	/* Negated as unsigned, for INT64_MIN has no positive twin. */
	add_number(buffer, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void rph_json_unsigned(struct rph_buffer *buffer, uint64_t value)
{
	add_number(buffer, false, value);
}

void rph_json_bool(struct rph_buffer *buffer, bool value)
{
	add_comma(buffer);
	rph_buffer_add_text(buffer, value ? "true" : "false");
}

void rph_json_null(struct rph_buffer *buffer)
{
	add_comma(buffer);
	add_piece(buffer, "null", 4);
}

void rph_json_ratio(struct rph_buffer *buffer, uint64_t numerator, uint32_t denominator,
		    unsigned digits)
{
	char text[NUMBER_SIZE];
	uint64_t scale = 1;
	RPH_ASSERT(denominator > 0 && digits >= 1 && digits <= 9);
	RPH_ASSERT(numerator / denominator <= UINT32_MAX);
	for (unsigned i = 0; i < digits; i++)
		scale *= 10;
	uint64_t whole = numerator / denominator;
	/* The rest is below 2^32 and the scale at most 10^9: the product fits. */
	uint64_t exact = (numerator % denominator) * scale;
	uint64_t rest = exact % denominator;
	uint64_t part = exact / denominator + (rest >= denominator - rest);
	whole += part / scale;
	part %= scale;
	while (digits > 1 && part % 10 == 0) {
		part /= 10;
		digits--;
	}
	char *end = text + sizeof(text), *start = end;
	for (unsigned i = 0; i < digits; i++, part /= 10)
		*--start = (char)('0' + part % 10);
	*--start = '.';
	start = digits_before(start, whole);
	if (needs_comma(buffer))
		*--start = ',';
	add_piece(buffer, start, (size_t)(end - start));
}

void rph_json_put_string(struct rph_buffer *buffer, const char *name, struct rph_span text)
{
	rph_json_key(buffer, name);
	rph_json_string(buffer, text);
}

void rph_json_put_integer(struct rph_buffer *buffer, const char *name, int64_t value)
{
	rph_json_key(buffer, name);
	rph_json_integer(buffer, value);
}

void rph_json_put_unsigned(struct rph_buffer *buffer, const char *name, uint64_t value)
{
	rph_json_key(buffer, name);
	rph_json_unsigned(buffer, value);
}

void rph_json_put_bool(struct rph_buffer *buffer, const char *name, bool value)
{
	rph_json_key(buffer, name);
	rph_json_bool(buffer, value);
}

void rph_json_put_ratio(struct rph_buffer *buffer, const char *name, uint64_t numerator,
			uint32_t denominator, unsigned digits)
{
	rph_json_key(buffer, name);
	rph_json_ratio(buffer, numerator, denominator, digits);
}
