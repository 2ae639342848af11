/* SPDX-License-Identifier: Apache-2.0
 *
 * export_columns.h - the columns of the exported files as data, for the files that describe them.
 */
#ifndef RPH_SCHEMAS_EXPORT_COLUMNS_H
#define RPH_SCHEMAS_EXPORT_COLUMNS_H

#include "schemas/base.h"

struct rph_export_column {
	const char *name;
	const char *card;      /* dtype of a Hugging Face feature, or "slots", "strings" */
	const char *croissant; /* data type, or "slots", "strings" */
};

static const struct rph_export_column rph_example_columns[] = {
#define RPH_EXAMPLE_COLUMN(name, card, croissant) {#name, card, croissant},
#include "schemas/export_columns.def"
};

static const struct rph_export_column rph_pair_columns[] = {
#define RPH_PAIR_COLUMN(name, card, croissant) {#name, card, croissant},
#include "schemas/export_columns.def"
};

#endif
