/* SPDX-License-Identifier: Apache-2.0 */
#include <unicode/uchar.h>

#include "miner/normalise_private.h"
#include "miner/utf.h"

enum {
	ZWNJ = 0x200C,
	ZWJ = 0x200D,
	DOT_ABOVE = 0x307,
	DOTLESS_I = 0x131,
	FULLWIDTH_I = 0xFF29,
	VIRAMA_CLASS = 9,
};

/* Symbols (So) that NFKC would spell out with a digit: telegraph signs for months, hours and days,
 * square and cubic units. A test finds the same list in the Unicode data. */
static const struct {
	UChar32 first, last;
} symbols_with_digits[] = {
	{0x32C0, 0x32CB}, {0x3358, 0x3370}, {0x3378, 0x3379}, {0x339F, 0x33A6},
	{0x33A8, 0x33A8}, {0x33AF, 0x33AF}, {0x33E0, 0x33FE},
};

static bool is_exempt(UChar32 c, int8_t category)
{
	if (category == U_OTHER_NUMBER || category == U_LETTER_NUMBER)
		return true;
	if (category != U_OTHER_SYMBOL || c < 0x32C0 || c > 0x33FE)
		return false;
	for (size_t i = 0; i < RPH_ARRAY_LEN(symbols_with_digits); i++)
		if (c >= symbols_with_digits[i].first && c <= symbols_with_digits[i].last)
			return true;
	return false;
}

USet *rph_exempt_set(void)
{
	static const UChar pattern[] = u"[[:No:][:Nl:]]";
	UErrorCode status = U_ZERO_ERROR;
	USet *set = uset_openPattern(pattern, (int32_t)RPH_ARRAY_LEN(pattern) - 1, &status);
	if (U_FAILURE(status))
		return NULL;
	for (size_t i = 0; i < RPH_ARRAY_LEN(symbols_with_digits); i++)
		uset_addRange(set, symbols_with_digits[i].first, symbols_with_digits[i].last);
	/* Rule 2 has decided which joiners stay. */
	uset_addRange(set, ZWNJ, ZWJ);
	return set;
}

static const struct {
	UChar32 from, to;
} folds[] = {
#define RPH_FOLD(from, to, what) {(from), (to)},
#include "miner/normalise_fold.def"
#undef RPH_FOLD
};

static UChar32 fold_special(UChar32 c)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(folds) && folds[i].from <= c; i++)
		if (folds[i].from == c)
			return folds[i].to;
	return c;
}

UChar32 rph_fold_code_point(UChar32 c, bool turkic, bool *exempt)
{
	if (turkic && (c == 'I' || c == FULLWIDTH_I))
		return DOTLESS_I;
	if (c < 0x80)
		return rph_ascii_fold[c] ? rph_ascii_fold[c] : RPH_FOLD_DROP;
	UChar32 special = fold_special(c);
	if (special != c)
		return special;
	if (u_isUWhiteSpace(c))
		return ' ';
	int8_t category = u_charType(c);
	if (category == U_CONTROL_CHAR || U_IS_UNICODE_NONCHAR(c))
		return RPH_FOLD_DROP;
	if (category == U_DECIMAL_DIGIT_NUMBER)
		return '0' + u_charDigitValue(c);
	if (is_exempt(c, category)) {
		*exempt = true;
		return u_foldCase(c, U_FOLD_CASE_DEFAULT);
	}
	return c;
}

/* One pass of rule 1. *ret_joiners: is there a joiner for rule 2 to look at? */
static int32_t fold_pass(UChar *text, int32_t length, bool turkic, bool *ret_exempt,
			 bool *ret_joiners)
{
	int32_t written = 0;
	UChar previous = ' ';
	for (int32_t i = 0; i < length;) {
		UChar32 c = rph_utf16_next(text, &i, length);
		c = rph_fold_code_point(c, turkic, ret_exempt);
		if (c == RPH_FOLD_DROP || (c == ' ' && previous == ' '))
			continue;
		if (c == DOT_ABOVE && (previous == 'i' || previous == DOTLESS_I)) {
			/* "i" has its dot; a capital "I" that got one was not dotless. */
			text[written - 1] = previous = 'i';
			continue;
		}
		*ret_joiners |= c == ZWNJ || c == ZWJ;
		rph_utf16_append(text, &written, c);
		previous = text[written - 1];
	}
	return written;
}

