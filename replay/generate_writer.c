/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/error.h"

enum { BUFFER_BYTES = 256 * 1024 };

int rph_gen_writer_init(struct rph_gen_writer *writer, int fd)
{
	*writer = (struct rph_gen_writer){.fd = fd, .capacity = BUFFER_BYTES};
	writer->buffer = malloc(BUFFER_BYTES);
	return writer->buffer ? 0 : RPH_E_NO_MEMORY;
}

void rph_gen_writer_free(struct rph_gen_writer *writer)
{
	free(writer->buffer);
	*writer = (struct rph_gen_writer){.fd = -1};
}

static void drain(struct rph_gen_writer *writer)
{
	size_t at = 0;
	while (!writer->error && at < writer->len) {
		ssize_t put = write(writer->fd, writer->buffer + at, writer->len - at);
		if (put >= 0)
			at += (size_t)put;
		else if (errno != EINTR)
			writer->error = -errno;
	}
	writer->len = 0;
}

int rph_gen_writer_flush(struct rph_gen_writer *writer)
{
	drain(writer);
	return writer->error;
}

void rph_gen_writer_append(struct rph_gen_writer *writer, struct rph_span text)
{
	RPH_ASSERT(text.len <= writer->capacity);
	if (text.len > writer->capacity - writer->len)
		drain(writer);
	if (writer->error || text.len == 0)
		return;
	memcpy(writer->buffer + writer->len, text.ptr, text.len);
	writer->len += text.len;
	writer->written += text.len;
}
