/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/normalise_private.h"

#define UPPER(letter, lower) [letter] = (lower)
#define SAME8(code)                                                                      \
	[(code)] = (code), [(code) + 1] = (code) + 1, [(code) + 2] = (code) + 2,         \
	[(code) + 3] = (code) + 3, [(code) + 4] = (code) + 4, [(code) + 5] = (code) + 5, \
	[(code) + 6] = (code) + 6, [(code) + 7] = (code) + 7
#define LOWER4(code)                                                                    \
	[(code)] = (code) + 32, [(code) + 1] = (code) + 33, [(code) + 2] = (code) + 34, \
	[(code) + 3] = (code) + 35

const uint8_t rph_ascii_fold[128] = {
	['\t'] = ' ', ['\n'] = ' ',  ['\v'] = ' ', ['\f'] = ' ', ['\r'] = ' ', SAME8(0x20),
	SAME8(0x28),  SAME8(0x30),   SAME8(0x38),  ['@'] = '@',  LOWER4('A'),  LOWER4('E'),
	LOWER4('I'),  LOWER4('M'),   LOWER4('Q'),  LOWER4('U'),  ['Y'] = 'y',  ['Z'] = 'z',
	['['] = '[',  ['\\'] = '\\', [']'] = ']',  ['^'] = '^',  ['_'] = '_',  ['`'] = '\'',
	SAME8(0x61),  SAME8(0x69),   SAME8(0x71),  ['y'] = 'y',  ['z'] = 'z',  ['{'] = '{',
	['|'] = '|',  ['}'] = '}',   ['~'] = '~',
};

bool rph_is_ascii(struct rph_span text)
{
	uint64_t seen = 0;
	size_t i = 0;
	for (; i + 8 <= text.len; i += 8) {
		uint64_t chunk;
		memcpy(&chunk, text.ptr + i, sizeof(chunk));
		seen |= chunk;
	}
	for (; i < text.len; i++)
		seen |= (uint8_t)text.ptr[i];
	return (seen & 0x8080808080808080u) == 0;
}

size_t rph_normalise_ascii(struct rph_span text, char *ret)
{
	size_t written = 0;
	uint8_t previous = ' ';
	for (size_t i = 0; i < text.len; i++) {
		uint8_t folded = rph_ascii_fold[(uint8_t)text.ptr[i] & 0x7F];
		/* Always stored, kept or not: a store is cheaper than a branch that guesses wrong.
		 */
		ret[written] = (char)folded;
		bool keep = folded != 0 && !(folded == ' ' && previous == ' ');
		written += keep;
		previous = keep ? folded : previous;
	}
	return written;
}
