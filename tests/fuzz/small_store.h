/* SPDX-License-Identifier: Apache-2.0
 *
 * small_store.h - a store with a few people who had to say things again, and what was learnt from
 * them published. Its files have no names any more: nothing is left behind, however the program ends.
 */
#ifndef RPH_TESTS_FUZZ_SMALL_STORE_H
#define RPH_TESTS_FUZZ_SMALL_STORE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/error.h"
#include "schemas/goal.h"
#include "store/store.h"
#include "store/week_fold.h"

enum { SMALL_WEEK = 2950, SMALL_USERS = 8 };

struct small_tale {
	const char *source, *target, *intent, *slot;
	uint16_t slot_start, slot_end; /* within the target */
};

static const struct small_tale small_tales[] = {
	{"make the kitchen bright", "turn on the kitchen light", "light_on", "room", 12, 19},
	{"put on mourning dew", "play morning dew", "play", "song", 5, 16},
};

static inline struct rph_keys small_keys(void)
{
	const uint8_t secret[RPH_SECRET_BYTES] = {1};
	struct rph_keys keys;
	rph_keys_derive(secret, &keys);
	return keys;
}

#define SMALL_MUST(call)                  \
	do {                              \
		int small_error = (call); \
		RPH_ASSERT(!small_error); \
	} while (0)

static inline void small_turn(struct rph_delta_list *list, struct rph_arena *arena,
			      const char *said, const struct rph_goal_delta *goal,
			      const struct rph_vote_delta *vote, const struct rph_wording *wording)
{
	struct rph_keys keys = small_keys();
	struct rph_span locale = RPH_SPAN("en-US"), text = rph_span_of(said), encoded;
	struct rph_formulation_delta formulation = {rph_formulation_id(&keys, locale, text), locale,
						    text};
	struct rph_usage_key key = {.formulation = formulation.id, .week = SMALL_WEEK};
	struct rph_usage_user user = {.user = vote->key.user, .days = vote->vote.days};
	user.counts.successes = goal != NULL;
	user.counts.failures = !goal;
	if (goal)
		key.goal = goal->id;
	SMALL_MUST(rph_delta_add_formulation(list, &formulation));
	SMALL_MUST(rph_wording_encode(wording, arena, &encoded));
	SMALL_MUST(rph_delta_add_turn(list, &key, &user, encoded));
}

static inline void small_tell(struct rph_delta_list *list, struct rph_arena *arena,
			      const struct small_tale *tale, uint64_t user)
{
	struct rph_keys keys = small_keys();
	struct rph_span target = rph_span_of(tale->target);
	struct rph_goal_slot slot = {
		rph_span_of(tale->slot),
		{target.ptr + tale->slot_start, (size_t)(tale->slot_end - tale->slot_start)}};
	struct rph_goal goal = {.domain = RPH_SPAN("home"),
				.intent = rph_span_of(tale->intent),
				.slots = &slot,
				.slot_count = 1};
	struct rph_wording source_wording = {.text = rph_span_of(tale->source)};
	struct rph_wording target_wording = {
		.text = target, .slot_count = 1, .slots = {{0, tale->slot_start, tale->slot_end}}};
	struct rph_goal_delta meant;
	struct rph_vote_delta vote = {
		.key = {.source = rph_formulation_id(&keys, RPH_SPAN("en-US"), source_wording.text),
			.target = rph_formulation_id(&keys, RPH_SPAN("en-US"), target),
			.user = user,
			.week = SMALL_WEEK},
		.vote = {.mass = 250, .wins = 1, .days = (uint8_t)(1u << user % 3)}};
	vote.vote.edges[RPH_EDGE_paraphrase] = 1;
	SMALL_MUST(rph_goal_write(&goal, arena, &meant.canonical));
	meant.id = rph_goal_id(&keys, meant.canonical);
	SMALL_MUST(rph_delta_add_goal(list, &meant));
	small_turn(list, arena, tale->source, NULL, &vote, &source_wording);
	small_turn(list, arena, tale->target, &meant, &vote, &target_wording);
	SMALL_MUST(rph_delta_add_vote(list, &vote));
}

static inline void small_fill(struct rph_store *store)
{
	struct rph_arena arena;
	struct rph_deltas deltas;
	struct rph_delta_list *list = NULL;
	rph_arena_init(&arena, (size_t)1 << 30);
	SMALL_MUST(rph_delta_list_new(&list));
	for (size_t i = 0; i < RPH_ARRAY_LEN(small_tales); i++)
		for (uint64_t user = 1; user <= SMALL_USERS; user++)
			small_tell(list, &arena, &small_tales[i], user);
	SMALL_MUST(rph_delta_list_fold(list, &arena, &deltas));
	SMALL_MUST(rph_store_apply(store, &deltas, NULL, 0));
	rph_delta_list_free(list);
	rph_arena_free(&arena);
}

static inline void small_publish(struct rph_store *store)
{
	struct rph_pairs_options pairs = {.week = SMALL_WEEK,
					  .history_weeks = 26,
					  .promotion = rph_promotion_params_default(),
					  .min_users = 1};
	uint64_t count = 0;
	SMALL_MUST(rph_publish_week(store, &pairs, &count));
	RPH_ASSERT(count > 0);
}

static inline void small_remove(const char *dir)
{
	char path[512];
	DIR *folder = opendir(dir);
	RPH_ASSERT(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		unlink(path);
	}
	closedir(folder);
	rmdir(dir);
}

static inline struct rph_store *small_store(void)
{
	struct rph_keys keys = small_keys();
	char dir[] = "/tmp/rph-fuzz-XXXXXX", path[64];
	RPH_ASSERT(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store", dir);
	struct rph_store *store = NULL;
	struct rph_store_options options = {.dir = path,
					    .mode = RPH_STORE_CREATE,
					    .map_bytes = (size_t)64 << 20,
					    .keys = &keys,
					    .normaliser_version = 1};
	SMALL_MUST(rph_store_open(&options, &store));
	small_fill(store);
	small_publish(store);
	small_remove(path);
	small_remove(dir);
	return store;
}

#endif
