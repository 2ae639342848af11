/* SPDX-License-Identifier: Apache-2.0
 *
 * delta.h - the seam between mining and the store: what a batch adds to the tables, as data.
 *
 * Within each array keys are strictly ascending and occur once: rph_delta_list does the folding, so
 * that the store writes each key once per batch. Deltas of different batches, partitions or
 * machines may be merged in any order.
 */
#ifndef RPH_SCHEMAS_DELTA_H
#define RPH_SCHEMAS_DELTA_H

#include "schemas/cohort.h"
#include "schemas/usage.h"
#include "schemas/vote.h"
#include "schemas/wording.h"

struct rph_formulation_delta {
	struct rph_id id;
	struct rph_span locale, text;
};

struct rph_goal_delta {
	struct rph_id id;
	struct rph_span canonical;
};

struct rph_vote_delta {
	struct rph_vote_key key;
	struct rph_vote vote;
};

struct rph_usage_delta {
	struct rph_usage_key key;
	struct rph_usage usage;
};

/* A user said a formulation in a week: what `forget` goes by. */
struct rph_said_delta {
	rph_week week;
	uint64_t user;
	uint64_t formulation; /* rph_id_prefix() of its id */
};

/* How a user fared in a week, by cohort. */
struct rph_cohort_delta {
	rph_week week;
	uint64_t user;
	struct rph_cohorts cohorts;
};

/* Lives in the batch arena. Each array may be empty; all keys are strictly ascending. */
struct rph_deltas {
	struct rph_formulation_delta *formulations; /* by id */
	struct rph_goal_delta *goals;               /* by id */
	struct rph_vote_delta *votes;               /* by rph_vote_key_compare() */
	struct rph_usage_delta *usages;             /* by rph_usage_key_compare() */
	struct rph_said_delta *saids;               /* by week, user, formulation */
	struct rph_cohort_delta *cohorts;           /* by week, user */
	size_t formulation_count, goal_count, vote_count, usage_count, said_count, cohort_count;
};

/* Collects the atomic deltas of one batch, in any order, then sorts and folds them. */
struct rph_delta_list;

int rph_delta_list_new(struct rph_delta_list **ret) RPH_MUST_CHECK;
struct rph_delta_list *rph_delta_list_free(struct rph_delta_list *list);
RPH_DEFINE_CLEANUP(struct rph_delta_list, rph_delta_list_free)

/* Each adds one atom. The same formulation or goal may be added any number of times and is kept
 * once. Spans are not copied: they must live as long as the deltas that rph_delta_list_fold()
 * returns, so they belong into the batch arena. Return 0 or RPH_E_NO_MEMORY; then the atom was not
 * added. */
int rph_delta_add_formulation(struct rph_delta_list *list,
			      const struct rph_formulation_delta *delta) RPH_MUST_CHECK;
int rph_delta_add_goal(struct rph_delta_list *list,
		       const struct rph_goal_delta *delta) RPH_MUST_CHECK;
int rph_delta_add_vote(struct rph_delta_list *list,
		       const struct rph_vote_delta *delta) RPH_MUST_CHECK;
/* One turn of one user: adds to `usage` and remembers the user for `forget`. `wording` is encoded
 * (wording.h) or empty; user->wording is ignored: it is the hash of `wording`, or 0. */
int rph_delta_add_turn(struct rph_delta_list *list, const struct rph_usage_key *key,
		       const struct rph_usage_user *user, struct rph_span wording) RPH_MUST_CHECK;

/* One turn of one user in a cohort. */
int rph_delta_add_cohort(struct rph_delta_list *list, rph_week week, uint64_t user,
			 const struct rph_cohort *cohort) RPH_MUST_CHECK;

/* Sorts, folds, and empties the list, also on failure. *ret lives in `arena`, its spans where they
 * were given; it is untouched on failure. Returns 0 or RPH_E_NO_MEMORY. The list keeps its memory
 * for the next batch. Adding and folding costs about 0.2 us per turn or vote, its texts included.
 */
RPH_STAGE int rph_delta_list_fold(struct rph_delta_list *list, struct rph_arena *arena,
				  struct rph_deltas *ret) RPH_MUST_CHECK;

#endif
