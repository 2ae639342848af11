/* SPDX-License-Identifier: Apache-2.0
 *
 * phonetic.h - a coarse key of how a text sounds, for texts that a recogniser or a hurried typist
 * took for one another. Our own reduction, no dictionary, the same for every language:
 *
 * - Latin, Greek and Cyrillic letters become sound classes (phonetic.def): marks are stripped,
 * vowels are dropped but for a class "a" at the start of a word, one spelling of a sound is chosen
 *   (c k q ck; f ph v; t th; s z; ch sh), doubles and silent letters go.
 * - Other scripts lose their marks (harakat, niqqud, vowel and tone signs that are combining), kana
 *   lose voicing, size, length and the difference between hiragana and katakana, Hangul syllables
 *   lose their vowels, letters that are written for one another in Arabic script become one.
 * - Digits and symbols stay as they are and are never merged: "11" must not sound like "1".
 * - Spaces and punctuation go: recognisers put them where they like.
 *
 * The key is a sequence of 32-bit units (code points), at most two per code point of the text.
 */
#ifndef RPH_MINER_PHONETIC_H
#define RPH_MINER_PHONETIC_H

#include <unicode/unorm2.h>

#include "miner/normalise.h"
#include "schemas/arena.h"
#include "schemas/base.h"

/* Most units that `code_points` code points give, and the size of `ret` and `scratch` below. */
#define RPH_PHONETIC_MAX_UNITS(code_points) (2 * (size_t)(code_points))

/* Goes up whenever any key changes. */
#define RPH_PHONETIC_VERSION 1

/* What is heard of one code point: without its marks, at most two units, none of them 0. Returns how
 * many. `nfd`: ICU's NFD. The slow way; rph_code_point() keeps the answers. */
size_t rph_phonetic_reduce(const UNormalizer2 *nfd, uint32_t c, uint32_t ret[static 2]);

/* The key of normalised text, as code points. `ret` and `scratch` have room for
 * RPH_PHONETIC_MAX_UNITS(count) each. Returns the number of units. */
size_t rph_phonetic_units(const struct rph_normaliser *normaliser, const uint32_t *code_points,
			  size_t count, uint32_t *scratch, uint32_t *ret);

/* The key of normalised text, as UTF-8 in `arena`: something to hash or to show. May be empty.
 * Returns 0, RPH_E_BAD_INPUT (not UTF-8, or too long to normalise) or RPH_E_ARENA_FULL. */
int rph_phonetic_key(const struct rph_normaliser *normaliser, struct rph_span normalised,
		     struct rph_arena *arena, struct rph_span *ret) RPH_MUST_CHECK;

#endif
