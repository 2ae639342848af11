/* SPDX-License-Identifier: Apache-2.0
 *
 * test_weeks.c - work on complete weeks that is broken off anywhere, and work that is not done
 * again.
 */
#include "week_world.h"

#include <dirent.h>

#include "store/weeks.h"

enum { WEEKS = 3 };

/* A store with people in three weeks, and a directory for their sets. */
struct desk {
	struct place *place;
	struct rph_deployment deployment;
	char parent[96];
	int weeks_begun;
};

/* Says yes to the question after `left` others. */
struct patience {
	int left, asked;
};

static bool is_over(void *context)
{
	struct patience *patience = context;
	patience->asked++;
	return patience->left-- <= 0;
}

static void configure(struct desk *desk, const char *text)
{
	struct rph_config_problems problems = {.count = 0};
	rph_config_free(desk->deployment.config);
	assert_int_equal(rph_config_parse(rph_span_of(text), &desk->deployment.config, &problems),
			 0);
	rph_config_problems_free(&problems);
}

static void open_at(struct desk *desk, const char *store, const char *exports)
{
	struct told told;
	desk->deployment = (struct rph_deployment){.keys = test_keys(1)};
	rph_arena_init(&desk->deployment.arena, (size_t)16 << 20);
	configure(desk, "history:\n  keep_weeks: 520\n");
	desk->deployment.store = open_store(store, RPH_STORE_CREATE);
	snprintf(desk->parent, sizeof(desk->parent), "%s/%s", desk->place->dir, exports);
	begin_telling(&told);
	for (uint64_t user = 1; user <= 9; user++)
		for (unsigned week = 0; week < WEEKS; week++) {
			tell(&told, &kitchen, user, 7 * week + (unsigned)(user % 3));
			tell(&told, week ? &song : &bedroom_ja, user, 7 * week + 3);
		}
	end_telling(&told, desk->deployment.store);
}

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	assert_non_null(desk);
	assert_int_equal(make_place((void **)&desk->place), 0);
	open_at(desk, desk->place->store, "exports");
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *desk = *state;
	rph_deployment_close(&desk->deployment);
	assert_int_equal(remove_place((void **)&desk->place), 0);
	free(desk);
	return 0;
}

static int count_begun(void *context, rph_week week)
{
	struct desk *desk = context;
	(void)week;
	desk->weeks_begun++;
	return 0;
}

static int complete(struct desk *desk, struct patience *patience, struct rph_weeks_report *report)
{
	const struct rph_stop stop = {is_over, patience};
	*report = (struct rph_weeks_report){
		.on_begin = count_begun, .context = desk, .stop = patience ? &stop : NULL};
	rph_buffer_free(&desk->deployment.problem);
	return rph_weeks_complete(&desk->deployment, desk->parent,
				  rph_week_start(THIS_WEEK + WEEKS), true, report);
}

/* Nothing in the making, and what has a final name is whole. */
static void assert_only_whole_weeks(const struct desk *desk)
{
	char path[400];
	DIR *dir = opendir(desk->parent);
	const struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strcmp(entry->d_name, ".lock") == 0)
			continue;
		assert_int_equal(entry->d_name[0], '2');
		snprintf(path, sizeof(path), "%s/%s/_SUCCESS", desk->parent, entry->d_name);
		assert_int_equal(access(path, F_OK), 0);
	}
	if (dir)
		closedir(dir);
}

static void assert_same_exports(const struct desk *a, const struct desk *b)
{
	char command[300];
	snprintf(command, sizeof(command), "diff -r '%s' '%s' >&2", a->parent, b->parent);
	assert_int_equal(system(command), 0);
}

static void assert_published_like(const struct desk *a, const struct desk *b)
{
	struct rph_published one, other;
	struct rph_id source = id_of("en-US", "make the kitchen bright");
	assert_int_equal(rph_store_get_rewrite(a->deployment.store, &source, &one), 0);
	assert_int_equal(rph_store_get_rewrite(b->deployment.store, &source, &other), 0);
	assert_int_equal(rph_id_compare(&one.target, &other.target), 0);
	assert_int_equal(one.generation, other.generation);
}

static void broken_off_at_every_question_it_ends_with_the_same_bytes(void **state)
{
	struct desk *desk = *state;
	struct desk other = {.place = desk->place};
	struct rph_weeks_report report;
	struct patience patience = {.left = 0};
	int err = 0, broken = 0;
	assert_int_equal(complete(desk, NULL, &report), 0);
	assert_int_equal(report.exported, WEEKS);
	open_at(&other, desk->place->other, "broken");
	/* From one patience to the next what is done stays done, so it gets to the end. */
	for (int wait = 0; wait < 1000; wait++) {
		patience = (struct patience){.left = wait % 40};
		err = complete(&other, &patience, &report);
		assert_only_whole_weeks(&other);
		if (!err)
			break;
		assert_int_equal(err, RPH_E_STOPPED);
		assert_int_equal(other.deployment.problem.len, 0);
		broken++;
	}
	assert_int_equal(err, 0);
	assert_true(broken > 2 * WEEKS);
	assert_same_exports(desk, &other);
	assert_published_like(desk, &other);
	rph_deployment_close(&other.deployment);
}

