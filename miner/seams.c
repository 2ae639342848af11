/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/seams.h"

#include <unicode/uchar.h>

#include "miner/grapheme.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

enum kind { KIND_WORD, KIND_SPACE, KIND_MARK, KIND_SPACELESS };

static enum kind kind_of(uint32_t point)
{
	UChar32 c = (UChar32)point;

	if (u_isUWhiteSpace(c))
		return KIND_SPACE;
	int line_break = u_getIntPropertyValue(c, UCHAR_LINE_BREAK);
	if (line_break == U_LB_COMPLEX_CONTEXT || line_break == U_LB_IDEOGRAPHIC ||
	    line_break == U_LB_CONDITIONAL_JAPANESE_STARTER)
		return KIND_SPACELESS;
	/* Iteration marks are letters of their word, whatever their line break. */
	if (line_break == U_LB_NONSTARTER && u_isalnum(c))
		return KIND_SPACELESS;
	uint32_t mask = U_GET_GC_MASK(c);
	return mask & (U_GC_P_MASK | U_GC_S_MASK) ? KIND_MARK : KIND_WORD;
}

bool rph_is_mark(uint32_t point)
{
	return kind_of(point) == KIND_MARK;
}

static bool is_inside_number(const uint32_t *points, uint32_t at, uint32_t count)
{
	uint32_t point = points[at];
	return (point == '.' || point == ',' || point == ':') && at > 0 && at + 1 < count &&
	       u_isdigit((UChar32)points[at - 1]) && u_isdigit((UChar32)points[at + 1]);
}

/* May a span start right between these two? Mirrored, may one end there. */
static bool is_open(enum kind outside, enum kind inside)
{
	if (inside == KIND_SPACE)
		return false;
	if (outside == KIND_SPACE || outside == KIND_SPACELESS || inside == KIND_SPACELESS)
		return true;
	return outside == KIND_MARK && inside == KIND_WORD;
}

static void mark_seams(const struct rph_seams *text, const uint8_t *kinds, uint8_t *seams)
{
	struct rph_grapheme_state state = {0};

	for (uint32_t i = 0; i < text->count; i++) {
		enum kind here = kinds[i];
		enum kind before = i ? kinds[i - 1] : KIND_SPACE;
		seams[i] = 0;
		if (!rph_grapheme_starts(&state, text->points[i]))
			continue;
		if (is_open(before, here))
			seams[i] |= RPH_SEAM_START;
		if (i && is_open(here, before))
			seams[i] |= RPH_SEAM_END;
	}
	seams[text->count] = text->count && kinds[text->count - 1] != KIND_SPACE ? RPH_SEAM_END : 0;
}

int rph_seams_find(struct rph_span text, struct rph_arena *arena, struct rph_seams *ret)
{
	uint32_t *points = RPH_ARENA_ARRAY(arena, uint32_t, text.len + 1);
	uint32_t *offset = RPH_ARENA_ARRAY(arena, uint32_t, text.len + 1);
	uint8_t *kinds = RPH_ARENA_ARRAY(arena, uint8_t, text.len + 1);
	uint8_t *seams = RPH_ARENA_ARRAY(arena, uint8_t, text.len + 1);
	uint32_t count = 0;

	if (!points || !offset || !kinds || !seams)
		return RPH_E_NO_MEMORY;
	for (size_t at = 0; at < text.len; count++) {
		size_t bytes = rph_utf8_character(text.ptr + at, text.len - at, &points[count]);
		if (bytes == 0)
			return RPH_E_BAD_INPUT;
		offset[count] = (uint32_t)at;
		at += bytes;
	}
	offset[count] = (uint32_t)text.len;
	for (uint32_t i = 0; i < count; i++)
		kinds[i] = is_inside_number(points, i, count) ? KIND_WORD
							      : (uint8_t)kind_of(points[i]);
	struct rph_seams found = {text, points, offset, seams, count};
	mark_seams(&found, kinds, seams);
	*ret = found;
	return 0;
}

bool rph_seams_next_word(const struct rph_seams *text, uint32_t *start, uint32_t *end)
{
	uint32_t first = *end;

	while (first < text->count && !(text->seams[first] & RPH_SEAM_START))
		first++;
	if (first >= text->count)
		return false;
	*start = first;
	*end = first + 1;
	while (*end < text->count && !(text->seams[*end] & RPH_SEAM_END))
		++*end;
	return true;
}

bool rph_seams_next_span(const struct rph_seams *text, uint32_t longest, uint32_t *start,
			 uint32_t *end)
{
	for (; *start < text->count; ++*start, *end = *start) {
		if (!(text->seams[*start] & RPH_SEAM_START))
			continue;
		while (*end < text->count && *end - *start < longest)
			if (text->seams[++*end] & RPH_SEAM_END)
				return true;
	}
	return false;
}

int rph_digit_of(uint32_t point)
{
	return u_charDigitValue((UChar32)point);
}
