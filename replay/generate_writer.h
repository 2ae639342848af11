/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_writer.h - buffered output to a file descriptor, in large writes.
 *
 * The first error sticks: later calls do nothing and rph_gen_writer_flush() tells it.
 */
#ifndef RPH_REPLAY_GENERATE_WRITER_H
#define RPH_REPLAY_GENERATE_WRITER_H

#include "schemas/base.h"

struct rph_gen_writer {
	int fd; /* the caller's */
	int error;
	char *buffer;
	size_t len, capacity;
	uint64_t written; /* bytes accepted */
};

/* Returns 0 or RPH_E_NO_MEMORY. */
int rph_gen_writer_init(struct rph_gen_writer *writer, int fd) RPH_MUST_CHECK;
/* Frees the buffer, unflushed bytes and all; does not close `fd`. */
void rph_gen_writer_free(struct rph_gen_writer *writer);

void rph_gen_writer_append(struct rph_gen_writer *writer, struct rph_span text);

/* Returns 0 or the first error, -errno. */
int rph_gen_writer_flush(struct rph_gen_writer *writer) RPH_MUST_CHECK;

#endif
