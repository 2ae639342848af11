/* SPDX-License-Identifier: Apache-2.0
 *
 * week_links.h - the way the evidence took from a row's text to its label: the `chain` of a row;
 * private to the week_* files of this folder.
 *
 * As in week_chain.h a step is a pair that people voted for, weighed by the users who said the same
 * goal again and the mean p, and all wordings of a goal are one state. So a way is
 *
 *	source, target         people said the target after the source,
 *	source, via, target    they said another wording of the goal after it; of several the one with
 *	                       the greatest weight, on a tie the first by its text; the target is the
 *	                       goal's best wording,
 *	nothing                what people meant is known by other ways: their own success with the
 *	                       source, votes for wordings that are no pair by themselves, a person's
 *	                       approval.
 *
 * Only positive pairs that are exported are steps, so that a way shows no formulation and nobody's step
 * that pairs.jsonl does not show, with its number of users; and only those of the source itself, which pass by together: nothing is kept over
 * them, and no pair is read twice.
 */
#ifndef RPH_STORE_WEEK_LINKS_H
#define RPH_STORE_WEEK_LINKS_H

#include "store/week_fold.h"

struct rph_week_link {
	struct rph_id target, goal; /* goal: what most people reach with the target */
	struct rph_span text;       /* of the target; lives in `texts` */
	uint64_t weight;
};

/* The steps from one source; reused from one to the next. */
struct rph_week_links {
	struct rph_week_link *list;
	size_t count, size;
	struct rph_arena texts;
};

void rph_week_links_init(struct rph_week_links *links);
void rph_week_links_free(struct rph_week_links *links);
/* Another source begins. */
void rph_week_links_clear(struct rph_week_links *links);
/* A positive pair of the source, in the order of rph_pairs_scan(); one that nobody voted for is no
 * step. RPH_E_NO_MEMORY. */
int rph_week_links_add(struct rph_week_links *links,
		       const struct rph_pair_view *view) RPH_MUST_CHECK;
/* Where the row's label comes from. */
struct rph_week_aim {
	struct rph_id target, goal;
};
/* How many formulations the way has, 0, 2 or 3, as in struct rph_example; *ret_via of three is in `arena`.
 * RPH_E_NO_MEMORY. */
int rph_week_links_way(const struct rph_week_links *links, const struct rph_week_aim *aim,
		       struct rph_arena *arena, uint32_t *ret_count,
		       struct rph_span *ret_via) RPH_MUST_CHECK;

#endif
