/* SPDX-License-Identifier: Apache-2.0
 *
 * test_fold.c - votes to a pair, usage to an outcome.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "miner/fold.h"
#include "schemas/wording.h"

#define LAST 2900

static const struct rph_window window = {LAST, 26, 0};
static const struct rph_id source = {{1}}, target = {{2}};
static const struct rph_id goal_a = {{0xA}}, goal_b = {{0xB}}, no_goal = {{0}};

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static struct rph_vote_key key_of(uint64_t user, rph_week week)
{
	return (struct rph_vote_key){source, target, user, week};
}

static struct rph_vote vote_of(enum rph_edge edge, uint32_t count, uint64_t p, uint8_t days)
{
	struct rph_vote vote = {.mass = p * count, .wins = count, .days = days};
	vote.edges[edge] = count;
	return vote;
}

static void a_user_counts_once_per_week_however_busy(void **state)
{
	struct rph_pair_fold fold;
	struct rph_vote_key key = key_of(7, LAST);
	struct rph_vote vote = vote_of(RPH_EDGE_paraphrase, 100000, 200, 1);
	(void)state;

	rph_pair_fold_begin(&fold, &window, &source, &target);
	rph_pair_fold_add(&fold, &key, &vote);
	rph_pair_fold_end(&fold);
	assert_int_equal(fold.pair.users, 1);
	assert_int_equal(fold.pair.user_weeks, 1);
	assert_int_equal(fold.pair.evidence, 200);
	assert_int_equal(fold.pair.wins, 1);
	assert_int_equal(rph_pair_p(&fold.pair), 200);
}

static void days_are_calendar_days_over_all_weeks_and_users(void **state)
{
	struct rph_pair_fold fold;
	struct rph_vote monday = vote_of(RPH_EDGE_repair, 1, 256, 1);
	struct rph_vote both = vote_of(RPH_EDGE_repair, 1, 256, 3);
	struct rph_vote_key keys[] = {key_of(1, LAST - 1), key_of(1, LAST), key_of(2, LAST)};
	(void)state;

	rph_pair_fold_begin(&fold, &window, &source, &target);
	rph_pair_fold_add(&fold, &keys[0], &monday);
	rph_pair_fold_add(&fold, &keys[1], &monday);
	rph_pair_fold_add(&fold, &keys[2], &both);
	rph_pair_fold_end(&fold);
	assert_int_equal(fold.pair.days, 3);
	assert_int_equal(fold.pair.weeks, 2);
	assert_int_equal(fold.pair.first_week, LAST - 1);
	assert_int_equal(fold.pair.last_week, LAST);
	assert_int_equal(fold.pair.users, 2);
	assert_int_equal(fold.pair.top_user_weeks, 2);
}

static void only_users_whose_majority_means_the_same_goal_support_a_pair(void **state)
{
	struct rph_pair_fold fold;
	struct rph_vote same = vote_of(RPH_EDGE_paraphrase, 2, 250, 1);
	struct rph_vote other = vote_of(RPH_EDGE_correction, 3, 40, 1);
	struct rph_vote_key keys[] = {key_of(1, LAST - 1), key_of(1, LAST), key_of(2, LAST)};
	(void)state;

	rph_pair_fold_begin(&fold, &window, &source, &target);
	rph_pair_fold_add(&fold, &keys[0], &same);
	rph_pair_fold_add(&fold, &keys[1], &other);
	rph_pair_fold_add(&fold, &keys[2], &same);
	rph_pair_fold_end(&fold);
	assert_int_equal(fold.pair.all_users, 2);
	assert_int_equal(fold.pair.users, 1);
	assert_int_equal(fold.pair.users_by_edge[RPH_EDGE_correction], 1);
	assert_int_equal(rph_pair_type(&fold.pair), RPH_EDGE_paraphrase);
}

static void votes_outside_the_window_change_nothing(void **state)
{
	uint64_t seed = 11;
	(void)state;

	for (int round = 0; round < 500; round++) {
		struct rph_pair_fold with, without;
		rph_pair_fold_begin(&with, &window, &source, &target);
		rph_pair_fold_begin(&without, &window, &source, &target);
		uint64_t user = 1;
		for (int i = 0; i < 40; i++) {
			user += next_random(&seed) % 2;
			rph_week week = (rph_week)(LAST - 40 + i * 2);
			struct rph_vote vote = vote_of(
				(enum rph_edge)(next_random(&seed) % RPH_EDGE_COUNT),
				1 + (uint32_t)(next_random(&seed) % 9), next_random(&seed) % 257,
				(uint8_t)(next_random(&seed) % 128));
			struct rph_vote_key key = key_of(user, week);
			rph_pair_fold_add(&with, &key, &vote);
			if (week <= LAST && week > LAST - 26)
				rph_pair_fold_add(&without, &key, &vote);
		}
		rph_pair_fold_end(&with);
		rph_pair_fold_end(&without);
		assert_memory_equal(&with.pair, &without.pair, sizeof(with.pair));
		assert_true(with.pair.evidence <= 256 * (uint64_t)with.pair.user_weeks);
		assert_true(with.pair.agreed <= 256 * (uint64_t)with.pair.user_weeks);
		assert_true(with.pair.users <= with.pair.all_users);
		assert_true(with.pair.all_users <= with.pair.user_weeks);
	}
}

/* A usage of users 1..count, `good` of whom succeeded and the rest failed. */
static struct rph_usage usage_of(struct rph_arena *arena, uint32_t count, uint32_t good,
				 uint64_t wording, struct rph_span encoded)
{
	struct rph_usage usage = {.user_count = count, .wording_count = wording != 0};

	usage.users = RPH_ARENA_ARRAY(arena, struct rph_usage_user, count + 1);
	usage.wordings = RPH_ARENA_ARRAY(arena, struct rph_usage_wording, 1);
	assert_non_null(usage.users);
	assert_non_null(usage.wordings);
	for (uint32_t i = 0; i < count; i++) {
		usage.users[i] = (struct rph_usage_user){.user = i + 1, .wording = wording};
		if (i < good)
			usage.users[i].counts.successes = 3;
		else
			usage.users[i].counts.failures = 2;
	}
	usage.wordings[0] = (struct rph_usage_wording){wording, encoded};
	return usage;
}

