/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/utf8.h"

size_t rph_utf8_character(const char *text, size_t left, uint32_t *ret_point)
{
	static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;
	if (bytes[0] < 0x80) {
		*ret_point = bytes[0];
		return 1;
	}
	size_t len = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || len > left)
		return 0;
	uint32_t point = bytes[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	if (point < smallest[len] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return len;
}

bool rph_utf8_is_valid(struct rph_span text)
{
	uint32_t point;
	size_t len;
	for (size_t i = 0; i < text.len; i += len) {
		len = rph_utf8_character(text.ptr + i, text.len - i, &point);
		if (len == 0)
			return false;
	}
	return true;
}

/* How many of 8 bytes are continuation bytes (10xxxxxx): each leaves one bit, and the product adds
 * the bits up in the top byte. */
static size_t continuations(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	return (((word >> 7) & ~(word >> 6) & ones) * ones) >> 56;
}

size_t rph_utf8_count(struct rph_span text)
{
	size_t count = text.len, at = 0;
	for (; at + 8 <= text.len; at += 8) {
		uint64_t word;
		memcpy(&word, text.ptr + at, sizeof(word));
		count -= continuations(word);
	}
	for (; at < text.len; at++)
		count -= ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
	return count;
}
