/* SPDX-License-Identifier: Apache-2.0
 *
 * export_rows.h - the lines of train.jsonl, holdout.jsonl and pairs.jsonl: every key
 * in every line, in one order, each always of one type; shares always with a decimal point.
 */
#ifndef RPH_SCHEMAS_EXPORT_ROWS_H
#define RPH_SCHEMAS_EXPORT_ROWS_H

#include "schemas/example.h"
#include "schemas/json_text.h"

/* Appends one line, '\n' included. */
void rph_example_write(struct rph_buffer *buffer, const struct rph_example *example);

/* One pair; words come from miner/pair.h, which this folder does not know. */
struct rph_pair_row {
	struct rph_span locale, source, target;
	const char *direction, *type, *status;
	uint16_t p; /* 1/256 */
	uint32_t users, days, wins, losses;
	const char *const *reasons;
	size_t reason_count;
	rph_week first_week, last_week;
	uint32_t meant_by; /* distinct people who meant the target's goal by the source */
	const char *trend;
	uint32_t tolerated; /* hostile accounts that cannot change that */
};

/* The keys of a pair row, in an object that the caller opens and closes. */
void rph_pair_row_put(struct rph_buffer *buffer, const struct rph_pair_row *row);
/* Appends one line, '\n' included. Also the line of `rephrased pairs --json`. */
void rph_pair_row_write(struct rph_buffer *buffer, const struct rph_pair_row *row);

#endif
