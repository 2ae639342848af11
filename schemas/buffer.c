/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/error.h"

enum { FIRST_SIZE = 256 };

struct rph_buffer rph_buffer_fixed(char *text, size_t size)
{
	RPH_ASSERT(size >= 1);
	text[0] = '\0';
	return (struct rph_buffer){.text = text, .size = size, .fixed = true};
}

/* Room for `more` bytes and the NUL. */
static bool reserve(struct rph_buffer *buffer, size_t more)
{
	if (buffer->error)
		return false;
	if (buffer->size > more && buffer->size - more > buffer->len)
		return true;
	if (buffer->fixed) {
		buffer->error = RPH_E_ARENA_FULL;
		return false;
	}
	size_t size = buffer->size ? buffer->size : FIRST_SIZE;
	while (size <= buffer->len || size - buffer->len <= more) {
		if (__builtin_mul_overflow(size, (size_t)2, &size)) {
			buffer->error = RPH_E_NO_MEMORY;
			return false;
		}
	}
	char *text = realloc(buffer->text, size);
	if (!text) {
		buffer->error = RPH_E_NO_MEMORY;
		return false;
	}
	buffer->text = text;
	buffer->size = size;
	return true;
}

void rph_buffer_add(struct rph_buffer *buffer, struct rph_span text)
{
	if (text.len == 0 || buffer->error)
		return;
	if (!reserve(buffer, text.len)) {
		if (!buffer->fixed)
			return;
		text.len = buffer->size - 1 - buffer->len;
	}
	memcpy(buffer->text + buffer->len, text.ptr, text.len);
	buffer->len += text.len;
	buffer->text[buffer->len] = '\0';
}

void rph_buffer_add_text(struct rph_buffer *buffer, const char *text)
{
	rph_buffer_add(buffer, rph_span_of(text));
}

void rph_buffer_format(struct rph_buffer *buffer, const char *format, ...)
{
	va_list arguments;
	if (buffer->error)
		return;
	size_t left = buffer->size - buffer->len;
	va_start(arguments, format);
	int len = vsnprintf(buffer->text ? buffer->text + buffer->len : NULL, left, format,
			    arguments);
	va_end(arguments);
	RPH_ASSERT(len >= 0);
	if ((size_t)len < left) {
		buffer->len += (size_t)len;
		return;
	}
	if (!reserve(buffer, (size_t)len)) {
		/* A fixed buffer has been filled up to its end; a growing one is left as it was. */
		if (buffer->fixed)
			buffer->len = buffer->size - 1;
		else if (buffer->text)
			buffer->text[buffer->len] = '\0';
		return;
	}
	va_start(arguments, format);
	len = vsnprintf(buffer->text + buffer->len, buffer->size - buffer->len, format, arguments);
	va_end(arguments);
	buffer->len += (size_t)len;
}

void rph_buffer_wrap(struct rph_buffer *buffer, const char *text, int indent, int width)
{
	int column = indent;
	while (*text) {
		int word = (int)strcspn(text, " ");
		if (column > indent && column + 1 + word > width) {
			rph_buffer_format(buffer, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			rph_buffer_add_text(buffer, " ");
			column++;
		}
		rph_buffer_add(buffer, (struct rph_span){text, (size_t)word});
		column += word;
		text += word;
		text += strspn(text, " ");
	}
}

struct rph_span rph_buffer_span(const struct rph_buffer *buffer)
{
	return (struct rph_span){buffer->text, buffer->len};
}

void rph_buffer_free(struct rph_buffer *buffer)
{
	if (buffer->fixed)
		return;
	free(buffer->text);
	*buffer = (struct rph_buffer){0};
}
