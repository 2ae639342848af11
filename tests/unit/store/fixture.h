/* SPDX-License-Identifier: Apache-2.0
 *
 * fixture.h - what the tests of the store share: a directory that goes away, a small world of
 * users who say things, and the rows of a store as one text to compare.
 */
#ifndef RPH_TESTS_UNIT_STORE_FIXTURE_H
#define RPH_TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "schemas/buffer.h"
#include "schemas/error.h"
#include "store/store.h"

#define TEST_MAP_BYTES ((size_t)256 << 20)

/* ---- numbers that look random and are the same in every run ------------------------------------
 */

struct random {
	uint64_t state;
};

/* SplitMix64 (Steele, Lea and Flood 2014). */
static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static inline unsigned random_below(struct random *random, unsigned limit)
{
	return (unsigned)(random_next(random) % limit);
}

/* ---- a directory -------------------------------------------------------------------------------
 */

struct place {
	char dir[64];   /* removed at the end */
	char store[80]; /* dir/store */
	char other[80]; /* dir/other */
};

static inline void run_command(const char *command, const char *argument)
{
	char line[256];
	snprintf(line, sizeof(line), "%s '%s'", command, argument);
	assert_int_equal(system(line), 0);
}

static inline int make_place(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	assert_non_null(place);
	strcpy(place->dir, "/tmp/rph-store-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->store, sizeof(place->store), "%s/store", place->dir);
	snprintf(place->other, sizeof(place->other), "%s/other", place->dir);
	*state = place;
	return 0;
}

static inline int remove_place(void **state)
{
	struct place *place = *state;
	run_command("rm -rf", place->dir);
	free(place);
	return 0;
}

static inline struct rph_keys test_keys(uint8_t seed)
{
	const uint8_t secret[RPH_SECRET_BYTES] = {seed};
	struct rph_keys keys;
	rph_keys_derive(secret, &keys);
	return keys;
}

static inline int try_open(const char *dir, enum rph_store_mode mode, struct rph_store **ret)
{
	struct rph_keys keys = test_keys(1);
	struct rph_store_options options = {.dir = dir,
					    .mode = mode,
					    .map_bytes = TEST_MAP_BYTES,
					    .keys = &keys,
					    .normaliser_version = 1};
	return rph_store_open(&options, ret);
}

static inline struct rph_store *open_store(const char *dir, enum rph_store_mode mode)
{
	struct rph_store *store = NULL;
	assert_int_equal(try_open(dir, mode, &store), 0);
	return store;
}

/* ---- a world -----------------------------------------------------------------------------------
 */

enum { WORLD_TEXTS = 24, WORLD_GOALS = 5, WORLD_WEEKS = 4, FIRST_WEEK = 2900 };

/* One turn, and the one that said it again, if `again`. */
struct moment {
	uint64_t user;
	unsigned text, goal, day;
	rph_week week;
	bool again, failed;
	unsigned later_text, later_goal, later_day, edge, p;
	rph_week later_week;
	bool arm; /* a rewrite of `text` to `later_text` acted (p odd) or was held back */
};

static inline struct moment random_moment(struct random *random, unsigned users)
{
	struct moment moment = {
		.user = 1 + random_below(random, users) * UINT64_C(0x0101010101010101),
		.text = random_below(random, WORLD_TEXTS),
		.goal = random_below(random, WORLD_GOALS + 1),
		.day = random_below(random, 7),
		.week = (rph_week)(FIRST_WEEK + random_below(random, WORLD_WEEKS)),
		.again = random_below(random, 3) == 0,
		.failed = random_below(random, 2) == 0,
		.later_text = random_below(random, WORLD_TEXTS),
		.later_goal = random_below(random, WORLD_GOALS),
		.edge = random_below(random, RPH_EDGE_COUNT),
		.p = random_below(random, 257),
	};
	/* Now and then a session goes on over midnight of a Sunday. */
	bool over_sunday = random_below(random, 8) == 0;
	moment.later_week = (rph_week)(moment.week + over_sunday);
	moment.later_day = over_sunday ? 0 : moment.day;
	return moment;
}

static inline struct rph_span text_of(char text[32], const char *what, unsigned number)
{
	snprintf(text, 32, "%s %u", what, number);
	return rph_span_of(text);
}

static inline struct rph_formulation_delta formulation_of(const struct rph_keys *keys,
							  unsigned number, struct rph_arena *arena)
{
	char text[32];
	struct rph_formulation_delta delta = {.locale = RPH_SPAN("en-US")};
	assert_int_equal(rph_arena_copy(arena, text_of(text, "wake me at", number), &delta.text),
			 0);
	delta.id = rph_formulation_id(keys, delta.locale, delta.text);
	return delta;
}

/* The last goal is none: nothing was understood. */
static inline struct rph_goal_delta goal_of(const struct rph_keys *keys, unsigned number,
					    struct rph_arena *arena)
{
	char text[32];
	struct rph_goal_delta delta = {0};
	if (number == WORLD_GOALS)
		return delta;
	assert_int_equal(
		rph_arena_copy(arena, text_of(text, "alarm|set|hour=", number), &delta.canonical),
		0);
	delta.id = rph_goal_id(keys, delta.canonical);
	return delta;
}

static inline struct rph_span wording_of(unsigned number, struct rph_arena *arena)
{
	char text[32];
	struct rph_span encoded;
	struct rph_wording wording = {
		.text = text_of(text, "Wake me at", number), .slot_count = 1, .slots = {{0, 5, 7}}};
	assert_int_equal(rph_wording_encode(&wording, arena, &encoded), 0);
	return encoded;
}

static inline struct rph_id add_turn(struct rph_delta_list *list, struct rph_arena *arena,
				     uint64_t user, unsigned text, unsigned goal, rph_week week,
				     unsigned day, bool failed)
{
	struct rph_keys keys = test_keys(1);
	struct rph_formulation_delta formulation = formulation_of(&keys, text, arena);
	struct rph_goal_delta meant = goal_of(&keys, goal, arena);
	struct rph_usage_key key = {formulation.id, meant.id, week};
	struct rph_usage_user turn = {.user = user, .days = (uint8_t)(1U << day)};
	turn.counts.successes = !failed;
	turn.counts.failures = failed;
	turn.counts.friction = failed;
	assert_int_equal(rph_delta_add_formulation(list, &formulation), 0);
	if (goal != WORLD_GOALS)
		assert_int_equal(rph_delta_add_goal(list, &meant), 0);
	/* Some say it in another spelling, some leave no wording. */
	unsigned spelling = (unsigned)(user + day) % 4;
	struct rph_span wording = {0};
	if (spelling)
		wording = wording_of(text * 10 + spelling % 2, arena);
	assert_int_equal(rph_delta_add_turn(list, &key, &turn, wording), 0);
	return formulation.id;
}

/* A rewrite of the first text acted, or was held back: the first text is not said by a turn of its
 * own, so that only the vote names it. */
static inline bool add_arm(struct rph_delta_list *list, struct rph_arena *arena,
			   const struct moment *moment)
{
	struct rph_keys keys = test_keys(1);
	struct rph_formulation_delta said = formulation_of(&keys, moment->text, arena);
	struct rph_vote_delta vote = {.key = {.source = said.id,
					      .target = said.id,
					      .user = moment->user,
					      .week = moment->later_week}};
	if (!moment->arm || moment->text == moment->later_text)
		return false;
	if (moment->p % 2) {
		assert_int_equal(rph_delta_add_formulation(list, &said), 0);
		vote.key.target =
			add_turn(list, arena, moment->user, moment->later_text, moment->later_goal,
				 moment->later_week, moment->later_day, moment->failed);
	} else {
		add_turn(list, arena, moment->user, moment->text, moment->goal, moment->later_week,
			 moment->later_day, moment->failed);
	}
	vote.vote.days = (uint8_t)(1U << moment->later_day);
	vote.vote.arm = (struct rph_arm_counts){1, !moment->failed, moment->failed};
	assert_int_equal(rph_delta_add_vote(list, &vote), 0);
	return true;
}

static inline void add_moment(struct rph_delta_list *list, struct rph_arena *arena,
			      const struct moment *moment)
{
	struct rph_vote_delta vote = {.key = {.user = moment->user, .week = moment->later_week}};
	if (add_arm(list, arena, moment))
		return;
	vote.key.source = add_turn(list, arena, moment->user, moment->text, moment->goal,
				   moment->week, moment->day, moment->failed);
	if (!moment->again)
		return;
	vote.key.target =
		add_turn(list, arena, moment->user, moment->later_text, moment->later_goal,
			 moment->later_week, moment->later_day, false);
	vote.vote.edges[moment->edge] = 1;
	vote.vote.mass = moment->p;
	vote.vote.wins = moment->failed;
	vote.vote.days = (uint8_t)(1U << moment->later_day);
	assert_int_equal(rph_delta_add_vote(list, &vote), 0);
}

/* Applies those moments that are not of `without`, in one batch, moving an offset if `next`. */
static inline int apply_moments(struct rph_store *store, const struct moment *moments, size_t count,
				uint64_t without, int64_t next)
{
	struct rph_arena arena;
	struct rph_delta_list *list = NULL;
	struct rph_deltas deltas;
	struct rph_offset offset = {.topic = RPH_SPAN("events"),
				    .partition = RPH_SPAN("0"),
				    .next = next,
				    .warm_from = next};
	rph_arena_init(&arena, (size_t)1 << 30);
	assert_int_equal(rph_delta_list_new(&list), 0);
	for (size_t i = 0; i < count; i++)
		if (moments[i].user != without)
			add_moment(list, &arena, &moments[i]);
	assert_int_equal(rph_delta_list_fold(list, &arena, &deltas), 0);
	int error = rph_store_apply(store, &deltas, &offset, next ? 1 : 0);
	rph_delta_list_free(list);
	rph_arena_free(&arena);
	return error;
}

/* ---- whole stores ------------------------------------------------------------------------------
 */

static inline bool is_evidence(const char *table)
{
	static const char *const names[] = {"formulation", "goal", "vote", "usage", "user_index"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(names); i++)
		if (strcmp(names[i], table) == 0)
			return true;
	return false;
}

static inline int dump_row(void *context, const char *table, struct rph_span key,
			   struct rph_span value)
{
	struct rph_buffer *rows = context;
	struct rph_span parts[] = {key, value};
	if (!is_evidence(table))
		return 0;
	rph_buffer_add_text(rows, table);
	for (size_t i = 0; i < RPH_ARRAY_LEN(parts); i++) {
		rph_buffer_add_text(rows, i ? " = " : " ");
		for (size_t j = 0; j < parts[i].len; j++)
			rph_buffer_format(rows, "%02x", (uint8_t)parts[i].ptr[j]);
	}
	rph_buffer_add_text(rows, "\n");
	return 0;
}

/* The rows of the tables that hold evidence; free with rph_buffer_free(). */
static inline struct rph_buffer dump(struct rph_store *store)
{
	struct rph_buffer rows = {0};
	assert_int_equal(rph_store_scan_rows(store, dump_row, &rows), 0);
	assert_int_equal(rows.error, 0);
	return rows;
}

static inline void assert_same_rows(struct rph_store *a, struct rph_store *b)
{
	struct rph_buffer rows_of_a = dump(a), rows_of_b = dump(b);
	assert_string_equal(rows_of_a.text ? rows_of_a.text : "",
			    rows_of_b.text ? rows_of_b.text : "");
	rph_buffer_free(&rows_of_a);
	rph_buffer_free(&rows_of_b);
}

static inline void print_fault(void *context, const char *sentence)
{
	(void)context;
	print_message("fault: %s\n", sentence);
}

static inline uint64_t count_faults(struct rph_store *store)
{
	struct rph_verdict verdict;
	assert_int_equal(rph_store_verify(store, print_fault, NULL, &verdict), 0);
	return verdict.faults;
}

#endif
