/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_cohorts.c - figures of cohorts from a store.
 */
#include "store/week_cohorts.h"

#include "tests/unit/store/fixture.h"

enum { WEEK = 2900, USERS = 60 };

static struct rph_pairs_options options_of(uint32_t min_users)
{
	struct rph_pairs_options options = {
		.week = WEEK, .history_weeks = 4, .promotion = rph_promotion_params_default()};
	options.promotion.min_users = min_users;
	return options;
}

/* `turns` turns of `user` in `week`, of which `failed` fail. */
static void tell(struct rph_store *store, uint64_t user, rph_week week, unsigned turns,
		 unsigned failed)
{
	struct rph_arena arena;
	struct rph_delta_list *list = NULL;
	struct rph_deltas deltas;

	rph_arena_init(&arena, (size_t)16 << 20);
	assert_int_equal(rph_delta_list_new(&list), 0);
	for (unsigned i = 0; i < turns; i++)
		add_turn(list, &arena, user, 1, 1, week, i % 7, i < failed);
	assert_int_equal(rph_delta_list_fold(list, &arena, &deltas), 0);
	assert_int_equal(rph_store_apply(store, &deltas, NULL, 0), 0);
	rph_delta_list_free(list);
	rph_arena_free(&arena);
}

static void a_cohort_that_fares_worse_is_named_and_one_talker_does_not_decide(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = options_of(5);
	struct rph_week_cohorts cohorts;

	/* user % 3: 1 is quiet, 2 is loud, 0 in no cohort. */
	for (uint64_t user = 3; user < 3 + USERS; user++)
		tell(store, user, WEEK - user % 2, 4, user % 3 == 2 ? 3 : 1);
	/* One quiet person fails all day: still one person's week. */
	tell(store, 1, WEEK, 500, 500);
	assert_int_equal(rph_week_cohorts_load(store, &options, &cohorts), 0);
	assert_int_equal(cohorts.count, 2);
	const struct rph_export_cohort *loud = &cohorts.list[0], *quiet = &cohorts.list[1];
	assert_true(rph_span_equal(loud->name, RPH_SPAN("loud")));
	assert_int_equal(loud->users, 20);
	assert_int_equal(loud->defect_rate, 750);
	assert_true(loud->low < 750 && loud->high > 750 && loud->low > 600);
	assert_true(loud->is_worse);
	assert_int_equal(quiet->users, 21);
	assert_int_equal(quiet->defect_rate, (20 * 250 + 1000) / 21);
	assert_false(quiet->is_worse);
	assert_int_equal(cohorts.worse_count, 20);
	rph_week_cohorts_free(&cohorts);
	rph_store_close(store);
}

static void a_cohort_of_too_few_people_is_not_named(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = options_of(5);
	struct rph_week_cohorts cohorts;

	for (unsigned i = 0; i < 4; i++)
		tell(store, 2 + 3 * i, WEEK, 2, 2);
	for (unsigned i = 0; i < 5; i++)
		tell(store, 4 + 3 * i, WEEK, 2, 0);
	assert_int_equal(rph_week_cohorts_load(store, &options, &cohorts), 0);
	assert_int_equal(cohorts.count, 1);
	assert_true(rph_span_equal(cohorts.list[0].name, RPH_SPAN("quiet")));
	rph_week_cohorts_free(&cohorts);
	rph_store_close(store);
}

static void weeks_outside_the_window_change_nothing(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = options_of(2);
	struct rph_week_cohorts cohorts;

	for (unsigned i = 0; i < 6; i++) {
		tell(store, 4 + 3 * i, WEEK, 2, 0);
		tell(store, 4 + 3 * i, WEEK + 1, 2, 2);
		tell(store, 4 + 3 * i, WEEK - 4, 2, 2);
	}
	assert_int_equal(rph_week_cohorts_load(store, &options, &cohorts), 0);
	assert_int_equal(cohorts.count, 1);
	assert_int_equal(cohorts.list[0].user_weeks, 6);
	assert_int_equal(cohorts.list[0].defect_rate, 0);
	rph_week_cohorts_free(&cohorts);
	rph_store_close(store);
}

static void the_share_of_a_formulation_is_that_of_the_people_who_said_it(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = options_of(2);
	struct rph_keys keys = test_keys(1);
	struct rph_week_cohorts cohorts;
	struct rph_arena arena;
	uint16_t share = 0;

	for (uint64_t user = 3; user < 3 + USERS; user++)
		tell(store, user, WEEK, 4, user % 3 == 2 ? 4 : 0);
	rph_arena_init(&arena, 4096);
	struct rph_id said = formulation_of(&keys, 1, &arena).id;
	struct rph_id unsaid = formulation_of(&keys, 2, &arena).id;
	assert_int_equal(rph_week_cohorts_load(store, &options, &cohorts), 0);
	assert_int_equal(rph_week_cohorts_share(store, &options, &cohorts, &said, &share), 0);
	assert_int_equal(share, 333);
	assert_int_equal(rph_week_cohorts_share(store, &options, &cohorts, &unsaid, &share), 0);
	assert_int_equal(share, 0);
	rph_week_cohorts_free(&cohorts);
	rph_arena_free(&arena);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_cohort_that_fares_worse_is_named_and_one_talker_does_not_decide),
		TEST(a_cohort_of_too_few_people_is_not_named),
		TEST(weeks_outside_the_window_change_nothing),
		TEST(the_share_of_a_formulation_is_that_of_the_people_who_said_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
