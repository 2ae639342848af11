/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/trigger_sinks.h"
#include "schemas/error.h"

enum { KILL_AFTER_MS = 5000 };

static void fail(struct rph_trigger_command *command, const char *what, const char *why)
{
	command->error = RPH_E_IO;
	snprintf(command->sentence, sizeof(command->sentence), "%.120s%.120s", what, why);
}

static void on_closed(uv_handle_t *handle)
{
	struct rph_trigger_command *command = handle->data;
	if (--command->open == 0)
		command->on_end(command);
}

static void close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, on_closed);
}

static void close_all(struct rph_trigger_command *command)
{
	close_handle((uv_handle_t *)&command->process);
	close_handle((uv_handle_t *)&command->output);
	close_handle((uv_handle_t *)&command->limit);
}

/* The whole group: the command may have started others. */
static void signal_group(const struct rph_trigger_command *command, int number)
{
	int pid = uv_process_get_pid(&command->process);
	if (pid > 0)
		uv_kill(-pid, number);
}

static void on_kill(uv_timer_t *timer)
{
	signal_group(timer->data, SIGKILL);
}

static void on_limit(uv_timer_t *timer)
{
	struct rph_trigger_command *command = timer->data;
	command->is_late = true;
	signal_group(command, SIGTERM);
	uv_timer_start(timer, on_kill, KILL_AFTER_MS, 0);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal_number)
{
	struct rph_trigger_command *command = process->data;
	char number[32];
	/* What it left running would have the pipe, and the sandbox, of the service. */
	signal_group(command, SIGKILL);
	snprintf(number, sizeof(number), "%d", signal_number ? signal_number : (int)status);
	if (command->is_late)
		fail(command, "the command took longer than trigger.command_timeout", "");
	else if (signal_number)
		fail(command, "the command was ended by signal ", number);
	else if (status)
		fail(command, "the command ended with exit code ", number);
	close_all(command);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct rph_trigger_command *command = handle->data;
	(void)suggested;
	*ret = uv_buf_init(command->part, sizeof(command->part));
}

/* All of it is read, so that the command never waits for us, and little of it is kept. */
static void on_output(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
	struct rph_trigger_command *command = stream->data;
	if (len < 0)
		uv_read_stop(stream);
	for (ssize_t i = 0; i < len; i++)
		command->tail[command->written++ % RPH_COMMAND_TAIL] = bytes->base[i];
}

void rph_trigger_command_output(const struct rph_trigger_command *command, struct rph_buffer *text)
{
	size_t from = command->written % RPH_COMMAND_TAIL;
	if (command->written > RPH_COMMAND_TAIL)
		rph_buffer_add(text,
			       (struct rph_span){command->tail + from, RPH_COMMAND_TAIL - from});
	rph_buffer_add(text, (struct rph_span){command->tail, from});
}

/* Both streams into one pipe, whose reading end is ours. */
static int spawn(struct rph_trigger_command *command, uv_loop_t *loop, char **arguments,
		 char **environment)
{
	uv_file ends[2];
	int err = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);
	if (err)
		return err;
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_IGNORE},
		{.flags = UV_INHERIT_FD, .data.fd = ends[1]},
		{.flags = UV_INHERIT_FD, .data.fd = ends[1]},
	};
	const uv_process_options_t options = {
		.exit_cb = on_exit_of,
		.file = arguments[0],
		.args = arguments,
		.env = environment,
		.cwd = "/",
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = 3,
		.stdio = stdio,
	};
	err = uv_pipe_open(&command->output, ends[0]);
	if (err)
		close(ends[0]);
	else
		err = uv_spawn(loop, &command->process, &options);
	close(ends[1]);
	return err;
}

static int add_variable(char **environment, size_t at, const char *name, const char *value)
{
	return asprintf(&environment[at], "%s=%s", name, value) < 0 ? RPH_E_NO_MEMORY : 0;
}

/* Nothing of the service's own environment: it may hold addresses and credentials. */
static int make_environment(const struct rph_cloud_event *event, char *environment[static 6])
{
	const struct {
		const char *name, *value;
	} variables[] = {
		{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"LANG", "C.UTF-8"},
		{"REPHRASED_EXPORT_ID", event->id},       {"REPHRASED_EXPORT_WEEK", event->subject},
		{"REPHRASED_EXPORT_DIR", event->dir},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(variables); i++) {
		environment[i] = NULL;
		if (add_variable(environment, i, variables[i].name, variables[i].value)) {
			environment[i] = NULL;
			return RPH_E_NO_MEMORY;
		}
	}
	environment[RPH_ARRAY_LEN(variables)] = NULL;
	return 0;
}

static int start(struct rph_trigger_command *command, uv_loop_t *loop,
		 const struct rph_attempt *attempt)
{
	const struct rph_config_list *words = &attempt->config->trigger.command;
	char *environment[6] = {NULL};
	char **arguments = calloc(words->count + 2, sizeof(*arguments));
	int err = arguments ? make_environment(attempt->event, environment) : RPH_E_NO_MEMORY;
	if (!err) {
		for (size_t i = 0; i < words->count; i++)
			memcpy(&arguments[i], &words->items[i], sizeof(arguments[i]));
		arguments[words->count] = attempt->event->dir;
		err = spawn(command, loop, arguments, environment);
	}
	for (size_t i = 0; i < RPH_ARRAY_LEN(environment); i++)
		free(environment[i]);
	free(arguments);
	return err;
}

void rph_trigger_command_start(struct rph_trigger_command *command, uv_loop_t *loop,
			       const struct rph_attempt *attempt)
{
	/* So that a handle that uv_spawn() never saw can be told apart. */
	memset(&command->process, 0, sizeof(command->process));
	command->is_late = false;
	command->error = 0;
	command->written = 0;
	command->open = 3;
	command->sentence[0] = '\0';
	uv_pipe_init(loop, &command->output, 0);
	uv_timer_init(loop, &command->limit);
	int err = start(command, loop, attempt);
	command->process.data = command->output.data = command->limit.data = command;
	if (err) {
		fail(command, "the command does not start: ", rph_strerror(err));
		if (command->process.loop)
			close_handle((uv_handle_t *)&command->process);
		else
			command->open--;
		close_handle((uv_handle_t *)&command->output);
		close_handle((uv_handle_t *)&command->limit);
		return;
	}
	uv_read_start((uv_stream_t *)&command->output, on_room, on_output);
	uv_timer_start(&command->limit, on_limit,
		       (uint64_t)attempt->config->trigger.command_timeout, 0);
}

void rph_trigger_command_kill(struct rph_trigger_command *command)
{
	signal_group(command, SIGKILL);
}
