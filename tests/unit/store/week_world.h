/* SPDX-License-Identifier: Apache-2.0
 *
 * week_world.h - people who had to say things again, told in one line each, for the tests of the
 * weekly files.
 */
#ifndef RPH_TESTS_UNIT_STORE_WEEK_WORLD_H
#define RPH_TESTS_UNIT_STORE_WEEK_WORLD_H

#include "fixture.h"

#include "schemas/goal.h"
#include "store/week_fold.h"

enum { THIS_WEEK = 2950 };

/* `source` failed, then `target` was said. Slots of the target stand in brackets: "[room=kitchen]"
 * is the slot room with the value and the words "kitchen". */
struct tale {
	const char *locale, *source, *target;
	const char *domain, *intent; /* of the target; intent NULL: the target fails, too */
	bool source_works;           /* with the same goal */
	enum rph_edge edge;
	unsigned p; /* 1/256; 0: 250 */
};

struct told {
	struct rph_arena arena;
	struct rph_delta_list *list;
	struct rph_keys keys;
};

static inline void begin_telling(struct told *told)
{
	rph_arena_init(&told->arena, (size_t)1 << 30);
	told->keys = test_keys(1);
	told->list = NULL;
	assert_int_equal(rph_delta_list_new(&told->list), 0);
}

static inline void end_telling(struct told *told, struct rph_store *store)
{
	struct rph_deltas deltas;
	assert_int_equal(rph_delta_list_fold(told->list, &told->arena, &deltas), 0);
	assert_int_equal(rph_store_apply(store, &deltas, NULL, 0), 0);
	told->list = rph_delta_list_free(told->list);
	rph_arena_free(&told->arena);
}

static inline struct rph_span keep_text(struct told *told, const char *text, size_t len)
{
	struct rph_span kept;
	assert_int_equal(rph_arena_copy(&told->arena, (struct rph_span){text, len}, &kept), 0);
	return kept;
}

/* Takes the marks out of `marked`; slots and places by slot. */
static inline void unmark(struct told *told, const char *marked, struct rph_wording *wording,
			  struct rph_goal_slot slots[8], uint32_t *ret_slots)
{
	char text[256];
	size_t used = 0;
	uint16_t at = 0;

	*ret_slots = 0;
	for (const char *p = marked; *p; p++) {
		if (*p == '[') {
			const char *equals = strchr(p, '='), *end = strchr(p, ']');
			struct rph_goal_slot *slot = &slots[*ret_slots];
			slot->name = keep_text(told, p + 1, (size_t)(equals - p - 1));
			slot->value = keep_text(told, equals + 1, (size_t)(end - equals - 1));
			wording->slots[*ret_slots] =
				(struct rph_wording_slot){(uint8_t)*ret_slots, at, 0};
			++*ret_slots;
			p = equals;
		} else if (*p == ']') {
			wording->slots[*ret_slots - 1].end = at;
		} else {
			text[used++] = *p;
			at = (uint16_t)(at + (((unsigned char)*p & 0xC0) != 0x80));
		}
	}
	wording->text = keep_text(told, text, used);
	wording->slot_count = *ret_slots;
}

/* One turn; returns the formulation. Slots must be given in the order of their names. */
static inline struct rph_id tell_turn(struct told *told, const struct tale *tale,
				      const char *marked, const struct rph_span *goal,
				      uint64_t user, unsigned day, bool works)
{
	struct rph_wording wording;
	struct rph_goal_slot slots[8];
	uint32_t slot_count;
	struct rph_span encoded, locale = rph_span_of(tale->locale);
	struct rph_usage_user turn = {.user = user, .days = (uint8_t)(1u << day % 7)};
	struct rph_usage_key key = {.week = (rph_week)(THIS_WEEK + day / 7)};

	unmark(told, marked, &wording, slots, &slot_count);
	turn.counts.successes = works;
	turn.counts.failures = !works;
	key.formulation = rph_formulation_id(&told->keys, locale, wording.text);
	if (goal)
		key.goal = rph_goal_id(&told->keys, *goal);
	struct rph_formulation_delta formulation = {key.formulation, locale, wording.text};
	assert_int_equal(rph_delta_add_formulation(told->list, &formulation), 0);
	if (marked != tale->target)
		wording.slot_count = 0;
	assert_int_equal(rph_wording_encode(&wording, &told->arena, &encoded), 0);
	assert_int_equal(rph_delta_add_turn(told->list, &key, &turn, encoded), 0);
	return key.formulation;
}

