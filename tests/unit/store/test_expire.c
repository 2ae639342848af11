/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

enum { SEEDS = 15, MOMENTS = 150 };

static int check_week_of_vote(void *context, const struct rph_vote_key *key,
			      const struct rph_vote *vote)
{
	(void)vote;
	assert_true(key->week >= *(rph_week *)context);
	return 0;
}

static int check_week_of_usage(void *context, const struct rph_usage_key *key,
			       const struct rph_usage *usage)
{
	(void)usage;
	assert_true(key->week >= *(rph_week *)context);
	return 0;
}

static void old_weeks_go_and_nothing_else(void **state)
{
	struct place *place = *state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct moment moments[MOMENTS], kept[MOMENTS];
		struct random random = {.state = seed};
		rph_week oldest = (rph_week)(FIRST_WEEK + seed % (WORLD_WEEKS + 2));
		size_t kept_count = 0;
		for (size_t i = 0; i < MOMENTS; i++) {
			moments[i] = random_moment(&random, 9);
			/* One that goes on over a Sunday may be half kept: not in this test. */
			if (moments[i].later_week != moments[i].week)
				moments[i].again = false;
			if (moments[i].week >= oldest)
				kept[kept_count++] = moments[i];
		}
		struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
		struct rph_store *young = open_store(place->other, RPH_STORE_CREATE);
		assert_int_equal(apply_moments(store, moments, MOMENTS, 0, 1), 0);
		assert_int_equal(apply_moments(young, kept, kept_count, 0, 1), 0);
		uint64_t rows;
		assert_int_equal(rph_store_expire(store, oldest, &rows), 0);
		assert_true(rows > 0 || oldest == FIRST_WEEK);
		assert_same_rows(store, young);
		assert_int_equal(count_faults(store), 0);
		assert_int_equal(rph_store_expire(store, oldest, &rows), 0);
		assert_int_equal(rows, 0);
		rph_store_close(store);
		rph_store_close(young);
		run_command("rm -r", place->store);
		run_command("rm -r", place->other);
	}
}

static void what_goes_on_over_a_sunday_is_whole_after_it_and_can_be_forgotten(void **state)
{
	struct place *place = *state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct moment moments[MOMENTS];
		struct random random = {.state = seed};
		rph_week oldest = FIRST_WEEK + 2;
		for (size_t i = 0; i < MOMENTS; i++) {
			moments[i] = random_moment(&random, 9);
			moments[i].arm = i % 3 == 0;
		}
		struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
		assert_int_equal(apply_moments(store, moments, MOMENTS, 0, 1), 0);
		uint64_t rows;
		assert_int_equal(rph_store_expire(store, oldest, &rows), 0);
		assert_int_equal(rph_store_scan_votes(store, check_week_of_vote, &oldest), 0);
		assert_int_equal(rph_store_scan_usage(store, check_week_of_usage, &oldest), 0);
		assert_int_equal(count_faults(store), 0);
		for (size_t i = 0; i < MOMENTS; i++) {
			struct rph_forgotten forgotten;
			assert_int_equal(rph_store_forget(store, moments[i].user, &forgotten), 0);
		}
		struct rph_buffer rest = dump(store);
		assert_int_equal(rest.len, 0);
		rph_buffer_free(&rest);
		rph_store_close(store);
		run_command("rm -r", place->store);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(old_weeks_go_and_nothing_else),
		TEST(what_goes_on_over_a_sunday_is_whole_after_it_and_can_be_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
