/* SPDX-License-Identifier: Apache-2.0
 *
 * week_values.h - the values that people are known to mean: slots of goals that some formulation
 * says clearly (week_senses.h), by locale. What is said and is one of them is that value, and not
 * another one misheard. Private to the week_* files of this folder.
 */
#ifndef RPH_STORE_WEEK_VALUES_H
#define RPH_STORE_WEEK_VALUES_H

#include "schemas/goal.h"
#include "store/week_source.h"

/* Of one locale, ascending by name, then value, each once. Borrowed. */
struct rph_known_values {
	const struct rph_goal_slot *list;
	size_t count;
};

/* Memory: 32 bytes and its text for each slot of such a goal. */
struct rph_week_values {
	struct rph_goal_slot *list; /* by locale */
	size_t count, size;
	size_t *ends; /* [locale_count]: where the values of a locale end */
	uint32_t locale_count;
	struct rph_arena arena;
};

/* view->senses is loaded. Returns 0, RPH_E_NO_MEMORY, RPH_E_STOPPED, RPH_E_STATE_CORRUPT (a goal is
 * not there or not readable) or an error of the store. *ret is to be freed whatever comes back. */
int rph_week_values_load(const struct rph_week_view *view,
			 struct rph_week_values *ret) RPH_MUST_CHECK;
/* A zeroed one is fine. */
void rph_week_values_free(struct rph_week_values *values);
/* Nothing for a locale that is no index of the senses. */
struct rph_known_values rph_week_values_of(const struct rph_week_values *values, uint32_t locale);

#endif
