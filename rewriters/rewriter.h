/* SPDX-License-Identifier: Apache-2.0
 *
 * rewriter.h - what proposes another formulation for an utterance that may fail.
 *
 * A rewriter is a vtable and its model. It sees the store through one function pointer, which the
 * shell fills from LMDB and a test from an array. Pure: no clock, no file, no randomness; the same
 * query and the same pairs give the same answer. A new rewriter is one file and one line in
 * registry.c.
 */
#ifndef RPH_REWRITERS_REWRITER_H
#define RPH_REWRITERS_REWRITER_H

#include "schemas/arena.h"
#include "schemas/id.h"
#include "schemas/time.h"

/* What was said, in one locale. Borrowed. */
struct rph_rewrite_query {
	struct rph_span locale;    /* canonical tag */
	struct rph_span text;      /* normalised */
	struct rph_id formulation; /* of locale and text */
};

/* A published rewrite, as the store holds it. */
struct rph_rewrite_target {
	struct rph_id formulation;
	struct rph_span text; /* normalised */
	uint16_t p;           /* 1/256 */
	rph_week week;        /* the week whose evidence it was published with */
};

/* How a rewriter reads pairs. */
struct rph_pair_reader {
	void *context;
	/* The published target of `source`; *ret lives in `arena`.
	 * Returns 0, RPH_E_NOT_FOUND, or an error of the store. */
	int (*published)(void *context, const struct rph_id *source, struct rph_arena *arena,
			 struct rph_rewrite_target *ret);
};

struct rph_rewrite {
	struct rph_span text; /* what to say instead; normalised, never empty */
	uint16_t p;           /* that it means the same, 1/256 */
	struct rph_span why;  /* for people, without a full stop */
};

/* Proposes what should have been said. `model` is the rewriter's own and may be NULL. Allocates
 * from `arena` only; *ret is written only on 0. Returns 0, RPH_E_NOT_FOUND (nothing to propose), or
 * an error. Thread rules: any number of threads, each with its own arena. */
typedef int rph_rewriter_rewrite(const void *model, const struct rph_pair_reader *pairs,
				 const struct rph_rewrite_query *query, struct rph_arena *arena,
				 struct rph_rewrite *ret);

struct rph_rewriter_ops {
	const char *name;    /* lower case; in --json and metrics */
	const char *summary; /* one line, no full stop */
	rph_rewriter_rewrite *rewrite;
	/* 0 when the rewriter keeps its promises on a model of its own; run by the tests for every
	 * rewriter of the registry. */
	int (*self_test)(void);
};

extern const struct rph_rewriter_ops rph_rewriter_none;
extern const struct rph_rewriter_ops rph_rewriter_exact;

/* ---- registry.c: all rewriters there are --------------------------------------------------- */

/* NULL after the last one. */
extern const struct rph_rewriter_ops *const rph_rewriters[];
/* NULL when there is none of that name. */
const struct rph_rewriter_ops *rph_rewriter_find(struct rph_span name);

#endif
