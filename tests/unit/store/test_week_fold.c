/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_fold.c - pairs of a window of weeks out of a real store.
 */
#include "schemas/parallel.h"
#include "week_world.h"

static void put_span(struct rph_buffer *buffer, struct rph_span text)
{
	rph_buffer_add(buffer, text);
	rph_buffer_add_text(buffer, " | ");
}

/* Every fact of a view as text. */
static int print_view(void *context, const struct rph_pair_view *view)
{
	struct rph_buffer *buffer = context;
	const struct rph_pair *pair = view->pair;
	const struct rph_promotion *promotion = view->promotion;

	put_span(buffer, view->locale);
	put_span(buffer, view->source);
	put_span(buffer, view->target);
	put_span(buffer, view->source_surface);
	put_span(buffer, view->target_surface);
	put_span(buffer, view->goal);
	rph_buffer_format(buffer, "%u %u %u %llu %u %u %u %u %u-%u ", pair->users, pair->all_users,
			  pair->user_weeks, (unsigned long long)pair->evidence, pair->days,
			  pair->weeks, pair->wins, pair->losses, pair->first_week, pair->last_week);
	rph_buffer_format(buffer, "%u/%u %u/%u ", view->source_outcome->succeeded,
			  view->source_outcome->users, view->target_outcome->succeeded,
			  view->target_outcome->users);
	rph_buffer_format(buffer, "%s %s %s %u %u %x %u %u\n",
			  rph_pair_status_name(promotion->status),
			  rph_direction_name(promotion->direction), rph_edge_name(promotion->type),
			  promotion->p, promotion->lower_bound, promotion->reasons,
			  view->annotation_agreement, view->annotation_users);
	return 0;
}

/* All views as text; free with rph_buffer_free(). */
static struct rph_buffer views_of(struct rph_store *store, const struct rph_pairs_options *options)
{
	struct rph_buffer views = {0};
	assert_int_equal(rph_pairs_scan(store, options, print_view, &views), 0);
	assert_int_equal(views.error, 0);
	if (!views.text)
		rph_buffer_add_text(&views, "");
	return views;
}

/* One pair, by texts. */
struct wanted {
	const char *source, *target;
	bool found;
	struct rph_pair pair;
	struct rph_promotion promotion;
	uint16_t agreement;
	uint32_t agreeing;
	bool projected;
};

static int find_view(void *context, const struct rph_pair_view *view)
{
	struct wanted *wanted = context;

	if (!rph_span_equal(view->source, rph_span_of(wanted->source)) ||
	    (wanted->target && !rph_span_equal(view->target, rph_span_of(wanted->target))))
		return 0;
	assert_false(wanted->found);
	wanted->found = true;
	wanted->pair = *view->pair;
	wanted->promotion = *view->promotion;
	wanted->agreement = view->annotation_agreement;
	wanted->agreeing = view->annotation_users;
	wanted->projected = view->projection && view->projection->status == RPH_PROJECTED;
	return 0;
}

static struct wanted find(struct rph_store *store, const struct rph_pairs_options *options,
			  const char *source, const char *target)
{
	struct wanted wanted = {.source = source, .target = target};
	assert_int_equal(rph_pairs_scan(store, options, find_view, &wanted), 0);
	return wanted;
}

static void a_rephrasing_of_enough_people_is_promoted(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();

	tell_store(store, &kitchen, 1, 8);
	struct wanted pair = find(store, &options, kitchen.source, NULL);
	assert_true(pair.found);
	assert_int_equal(pair.promotion.reasons, 0);
	assert_int_equal(pair.promotion.status, RPH_PAIR_PROMOTED);
	assert_int_equal(pair.promotion.direction, RPH_DIRECTION_REWRITE);
	assert_int_equal(pair.pair.users, 8);
	assert_int_equal(pair.pair.days, 3);
	assert_int_equal(pair.agreement, 1000);
	assert_int_equal(pair.agreeing, 8);
	assert_true(pair.projected);
	rph_store_close(store);
}

