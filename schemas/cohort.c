/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/cohort.h"

#include "schemas/error.h"

int rph_cohort_compare(const struct rph_cohort *a, const struct rph_cohort *b)
{
	int order = rph_span_compare(a->locale, b->locale);
	return order ? order : rph_span_compare(a->name, b->name);
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

void rph_cohort_add(struct rph_cohort *into, const struct rph_cohort *from)
{
	into->turns = sum(into->turns, from->turns);
	into->defects = sum(into->defects, from->defects);
}

int rph_cohorts_merge(const struct rph_cohorts *a, const struct rph_cohorts *b,
		      struct rph_arena *arena, struct rph_cohorts *ret)
{
	struct rph_cohorts merged = {
		RPH_ARENA_ARRAY(arena, struct rph_cohort, (size_t)a->count + b->count + 1), 0};
	uint32_t i = 0, j = 0;

	if (!merged.list)
		return RPH_E_NO_MEMORY;
	while ((i < a->count || j < b->count) && merged.count < RPH_COHORTS_MOST) {
		int order = i == a->count   ? 1
			    : j == b->count ? -1
					    : rph_cohort_compare(&a->list[i], &b->list[j]);
		struct rph_cohort *next = &merged.list[merged.count++];
		*next = order <= 0 ? a->list[i++] : b->list[j];
		if (order == 0)
			rph_cohort_add(next, &b->list[j]);
		j += order >= 0;
	}
	*ret = merged;
	return 0;
}
