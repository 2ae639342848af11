/* SPDX-License-Identifier: Apache-2.0
 *
 * trigger_sinks.h - one attempt to announce an export, each sink's own; for trigger.c.
 */
#ifndef RPH_DAEMON_TRIGGER_SINKS_H
#define RPH_DAEMON_TRIGGER_SINKS_H

#include <stdatomic.h>
#include <uv.h>

#include "daemon/trigger.h"

struct rph_attempt {
	const struct rph_config *config;
	const struct rph_cloud_event *event;
	const atomic_bool *is_stopping;      /* give up soon when it becomes true */
	char sentence[RPH_TRIGGER_SENTENCE]; /* on error: why; no secrets, no text of users */
};

/* On a worker. 0 or an error with a sentence. */

/* SPOOL/ready/ID.json, mode 0640, whole by rename. */
int rph_trigger_spool(struct rph_attempt *attempt) RPH_MUST_CHECK;
/* POST of the whole event; any status but 2xx is a failure, redirects too. */
int rph_trigger_webhook(struct rph_attempt *attempt) RPH_MUST_CHECK;

/* On the loop: a child in a session and process group of its own. Its output's end is kept. When it
 * has ended, what is left of its group is killed. */
enum { RPH_COMMAND_TAIL = 4096 };

struct rph_trigger_command {
	uv_process_t process;
	uv_pipe_t output;
	uv_timer_t limit;
	unsigned open; /* handles not yet closed */
	bool is_late;
	int error; /* RPH_E_IO: it ended with something else than 0 */
	char sentence[RPH_TRIGGER_SENTENCE];
	char tail[RPH_COMMAND_TAIL]; /* a ring */
	uint64_t written;            /* bytes that ever went into it */
	char part[1024];
	/* Called when it has ended and all handles are closed. */
	void (*on_end)(struct rph_trigger_command *command);
};

/* Starts it; on_end is called in any case, never from within this call. */
void rph_trigger_command_start(struct rph_trigger_command *command, uv_loop_t *loop,
			       const struct rph_attempt *attempt);
void rph_trigger_command_kill(struct rph_trigger_command *command);
/* The last of what it wrote, in order. */
void rph_trigger_command_output(const struct rph_trigger_command *command, struct rph_buffer *text);

#endif
