/* SPDX-License-Identifier: Apache-2.0
 *
 * grammar_build.h - reads the rows of a table into values, wordings and confusions: the little
 * language of grammar.h. Used by grammar.c only.
 */
#ifndef RPH_REPLAY_GRAMMAR_BUILD_H
#define RPH_REPLAY_GRAMMAR_BUILD_H

#include "replay/grammar_tables.h"

/* Fills everything in `language` that comes straight from the rows; goals and knowledge are not.
 * Spans point into the static tables and the arena. Returns 0 or RPH_E_NO_MEMORY. */
int rph_grammar_read(const struct rph_grammar_table *table, struct rph_arena *arena,
		     struct rph_language *language) RPH_MUST_CHECK;

#endif