static void the_goal_is_the_one_most_users_met_with_success(void **state)
{
	struct rph_arena arena;
	struct rph_outcome outcome;
	(void)state;

	rph_arena_init(&arena, 1 << 20);
	struct rph_goal_usage goals[] = {
		{no_goal, usage_of(&arena, 20, 20, 0, RPH_SPAN(""))},
		{goal_a, usage_of(&arena, 9, 8, 0, RPH_SPAN(""))},
		{goal_b, usage_of(&arena, 12, 2, 0, RPH_SPAN(""))},
	};
	assert_int_equal(rph_outcome_fold(goals, 3, &arena, &outcome), 0);
	assert_memory_equal(&outcome.goal, &goal_a, sizeof(goal_a));
	/* Goal b failed for most: the two who succeeded met it by mistake. */
	assert_int_equal(outcome.goal_users, 8);
	assert_int_equal(outcome.met_goals, 8);
	assert_int_equal(outcome.goal_share, 1000);
	assert_int_equal(outcome.users, 20);
	assert_false(outcome.sampled);
	rph_arena_free(&arena);
}

static void several_goals_share_the_users_who_met_them(void **state)
{
	struct rph_arena arena;
	struct rph_outcome outcome;
	(void)state;

	rph_arena_init(&arena, 1 << 20);
	struct rph_goal_usage goals[] = {
		{goal_a, usage_of(&arena, 9, 8, 0, RPH_SPAN(""))},
		{goal_b, usage_of(&arena, 3, 2, 0, RPH_SPAN(""))},
	};
	assert_int_equal(rph_outcome_fold(goals, 2, &arena, &outcome), 0);
	assert_int_equal(outcome.goal_users, 8);
	assert_int_equal(outcome.met_goals, 10);
	assert_int_equal(outcome.goal_share, 800);
	rph_arena_free(&arena);
}

