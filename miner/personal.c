/* SPDX-License-Identifier: Apache-2.0
 *
 * personal.c - the text is first folded to one byte per code point, so that every check works on
 * every script's digits. 'L' stands for a letter beyond a-z, '?' for a sign that separates nothing.
 */
#include "miner/personal.h"

#include "miner/personal_check.h"
#include "schemas/utf8.h"

#include <unicode/uchar.h>

/* Telephone, card and account numbers are longer than years, times and prices. */
#define DIGITS_IN_A_ROW 7u
/* Nobody exports longer texts. */
#define MOST_POINTS 1024u

struct folded {
	char text[MOST_POINTS + 1]; /* NUL at the end */
	size_t len;
};

static char fold_point(uint32_t point)
{
	int32_t value = u_charDigitValue((UChar32)point);

	if (value >= 0 && value <= 9)
		return (char)('0' + value);
	if (point >= 'A' && point <= 'Z')
		return (char)(point - 'A' + 'a');
	if (point == 0xA0 || u_isUWhiteSpace((UChar32)point))
		return ' ';
	if (point >= 0x2010 && point <= 0x2015)
		return '-';
	if (point > 0x20 && point < 0x7f)
		return (char)point;
	return u_isalpha((UChar32)point) ? 'L' : '?';
}

