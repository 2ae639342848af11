/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_pairs.c - candidates that are served as rewrites, and the hold-outs of their sources.
 */
#include "week_world.h"

/* The target of the tale without anybody saying it. */
static struct rph_id understand(struct told *told, const struct tale *tale, uint64_t user,
				rph_week week, uint8_t days)
{
	struct rph_wording wording;
	struct rph_goal_slot slots[8];
	uint32_t slot_count;
	struct rph_span locale = rph_span_of(tale->locale);
	unmark(told, tale->target, &wording, slots, &slot_count);
	struct rph_formulation_delta target = {
		rph_formulation_id(&told->keys, locale, wording.text), locale, wording.text};
	struct rph_usage_key key = {.formulation = target.id, .week = week};
	struct rph_usage_user turn = {.user = user, .days = days, .counts.unknown = 1};
	assert_int_equal(rph_delta_add_formulation(told->list, &target), 0);
	assert_int_equal(rph_delta_add_turn(told->list, &key, &turn, (struct rph_span){0}), 0);
	return target.id;
}

/* `user` said the source of the tale on `day`: rewritten to the target, or held back. */
static void tell_arm(struct told *told, const struct tale *tale, uint64_t user, unsigned day,
		     bool treated, bool won)
{
	struct rph_span locale = rph_span_of(tale->locale), source = rph_span_of(tale->source);
	struct rph_formulation_delta said = {rph_formulation_id(&told->keys, locale, source),
					     locale, source};
	struct rph_vote_delta vote = {
		.key = {.source = said.id, .user = user, .week = (rph_week)(THIS_WEEK + day / 7)},
		.vote = {.days = (uint8_t)(1u << day % 7), .arm = {1, won, !won}},
	};
	assert_int_equal(rph_delta_add_formulation(told->list, &said), 0);
	vote.key.target = said.id;
	if (treated)
		vote.key.target = understand(told, tale, user, vote.key.week, vote.vote.days);
	else
		tell_turn(told, tale, tale->source, NULL, user, day, won);
	assert_int_equal(rph_delta_add_vote(told->list, &vote), 0);
}

/* Users first..last, of whom `losses` lose. */
static void tell_arms(struct rph_store *store, const struct tale *tale, unsigned day, bool treated,
		      unsigned first, unsigned last, unsigned losses)
{
	struct told told;
	begin_telling(&told);
	for (unsigned user = first; user <= last; user++)
		tell_arm(&told, tale, user, day, treated, user - first >= losses);
	end_telling(&told, store);
}

struct wanted {
	bool found;
	struct rph_promotion promotion;
	struct rph_pair pair;
	struct rph_arm_tally holdout;
};

static int find_view(void *context, const struct rph_pair_view *view)
{
	struct wanted *wanted = context;
	assert_false(wanted->found);
	wanted->found = true;
	wanted->promotion = *view->promotion;
	wanted->pair = *view->pair;
	if (view->holdout)
		wanted->holdout = *view->holdout;
	return 0;
}

static struct wanted find(struct rph_store *store, rph_week week, uint16_t weeks)
{
	struct rph_pairs_options options = pairs_of_this_week();
	struct wanted wanted = {.found = false};
	options.week = week;
	options.history_weeks = weeks;
	options.min_users = 5;
	assert_int_equal(rph_pairs_scan(store, &options, find_view, &wanted), 0);
	return wanted;
}

static bool is_published(struct rph_store *store, rph_week week, uint16_t weeks)
{
	struct rph_pairs_options options = pairs_of_this_week();
	struct rph_published published;
	struct rph_id id = id_of("en-US", kitchen.source);
	uint64_t count = 0;
	options.week = week;
	options.history_weeks = weeks;
	assert_int_equal(rph_publish_week(store, &options, &count), 0);
	return rph_store_get_rewrite(store, &id, &published) == 0;
}

static void a_hold_out_is_no_pair(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	tell_arms(store, &kitchen, 0, false, 1, 20, 5);
	assert_false(find(store, THIS_WEEK, 26).found);
	assert_int_equal(count_faults(store), 0);
	rph_store_close(store);
}

static void a_served_pair_is_compared_with_the_hold_out_of_its_source(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	tell_store(store, &kitchen, 1, 8);
	tell_arms(store, &kitchen, 8, true, 20, 59, 4);
	tell_arms(store, &kitchen, 9, false, 60, 69, 7);
	struct wanted pair = find(store, THIS_WEEK + 1, 26);
	assert_true(pair.found);
	assert_int_equal(pair.pair.arm.users, 40);
	assert_int_equal(pair.pair.arm.trials.wins, 36);
	assert_int_equal(pair.holdout.trials.losses, 7);
	assert_int_equal(pair.promotion.arms.verdict, RPH_ARMS_PROVEN);
	assert_int_equal(pair.pair.users, 8);
	/* What was not yet served in a week is not known in it. */
	assert_int_equal(find(store, THIS_WEEK, 26).pair.arm.users, 0);
	assert_int_equal(count_faults(store), 0);
	rph_store_close(store);
}

