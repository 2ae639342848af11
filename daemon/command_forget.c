/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_forget.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "daemon/shell.h"
#include "schemas/error.h"

struct arguments {
	struct rph_common common;
};

static const struct rph_option options[] = {RPH_COMMON_OPTIONS(struct arguments)};

static const struct rph_command command = {
	.name = "forget",
	.summary = "Remove everything that one user contributed to a store.",
	.details = "USER_ID as the log has it; '-' reads it from standard input, so that it does\n"
		   "not appear among the running processes. What the store cannot reach is\n"
		   "printed.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.positionals = "USER_ID|-",
	.min_positionals = 1,
	.max_positionals = 1,
	.example = "echo \"$user_id\" | rephrased forget --store store -",
	.exits = "65  standard input has no user id\n66  there is no store\n"
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
	int exit_code = rph_shell_open(&shell, command.name, &arguments.common, RPH_STORE_WRITE);
	if (!exit_code && rph_span_equal(user_id, RPH_SPAN("-"))) {
		exit_code = read_id(&line, &len);
		user_id = (struct rph_span){line, len};
	}
	if (!exit_code)
		exit_code = forget(&shell, user_id);
	if (line)
		explicit_bzero(line, len);
	free(line);
	return exit_code;
}