static bool fold(struct rph_span text, struct folded *ret)
{
	ret->len = 0;
	for (size_t at = 0; at < text.len;) {
		uint32_t point = 0;
		size_t bytes = rph_utf8_character(text.ptr + at, text.len - at, &point);
		if (bytes == 0 || ret->len == MOST_POINTS)
			return false;
		at += bytes;
		ret->text[ret->len++] = fold_point(point);
	}
	ret->text[ret->len] = '\0';
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_word(char c)
{
	return is_digit(c) || is_letter(c) || c == 'L';
}

static bool is_number_separator(char c)
{
	return c && strchr(" .-/()+,:", c) != NULL;
}

/* Whether a word ends before `at` and so another may begin. */
static bool is_edge(const struct folded *text, size_t at)
{
	return at == 0 || at == text->len || !is_word(text->text[at - 1]) ||
	       !is_word(text->text[at]);
}

static bool has_long_number(const struct folded *text)
{
	unsigned digits = 0, separators = 0;

	for (size_t at = 0; at < text->len; at++) {
		if (is_digit(text->text[at])) {
			separators = 0;
			if (++digits >= DIGITS_IN_A_ROW)
				return true;
		} else if (!digits || !is_number_separator(text->text[at]) || ++separators > 2) {
			digits = 0;
		}
	}
	return false;
}

/* local@domain.tld, in the widest sense: no space beside the '@', a dot after it. */
static bool has_mail_address(const struct folded *text)
{
	for (size_t at = 1; at + 1 < text->len; at++) {
		if (text->text[at] != '@' || text->text[at - 1] == ' ')
			continue;
		for (size_t i = at + 1; i < text->len && text->text[i] != ' '; i++)
			if (text->text[i] == '.' && i > at + 1 && i + 1 < text->len &&
			    text->text[i + 1] != ' ')
				return true;
	}
	return false;
}

static bool has_web_address(const struct folded *text)
{
	return strstr(text->text, "://") || strstr(text->text, "www.");
}

/* Reads a number up to 255; returns its digits, 0: none. */
static size_t read_octet(const char *text)
{
	unsigned value = 0;
	size_t len = 0;

	while (len < 4 && is_digit(text[len]))
		value = value * 10 + (unsigned)(text[len++] - '0');
	return len <= 3 && value <= 255 ? len : 0;
}

static bool is_ip4(const struct folded *text, size_t at)
{
	for (unsigned i = 0; i < 4; i++) {
		size_t len = read_octet(text->text + at);
		if (len == 0)
			return false;
		at += len;
		if (i < 3 && text->text[at++] != '.')
			return false;
	}
	return is_edge(text, at) && text->text[at] != '.';
}

/* Groups of at most four hexadecimal digits; eight of them, or fewer around one "::". Six pairs are
 * a hardware address. A time of day has neither. */
static bool is_ip6(const struct folded *text, size_t at)
{
	unsigned groups = 0, gaps = 0, pairs = 0;
	size_t len = 0;

	for (;; at++) {
		char c = text->text[at];
		if (is_digit(c) || (c >= 'a' && c <= 'f')) {
			len++;
			continue;
		}
		groups += len > 0;
		pairs += len == 2;
		gaps += c == ':' && text->text[at + 1] == ':';
		if (len > 4 || c != ':')
			break;
		len = 0;
	}
	if (len > 4 || is_word(text->text[at]))
		return false;
	return (gaps == 1 && groups >= 2) || (gaps == 0 && groups == 8) ||
	       (gaps == 0 && groups == 6 && pairs == 6);
}

static bool has_ip_address(const struct folded *text)
{
	for (size_t at = 0; at < text->len; at++)
		if (is_edge(text, at) && is_word(text->text[at]) &&
		    (is_ip4(text, at) || is_ip6(text, at)))
			return true;
	return false;
}

/* From `at` on, letters and digits with at most one separator between; returns how many. */
static size_t collect(const struct folded *text, size_t at, bool letters, char *ret, size_t most)
{
	size_t len = 0;

	for (; at < text->len && len < most; at++) {
		char c = text->text[at];
		if (is_digit(c) || (letters && is_letter(c)))
			ret[len++] = c;
		else if ((c != ' ' && c != '-') || !is_word(text->text[at + 1]))
			break;
	}
	return len;
}

static bool has_card(const struct folded *text)
{
	char number[19];

	for (size_t at = 0; at < text->len; at++) {
		if (!is_edge(text, at) || !is_digit(text->text[at]))
			continue;
		size_t len = collect(text, at, false, number, sizeof(number));
		for (; len >= 13; len--)
			if (rph_check_luhn(number, len))
				return true;
	}
	return false;
}

static bool has_iban(const struct folded *text)
{
	char number[34];

	for (size_t at = 0; at < text->len; at++) {
		if (!is_edge(text, at) || !is_letter(text->text[at]))
			continue;
		size_t len = collect(text, at, true, number, sizeof(number));
		for (; len >= 15; len--)
			if (rph_check_iban(number, len))
				return true;
	}
	return false;
}

/* ---- national forms ---------------------------------------------------------------------------
 */

struct form {
	const char *region, *form;
	bool (*check)(const char *number, size_t len);
};

static const struct form forms[] = {
#define RPH_PERSONAL_FORM(region, form, check, text) {region, form, rph_check_##check},
#include "miner/personal.def"
};

static bool fits(char kind, char c)
{
	if (kind == '9')
		return is_digit(c);
	return kind == 'A' ? is_letter(c) : is_digit(c) || is_letter(c);
}

static bool is_form(const struct folded *text, size_t at, const struct form *form)
{
	char number[32];
	size_t len = 0;

	for (const char *kind = form->form; *kind; kind++) {
		char c = text->text[at];
		if (*kind == '_') {
			at += c == ' ' || c == '-' || c == '.';
			continue;
		}
		if (!fits(*kind, c))
			return false;
		RPH_ASSERT(len < sizeof(number));
		number[len++] = c;
		at++;
	}
	return is_edge(text, at) && form->check(number, len);
}

/* "GB" of "en-GB" or "en-Latn-GB"; empty without a region. */
static struct rph_span region_of(struct rph_span locale)
{
	for (size_t start = 0, end; start < locale.len; start = end + 1) {
		for (end = start; end < locale.len && locale.ptr[end] != '-'; end++)
			;
		if (start > 0 && end - start == 2)
			return (struct rph_span){locale.ptr + start, 2};
	}
	return RPH_SPAN("");
}

static bool has_form(const struct folded *text, struct rph_span locale)
{
	struct rph_span region = region_of(locale);

	for (size_t i = 0; i < RPH_ARRAY_LEN(forms); i++) {
		if (forms[i].region[0] && !rph_span_equal(region, rph_span_of(forms[i].region)))
			continue;
		for (size_t at = 0; at < text->len; at++)
			if (is_edge(text, at) && is_form(text, at, &forms[i]))
				return true;
	}
	return false;
}

/* Texts without any of these have none of the rest, and they are nearly all. */
static bool is_worth_a_look(const struct folded *text)
{
	return strpbrk(text->text, "0123456789@:.") != NULL;
}

enum rph_personal rph_personal_kind(struct rph_span text, struct rph_span locale)
{
	struct folded folded;

	if (!fold(text, &folded))
		return RPH_PERSONAL_unchecked;
	if (!is_worth_a_look(&folded))
		return RPH_PERSONAL_none;
	if (has_mail_address(&folded))
		return RPH_PERSONAL_mail;
	if (has_web_address(&folded))
		return RPH_PERSONAL_url;
	if (has_ip_address(&folded))
		return RPH_PERSONAL_ip;
	if (has_card(&folded))
		return RPH_PERSONAL_card;
	if (has_iban(&folded))
		return RPH_PERSONAL_iban;
	if (has_form(&folded, locale))
		return RPH_PERSONAL_form;
	return has_long_number(&folded) ? RPH_PERSONAL_number : RPH_PERSONAL_none;
}

bool rph_looks_personal(struct rph_span text, struct rph_span locale)
{
	return rph_personal_kind(text, locale) != RPH_PERSONAL_none;
}

const char *rph_personal_text(enum rph_personal kind)
{
	static const char *const texts[RPH_PERSONAL_COUNT] = {
		[RPH_PERSONAL_none] = "",
#define RPH_PERSONAL(name, text) [RPH_PERSONAL_##name] = (text),
#include "miner/personal.def"
	};
	RPH_ASSERT(kind < RPH_PERSONAL_COUNT);
	return texts[kind];
}
