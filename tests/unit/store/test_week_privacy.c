/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_privacy.c - private exports: pairs of few people stay in, the same set every time.
 */
#include "week_world.h"

#include "store/week_privacy.h"

static struct rph_week_privacy privacy_of(uint32_t epsilon, uint16_t max_items)
{
	return (struct rph_week_privacy){{epsilon * 1000, 6, max_items}, {1, 2, 3}};
}

static bool is_released(struct rph_store *store, const struct rph_week_privacy *privacy,
			const struct tale *tale, const char *target)
{
	struct rph_pairs_options options = pairs_of_this_week();
	struct rph_week_released released;
	assert_int_equal(rph_week_privacy_select(store, &options, privacy, &released), 0);
	struct rph_pair pair = {.source = id_of(tale->locale, tale->source),
				.target = id_of(tale->locale, target)};
	bool shown = rph_week_is_released(&released, &pair);
	rph_week_released_free(&released);
	return shown;
}

static void pairs_of_few_people_are_kept_back(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	/* At epsilon 1, five users come through once in ten thousand times, sixty always. */
	const struct rph_week_privacy privacy = privacy_of(1, 1), lax = privacy_of(100, 1);
	tell_store(store, &kitchen, 1, 5);
	tell_store(store, &song, 101, 160);
	assert_false(is_released(store, &privacy, &kitchen, "turn on the kitchen light"));
	assert_true(is_released(store, &privacy, &song, "play morning dew"));
	assert_true(is_released(store, &lax, &kitchen, "turn on the kitchen light"));
	/* What was never asked for is not shown either. */
	assert_false(is_released(store, &lax, &kitchen, "play morning dew"));
	rph_store_close(store);
}

static void an_export_shows_what_was_released_and_no_more(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	const struct rph_week_privacy privacy = privacy_of(1, 1);
	struct rph_week_export_options options = {.parent = place->other,
						  .code_version = RPH_SPAN("0"),
						  .config_fingerprint = RPH_SPAN("00"),
						  .pairs = pairs_of_this_week()};
	struct rph_week_summary open_summary, summary, again;
	tell_store(store, &kitchen, 1, 5);
	tell_store(store, &song, 101, 160);
	assert_int_equal(rph_week_export(store, &options, &open_summary), 0);
	assert_int_equal(open_summary.pair_rows, 2);
	assert_int_equal(open_summary.withheld, 0);
	options.privacy = &privacy;
	assert_int_equal(rph_week_export(store, &options, &summary), 0);
	assert_int_equal(summary.pair_rows, 1);
	assert_int_equal(summary.withheld, 1);
	assert_int_equal(summary.train_rows + summary.holdout_rows, 1);
	assert_int_equal(rph_week_export(store, &options, &again), 0);
	assert_memory_equal(summary.digest, again.digest, sizeof(summary.digest));
	assert_memory_not_equal(summary.digest, open_summary.digest, sizeof(summary.digest));
	rph_store_close(store);
}

static void one_user_helps_no_more_pairs_than_allowed(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	const struct rph_week_privacy one = privacy_of(2, 1);
	/* The same twelve people say both: each serves one of them. */
	tell_store(store, &kitchen, 1, 12);
	tell_store(store, &song, 1, 12);
	bool both = is_released(store, &one, &kitchen, "turn on the kitchen light") &&
		    is_released(store, &one, &song, "play morning dew");
	assert_false(both);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pairs_of_few_people_are_kept_back),
		TEST(an_export_shows_what_was_released_and_no_more),
		TEST(one_user_helps_no_more_pairs_than_allowed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
