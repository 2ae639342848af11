/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_forget.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>

#include "daemon/remote.h"
#include "daemon/shell.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

struct arguments {
	struct rph_common common;
};

static const struct rph_option options[] = {RPH_COMMON_OPTIONS(struct arguments)};

static const struct rph_command command = {
	.name = "forget",
	.summary = "Remove everything that one user contributed to a store.",
	.details = "USER_ID as the log has it; '-' reads it from standard input, so that it does\n"
		   "not appear among the running processes. What the store cannot reach is\n"
		   "printed. Beside a running service with http.administration the service\n"
		   "does it.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.positionals = "USER_ID|-",
	.min_positionals = 1,
	.max_positionals = 1,
	.example = "echo \"$user_id\" | rephrased forget --store store -",
	.exits = "65  standard input has no user id, or it is not UTF-8\n66  there is no store\n"
		 "75  another process is writing to the store",
};

/* The first line of standard input. The memory holds a user's id: the caller wipes it. */
static int read_id(char **ret, size_t *ret_len)
{
	char *line = NULL;
	size_t size = 0;
	errno = 0;
	ssize_t len = getline(&line, &size, stdin);
	if (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	if (len > 0) {
		*ret = line;
		*ret_len = (size_t)len;
		return 0;
	}
	int err = ferror(stdin) ? -errno : RPH_E_BAD_INPUT;
	free(line);
	return rph_shell_refuse(command.name, err,
				"standard input: no user id in its first line; write it there or "
				"give it as USER_ID");
}

/* Any of them may hold the user's words, those of weeks that have expired since too. */
static void add_exports(struct rph_shell *shell, const struct rph_store_info *info,
			struct rph_buffer *text)
{
	uint64_t left = info->exports;
	for (uint32_t week = UINT16_MAX; left && week > 0; week--) {
		struct rph_export_row row;
		char name[RPH_WEEK_TEXT_SIZE];
		if (rph_store_get_export(shell->deployment.store, (rph_week)week, &row))
			continue;
		rph_week_format((rph_week)week, name);
		rph_buffer_format(text, "%s %s",
				  left-- == info->exports ? "  - exported weeks:" : ",", name);
	}
	if (info->exports)
		rph_buffer_add_text(text, "; delete their directories and every copy, and write "
					  "them again with 'rephrased export'\n");
}

static void add_counts(const struct rph_forgotten *forgotten, struct rph_buffer *text)
{
	if (!(forgotten->votes | forgotten->usages | forgotten->formulations | forgotten->goals))
		rph_buffer_add_text(text, "nothing of this user is in the store\n");
	rph_buffer_format(text,
			  "removed or reduced: %" PRIu64 " votes, %" PRIu64 " usage rows, %" PRIu64
			  " formulations, %" PRIu64 " goals\n",
			  forgotten->votes, forgotten->usages, forgotten->formulations,
			  forgotten->goals);
	if (forgotten->beyond)
		rph_buffer_format(text,
				  "%" PRIu64 " usage rows count more than %d users: what this user "
				  "may have added to their anonymous totals stays\n",
				  forgotten->beyond, RPH_USAGE_USERS);
}

static int forget(struct rph_shell *shell, struct rph_span user_id)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	struct rph_store_info before;
	struct rph_forgotten forgotten;
	uint64_t user = rph_user_of(&shell->deployment.keys, user_id);
	int err = rph_store_info(shell->deployment.store, &before);
	if (!err)
		err = rph_store_forget(shell->deployment.store, user, &forgotten);
	if (err)
		return rph_shell_fail(
			shell, "not everything is removed yet; run it again, it goes on", err);
	add_counts(&forgotten, &text);
	rph_buffer_add_text(&text,
			    "not covered, and still to be done:\n"
			    "  - the logs themselves: a session that was open when replay "
			    "stopped is read from them again; delete the user there first\n");
	add_exports(shell, &before, &text);
	rph_buffer_add_text(&text,
			    "  - backups of the store, and freed pages of its file until they are "
			    "overwritten; 'mdb_copy -c' makes a copy without them\n");
	return rph_shell_flush(shell, &text);
}

