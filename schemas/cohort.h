/* SPDX-License-Identifier: Apache-2.0
 *
 * cohort.h - how a user fared in one ISO week, by locale and cohort: for fairness figures only, never for
 * evidence. A cohort is whatever the log calls one (an age group, a kind of device); a user may be in
 * several.
 *
 * A user's week holds the RPH_COHORTS_MOST smallest (locale, name): "the k smallest" of a union does not
 * depend on the order in which parts are merged, so rph_cohorts_merge() is associative and commutative.
 */
#ifndef RPH_SCHEMAS_COHORT_H
#define RPH_SCHEMAS_COHORT_H

#include "schemas/arena.h"
#include "schemas/time.h"

#define RPH_COHORTS_MOST 16

struct rph_cohort {
	struct rph_span locale, name; /* borrowed; never empty */
	uint32_t turns, defects;      /* saturating; a defect failed, or showed friction */
};

/* Ascending by rph_cohort_compare(), each once. */
struct rph_cohorts {
	struct rph_cohort *list;
	uint32_t count;
};

/* By locale, then name. */
int rph_cohort_compare(const struct rph_cohort *a, const struct rph_cohort *b);
void rph_cohort_add(struct rph_cohort *into, const struct rph_cohort *from);

/* *ret = a + b, its list in `arena`; texts keep pointing where they were. *ret may be *a or *b and is
 * untouched on error. Returns 0 or RPH_E_NO_MEMORY. */
int rph_cohorts_merge(const struct rph_cohorts *a, const struct rph_cohorts *b,
		      struct rph_arena *arena, struct rph_cohorts *ret) RPH_MUST_CHECK;

#endif
