/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_world.h - who exists: languages, users, their devices and habits.
 *
 * Nothing about a user is stored. A profile is computed from the seed and the user's number each
 * time it is needed, so that the memory does not grow with the number of users.
 */
#ifndef RPH_REPLAY_GENERATE_WORLD_H
#define RPH_REPLAY_GENERATE_WORLD_H

#include "replay/grammar.h"
#include "replay/random.h"

/* The optional keys a user's devices send; each is a choice of the user, not of the event. */
enum rph_user_field {
	RPH_FIELD_NBEST = 1 << 0,
	RPH_FIELD_NLU = 1 << 1,
	RPH_FIELD_NLU_CONFIDENCE = 1 << 2,
	RPH_FIELD_RESPONSE = 1 << 3,
	RPH_FIELD_SESSION = 1 << 4,
	RPH_FIELD_DEVICE = 1 << 5,
	RPH_FIELD_COHORT = 1 << 6,
	RPH_FIELD_TEXT_TIME = 1 << 7, /* `ts` as RFC 3339 instead of a number */
};

struct rph_world {
	uint64_t seed;
	struct rph_language languages[RPH_LANGUAGE_COUNT];
	unsigned language_count; /* the first so many of `languages` are built */
	uint32_t users;          /* users 0 .. bots - 1 are bots */
	uint32_t bots;
	unsigned devices_max; /* a user has 1 .. devices_max devices */
	unsigned partitions;
};

enum { RPH_USER_ID_SIZE = 10 }; /* "u" and eight hexadecimal digits, NUL */

struct rph_user {
	uint32_t number;
	uint64_t hash; /* of the seed and the number: the source of all habits */
	const struct rph_language *language;
	char id[RPH_USER_ID_SIZE];
	unsigned partition;
	unsigned devices;
	unsigned fields;          /* of enum rph_user_field */
	unsigned noise_per_mille; /* how often an utterance is misheard or mistyped */
	unsigned patience;        /* per mille: says it again after a failure */
	unsigned activity;        /* 1..1024 */
	bool bot, household, typing;
	struct rph_span cohort; /* empty without RPH_FIELD_COHORT */
};

void rph_user_profile(const struct rph_world *world, uint32_t number, struct rph_user *ret);

/* The two facts the schedule asks for millions of times, without the rest of the profile. */
unsigned rph_user_activity(const struct rph_world *world, uint32_t number);
const struct rph_language *rph_user_language(const struct rph_world *world, uint32_t number);

/* What the user wants now: mostly one of a few favourites, else by the popularity of goals. */
const struct rph_gen_goal *rph_user_goal(const struct rph_user *user, struct rph_random *random);

/* In which words: mostly the user's own, else as usual for the goal. */
const struct rph_gen_wording *rph_user_wording(const struct rph_user *user,
					       const struct rph_gen_goal *goal,
					       struct rph_random *random);

#endif