static void print_list(const json_t *root, const char *name, struct rph_buffer *text)
{
	size_t i;
	json_t *item;
	json_array_foreach(json_object_get(root, name), i, item)
		rph_buffer_format(text, "  - %s\n", json_string_value(item));
}

static uint64_t number_of(const json_t *root, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(root, name));
}

static int print_answer(const struct rph_buffer *answer, unsigned status)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	json_t *root = json_loadb(answer->len ? answer->text : "", answer->len, 0, NULL);
	const char *error = json_string_value(json_object_get(root, "error"));
	const struct rph_forgotten forgotten = {
		.votes = number_of(root, "votes"),
		.usages = number_of(root, "usages"),
		.formulations = number_of(root, "formulations"),
		.goals = number_of(root, "goals"),
		.beyond = number_of(root, "beyond"),
	};
	const struct rph_shell shell = {.name = command.name};
	int exit_code = 0;
	if (status == 200 && root) {
		add_counts(&forgotten, &text);
		rph_buffer_add_text(&text, "not covered, and still to be done:\n");
		print_list(root, "not_covered", &text);
		if (json_array_size(json_object_get(root, "exported_weeks")))
			rph_buffer_add_text(&text, "exported weeks:\n");
		print_list(root, "exported_weeks", &text);
		exit_code = rph_shell_flush(&shell, &text);
	} else {
		exit_code = rph_shell_refuse(command.name,
					     status >= 500 ? RPH_E_STORE_BUSY : RPH_E_BAD_INPUT,
					     "the running service: %s",
					     error ? error : "an answer that is not understood");
	}
	json_decref(root);
	return exit_code;
}

/* False: no service takes orders for this store; else it answered, or nobody knows. */
static bool send_order(const char *store, struct rph_span user_id, int *ret_exit_code)
{
	RPH_BUFFER_CLEANUP struct rph_buffer answer = {0};
	struct rph_buffer body = {0};
	unsigned status = 0;
	rph_json_open(&body, '{');
	rph_json_put_string(&body, "user_id", user_id);
	rph_json_close(&body, '}');
	int err = body.error;
	if (!err)
		err = rph_remote_post(store, "/v1/forget", rph_buffer_span(&body), &answer,
				      &status);
	if (body.text)
		explicit_bzero(body.text, body.len);
	rph_buffer_free(&body);
	if (err == RPH_E_NOT_FOUND)
		return false;
	*ret_exit_code = err ? rph_shell_refuse(command.name, err,
						"the running service: %s; forget "
						"once more",
						rph_strerror(err))
			     : print_answer(&answer, status);
	return true;
}

/* In the store, by itself. */
static int forget_here(struct rph_shell *shell, const struct rph_common *common,
		       struct rph_span user_id)
{
	int exit_code = rph_shell_open(shell, command.name, common, RPH_STORE_WRITE);
	rph_shell_hint_busy(command.name, exit_code);
	return exit_code ? exit_code : forget(shell, user_id);
}

int rph_command_forget(int argc, char **argv)
{
	struct arguments arguments = {.common = {0}};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed))
		return rph_shell_unparsed(&parsed);
	RPH_SHELL_CLEANUP struct rph_shell shell = {.name = command.name};
	struct rph_span user_id = rph_span_of(parsed.positionals[0]);
	char *line = NULL;
	size_t len = 0;
	if (!user_id.len)
		return rph_shell_refuse(command.name, RPH_E_USAGE, "USER_ID is empty");
	int exit_code = 0;
	if (rph_span_equal(user_id, RPH_SPAN("-"))) {
		exit_code = read_id(&line, &len);
		user_id = (struct rph_span){line, len};
	}
	if (!exit_code && !rph_utf8_is_valid(user_id))
		exit_code = rph_shell_refuse(command.name, RPH_E_BAD_INPUT,
					     "USER_ID is not UTF-8, as every id in a log is");
	if (!exit_code && !send_order(arguments.common.store, user_id, &exit_code))
		exit_code = forget_here(&shell, &arguments.common, user_id);
	if (line)
		explicit_bzero(line, len);
	free(line);
	return exit_code;
}
