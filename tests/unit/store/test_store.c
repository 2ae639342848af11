/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/env.h"

static void an_absent_store_is_told_apart_from_a_damaged_one(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = NULL;
	assert_int_equal(try_open(place->store, RPH_STORE_READ, &store), RPH_E_NO_STORE);
	assert_int_equal(try_open(place->store, RPH_STORE_WRITE, &store), RPH_E_NO_STORE);
	assert_int_equal(mkdir(place->store, 0700), 0);
	assert_int_equal(try_open(place->store, RPH_STORE_READ, &store), RPH_E_NO_STORE);
	assert_null(store);
	char path[100];
	snprintf(path, sizeof(path), "%s/data.mdb", place->store);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 4096; i++)
		fputs("rot", file);
	fclose(file);
	assert_int_equal(try_open(place->store, RPH_STORE_WRITE, &store), RPH_E_STATE_CORRUPT);
	assert_null(store);
}

static void create_leaves_a_whole_private_store_and_nothing_else(void **state)
{
	const struct place *place = *state;
	struct stat made;
	char temporary[100];
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(stat(place->store, &made), 0);
	assert_int_equal(made.st_mode & 0777, 0700);
	snprintf(temporary, sizeof(temporary), "%s.tmp", place->store);
	assert_int_equal(access(temporary, F_OK), -1);
	assert_int_equal(count_faults(store), 0);
	rph_store_close(store);
	store = open_store(place->store, RPH_STORE_CREATE);
	rph_store_close(store);
	store = open_store(place->store, RPH_STORE_READ);
	struct rph_store_info info;
	assert_int_equal(rph_store_info(store, &info), 0);
	assert_int_equal(info.formulations + info.votes + info.usages, 0);
	assert_true(info.first_week > info.last_week);
	assert_true(info.used_bytes > 0 && info.used_bytes < info.map_bytes);
	rph_store_close(store);
}

static void create_works_over_what_a_crash_left_and_in_an_empty_directory(void **state)
{
	const struct place *place = *state;
	char path[100];
	snprintf(path, sizeof(path), "%s.tmp", place->store);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s.tmp/data.mdb", place->store);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("half a page", file);
	fclose(file);
	assert_int_equal(mkdir(place->store, 0755), 0);
	snprintf(path, sizeof(path), "%s///", place->store);
	struct rph_store *store = open_store(path, RPH_STORE_CREATE);
	assert_int_equal(count_faults(store), 0);
	rph_store_close(store);
}

