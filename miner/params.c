/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/params.h"

struct rph_mining_params rph_mining_params_default(void)
{
	return (struct rph_mining_params){
		.session =
			{
				.gap = INT64_C(1800000),
				.grace = INT64_C(300000),
				.max_duration = RPH_DAY_MS,
				.max_jump = 60 * RPH_DAY_MS,
				.max_turns = 200,
				.max_bytes = 256 * 1024,
				.max_open = 1000000,
			},
		.judge =
			{
				.rephrase_gap = INT64_C(90000),
				.max_distance = 3,
				.accept = 128,
				.record_floor = 64,
			},
	};
}
