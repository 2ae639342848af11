/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_stars.c - what different people's evidence adds up to in a real store: stars around a goal's
 * best wording, wordings that add up at their goal, and what everybody says.
 */
#include "week_world.h"

#include <string.h>

/* One formulation that works for `first`..`last`, whatever else they say. */
static void use(struct told *told, const struct tale *tale, uint64_t first, uint64_t last)
{
	struct rph_wording wording;
	struct rph_goal_slot slots[8];
	struct rph_goal goal = {.slots = slots,
				.domain = rph_span_of(tale->domain),
				.intent = rph_span_of(tale->intent)};
	struct rph_goal_delta meant;

	unmark(told, tale->target, &wording, slots, &goal.slot_count);
	assert_int_equal(rph_goal_write(&goal, &told->arena, &meant.canonical), 0);
	meant.id = rph_goal_id(&told->keys, meant.canonical);
	assert_int_equal(rph_delta_add_goal(told->list, &meant), 0);
	for (uint64_t user = first; user <= last; user++)
		tell_turn(told, tale, tale->target, &meant.canonical, user, (unsigned)(user % 3),
			  true);
}

static struct tale saying(const char *target)
{
	struct tale tale = kitchen;
	tale.target = target;
	return tale;
}

/* Other people want other things: without them everything would end in one goal by necessity. */
static void add_others(struct told *told)
{
	struct tale radio = saying("play some radio"), weather = saying("will it rain");

	radio.intent = "radio";
	weather.intent = "weather";
	use(told, &radio, 200, 240);
	use(told, &weather, 300, 340);
}

struct seen {
	char text[4096];
	size_t promoted, pairs;
};

static int see(void *context, const struct rph_pair_view *view)
{
	struct seen *seen = context;
	char line[256];

	seen->pairs++;
	if (!rph_pair_status_is_positive(view->promotion->status))
		return 0;
	seen->promoted++;
	snprintf(line, sizeof(line), "%.*s > %.*s: %s, %u of %u\n", (int)view->source.len,
		 view->source.ptr, (int)view->target.len, view->target.ptr,
		 rph_direction_name(view->promotion->direction), view->pair->users,
		 view->promotion->users);
	assert_true(strlen(seen->text) + strlen(line) < sizeof(seen->text));
	strcat(seen->text, line);
	return 0;
}

static struct seen look(struct rph_store *store)
{
	struct rph_pairs_options options = pairs_of_this_week();
	struct seen seen = {.promoted = 0};

	assert_int_equal(rph_pairs_scan(store, &options, see, &seen), 0);
	return seen;
}

static void wordings_of_one_goal_form_a_star_around_the_most_used(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct tale best = saying("turn on the [room=kitchen] light");
	struct tale bright = saying("[room=kitchen] bright please");
	struct tale lamp = saying("lamp in the [room=kitchen] on"),
		    rare = saying("[room=kitchen] go");
	struct told told;

	begin_telling(&told);
	add_others(&told);
	use(&told, &best, 1, 9);
	use(&told, &bright, 11, 17);
	use(&told, &lamp, 21, 26);
	use(&told, &rare, 31, 34);
	end_telling(&told, store);
	struct seen seen = look(store);
	assert_string_equal(
		seen.text, "kitchen bright please > turn on the kitchen light: synonym, 0 of 7\n"
			   "lamp in the kitchen on > turn on the kitchen light: synonym, 0 of 6\n");
	assert_int_equal(seen.pairs, 2);
	rph_store_close(store);
}

static void wordings_that_few_people_chose_each_add_up_at_their_goal(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	static const char *const targets[] = {"turn on the [room=kitchen] light",
					      "[room=kitchen] bright please",
					      "lamp in the [room=kitchen] on"};
	struct told told;

	begin_telling(&told);
	add_others(&told);
	for (unsigned i = 0; i < RPH_ARRAY_LEN(targets); i++) {
		struct tale tale = saying(targets[i]);
		tale.source = "kitchen lumos";
		tell_all(&told, &tale, 10 * i + 1, 10 * i + 2);
		use(&told, &tale, 10 * i + 3, 10 * i + 9 - i);
	}
	end_telling(&told, store);
	struct seen seen = look(store);
	assert_non_null(strstr(seen.text,
			       "kitchen lumos > turn on the kitchen light: rewrite, 2 of "
			       "6\n"));
	assert_non_null(
		strstr(seen.text, "kitchen lumos > kitchen bright please: rewrite, 2 of 6\n"));
	rph_store_close(store);
}

static void what_everybody_says_after_everything_is_no_synonym(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct told told;
	char sources[12][32];

	begin_telling(&told);
	add_others(&told);
	for (unsigned i = 0; i < RPH_ARRAY_LEN(sources); i++) {
		struct tale enough = saying("that will do");
		snprintf(sources[i], sizeof(sources[i]), "mumbled request %c%c", 'k' + (char)i,
			 'z' - (char)i);
		enough.source = sources[i];
		enough.intent = "be_quiet";
		tell_all(&told, &enough, 400 + 10 * i, 407 + 10 * i);
	}
	end_telling(&told, store);
	struct seen seen = look(store);
	assert_int_equal(seen.pairs, RPH_ARRAY_LEN(sources));
	assert_string_equal(seen.text, "");
	rph_store_close(store);
}

static void goals_that_gather_everything_make_no_synonyms(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	static const struct rph_span open[] = {{"*chat*", 6}};
	struct tale joke = saying("tell me a joke"), name = saying("what is your name");
	struct seen with = {.promoted = 0}, without = {.promoted = 0};
	struct told told;

	joke.intent = name.intent = "chat_any";
	begin_telling(&told);
	add_others(&told);
	use(&told, &joke, 1, 9);
	use(&told, &name, 11, 18);
	end_telling(&told, store);
	assert_int_equal(rph_pairs_scan(store, &options, see, &without), 0);
	options.promotion.open_intents = open;
	options.promotion.open_count = 1;
	assert_int_equal(rph_pairs_scan(store, &options, see, &with), 0);
	assert_int_equal(without.promoted, 1);
	assert_int_equal(with.promoted, 0);
	rph_store_close(store);
}

static void values_alone_are_no_wordings(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct tale best = saying("turn on the [room=kitchen] light"),
		    value = saying("[room=kitchen]");
	struct told told;

	begin_telling(&told);
	add_others(&told);
	use(&told, &best, 1, 9);
	use(&told, &value, 11, 17);
	end_telling(&told, store);
	struct seen seen = look(store);
	assert_int_equal(seen.pairs, 1);
	assert_int_equal(seen.promoted, 0);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wordings_of_one_goal_form_a_star_around_the_most_used),
		TEST(wordings_that_few_people_chose_each_add_up_at_their_goal),
		TEST(what_everybody_says_after_everything_is_no_synonym),
		TEST(goals_that_gather_everything_make_no_synonyms),
		TEST(values_alone_are_no_wordings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
