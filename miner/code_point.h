/* SPDX-License-Identifier: Apache-2.0
 *
 * code_point.h - what the miner asks of ICU about one code point, asked once. Private to miner/.
 *
 * A property of ICU costs a search in a trie and a call; a text asks for half a dozen of every code
 * point, and people keep to a few hundred of them. The answers for the Basic Multilingual Plane are
 * kept by blocks of 64, filled when a block is first touched (about 30 us); memory that is never
 * touched is never backed by a page. They say nothing that ICU would not say: tests hold each use
 * against the slow way.
 *
 * One table, one thread. Not const, even behind a const owner: looking is what fills it.
 */
#ifndef RPH_MINER_CODE_POINT_H
#define RPH_MINER_CODE_POINT_H

#include <unicode/unorm2.h>

#include "schemas/base.h"

enum rph_code_point_flag {
	/* Normalising (normalise.h) puts folded[] in its place, whatever stands around it, as long
	 * as that is simple, too, and no mark follows a mark. */
	RPH_POINT_SIMPLE = 1 << 0,
	/* Seen, not white space, and NFC keeps it if no mark follows a mark. */
	RPH_POINT_PLAIN = 1 << 1,
	/* A mark: its combining class is not 0; or it ends in one. */
	RPH_POINT_LEADS = 1 << 2,
	RPH_POINT_TRAILS = 1 << 3,
	/* Of a script that puts no spaces between words. */
	RPH_POINT_SPACELESS = 1 << 4,
};

struct rph_code_point {
	uint32_t folded[2]; /* 0 where there is none: what is dropped has no first */
	uint32_t sound[2];  /* what is left of it in a phonetic key; 0 where there is none */
	uint8_t grapheme;   /* rph_grapheme_kind() */
	uint8_t flags;
};

enum { RPH_POINT_BLOCK = 64, RPH_POINT_BLOCKS = 0x10000 / 64 };

struct rph_code_points {
	const UNormalizer2 *casefold, *nfc, *nfd; /* ICU's own */
	struct rph_code_point other;              /* the last one asked for beyond the table */
	bool known[RPH_POINT_BLOCKS];
	struct rph_code_point table[RPH_POINT_BLOCK * RPH_POINT_BLOCKS];
};

/* Returns 0, RPH_E_NO_MEMORY or RPH_E_UNICODE. */
int rph_code_points_new(struct rph_code_points **ret) RPH_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct rph_code_points *rph_code_points_free(struct rph_code_points *points);

/* For rph_code_point(): what the table does not hold yet, or never will. */
const struct rph_code_point *rph_code_point_ask(struct rph_code_points *points, uint32_t c);

/* `c` is a code point of valid UTF-8. The result lives until the next call. */
static inline const struct rph_code_point *rph_code_point(struct rph_code_points *points,
							  uint32_t c)
{
	if (c < RPH_POINT_BLOCK * RPH_POINT_BLOCKS && points->known[c / RPH_POINT_BLOCK])
		return &points->table[c];
	return rph_code_point_ask(points, c);
}

#endif
