/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/code_point.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "miner/grapheme.h"
#include "miner/normalise_private.h"
#include "miner/phonetic.h"
#include "miner/utf.h"
#include "schemas/error.h"

enum { ZWNJ = 0x200C, ZWJ = 0x200D, FIRST_SPACELESS = 0x0E00, UNITS_MAX = 32 };

int rph_code_points_new(struct rph_code_points **ret)
{
	UErrorCode status = U_ZERO_ERROR;
	struct rph_code_points *points = calloc(1, sizeof(*points));
	if (!points)
		return RPH_E_NO_MEMORY;
	points->casefold = unorm2_getNFKCCasefoldInstance(&status);
	points->nfc = unorm2_getNFCInstance(&status);
	points->nfd = unorm2_getNFDInstance(&status);
	if (U_FAILURE(status)) {
		free(points);
		return RPH_E_UNICODE;
	}
	*ret = points;
	return 0;
}

struct rph_code_points *rph_code_points_free(struct rph_code_points *points)
{
	free(points);
	return NULL;
}

static bool is_kept_by(const UNormalizer2 *form, UChar32 c)
{
	UChar units[2];
	int32_t length = 0;
	UErrorCode status = U_ZERO_ERROR;
	rph_utf16_append(units, &length, c);
	return unorm2_spanQuickCheckYes(form, units, length, &status) == length &&
	       U_SUCCESS(status);
}

/* Rule 1 leaves `c` alone in every locale, and so do the rules after it. */
static bool is_settled(const struct rph_code_points *points, UChar32 c)
{
	bool exempt = false;
	return c != ZWNJ && c != ZWJ && rph_fold_code_point(c, false, &exempt) == c &&
	       rph_fold_code_point(c, true, &exempt) == c && !exempt &&
	       is_kept_by(points->casefold, c);
}

static int32_t utf8_length(const uint32_t points[2])
{
	return U8_LENGTH(points[0]) + (points[1] ? U8_LENGTH(points[1]) : 0);
}

/* The code points that `c` becomes under rules 1 and 3; -1: more than two, or not settled. */
static int fold_alone(const struct rph_code_points *points, UChar32 c, uint32_t ret[2])
{
	UChar units[2], folded[UNITS_MAX];
	int32_t length = 0;
	UErrorCode status = U_ZERO_ERROR;
	rph_utf16_append(units, &length, c);
	length = unorm2_normalize(points->casefold, units, length, folded, UNITS_MAX, &status);
	if (U_FAILURE(status))
		return -1;
	int count = 0;
	for (int32_t at = 0; at < length;) {
		UChar32 part = rph_utf16_next(folded, &at, length);
		/* Only starters: a mark might change places with one that follows. */
		if (count == 2 || !is_settled(points, part) || u_getCombiningClass(part) != 0)
			return -1;
		ret[count++] = (uint32_t)part;
	}
	/* A space beside something else could meet another space. */
	return count == 2 && (ret[0] == ' ' || ret[1] == ' ') ? -1 : count;
}

static bool fold_simply(const struct rph_code_points *points, UChar32 c, uint32_t ret[2])
{
	bool exempt = false;
	UChar32 first = rph_fold_code_point(c, false, &exempt);
	if (first == ZWNJ || first == ZWJ || rph_fold_code_point(c, true, &exempt) != first ||
	    exempt)
		return false;
	if (first == RPH_FOLD_DROP)
		return true;
	if (is_settled(points, first)) {
		ret[0] = (uint32_t)first;
		return true;
	}
	/* Who writes them has made room for twice as many bytes. */
	return fold_alone(points, first, ret) >= 0 && utf8_length(ret) <= 2 * U8_LENGTH(c);
}

static bool is_spaceless(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;
	if (c < FIRST_SPACELESS)
		return false;
	switch (uscript_getScript(c, &status)) {
	case USCRIPT_AHOM:
	case USCRIPT_BALINESE:
	case USCRIPT_BOPOMOFO:
	case USCRIPT_HAN:
	case USCRIPT_HIRAGANA:
	case USCRIPT_JAVANESE:
	case USCRIPT_KATAKANA:
	case USCRIPT_KHMER:
	case USCRIPT_LANNA:
	case USCRIPT_LAO:
	case USCRIPT_MYANMAR:
	case USCRIPT_NEW_TAI_LUE:
	case USCRIPT_TAI_LE:
	case USCRIPT_TAI_VIET:
	case USCRIPT_THAI:
	case USCRIPT_TIBETAN:
	case USCRIPT_YI:
		return true;
	default:
		return false;
	}
}

static bool is_plain(const struct rph_code_points *points, UChar32 c)
{
	return !u_isUWhiteSpace(c) && u_charType(c) != U_CONTROL_CHAR && is_kept_by(points->nfc, c);
}

static struct rph_code_point describe(const struct rph_code_points *points, UChar32 c)
{
	struct rph_code_point ret = {.grapheme = rph_grapheme_kind((uint32_t)c)};
	uint32_t sound[RPH_PHONETIC_MAX_UNITS(1)];
	size_t sounds = rph_phonetic_reduce(points->nfd, (uint32_t)c, sound);
	for (size_t i = 0; i < sounds; i++)
		ret.sound[i] = sound[i];
	unsigned flags = 0;
	if (fold_simply(points, c, ret.folded))
		flags |= RPH_POINT_SIMPLE;
	if (is_plain(points, c))
		flags |= RPH_POINT_PLAIN;
	if (is_spaceless(c))
		flags |= RPH_POINT_SPACELESS;
	if (u_getCombiningClass(c) != 0)
		flags |= RPH_POINT_LEADS;
	if (u_getIntPropertyValue(c, UCHAR_TRAIL_CANONICAL_COMBINING_CLASS) != 0)
		flags |= RPH_POINT_TRAILS;
	ret.flags = (uint8_t)flags;
	return ret;
}

const struct rph_code_point *rph_code_point_ask(struct rph_code_points *points, uint32_t c)
{
	uint32_t block = c / RPH_POINT_BLOCK, first = block * RPH_POINT_BLOCK;
	if (block >= RPH_POINT_BLOCKS) {
		points->other = describe(points, (UChar32)c);
		return &points->other;
	}
	for (uint32_t i = first; i < first + RPH_POINT_BLOCK; i++)
		points->table[i] = describe(points, (UChar32)i);
	points->known[block] = true;
	return &points->table[c];
}
