/* SPDX-License-Identifier: Apache-2.0
 *
 * made_store STORE SECRET PAIRS - a store with so many pairs of formulations, through the store's own
 * interface, for `scripts/bench export`. Prints what it made as JSON.
 *
 * A goal has five common wordings and 25 other ways to say it. People say one of these, are not
 * understood, and say one or more common wordings of this goal or of another, two times in five to say
 * the same again. Of the pairs 95 % are those of one to four people, the others of five to twelve.
 *
 * Sources come in the order of their ids, so that the trees of votes and usage are written once, from
 * left to right. For the same reason the index of users, which only forgetting reads, holds a few of
 * them: `verify` would find the others missing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "made_texts.h"
#include "schemas/error.h"
#include "schemas/goal.h"
#include "store/secret.h"
#include "store/store.h"

enum { WEEKS = 8, FIRST_WEEK = 2920, SOURCES_PER_GOAL = 25, BATCH = 20000, NORMALISER = 1 };

#define MUST(call)                                                                            \
	do {                                                                                  \
		int error_ = (call);                                                          \
		if (error_) {                                                                 \
			fprintf(stderr, "made_store: %s: %s\n", #call, rph_strerror(error_)); \
			exit(EXIT_FAILURE);                                                   \
		}                                                                             \
	} while (0)

/* Numbers below `sources` are sources, those from there on common wordings. */
struct item {
	uint64_t prefix;
	uint32_t number;
};

struct world {
	struct rph_store *store;
	struct rph_keys keys;
	uint64_t sources, goals, users;
	uint64_t pairs, votes;
	struct rph_delta_list *list;
	struct rph_arena arena;
};

/* Who did what, when. */
struct moment {
	uint64_t user;
	rph_week week;
	uint8_t day; /* bit */
};

static struct moment moment_of(const struct world *world, uint64_t what, uint64_t number)
{
	uint64_t random = made_random(what, number);

	return (struct moment){.user = made_random(4, random % world->users) | 1,
			       .week = (rph_week)(FIRST_WEEK + (random >> 40) % WEEKS),
			       .day = (uint8_t)(1U << (random >> 50) % 7)};
}

static struct rph_span span_of(const struct made_text *text)
{
	return (struct rph_span){text->bytes, text->len};
}

static uint64_t goal_of_source(const struct world *world, uint64_t source)
{
	return source % world->goals;
}

static void text_of(const struct world *world, uint32_t number, uint64_t *ret_goal,
		    struct made_text *ret)
{
	if (number < world->sources) {
		*ret_goal = goal_of_source(world, number);
		made_variant(*ret_goal, number / world->goals, ret);
		return;
	}
	uint64_t common = number - world->sources;
	*ret_goal = common / MADE_WORDINGS;
	made_wording(*ret_goal, (unsigned)(common % MADE_WORDINGS), ret);
}

static struct rph_id id_of(const struct world *world, uint64_t goal, const struct made_text *text)
{
	return rph_formulation_id(&world->keys, made_locale(goal), span_of(text));
}

static struct rph_id add_formulation(struct world *world, uint64_t goal,
				     const struct made_text *text)
{
	struct rph_formulation_delta delta = {.id = id_of(world, goal, text),
					      .locale = made_locale(goal)};

	MUST(rph_arena_copy(&world->arena, span_of(text), &delta.text));
	MUST(rph_delta_add_formulation(world->list, &delta));
	return delta.id;
}

static struct rph_id add_goal(struct world *world, uint64_t number)
{
	char intent[32];
	struct made_text value;
	snprintf(intent, sizeof(intent), "intent_%" PRIu64, number % MADE_INTENTS);
	made_value(number, &value);
	struct rph_goal_slot slot = {RPH_SPAN("name"), span_of(&value)};
	struct rph_goal goal = {.domain = RPH_SPAN("made"),
				.intent = rph_span_of(intent),
				.slots = &slot,
				.slot_count = 1};
	struct rph_goal_delta delta;

	MUST(rph_goal_write(&goal, &world->arena, &delta.canonical));
	delta.id = rph_goal_id(&world->keys, delta.canonical);
	MUST(rph_delta_add_goal(world->list, &delta));
	return delta.id;
}

static struct rph_span encode(struct world *world, const struct made_text *text, bool annotated)
{
	struct rph_wording wording = {.slot_count = annotated,
				      .slots = {{0, text->start, text->end}}};
	struct rph_span encoded;

