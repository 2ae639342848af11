/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_links.c - the way from a row's text to its label.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/week_links.h"

static struct rph_id id_of(uint8_t number)
{
	struct rph_id id = {{0}};
	id.bytes[0] = number;
	return id;
}

/* `users` people said `target`, a wording of `goal`, after the source. */
static void add(struct rph_week_links *links, uint8_t target, uint8_t goal, const char *text,
		uint32_t users)
{
	struct rph_pair pair = {.target = id_of(target), .users = users, .all_users = users};
	struct rph_outcome outcome = {.goal = id_of(goal)};
	const struct rph_pair_view view = {
		.target = rph_span_of(text), .pair = &pair, .target_outcome = &outcome};

	pair.source = id_of(99);
	pair.user_weeks = users;
	pair.evidence = UINT64_C(200) * users;
	assert_int_equal(rph_week_links_add(links, &view), 0);
}

static void expect_way(const struct rph_week_links *links, uint8_t target, uint8_t goal,
		       uint32_t expected, const char *via)
{
	const struct rph_week_aim aim = {id_of(target), id_of(goal)};
	struct rph_span found = {"", 0};
	struct rph_arena arena;
	uint32_t count;

	rph_arena_init(&arena, SIZE_MAX);
	assert_int_equal(rph_week_links_way(links, &aim, &arena, &count, &found), 0);
	assert_int_equal(count, expected);
	assert_true(rph_span_equal(found, rph_span_of(via)));
	rph_arena_free(&arena);
}

static void what_people_said_next_is_one_step(void **state)
{
	struct rph_week_links links;
	(void)state;

	rph_week_links_init(&links);
	add(&links, 1, 1, "other wording", 90);
	add(&links, 2, 1, "target", 1);
	expect_way(&links, 2, 1, 2, "");
	rph_week_links_free(&links);
}

static void another_wording_of_the_goal_is_the_way_to_its_best_one(void **state)
{
	struct rph_week_links links;
	(void)state;

	rph_week_links_init(&links);
	add(&links, 1, 1, "weak", 6);
	add(&links, 3, 1, "strong", 9);
	add(&links, 4, 1, "as strong", 9);
	add(&links, 5, 2, "other goal", 50);
	expect_way(&links, 2, 1, 3, "strong");
	rph_week_links_free(&links);
}

static void what_nobody_said_and_other_goals_are_no_way(void **state)
{
	struct rph_week_links links;
	(void)state;

	rph_week_links_init(&links);
	add(&links, 2, 1, "target", 0);
	add(&links, 5, 2, "other goal", 50);
	expect_way(&links, 2, 1, 0, "");
	add(&links, 1, 1, "wording", 1);
	expect_way(&links, 2, 1, 3, "wording");
	rph_week_links_clear(&links);
	expect_way(&links, 2, 1, 0, "");
	rph_week_links_free(&links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_said_next_is_one_step),
		cmocka_unit_test(another_wording_of_the_goal_is_the_way_to_its_best_one),
		cmocka_unit_test(what_nobody_said_and_other_goals_are_no_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
