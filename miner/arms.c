/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/arms.h"

#include <xxhash.h>

void rph_arm_tally_add(struct rph_arm_tally *tally, const struct rph_arm_counts *counts,
		       bool new_user)
{
	if (!counts->turns)
		return;
	tally->users += new_user;
	tally->turns += counts->turns;
	tally->trials.wins += counts->wins > counts->losses;
	tally->trials.losses += counts->losses > counts->wins;
}

struct rph_arm_comparison rph_arms_compare(const struct rph_arm_params *params,
					   const struct rph_arm_tally *holdout,
					   const struct rph_arm_tally *treated)
{
	struct rph_arm_comparison comparison = {
		.better = rph_beta_better(holdout->trials, treated->trials),
		.verdict = RPH_ARMS_UNDECIDED,
	};
	if (treated->users == 0 || treated->users < params->min_users)
		comparison.verdict = RPH_ARMS_UNTRIED;
	else if (comparison.better <= params->demote)
		comparison.verdict = RPH_ARMS_WORSE;
	else if (comparison.better >= params->keep)
		comparison.verdict = RPH_ARMS_PROVEN;
	return comparison;
}

const char *rph_arm_verdict_name(enum rph_arm_verdict verdict)
{
	static const char *const names[] = {
		[RPH_ARMS_UNTRIED] = "untried",
		[RPH_ARMS_UNDECIDED] = "undecided",
		[RPH_ARMS_PROVEN] = "proven",
		[RPH_ARMS_WORSE] = "worse",
	};
	RPH_ASSERT(verdict < RPH_ARRAY_LEN(names));
	return names[verdict];
}

bool rph_is_held_back(uint64_t user, const struct rph_id *source, uint16_t share)
{
	/* Both are keyed hashes: nobody outside can choose an arm. */
	uint64_t part = XXH3_64bits_withSeed(source->bytes, sizeof(source->bytes), user) >> 32;
	return part * 1000 >> 32 < share;
}