static void too_few_people_wait(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();

	tell_store(store, &kitchen, 1, 4);
	/* One of them goes on for a year. */
	for (unsigned i = 0; i < 50; i++)
		tell_store(store, &kitchen, 1, 1);
	struct wanted pair = find(store, &options, kitchen.source, NULL);
	assert_true(pair.found);
	assert_int_equal(pair.promotion.status, RPH_PAIR_PENDING);
	assert_true(pair.promotion.reasons & RPH_REASON_BIT(too_few_users));
	assert_int_equal(pair.pair.users, 4);
	assert_int_equal(pair.pair.user_weeks, 4);
	options.min_users = 5;
	assert_false(find(store, &options, kitchen.source, NULL).found);
	rph_store_close(store);
}

static void views_come_sorted_by_locale_source_and_target(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct tale other = kitchen;

	other.target = "light up the [room=kitchen]";
	tell_store(store, &bedroom_ja, 1, 6);
	tell_store(store, &song, 1, 6);
	tell_store(store, &other, 1, 6);
	tell_store(store, &kitchen, 1, 6);
	struct rph_buffer views = views_of(store, &options);
	const char *first = strstr(views.text, "light up the kitchen");
	const char *second = strstr(views.text, "turn on the kitchen light");
	const char *third = strstr(views.text, "put on mourning dew");
	const char *fourth = strstr(views.text, "ja-JP");
	assert_true(first && second && third && fourth);
	assert_true(first < second && second < third && third < fourth);
	rph_buffer_free(&views);
	rph_store_close(store);
}

static void targets_that_mean_different_things_disagree(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct tale off = kitchen;

	off.target = "turn off the [room=kitchen] light";
	off.intent = "light_off";
	tell_store(store, &kitchen, 1, 6);
	tell_store(store, &off, 7, 12);
	struct wanted on = find(store, &options, kitchen.source, "turn on the kitchen light");
	assert_int_equal(on.agreement, 500);
	assert_int_equal(on.promotion.status, RPH_PAIR_REFUSED);
	assert_true(on.promotion.reasons & RPH_REASON_BIT(annotation_disagrees));
	rph_store_close(store);
}

static void different_wordings_of_one_goal_agree(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct tale other = kitchen;

	other.target = "light up the [room=kitchen]";
	tell_store(store, &kitchen, 1, 6);
	tell_store(store, &other, 7, 12);
	struct wanted pair = find(store, &options, kitchen.source, "light up the kitchen");
	assert_int_equal(pair.agreement, 1000);
	assert_int_equal(pair.agreeing, 12);
	assert_int_equal(pair.promotion.status, RPH_PAIR_PROMOTED);
	rph_store_close(store);
}

static void a_value_that_nobody_said_is_refused(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct tale tale = kitchen;

	tale.source = "lumos maxima";
	tell_store(store, &tale, 1, 9);
	struct wanted pair = find(store, &options, tale.source, NULL);
	assert_int_equal(pair.promotion.status, RPH_PAIR_REFUSED);
	assert_int_equal(pair.promotion.reasons, RPH_REASON_BIT(value_not_said));
	rph_store_close(store);
}

static const struct tale living_room = {
	.locale = "zh-CN",
	.source = "把课厅弄亮",
	.target = "打开[room=客厅]的灯",
	.domain = "lights",
	.intent = "light_on",
	.edge = RPH_EDGE_repair,
};

static void half_of_a_short_value_is_enough(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();

	tell_store(store, &living_room, 1, 9);
	struct wanted pair = find(store, &options, living_room.source, NULL);
	assert_int_equal(pair.promotion.status, RPH_PAIR_PROMOTED);
	assert_false(pair.projected);
	rph_store_close(store);
}

