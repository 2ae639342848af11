/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/friction.h"

#include "schemas/signal.h"

unsigned rph_turn_friction(const struct rph_turn *turn)
{
	unsigned signs = (unsigned)__builtin_popcount(turn->signals & RPH_SIGNALS_OF_FAILURE);
	signs += turn->status == RPH_STATUS_FAILURE;
	signs += turn->nlu_confidence < RPH_FRICTION_CONFIDENCE;
	return signs;
}

bool rph_turn_had_friction(const struct rph_turn *turn)
{
	bool doubted = turn->nlu_confidence < RPH_FRICTION_CONFIDENCE;
	bool excused = doubted && rph_turn_end_of(turn) == RPH_TURN_SUCCEEDED;
	return rph_turn_friction(turn) > excused;
}

enum rph_turn_end rph_turn_end_of(const struct rph_turn *turn)
{
	bool objected = turn->signals & RPH_SIGNALS_OF_THE_USER;
	if (turn->status == RPH_STATUS_SUCCESS)
		return objected ? RPH_TURN_UNKNOWN : RPH_TURN_SUCCEEDED;
	if (turn->status == RPH_STATUS_FAILURE || (turn->signals & RPH_SIGNALS_OF_FAILURE))
		return RPH_TURN_FAILED;
	return turn->signals & RPH_SIGNALS_OF_SUCCESS ? RPH_TURN_SUCCEEDED : RPH_TURN_UNKNOWN;
}
