/* SPDX-License-Identifier: Apache-2.0
 *
 * desk.h - a command line for tests: a store with something in it, its secret, and what a command
 * wrote to standard output and standard error.
 */
#ifndef RPH_TESTS_UNIT_DAEMON_DESK_H
#define RPH_TESTS_UNIT_DAEMON_DESK_H

#include <fcntl.h>

#include "../store/week_world.h"

#include <jansson.h>

struct desk {
	struct place *place;
	char secret[80], out[80];
	char *output, *errors; /* of the last command; made by ask() */
};

typedef int run_command_line(int argc, char **argv);

static inline void put_secret(const char *path, const char *first)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "%s%062d\n", first, 0), 65);
	close(fd);
}

static inline int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	assert_non_null(desk);
	assert_int_equal(make_place((void **)&desk->place), 0);
	snprintf(desk->secret, sizeof(desk->secret), "%s/secret", desk->place->dir);
	snprintf(desk->out, sizeof(desk->out), "%s/out", desk->place->dir);
	/* The fixture's keys come from this one. */
	put_secret(desk->secret, "01");
	rph_store_close(open_store(desk->place->store, RPH_STORE_CREATE));
	*state = desk;
	return 0;
}

static inline int close_desk(void **state)
{
	struct desk *desk = *state;
	free(desk->output);
	free(desk->errors);
	assert_int_equal(remove_place((void **)&desk->place), 0);
	free(desk);
	return 0;
}

static inline void tell_desk(const struct desk *desk, const struct tale *tale, uint64_t users)
{
	struct rph_store *store = open_store(desk->place->store, RPH_STORE_WRITE);
	tell_store(store, tale, 1, users);
	rph_store_close(store);
}

static inline int divert(FILE *stream, FILE *file)
{
	fflush(stream);
	int saved = dup(fileno(stream));
	assert_true(saved >= 0);
	assert_true(dup2(fileno(file), fileno(stream)) >= 0);
	return saved;
}

static inline char *restore(FILE *stream, int saved, FILE *file)
{
	fflush(stream);
	assert_true(dup2(saved, fileno(stream)) >= 0);
	close(saved);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	long len = ftell(file);
	assert_true(len >= 0);
	rewind(file);
	char *text = calloc(1, (size_t)len + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)len, file), len);
	fclose(file);
	return text;
}

/* Runs the command; `arguments` ends with NULL and is changed. */
static inline int ask(struct desk *desk, run_command_line *run, char **arguments)
{
	int argc = 0;
	FILE *output = tmpfile(), *errors = tmpfile();
	assert_non_null(output);
	assert_non_null(errors);
	while (arguments[argc])
		argc++;
	int saved_output = divert(stdout, output), saved_errors = divert(stderr, errors);
	int exit_code = run(argc, arguments);
	free(desk->output);
	free(desk->errors);
	desk->output = restore(stdout, saved_output, output);
	desk->errors = restore(stderr, saved_errors, errors);
	return exit_code;
}

/* With --store and --secret of the desk. */
#define ASK(desk, run, ...)                                                            \
	ask((desk), (run),                                                             \
	    (char *[]){(char[]){"command"}, (char[]){"--store"}, (desk)->place->store, \
		       (char[]){"--secret"}, (desk)->secret, __VA_ARGS__, NULL})
/* A string literal as an argument. */
#define A(text) ((char[]){text})

static inline void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in: %s", part, text);
}

static inline void assert_silent_about(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in: %s", part, text);
}

/* The only line of `text` as JSON; json_decref() it. */
static inline json_t *read_json(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s: %s", error.text, text);
	return root;
}

#endif
