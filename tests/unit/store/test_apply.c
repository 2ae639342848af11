/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

enum { SEEDS = 12, MOMENTS = 400, USERS = 12 };

static void fill(struct moment *moments, size_t count, uint64_t seed, unsigned users)
{
	struct random random = {.state = seed};
	for (size_t i = 0; i < count; i++)
		moments[i] = random_moment(&random, users);
}

static void where_batches_are_cut_does_not_matter(void **state)
{
	struct place *place = *state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct moment moments[MOMENTS];
		/* More than 64 users say the same now and then. */
		fill(moments, MOMENTS, seed, seed % 3 ? USERS : 100);
		struct rph_store *whole = open_store(place->store, RPH_STORE_CREATE);
		struct rph_store *parts = open_store(place->other, RPH_STORE_CREATE);
		assert_int_equal(apply_moments(whole, moments, MOMENTS, 0, MOMENTS), 0);
		struct random random = {.state = seed + 100};
		for (size_t at = 0; at < MOMENTS;) {
			size_t count = 1 + random_below(&random, 60);
			if (count > MOMENTS - at)
				count = MOMENTS - at;
			assert_int_equal(
				apply_moments(parts, moments + at, count, 0, (int64_t)(at + count)),
				0);
			at += count;
		}
		assert_same_rows(whole, parts);
		assert_int_equal(count_faults(parts), 0);
		rph_store_close(whole);
		rph_store_close(parts);
		run_command("rm -r", place->store);
		run_command("rm -r", place->other);
	}
}

/* Everything about votes again, added up in the most naive way. */
struct naive {
	struct rph_vote_key keys[MOMENTS];
	struct rph_vote votes[MOMENTS];
	size_t count, seen;
};

static void naive_add(struct naive *naive, const struct rph_vote_key *key,
		      const struct moment *moment)
{
	size_t at = 0;
	while (at < naive->count && rph_vote_key_compare(&naive->keys[at], key) != 0)
		at++;
	naive->keys[at] = *key;
	naive->votes[at].edges[moment->edge]++;
	naive->votes[at].mass += moment->p;
	naive->votes[at].wins += moment->failed;
	naive->votes[at].days |= (uint8_t)(1U << moment->later_day);
	if (at == naive->count)
		naive->count++;
}

static int compare_with_naive(void *context, const struct rph_vote_key *key,
			      const struct rph_vote *vote)
{
	struct naive *naive = context;
	for (size_t i = 0; i < naive->count; i++) {
		if (rph_vote_key_compare(&naive->keys[i], key) != 0)
			continue;
		const struct rph_vote *sum = &naive->votes[i];
		assert_memory_equal(sum->edges, vote->edges, sizeof(vote->edges));
		assert_int_equal(sum->mass, vote->mass);
		assert_int_equal(sum->wins, vote->wins);
		assert_int_equal(sum->losses, vote->losses);
		assert_int_equal(sum->days, vote->days);
		naive->seen++;
		return 0;
	}
	fail_msg("a vote that nobody gave");
	return -1;
}

static int count_usage(void *context, const struct rph_usage_key *key,
		       const struct rph_usage *usage)
{
	uint64_t *turns = context;
	(void)key;
	*turns += usage->total.successes + usage->total.failures;
	return 0;
}

static void votes_and_turns_add_up_to_what_happened(void **state)
{
	struct place *place = *state;
	struct moment moments[MOMENTS];
	static struct naive naive;
	struct rph_keys keys = test_keys(1);
	struct rph_arena arena;
	uint64_t turns = 0, expected = 0;
	rph_arena_init(&arena, 1 << 24);
	fill(moments, MOMENTS, 77, 4);
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	for (size_t i = 0; i < MOMENTS; i++) {
		const struct moment *moment = &moments[i];
		expected += 1U + moment->again;
		if (!moment->again)
			continue;
		struct rph_vote_key key = {formulation_of(&keys, moment->text, &arena).id,
					   formulation_of(&keys, moment->later_text, &arena).id,
					   moment->user, moment->later_week};
		naive_add(&naive, &key, moment);
	}
	for (size_t i = 0; i < MOMENTS; i += 50)
		assert_int_equal(apply_moments(store, moments + i, 50, 0, (int64_t)i + 50), 0);
	assert_int_equal(rph_store_scan_votes(store, compare_with_naive, &naive), 0);
	assert_int_equal(naive.seen, naive.count);
	assert_int_equal(rph_store_scan_usage(store, count_usage, &turns), 0);
	assert_int_equal(turns, expected);
	rph_arena_free(&arena);
	rph_store_close(store);
}

