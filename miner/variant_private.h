/* SPDX-License-Identifier: Apache-2.0
 *
 * variant_private.h - the lists of one language as they are looked up; between variant*.c.
 */
#ifndef RPH_MINER_VARIANT_PRIVATE_H
#define RPH_MINER_VARIANT_PRIVATE_H

#include "miner/surface.h"
#include "miner/variant.h"

/* A word of a list: how it is compared, and how it is written. */
struct rph_variant_form {
	struct rph_span key;     /* normalised; empty: never used, it has digits or is only marks */
	struct rph_span written; /* NFC */
};

struct rph_variant_entry {
	struct rph_span key;
	uint32_t word;
};

struct rph_variant_list {
	const struct rph_word_list *list;  /* NULL: none */
	struct rph_variant_form *forms;    /* as list->words */
	struct rph_variant_entry *entries; /* ascending by key, word */
	size_t count;                      /* of `entries` */
};

struct rph_variant_words {
	struct rph_variant_list lists[RPH_WORD_KINDS];
	struct rph_span locale;
	bool dotless;   /* "i" and "I" are two letters: Turkish, Azerbaijani */
	size_t longest; /* key, in code points */
	struct rph_normaliser *normaliser;
	struct rph_surfacer *surfacer;
	struct rph_arena arena;
};

/* Where the entries of `key` begin; *ret_count 0: the list does not have it. */
const struct rph_variant_entry *rph_variant_find(const struct rph_variant_list *list,
						 struct rph_span key, size_t *ret_count);

/* `word` of a list in the case in which `said` stands for its word `known`, in `arena`; *ret_fits false:
 * `said` is written in a way that cannot be taken over. RPH_E_NO_MEMORY. */
struct rph_variant_case {
	struct rph_span said, known;
	bool dotless;
};
int rph_variant_take_case(const struct rph_variant_case *as, struct rph_span word,
			  struct rph_arena *arena, struct rph_span *ret,
			  bool *ret_fits) RPH_MUST_CHECK;

#endif
