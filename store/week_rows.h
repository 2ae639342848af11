/* SPDX-License-Identifier: Apache-2.0
 *
 * week_rows.h - training rows from positive pairs, one per source formulation; private to the
 * week_* files of this folder.
 */
#ifndef RPH_STORE_WEEK_ROWS_H
#define RPH_STORE_WEEK_ROWS_H

#include "schemas/example.h"
#include "schemas/goal.h"
#include "store/week_export.h"
#include "store/week_intern.h"
#include "store/week_links.h"

enum rph_week_drop {
#define RPH_WEEK_DROP(name) RPH_WEEK_DROP_##name,
	RPH_WEEK_DROP_LIST(RPH_WEEK_DROP)
#undef RPH_WEEK_DROP
		RPH_WEEK_DROP_COUNT
};

/* The weight of a row, per mille: how sure it is (per mille), cut down where few people say so. */
uint16_t rph_week_weight(uint16_t sure, uint32_t users);

const char *rph_week_drop_name(enum rph_week_drop drop);

/* Collects rows while pairs are visited in order. */
struct rph_week_rows {
	uint16_t holdout_share;   /* per mille */
	uint32_t max_intent_rows; /* 0: no limit */
	struct rph_arena arena;   /* what the rows point to */
	struct rph_arena scratch;
	struct rph_interned texts; /* of `arena`: locales, intents, names of slots, targets */
	struct rph_interned canonicals;
	const struct rph_goal **goals; /* [goal_size], by the index of their canonical form */
	uint32_t goal_size;
	struct rph_example *examples; /* the last one may still be replaced while `open` */
	size_t count, size;
	uint64_t dropped[RPH_WEEK_DROP_COUNT];
	uint64_t sources;
	/* The source at hand. */
	bool open, has_row;
	struct rph_id source;
	enum rph_week_drop why;  /* valid without a row */
	uint32_t rank;           /* of the row's pair */
	struct rph_week_aim aim; /* likewise */
	struct rph_week_links links;
};

/* holdout_share in per mille; max_intent_rows 0: no limit. */
void rph_week_rows_init(struct rph_week_rows *rows, uint16_t holdout_share,
			uint32_t max_intent_rows);
void rph_week_rows_free(struct rph_week_rows *rows);
/* Takes a positive pair. `boost`: by how many per mille the weight of its row is raised. */
int rph_week_rows_add(struct rph_week_rows *rows, const struct rph_pair_view *view,
		      uint16_t boost) RPH_MUST_CHECK;
/* What people reached with a formulation's own words; borrowed. */
struct rph_week_confirmed {
	struct rph_span text, locale;      /* normalised; canonical tag */
	struct rph_span goal;              /* canonical; with an intent */
	const struct rph_wording *wording; /* has a place for every slot of the goal */
	uint16_t weight;                   /* per mille */
	uint32_t users, days;
	rph_week first_week, last_week;
};
/* A row by itself. Where a pair has given the text the same label, the heavier of both stays. */
int rph_week_rows_add_confirmed(struct rph_week_rows *rows,
				const struct rph_week_confirmed *confirmed) RPH_MUST_CHECK;
/* All pairs are in: cleans and sorts the rows. RPH_E_NO_MEMORY. */
int rph_week_rows_end(struct rph_week_rows *rows) RPH_MUST_CHECK;

/* Does this canonical goal belong to the held-out share? A function of the goal alone, so it never
 * moves from one week to the next. */
bool rph_week_is_holdout(struct rph_span goal, uint16_t share);

#endif
