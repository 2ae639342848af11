/* SPDX-License-Identifier: Apache-2.0
 *
 * week_senses.h - what well-used formulations mean, from one pass over the usage of a window:
 * formulation to goal, and goal to the formulation that says it best. Private to the week_* files
 * of this folder.
 *
 * A formulation has a sense when it worked for at least two people at one goal (one user is never
 * enough). Memory: 49 bytes per sense and 64 per goal of a locale; what one person said alone costs
 * nothing.
 */
#ifndef RPH_STORE_WEEK_SENSES_H
#define RPH_STORE_WEEK_SENSES_H

#include "miner/promote.h"
#include "store/week_facts.h"

#define RPH_NO_SENSE SIZE_MAX

struct rph_sense {
	struct rph_id formulation, goal;
	uint64_t reach;       /* about how many people it worked for at the goal */
	uint32_t users;       /* how many of the sample */
	uint32_t locale : 31; /* index of rph_senses.locales */
	/* It says the goal clearly: enough users, few other goals, more success than failure. */
	uint32_t is_clear : 1;
};

/* A goal in one locale. */
struct rph_sense_goal {
	struct rph_id goal;
	uint32_t locale;
	uint64_t reach;  /* (user, formulation) meetings with it, about */
	uint64_t voted;  /* (user, source) that went on to it; filled in by rph_stars_load() */
	uint64_t agreed; /* of these, after sources by which most people mean it; likewise */
	uint32_t clear;  /* formulations that say it clearly */
	size_t best;     /* of these the one most people use, smaller text first; RPH_NO_SENSE */
};

struct rph_sense_locale {
	struct rph_span tag;
	uint64_t sayings; /* (user, formulation) combinations, whatever came of them, about */
	uint64_t voted;   /* the sum of the goals' */
};

struct rph_senses {
	struct rph_sense *list; /* ascending by formulation */
	size_t count, size;
	uint32_t
		*places; /* by the first bits of an id: where those that begin so are in the list */
	unsigned place_bits;
	struct rph_sense_goal *goals; /* ascending by locale, goal */
	size_t goal_count;
	struct rph_sense_locale *locales;
	size_t locale_count, locale_size;
	struct rph_arena arena; /* tags */
};

/* `stop` may be NULL; RPH_E_STOPPED. */
int rph_senses_load(struct rph_store *store, const struct rph_window *window,
		    const struct rph_promotion_params *params, const struct rph_stop *stop,
		    struct rph_senses *ret) RPH_MUST_CHECK;
void rph_senses_free(struct rph_senses *senses);

/* NULL: it has none. */
const struct rph_sense *rph_senses_find(const struct rph_senses *senses,
					const struct rph_id *formulation);
const struct rph_sense_goal *rph_senses_goal(const struct rph_senses *senses, uint32_t locale,
					     const struct rph_id *goal);
/* UINT32_MAX: nobody says anything in it. */
uint32_t rph_senses_locale(const struct rph_senses *senses, struct rph_span tag);

#endif
