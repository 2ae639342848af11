/* SPDX-License-Identifier: Apache-2.0
 *
 * usage.h - usage: how often a formulation met a goal in one ISO week, with what outcome, by whom.
 *
 * Totals are sums. Users are an exact set of the RPH_USAGE_USERS smallest user hashes, each with
 * its own counts and one wording; larger ones are in the totals only. "The k smallest" of a union
 * does not depend on the order in which parts are merged, so rph_usage_merge() is associative and
 * commutative, and a member's counts are complete: whoever is among the k smallest of the whole was
 * among the k smallest of every part. Up to k users everything is exact and reversible.
 *
 * A wording is the text as people said it plus where its slots are: the "annotated surface". Each
 * user stands for one wording per row (the one with the smallest hash), so a wording's frequency
 * counts people, not events.
 */
#ifndef RPH_SCHEMAS_USAGE_H
#define RPH_SCHEMAS_USAGE_H

#include "schemas/arena.h"
#include "schemas/id.h"
#include "schemas/time.h"

#define RPH_USAGE_USERS 64

struct rph_usage_key {
	struct rph_id formulation, goal; /* goal is zero when nothing was understood */
	rph_week week;
};

struct rph_usage_counts {
	/* Turns by how they ended; saturating. A turn that a rewrite acted on is one of unknown end:
	 * how it ended says something of the rewrite. */
	uint32_t successes, failures, unknown;
	uint32_t friction;                     /* turns with at least one sign of friction */
	uint32_t treated_wins, treated_losses; /* turns a rewrite acted on: succeeded, failed */
	uint32_t holdout_wins, holdout_losses; /* turns it was held back from */
};

struct rph_usage_user {
	uint64_t user;
	struct rph_usage_counts counts;
	uint8_t days;     /* bit 0 = Monday */
	uint64_t wording; /* hash of the user's wording, a key into wordings[]; 0 = none */
};

/* An annotated surface. Encoded form (wording.h) is opaque here. */
struct rph_usage_wording {
	uint64_t hash;           /* rph_wording_hash(), never 0 */
	struct rph_span encoded; /* lives as long as the usage's arena or transaction */
};

struct rph_usage {
	struct rph_usage_counts total;
	uint8_t days;
	bool more_users; /* somebody beyond users[] contributed to the totals */
	uint32_t user_count, wording_count;
	struct rph_usage_user *users;       /* ascending by user, at most RPH_USAGE_USERS */
	struct rph_usage_wording *wordings; /* ascending by hash; exactly those that users[] name */
};

void rph_usage_counts_add(struct rph_usage_counts *into, const struct rph_usage_counts *from);
/* Adds counts and days of the same user; the smaller wording stays. */
void rph_usage_user_add(struct rph_usage_user *into, const struct rph_usage_user *from);

/* *ret = a + b, its arrays in `arena`; encoded wordings keep pointing at a's and b's bytes. *ret
 * may be *a or *b and is untouched on error. Whoever reads a usage from outside checks first that
 * wordings[] holds every hash that users[] name: here a missing one is a programmer's error.
 * Returns 0 or RPH_E_NO_MEMORY. */
int rph_usage_merge(const struct rph_usage *a, const struct rph_usage *b, struct rph_arena *arena,
		    struct rph_usage *ret) RPH_MUST_CHECK;

/* *ret = a without `user`, if the user is in users[]; returns true then. Without more_users, totals
 * and days are the sum and union of the remaining users': the row is as if the user had never been.
 * With more_users totals shrink by the user's counts and keep what users beyond the set
 * contributed, and the days stay. Returns false when the user is not there, or with *ret_error =
 * RPH_E_NO_MEMORY; *ret_error is 0 otherwise. */
bool rph_usage_without(const struct rph_usage *a, uint64_t user, struct rph_arena *arena,
		       struct rph_usage *ret, int *ret_error) RPH_MUST_CHECK;

/* True when nobody is left in the row. */
bool rph_usage_is_empty(const struct rph_usage *usage);
int rph_usage_key_compare(const struct rph_usage_key *a, const struct rph_usage_key *b);

#endif
