/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/trigger_file.h"
#include "daemon/trigger_sinks.h"
#include "schemas/error.h"

/* Readable by the group of the spool directory: the trainer is another user. */
enum { MARKER_MODE = 0640, READY_MODE = 02770 };

static int move_into(const char *spool, const char *ready, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX];
	if (snprintf(from, sizeof(from), "%s/%s", spool, name) >= (int)sizeof(from) ||
	    snprintf(to, sizeof(to), "%s/%s", ready, name) >= (int)sizeof(to))
		return -ENAMETOOLONG;
	if (rename(from, to) < 0)
		return -errno;
	int err = rph_trigger_file_sync(ready);
	return err ? err : rph_trigger_file_sync(spool);
}

static int make_ready(const char *spool, char ready[static PATH_MAX])
{
	if (snprintf(ready, PATH_MAX, "%s/ready", spool) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (mkdir(ready, 0770) == 0)
		return chmod(ready, READY_MODE) < 0 ? -errno : 0;
	return errno == EEXIST ? 0 : -errno;
}

int rph_trigger_spool(struct rph_attempt *attempt)
{
	const char *spool = attempt->config->trigger.spool_dir;
	const struct rph_cloud_event *event = attempt->event;
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	char ready[PATH_MAX], name[NAME_MAX];
	snprintf(name, sizeof(name), "%s.json", event->id);
	rph_buffer_format(&text, "%s\n", event->json);
	int err = text.error;
	if (!err)
		err = make_ready(spool, ready);
	/* Beside `ready` and not in it: the path unit looks at whether anything is there. */
	if (!err)
		err = rph_trigger_file_write(spool, name, rph_buffer_span(&text), MARKER_MODE);
	if (!err)
		err = move_into(spool, ready, name);
	if (err)
		snprintf(attempt->sentence, sizeof(attempt->sentence), "%.180s: %s", spool,
			 rph_strerror(err));
	return err;
}
