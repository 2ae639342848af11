/* SPDX-License-Identifier: Apache-2.0
 *
 * variant.h - other texts for a labelled row: one word outside of the slots replaced by a synonym or by
 * another form of its lemma (schemas/word_list.h). Nobody said them, so they are no evidence.
 *
 * What is a word. In scripts with spaces what stands between two spaces, without the punctuation at
 * its ends; it is left alone where it touches a slot. In scripts without spaces (schemas/tokens.h) the
 * longest run of letters that is in a list and begins and ends at ICU's word boundaries, so that no
 * word is found inside another. A word is looked up as formulations are compared: in any case and
 * width (miner/normalise.h).
 *
 * What is left alone: words with digits, which are values; words written in a mix of cases. A form with
 * several readings in a UniMorph file ("set": now or then; "left": a side, or gone) gives way only to
 * forms that have them all: which one is meant nobody knows without a tagger. The replacement takes over the case: small letters, or a capital at the beginning.
 *
 * Pure. Of the same row and lists the same variants, in the same order.
 */
#ifndef RPH_MINER_VARIANT_H
#define RPH_MINER_VARIANT_H

#include "miner/normalise.h"
#include "schemas/example.h"
#include "schemas/word_list.h"

/* Of one row; further ones are not made. */
#define RPH_VARIANTS_MAX 64

/* The lists of one language, ready for looking up. */
struct rph_variant_words;

/* `lists` (NULL where there is none of that kind) are borrowed as long as the result lives; `locale`
 * decides about case. About 60 bytes for each word of the lists.
 * Errors: RPH_E_NO_MEMORY, RPH_E_UNICODE. */
int rph_variant_words_new(const struct rph_word_list *const lists[static RPH_WORD_KINDS],
			  struct rph_span locale, struct rph_variant_words **ret) RPH_MUST_CHECK;
struct rph_variant_words *rph_variant_words_free(struct rph_variant_words *words);
RPH_DEFINE_CLEANUP(struct rph_variant_words, rph_variant_words_free)

struct rph_variant {
	struct rph_span text;                 /* NFC, white space folded, as the row's */
	const struct rph_example_slot *slots; /* as many as the row's, moved along */
	enum rph_word_kind kind;
	uint64_t order; /* a hash of the text */
};

/* The variants of a row, each text once, none of them the row's own; in `arena`. Ordered by a hash of
 * their texts: whoever takes the first few prefers neither the alphabet nor the beginning of
 * sentences. Errors: RPH_E_NO_MEMORY, RPH_E_UNICODE, RPH_E_BAD_INPUT (a text that is not UTF-8). */
int rph_variants_make(struct rph_variant_words *words, const struct rph_example *row,
		      struct rph_arena *arena, const struct rph_variant **ret,
		      size_t *ret_count) RPH_MUST_CHECK;

#endif
