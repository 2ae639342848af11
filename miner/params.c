/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/params.h"

struct rph_mining_params rph_mining_params_default(void)
{
	return (struct rph_mining_params){
		.session =
			{
				.gap = 30 * 60 * 1000,
				.grace = 5 * 60 * 1000,
				.max_duration = RPH_DAY_MS,
				.max_turns = 200,
				.max_bytes = 256 * 1024,
				.max_open = 1000000,
			},
		.judge =
			{
				.rephrase_gap = 90 * 1000,
				.max_distance = 3,
				.accept = 128,
				.record_floor = 64,
			},
	};
}
