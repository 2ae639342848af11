/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_confirmed.c - what people reach with a formulation's own words becomes a row, and what of
 * it must not.
 */
#include "store/week_confirmed.h"

#include "week_world.h"

static struct rph_week_rows rows_of(struct rph_store *store,
				    const struct rph_pairs_options *options)
{
	struct rph_week_rows rows;

	rph_week_rows_init(&rows, 0, 0);
	struct rph_week_basis *basis = calloc(1, sizeof(*basis));
	assert_non_null(basis);
	assert_int_equal(rph_week_basis_load(store, options, basis), 0);
	assert_int_equal(rph_week_confirmed_add(basis, &rows), 0);
	rph_week_basis_free(basis);
	free(basis);
	assert_int_equal(rph_week_rows_end(&rows), 0);
	return rows;
}

/* Number of rows after `first` to `last` told `tale`, with the default options but those given. */
static size_t count_of(const struct place *place, const struct tale *tale, uint64_t last,
		       const struct rph_pairs_options *options)
{
	char dir[128];
	static unsigned number;

	snprintf(dir, sizeof(dir), "%s/store-%u", place->dir, number++);
	struct rph_store *store = open_store(dir, RPH_STORE_CREATE);
	tell_store(store, tale, 1, last);
	struct rph_week_rows rows = rows_of(store, options);
	size_t count = rows.count;
	rph_week_rows_free(&rows);
	rph_store_close(store);
	return count;
}

static void what_works_for_enough_people_is_a_row_with_its_own_annotation(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();

	tell_store(store, &kitchen, 1, 9);
	struct rph_week_rows rows = rows_of(store, &options);
	assert_int_equal(rows.count, 1);
	const struct rph_example *row = &rows.examples[0];
	assert_true(rph_span_equal(row->text, RPH_SPAN("turn on the kitchen light")));
	assert_true(rph_span_equal(row->source, row->target));
	assert_string_equal(row->kind, "confirmed");
	assert_true(rph_span_equal(row->intent, RPH_SPAN("light_on")));
	assert_int_equal(row->slot_count, 1);
	assert_int_equal(row->slots[0].start, 12);
	assert_int_equal(row->slots[0].end, 19);
	assert_int_equal(row->users, 9);
	assert_int_equal(row->days, 3);
	assert_int_equal(row->first_week, THIS_WEEK);
	assert_true(row->weight > 0 && row->weight < 1000);
	rph_week_rows_free(&rows);
	rph_store_close(store);
}

static void too_few_people_or_days_are_no_row(void **state)
{
	struct rph_pairs_options options = pairs_of_this_week();

	assert_int_equal(count_of(*state, &kitchen, 5, &options), 1);
	assert_int_equal(count_of(*state, &kitchen, 4, &options), 0);
	options.promotion.min_days = 4;
	assert_int_equal(count_of(*state, &kitchen, 9, &options), 0);
}

static void weeks_after_the_exported_one_change_nothing(void **state)
{
	struct rph_pairs_options options = pairs_of_this_week();

	options.week = THIS_WEEK - 1;
	assert_int_equal(count_of(*state, &kitchen, 9, &options), 0);
}

static void protected_and_control_intents_are_no_row(void **state)
{
	const struct rph_span lights = RPH_SPAN("light*");
	struct rph_pairs_options options = pairs_of_this_week();

	options.promotion.protected_intents = &lights;
	options.promotion.protected_count = 1;
	assert_int_equal(count_of(*state, &kitchen, 9, &options), 0);
	options.promotion.protected_count = 0;
	options.promotion.control_intents = &lights;
	options.promotion.control_count = 1;
	assert_int_equal(count_of(*state, &kitchen, 9, &options), 0);
}

static void values_alone_failures_and_personal_texts_are_no_row(void **state)
{
	struct tale alone = kitchen, fails = kitchen, personal = kitchen;
	struct rph_pairs_options options = pairs_of_this_week();

	alone.target = "[room=kitchen]";
	assert_int_equal(count_of(*state, &alone, 9, &options), 0);
	fails.intent = NULL;
	assert_int_equal(count_of(*state, &fails, 9, &options), 0);
	personal.target = "write to [to=someone@mail.example] now";
	assert_int_equal(count_of(*state, &personal, 9, &options), 0);
}

static void a_formulation_that_means_two_things_is_no_row(void **state)
{
	struct tale other = kitchen;
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();

	other.intent = "light_off";
	tell_store(store, &kitchen, 1, 9);
	tell_store(store, &other, 11, 19);
	struct rph_week_rows rows = rows_of(store, &options);
	assert_int_equal(rows.count, 0);
	rph_week_rows_free(&rows);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_works_for_enough_people_is_a_row_with_its_own_annotation),
		TEST(too_few_people_or_days_are_no_row),
		TEST(weeks_after_the_exported_one_change_nothing),
		TEST(protected_and_control_intents_are_no_row),
		TEST(values_alone_failures_and_personal_texts_are_no_row),
		TEST(a_formulation_that_means_two_things_is_no_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
