/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "schemas/error.h"

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	memcpy(directory, "/tmp/rph-secret-XXXXXX", sizeof("/tmp/rph-secret-XXXXXX"));
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

/* "DIRECTORY/name"; overwritten by the call after the next three. */
static char *in_directory(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void put_file(const char *path, const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static const char hex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static void the_secret_is_made_once_and_found_again(void **state)
{
	(void)state;
	static struct rph_secret first, second;
	struct stat status;
	const struct rph_secret_places places = {.config_home = in_directory("new/config")};
	assert_int_equal(rph_secret_load(&places, &first), 0);
	assert_true(first.created);
	assert_string_equal(first.path, in_directory("new/config/rephrased/secret"));
	assert_int_equal(stat(first.path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, 65);
	assert_int_equal(status.st_nlink, 1);
	assert_int_equal(stat(in_directory("new/config/rephrased"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(rph_secret_load(&places, &second), 0);
	assert_false(second.created);
	assert_memory_equal(first.bytes, second.bytes, RPH_SECRET_BYTES);
	assert_string_equal(second.sentence, "");
}

static void a_secret_that_must_exist_is_not_made(void **state)
{
	(void)state;
	static struct rph_secret secret;
	struct rph_secret_places places = {.home = in_directory("must"), .must_exist = true};
	assert_int_equal(rph_secret_load(&places, &secret), RPH_E_BAD_SECRET);
	assert_non_null(strstr(secret.sentence, "there is no deployment secret"));
	assert_non_null(strstr(secret.sentence, ".config/rephrased/secret"));
	assert_int_not_equal(access(in_directory("must"), F_OK), 0);
	places.must_exist = false;
	assert_int_equal(rph_secret_load(&places, &secret), 0);
	places.must_exist = true;
	assert_int_equal(rph_secret_load(&places, &secret), 0);
	assert_false(secret.created);
}

static void two_deployments_have_different_secrets(void **state)
{
	(void)state;
	static struct rph_secret first, second;
	const struct rph_secret_places one = {.home = in_directory("a")};
	const struct rph_secret_places two = {.home = in_directory("b")};
	assert_int_equal(rph_secret_load(&one, &first), 0);
	assert_int_equal(rph_secret_load(&two, &second), 0);
	assert_memory_not_equal(first.bytes, second.bytes, RPH_SECRET_BYTES);
	assert_string_equal(first.path, in_directory("a/.config/rephrased/secret"));
}

static void places_are_tried_in_their_order(void **state)
{
	(void)state;
	static struct rph_secret secret;
	static char named[256], credentials[256], config[256];
	snprintf(named, sizeof(named), "%s", in_directory("named"));
	snprintf(credentials, sizeof(credentials), "%s", in_directory("credentials"));
	snprintf(config, sizeof(config), "%s", in_directory("config"));
	struct rph_secret_places places = {.file = named,
					   .credentials_directory = credentials,
					   .config_home = config,
					   .home = "/nonexistent"};
	assert_int_equal(mkdir(in_directory("credentials"), 0700), 0);
	/* A credential of systemd shows its access list as a group permission. */
	put_file(in_directory("credentials/rephrased-secret"), hex, 64, 0440);
	assert_int_equal(rph_secret_load(&places, &secret), 0);
	assert_string_equal(secret.path, in_directory("named"));
	assert_true(secret.created);
	places.file = "";
	assert_int_equal(rph_secret_load(&places, &secret), 0);
	assert_false(secret.created);
	assert_int_equal(secret.bytes[31], 0x1f);
	assert_int_equal(unlink(in_directory("credentials/rephrased-secret")), 0);
	assert_int_equal(rph_secret_load(&places, &secret), 0);
	assert_string_equal(secret.path, in_directory("config/rephrased/secret"));
	places.config_home = "relative/is/ignored";
	places.home = in_directory("home");
	assert_int_equal(rph_secret_load(&places, &secret), 0);
	assert_string_equal(secret.path, in_directory("home/.config/rephrased/secret"));
}

static void a_secret_open_to_others_is_refused(void **state)
{
	(void)state;
	static struct rph_secret secret;
	static const mode_t modes[] = {0640, 0604, 0620, 0610, 0777};
	static const uint8_t zero[RPH_SECRET_BYTES];
	const struct rph_secret_places places = {.file = in_directory("open")};
	for (size_t i = 0; i < RPH_ARRAY_LEN(modes); i++) {
		put_file(places.file, hex, 65, modes[i]);
		assert_int_equal(rph_secret_load(&places, &secret), RPH_E_BAD_SECRET);
		assert_non_null(strstr(secret.sentence, "is open to other users"));
		assert_non_null(strstr(secret.sentence, "chmod 600 "));
		assert_memory_equal(secret.bytes, zero, sizeof(zero));
	}
	put_file(places.file, hex, 65, 0400);
	assert_int_equal(rph_secret_load(&places, &secret), 0);
}

static void a_secret_of_another_form_is_refused_and_kept(void **state)
{
	(void)state;
	static struct rph_secret secret;
	struct stat status;
	static const struct {
		const char *text;
		size_t len;
	} cases[] = {
		{"", 0},
		{hex, 63},
		{"0001\n", 5},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n", 65},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n", 66},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f ", 65},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20", 66},
		{" 00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 65},
	};
	const struct rph_secret_places places = {.file = in_directory("form")};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		put_file(places.file, cases[i].text, cases[i].len, 0600);
		assert_int_equal(rph_secret_load(&places, &secret), RPH_E_BAD_SECRET);
		assert_non_null(strstr(secret.sentence, "64 hexadecimal digits"));
		assert_int_equal(stat(places.file, &status), 0);
		assert_int_equal(status.st_size, cases[i].len);
	}
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	static struct rph_secret secret;
	struct rph_secret_places places = {.file = in_directory("folder")};
	assert_int_equal(mkdir(places.file, 0700), 0);
	assert_int_equal(rph_secret_load(&places, &secret), RPH_E_BAD_SECRET);
	places.file = in_directory("pipe");
	assert_int_equal(mkfifo(places.file, 0600), 0);
	assert_int_equal(rph_secret_load(&places, &secret), RPH_E_BAD_SECRET);
	assert_non_null(strstr(secret.sentence, "is not a file"));
	places.file = in_directory("dangling");
	assert_int_equal(symlink("/nonexistent/secret", places.file), 0);
	assert_int_equal(rph_secret_load(&places, &secret), RPH_E_BAD_SECRET);
	assert_non_null(strstr(secret.sentence, "link to a file that does not exist"));
}

static void without_any_place_the_sentence_says_what_to_set(void **state)
{
	(void)state;
	static struct rph_secret secret;
	const struct rph_secret_places none = {.home = ""};
	assert_int_equal(rph_secret_load(&none, &secret), RPH_E_BAD_SECRET);
	assert_non_null(strstr(secret.sentence, "secret.file"));
	/* A file cannot be a directory, whoever asks. */
	put_file(in_directory("plain"), "", 0, 0600);
	const struct rph_secret_places below_file = {.file = in_directory("plain/secret")};
	assert_int_equal(rph_secret_load(&below_file, &secret), -ENOTDIR);
	assert_non_null(strstr(secret.sentence, "cannot open the deployment secret"));
	char longer[PATH_MAX + 10];
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	const struct rph_secret_places too_long = {.file = longer};
	assert_int_equal(rph_secret_load(&too_long, &secret), -ENAMETOOLONG);
}

static char raced[256]; /* in_directory() is not for threads */

static void *load_in_thread(void *secret)
{
	const struct rph_secret_places places = {.file = raced};
	return (void *)(intptr_t)rph_secret_load(&places, secret);
}

static void starters_at_the_same_time_end_with_one_secret(void **state)
{
	(void)state;
	enum { THREADS = 8, ROUNDS = 20 };
	static struct rph_secret secrets[THREADS];
	snprintf(raced, sizeof(raced), "%s", in_directory("race/secret"));
	for (int round = 0; round < ROUNDS; round++) {
		pthread_t threads[THREADS];
		int created = 0;
		(void)unlink(in_directory("race/secret"));
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(
				pthread_create(&threads[i], NULL, load_in_thread, &secrets[i]), 0);
		for (int i = 0; i < THREADS; i++) {
			void *result;
			assert_int_equal(pthread_join(threads[i], &result), 0);
			assert_null(result);
			created += secrets[i].created;
		}
		assert_int_equal(created, 1);
		for (int i = 1; i < THREADS; i++)
			assert_memory_equal(secrets[0].bytes, secrets[i].bytes, RPH_SECRET_BYTES);
	}
	/* No temporary file is left. */
	assert_int_equal(unlink(in_directory("race/secret")), 0);
	assert_int_equal(rmdir(in_directory("race")), 0);
}

static void wiping_leaves_nothing(void **state)
{
	(void)state;
	static struct rph_secret secret;
	static const uint8_t zero[RPH_SECRET_BYTES];
	const struct rph_secret_places places = {.file = in_directory("wiped")};
	assert_int_equal(rph_secret_load(&places, &secret), 0);
	assert_memory_not_equal(secret.bytes, zero, sizeof(zero));
	rph_secret_wipe(&secret);
	assert_memory_equal(secret.bytes, zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_secret_is_made_once_and_found_again),
		cmocka_unit_test(a_secret_that_must_exist_is_not_made),
		cmocka_unit_test(two_deployments_have_different_secrets),
		cmocka_unit_test(places_are_tried_in_their_order),
		cmocka_unit_test(a_secret_open_to_others_is_refused),
		cmocka_unit_test(a_secret_of_another_form_is_refused_and_kept),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(without_any_place_the_sentence_says_what_to_set),
		cmocka_unit_test(starters_at_the_same_time_end_with_one_secret),
		cmocka_unit_test(wiping_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
