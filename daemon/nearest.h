/* SPDX-License-Identifier: Apache-2.0
 *
 * nearest.h - the formulations of a store that look most like one it does not have.
 */
#ifndef RPH_DAEMON_NEAREST_H
#define RPH_DAEMON_NEAREST_H

#include "daemon/shell.h"

struct rph_nearest_text {
	struct rph_span text; /* lives in shell->arena */
	uint32_t similarity;  /* grapheme n-gram Dice, see miner/similarity.h */
};

/* Fills at most `max` places of `ret`, most alike first, then by text; nothing that has little in
 * common. Reads every formulation of the store: for people, not for services. `said` comes from
 * rph_shell_formulation() of the same shell. */
int rph_nearest_formulations(struct rph_shell *shell, const struct rph_shell_formulation *said,
			     struct rph_nearest_text *ret, size_t max,
			     size_t *ret_count) RPH_MUST_CHECK;

#endif
