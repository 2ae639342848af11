/* SPDX-License-Identifier: Apache-2.0
 *
 * week_fold.h - the pairs of a window of weeks, read from the store: votes and usage folded, tests
 * applied, texts resolved. What `pairs`, `explain`, the weekly export and the publishing of
 * rewrites have in common.
 *
 * The answer is a function of the rows of weeks in (week - history, week], the params and the human
 * decisions; later weeks change nothing, and a pair's facts do not depend on `min_users` or `only`.
 * Memory: 49 bytes per formulation that two people use with success, 16 per source with a candidate,
 * 32 per star; nothing per pair or vote.
 */
#ifndef RPH_STORE_WEEK_FOLD_H
#define RPH_STORE_WEEK_FOLD_H

#include "miner/project.h"
#include "miner/promote.h"
#include "schemas/export_rows.h"
#include "schemas/stop.h"
#include "schemas/wording.h"
#include "store/store.h"

struct rph_parallel;

struct rph_pairs_options {
	rph_week week;          /* the last week looked at */
	uint16_t history_weeks; /* 1..RPH_HISTORY_MAX_WEEKS */
	uint16_t half_life;     /* weeks; 0: none */
	struct rph_promotion_params promotion;
	/* Candidates are pairs with at least this many distinct users of any edge type; 0 and 1:
	 * all. And, whatever this says, every formulation that promotion.min_users people mean a
	 * goal by, with the goal's best formulation. Pairs a person decided on are candidates in any case, if their texts are still
	 * there. */
	uint32_t min_users;
	/* Only pairs with this formulation as source or target; NULL: all. */
	const struct rph_id *only;
	/* Asked every few hundred rows; NULL: never stopped. */
	const struct rph_stop *stop;
	/* Who judges the pairs; NULL: the caller alone. `visit` is the caller's in any case. */
	const struct rph_parallel *parallel;
};

/* One candidate with everything resolved. Lives until `visit` returns. */
struct rph_pair_view {
	struct rph_span locale;         /* of the source; pairs across locales do not exist */
	struct rph_span source, target; /* normalised texts */
	struct rph_span source_surface, target_surface; /* as most people said it; may be empty */
	struct rph_span goal;           /* canonical goal of the target; empty when none */
	struct rph_span target_wording; /* encoded annotated surface for the goal; may be empty */
	const struct rph_pair *pair;
	const struct rph_outcome *source_outcome, *target_outcome;
	const struct rph_support *support; /* what is known beyond the pair */
	const struct rph_promotion *promotion;
	/* The target's annotation on the source's surface. NULL when it was not tried: fewer users
	 * than promotion.min_users and no decision of a person, or a target without a wording. */
	const struct rph_projection *projection;
	uint16_t annotation_agreement;       /* per mille, of the source on the target's goal */
	uint32_t annotation_users;           /* distinct users behind it */
	const struct rph_arm_tally *holdout; /* of the source's rewrites; NULL: none */
	enum rph_human human;
	rph_week week; /* the last one looked at */
};

/* The weeks of the evidence: the pair's own, or that for the goal when nobody voted for the pair. */
rph_week rph_pair_view_first_week(const struct rph_pair_view *view);
rph_week rph_pair_view_last_week(const struct rph_pair_view *view);

/* Of the same evidence. */
enum rph_trend rph_pair_view_trend(const struct rph_pair_view *view);

/* A candidate as the row that pairs.jsonl and `pairs --json` share. */
struct rph_pair_view_row {
	struct rph_pair_row row;
	const char *reasons[RPH_REASON_COUNT]; /* what row.reasons points to */
};
/* Fills *ret, whose texts borrow from `view`; *ret must not be moved afterwards. */
void rph_pair_view_row(const struct rph_pair_view *view, struct rph_pair_view_row *ret);

typedef int rph_visit_pair(void *context, const struct rph_pair_view *view);

/* Calls `visit` for every candidate, sorted by (locale, source, target), texts by bytes. A return
 * other than 0 ends the scan and is returned. `visit` may not write to the store.
 * Errors: RPH_E_NO_MEMORY, RPH_E_STATE_CORRUPT, RPH_E_UNICODE, RPH_E_STOPPED, -errno. */
int rph_pairs_scan(struct rph_store *store, const struct rph_pairs_options *options,
		   rph_visit_pair *visit, void *context) RPH_MUST_CHECK;

/* Replaces the table of published rewrites by the positive pairs of `options` that go in direction
 * rewrite, one target per source (highest lower bound, then more users, then smaller text).
 * Rewrites do not chain: where the target is itself rewritten the final target is published if the
 * goal stays the same, else nothing. `only` is ignored. generation = the week's number. Stopped: the
 * table is as it was. */
int rph_publish_week(struct rph_store *store, const struct rph_pairs_options *options,
		     uint64_t *ret_count) RPH_MUST_CHECK;

#endif
