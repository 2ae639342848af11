/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_chain.c - the chain over the votes and usage of a real store.
 */
#include "week_world.h"

#include "store/week_chain.h"

/* Fails, and is said before what fails as well. */
static const struct tale garbled = {
	.locale = "en-US",
	.source = "make the kit bright",
	.target = "make the kitchen bright",
	.edge = RPH_EDGE_repair,
};

static const struct tale gives_up = {
	.locale = "en-US",
	.source = "make the kit bright",
	.target = "stop it",
	.domain = "general",
	.intent = "stop",
	.edge = RPH_EDGE_paraphrase,
};

static struct rph_week_chain *load(struct rph_store *store, const struct rph_pairs_options *options)
{
	struct rph_week_chain *chain = NULL;
	assert_int_equal(rph_week_chain_load(store, options, &chain), 0);
	return chain;
}

static struct rph_week_chain_view asked(struct rph_week_chain *chain, const char *source,
					const char *target)
{
	struct rph_id from = id_of("en-US", source), to = {{0}};
	struct rph_week_chain_view view;
	if (target)
		to = id_of("en-US", target);
	assert_int_equal(rph_week_chain_ask(chain, &from, target ? &to : NULL, &view), 0);
	return view;
}

static void assert_text(struct rph_span got, const char *wanted)
{
	assert_true(rph_span_equal(got, rph_span_of(wanted)));
}

static void the_way_leads_over_what_failed_as_well(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	tell_store(store, &garbled, 1, 9);
	tell_store(store, &kitchen, 10, 29);
	tell_store(store, &song, 30, 49);
	struct rph_week_chain *chain = load(store, &options);
	struct rph_week_chain_view view = asked(chain, garbled.source, NULL);
	assert_true(view.found);
	assert_text(view.text, "turn on the kitchen light");
	assert_int_equal(view.path_count, 3);
	assert_text(view.path[0], garbled.source);
	assert_text(view.path[1], kitchen.source);
	assert_text(view.path[2], "turn on the kitchen light");
	assert_true(view.posterior > 800);
	assert_in_range(view.base, 400, 600);
	assert_true(view.lift > 256 * 3 / 2);
	/* What leads elsewhere is no target of it. */
	assert_int_equal(asked(chain, garbled.source, "play morning dew").posterior, 0);
	assert_text(asked(chain, song.source, NULL).text, "play morning dew");
	rph_week_chain_free(chain);
	rph_store_close(store);
}

static void what_works_now_and_then_is_still_a_state_of_its_own(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct tale lucky = kitchen;
	lucky.source_works = true;
	tell_store(store, &kitchen, 1, 20);
	tell_store(store, &lucky, 21, 22);
	struct rph_week_chain *chain = load(store, &options);
	struct rph_week_chain_view view = asked(chain, kitchen.source, NULL);
	assert_text(view.text, "turn on the kitchen light");
	assert_int_equal(view.path_count, 2);
	assert_in_range(view.posterior, 700, 999);
	rph_week_chain_free(chain);
	rph_store_close(store);
}

static void stopping_is_nobodys_target(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	const struct rph_span control = RPH_SPAN("stop");
	options.promotion.control_intents = &control;
	options.promotion.control_count = 1;
	tell_store(store, &gives_up, 1, 40);
	tell_store(store, &garbled, 41, 49);
	tell_store(store, &kitchen, 50, 69);
	struct rph_week_chain *chain = load(store, &options);
	assert_text(asked(chain, garbled.source, NULL).text, "turn on the kitchen light");
	assert_int_equal(asked(chain, garbled.source, "stop it").posterior, 0);
	rph_week_chain_free(chain);
	rph_store_close(store);
}

static void too_few_people_make_no_edge(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	tell_store(store, &kitchen, 1, 4);
	struct rph_week_chain *chain = load(store, &options);
	assert_false(asked(chain, kitchen.source, NULL).found);
	assert_false(asked(chain, "never said", NULL).found);
	chain = rph_week_chain_free(chain);
	tell_store(store, &kitchen, 5, 5);
	chain = load(store, &options);
	assert_true(asked(chain, kitchen.source, NULL).found);
	rph_week_chain_free(chain);
	rph_store_close(store);
}

static void words_of_another_locale_stand_for_no_goal_of_this_one(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct tale elsewhere = kitchen;
	elsewhere.locale = "de-DE";
	elsewhere.source = "mach es hell";
	elsewhere.target = "licht an in [room=kitchen]";
	tell_store(store, &kitchen, 1, 20);
	tell_store(store, &elsewhere, 21, 60);
	struct rph_week_chain *chain = load(store, &options);
	assert_text(asked(chain, kitchen.source, NULL).text, "turn on the kitchen light");
	struct rph_id from = id_of("de-DE", elsewhere.source);
	struct rph_week_chain_view view;
	assert_int_equal(rph_week_chain_ask(chain, &from, NULL, &view), 0);
	assert_text(view.text, "licht an in kitchen");
	rph_week_chain_free(chain);
	rph_store_close(store);
}

static void it_is_the_same_whatever_is_asked_for(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week(), some = options;
	struct rph_id only = id_of("en-US", kitchen.source);
	tell_store(store, &garbled, 1, 9);
	tell_store(store, &kitchen, 10, 29);
	tell_store(store, &song, 30, 33);
	some.only = &only;
	some.min_users = 20;
	struct rph_week_chain *chain = load(store, &options), *other = load(store, &some);
	struct rph_week_chain_view a = asked(chain, garbled.source, NULL);
	struct rph_week_chain_view b = asked(other, garbled.source, NULL);
	assert_true(a.found && b.found);
	assert_int_equal(a.posterior, b.posterior);
	assert_int_equal(a.lift, b.lift);
	assert_int_equal(a.success, b.success);
	assert_int_equal(rph_id_compare(&a.target, &b.target), 0);
	rph_week_chain_free(chain);
	rph_week_chain_free(other);
	rph_store_close(store);
}

static void an_empty_store_leads_nowhere(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct rph_week_chain *chain = load(store, &options);
	assert_false(asked(chain, "anything", NULL).found);
	rph_week_chain_free(chain);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_way_leads_over_what_failed_as_well),
		TEST(what_works_now_and_then_is_still_a_state_of_its_own),
		TEST(stopping_is_nobodys_target),
		TEST(too_few_people_make_no_edge),
		TEST(words_of_another_locale_stand_for_no_goal_of_this_one),
		TEST(it_is_the_same_whatever_is_asked_for),
		TEST(an_empty_store_leads_nowhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
