/* SPDX-License-Identifier: Apache-2.0
 *
 * explanation.h - everything known of one formulation, for people and as one JSON object: usage by
 * week and goal, pairs in both directions with every test, decisions of people, published rewrite.
 */
#ifndef RPH_DAEMON_EXPLANATION_H
#define RPH_DAEMON_EXPLANATION_H

#include "daemon/shell.h"

struct rph_explanation {
	struct rph_shell *shell;
	const struct rph_shell_formulation *said; /* is in the store */
	struct rph_pairs_options pairs;           /* of said->id only */
	rph_week week;
	size_t top; /* pairs shown to people in each direction; JSON has all of them, by text */
	/* JSON: so many pairs, those in use and those with most evidence first, and so many usage
	 * rows; 0: all of them. The totals say how many there are. */
	size_t limit;
};

/* Append to `text`. Return 0 or an error of the store or of memory. */
int rph_explanation_text(const struct rph_explanation *explanation,
			 struct rph_buffer *text) RPH_MUST_CHECK;
int rph_explanation_json(const struct rph_explanation *explanation,
			 struct rph_buffer *text) RPH_MUST_CHECK;

#endif
