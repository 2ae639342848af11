/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "replay/unpack.h"
#include "schemas/error.h"

enum { BUFFER_BYTES = 1024 * 1024, FIRST_LINE_BYTES = 64 * 1024 };

/* buffer:  0 .. at  already handed out (its end is the tail);  at .. len  to come */
struct rph_log {
	struct rph_unpack *unpack;
	char *buffer;
	size_t at, len, size;
	size_t scanned;    /* no line feed in at .. scanned */
	int64_t position;  /* offset of buffer[at] */
	int64_t hold_from; /* a last line without its end does not come from here on */
	bool at_end;       /* nothing more comes into the buffer */
};

static int open_file(const char *path)
{
	if (strcmp(path, "-") == 0) {
		int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? -errno : fd;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	struct stat status;
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
		close(fd);
		return -EISDIR;
	}
	return fd;
}

int rph_log_open(const char *path, struct rph_log **ret)
{
	int fd = open_file(path);
	if (fd < 0)
		return fd;
	struct rph_unpack *unpack;
	int err = rph_unpack_new(fd, &unpack);
	if (err)
		return err;
	struct rph_log *log = calloc(1, sizeof(*log));
	char *buffer = malloc(BUFFER_BYTES);
	if (!log || !buffer) {
		free(log);
		free(buffer);
		rph_unpack_free(unpack);
		return RPH_E_NO_MEMORY;
	}
	*log = (struct rph_log){
		.unpack = unpack,
		.buffer = buffer,
		.size = BUFFER_BYTES,
		.hold_from = INT64_MAX,
	};
	*ret = log;
	return 0;
}

struct rph_log *rph_log_close(struct rph_log *log)
{
	if (!log)
		return NULL;
	rph_unpack_free(log->unpack);
	free(log->buffer);
	free(log);
	return NULL;
}

/* Drops what was handed out, except the tail. */
static void compact(struct rph_log *log)
{
	if (log->at <= RPH_LOG_TAIL_BYTES)
		return;
	size_t dropped = log->at - RPH_LOG_TAIL_BYTES;
	memmove(log->buffer, log->buffer + dropped, log->len - dropped);
	log->at -= dropped;
	log->len -= dropped;
	log->scanned -= dropped;
}

static int fill(struct rph_log *log)
{
	if (log->len > log->size - log->size / 4)
		compact(log);
	if (log->len > log->size - log->size / 4) {
		char *grown = realloc(log->buffer, log->size * 2);
		if (!grown)
			return RPH_E_NO_MEMORY;
		log->buffer = grown;
		log->size *= 2;
	}
	size_t got;
	int err = rph_unpack_read(log->unpack, log->buffer + log->len, log->size - log->len, &got);
	if (err)
		return err;
	log->at_end = got == 0;
	log->len += got;
	return 0;
}

static char *find_line_feed(struct rph_log *log)
{
	char *found = memchr(log->buffer + log->scanned, '\n', log->len - log->scanned);
	if (!found)
		log->scanned = log->len;
	return found;
}

/* Hands out the next `taken` bytes as one line. */
static void take(struct rph_log *log, size_t len, size_t taken, struct rph_log_line *ret)
{
	const char *text = log->buffer + log->at;
	if (taken > len && len > 0 && text[len - 1] == '\r')
		len--;
	*ret = (struct rph_log_line){
		.text = {text, len},
		.offset = log->position,
		.next_offset = log->position + (int64_t)taken,
	};
	log->at += taken;
	log->position += (int64_t)taken;
	log->scanned = log->at;
}

int rph_log_next(struct rph_log *log, struct rph_log_line *ret, bool *ret_end)
{
	*ret_end = false;
	for (;;) {
		char *line_feed = find_line_feed(log);
		size_t waiting = log->len - log->at;
		if (line_feed) {
			size_t len = (size_t)(line_feed - log->buffer) - log->at;
			take(log, len, len + 1, ret);
			return 0;
		}
		if (waiting >= RPH_LOG_PIECE_BYTES ||
		    (log->at_end && waiting && log->position < log->hold_from)) {
			size_t len = waiting < RPH_LOG_PIECE_BYTES ? waiting : RPH_LOG_PIECE_BYTES;
			take(log, len, len, ret);
			return 0;
		}
		*ret_end = log->at_end;
		int err = log->at_end ? 0 : fill(log);
		if (err || *ret_end)
			return err;
	}
}

bool rph_log_is_empty(const struct rph_log *log)
{
	return log->at_end && log->len == 0;
}

void rph_log_hold_back(struct rph_log *log, int64_t from)
{
	log->hold_from = from;
}

bool rph_log_holds_back(const struct rph_log *log)
{
	return log->at_end && log->at < log->len;
}

int rph_log_first_line(struct rph_log *log, struct rph_span *ret)
{
	RPH_ASSERT(log->position == 0 && log->at == 0);
	char *line_feed = find_line_feed(log);
	while (!line_feed && !log->at_end && log->len < FIRST_LINE_BYTES) {
		int err = fill(log);
		if (err)
			return err;
		line_feed = find_line_feed(log);
	}
	size_t len = line_feed ? (size_t)(line_feed - log->buffer) : log->len;
	log->scanned = 0;
	*ret = (struct rph_span){log->buffer, len < FIRST_LINE_BYTES ? len : FIRST_LINE_BYTES};
	return 0;
}

/* Reads on until buffer[at] is `offset`. */
static int read_up_to(struct rph_log *log, int64_t offset)
{
	while (log->position < offset) {
		int64_t wanted = offset - log->position;
		size_t waiting = log->len - log->at;
		size_t step = (int64_t)waiting < wanted ? waiting : (size_t)wanted;
		log->at += step;
		log->position += (int64_t)step;
		log->scanned = log->at;
		if (log->position == offset)
			break;
		if (log->at_end)
			return RPH_E_LOG_CHANGED;
		compact(log);
		int err = fill(log);
		if (err)
			return err;
	}
	return 0;
}

int rph_log_skip_to(struct rph_log *log, int64_t offset, int64_t checked)
{
	int64_t from = checked - (int64_t)RPH_LOG_TAIL_BYTES;
	if (from > offset)
		from = offset;
	if (from <= 0)
		return read_up_to(log, offset);
	int err = rph_unpack_seek(log->unpack, from);
	if (err && err != -ESPIPE)
		return err;
	if (!err) {
		log->at = log->len = log->scanned = 0;
		log->position = from;
		log->at_end = false;
	}
	return read_up_to(log, offset);
}

uint64_t rph_log_tail_hash(const struct rph_log *log)
{
	size_t len = log->at < RPH_LOG_TAIL_BYTES ? log->at : RPH_LOG_TAIL_BYTES;
	return XXH3_64bits(log->buffer + log->at - len, len);
}

int64_t rph_log_offset(const struct rph_log *log)
{
	return log->position;
}

void rph_log_progress(const struct rph_log *log, uint64_t *ret_done, uint64_t *ret_total)
{
	rph_unpack_progress(log->unpack, ret_done, ret_total);
}
