/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

#include <signal.h>
#include <sys/wait.h>

enum { SEEDS = 25, MOMENTS = 300 };

static const uint64_t somebody = UINT64_C(0x0101010101010101) + 1;

static void fill(struct moment *moments, size_t count, uint64_t seed, unsigned users)
{
	struct random random = {.state = seed};
	for (size_t i = 0; i < count; i++) {
		moments[i] = random_moment(&random, users);
		moments[i].arm = random_below(&random, 3) == 0;
	}
}

static struct rph_store *store_of(const char *dir, const struct moment *moments, size_t count,
				  uint64_t without)
{
	struct rph_store *store = open_store(dir, RPH_STORE_CREATE);
	for (size_t i = 0; i < count; i += 100)
		assert_int_equal(apply_moments(store, moments + i,
					       count - i < 100 ? count - i : 100, without,
					       (int64_t)i + 100),
				 0);
	return store;
}

static void a_forgotten_user_leaves_the_store_as_if_never_there(void **state)
{
	struct place *place = *state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct moment moments[MOMENTS];
		struct rph_forgotten forgotten;
		/* From a user alone in the world to one among as many as a row keeps. */
		fill(moments, MOMENTS, seed, 1 + seed * 63 / (SEEDS - 1));
		for (size_t i = 0; i < MOMENTS / 10; i++)
			moments[i * 10].user = somebody;
		struct rph_store *with = store_of(place->store, moments, MOMENTS, 0);
		struct rph_store *without = store_of(place->other, moments, MOMENTS, somebody);
		assert_int_equal(rph_store_forget(with, somebody, &forgotten), 0);
		assert_same_rows(with, without);
		assert_int_equal(forgotten.beyond, 0);
		assert_true(forgotten.usages > 0);
		assert_int_equal(count_faults(with), 0);
		assert_int_equal(rph_store_forget(with, somebody, &forgotten), 0);
		assert_int_equal(forgotten.usages + forgotten.votes + forgotten.formulations +
					 forgotten.goals,
				 0);
		rph_store_close(with);
		rph_store_close(without);
		run_command("rm -r", place->store);
		run_command("rm -r", place->other);
	}
}

static void the_last_user_takes_everything_along(void **state)
{
	struct place *place = *state;
	struct moment moments[MOMENTS];
	struct rph_forgotten forgotten;
	struct rph_store_info info;
	fill(moments, MOMENTS, 9, 1);
	struct rph_store *store = store_of(place->store, moments, MOMENTS, 0);
	assert_int_equal(rph_store_info(store, &info), 0);
	assert_int_equal(rph_store_forget(store, moments[0].user, &forgotten), 0);
	assert_int_equal(forgotten.formulations, info.formulations);
	assert_int_equal(forgotten.goals, info.goals);
	assert_int_equal(forgotten.votes, info.votes);
	assert_int_equal(forgotten.usages, info.usages);
	assert_int_equal(rph_store_info(store, &info), 0);
	assert_int_equal(
		info.formulations + info.goals + info.votes + info.usages + info.users_by_week, 0);
	rph_store_close(store);
}

static void more_users_than_a_row_keeps_are_counted_as_beyond(void **state)
{
	struct place *place = *state;
	enum { MANY = 200 };
	struct moment moments[MANY] = {0};
	struct rph_forgotten forgotten;
	for (unsigned i = 0; i < MANY; i++)
		moments[i] = (struct moment){.user = 1 + i, .week = FIRST_WEEK, .failed = i % 2};
	struct rph_store *store = store_of(place->store, moments, MANY, 0);
	assert_int_equal(rph_store_forget(store, 1, &forgotten), 0);
	assert_int_equal(forgotten.beyond, 1);
	assert_int_equal(forgotten.usages, 1);
	assert_int_equal(rph_store_forget(store, MANY, &forgotten), 0);
	assert_int_equal(forgotten.beyond, 1);
	assert_int_equal(forgotten.usages, 0);
	assert_int_equal(count_faults(store), 0);
	struct rph_store_info info;
	assert_int_equal(rph_store_info(store, &info), 0);
	assert_int_equal(info.users_by_week, MANY - 2);
	assert_int_equal(info.usages, 1);
	rph_store_close(store);
}

