/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_schedule.h"

#include <stdlib.h>

#include "schemas/error.h"

enum {
	HOUR_MS = 3600 * 1000,
	SLOT_MS = 2 * HOUR_MS,
	SLOTS_PER_DAY = 12,
	COMPANION_PER_MILLE = 300, /* the other speaker of a household joins in */
	COMPANION_DELAY_MS = 10 * 60 * 1000,
	BOT_PER_MILLE = 2, /* of the sessions; they are long */
	WEIGHT_MAX = 13,
	AWAKE_ONE = 1024 * WEIGHT_MAX, /* the most active user at the busiest time */
};

/* How much is spoken in each two hours of a local day, from midnight on. */
static const uint8_t day_weights[SLOTS_PER_DAY] = {2, 1, 2, 8, 9, 7, 8, 7, 10, WEIGHT_MAX, 11, 5};

static unsigned slot_weight(const struct rph_schedule *schedule, unsigned slot,
			    const struct rph_language *language)
{
	unsigned first_hour = (unsigned)(schedule->start / HOUR_MS % 24);
	unsigned hour = first_hour + slot * 2 + 24 + (unsigned)language->utc_offset_hours;
	return day_weights[hour % 24 / 2];
}

static uint64_t all_weight(const struct rph_schedule *schedule, unsigned slot)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < schedule->world->language_count; i++)
		sum += slot_weight(schedule, slot, &schedule->world->languages[i]);
	return sum;
}

/* sessions * part / whole without overflow for any 64-bit number of sessions. */
static uint64_t share_of(uint64_t sessions, uint64_t part, uint64_t whole)
{
	RPH_ASSERT(whole > 0);
	return sessions / whole * part + sessions % whole * part / whole;
}

int rph_schedule_init(const struct rph_world *world, rph_time_ms start, unsigned weeks,
		      uint64_t sessions, struct rph_schedule *ret)
{
	struct rph_schedule schedule = {
		.world = world,
		.start = start,
		.sessions = sessions,
		.slots = weeks * 7 * SLOTS_PER_DAY,
	};
	uint64_t heaviest = 0;
	for (unsigned slot = 0; slot < schedule.slots; slot++) {
		uint64_t weight = all_weight(&schedule, slot);
		schedule.weight_total += weight;
		heaviest = weight > heaviest ? weight : heaviest;
	}
	uint64_t peak = share_of(sessions, heaviest, schedule.weight_total) + 1;
	if (peak > (world->users - world->bots) / 2)
		return RPH_E_USAGE;
	*ret = schedule;
	return 0;
}

void rph_schedule_free(struct rph_schedule *schedule)
{
	free(schedule->plans);
	schedule->plans = NULL;
}

static int push(struct rph_schedule *schedule, const struct rph_plan *plan)
{
	if (schedule->plan_count == schedule->plan_capacity) {
		size_t capacity = schedule->plan_capacity ? schedule->plan_capacity * 2 : 256;
		struct rph_plan *plans = reallocarray(schedule->plans, capacity, sizeof(*plans));
		if (!plans)
			return RPH_E_NO_MEMORY;
		schedule->plans = plans;
		schedule->plan_capacity = capacity;
	}
	schedule->plans[schedule->plan_count++] = *plan;
	schedule->filled++;
	return 0;
}

static uint64_t slot_hash(const struct rph_schedule *schedule, unsigned slot, uint32_t user)
{
	return rph_mix2(rph_mix2(schedule->world->seed ^ UINT64_C(0x510700), slot), user);
}

