/* SPDX-License-Identifier: Apache-2.0
 *
 * grammar_tables.h - the rows of grammar_<locale>.def as data. Only grammar.c reads them.
 */
#ifndef RPH_REPLAY_GRAMMAR_TABLES_H
#define RPH_REPLAY_GRAMMAR_TABLES_H

#include "replay/grammar.h"

enum rph_row_kind {
	RPH_ROW_VALUES,
	RPH_ROW_SAY,
	RPH_ROW_CORRECTION,
	RPH_ROW_FALLBACK,
	RPH_ROW_REPROMPT,
	RPH_ROW_CONFUSE,
};

struct rph_row {
	enum rph_row_kind kind;
	unsigned key; /* slot type or intent; 0 elsewhere */
	struct rph_span text;
	struct rph_span to; /* of a confusion */
};

struct rph_grammar_table {
	struct rph_span tag;
	int utc_offset_hours;
	bool spaced;
	const struct rph_row *rows;
	size_t row_count;
};

extern const struct rph_grammar_table rph_grammar_tables[RPH_LANGUAGE_COUNT];

#endif
