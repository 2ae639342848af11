/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/grapheme.h"

#include <unicode/uchar.h>

#include "miner/utf.h"

enum { FIRST_PICTOGRAPH = 0x203C, LAST_LOW_PICTOGRAPH = 0x3299, FIRST_HIGH_PICTOGRAPH = 0x1F000 };

/* Beside the Grapheme_Cluster_Break in a kind; 0 of both is what is_plain() is. */
enum { PICTOGRAPH = 0x80 };
_Static_assert(U_GCB_OTHER == 0, "kind 0 joins nothing");

/* Most of what people write: no such code point joins, extends or precedes another. Latin but for
 * controls and signs; Greek and Cyrillic; Arabic letters; kana; Han. */
static bool is_plain(uint32_t c)
{
	return (c >= 0x20 && c < 0x7F) || (c >= 0xB0 && c < 0x300) || (c >= 0x370 && c <= 0x482) ||
	       (c >= 0x620 && c <= 0x64A) || (c >= 0x3041 && c <= 0x3096) ||
	       (c >= 0x30A1 && c <= 0x30FF) || (c >= 0x4E00 && c <= 0x9FFF);
}

static bool is_pictograph(uint32_t c)
{
	if (c != 0xA9 && c != 0xAE && c < FIRST_HIGH_PICTOGRAPH &&
	    (c < FIRST_PICTOGRAPH || c > LAST_LOW_PICTOGRAPH))
		return false;
	return u_hasBinaryProperty((UChar32)c, UCHAR_EXTENDED_PICTOGRAPHIC);
}

uint8_t rph_grapheme_kind(uint32_t code_point)
{
	if (is_plain(code_point))
		return 0;
	int class = u_getIntPropertyValue((UChar32)code_point, UCHAR_GRAPHEME_CLUSTER_BREAK);
	return (uint8_t)(class | (is_pictograph(code_point) ? PICTOGRAPH : 0));
}

static bool is_control(int class)
{
	return class == U_GCB_CONTROL || class == U_GCB_CR || class == U_GCB_LF;
}

/* GB6 to GB8: jamo that build one syllable. */
static bool is_syllable(int before, int after)
{
	switch (before) {
	case U_GCB_L:
		return after == U_GCB_L || after == U_GCB_V || after == U_GCB_LV ||
		       after == U_GCB_LVT;
	case U_GCB_LV:
	case U_GCB_V:
		return after == U_GCB_V || after == U_GCB_T;
	case U_GCB_LVT:
	case U_GCB_T:
		return after == U_GCB_T;
	default:
		return false;
	}
}

/* GB3 to GB9b and GB12, GB13: does `after` continue the cluster that ends in `before`? */
static bool continues(int before, int after, bool regional_open)
{
	if (before == U_GCB_CR && after == U_GCB_LF)
		return true;
	if (is_control(before) || is_control(after))
		return false;
	if (after == U_GCB_EXTEND || after == U_GCB_ZWJ || after == U_GCB_SPACING_MARK ||
	    before == U_GCB_PREPEND)
		return true;
	if (before == U_GCB_REGIONAL_INDICATOR && after == U_GCB_REGIONAL_INDICATOR)
		return regional_open;
	return is_syllable(before, after);
}

bool rph_grapheme_starts_complex(struct rph_grapheme_state *state, uint8_t kind)
{
	int before = state->previous & ~PICTOGRAPH, after = kind & ~PICTOGRAPH;
	/* GB1: as after a control, everything starts anew. */
	if (!state->started)
		before = U_GCB_CONTROL;
	bool pictograph = (kind & PICTOGRAPH) != 0;
	bool starts = !continues(before, after, state->regional_open) &&
		      !(state->joined && pictograph); /* GB11 */
	state->joined = state->pictograph && after == U_GCB_ZWJ;
	state->pictograph = pictograph || (state->pictograph && after == U_GCB_EXTEND);
	state->regional_open = after == U_GCB_REGIONAL_INDICATOR && !state->regional_open;
	state->previous = kind;
	state->started = true;
	return starts;
}

bool rph_grapheme_starts(struct rph_grapheme_state *state, uint32_t code_point)
{
	return rph_grapheme_starts_kind(state, rph_grapheme_kind(code_point));
}

size_t rph_grapheme_count(struct rph_span text)
{
	RPH_ASSERT(text.len <= INT32_MAX);
	struct rph_grapheme_state state = {0};
	size_t count = 0;
	int32_t at = 0, length = (int32_t)text.len;
	while (at < length) {
		UChar32 c = rph_utf8_next(text.ptr, &at, length);
		count += rph_grapheme_starts(&state, c < 0 ? 0xFFFD : (uint32_t)c);
	}
	return count;
}