static void a_known_value_is_no_other_one_misheard(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct tale dining_room = living_room, tale = living_room;

	/* People mean it, and are understood: then it is a value, in this locale and no other. */
	dining_room.source = "那个吃饭的地方太暗";
	dining_room.target = "打开[room=餐厅]的灯";
	tale.source = "把餐厅弄亮";
	tell_store(store, &tale, 1, 9);
	dining_room.locale = "zh-TW";
	tell_store(store, &dining_room, 20, 29);
	struct wanted before = find(store, &options, tale.source, NULL);
	assert_int_equal(before.promotion.status, RPH_PAIR_PROMOTED);
	dining_room.locale = "zh-CN";
	tell_store(store, &dining_room, 30, 39);
	struct wanted after = find(store, &options, tale.source, NULL);
	assert_int_equal(after.promotion.status, RPH_PAIR_REFUSED);
	assert_int_equal(after.promotion.reasons, RPH_REASON_BIT(value_not_said));
	rph_store_close(store);
}

static struct tale random_tale(struct random *random)
{
	static const char *const sources[] = {"kitchen lamp", "den lamp", "lamp", "kitchen",
					      "more kitchen light"};
	static const char *const targets[] = {"turn on the [room=kitchen] light", "kitchen",
					      "[room=den] light", "lamp"};
	static const char *const intents[] = {"light_on", "light_off", NULL};
	return (struct tale){
		.locale = random_below(random, 4) ? "en-US" : "en-GB",
		.source = sources[random_below(random, RPH_ARRAY_LEN(sources))],
		.target = targets[random_below(random, RPH_ARRAY_LEN(targets))],
		.domain = "lights",
		.intent = intents[random_below(random, RPH_ARRAY_LEN(intents))],
		.source_works = random_below(random, 3) == 0,
		.edge = (enum rph_edge)random_below(random, RPH_EDGE_COUNT),
		.p = 1 + random_below(random, 256),
	};
}

/* The rows of many random tales, told on days `from` to `to`. */
static void tell_random(struct rph_store *store, uint64_t seed, unsigned from, unsigned to)
{
	struct random random = {seed};
	struct told told;

	begin_telling(&told);
	for (int i = 0; i < 120; i++) {
		struct tale tale = random_tale(&random);
		tell(&told, &tale, 1 + random_below(&random, 90),
		     from + random_below(&random, to - from));
	}
	end_telling(&told, store);
}

static void later_weeks_change_nothing(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();

	for (uint64_t seed = 1; seed < 8; seed++) {
		tell_random(store, seed, 0, 7);
		struct rph_buffer before = views_of(store, &options);
		tell_random(store, 100 + seed, 7, 30);
		struct rph_buffer after = views_of(store, &options);
		assert_string_equal(before.text, after.text);
		assert_true(before.len > 0);
		rph_buffer_free(&before);
		rph_buffer_free(&after);
	}
	rph_store_close(store);
}

