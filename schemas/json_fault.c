/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/json_fault.h"

#include "schemas/utf8.h"

/* The largest power of ten a double can hold. */
enum { LARGEST_EXPONENT = 308, EXPONENT_CAP = 1000000 };

struct scan {
	const char *at, *end;
	unsigned depth; /* containers that are open */
	unsigned max_depth;
};

static bool at_end(const struct scan *scan)
{
	return scan->at == scan->end;
}

/* The byte at hand, or 0 at the end: no grammar rule accepts a NUL byte. */
static char peek(const struct scan *scan)
{
	if (at_end(scan))
		return '\0';
	return *scan->at;
}

static bool take(struct scan *scan, char byte)
{
	if (at_end(scan) || *scan->at != byte)
		return false;
	scan->at++;
	return true;
}

static bool take_word(struct scan *scan, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return false;
	scan->at += len;
	return true;
}

static void skip_space(struct scan *scan)
{
	while (!at_end(scan) &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static int hex_value(char byte)
{
	if (is_digit(byte))
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* Four hexadecimal digits. */
static bool take_hex(struct scan *scan, uint32_t *ret)
{
	uint32_t unit = 0;
	if (scan->end - scan->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int value = hex_value(scan->at[i]);
		if (value < 0)
			return false;
		unit = unit << 4 | (uint32_t)value;
	}
	scan->at += 4;
	*ret = unit;
	return true;
}

/* What follows a backslash. */
static enum rph_reject scan_escape(struct scan *scan)
{
	uint32_t unit, low;
	if (!at_end(scan) && *scan->at != '\0' && strchr("\"\\/bfnrt", *scan->at)) {
		scan->at++;
		return RPH_ACCEPTED;
	}
	if (!take(scan, 'u') || !take_hex(scan, &unit))
		return RPH_REJECT_bad_escape;
	if (unit == 0)
		return RPH_REJECT_nul_character;
	if (unit < 0xd800 || unit > 0xdfff)
		return RPH_ACCEPTED;
	if (unit > 0xdbff || !take_word(scan, "\\u") || !take_hex(scan, &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return RPH_REJECT_bad_escape;
	return RPH_ACCEPTED;
}

/* Most escapes are neither zero nor a surrogate, and their first two digits say so. */
static bool is_harmless(const char *after_backslash)
{
	if (after_backslash[0] != 'u')
		return true;
	char first = after_backslash[1], second = after_backslash[2];
	if (first == 'd' || first == 'D')
		return second >= '0' && second <= '7';
	return first != '0' || second != '0';
}

enum rph_reject rph_json_escape_fault(const char *text, size_t len)
{
	struct scan scan = {.at = text, .end = text + len};
	enum rph_reject fault = RPH_ACCEPTED;
	while (fault == RPH_ACCEPTED && !at_end(&scan)) {
		if (*scan.at != '\\') {
			scan.at = memchr(scan.at, '\\', (size_t)(scan.end - scan.at));
			if (!scan.at)
				break;
		}
		scan.at++;
		if (scan.end - scan.at >= 5 && is_harmless(scan.at))
			scan.at += *scan.at == 'u' ? 5 : 1;
		else
			fault = scan_escape(&scan);
	}
	return fault;
}

static enum rph_reject scan_string(struct scan *scan)
{
	enum rph_reject fault = RPH_ACCEPTED;
	if (!take(scan, '"'))
		return RPH_REJECT_not_json;
	while (fault == RPH_ACCEPTED && !at_end(scan)) {
		char byte = *scan->at++;
		if (byte == '"')
			return RPH_ACCEPTED;
		if (byte == '\\')
			fault = scan_escape(scan);
		else if (byte == '\0')
			fault = RPH_REJECT_nul_character;
		else if ((unsigned char)byte < 0x20)
			fault = RPH_REJECT_not_json;
	}
	return fault == RPH_ACCEPTED ? RPH_REJECT_not_json : fault;
}

/* Returns how many digits were there. */
static size_t skip_digits(struct scan *scan)
{
	const char *start = scan->at;
	while (is_digit(peek(scan)))
		scan->at++;
	return (size_t)(scan->at - start);
}

static bool integer_fits(bool negative, const char *digits, size_t len)
{
	uint64_t value = 0;
	for (size_t i = 0; i < len; i++)
		if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, (uint64_t)(digits[i] - '0'), &value))
			return false;
	return !negative || value <= (uint64_t)INT64_MAX + 1;
}

/* The digits of an exponent, capped: what is beyond the cap is as wrong as the cap. */
static bool take_exponent(struct scan *scan, int64_t *ret)
{
	bool negative = take(scan, '-');
	if (!negative)
		(void)take(scan, '+');
	int64_t value = 0;
	if (!is_digit(peek(scan)))
		return false;
	for (; is_digit(peek(scan)); scan->at++)
		if (value < EXPONENT_CAP)
			value = value * 10 + (*scan->at - '0');
	*ret = negative ? -value : value;
	return true;
}

/* The power of ten of the first digit that is not 0 in `digits`, which may hold one '.'. */
static bool leading_power(const char *digits, size_t whole_len, const char *end, int64_t *ret)
{
	int64_t power = (int64_t)whole_len - 1;
	for (const char *at = digits; at < end; at++) {
		if (*at == '.')
			continue;
		if (*at != '0') {
			*ret = power;
			return true;
		}
		power--;
	}
	return false;
}

static enum rph_reject scan_number(struct scan *scan)
{
	bool negative = take(scan, '-');
	const char *digits = scan->at;
	size_t whole_len = skip_digits(scan);
	int64_t exponent = 0, power;
	if (whole_len == 0 || (whole_len > 1 && digits[0] == '0'))
		return RPH_REJECT_bad_number;
	bool is_integer = true;
	if (take(scan, '.')) {
		is_integer = false;
		if (skip_digits(scan) == 0)
			return RPH_REJECT_bad_number;
	}
	const char *digits_end = scan->at;
	if (take(scan, 'e') || take(scan, 'E')) {
		is_integer = false;
		if (!take_exponent(scan, &exponent))
			return RPH_REJECT_bad_number;
	}
	if (is_integer)
		return integer_fits(negative, digits, whole_len) ? RPH_ACCEPTED
								 : RPH_REJECT_bad_number;
	if (leading_power(digits, whole_len, digits_end, &power) &&
	    power + exponent > LARGEST_EXPONENT)
		return RPH_REJECT_bad_number;
	return RPH_ACCEPTED;
}

static enum rph_reject scan_value(struct scan *scan);

/* Members up to and with the closing bracket, the opening one is taken. */
static enum rph_reject scan_members(struct scan *scan, bool is_object)
{
	enum rph_reject fault;
	char close = is_object ? '}' : ']';
	skip_space(scan);
	if (take(scan, close))
		return RPH_ACCEPTED;
	do {
		skip_space(scan);
		if (is_object) {
			fault = scan_string(scan);
			if (fault != RPH_ACCEPTED)
				return fault;
			skip_space(scan);
			if (!take(scan, ':'))
				return RPH_REJECT_not_json;
		}
		fault = scan_value(scan);
		if (fault != RPH_ACCEPTED)
			return fault;
		skip_space(scan);
	} while (take(scan, ','));
	return take(scan, close) ? RPH_ACCEPTED : RPH_REJECT_not_json;
}

static enum rph_reject scan_container(struct scan *scan)
{
	bool is_object = *scan->at++ == '{';
	if (scan->depth == scan->max_depth)
		return RPH_REJECT_too_deep;
	scan->depth++;
	enum rph_reject fault = scan_members(scan, is_object);
	scan->depth--;
	return fault;
}

static enum rph_reject scan_value(struct scan *scan)
{
	skip_space(scan);
	char byte = peek(scan);
	if (byte == '{' || byte == '[')
		return scan_container(scan);
	if (byte == '"')
		return scan_string(scan);
	if (take_word(scan, "true") || take_word(scan, "false") || take_word(scan, "null"))
		return RPH_ACCEPTED;
	/* What other languages print for a number that JSON does not have. */
	if (take_word(scan, "NaN") || take_word(scan, "Infinity") || take_word(scan, "-Infinity") ||
	    byte == '+' || byte == '.')
		return RPH_REJECT_bad_number;
	if (byte == '-' || is_digit(byte))
		return scan_number(scan);
	return RPH_REJECT_not_json;
}

enum rph_reject rph_json_fault(const char *text, size_t len, unsigned max_depth)
{
	struct scan scan = {.at = text, .end = text + len, .max_depth = max_depth};
	if (!rph_utf8_is_valid((struct rph_span){text, len}))
		return RPH_REJECT_not_utf8;
	skip_space(&scan);
	if (at_end(&scan))
		return RPH_REJECT_empty;
	enum rph_reject fault = scan_value(&scan);
	if (fault != RPH_ACCEPTED)
		return fault;
	skip_space(&scan);
	return at_end(&scan) ? RPH_ACCEPTED : RPH_REJECT_trailing_bytes;
}