/* The session of `user` in `slot`, and the other speaker's where there is one. */
static int plan_session(struct rph_schedule *schedule, unsigned slot, uint32_t user)
{
	uint64_t hash = slot_hash(schedule, slot, user) >> 24;
	uint64_t phase = rph_mix2(schedule->world->seed ^ UINT64_C(0x9a5e), user) % SLOT_MS;
	struct rph_plan plan = {
		.start = schedule->start + (int64_t)slot * SLOT_MS + (int64_t)phase +
			 (int64_t)(hash % HOUR_MS),
		.user = user,
	};
	struct rph_user profile;
	rph_user_profile(schedule->world, user, &profile);
	if (profile.household)
		plan.speaker = hash >> 39 & 1;
	int error = push(schedule, &plan);
	hash = rph_mix(hash);
	if (error || !profile.household || hash % 1000 >= COMPANION_PER_MILLE ||
	    schedule->filled == schedule->sessions)
		return error;
	plan.speaker = !plan.speaker;
	plan.start += (int64_t)(hash >> 32) % COMPANION_DELAY_MS;
	return push(schedule, &plan);
}

static bool is_awake(const struct rph_schedule *schedule, unsigned slot, uint32_t user)
{
	const struct rph_world *world = schedule->world;
	unsigned weight = slot_weight(schedule, slot, rph_user_language(world, user));
	unsigned chance = rph_user_activity(world, user) * weight;
	return (slot_hash(schedule, slot, user) & 0xffffff) % AWAKE_ONE < chance;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Walks the people in an order of the slot's own, the awake ones first, until the slot is full. */
static int fill_with_people(struct rph_schedule *schedule, unsigned slot, uint64_t until)
{
	const struct rph_world *world = schedule->world;
	uint32_t people = world->users - world->bots;
	uint64_t hash = slot_hash(schedule, slot, UINT32_MAX);
	uint32_t first = (uint32_t)(hash >> 32) % people;
	uint32_t step = (uint32_t)hash % people | 1;
	while (common_divisor(step, people) != 1)
		step += 2;
	for (int awake = 1; awake >= 0; awake--) {
		for (uint32_t i = 0; i < people && schedule->filled < until; i++) {
			uint32_t user = (uint32_t)((first + (uint64_t)i * step) % people);
			user += world->bots;
			if (is_awake(schedule, slot, user) != awake)
				continue;
			int error = plan_session(schedule, slot, user);
			if (error)
				return error;
		}
	}
	return 0;
}

static int compare_plans(const void *left, const void *right)
{
	const struct rph_plan *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return (a->speaker > b->speaker) - (a->speaker < b->speaker);
}

static int fill_slot(struct rph_schedule *schedule)
{
	const struct rph_world *world = schedule->world;
	unsigned slot = schedule->slot++;
	size_t left = schedule->plan_count - schedule->plan_next;
	if (left > 0)
		memmove(schedule->plans, schedule->plans + schedule->plan_next,
			left * sizeof(*schedule->plans));
	schedule->plan_count = left;
	schedule->plan_next = 0;
	schedule->weight_so_far += all_weight(schedule, slot);
	uint64_t until =
		share_of(schedule->sessions, schedule->weight_so_far, schedule->weight_total);
	uint64_t bots = share_of(until * BOT_PER_MILLE + 500, 1, 1000);
	for (uint32_t i = 0; i < world->bots && schedule->bots_filled < bots; i++) {
		if (schedule->filled >= until)
			break;
		uint32_t bot = (uint32_t)(schedule->bots_filled++ % world->bots);
		int error = plan_session(schedule, slot, bot);
		if (error)
			return error;
	}
	int error = fill_with_people(schedule, slot, until);
	if (error || schedule->plan_count == 0)
		return error;
	qsort(schedule->plans, schedule->plan_count, sizeof(*schedule->plans), compare_plans);
	return 0;
}

int rph_schedule_next(struct rph_schedule *schedule, struct rph_plan *ret)
{
	for (;;) {
		/* What starts before the next slot does can no longer be overtaken. */
		rph_time_ms settled = schedule->start + (int64_t)schedule->slot * SLOT_MS;
		bool all = schedule->slot == schedule->slots;
		if (schedule->plan_next < schedule->plan_count &&
		    (all || schedule->plans[schedule->plan_next].start < settled)) {
			*ret = schedule->plans[schedule->plan_next++];
			ret->number = schedule->handed_out++;
			return 1;
		}
		if (all)
			return 0;
		int error = fill_slot(schedule);
		if (error)
			return error;
	}
}