static void weeks_before_the_window_change_nothing(void **state)
{
	struct place *place = *state;
	struct rph_store *old = open_store(place->store, RPH_STORE_CREATE);
	struct rph_store *fresh = open_store(place->other, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();

	options.week = THIS_WEEK + 4;
	options.history_weeks = 2;
	tell_random(old, 1, 0, 20);
	tell_random(old, 2, 21, 35);
	tell_random(fresh, 2, 21, 35);
	struct rph_buffer with = views_of(old, &options), without = views_of(fresh, &options);
	assert_string_equal(with.text, without.text);
	rph_buffer_free(&with);
	rph_buffer_free(&without);
	rph_store_close(old);
	rph_store_close(fresh);
}

/* What `explain` asks for one formulation is what the export sees. */
static void asking_for_one_formulation_gives_the_same_facts(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week(), some = options;
	struct rph_id only = id_of("en-US", "kitchen");
	size_t lines = 0;

	for (uint64_t seed = 20; seed < 24; seed++)
		tell_random(store, seed, 0, 7);
	struct rph_buffer all = views_of(store, &options);
	some.only = &only;
	struct rph_buffer few = views_of(store, &some);
	for (char *line = few.text, *end; line && (end = strchr(line, '\n')); line = end + 1) {
		char next = end[1];
		end[1] = '\0';
		assert_non_null(strstr(all.text, line));
		assert_non_null(strstr(line, "| kitchen |"));
		end[1] = next;
		lines++;
	}
	assert_true(lines > 3);
	options.min_users = 3;
	struct rph_buffer used = views_of(store, &options);
	for (char *line = used.text, *end; line && (end = strchr(line, '\n')); line = end + 1) {
		char next = end[1];
		end[1] = '\0';
		assert_non_null(strstr(all.text, line));
		end[1] = next;
	}
	rph_buffer_free(&all);
	rph_buffer_free(&few);
	rph_buffer_free(&used);
	rph_store_close(store);
}

static void decide(struct rph_store *store, const char *source, const char *target,
		   enum rph_decision decision)
{
	struct rph_review review = {id_of("en-US", source),
				    id_of("en-US", target),
				    decision,
				    0,
				    RPH_SPAN("somebody"),
				    RPH_SPAN("")};
	assert_int_equal(rph_store_put_review(store, &review), 0);
}

static void decisions_of_people_are_final(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	const char *target = "turn on the kitchen light";

	tell_store(store, &kitchen, 1, 9);
	tell_store(store, &song, 1, 2);
	options.min_users = 5;
	decide(store, kitchen.source, target, RPH_DECISION_DENIED);
	assert_int_equal(find(store, &options, kitchen.source, NULL).promotion.status,
			 RPH_PAIR_DENIED);
	decide(store, kitchen.source, target, RPH_DECISION_NONE);
	assert_int_equal(find(store, &options, kitchen.source, NULL).promotion.status,
			 RPH_PAIR_PROMOTED);
	/* Few votes, and no vote at all. */
	decide(store, song.source, "play morning dew", RPH_DECISION_APPROVED);
	assert_int_equal(find(store, &options, song.source, NULL).promotion.status,
			 RPH_PAIR_APPROVED);
	decide(store, "put on mourning dew", target, RPH_DECISION_APPROVED);
	struct wanted unvoted = find(store, &options, song.source, target);
	assert_true(unvoted.found);
	assert_int_equal(unvoted.pair.all_users, 0);
	assert_int_equal(unvoted.promotion.status, RPH_PAIR_APPROVED);
	/* A decision about texts that are not there is no pair. */
	decide(store, "never said", target, RPH_DECISION_APPROVED);
	assert_false(find(store, &options, "never said", NULL).found);
	rph_store_close(store);
}

static void published_rewrites_do_not_chain(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct rph_published rewrite;
	uint64_t count = 0;
	struct rph_id mumbled = id_of("en-US", "kitchen bride"),
		      source = id_of("en-US", kitchen.source),
		      target = id_of("en-US", "turn on the kitchen light");

	tell_store(store, &kitchen, 1, 8);
	decide(store, "kitchen bride", kitchen.source, RPH_DECISION_APPROVED);
	struct tale mumble = kitchen;
	mumble.source = "kitchen bride";
	mumble.target = "make the kitchen bright";
	mumble.source_works = false;
	tell_store(store, &mumble, 20, 21);
	assert_int_equal(rph_publish_week(store, &options, &count), 0);
	assert_int_equal(rph_store_get_rewrite(store, &source, &rewrite), 0);
	assert_memory_equal(&rewrite.target, &target, sizeof(target));
	assert_int_equal(rewrite.p, 250);
	assert_int_equal(rewrite.generation, THIS_WEEK);
	/* The goal of the middle one differs (it has no slot there): nothing is published. */
	assert_int_equal(rph_store_get_rewrite(store, &mumbled, &rewrite), RPH_E_NOT_FOUND);
	assert_int_equal(count, 1);
	/* Denied pairs leave the table with the next publication. */
	decide(store, kitchen.source, "turn on the kitchen light", RPH_DECISION_DENIED);
	assert_int_equal(rph_publish_week(store, &options, &count), 0);
	assert_int_equal(rph_store_get_rewrite(store, &source, &rewrite), RPH_E_NOT_FOUND);
	rph_store_close(store);
}

static void a_chain_within_one_goal_is_published_to_its_end(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	struct rph_published rewrite;
	uint64_t count = 0;
	struct tale first = kitchen, second = kitchen;
	struct rph_id source = id_of("en-US", "kitchen brite"),
		      target = id_of("en-US", "turn on the kitchen light");

	first.source = "kitchen brite";
	first.target = "[room=kitchen] bright";
	second.source = "kitchen bright";
	tell_store(store, &first, 1, 8);
	tell_store(store, &second, 11, 14);
	decide(store, "kitchen bright", "turn on the kitchen light", RPH_DECISION_APPROVED);
	assert_int_equal(rph_publish_week(store, &options, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(rph_store_get_rewrite(store, &source, &rewrite), 0);
	assert_memory_equal(&rewrite.target, &target, sizeof(target));
	/* A loop serves nobody. */
	decide(store, "turn on the kitchen light", "kitchen bright", RPH_DECISION_APPROVED);
	assert_int_equal(rph_publish_week(store, &options, &count), 0);
	assert_int_equal(count, 0);
	rph_store_close(store);
}

/* Lane by lane, the last one first: as threads may do it. */
static void run_in_lanes(void *context, uint32_t count,
			 void (*task)(void *data, uint32_t index, uint32_t lane), void *data)
{
	uint32_t lanes = *(const uint32_t *)context;

	for (uint32_t lane = lanes; lane-- > 0;)
		for (uint32_t index = lane; index < count; index += lanes)
			task(data, index, lane);
}

static void any_number_of_lanes_shows_the_same(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	char source[64];

	/* More sources than are judged at a time. */
	for (unsigned i = 0; i < 300; i++) {
		struct tale tale = i % 2 ? kitchen : song;
		snprintf(source, sizeof(source), "%s now %u", tale.source, i * 7919 % 300);
		tale.source = source;
		tell_store(store, &tale, 1, 1 + i % 9);
	}
	decide(store, "kitchen bride", kitchen.source, RPH_DECISION_APPROVED);
	struct rph_buffer expected = views_of(store, &options);
	assert_true(expected.len > 10000);
	for (uint32_t lanes = 2; lanes <= 3; lanes++) {
		const struct rph_parallel parallel = {lanes, run_in_lanes, &lanes};
		options.parallel = &parallel;
		struct rph_buffer views = views_of(store, &options);
		assert_int_equal(views.len, expected.len);
		assert_memory_equal(views.text, expected.text, expected.len);
		rph_buffer_free(&views);
	}
	rph_buffer_free(&expected);
	rph_store_close(store);
}

static void an_empty_store_has_no_pairs(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_pairs_options options = pairs_of_this_week();
	uint64_t count = 9;

	struct rph_buffer views = views_of(store, &options);
	assert_int_equal(views.len, 0);
	assert_int_equal(rph_publish_week(store, &options, &count), 0);
	assert_int_equal(count, 0);
	rph_buffer_free(&views);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rephrasing_of_enough_people_is_promoted),
		TEST(too_few_people_wait),
		TEST(views_come_sorted_by_locale_source_and_target),
		TEST(targets_that_mean_different_things_disagree),
		TEST(different_wordings_of_one_goal_agree),
		TEST(a_value_that_nobody_said_is_refused),
		TEST(half_of_a_short_value_is_enough),
		TEST(a_known_value_is_no_other_one_misheard),
		TEST(later_weeks_change_nothing),
		TEST(weeks_before_the_window_change_nothing),
		TEST(asking_for_one_formulation_gives_the_same_facts),
		TEST(decisions_of_people_are_final),
		TEST(published_rewrites_do_not_chain),
		TEST(a_chain_within_one_goal_is_published_to_its_end),
		TEST(any_number_of_lanes_shows_the_same),
		TEST(an_empty_store_has_no_pairs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
