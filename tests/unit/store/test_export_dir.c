/* SPDX-License-Identifier: Apache-2.0 */
#include "store/export_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/store/fixture.h"

static struct rph_export_dir *begin(const char *parent)
{
	struct rph_export_dir *dir = NULL;
	assert_int_equal(rph_export_dir_begin(parent, "2026-W46", &dir), 0);
	return dir;
}

static void write_file(struct rph_export_dir *dir, const char *path, const char *text)
{
	assert_int_equal(rph_export_dir_open(dir, path), 0);
	rph_export_dir_write(dir, rph_span_of(text));
}

static struct rph_span read_file(const char *parent, const char *path, char text[4096])
{
	char name[200];
	snprintf(name, sizeof(name), "%s/2026-W46/%s", parent, path);
	FILE *file = fopen(name, "r");
	assert_non_null(file);
	size_t len = fread(text, 1, 4096, file);
	fclose(file);
	return (struct rph_span){text, len};
}

static bool exists(const char *parent, const char *path)
{
	char name[200];
	snprintf(name, sizeof(name), "%s/%s", parent, path);
	return access(name, F_OK) == 0;
}

static void assert_nothing_temporary(const char *parent)
{
	char line[300];
	snprintf(line, sizeof(line), "test -z \"$(find '%s' -name '.*')\"", parent);
	assert_int_equal(system(line), 0);
}

static void a_finished_export_is_whole_and_its_sums_agree(void **state)
{
	struct place *place = *state;
	char text[4096], line[200];
	struct rph_export_dir *dir = begin(place->other); /* made on the way */
	write_file(dir, "train.jsonl", "{\"text\":\"wake me\"}\n");
	write_file(dir, "rasa/nlu.yml", "version: \"3.1\"\n");
	write_file(dir, "bio/th-TH/train/label", "home_dim\n");
	write_file(dir, "empty.jsonl", "");
	assert_false(exists(place->other, "2026-W46"));
	assert_int_equal(rph_export_dir_finish(dir), 0);
	assert_true(rph_span_equal(read_file(place->other, "train.jsonl", text),
				   RPH_SPAN("{\"text\":\"wake me\"}\n")));
	assert_int_equal(read_file(place->other, "_SUCCESS", text).len, 0);
	struct rph_span sums = read_file(place->other, "SHA256SUMS", text);
	assert_int_equal(
		sums.len,
		4 * 66 + strlen("bio/th-TH/train/labelempty.jsonlrasa/nlu.ymltrain.jsonl") + 4);
	assert_memory_equal(sums.ptr + 66 + strlen("bio/th-TH/train/label") + 1,
			    "e3b0c44298fc1c149afbf4c8996fb924"
			    "27ae41e4649b934ca495991b7852b855  empty.jsonl\n",
			    78);
	snprintf(line, sizeof(line), "cd '%s/2026-W46' && sha256sum --strict --quiet -c SHA256SUMS",
		 place->other);
	assert_int_equal(system(line), 0);
	assert_nothing_temporary(place->other);
}

static void the_digest_of_a_file_is_known_before_the_end(void **state)
{
	struct place *place = *state;
	uint8_t digest[32];
	uint64_t bytes;
	struct rph_export_dir *dir = begin(place->dir);
	assert_int_equal(rph_export_dir_open(dir, "a"), 0);
	/* Longer than any buffer, in pieces of awkward sizes. */
	char block[997];
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 300; i++)
		rph_export_dir_write(dir, (struct rph_span){block, sizeof(block)});
	assert_int_equal(rph_export_dir_digest(dir, "b", digest, &bytes), RPH_E_NOT_FOUND);
	assert_int_equal(rph_export_dir_digest(dir, "a", digest, &bytes), 0);
	assert_int_equal(bytes, 300 * sizeof(block));
	write_file(dir, "b", "x");
	assert_int_equal(rph_export_dir_finish(dir), 0);
	char line[300], hex[65];
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	snprintf(line, sizeof(line), "sha256sum '%s/2026-W46/a' | grep -q '^%s '", place->dir, hex);
	assert_int_equal(system(line), 0);
}

static void a_repeated_export_replaces_the_old_one_entirely(void **state)
{
	struct place *place = *state;
	char text[4096];
	struct rph_export_dir *dir = begin(place->dir);
	write_file(dir, "old.jsonl", "old");
	write_file(dir, "folder/old.jsonl", "old");
	write_file(dir, "folder/a/b/old.jsonl", "old");
	assert_int_equal(rph_export_dir_finish(dir), 0);
	dir = begin(place->dir);
	write_file(dir, "train.jsonl", "new");
	assert_true(exists(place->dir, "2026-W46/old.jsonl"));
	assert_int_equal(rph_export_dir_finish(dir), 0);
	assert_false(exists(place->dir, "2026-W46/old.jsonl"));
	assert_false(exists(place->dir, "2026-W46/folder"));
	assert_true(rph_span_equal(read_file(place->dir, "train.jsonl", text), RPH_SPAN("new")));
	assert_nothing_temporary(place->dir);
}

