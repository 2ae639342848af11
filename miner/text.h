/* SPDX-License-Identifier: Apache-2.0
 *
 * text.h - a normalised text taken apart once, so that comparing it with others is cheap.
 *
 * Everything is script-agnostic: graphemes and code points always, words only where a script puts
 * spaces between them. Hashes are for comparing texts in memory, not for storing.
 */
#ifndef RPH_MINER_TEXT_H
#define RPH_MINER_TEXT_H

#include "miner/normalise.h"
#include "schemas/arena.h"
#include "schemas/base.h"

/* Texts longer than this (code points) are analysed up to here, at a grapheme boundary or not: what
 * people say to an assistant is far shorter, and the cost of comparing must have a bound. */
#define RPH_TEXT_MAX_CODE_POINTS 4096

/* A word is 27 bits of a hash above 5 bits of its length, in code points; 31 is 31 or more. */
#define RPH_WORD_LENGTH(word) ((word)&31u)

/* Arrays live in the arena given to rph_text_analyse(); `normalised` borrows the caller's bytes. */
struct rph_text {
	struct rph_span normalised;
	const uint32_t *code_points; /* [code_point_count] */
	const uint32_t *graphemes; /* [grapheme_count + 1], offsets in code points: 0, ..., count */
	const uint32_t *ngrams;    /* [ngram_count], sorted, a multiset */
	const uint32_t *words;     /* [word_count], sorted, a set; RPH_WORD_LENGTH */
	const uint32_t *phonetic;  /* [phonetic_count], in the order of the text: phonetic.h */
	uint32_t code_point_count;
	uint32_t grapheme_count;
	uint32_t ngram_count; /* 2- and 3-grams of graphemes with one pad at either end: 2 g + 1 */
	uint32_t word_count;  /* without punctuation around them; the whole text if !has_words */
	uint32_t phonetic_count;
	bool has_words; /* false where a script without spaces between words occurs, or no word */
};

/* Returns 0, RPH_E_BAD_INPUT (not UTF-8, or over 2 GiB) or RPH_E_ARENA_FULL; *ret is untouched on
 * failure. */
int rph_text_analyse(const struct rph_normaliser *normaliser, struct rph_span normalised,
		     struct rph_arena *arena, struct rph_text *ret) RPH_MUST_CHECK;

/* The same without n-grams and words, whose counts are 0: enough for rph_edit_similarity() and
 * rph_phonetic_similarity(). */
int rph_text_analyse_letters(const struct rph_normaliser *normaliser, struct rph_span normalised,
			     struct rph_arena *arena, struct rph_text *ret) RPH_MUST_CHECK;

/* The ASCII digits of a normal form, which has no others, in order; lives in `arena`. RPH_E_NO_MEMORY,
 * RPH_E_ARENA_FULL. */
int rph_text_digits(struct rph_span normalised, struct rph_arena *arena,
		    struct rph_span *ret) RPH_MUST_CHECK;

/* How much a code point says, in letters of an alphabet: 2 where it writes a syllable or a morpheme
 * (Unicode's Line_Break is ID, CJ, H2 or H3: Han, kana, Hangul), else 1. The same sentences take a
 * third (Chinese) to half (Japanese) as many of these as English takes letters, so 2 is careful;
 * docs/simulation.md. */
uint32_t rph_letters_of(uint32_t code_point);

/* ICU's word boundaries (UAX #29, with dictionaries for Thai, Lao, Khmer, Burmese and CJK) of any
 * UTF-8 text, as offsets in code points, first 0 and last the length. For showing and for cutting
 * at safe places: never a requirement, for dictionaries differ between versions of ICU. Returns 0,
 * RPH_E_BAD_INPUT, RPH_E_NO_MEMORY, RPH_E_ARENA_FULL or RPH_E_UNICODE. */
int rph_word_boundaries(struct rph_normaliser *normaliser, struct rph_span text,
			struct rph_arena *arena, const uint32_t **ret,
			size_t *ret_count) RPH_MUST_CHECK;

/* Sorts `values` ascending; `scratch` has room for `count`. Linear time, whatever the values. */
void rph_sort_u32(uint32_t *values, size_t count, uint32_t *scratch);

#endif
