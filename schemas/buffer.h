/* SPDX-License-Identifier: Apache-2.0
 *
 * buffer.h - text that grows by appending.
 *
 * The first failure sticks: after it every call is a no-op and `error` says what it was, so a
 * writer appends without looking and checks once at the end. Text is always NUL-terminated. One
 * buffer, one thread.
 */
#ifndef RPH_SCHEMAS_BUFFER_H
#define RPH_SCHEMAS_BUFFER_H

#include "schemas/base.h"

struct rph_buffer {
	char *text;  /* NULL while a growing buffer is empty */
	size_t len;  /* without the NUL */
	size_t size; /* of the memory behind `text` */
	bool fixed;  /* the memory is the caller's and does not grow */
	int error;   /* 0, RPH_E_NO_MEMORY, or RPH_E_ARENA_FULL when a fixed buffer was too small */
};

/* A growing buffer is made with {0}; release it with rph_buffer_free(). */

/* Writes into the caller's `text` of `size` >= 1 bytes; what does not fit is cut. Nothing to free.
 */
struct rph_buffer rph_buffer_fixed(char *text, size_t size);

void rph_buffer_add(struct rph_buffer *buffer, struct rph_span text);
void rph_buffer_add_text(struct rph_buffer *buffer, const char *text);
void rph_buffer_format(struct rph_buffer *buffer, const char *format, ...) RPH_PRINTF(2, 3);
/* `text` broken at spaces so that no line is longer than `width` columns (bytes), each line but
 * the first starting with `indent` spaces; the first starts at column `indent`. */
void rph_buffer_wrap(struct rph_buffer *buffer, const char *text, int indent, int width);

struct rph_span rph_buffer_span(const struct rph_buffer *buffer);

/* Frees a growing buffer's memory; the buffer is empty and usable again, its error forgotten. */
void rph_buffer_free(struct rph_buffer *buffer);

#define RPH_BUFFER_CLEANUP __attribute__((cleanup(rph_buffer_free)))

#endif