/* `day` counts from the Monday of THIS_WEEK and may be of later weeks. */
static inline void tell(struct told *told, const struct tale *tale, uint64_t user, unsigned day)
{
	struct rph_wording wording;
	struct rph_goal_slot slots[8];
	struct rph_goal goal = {.slots = slots};
	struct rph_goal_delta meant;
	struct rph_vote_delta vote = {
		.key = {.user = user, .week = (rph_week)(THIS_WEEK + day / 7)}};

	unmark(told, tale->target, &wording, slots, &goal.slot_count);
	goal.domain = rph_span_of(tale->domain);
	goal.intent = rph_span_of(tale->intent ? tale->intent : "none");
	assert_int_equal(rph_goal_write(&goal, &told->arena, &meant.canonical), 0);
	meant.id = rph_goal_id(&told->keys, meant.canonical);
	assert_int_equal(rph_delta_add_goal(told->list, &meant), 0);
	vote.key.source =
		tell_turn(told, tale, tale->source, tale->source_works ? &meant.canonical : NULL,
			  user, day, tale->source_works);
	vote.key.target = tell_turn(told, tale, tale->target, &meant.canonical, user, day,
				    tale->intent != NULL);
	vote.vote.edges[tale->edge] = 1;
	vote.vote.mass = tale->p ? tale->p : 250;
	vote.vote.wins = !tale->source_works && tale->intent;
	vote.vote.days = (uint8_t)(1u << day % 7);
	assert_int_equal(rph_delta_add_vote(told->list, &vote), 0);
}

/* Users first..last tell it, each on their own day of the first three. */
static inline void tell_all(struct told *told, const struct tale *tale, uint64_t first,
			    uint64_t last)
{
	for (uint64_t user = first; user <= last; user++)
		tell(told, tale, user, (unsigned)(user % 3));
}

static inline void tell_store(struct rph_store *store, const struct tale *tale, uint64_t first,
			      uint64_t last)
{
	struct told told;
	begin_telling(&told);
	tell_all(&told, tale, first, last);
	end_telling(&told, store);
}

static inline struct rph_id id_of(const char *locale, const char *text)
{
	struct rph_keys keys = test_keys(1);
	return rph_formulation_id(&keys, rph_span_of(locale), rph_span_of(text));
}

static inline struct rph_pairs_options pairs_of_this_week(void)
{
	return (struct rph_pairs_options){
		.week = THIS_WEEK,
		.history_weeks = 26,
		.promotion = rph_promotion_params_default(),
		.min_users = 1,
	};
}

static const struct tale kitchen = {
	.locale = "en-US",
	.source = "make the kitchen bright",
	.target = "turn on the [room=kitchen] light",
	.domain = "lights",
	.intent = "light_on",
	.edge = RPH_EDGE_paraphrase,
};

static const struct tale bedroom_ja = {
	.locale = "ja-JP",
	.source = "寝室を明るくして",
	.target = "[room=寝室]の電気をつけて",
	.domain = "lights",
	.intent = "light_on",
	.edge = RPH_EDGE_paraphrase,
};

static const struct tale song = {
	.locale = "en-US",
	.source = "put on mourning dew",
	.target = "play [song=morning dew]",
	.domain = "music",
	.intent = "play",
	.edge = RPH_EDGE_repair,
};

#endif
