/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/locale.h"

/* Where a subtag may stand; they only come in this order. */
enum place { LANGUAGE, SCRIPT, REGION, VARIANT, NOWHERE };

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static size_t count_of(struct rph_span subtag, bool (*is_kind)(char byte))
{
	size_t count = 0;
	for (size_t i = 0; i < subtag.len; i++)
		count += is_kind(subtag.ptr[i]);
	return count;
}

static enum place place_of(struct rph_span subtag)
{
	size_t letters = count_of(subtag, is_letter), digits = count_of(subtag, is_digit);
	if (letters + digits != subtag.len)
		return NOWHERE;
	if (subtag.len == 4 && letters == 4)
		return SCRIPT;
	if ((subtag.len == 2 && letters == 2) || (subtag.len == 3 && digits == 3))
		return REGION;
	if ((subtag.len >= 5 && subtag.len <= 8) || (subtag.len == 4 && is_digit(subtag.ptr[0])))
		return VARIANT;
	return NOWHERE;
}

static void put_case(char *at, struct rph_span subtag, enum place place)
{
	for (size_t i = 0; i < subtag.len; i++) {
		bool upper = place == REGION || (place == SCRIPT && i == 0);
		char byte = subtag.ptr[i];
		if (is_letter(byte))
			byte = (char)((unsigned char)byte & 0xdfU);
		if (is_letter(byte) && !upper)
			byte = (char)((unsigned char)byte | 0x20U);
		at[i] = byte;
	}
}

static struct rph_span take_subtag(struct rph_span *rest)
{
	size_t len = 0;
	while (len < rest->len && rest->ptr[len] != '-' && rest->ptr[len] != '_')
		len++;
	struct rph_span subtag = {rest->ptr, len};
	/* A separator at the very end leaves no empty subtag behind: the caller sees the length. */
	*rest = (struct rph_span){rest->ptr + len, rest->len - len};
	return subtag;
}

bool rph_locale_canonical(struct rph_span text, char tag[static RPH_LOCALE_MAX])
{
	if (text.len < 2 || text.len > RPH_LOCALE_MAX)
		return false;
	struct rph_span rest = text;
	struct rph_span subtag = take_subtag(&rest);
	if (subtag.len < 2 || subtag.len > 3 || count_of(subtag, is_letter) != subtag.len)
		return false;
	put_case(tag, subtag, LANGUAGE);
	enum place last = LANGUAGE;
	while (rest.len > 0) {
		char *at = tag + (rest.ptr - text.ptr);
		rest = (struct rph_span){rest.ptr + 1, rest.len - 1};
		subtag = take_subtag(&rest);
		enum place place = place_of(subtag);
		if (place == NOWHERE || place < last || (place == last && place != VARIANT))
			return false;
		*at = '-';
		put_case(at + 1, subtag, place);
		last = place;
	}
	return true;
}
