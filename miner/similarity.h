/* SPDX-License-Identifier: Apache-2.0
 *
 * similarity.h - how alike two analysed texts are, from several points of view.
 *
 * Every measure is an integer from 0 to RPH_SIMILARITY_ONE, rounded down, symmetric in its
 * arguments, and RPH_SIMILARITY_ONE for a text and itself (also for two empty texts). Only
 * rph_edit_distance() is a metric. No measure needs words or a language. Pure; no allocation.
 */
#ifndef RPH_MINER_SIMILARITY_H
#define RPH_MINER_SIMILARITY_H

#include "miner/text.h"

#define RPH_SIMILARITY_ONE 1024u

/* Alignments look at so many first units of a text; n-grams and words at all of it. */
#define RPH_EDIT_MAX_UNITS 512u

/* Levenshtein distance (insert, delete, substitute: 1 each) between the first RPH_EDIT_MAX_UNITS of
 * either sequence. Bit-parallel (Myers 1999, in the form of Hyyrö 2003), 64 units a step. */
uint32_t rph_edit_distance_units(const uint32_t *a, size_t a_count, const uint32_t *b,
				 size_t b_count);

/* The same over the code points of two texts. */
uint32_t rph_edit_distance(const struct rph_text *a, const struct rph_text *b);

/* 1 - distance / longer length. */
uint32_t rph_edit_similarity(const struct rph_text *a, const struct rph_text *b);

/* Both of the two measures that follow, for one walk through the n-grams. */
void rph_ngram_overlap(const struct rph_text *a, const struct rph_text *b, uint32_t *ret_dice,
		       uint32_t *ret_containment);

/* Grapheme n-grams as multisets: 2 |A and B| / (|A| + |B|). */
uint32_t rph_ngram_dice(const struct rph_text *a, const struct rph_text *b);

/* |A and B| / min(|A|, |B|): one text within the other. 0 if just one is empty. */
uint32_t rph_ngram_containment(const struct rph_text *a, const struct rph_text *b);

/* Shorter over longer, in graphemes. */
uint32_t rph_length_ratio(const struct rph_text *a, const struct rph_text *b);

/* Words as sets: |A and B| / |A or B|. Where a text has no words (has_words) it is one word. */
uint32_t rph_word_overlap(const struct rph_text *a, const struct rph_text *b);

/* Letters (code points, 31 at most) of the longest word that both have; 0 if none. */
uint32_t rph_longest_shared_word(const struct rph_text *a, const struct rph_text *b);

/* Edit similarity of the phonetic keys. Two texts of which neither has a key (emoji, punctuation)
 * say nothing about sound: then RPH_SIMILARITY_ONE if they are equal, else 0. */
uint32_t rph_phonetic_similarity(const struct rph_text *a, const struct rph_text *b);

/* Longest run of code points that both have, over the shorter length; both cut to
 * RPH_EDIT_MAX_UNITS. 0 if just one is empty. */
uint32_t rph_longest_common_run(const struct rph_text *a, const struct rph_text *b);

/* Whether both texts hold numerals, and not the same ones in the same order: digits, and letters that
 * Unicode gives a numeric value (Han numerals). What one of them does not say at all may be lost. */
bool rph_numbers_differ(const struct rph_text *a, const struct rph_text *b);

#endif
