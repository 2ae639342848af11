/* SPDX-License-Identifier: Apache-2.0
 *
 * association.h - do two things go together more often than chance would have it, and which of many
 * such findings hold together.
 *
 * Everything counts distinct users. Significance is kept as an "evidence" number, -log2 of a
 * probability in 1/256 bits and rounded down: whole, ordered (larger is stronger), and the same on
 * every machine. 256 * 10 = 2560 is a chance of one in 1024.
 */
#ifndef RPH_MINER_ASSOCIATION_H
#define RPH_MINER_ASSOCIATION_H

#include "schemas/base.h"

#define RPH_EVIDENCE_BIT 256u

/* A two by two table by its margins. both <= left, right; left + right - both <= all. */
struct rph_association {
	uint64_t both;        /* users with the source and then the target */
	uint64_t left, right; /* users with the source; users with the target */
	uint64_t all;         /* users that could have had either; below 2^40 */
};

struct rph_association_result {
	/* Dunning's log-likelihood ratio G2 (T. Dunning, 1993) in 1/256, negative when the two meet
	 * less often than expected: the statistic itself has no sign. */
	int64_t signed_g2;
	uint64_t expected; /* left * right / all, in 1/256, rounded down */
	/* Of the one-sided probability to see so many or more (Fisher's exact test: the upper
	 * hypergeometric tail, always exact). 0, no evidence, unless `both` exceeds the expectation.
	 */
	uint32_t evidence;
};

/* False when the four numbers are no table; *ret is then untouched. Cost: the tail's length, at
 * most some thousand terms. */
bool rph_associate(const struct rph_association *table,
		   struct rph_association_result *ret) RPH_MUST_CHECK;

/* How many of the findings may be kept so that of the kept ones a share of at most `rate` is false
 * on average (Y. Benjamini, Y. Hochberg, 1995): the largest r with p(r) <= r * rate / tested.
 * `evidence` descends. `tested`: all that were looked at, count or more; what is not in the array
 * counts as p = 1. rate: per mille, 1..1000. */
size_t rph_fdr_kept(const uint32_t *evidence, size_t count, uint64_t tested, uint16_t rate);
/* The evidence that the finding of rank `rank` (1..) needs; for `explain`. */
uint32_t rph_fdr_threshold(uint64_t rank, uint64_t tested, uint16_t rate);

#endif
