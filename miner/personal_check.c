/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/personal_check.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static unsigned digit(char c)
{
	RPH_ASSERT(is_digit(c));
	return (unsigned)(c - '0');
}

/* 0..9, then a = 10. */
static unsigned value36(char c)
{
	return is_digit(c) ? digit(c) : (unsigned)(c - 'a') + 10;
}

bool rph_check_luhn(const char *number, size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned value = digit(number[len - 1 - i]) << (i & 1);
		sum += value > 9 ? value - 9 : value;
	}
	return len >= 2 && sum % 10 == 0;
}

bool rph_check_iban(const char *number, size_t len)
{
	unsigned rest = 0;

	if (len < 15 || len > 34 || is_digit(number[0]) || is_digit(number[1]) ||
	    !is_digit(number[2]) || !is_digit(number[3]))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned value = value36(number[(i + 4) % len]);
		rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
	}
	return rest == 1;
}

bool rph_check_any(const char *number, size_t len)
{
	return number[0] != '0' && len > 0;
}

/* The values of characters in odd places (Decreto Ministeriale 23 December 1976); digits, then
 * letters. */
static const unsigned char odd_digits[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
static const unsigned char odd_letters[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
					    20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};

bool rph_check_codice_fiscale(const char *number, size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i + 1 < len; i++) {
		char c = number[i];
		if (i % 2 == 1)
			sum += is_digit(c) ? digit(c) : (unsigned)(c - 'a');
		else
			sum += is_digit(c) ? odd_digits[digit(c)] : odd_letters[c - 'a'];
	}
	return len == 16 && number[15] == (char)('a' + sum % 26);
}

static bool check_dni(unsigned long whole, char letter)
{
	static const char letters[] = "trwagmyfpdxbnjzsqvhlcke";
	return letters[whole % 23] == letter;
}

static unsigned long read_digits(const char *number, size_t len)
{
	unsigned long whole = 0;

	for (size_t i = 0; i < len; i++)
		whole = whole * 10 + digit(number[i]);
	return whole;
}

bool rph_check_dni(const char *number, size_t len)
{
	return len == 9 && check_dni(read_digits(number, 8), number[8]);
}

/* x, y and z stand for the digits 0, 1 and 2. */
bool rph_check_nie(const char *number, size_t len)
{
	if (len != 9 || number[0] < 'x' || number[0] > 'z')
		return false;
	unsigned long first = (unsigned long)(number[0] - 'x');
	return check_dni(first * 10000000 + read_digits(number + 1, 7), number[8]);
}

/* The alphabet has a letter between n and o, so that those from o on count one more. */
bool rph_check_curp(const char *number, size_t len)
{
	unsigned sum = 0;

	if (len != 18)
		return false;
	for (unsigned i = 0; i < 17; i++) {
		unsigned value = value36(number[i]);
		value += !is_digit(number[i]) && number[i] >= 'o';
		sum += value * (18 - i);
	}
	return (10 - sum % 10) % 10 == digit(number[17]);
}

/* No checksum that is public; the fourth letter is the kind of holder. */
bool rph_check_pan(const char *number, size_t len)
{
	return len == 10 && strchr("abcfghjlpt", number[3]) != NULL;
}

bool rph_check_nino(const char *number, size_t len)
{
	return len == 9 && !strchr("dfiquv", number[0]) && !strchr("dfioquv", number[1]) &&
	       strchr("abcd", number[8]) != NULL;
}

/* The second half is never of letters only in a word: it needs a digit to be told from one. */
bool rph_check_eircode(const char *number, size_t len)
{
	for (size_t i = 3; i < len; i++)
		if (is_digit(number[i]))
			return true;
	return false;
}
