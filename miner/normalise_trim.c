/* SPDX-License-Identifier: Apache-2.0 */
#include <unicode/uchar.h>

#include "miner/normalise_private.h"
#include "miner/utf.h"

enum { ZWNJ = 0x200C, ZWJ = 0x200D, PER_MILLE = 0x2030, PER_TEN_THOUSAND = 0x2031, SECTION = 0xA7 };

/* What an ASCII code does at the end of a text. */
enum edge {
	EDGE_KEEP = 0,
	EDGE_STRIP,
	EDGE_BEFORE_NUMBER, /* kept at the start when an amount follows */
	EDGE_BEFORE_DIGIT,  /* kept at the start when a digit follows */
	EDGE_BEFORE_WORD,   /* kept at the start when a letter or digit follows */
	EDGE_BESIDE_WORD,   /* kept at either end when a letter or digit is next to it */
};

static const uint8_t ascii_edges[128] = {
	[' '] = EDGE_STRIP,         ['!'] = EDGE_STRIP,        ['"'] = EDGE_STRIP,
	['\''] = EDGE_STRIP,        ['('] = EDGE_STRIP,        [')'] = EDGE_STRIP,
	['/'] = EDGE_STRIP,         [':'] = EDGE_STRIP,        [';'] = EDGE_STRIP,
	['?'] = EDGE_STRIP,         ['['] = EDGE_STRIP,        ['\\'] = EDGE_STRIP,
	[']'] = EDGE_STRIP,         ['^'] = EDGE_STRIP,        ['_'] = EDGE_STRIP,
	['`'] = EDGE_STRIP,         ['{'] = EDGE_STRIP,        ['|'] = EDGE_STRIP,
	['}'] = EDGE_STRIP,         ['~'] = EDGE_STRIP,        ['&'] = EDGE_STRIP,
	['-'] = EDGE_BEFORE_NUMBER, ['.'] = EDGE_BEFORE_DIGIT, [','] = EDGE_BEFORE_DIGIT,
	['@'] = EDGE_BEFORE_WORD,   ['#'] = EDGE_BESIDE_WORD,  ['*'] = EDGE_BESIDE_WORD,
};

static bool is_ascii_digit(UChar32 c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(UChar32 c)
{
	if (c < 0x80)
		return is_ascii_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return u_isalnum(c);
}

static bool is_mark(UChar32 c)
{
	return c >= 0x300 && (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}

static bool is_currency(UChar32 c)
{
	return c == '$' || (c >= 0x80 && u_charType(c) == U_CURRENCY_SYMBOL);
}

static enum edge edge_of(UChar32 c)
{
	if (c < 0)
		return EDGE_KEEP;
	if (c < 0x80)
		return (enum edge)ascii_edges[c];
	if (c == ZWNJ || c == ZWJ)
		return EDGE_STRIP;
	if (c == PER_MILLE || c == PER_TEN_THOUSAND || c == SECTION)
		return EDGE_KEEP;
	return U_GET_GC_MASK(c) & U_GC_P_MASK ? EDGE_STRIP : EDGE_KEEP;
}

/* Is `text` at `at` the start of an amount: 5, .5, $5? */
static bool starts_number(const char *text, int32_t at, int32_t length)
{
	UChar32 c = at < length ? rph_utf8_next(text, &at, length) : 0;
	if ((c == '.' || c == ',') && at < length)
		c = rph_utf8_next(text, &at, length);
	return is_ascii_digit(c) || (c > 0 && is_currency(c));
}

/* Is the code point before `at`, whose class is `edge`, dropped from the start? */
static bool strips_start(const char *text, int32_t at, int32_t length, enum edge edge)
{
	int32_t after = at;
	UChar32 next = at < length ? rph_utf8_next(text, &after, length) : 0;
	if (next < 0)
		next = 0;
	switch (edge) {
	case EDGE_KEEP:
		return false;
	case EDGE_STRIP:
		/* A mark belongs to the sign before it, except that it floats on a space. */
		return text[at - 1] == ' ' || !is_mark(next);
	case EDGE_BEFORE_NUMBER:
		return !is_mark(next) && !starts_number(text, at, length);
	case EDGE_BEFORE_DIGIT:
		return !is_mark(next) && !is_ascii_digit(next);
	case EDGE_BEFORE_WORD:
	case EDGE_BESIDE_WORD:
		return !is_mark(next) && !is_word(next);
	}
	return false;
}

static bool strips_end(const char *text, int32_t start, int32_t at, enum edge edge)
{
	if (edge != EDGE_BESIDE_WORD)
		return edge != EDGE_KEEP;
	UChar32 before = at > start ? rph_utf8_previous(text, start, &at) : 0;
	return before <= 0 || !is_word(before);
}

static int32_t trimmed_start(const char *text, int32_t length)
{
	int32_t start = 0;
	while (start < length) {
		int32_t next = start;
		UChar32 c = rph_utf8_next(text, &next, length);
		if (!strips_start(text, next, length, edge_of(c)))
			break;
		start = next;
	}
	return start;
}

struct rph_span rph_trim_punctuation(struct rph_span text)
{
	if (text.len == 0 || text.len > INT32_MAX)
		return text;
	int32_t end = (int32_t)text.len;
	int32_t start = trimmed_start(text.ptr, end);
	while (end > start) {
		int32_t before = end;
		UChar32 c = rph_utf8_previous(text.ptr, start, &before);
		if (!strips_end(text.ptr, start, before, edge_of(c)))
			break;
		end = before;
	}
	return (struct rph_span){text.ptr + start, (size_t)(end - start)};
}