	MUST(rph_arena_copy(&world->arena, span_of(text), &wording.text));
	MUST(rph_wording_encode(&wording, &world->arena, &encoded));
	return encoded;
}

/* A turn: `goal` NULL is one that was not understood. */
static void add_turn(struct world *world, const struct rph_id *formulation,
		     const struct rph_id *goal, const struct moment *moment,
		     struct rph_span wording)
{
	struct rph_usage_key key = {.formulation = *formulation, .week = moment->week};
	struct rph_usage_user user = {.user = moment->user, .days = moment->day};

	if (goal)
		key.goal = *goal;
	user.counts.successes = goal != NULL;
	user.counts.failures = !goal;
	user.counts.friction = !goal;
	MUST(rph_delta_add_turn(world->list, &key, &user, wording));
}

/* The first wording is said by many, the last by one or two. */
static void add_common(struct world *world, uint32_t number)
{
	static const unsigned least[MADE_WORDINGS] = {8, 4, 2, 1, 1},
			      spread[MADE_WORDINGS] = {17, 6, 4, 3, 2};
	struct made_text text;
	uint64_t goal;

	text_of(world, number, &goal, &text);
	unsigned wording = (unsigned)((number - world->sources) % MADE_WORDINGS);
	unsigned users = least[wording] + made_random(5, number) % spread[wording];
	struct rph_id id = add_formulation(world, goal, &text), goal_id = add_goal(world, goal);
	struct rph_span encoded = encode(world, &text, true);
	for (unsigned i = 0; i < users; i++) {
		struct moment moment = moment_of(world, 6, (uint64_t)number * 64 + i);
		add_turn(world, &id, &goal_id, &moment, encoded);
	}
}

/* Of how many people. */
static unsigned users_of(uint64_t random, bool firm)
{
	unsigned share = random % 100;

	if (firm)
		return 5 + random / 100 % 8;
	return share < 66 ? 1 : share < 86 ? 2 : share < 95 ? 3 : 4;
}

struct pairing {
	struct rph_id source;
	uint64_t number; /* of the source */
	struct rph_span wording;
	unsigned target; /* which of the source's */
	bool sure;       /* the judge is */
};

static void add_votes(struct world *world, const struct pairing *pairing,
		      const struct rph_id *target, unsigned users)
{
	for (unsigned i = 0; i < users; i++) {
		struct moment moment =
			moment_of(world, 7, (pairing->number * 4 + pairing->target) * 16 + i);
		uint64_t random = made_random(8, moment.user ^ pairing->number);
		struct rph_vote_delta delta = {
			.key = {pairing->source, *target, moment.user, moment.week}};
		bool same = pairing->sure || random % 8 == 0;
		delta.vote.edges[same ? RPH_EDGE_paraphrase : RPH_EDGE_new_request] = 1;
		delta.vote.mass = pairing->sure ? 225 + random % 30 : random % 256;
		delta.vote.wins = pairing->sure;
		delta.vote.days = moment.day;
		MUST(rph_delta_add_vote(world->list, &delta));
		add_turn(world, &pairing->source, NULL, &moment, pairing->wording);
		world->votes++;
	}
	world->pairs++;
}

static struct rph_id target_of(const struct world *world, uint64_t goal, uint64_t random)
{
	/* Half of all says the commonest wording. */
	unsigned pick = random % 8;
	unsigned wording = pick < 4 ? 0 : pick < 6 ? 1 : pick - 4;
	struct made_text text;

	made_wording(goal, wording, &text);
	return id_of(world, goal, &text);
}

/* One to three targets; every tenth source is one that many people say. */
static void add_source(struct world *world, uint32_t number)
{
	struct made_text text;
	uint64_t goal, random = made_random(9, number);

	text_of(world, number, &goal, &text);
	struct pairing pairing = {.source = add_formulation(world, goal, &text), .number = number};
	unsigned targets = 1 + random % 3;
	bool firm = (random >> 8) % 10 == 0;
	pairing.wording = encode(world, &text, false);
	for (pairing.target = 0; pairing.target < targets; pairing.target++) {
		uint64_t dice = made_random(10, (uint64_t)number * 4 + pairing.target);
		bool first = pairing.target == 0;
		uint64_t meant = first || dice % 10 < 7 ? goal : (dice >> 8) % world->goals;
		struct rph_id target = target_of(world, meant, dice >> 32);
		pairing.sure = (dice >> 4) % 5 < (first && firm ? 3 : 2);
		add_votes(world, &pairing, &target, users_of(dice >> 12, first && firm));
	}
	/* Now and then it is understood after all. */
	if (random >> 24 & 3)
		return;
	struct rph_id goal_id = add_goal(world, goal);
	for (unsigned i = 0; i <= (random >> 32) % 4; i++) {
		struct moment moment = moment_of(world, 11, (uint64_t)number * 8 + i);
		add_turn(world, &pairing.source, &goal_id, &moment, encode(world, &text, true));
	}
}