static void a_rewrite_outlives_its_votes_while_it_serves_well(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	tell_store(store, &kitchen, 1, 8);
	assert_true(is_published(store, THIS_WEEK, 4));
	/* Ten weeks later nobody says it again any more, and its votes are out of the window. */
	assert_false(is_published(store, THIS_WEEK + 10, 4));
	tell_arms(store, &kitchen, 70, true, 20, 49, 3);
	assert_true(is_published(store, THIS_WEEK + 10, 4));
	rph_store_close(store);
}

static void a_rewrite_that_fails_people_is_withdrawn(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	tell_store(store, &kitchen, 1, 8);
	tell_arms(store, &kitchen, 8, true, 20, 49, 24);
	tell_arms(store, &kitchen, 8, false, 50, 54, 1);
	struct wanted pair = find(store, THIS_WEEK + 1, 26);
	assert_int_equal(pair.promotion.status, RPH_PAIR_REFUSED);
	assert_int_equal(pair.promotion.reasons, RPH_REASON_BIT(rewrite_does_worse));
	assert_false(is_published(store, THIS_WEEK + 1, 26));
	rph_store_close(store);
}

/* As kitchen, but the hall is meant. */
static const struct tale hall = {
	.locale = "en-US",
	.source = "make the kitchen bright",
	.target = "turn on the [room=kitsch] light",
	.domain = "lights",
	.intent = "light_on",
	.edge = RPH_EDGE_repair,
};

static void those_who_are_served_well_speak_against_a_loud_minority(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct told told;
	tell_store(store, &kitchen, 1, 8);
	/* In the next week 40 people are served; 6 others wanted something else and say so. */
	tell_arms(store, &kitchen, 8, true, 20, 59, 0);
	begin_telling(&told);
	for (uint64_t user = 60; user <= 65; user++)
		tell(&told, &hall, user, 8);
	end_telling(&told, store);
	struct rph_pairs_options options = pairs_of_this_week();
	options.week = THIS_WEEK + 1;
	struct rph_published published;
	struct rph_id source = id_of("en-US", kitchen.source);
	struct rph_id target = id_of("en-US", "turn on the kitchen light");
	uint64_t count = 0;
	assert_int_equal(rph_publish_week(store, &options, &count), 0);
	assert_int_equal(rph_store_get_rewrite(store, &source, &published), 0);
	assert_int_equal(rph_id_compare(&published.target, &target), 0);
	rph_store_close(store);
}

static void a_change_of_mind_is_noticed_within_the_week(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct told told;
	tell_store(store, &kitchen, 1, 80);
	tell_arms(store, &kitchen, 1, true, 100, 150, 0);
	assert_true(is_published(store, THIS_WEEK, 26));
	begin_telling(&told);
	for (uint64_t user = 200; user <= 212; user++)
		tell(&told, &hall, user, 8);
	end_telling(&told, store);
	tell_arms(store, &kitchen, 8, true, 160, 165, 0);
	assert_false(is_published(store, THIS_WEEK + 1, 26));
	rph_store_close(store);
}

static void one_user_alone_can_neither_keep_nor_withdraw_a_rewrite(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	tell_store(store, &kitchen, 1, 8);
	struct told told;
	begin_telling(&told);
	for (unsigned day = 0; day < 140; day++)
		tell_arm(&told, &kitchen, 99, day, true, false);
	end_telling(&told, store);
	assert_int_equal(find(store, THIS_WEEK + 19, 26).promotion.status, RPH_PAIR_PROMOTED);
	rph_store_close(store);
}

static void whoever_is_forgotten_is_in_no_arm(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_forgotten forgotten;
	tell_store(store, &kitchen, 1, 8);
	tell_arms(store, &kitchen, 8, true, 20, 49, 3);
	tell_arms(store, &kitchen, 8, false, 50, 59, 3);
	for (uint64_t user = 20; user <= 59; user++)
		assert_int_equal(rph_store_forget(store, user, &forgotten), 0);
	struct wanted pair = find(store, THIS_WEEK + 1, 26);
	assert_int_equal(pair.pair.arm.users + pair.holdout.users, 0);
	assert_int_equal(pair.promotion.status, RPH_PAIR_PROMOTED);
	assert_int_equal(count_faults(store), 0);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_hold_out_is_no_pair),
		TEST(a_served_pair_is_compared_with_the_hold_out_of_its_source),
		TEST(a_rewrite_outlives_its_votes_while_it_serves_well),
		TEST(a_rewrite_that_fails_people_is_withdrawn),
		TEST(those_who_are_served_well_speak_against_a_loud_minority),
		TEST(a_change_of_mind_is_noticed_within_the_week),
		TEST(one_user_alone_can_neither_keep_nor_withdraw_a_rewrite),
		TEST(whoever_is_forgotten_is_in_no_arm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
