/* SPDX-License-Identifier: Apache-2.0
 *
 * random_text.h - seeded random texts for property tests: many lengths, the bytes that need
 * escaping often, and characters of one to four bytes.
 */
#ifndef RPH_TESTS_SCHEMAS_RANDOM_TEXT_H
#define RPH_TESTS_SCHEMAS_RANDOM_TEXT_H

#include "schemas/base.h"

enum { RANDOM_TEXT_SIZE = 64 };

/* splitmix64 */
static inline uint64_t next_random(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t mixed = (*state ^ *state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

/* Up to 12 pieces into `bytes`; no U+0000. */
static inline struct rph_span random_text(uint64_t *state, char bytes[static RANDOM_TEXT_SIZE])
{
	static const char *const pieces[] = {"a",
					     "b",
					     "Z",
					     "0",
					     "|",
					     "=",
					     "\\",
					     "\"",
					     "/",
					     " ",
					     "\n",
					     "\t",
					     "\x01",
					     "\x1f",
					     "\x7f",
					     "\xc2\x85",
					     "\xc3\xa9",
					     "\xe2\x80\xa8",
					     "\xd8\xb9",
					     "\xe2\x80\xa9",
					     "\xef\xbf\xbf",
					     "\xe6\x97\xa5",
					     "\xf0\x9f\x98\x80"};
	size_t count = next_random(state) % 13, len = 0;
	for (size_t i = 0; i < count; i++) {
		const char *piece = pieces[next_random(state) % RPH_ARRAY_LEN(pieces)];
		memcpy(bytes + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return (struct rph_span){bytes, len};
}

#endif