static int compare_items(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	return a->prefix != b->prefix ? (a->prefix < b->prefix ? -1 : 1)
				      : (a->number > b->number) - (a->number < b->number);
}

/* Everything that is said, by id. */
static struct item *sorted_items(const struct world *world, size_t count)
{
	struct item *items = calloc(count, sizeof(*items));

	MUST(items ? 0 : RPH_E_NO_MEMORY);
	for (size_t i = 0; i < count; i++) {
		struct made_text text;
		uint64_t goal;
		text_of(world, (uint32_t)i, &goal, &text);
		struct rph_id id = id_of(world, goal, &text);
		items[i] = (struct item){rph_id_prefix(&id), (uint32_t)i};
	}
	qsort(items, count, sizeof(*items), compare_items);
	return items;
}

/* Everybody's rows of the index would be changed by every batch. */
static void thin_index(struct rph_deltas *deltas)
{
	size_t kept = 0;

	for (size_t i = 0; i < deltas->said_count; i++)
		if (deltas->saids[i].user >> 52 == 0)
			deltas->saids[kept++] = deltas->saids[i];
	deltas->said_count = kept;
}

static void fill(struct world *world)
{
	size_t count = (size_t)(world->sources + world->goals * MADE_WORDINGS);
	struct item *items = sorted_items(world, count);

	for (size_t start = 0; start < count; start += BATCH) {
		struct rph_deltas deltas;
		rph_arena_reset(&world->arena);
		for (size_t i = start; i < start + BATCH && i < count; i++)
			if (items[i].number < world->sources)
				add_source(world, items[i].number);
			else
				add_common(world, items[i].number);
		MUST(rph_delta_list_fold(world->list, &world->arena, &deltas));
		thin_index(&deltas);
		MUST(rph_store_apply(world->store, &deltas, NULL, 0));
	}
	free(items);
}

static void open_world(struct world *world, const char *dir, const char *secret_file)
{
	struct rph_secret_places places = {.file = secret_file};
	struct rph_secret secret;

	MUST(rph_secret_load(&places, &secret));
	rph_keys_derive(secret.bytes, &world->keys);
	rph_secret_wipe(&secret);
	struct rph_store_options options = {.dir = dir,
					    .mode = RPH_STORE_CREATE,
					    .keys = &world->keys,
					    .normaliser_version = NORMALISER};
	MUST(rph_store_open(&options, &world->store));
	rph_arena_init(&world->arena, SIZE_MAX);
	MUST(rph_delta_list_new(&world->list));
}

int main(int argc, char **argv)
{
	char *end = NULL, week[RPH_WEEK_TEXT_SIZE];
	uint64_t wanted = argc == 4 ? strtoull(argv[3], &end, 10) : 0;
	struct rph_store_info info;

	if (!end || *end || wanted < 2 * SOURCES_PER_GOAL || wanted > 100000000) {
		fprintf(stderr, "usage: made_store STORE SECRET PAIRS, of these 50 to 100000000\n");
		return 64;
	}
	/* Two targets a source, on the average. */
	struct world world = {.goals = wanted / 2 / SOURCES_PER_GOAL, .users = 1000 + wanted / 20};
	world.sources = world.goals * SOURCES_PER_GOAL;
	open_world(&world, argv[1], argv[2]);
	fill(&world);
	MUST(rph_store_info(world.store, &info));
	rph_week_format(FIRST_WEEK + WEEKS - 1, week);
	printf("{\"week\":\"%s\",\"pairs\":%" PRIu64 ",\"votes\":%" PRIu64
	       ",\"formulations\":%" PRIu64 ",\"usages\":%" PRIu64 ",\"store_bytes\":%" PRIu64
	       "}\n",
	       week, world.pairs, info.votes, info.formulations, info.usages, info.used_bytes);
	rph_delta_list_free(world.list);
	rph_arena_free(&world.arena);
	rph_store_close(world.store);
	return 0;
}
