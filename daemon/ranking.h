/* SPDX-License-Identifier: Apache-2.0
 *
 * ranking.h - the N best pairs of a scan, already written: those in use before those that are not,
 * then more users, then the higher confidence bound, then the order of the scan.
 */
#ifndef RPH_DAEMON_RANKING_H
#define RPH_DAEMON_RANKING_H

#include "schemas/buffer.h"
#include "store/week_fold.h"

struct rph_ranked;

struct rph_ranking {
	struct rph_ranked *best; /* top + 1 places */
	size_t count, top;
	uint64_t offered;
};

/* `top` >= 1. Returns 0 or RPH_E_NO_MEMORY. */
int rph_ranking_init(struct rph_ranking *ranking, size_t top) RPH_MUST_CHECK;
/* Offers a pair; `write` is called, and its text kept, only when it is among the best so far.
 * Returns 0, what `write` returned, or RPH_E_NO_MEMORY. */
typedef int rph_ranking_write(void *context, const struct rph_pair_view *view,
			      struct rph_buffer *text);
int rph_ranking_offer(struct rph_ranking *ranking, const struct rph_pair_view *view,
		      rph_ranking_write *write, void *context) RPH_MUST_CHECK;
/* Appends what was kept, best first, and empties the ranking. */
void rph_ranking_take(struct rph_ranking *ranking, struct rph_buffer *text);
/* A zeroed ranking is fine. */
void rph_ranking_free(struct rph_ranking *ranking);

#endif
