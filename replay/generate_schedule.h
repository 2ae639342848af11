/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_schedule.h - when sessions begin and whose they are, in the order of their starts.
 *
 * Time is cut into slots of two hours. A slot gets its share of the sessions by the hour of the day
 * where the users live, and each session another user. A user speaks in an hour of the slot that is
 * always the same, so two sessions of one user are more than the longest session plus 30 minutes
 * apart without anything being remembered (the second speaker of a household may speak at the same
 * time as the first). Memory: the sessions of about two slots.
 */
#ifndef RPH_REPLAY_GENERATE_SCHEDULE_H
#define RPH_REPLAY_GENERATE_SCHEDULE_H

#include "replay/generate_script.h"

struct rph_schedule {
	const struct rph_world *world;
	rph_time_ms start;
	uint64_t sessions; /* wanted in all */
	unsigned slots;
	uint64_t weight_total, weight_so_far;
	unsigned slot;                /* the next to be filled */
	uint64_t filled, bots_filled; /* sessions planned so far */
	uint64_t handed_out;
	struct rph_plan *plans; /* sorted; planned and not yet handed out */
	size_t plan_count, plan_next, plan_capacity;
};

/* `world` must outlive the schedule. Returns 0, or RPH_E_USAGE when a slot needs more users than
 * half of those there are. */
int rph_schedule_init(const struct rph_world *world, rph_time_ms start, unsigned weeks,
		      uint64_t sessions, struct rph_schedule *ret) RPH_MUST_CHECK;
void rph_schedule_free(struct rph_schedule *schedule);

/* The next plan. Returns 1, 0 after the last, or RPH_E_NO_MEMORY. */
int rph_schedule_next(struct rph_schedule *schedule, struct rph_plan *ret) RPH_MUST_CHECK;

#endif
