/* SPDX-License-Identifier: Apache-2.0
 *
 * week_variants.h - training rows of kind "lexicon" and "morphology": rows of what people said with one
 * word replaced (miner/variant.h). Private to the week_* files of this folder.
 *
 * Nobody said these texts, so they stay behind the others: only rows of train.jsonl have variants, the
 * hold-out is what people said; each weighs less than the row it comes from, and shares its users,
 * days, weeks, source, target and chain; of an intent there are at most so many as a share of its other
 * rows, the variants of the heaviest rows first, and together with them no more than max_intent_rows.
 * Left out: a text that the store knows as a formulation in that locale, for it is evidence or
 * disputed; one that is in the set already; one that two intents would share, whatever the locale; what
 * looks personal; variants of rows with a protected or control intent, which only a person's approval can
 * bring into a set.
 *
 * In a private set variants are made from the released rows and the files alone: what else the store
 * knows is not asked, because a text that is missing would tell.
 */
#ifndef RPH_STORE_WEEK_VARIANTS_H
#define RPH_STORE_WEEK_VARIANTS_H

#include "store/week_rows.h"

/* `rows` as rph_week_rows_end() leaves them; sorted again with the variants. Fills in what `summary` says of
 * variants. Errors: RPH_E_NO_MEMORY, RPH_E_UNICODE, RPH_E_STATE_CORRUPT, RPH_E_STOPPED, -errno. */
int rph_week_variants_add(struct rph_store *store, const struct rph_week_export_options *options,
			  struct rph_week_rows *rows,
			  struct rph_week_summary *summary) RPH_MUST_CHECK;

/* How many rows came of a file. */
uint64_t rph_week_variants_of(const struct rph_word_files *files, const struct rph_word_file *file,
			      const struct rph_week_rows *rows);

/* "known": the word in the manifest. */
const char *rph_variant_refusal_name(enum rph_variant_refusal refusal);

#endif