static void create_refuses_a_directory_of_something_else_and_keeps_it(void **state)
{
	const struct place *place = *state;
	char path[100];
	struct rph_store *store = NULL;
	assert_int_equal(mkdir(place->store, 0755), 0);
	snprintf(path, sizeof(path), "%s/letter", place->store);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	int error = try_open(place->store, RPH_STORE_CREATE, &store);
	assert_true(error == -ENOTEMPTY || error == -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s.tmp", place->store);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_store_belongs_to_one_secret(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	rph_store_close(store);
	struct rph_keys keys = test_keys(2);
	struct rph_store_options options = {
		.dir = place->store, .map_bytes = TEST_MAP_BYTES, .keys = &keys};
	store = NULL;
	assert_int_equal(rph_store_open(&options, &store), RPH_E_WRONG_SECRET);
	options.mode = RPH_STORE_WRITE;
	assert_int_equal(rph_store_open(&options, &store), RPH_E_WRONG_SECRET);
	options.keys = NULL;
	assert_int_equal(rph_store_open(&options, &store), 0);
	rph_store_close(store);
	options.dir = place->other;
	options.mode = RPH_STORE_CREATE;
	assert_int_equal(rph_store_open(&options, &store), RPH_E_BAD_SECRET);
}

static void a_newer_format_or_normaliser_is_refused(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(rph_meta_set(store, "normaliser", 2), 0);
	rph_store_close(store);
	assert_int_equal(try_open(place->store, RPH_STORE_WRITE, &store), RPH_E_STATE_NEWER);
	struct rph_keys keys = test_keys(1);
	struct rph_store_options options = {.dir = place->store,
					    .mode = RPH_STORE_WRITE,
					    .map_bytes = TEST_MAP_BYTES,
					    .keys = &keys,
					    .normaliser_version = 3};
	assert_int_equal(rph_store_open(&options, &store), 0);
	rph_store_close(store);
	options.normaliser_version = 2;
	assert_int_equal(rph_store_open(&options, &store), RPH_E_STATE_NEWER);
	options.normaliser_version = 3;
	assert_int_equal(rph_store_open(&options, &store), 0);
	assert_int_equal(rph_meta_set(store, "format", RPH_STORE_FORMAT + 1), 0);
	rph_store_close(store);
	assert_int_equal(rph_store_open(&options, &store), RPH_E_STATE_NEWER);
}

static void a_second_writer_is_busy_until_the_first_is_gone(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_store *second = NULL;
	assert_int_equal(try_open(place->store, RPH_STORE_WRITE, &second), RPH_E_STORE_BUSY);
	rph_store_close(store);
	second = open_store(place->store, RPH_STORE_WRITE);
	rph_store_close(second);
}

/* Opens the store in a child, which then waits to be killed. Returns its id. */
static pid_t child_that_writes(const struct place *place)
{
	int fds[2];
	char ready;
	assert_int_equal(pipe(fds), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rph_store *store;
		ready = try_open(place->store, RPH_STORE_WRITE, &store) == 0 ? 'y' : 'n';
		if (write(fds[1], &ready, 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(fds[0], &ready, 1), 1);
	assert_int_equal(ready, 'y');
	close(fds[0]);
	close(fds[1]);
	return child;
}

static void a_killed_writer_leaves_no_lock_and_a_reader_needs_none(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	rph_store_close(store);
	pid_t child = child_that_writes(place);
	assert_int_equal(try_open(place->store, RPH_STORE_WRITE, &store), RPH_E_STORE_BUSY);
	store = open_store(place->store, RPH_STORE_READ);
	assert_int_equal(count_faults(store), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	rph_store_close(store);
	store = open_store(place->store, RPH_STORE_WRITE);
	rph_store_close(store);
}

static void a_store_opened_for_reading_refuses_to_write(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	rph_store_close(store);
	store = open_store(place->store, RPH_STORE_READ);
	struct rph_deltas none = {0};
	uint64_t rows;
	assert_int_equal(rph_store_apply(store, &none, NULL, 0), -EROFS);
	assert_int_equal(rph_store_expire(store, 3, NULL, &rows), -EROFS);
	rph_store_close(store);
}

static void children_do_not_inherit_the_data_file(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	char link[64], target[200];
	for (int fd = 3; fd < 256; fd++) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		ssize_t len = readlink(link, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (strstr(target, place->store))
			assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	rph_store_close(store);
}

static void a_full_map_leaves_the_store_as_it_was_and_usable(void **state)
{
	const struct place *place = *state;
	enum { MOMENTS = 4000 };
	struct moment *moments = calloc(MOMENTS, sizeof(*moments));
	struct random random = {.state = 5};
	for (int i = 0; i < MOMENTS; i++)
		moments[i] = random_moment(&random, 1000);
	rph_store_close(open_store(place->store, RPH_STORE_CREATE));
	struct rph_keys keys = test_keys(1);
	struct rph_store_options options = {.dir = place->store,
					    .mode = RPH_STORE_WRITE,
					    .map_bytes = 512 * 1024,
					    .keys = &keys};
	struct rph_store *store;
	assert_int_equal(rph_store_open(&options, &store), 0);
	assert_int_equal(apply_moments(store, moments, 50, 0, 50), 0);
	struct rph_buffer before = dump(store);
	assert_int_equal(apply_moments(store, moments + 50, MOMENTS - 50, 0, MOMENTS),
			 RPH_E_MAP_FULL);
	struct rph_buffer after = dump(store);
	assert_string_equal(before.text, after.text);
	assert_int_equal(apply_moments(store, moments + 50, 10, 0, 60), 0);
	assert_int_equal(count_faults(store), 0);
	rph_store_close(store);
	rph_buffer_free(&before);
	rph_buffer_free(&after);
	free(moments);
}

/* The file may not grow: the commit's writes fail as on a full disk. */
static void write_with_no_room(const struct place *place, const struct moment *moments,
			       size_t count)
{
	struct rph_store *store = open_store(place->store, RPH_STORE_WRITE);
	struct rlimit limit = {64 * 1024, 64 * 1024};
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		_exit(2);
	if (apply_moments(store, moments, count, 0, (int64_t)count) != RPH_E_COMMIT_FAILED)
		_exit(3);
	/* Nobody may go on with what the kernel may have dropped. */
	struct rph_store_info info;
	if (rph_store_info(store, &info) != RPH_E_COMMIT_FAILED ||
	    apply_moments(store, moments, 1, 0, 1) != RPH_E_COMMIT_FAILED)
		_exit(4);
	rph_store_close(store);
	_exit(0);
}

static void a_failed_commit_makes_the_handle_unusable_and_loses_nothing(void **state)
{
	const struct place *place = *state;
	enum { MOMENTS = 2000 };
	struct moment *moments = calloc(MOMENTS, sizeof(*moments));
	struct random random = {.state = 6};
	for (int i = 0; i < MOMENTS; i++)
		moments[i] = random_moment(&random, 500);
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(apply_moments(store, moments, 20, 0, 0), 0);
	struct rph_buffer before = dump(store);
	rph_store_close(store);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_with_no_room(place, moments, MOMENTS);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	store = open_store(place->store, RPH_STORE_WRITE);
	struct rph_buffer after = dump(store);
	assert_string_equal(before.text, after.text);
	assert_int_equal(count_faults(store), 0);
	rph_store_close(store);
	rph_buffer_free(&before);
	rph_buffer_free(&after);
	free(moments);
}

static struct rph_id id_of(uint8_t number)
{
	return (struct rph_id){{number}};
}

static int count_review(void *context, const struct rph_review *review)
{
	(void)review;
	++*(int *)context;
	return 0;
}

static void decisions_are_kept_replaced_and_taken_back(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	struct rph_review review = {.source = id_of(1),
				    .target = id_of(2),
				    .decision = RPH_DECISION_DENIED,
				    .at = 1234,
				    .who = RPH_SPAN("reviewer"),
				    .note = RPH_SPAN("not the same thing")};
	struct rph_review found;
	int count = 0;
	assert_int_equal(
		rph_store_get_review(store, &review.source, &review.target, &arena, &found),
		RPH_E_NOT_FOUND);
	assert_int_equal(rph_store_put_review(store, &review), 0);
	assert_int_equal(
		rph_store_get_review(store, &review.source, &review.target, &arena, &found), 0);
	assert_int_equal(found.decision, RPH_DECISION_DENIED);
	assert_int_equal(found.at, 1234);
	assert_true(rph_span_equal(found.who, review.who));
	assert_true(rph_span_equal(found.note, review.note));
	review.decision = RPH_DECISION_APPROVED;
	assert_int_equal(rph_store_put_review(store, &review), 0);
	assert_int_equal(rph_store_scan_reviews(store, count_review, &count), 0);
	assert_int_equal(count, 1);
	review.decision = RPH_DECISION_NONE;
	assert_int_equal(rph_store_put_review(store, &review), 0);
	assert_int_equal(rph_store_put_review(store, &review), 0);
	assert_int_equal(
		rph_store_get_review(store, &review.source, &review.target, &arena, &found),
		RPH_E_NOT_FOUND);
	rph_arena_free(&arena);
	rph_store_close(store);
}

static void publishing_replaces_the_whole_table(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_published rewrites[3] = {{id_of(1), id_of(9), 200, 1},
					    {id_of(2), id_of(9), 256, 1},
					    {id_of(4), id_of(8), 1, 1}};
	struct rph_published found;
	assert_int_equal(rph_store_publish(store, rewrites, 3), 0);
	assert_int_equal(rph_store_get_rewrite(store, &rewrites[1].source, &found), 0);
	assert_int_equal(found.p, 256);
	assert_int_equal(rph_id_compare(&found.target, &rewrites[1].target), 0);
	rewrites[0].generation = UINT64_MAX;
	assert_int_equal(rph_store_publish(store, rewrites, 1), 0);
	assert_int_equal(rph_store_get_rewrite(store, &rewrites[1].source, &found),
			 RPH_E_NOT_FOUND);
	assert_int_equal(rph_store_get_rewrite(store, &rewrites[0].source, &found), 0);
	assert_true(found.generation == UINT64_MAX);
	rewrites[1].source = rewrites[0].source;
	assert_int_equal(rph_store_publish(store, rewrites, 2), RPH_E_BAD_INPUT);
	assert_int_equal(rph_store_get_rewrite(store, &rewrites[0].source, &found), 0);
	rph_store_close(store);
}

static void an_export_is_remembered_by_its_week(void **state)
{
	const struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_export_row row = {.week = 2920, .digest = {1, 2, 3}}, found;
	assert_int_equal(rph_store_put_export(store, &row), 0);
	row.digest[31] = 4;
	assert_int_equal(rph_store_put_export(store, &row), 0);
	assert_int_equal(rph_store_get_export(store, 2921, &found), RPH_E_NOT_FOUND);
	assert_int_equal(rph_store_get_export(store, 2920, &found), 0);
	assert_int_equal(found.week, 2920);
	assert_memory_equal(found.digest, row.digest, sizeof(row.digest));
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_absent_store_is_told_apart_from_a_damaged_one),
		TEST(create_leaves_a_whole_private_store_and_nothing_else),
		TEST(create_works_over_what_a_crash_left_and_in_an_empty_directory),
		TEST(create_refuses_a_directory_of_something_else_and_keeps_it),
		TEST(a_store_belongs_to_one_secret),
		TEST(a_newer_format_or_normaliser_is_refused),
		TEST(a_second_writer_is_busy_until_the_first_is_gone),
		TEST(a_killed_writer_leaves_no_lock_and_a_reader_needs_none),
		TEST(a_store_opened_for_reading_refuses_to_write),
		TEST(children_do_not_inherit_the_data_file),
		TEST(a_full_map_leaves_the_store_as_it_was_and_usable),
		TEST(a_failed_commit_makes_the_handle_unusable_and_loses_nothing),
		TEST(decisions_are_kept_replaced_and_taken_back),
		TEST(publishing_replaces_the_whole_table),
		TEST(an_export_is_remembered_by_its_week),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
