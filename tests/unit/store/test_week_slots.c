/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_slots.c - what people confirmed in the window decides about labels, and goes with them.
 */
#include "store/week_slots.h"

#include "store/week_export.h"

#include "week_world.h"

/* What was said after a failure leaves out when. */
static const struct tale evening = {
	.locale = "en-US",
	.source = "brighten the hall this evening",
	.target = "turn on the [room=hall] light",
	.domain = "lights",
	.intent = "light_on",
	.edge = RPH_EDGE_paraphrase,
};

/* Two formulations that say when. */
static const struct tale said_when[] = {
	{.locale = "en-US",
	 .source = "rain this evening",
	 .target = "will it rain [time=this evening]",
	 .domain = "weather",
	 .intent = "weather",
	 .edge = RPH_EDGE_paraphrase},
	{.locale = "en-US",
	 .source = "wake me this evening",
	 .target = "set an alarm for [time=this evening]",
	 .domain = "alarm",
	 .intent = "alarm_set",
	 .edge = RPH_EDGE_paraphrase},
};

static int find_status(void *context, const struct rph_pair_view *view)
{
	enum rph_projection_status *status = context;

	if (rph_span_equal(view->source, rph_span_of(evening.source)))
		*status = view->projection ? view->projection->status : RPH_PROJECTION_COUNT;
	return 0;
}

static enum rph_projection_status status_of(struct rph_store *store)
{
	enum rph_projection_status status = RPH_PROJECTION_COUNT;
	struct rph_pairs_options options = pairs_of_this_week();

	assert_int_equal(rph_pairs_scan(store, &options, find_status, &status), 0);
	return status;
}

/* Nine mean it: enough for a pair, too few to know better. */
static struct rph_store *store_where_it_is_known(const struct place *place, uint64_t people)
{
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);

	tell_store(store, &evening, 101, 109);
	for (size_t i = 0; i < RPH_ARRAY_LEN(said_when); i++)
		tell_store(store, &said_when[i], 1, people);
	return store;
}

static void a_value_that_the_label_leaves_out_drops_it(void **state)
{
	struct rph_store *store = store_where_it_is_known(*state, 5);

	assert_int_equal(status_of(store), RPH_PROJECTION_VALUE);
	rph_store_close(store);
}

static void what_many_people_meant_keeps_its_label(void **state)
{
	struct rph_store *store = store_where_it_is_known(*state, 5);

	tell_store(store, &evening, 110, 110);
	assert_int_equal(status_of(store), RPH_PROJECTED);
	rph_store_close(store);
}

static void what_too_few_people_confirmed_is_not_known(void **state)
{
	struct rph_store *store = store_where_it_is_known(*state, 4);

	assert_int_equal(status_of(store), RPH_PROJECTED);
	rph_store_close(store);
}

static void who_is_forgotten_takes_along_what_was_taught(void **state)
{
	struct rph_store *store = store_where_it_is_known(*state, 5);
	struct rph_forgotten forgotten;

	assert_int_equal(rph_store_forget(store, 1, &forgotten), 0);
	assert_int_equal(status_of(store), RPH_PROJECTED);
	rph_store_close(store);
}

static void the_export_counts_why_there_is_no_label(void **state)
{
	struct place *place = *state;
	struct rph_store *store = store_where_it_is_known(place, 5);
	const struct rph_week_export_options options = {
		.pairs = pairs_of_this_week(),
		.parent = place->dir,
		.config_fingerprint = RPH_SPAN("00"),
		.code_version = RPH_SPAN("0"),
	};
	struct rph_week_summary summary;

	assert_int_equal(rph_week_export(store, &options, &summary), 0);
	assert_int_equal(summary.dropped_value_left, 1);
	assert_int_equal(summary.dropped_slot_mistyped, 0);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_value_that_the_label_leaves_out_drops_it),
		TEST(what_many_people_meant_keeps_its_label),
		TEST(what_too_few_people_confirmed_is_not_known),
		TEST(who_is_forgotten_takes_along_what_was_taught),
		TEST(the_export_counts_why_there_is_no_label),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