static int count_formulation(void *context, const struct rph_formulation_delta *formulation)
{
	assert_true(rph_span_equal(formulation->locale, RPH_SPAN("en-US")));
	++*(unsigned *)context;
	return 0;
}

static int count_goal(void *context, const struct rph_goal_delta *goal)
{
	assert_true(goal->canonical.len > 0);
	++*(unsigned *)context;
	return 0;
}

static int stop_at_third(void *context, const struct rph_formulation_delta *formulation)
{
	(void)formulation;
	return ++*(unsigned *)context == 3 ? 42 : 0;
}

static void texts_come_back_as_they_went_in(void **state)
{
	struct place *place = *state;
	struct moment moments[MOMENTS];
	struct rph_keys keys = test_keys(1);
	struct rph_arena arena;
	unsigned formulations = 0, goals = 0, stopped = 0;
	rph_arena_init(&arena, 1 << 24);
	fill(moments, MOMENTS, 3, USERS);
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(apply_moments(store, moments, MOMENTS, 0, 1), 0);
	for (unsigned i = 0; i < WORLD_TEXTS; i++) {
		struct rph_formulation_delta told = formulation_of(&keys, i, &arena), found;
		assert_int_equal(rph_store_get_formulation(store, &told.id, &arena, &found), 0);
		assert_true(rph_span_equal(told.text, found.text));
		assert_true(rph_span_equal(told.locale, found.locale));
	}
	struct rph_goal_delta goal = goal_of(&keys, 2, &arena);
	struct rph_span canonical;
	assert_int_equal(rph_store_get_goal(store, &goal.id, &arena, &canonical), 0);
	assert_true(rph_span_equal(goal.canonical, canonical));
	assert_int_equal(rph_store_get_goal(store, &(struct rph_id){{9}}, &arena, &canonical),
			 RPH_E_NOT_FOUND);
	assert_int_equal(rph_store_scan_formulations(store, count_formulation, &formulations), 0);
	assert_int_equal(rph_store_scan_goals(store, count_goal, &goals), 0);
	assert_int_equal(formulations, WORLD_TEXTS);
	assert_int_equal(goals, WORLD_GOALS);
	assert_int_equal(rph_store_scan_formulations(store, stop_at_third, &stopped), 42);
	assert_int_equal(stopped, 3);
	rph_arena_free(&arena);
	rph_store_close(store);
}

struct of_one {
	struct rph_id id;
	uint64_t rows, turns;
};

static int check_usage_of(void *context, const struct rph_usage_key *key,
			  const struct rph_usage *usage)
{
	struct of_one *one = context;
	assert_int_equal(rph_id_compare(&key->formulation, &one->id), 0);
	one->rows++;
	one->turns += usage->total.successes + usage->total.failures;
	return 0;
}

static int check_vote_of(void *context, const struct rph_vote_key *key, const struct rph_vote *vote)
{
	struct of_one *one = context;
	assert_int_equal(rph_id_compare(&key->source, &one->id), 0);
	one->rows += rph_vote_count(vote);
	return 0;
}

static void rows_of_one_formulation_are_all_of_its_and_nobody_elses(void **state)
{
	struct place *place = *state;
	struct moment moments[MOMENTS];
	struct rph_keys keys = test_keys(1);
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 24);
	fill(moments, MOMENTS, 4, USERS);
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(apply_moments(store, moments, MOMENTS, 0, 1), 0);
	for (unsigned text = 0; text < WORLD_TEXTS; text++) {
		uint64_t turns = 0, votes = 0;
		for (size_t i = 0; i < MOMENTS; i++) {
			turns += moments[i].text == text;
			turns += moments[i].again && moments[i].later_text == text;
			votes += moments[i].again && moments[i].text == text;
		}
		struct of_one usage = {.id = formulation_of(&keys, text, &arena).id};
		struct of_one vote = usage;
		assert_int_equal(rph_store_scan_usage_of(store, &usage.id, check_usage_of, &usage),
				 0);
		assert_int_equal(rph_store_scan_votes_of(store, &vote.id, check_vote_of, &vote), 0);
		assert_int_equal(usage.turns, turns);
		assert_int_equal(vote.rows, votes);
	}
	rph_arena_free(&arena);
	rph_store_close(store);
}