static void rewrites_of_forgotten_texts_are_unpublished(void **state)
{
	struct place *place = *state;
	struct rph_keys keys = test_keys(1);
	struct rph_arena arena;
	struct rph_forgotten forgotten;
	rph_arena_init(&arena, 1 << 20);
	struct moment moments[] = {
		{.user = 1, .text = 1, .week = FIRST_WEEK},
		{.user = 2, .text = 2, .week = FIRST_WEEK},
		{.user = 2, .text = 3, .week = FIRST_WEEK},
	};
	struct rph_store *store = store_of(place->store, moments, 3, 0);
	struct rph_id first = formulation_of(&keys, 1, &arena).id;
	struct rph_id second = formulation_of(&keys, 2, &arena).id;
	struct rph_id third = formulation_of(&keys, 3, &arena).id;
	struct rph_published rewrites[2] = {{second, first, 250, 1}, {third, second, 250, 1}};
	if (rph_id_compare(&second, &third) > 0) {
		struct rph_published swapped = rewrites[0];
		rewrites[0] = rewrites[1];
		rewrites[1] = swapped;
	}
	assert_int_equal(rph_store_publish(store, rewrites, 2), 0);
	assert_int_equal(rph_store_forget(store, 1, &forgotten), 0);
	struct rph_published found;
	assert_int_equal(rph_store_get_rewrite(store, &second, &found), RPH_E_NOT_FOUND);
	assert_int_equal(rph_store_get_rewrite(store, &third, &found), 0);
	assert_int_equal(count_faults(store), 0);
	rph_arena_free(&arena);
	rph_store_close(store);
}

/* A bot says more in one week than one transaction takes, each thing once more in other words; one
 * of its many texts was said by somebody else too. */
enum { BOT_TEXTS = 9000 };

static void make_bot_store(const char *dir, bool with_bot)
{
	struct rph_arena arena;
	struct rph_delta_list *list = NULL;
	struct rph_deltas deltas;
	struct rph_id last = {{0}};
	rph_arena_init(&arena, (size_t)1 << 30);
	assert_int_equal(rph_delta_list_new(&list), 0);
	for (unsigned i = 0; with_bot && i < BOT_TEXTS; i++) {
		struct rph_id said =
			add_turn(list, &arena, somebody, i, WORLD_GOALS, FIRST_WEEK, 1, false);
		struct rph_vote_delta vote = {.key = {last, said, somebody, FIRST_WEEK},
					      .vote = {.edges = {1}, .days = 2}};
		if (i)
			assert_int_equal(rph_delta_add_vote(list, &vote), 0);
		last = said;
	}
	add_turn(list, &arena, 5, 1, 1, FIRST_WEEK, 1, false);
	assert_int_equal(rph_delta_list_fold(list, &arena, &deltas), 0);
	struct rph_store *store = open_store(dir, RPH_STORE_CREATE);
	assert_int_equal(rph_store_apply(store, &deltas, NULL, 0), 0);
	rph_store_close(store);
	rph_delta_list_free(list);
	rph_arena_free(&arena);
}

static void a_bot_is_forgotten_in_several_transactions(void **state)
{
	struct place *place = *state;
	struct rph_forgotten forgotten;
	make_bot_store(place->store, true);
	make_bot_store(place->other, false);
	struct rph_store *store = open_store(place->store, RPH_STORE_WRITE);
	struct rph_store *without = open_store(place->other, RPH_STORE_READ);
	assert_int_equal(count_faults(store), 0);
	assert_int_equal(rph_store_forget(store, somebody, &forgotten), 0);
	assert_int_equal(forgotten.votes, BOT_TEXTS - 1);
	assert_int_equal(forgotten.usages, BOT_TEXTS);
	assert_int_equal(forgotten.formulations, BOT_TEXTS - 1);
	assert_same_rows(store, without);
	rph_store_close(store);
	rph_store_close(without);
}

/* In a child, which is killed after `microseconds`. Returns whether it was still at work. */
static bool forget_and_be_killed(const char *dir, useconds_t microseconds)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rph_store *store;
		struct rph_forgotten forgotten;
		if (try_open(dir, RPH_STORE_WRITE, &store) == 0 &&
		    rph_store_forget(store, somebody, &forgotten) == 0)
			_exit(0);
		_exit(1);
	}
	usleep(microseconds);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static void an_interrupted_forget_leaves_no_fault_and_can_be_finished(void **state)
{
	struct place *place = *state;
	struct rph_store *store, *without;
	bool killed = true;
	make_bot_store(place->other, false);
	without = open_store(place->other, RPH_STORE_READ);
	/* Later and later, until it is too late to interrupt. */
	make_bot_store(place->store, true);
	for (useconds_t wait = 1000; killed; wait += wait / 2) {
		killed = forget_and_be_killed(place->store, wait);
		store = open_store(place->store, RPH_STORE_WRITE);
		assert_int_equal(count_faults(store), 0);
		rph_store_close(store);
	}
	store = open_store(place->store, RPH_STORE_READ);
	assert_same_rows(store, without);
	rph_store_close(store);
	rph_store_close(without);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_forgotten_user_leaves_the_store_as_if_never_there),
		TEST(the_last_user_takes_everything_along),
		TEST(more_users_than_a_row_keeps_are_counted_as_beyond),
		TEST(rewrites_of_forgotten_texts_are_unpublished),
		TEST(a_bot_is_forgotten_in_several_transactions),
		TEST(an_interrupted_forget_leaves_no_fault_and_can_be_finished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