static void an_abandoned_export_leaves_what_was_there(void **state)
{
	struct place *place = *state;
	char text[4096];
	struct rph_export_dir *dir = begin(place->dir);
	write_file(dir, "train.jsonl", "old");
	assert_int_equal(rph_export_dir_finish(dir), 0);
	dir = begin(place->dir);
	write_file(dir, "folder/train.jsonl", "half");
	dir = rph_export_dir_abandon(dir);
	assert_null(dir);
	assert_null(rph_export_dir_abandon(NULL));
	assert_true(rph_span_equal(read_file(place->dir, "train.jsonl", text), RPH_SPAN("old")));
	assert_nothing_temporary(place->dir);
}

static void a_killed_export_is_cleared_away_by_the_next(void **state)
{
	struct place *place = *state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rph_export_dir *dir;
		if (rph_export_dir_begin(place->dir, "2026-W45", &dir) == 0 &&
		    rph_export_dir_open(dir, "folder/train.jsonl") == 0)
			raise(SIGKILL);
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_true(exists(place->dir, ".tmp-2026-W45/folder/train.jsonl"));
	struct rph_export_dir *dir = begin(place->dir);
	write_file(dir, "a", "b");
	assert_int_equal(rph_export_dir_finish(dir), 0);
	assert_nothing_temporary(place->dir);
	assert_false(exists(place->dir, "2026-W45"));
}

static void two_exports_at_once_are_refused(void **state)
{
	struct place *place = *state;
	struct rph_export_dir *dir = begin(place->dir), *second = NULL;
	assert_int_equal(rph_export_dir_begin(place->dir, "2026-W47", &second), -EBUSY);
	assert_null(second);
	rph_export_dir_abandon(dir);
	assert_int_equal(rph_export_dir_begin(place->dir, "2026-W47", &second), 0);
	rph_export_dir_abandon(second);
}

static void paths_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const bad[] = {"",   "/etc/x", "../x", "a/../x",     "a/b/c/d/e", "a/",
					  ".x", "a\nb",   "a\\b", "SHA256SUMS", "_SUCCESS"};
	struct place *place = *state;
	struct rph_export_dir *dir = NULL;
	for (size_t i = 0; i < RPH_ARRAY_LEN(bad); i++) {
		dir = begin(place->dir);
		write_file(dir, "good", "x");
		assert_int_equal(rph_export_dir_open(dir, bad[i]), RPH_E_BAD_INPUT);
		assert_int_equal(rph_export_dir_finish(dir), RPH_E_BAD_INPUT);
	}
	dir = begin(place->dir);
	write_file(dir, "good", "x");
	assert_int_equal(rph_export_dir_open(dir, "good"), -EEXIST);
	assert_int_equal(rph_export_dir_finish(dir), -EEXIST);
	assert_int_equal(rph_export_dir_begin(place->dir, "../x", &dir), RPH_E_BAD_INPUT);
	assert_int_equal(rph_export_dir_begin(place->dir, "", &dir), RPH_E_BAD_INPUT);
	assert_false(exists(place->dir, "2026-W46"));
	assert_nothing_temporary(place->dir);
}

static void what_cannot_be_written_is_not_published(void **state)
{
	struct place *place = *state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit limit = {100000, 100000};
		struct rph_export_dir *dir;
		char block[50000] = "";
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) < 0 ||
		    rph_export_dir_begin(place->dir, "2026-W46", &dir) != 0 ||
		    rph_export_dir_open(dir, "train.jsonl") != 0)
			_exit(2);
		for (int i = 0; i < 10; i++)
			rph_export_dir_write(dir, (struct rph_span){block, sizeof(block)});
		if (rph_export_dir_open(dir, "pairs.jsonl") != -EFBIG)
			_exit(3);
		_exit(rph_export_dir_finish(dir) == -EFBIG ? 0 : 4);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_false(exists(place->dir, "2026-W46"));
	assert_nothing_temporary(place->dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_finished_export_is_whole_and_its_sums_agree),
		TEST(the_digest_of_a_file_is_known_before_the_end),
		TEST(a_repeated_export_replaces_the_old_one_entirely),
		TEST(an_abandoned_export_leaves_what_was_there),
		TEST(a_killed_export_is_cleared_away_by_the_next),
		TEST(two_exports_at_once_are_refused),
		TEST(paths_that_lead_elsewhere_are_refused),
		TEST(what_cannot_be_written_is_not_published),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