static void another_text_under_the_same_id_is_damage_and_changes_nothing(void **state)
{
	struct place *place = *state;
	struct moment moments[MOMENTS];
	struct rph_keys keys = test_keys(1);
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 24);
	fill(moments, MOMENTS, 5, USERS);
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(apply_moments(store, moments, MOMENTS, 0, 7), 0);
	struct rph_buffer before = dump(store);
	struct rph_formulation_delta other = formulation_of(&keys, 1, &arena);
	other.text = RPH_SPAN("something else");
	struct rph_formulation_delta fresh = {.id = {{0}}, .locale = RPH_SPAN("en-US")};
	struct rph_formulation_delta both[] = {fresh, other};
	struct rph_deltas deltas = {.formulations = both, .formulation_count = 2};
	struct rph_offset offset = {
		.topic = RPH_SPAN("events"), .partition = RPH_SPAN("0"), .next = 9, .warm_from = 9};
	assert_int_equal(rph_store_apply(store, &deltas, &offset, 1), RPH_E_STATE_CORRUPT);
	struct rph_buffer after = dump(store);
	assert_string_equal(before.text, after.text);
	assert_int_equal(
		rph_store_get_offset(store, offset.topic, offset.partition, &arena, &offset), 0);
	assert_int_equal(offset.next, 7);
	rph_buffer_free(&before);
	rph_buffer_free(&after);
	rph_arena_free(&arena);
	rph_store_close(store);
}

static void offsets_go_forward_with_the_deltas_and_never_back(void **state)
{
	struct place *place = *state;
	struct moment moments[2 * MOMENTS];
	fill(moments, 2 * MOMENTS, 6, USERS);
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(apply_moments(store, moments, MOMENTS, 0, 400), 0);
	struct rph_buffer before = dump(store);
	assert_int_equal(apply_moments(store, moments + MOMENTS, MOMENTS, 0, 399), RPH_E_BAD_INPUT);
	struct rph_buffer after = dump(store);
	assert_string_equal(before.text, after.text);
	assert_int_equal(apply_moments(store, moments + MOMENTS, 0, 0, 400), 0);
	rph_buffer_free(&before);
	rph_buffer_free(&after);
	rph_store_close(store);
}

static void offsets_come_back_whole_and_sorted(void **state)
{
	struct place *place = *state;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	struct rph_offset_raise raises[] = {{90, 1000}, {95, -5}};
	struct rph_offset_cut cuts[] = {{{{2}}, 91, -1, 4}, {{{1}}, 99, 5, 6}};
	struct rph_offset offsets[] = {
		{.topic = RPH_SPAN("log"), .partition = RPH_SPAN("0"), .watermark = INT64_MIN},
		{.topic = RPH_SPAN("file"),
		 .partition = RPH_SPAN("beef"),
		 .next = 100,
		 .warm_from = 90,
		 .watermark = 123456,
		 .warm_watermark = INT64_MIN,
		 .tail_hash = UINT64_MAX,
		 .generation = 3,
		 .raises = raises,
		 .raise_count = 2,
		 .cuts = cuts,
		 .cut_count = 2},
		{.topic = RPH_SPAN("file"), .partition = RPH_SPAN("abba"), .next = 5},
	};
	struct rph_deltas none = {0};
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(rph_store_apply(store, &none, offsets, 3), 0);
	struct rph_offset found, *all;
	size_t count;
	assert_int_equal(
		rph_store_get_offset(store, offsets[1].topic, offsets[1].partition, &arena, &found),
		0);
	assert_int_equal(found.next, 100);
	assert_int_equal(found.warm_from, 90);
	assert_int_equal(found.watermark, 123456);
	assert_true(found.warm_watermark == INT64_MIN);
	assert_true(found.tail_hash == UINT64_MAX);
	assert_int_equal(found.generation, 3);
	assert_int_equal(found.raise_count, 2);
	assert_int_equal(found.raises[1].offset, 95);
	assert_int_equal(found.raises[1].watermark, -5);
	assert_int_equal(found.cut_count, 2);
	assert_int_equal(found.cuts[1].offset, 99);
	assert_int_equal(found.cuts[0].from, -1);
	assert_int_equal(found.cuts[1].to, 6);
	assert_int_equal(rph_store_list_offsets(store, &arena, &all, &count), 0);
	assert_int_equal(count, 3);
	assert_true(rph_span_equal(all[0].partition, RPH_SPAN("abba")));
	assert_int_equal(all[0].generation, 0);
	assert_true(rph_span_equal(all[1].partition, RPH_SPAN("beef")));
	assert_true(rph_span_equal(all[2].topic, RPH_SPAN("log")));
	assert_int_equal(all[1].raises[0].offset, 90);
	assert_int_equal(
		rph_store_get_offset(store, RPH_SPAN("log"), RPH_SPAN("1"), &arena, &found),
		RPH_E_NOT_FOUND);
	rph_arena_free(&arena);
	rph_store_close(store);
}

static bool is_outdated(struct rph_store *store, rph_week week)
{
	struct rph_export_row row;
	assert_int_equal(rph_store_get_export(store, week, &row), 0);
	assert_int_equal(row.week, week);
	return rph_export_is_outdated(&row);
}