static bool is_transparent(UChar32 c)
{
	return u_getIntPropertyValue(c, UCHAR_JOINING_TYPE) == U_JT_TRANSPARENT;
}

static bool is_joiner(UChar32 c)
{
	return c == ZWNJ || c == ZWJ;
}

/* Does the last of text[0..end) that is not transparent join to what follows it? */
static bool joins_forward(const UChar *text, int32_t end)
{
	while (end > 0) {
		UChar32 c = rph_utf16_previous(text, &end);
		if (is_joiner(c))
			return false;
		if (is_transparent(c))
			continue;
		int32_t type = u_getIntPropertyValue(c, UCHAR_JOINING_TYPE);
		return type == U_JT_LEFT_JOINING || type == U_JT_DUAL_JOINING;
	}
	return false;
}

static bool joins_backward(const UChar *text, int32_t start, int32_t length)
{
	while (start < length) {
		UChar32 c = rph_utf16_next(text, &start, length);
		if (is_joiner(c))
			return false;
		if (is_transparent(c))
			continue;
		int32_t type = u_getIntPropertyValue(c, UCHAR_JOINING_TYPE);
		return type == U_JT_RIGHT_JOINING || type == U_JT_DUAL_JOINING;
	}
	return false;
}

static bool ends_in_pictograph(const UChar *text, int32_t end)
{
	while (end > 0) {
		UChar32 c = rph_utf16_previous(text, &end);
		if (u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC))
			return true;
		/* Skin tones and the like stand between the pictograph and its joiner. */
		if (is_joiner(c) ||
		    u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK) != U_GCB_EXTEND)
			return false;
	}
	return false;
}

/* Rule 2 for a joiner between text[0..before) and text[after..length). */
static bool keeps_joiner(const UChar *text, UChar32 joiner, int32_t before, int32_t after,
			 int32_t length)
{
	if (before == 0 || after == length)
		return false;
	int32_t behind = before, ahead = after;
	UChar32 previous = rph_utf16_previous(text, &behind);
	UChar32 next = rph_utf16_next(text, &ahead, length);
	if (u_getCombiningClass(previous) == VIRAMA_CLASS)
		return u_isalpha(next);
	if (joiner == ZWNJ)
		return joins_forward(text, before) && joins_backward(text, after, length);
	return u_hasBinaryProperty(next, UCHAR_EXTENDED_PICTOGRAPHIC) &&
	       ends_in_pictograph(text, before);
}

/* Rule 2: one joiner of a run at most. Returns the new length. */
static int32_t drop_joiners(UChar *text, int32_t length)
{
	int32_t written = 0;
	for (int32_t i = 0; i < length;) {
		UChar unit = text[i++];
		if (!is_joiner(unit)) {
			text[written++] = unit;
			continue;
		}
		while (i < length && is_joiner(text[i]))
			i++;
		/* text[0..written) is the past as kept, text[i..) the future as it was. */
		if (keeps_joiner(text, unit, written, i, length))
			text[written++] = unit;
	}
	return written;
}

int32_t rph_fold_utf16(UChar *text, int32_t length, bool turkic, bool *ret_exempt)
{
	for (;;) {
		bool joiners = false;
		length = fold_pass(text, length, turkic, ret_exempt, &joiners);
		if (!joiners)
			return length;
		/* What a joiner kept apart may fold now that it is gone. */
		int32_t shorter = drop_joiners(text, length);
		*ret_exempt = true;
		if (shorter == length)
			return length;
		length = shorter;
	}
}
