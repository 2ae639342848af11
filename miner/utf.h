/* SPDX-License-Identifier: Apache-2.0
 *
 * utf.h - stepping through UTF-8 and UTF-16, as functions: ICU's macros, wrapped once. Private to
 * miner/. A position must lie inside the text; what is not well-formed UTF-8 gives a negative
 * value.
 */
#ifndef RPH_MINER_UTF_H
#define RPH_MINER_UTF_H

#include <unicode/utf16.h>
#include <unicode/utf8.h>

/* The macros nest deeper than our functions may. NOLINTBEGIN(readability-function-size) */

/* The code point at *at; moves *at behind it. */
static inline UChar32 rph_utf8_next(const char *text, int32_t *at, int32_t length)
{
	UChar32 c;
	U8_NEXT(text, *at, length, c);
	return c;
}

/* The code point before *at, not looking further back than `start`; moves *at to it. */
static inline UChar32 rph_utf8_previous(const char *text, int32_t start, int32_t *at)
{
	UChar32 c;
	U8_PREV(text, start, *at, c);
	return c;
}

static inline UChar32 rph_utf16_next(const UChar *text, int32_t *at, int32_t length)
{
	UChar32 c;
	U16_NEXT(text, *at, length, c);
	return c;
}

static inline UChar32 rph_utf16_previous(const UChar *text, int32_t *at)
{
	UChar32 c;
	U16_PREV(text, 0, *at, c);
	return c;
}

/* Appends; the caller has made room for 4 bytes, or for 2 units. */
static inline void rph_utf8_append(char *text, size_t *length, uint32_t c)
{
	U8_APPEND_UNSAFE(text, *length, c);
}

static inline void rph_utf16_append(UChar *text, int32_t *length, UChar32 c)
{
	U16_APPEND_UNSAFE(text, *length, c);
}

/* NOLINTEND(readability-function-size) */

#endif
