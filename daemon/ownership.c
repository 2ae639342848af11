/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/error.h"

/* Metadata must be printable ASCII: some versions of the client mangle anything else. */
static void copy_host(char *to, size_t size, const char *from)
{
	size_t len = 0;
	for (; *from && len + 1 < size; from++) {
		bool fine = (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') ||
			    (*from >= '0' && *from <= '9') || *from == '.' || *from == '-';
		to[len] = '_';
		if (fine)
			to[len] = *from;
		len++;
	}
	to[len] = '\0';
}

void rph_owner_here(uint64_t identity, struct rph_owner *ret)
{
	char name[256] = "";
	*ret = (struct rph_owner){.pid = getpid()};
	if (gethostname(name, sizeof(name) - 1))
		name[0] = '\0';
	copy_host(ret->host, sizeof(ret->host), *name ? name : "unknown");
	snprintf(ret->store, sizeof(ret->store), "%016" PRIx64, identity);
}

void rph_owner_write(const struct rph_owner *owner, char text[static RPH_OWNER_TEXT_SIZE])
{
	snprintf(text, RPH_OWNER_TEXT_SIZE, "rephrased/1 store=%s host=%s pid=%" PRId64,
		 owner->store, owner->host, owner->pid);
}

bool rph_owner_read(struct rph_span span, struct rph_owner *ret)
{
	char text[RPH_OWNER_TEXT_SIZE];
	struct rph_owner owner;
	int end = 0;
	if (span.len >= sizeof(text) || memchr(span.ptr ? span.ptr : "", '\0', span.len))
		return false;
	if (span.len && span.ptr)
		memcpy(text, span.ptr, span.len);
	text[span.len] = '\0';
	if (sscanf(text, "rephrased/1 store=%16[0-9a-f] host=%63[A-Za-z0-9._-] pid=%18" SCNd64 "%n",
		   owner.store, owner.host, &owner.pid, &end) != 3)
		return false;
	if (strlen(owner.store) != RPH_STORE_ID_SIZE - 1 || (size_t)end != span.len)
		return false;
	*ret = owner;
	return true;
}

enum rph_claim rph_claim_of(const struct rph_owner *self, int64_t committed,
			    struct rph_span metadata, int64_t next, struct rph_owner *owner)
{
	if (committed < 0)
		return RPH_CLAIM_FREE;
	if (!rph_owner_read(metadata, owner))
		return RPH_CLAIM_UNKNOWN;
	if (strcmp(owner->store, self->store) != 0)
		return RPH_CLAIM_FOREIGN;
	return committed > next ? RPH_CLAIM_AHEAD : RPH_CLAIM_OURS;
}

void rph_claim_sentence(enum rph_claim claim, const char *group, const struct rph_owner *self,
			const struct rph_owner *owner, struct rph_buffer *sentence)
{
	rph_buffer_format(sentence, "consumer group '%s' ", group);
	if (claim == RPH_CLAIM_FOREIGN)
		rph_buffer_format(sentence,
				  "belongs to another store (%s, process %" PRId64
				  " on host %s; this one is %s); stop that service and start this "
				  "one with --take-over, or give this one another kafka.group",
				  owner->store, owner->pid, owner->host, self->store);
	else if (claim == RPH_CLAIM_AHEAD)
		rph_buffer_format(
			sentence,
			"was carried further by this very store (%s) on host %s: what is "
			"here is an older copy; use the newer one, or start this one with "
			"--take-over, it will read on from where it stands",
			owner->store, owner->host);
	else
		rph_buffer_add_text(sentence,
				    "has offsets that rephrased did not commit; give this service "
				    "another kafka.group, or start it with --take-over, which "
				    "replaces them");
}

/* ---- the note in the store ---------------------------------------------------------------------
 */

int rph_owner_note_write(const char *dir, const struct rph_owner *owner)
{
	char text[RPH_OWNER_TEXT_SIZE], *path = NULL, *temporary = NULL;
	rph_owner_write(owner, text);
	if (asprintf(&path, "%s/owner", dir) < 0)
		return RPH_E_NO_MEMORY;
	if (asprintf(&temporary, "%s/owner.tmp", dir) < 0) {
		free(path);
		return RPH_E_NO_MEMORY;
	}
	int err = 0;
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (!err && rename(temporary, path))
		err = -errno;
	free(path);
	free(temporary);
	return err;
}

void rph_owner_note_read(const char *dir, char text[static RPH_OWNER_TEXT_SIZE])
{
	char line[RPH_OWNER_TEXT_SIZE], *path = NULL;
	struct rph_owner owner, self;
	text[0] = '\0';
	if (asprintf(&path, "%s/owner", dir) < 0)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return;
	ssize_t len = read(fd, line, sizeof(line) - 1);
	close(fd);
	rph_owner_here(0, &self);
	if (len <= 0 || !rph_owner_read((struct rph_span){line, (size_t)len}, &owner) ||
	    strcmp(owner.host, self.host) != 0)
		return;
	/* EPERM: it lives, but is another user's. */
	if (kill((pid_t)owner.pid, 0) == 0 || errno == EPERM)
		snprintf(text, RPH_OWNER_TEXT_SIZE, " (process %" PRId64 " on %s)", owner.pid,
			 owner.host);
}