static void success_with_friction_is_no_success(void **state)
{
	(void)state;
	assert_true(rph_usage_worked(&(struct rph_usage_counts){.successes = 1}));
	assert_true(rph_usage_worked(
		&(struct rph_usage_counts){.successes = 3, .failures = 2, .friction = 2}));
	assert_false(rph_usage_worked(&(struct rph_usage_counts){.successes = 1, .friction = 1}));
	assert_false(rph_usage_worked(&(struct rph_usage_counts){.successes = 1, .failures = 1}));
	assert_false(rph_usage_worked(&(struct rph_usage_counts){.unknown = 5}));
}

static void a_full_row_is_compared_only_by_users_that_every_row_knows(void **state)
{
	struct rph_arena arena;
	struct rph_outcome outcome;
	(void)state;

	rph_arena_init(&arena, 1 << 20);
	/* Goal a has many more users than the 64 it names (1..64); goal b was met by users 33..96.
	 */
	struct rph_usage full = usage_of(&arena, 64, 64, 0, RPH_SPAN(""));
	struct rph_usage other = usage_of(&arena, 64, 64, 0, RPH_SPAN(""));
	full.more_users = true;
	for (uint32_t i = 0; i < 64; i++)
		other.users[i].user += 64;
	other.users[0].user = 10;
	struct rph_goal_usage goals[] = {{goal_a, full}, {goal_b, other}};
	assert_int_equal(rph_outcome_fold(goals, 2, &arena, &outcome), 0);
	assert_true(outcome.sampled);
	assert_memory_equal(&outcome.goal, &goal_a, sizeof(goal_a));
	assert_int_equal(outcome.goal_users, 64);
	assert_int_equal(outcome.met_goals, 65);
	assert_int_equal(outcome.users, 64);
	rph_arena_free(&arena);
}

static struct rph_span encode(struct rph_arena *arena, const char *text, uint16_t end)
{
	struct rph_wording wording = {.text = rph_span_of(text), .slot_count = end > 0};
	struct rph_span encoded;
	wording.slots[0] = (struct rph_wording_slot){0, 0, end};
	assert_int_equal(rph_wording_encode(&wording, arena, &encoded), 0);
	return encoded;
}

static void the_surface_is_the_text_most_people_used(void **state)
{
	struct rph_arena arena;
	struct rph_span surface;
	(void)state;

	rph_arena_init(&arena, 1 << 20);
	struct rph_span rare = encode(&arena, "Dim It!", 0), usual = encode(&arena, "dim it", 0);
	struct rph_goal_usage goals[] = {
		{no_goal, usage_of(&arena, 3, 0, rph_wording_hash(rare), rare)},
		{goal_a, usage_of(&arena, 4, 4, rph_wording_hash(usual), usual)},
	};
	assert_int_equal(rph_surface_fold(goals, 2, &arena, &surface), 0);
	assert_int_equal(surface.len, 6);
	assert_memory_equal(surface.ptr, "dim it", 6);
	assert_int_equal(rph_surface_fold(goals, 0, &arena, &surface), 0);
	assert_int_equal(surface.len, 0);
	rph_arena_free(&arena);
}

static void the_annotated_wording_is_taken_from_users_who_succeeded(void **state)
{
	struct rph_arena arena;
	struct rph_span found;
	(void)state;

	rph_arena_init(&arena, 1 << 20);
	struct rph_span bare = encode(&arena, "sofa lamp on", 0);
	struct rph_span full = encode(&arena, "sofa lamp on", 4);
	struct rph_usage usage = usage_of(&arena, 5, 2, rph_wording_hash(bare), bare);
	struct rph_usage_wording both[2] = {{rph_wording_hash(bare), bare},
					    {rph_wording_hash(full), full}};
	usage.wordings = both;
	usage.wording_count = 2;
	usage.users[0].wording = both[1].hash; /* one success each; failures do not count */
	assert_int_equal(rph_wording_fold(&usage, &arena, &found), 0);
	assert_true(rph_span_equal(found, full));
	usage.users[0].counts.successes = 0;
	assert_int_equal(rph_wording_fold(&usage, &arena, &found), 0);
	assert_true(rph_span_equal(found, bare));
	rph_arena_free(&arena);
}

