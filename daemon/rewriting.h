/* SPDX-License-Identifier: Apache-2.0
 *
 * rewriting.h - one utterance and what is published in its place: for the command line and HTTP.
 */
#ifndef RPH_DAEMON_REWRITING_H
#define RPH_DAEMON_REWRITING_H

#include "daemon/shell.h"
#include "rewriters/sequence.h"
#include "schemas/event.h"

struct rph_rewriting {
	struct rph_shell *shell; /* its store is open; its arena holds the answer */
	struct rph_sequence sequence;
	struct rph_pair_reader pairs;
};

struct rph_rewriting_answer {
	struct rph_sequence_answer answer; /* rewriter NULL: nothing to say instead */
	const char *why_not;               /* then; static */
	/* What the interaction log should say of this turn as rewrite.arm. */
	enum rph_arm arm;
};

/* The rewriters that are always used, over the store of `shell`. */
struct rph_rewriting rph_rewriting_of(struct rph_shell *shell);

/* `user_id` as in the log, or empty. Where a rewrite is published, a share of the users is held back
 * from it (rewrite.holdout, arms.h); whoever does not say who asks has nobody held back.
 * Resets the shell's arena; *ret lives in it. Text that cannot be normalised has no rewrite and is
 * no error: a rewriter in a pipeline must not lose lines. Errors: of the store, of memory. */
int rph_rewriting_ask(struct rph_rewriting *rewriting, struct rph_span locale,
		      struct rph_span utterance, struct rph_span user_id,
		      struct rph_rewriting_answer *ret) RPH_MUST_CHECK;

/* One JSON object and a newline: utterance, rewrite, rewriter, p, why, arm. */
void rph_rewriting_json(struct rph_buffer *text, struct rph_span utterance,
			const struct rph_rewriting_answer *answer);

#endif
