/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_outcome.h - what the log says about how a turn ended: status, signals and response,
 * with the noise that real logs have. A wrong action usually looks like a success to the assistant.
 */
#ifndef RPH_REPLAY_GENERATE_OUTCOME_H
#define RPH_REPLAY_GENERATE_OUTCOME_H

#include "replay/generate_script.h"

/* Fills outcome, signals and response of `turn`, whose reading, went_well, gives_up and slip are
 * known. `previous` is the turn before it in the session, or NULL. */
void rph_outcome_draw(const struct rph_language *language, const struct rph_gen_turn *previous,
		      struct rph_random *random, struct rph_gen_turn *turn);

#endif
