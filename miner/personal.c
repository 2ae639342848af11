/* SPDX-License-Identifier: Apache-2.0
 *
 * personal.c - a first sieve for texts that look like personal data. It prefers to refuse.
 */
#include "miner/promote.h"

#include "schemas/utf8.h"

#include <unicode/uchar.h>

/* Telephone, card and account numbers are longer than years, times and prices. */
#define DIGITS_IN_A_ROW 7

static bool is_number_separator(uint32_t point)
{
	return point == ' ' || point == 0xA0 || point == '.' || point == '-' || point == '/' ||
	       point == '(' || point == ')' || point == '+' || point == ',' || point == ':' ||
	       point == 0x2010 || point == 0x2011 || point == 0x2013;
}

static bool has_long_number(struct rph_span text)
{
	unsigned digits = 0, separators = 0;

	for (size_t at = 0; at < text.len;) {
		uint32_t point = 0;
		size_t bytes = rph_utf8_character(text.ptr + at, text.len - at, &point);
		if (bytes == 0)
			return true;
		at += bytes;
		if (u_charType((UChar32)point) == U_DECIMAL_DIGIT_NUMBER) {
			separators = 0;
			if (++digits >= DIGITS_IN_A_ROW)
				return true;
		} else if (digits && is_number_separator(point) && ++separators <= 2) {
			continue;
		} else {
			digits = 0;
		}
	}
	return false;
}

static bool contains(struct rph_span text, struct rph_span needle)
{
	return text.len >= needle.len && memmem(text.ptr, text.len, needle.ptr, needle.len) != NULL;
}

/* local@domain.tld, in the widest sense: no space beside the '@', a dot after it. */
static bool has_mail_address(struct rph_span text)
{
	for (size_t at = 1; at + 1 < text.len; at++) {
		if (text.ptr[at] != '@' || text.ptr[at - 1] == ' ')
			continue;
		for (size_t i = at + 1; i < text.len && text.ptr[i] != ' '; i++)
			if (text.ptr[i] == '.' && i > at + 1 && i + 1 < text.len &&
			    text.ptr[i + 1] != ' ')
				return true;
	}
	return false;
}

bool rph_looks_personal(struct rph_span text)
{
	return contains(text, RPH_SPAN("://")) || contains(text, RPH_SPAN("www.")) ||
	       has_mail_address(text) || has_long_number(text);
}
