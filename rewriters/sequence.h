/* SPDX-License-Identifier: Apache-2.0
 *
 * sequence.h - rewriters asked one after the other: the first one with a proposal answers, and the
 * answer says who it was and what became of the others.
 */
#ifndef RPH_REWRITERS_SEQUENCE_H
#define RPH_REWRITERS_SEQUENCE_H

#include "rewriters/rewriter.h"

enum { RPH_SEQUENCE_MAX = 8 };

/* A rewriter and its model, which is borrowed and may be NULL. */
struct rph_sequence_member {
	const struct rph_rewriter_ops *ops;
	const void *model;
};

/* Zeroed: empty, and declines everything. */
struct rph_sequence {
	struct rph_sequence_member members[RPH_SEQUENCE_MAX];
	size_t count;
};

enum rph_sequence_step {
	RPH_STEP_NOT_ASKED, /* an earlier one answered */
	RPH_STEP_DECLINED,  /* nothing to propose */
	RPH_STEP_SAME_TEXT, /* proposed what was said, or nothing at all: counts as declined */
	RPH_STEP_ANSWERED,
};

struct rph_sequence_answer {
	const struct rph_rewriter_ops *rewriter;        /* NULL: nobody answered */
	struct rph_rewrite rewrite;                     /* when somebody did */
	enum rph_sequence_step steps[RPH_SEQUENCE_MAX]; /* by place in the sequence */
};

/* The rewriters that the service and the command line use. */
struct rph_sequence rph_sequence_default(void);

/* Adds a rewriter at the end. RPH_E_ARENA_FULL when the sequence has RPH_SEQUENCE_MAX members. */
int rph_sequence_add(struct rph_sequence *sequence, const struct rph_rewriter_ops *ops,
		     const void *model) RPH_MUST_CHECK;

/* Returns 0, whether somebody answered or not, or the first error of a rewriter; *ret, which lives
 * in `arena`, is then untouched: a broken store must not look like "no rewrite". */
int rph_sequence_rewrite(const struct rph_sequence *sequence, const struct rph_pair_reader *pairs,
			 const struct rph_rewrite_query *query, struct rph_arena *arena,
			 struct rph_sequence_answer *ret) RPH_MUST_CHECK;

#endif