static void evidence_weighs_half_after_each_half_life(void **state)
{
	struct rph_window aged = {LAST, 400, 8};
	(void)state;

	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(rph_window_weight(&aged, (rph_week)(LAST - 8 * i)), 1024 >> i);
	assert_int_equal(rph_window_weight(&aged, LAST - 390), 1);
	for (rph_week week = LAST - 399; week < LAST; week++) {
		uint32_t weight = rph_window_weight(&aged, week);
		assert_true(weight >= 1 && weight <= rph_window_weight(&aged, week + 1));
		assert_int_equal(rph_window_weight(&window, LAST - week % 26), RPH_WEIGHT_ONE);
	}
}

/* A user-week of a half-life ago is half a user-week; people and days stay whole. */
static void old_votes_of_a_pair_weigh_less(void **state)
{
	const struct rph_window aged = {LAST, 26, 8};
	struct rph_pair_fold fold;
	(void)state;

	rph_pair_fold_begin(&fold, &aged, &source, &target);
	for (uint64_t user = 1; user <= 6; user++) {
		struct rph_vote_key key = key_of(user, user % 2 ? LAST : LAST - 8);
		struct rph_vote vote =
			vote_of(user % 2 ? RPH_EDGE_paraphrase : RPH_EDGE_new_request, 1, 200, 1);
		rph_pair_fold_add(&fold, &key, &vote);
	}
	rph_pair_fold_end(&fold);
	assert_int_equal(fold.pair.all_users, 6);
	assert_int_equal(fold.pair.days, 2);
	assert_int_equal(fold.pair.user_weeks, 6);
	assert_int_equal(fold.pair.aged_weeks, 3 * 1024 + 3 * 512);
	assert_int_equal(fold.pair.aged_agreed, 3 * 1024 * 256);
	assert_int_equal(fold.pair.aged_evidence, (3 * 1024 + 3 * 512) * 200);
	assert_int_equal(fold.pair.recent, 3);
	assert_int_equal(fold.pair.earlier, 0);
}

static void trends_compare_the_last_weeks_with_those_before(void **state)
{
	(void)state;
	assert_int_equal(rph_trend_of(3, 0, 2), RPH_TREND_new);
	assert_int_equal(rph_trend_of(6, 3, 20), RPH_TREND_growing);
	assert_int_equal(rph_trend_of(5, 4, 20), RPH_TREND_steady);
	assert_int_equal(rph_trend_of(2, 4, 20), RPH_TREND_shrinking);
	assert_int_equal(rph_trend_of(0, 4, 20), RPH_TREND_gone);
	assert_string_equal(rph_trend_name(RPH_TREND_gone), "gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_counts_once_per_week_however_busy),
		cmocka_unit_test(days_are_calendar_days_over_all_weeks_and_users),
		cmocka_unit_test(only_users_whose_majority_means_the_same_goal_support_a_pair),
		cmocka_unit_test(votes_outside_the_window_change_nothing),
		cmocka_unit_test(the_goal_is_the_one_most_users_met_with_success),
		cmocka_unit_test(several_goals_share_the_users_who_met_them),
		cmocka_unit_test(success_with_friction_is_no_success),
		cmocka_unit_test(a_full_row_is_compared_only_by_users_that_every_row_knows),
		cmocka_unit_test(the_surface_is_the_text_most_people_used),
		cmocka_unit_test(the_annotated_wording_is_taken_from_users_who_succeeded),
		cmocka_unit_test(evidence_weighs_half_after_each_half_life),
		cmocka_unit_test(old_votes_of_a_pair_weigh_less),
		cmocka_unit_test(trends_compare_the_last_weeks_with_those_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
