/* SPDX-License-Identifier: Apache-2.0
 *
 * friction.h - how a turn ended, and the signs that it failed.
 *
 * A turn ends as its outcome.status says, unless the user says otherwise: a "success" that was
 * cancelled, undone, rejected or abandoned is the assistant's opinion only, and counts as unknown.
 * Where the log has no status the signals decide: any sign of failure outweighs signs of success, for
 * a log that marks both marks the failure on purpose.
 */
#ifndef RPH_MINER_FRICTION_H
#define RPH_MINER_FRICTION_H

#include "miner/turn.h"

enum rph_turn_end { RPH_TURN_UNKNOWN, RPH_TURN_SUCCEEDED, RPH_TURN_FAILED };

/* NLU confidence (1/1024) below which a turn shows friction even without a signal. */
#define RPH_FRICTION_CONFIDENCE 410

/* Number of signs of friction: signals of failure, status failure, a low NLU confidence. */
unsigned rph_turn_friction(const struct rph_turn *turn);
/* Whether usage counts the turn as one with friction: any sign, but not the NLU's mere doubt about a
 * turn that succeeded. Many an NLU is never sure, and what it doubts works for everybody. */
bool rph_turn_had_friction(const struct rph_turn *turn);
enum rph_turn_end rph_turn_end_of(const struct rph_turn *turn);

#endif
