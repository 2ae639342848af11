/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_world.h"

enum {
	FAVOURITES = 8,
	FAVOURITE_PER_MILLE = 620,
	OWN_WORDS_PER_MILLE = 600,
	LEARNED_PER_MILLE = 450, /* of the habits that never work, given up for one that does */
	TYPING_PER_MILLE = 180,
	HOUSEHOLD_PER_MILLE = 150,
};

/* One independent draw per question asked about a user. */
enum question {
	ASK_USER,
	ASK_ACTIVITY,
	ASK_LANGUAGE,
	ASK_PARTITION,
	ASK_HABITS,
	ASK_FAVOURITE,
	ASK_WORDS,
};

static const struct {
	struct rph_span name;
	unsigned share;           /* per mille */
	unsigned noise_per_mille; /* added to the user's own */
} cohorts[] = {
	{{"adult", 5}, 620, 0},
	{{"child", 5}, 130, 70},
	{{"senior", 6}, 150, 30},
	{{"non_native", 10}, 100, 50},
};

static const struct {
	enum rph_user_field field;
	unsigned per_mille;
} fields[] = {
	{RPH_FIELD_NBEST, 780},    {RPH_FIELD_NLU, 975},      {RPH_FIELD_NLU_CONFIDENCE, 950},
	{RPH_FIELD_RESPONSE, 850}, {RPH_FIELD_SESSION, 700},  {RPH_FIELD_DEVICE, 930},
	{RPH_FIELD_COHORT, 700},   {RPH_FIELD_TEXT_TIME, 60},
};

static uint64_t ask(const struct rph_world *world, uint32_t number, enum question question)
{
	return rph_mix2(world->seed ^ ((uint64_t)question << 56), number);
}

unsigned rph_user_activity(const struct rph_world *world, uint32_t number)
{
	/* A Zipf-like crowd: a few talk all day, most now and then. */
	unsigned place = (unsigned)(ask(world, number, ASK_ACTIVITY) % 64);
	unsigned activity = 1024 * 6 / (place + 6);
	return activity < 160 ? 160 : activity;
}

const struct rph_language *rph_user_language(const struct rph_world *world, uint32_t number)
{
	return &world->languages[ask(world, number, ASK_LANGUAGE) % world->language_count];
}

static void draw_cohort(struct rph_user *user, struct rph_random *random)
{
	unsigned at = rph_random_below(random, 1000);
	unsigned i = 0;
	while (i + 1 < RPH_ARRAY_LEN(cohorts) && at >= cohorts[i].share)
		at -= cohorts[i++].share;
	user->noise_per_mille += cohorts[i].noise_per_mille;
	if (user->fields & RPH_FIELD_COHORT)
		user->cohort = cohorts[i].name;
}

/* Multiplying by an odd number permutes 32 bits: ids look random and never clash. */
static void name_user(const struct rph_world *world, struct rph_user *user)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t name = (user->number + (uint32_t)rph_mix(world->seed)) * UINT32_C(2654435761);
	user->id[0] = 'u';
	for (int i = 0; i < 8; i++)
		user->id[1 + i] = digits[name >> (28 - 4 * i) & 15];
	user->id[9] = '\0';
}

void rph_user_profile(const struct rph_world *world, uint32_t number, struct rph_user *ret)
{
	struct rph_random random;
	rph_random_seed(&random, ask(world, number, ASK_HABITS));
	*ret = (struct rph_user){
		.number = number,
		.hash = ask(world, number, ASK_USER),
		.language = rph_user_language(world, number),
		.partition = (unsigned)(ask(world, number, ASK_PARTITION) % world->partitions),
		.activity = rph_user_activity(world, number),
		.bot = number < world->bots,
	};
	ret->devices = 1 + rph_random_below(&random, world->devices_max);
	ret->noise_per_mille = (unsigned)rph_random_between(&random, 40, 150);
	ret->patience = (unsigned)rph_random_between(&random, 540, 760);
	name_user(world, ret);
	ret->household = rph_random_chance(&random, HOUSEHOLD_PER_MILLE) && !ret->bot;
	ret->typing = rph_random_chance(&random, TYPING_PER_MILLE) || ret->bot;
	for (size_t i = 0; i < RPH_ARRAY_LEN(fields); i++)
		if (rph_random_chance(&random, fields[i].per_mille))
			ret->fields |= (unsigned)fields[i].field;
	draw_cohort(ret, &random);
	/* Fingers are surer than microphones. */
	if (ret->typing)
		ret->noise_per_mille /= 2;
}

static const struct rph_gen_goal *goal_at(const struct rph_language *language, uint32_t draw)
{
	const uint32_t *sums = language->goal_weights;
	uint32_t at = (uint32_t)(((uint64_t)draw * sums[language->goal_count - 1]) >> 32);
	unsigned low = 0, high = language->goal_count - 1;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (at < sums[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return &language->goals[low];
}

const struct rph_gen_goal *rph_user_goal(const struct rph_user *user, struct rph_random *random)
{
	uint64_t draw = rph_random_next(random);
	if (rph_random_chance(random, FAVOURITE_PER_MILLE))
		draw = rph_mix2(user->hash ^ ASK_FAVOURITE, rph_random_zipf(random, FAVOURITES));
	return goal_at(user->language, (uint32_t)(draw >> 32));
}

const struct rph_gen_wording *rph_user_wording(const struct rph_user *user,
					       const struct rph_gen_goal *goal,
					       struct rph_random *random)
{
	const struct rph_gen_wording *wordings = user->language->wordings[goal->intent];
	unsigned count = user->language->wording_counts[goal->intent];
	if (!rph_random_chance(random, OWN_WORDS_PER_MILLE))
		return &wordings[goal->order[rph_random_zipf(random, count)]];
	uint64_t habit = rph_mix2(user->hash ^ ASK_WORDS, goal->intent);
	const struct rph_gen_wording *own =
		&wordings[rph_zipf_rank((uint32_t)(habit >> 32), count)];
	if (own->known || habit % 1000 >= LEARNED_PER_MILLE)
		return own;
	for (unsigned i = 0; i < count; i++)
		if (wordings[goal->order[i]].known)
			return &wordings[goal->order[i]];
	return own;
}