static void evidence_outdates_the_exports_of_its_week_and_of_later_ones(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	for (unsigned touched = 0; touched < WORLD_WEEKS; touched++) {
		for (unsigned i = 0; i < WORLD_WEEKS; i++) {
			struct rph_export_row row = {.week = (rph_week)(FIRST_WEEK + i),
						     .digest = {1}};
			assert_int_equal(rph_store_put_export(store, &row), 0);
		}
		assert_int_equal(apply_moments(store, NULL, 0, 0, 1 + 2 * touched), 0);
		for (unsigned i = 0; i < WORLD_WEEKS; i++)
			assert_false(is_outdated(store, (rph_week)(FIRST_WEEK + i)));
		struct moment moment = {.user = 7, .week = (rph_week)(FIRST_WEEK + touched)};
		assert_int_equal(apply_moments(store, &moment, 1, 0, 2 + 2 * touched), 0);
		for (unsigned i = 0; i < WORLD_WEEKS; i++)
			assert_int_equal(is_outdated(store, (rph_week)(FIRST_WEEK + i)),
					 i >= touched);
	}
	rph_store_close(store);
}

static void an_offset_that_makes_no_sense_is_refused(void **state)
{
	struct place *place = *state;
	struct rph_deltas none = {0};
	struct rph_offset_raise raises[] = {{5, 1}, {4, 2}};
	const struct rph_offset bad[] = {
		{.topic = RPH_SPAN(""), .partition = RPH_SPAN("0")},
		{.topic = RPH_SPAN("a\0b"), .partition = RPH_SPAN("0")},
		{.topic = RPH_SPAN("a"), .partition = RPH_SPAN("0"), .next = 1, .warm_from = 2},
		{.topic = RPH_SPAN("a"), .partition = RPH_SPAN("0"), .next = -1, .warm_from = -1},
		{.topic = RPH_SPAN("a"),
		 .partition = RPH_SPAN("0"),
		 .next = 9,
		 .raises = raises,
		 .raise_count = 2},
	};
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	for (size_t i = 0; i < RPH_ARRAY_LEN(bad); i++)
		assert_int_equal(rph_store_apply(store, &none, &bad[i], 1), RPH_E_BAD_INPUT);
	rph_store_close(store);
}

static int count_long_row(void *context, const char *table, struct rph_span key,
			  struct rph_span value)
{
	uint64_t *longest = context;
	(void)table;
	(void)key;
	if (value.len > *longest)
		*longest = value.len;
	return 0;
}

static void scans_see_every_row_of_tables_larger_than_a_chunk(void **state)
{
	struct place *place = *state;
	enum { MANY = 10000 };
	struct rph_said_delta *saids = calloc(MANY, sizeof(*saids));
	struct rph_formulation_delta *texts = calloc(MANY, sizeof(*texts));
	struct random random = {.state = 8};
	for (unsigned i = 0; i < MANY; i++) {
		/* One bot, and a great many texts. */
		saids[i] = (struct rph_said_delta){2900, 7, i};
		texts[i].locale = RPH_SPAN("en-US");
		texts[i].id.bytes[0] = (uint8_t)(i >> 8);
		texts[i].id.bytes[1] = (uint8_t)i;
		texts[i].id.bytes[2] = (uint8_t)random_next(&random);
	}
	struct rph_deltas deltas = {.formulations = texts,
				    .formulation_count = MANY,
				    .saids = saids,
				    .said_count = MANY};
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(rph_store_apply(store, &deltas, NULL, 0), 0);
	unsigned count = 0;
	uint64_t longest = 0;
	assert_int_equal(rph_store_scan_formulations(store, count_formulation, &count), 0);
	assert_int_equal(count, MANY);
	assert_int_equal(rph_store_scan_rows(store, count_long_row, &longest), 0);
	assert_int_equal(longest, MANY * 8 + 9);
	rph_store_close(store);
	free(saids);
	free(texts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_batches_are_cut_does_not_matter),
		TEST(votes_and_turns_add_up_to_what_happened),
		TEST(texts_come_back_as_they_went_in),
		TEST(rows_of_one_formulation_are_all_of_its_and_nobody_elses),
		TEST(another_text_under_the_same_id_is_damage_and_changes_nothing),
		TEST(offsets_go_forward_with_the_deltas_and_never_back),
		TEST(evidence_outdates_the_exports_of_its_week_and_of_later_ones),
		TEST(offsets_come_back_whole_and_sorted),
		TEST(an_offset_that_makes_no_sense_is_refused),
		TEST(scans_see_every_row_of_tables_larger_than_a_chunk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