static void an_export_broken_off_leaves_nothing_of_it(void **state)
{
	struct desk *desk = *state;
	struct rph_weeks_report report;
	struct patience patience = {.left = 1};
	assert_int_equal(complete(desk, &patience, &report), RPH_E_STOPPED);
	assert_int_equal(report.exported, 0);
	assert_int_equal(desk->weeks_begun, 1);
	assert_only_whole_weeks(desk);
	struct rph_export_row row;
	assert_int_equal(rph_store_get_export(desk->deployment.store, THIS_WEEK, &row),
			 RPH_E_NOT_FOUND);
}

/* Whether the rewrites were made again; what they are does not change here. */
static bool is_made_again(struct desk *desk)
{
	struct rph_weeks_report report;
	struct patience patience = {.left = 1 << 20};
	assert_int_equal(complete(desk, &patience, &report), 0);
	assert_true(report.published > 0);
	return patience.asked > 0;
}

static void with_nothing_new_nothing_is_done_again(void **state)
{
	struct desk *desk = *state;
	assert_true(is_made_again(desk));
	assert_int_equal(desk->weeks_begun, WEEKS);
	assert_false(is_made_again(desk));
	/* By another process too. */
	desk->deployment.store = rph_store_close(desk->deployment.store);
	desk->deployment.store = open_store(desk->place->store, RPH_STORE_WRITE);
	assert_false(is_made_again(desk));
	assert_int_equal(desk->weeks_begun, WEEKS);
}

static void whatever_could_make_other_rewrites_has_them_made_again(void **state)
{
	struct desk *desk = *state;
	struct rph_store *store = desk->deployment.store;
	struct rph_forgotten forgotten;
	uint64_t rows;
	const struct rph_review review = {.source = id_of("en-US", "make the kitchen bright"),
					  .target = id_of("en-US", "turn on the kitchen light"),
					  .decision = RPH_DECISION_APPROVED};
	assert_true(is_made_again(desk));
	assert_false(is_made_again(desk));
	assert_int_equal(rph_store_put_review(store, &review), 0);
	assert_true(is_made_again(desk));
	assert_false(is_made_again(desk));
	configure(desk, "promotion:\n  min_users: 3\n");
	assert_true(is_made_again(desk));
	assert_false(is_made_again(desk));
	tell_store(store, &kitchen, 20, 21);
	assert_true(is_made_again(desk));
	assert_false(is_made_again(desk));
	assert_int_equal(rph_store_forget(store, 20, &forgotten), 0);
	assert_true(is_made_again(desk));
	assert_int_equal(rph_store_expire(store, THIS_WEEK + 1, NULL, &rows), 0);
	assert_true(is_made_again(desk));
	assert_false(is_made_again(desk));
	/* Rewrites of a review are those of another week, perhaps. */
	assert_int_equal(rph_store_publish(store, NULL, 0), 0);
	assert_true(is_made_again(desk));
}

static void evidence_of_a_later_week_makes_nothing_again(void **state)
{
	struct desk *desk = *state;
	struct told told;
	assert_true(is_made_again(desk));
	begin_telling(&told);
	tell(&told, &kitchen, 30, 7 * WEEKS + 1);
	end_telling(&told, desk->deployment.store);
	assert_false(is_made_again(desk));
}

static void deleting_old_weeks_broken_off_goes_on_where_it_was(void **state)
{
	struct desk *desk = *state;
	struct patience patience;
	struct rph_store_info info;
	uint64_t rows;
	int err = RPH_E_STOPPED, broken = 0;
	const struct rph_stop stop = {is_over, &patience};
	for (int wait = 0; err == RPH_E_STOPPED && wait < 100; wait++) {
		patience = (struct patience){.left = wait};
		err = rph_store_expire(desk->deployment.store, THIS_WEEK + 2, &stop, &rows);
		broken += err == RPH_E_STOPPED;
	}
	assert_int_equal(err, 0);
	assert_true(broken >= 4);
	assert_int_equal(rph_store_info(desk->deployment.store, &info), 0);
	assert_int_equal(info.first_week, THIS_WEEK + 2);
	struct rph_verdict verdict;
	assert_int_equal(rph_store_verify(desk->deployment.store, NULL, NULL, &verdict), 0);
	assert_int_equal(verdict.faults, 0);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(broken_off_at_every_question_it_ends_with_the_same_bytes),
		DESK_TEST(an_export_broken_off_leaves_nothing_of_it),
		DESK_TEST(with_nothing_new_nothing_is_done_again),
		DESK_TEST(whatever_could_make_other_rewrites_has_them_made_again),
		DESK_TEST(evidence_of_a_later_week_makes_nothing_again),
		DESK_TEST(deleting_old_weeks_broken_off_goes_on_where_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
