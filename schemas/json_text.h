/* SPDX-License-Identifier: Apache-2.0
 *
 * json_text.h - writes JSON (RFC 8259) into a struct rph_buffer, piece by piece, without a tree.
 *
 * Commas write themselves: a piece puts one before itself unless it starts a document, an object,
 * an array, a line (after '\n') or a value (after its key). The rest is the caller's: open and close
 * in order, a key before each value of an object. Errors stick in the buffer (see buffer.h); check
 * buffer->error once at the end. Same calls, same bytes: no locale, no floating point.
 *
 *	rph_json_open(&line, '{');
 *	rph_json_key(&line, "p");
 *	rph_json_ratio(&line, 238, 256, 4);
 *	rph_json_close(&line, '}');             {"p":0.9297}
 */
#ifndef RPH_SCHEMAS_JSON_TEXT_H
#define RPH_SCHEMAS_JSON_TEXT_H

#include "schemas/buffer.h"

/* '{' or '['. */
void rph_json_open(struct rph_buffer *buffer, char bracket);
/* '}' or ']'; a closing bracket needs no comma before it. */
void rph_json_close(struct rph_buffer *buffer, char bracket);

/* `name` needs no escaping: it is a literal of the program. */
void rph_json_key(struct rph_buffer *buffer, const char *name);

/* A string. Control characters, U+2028 and U+2029, '"' and '\' are escaped, all other text stands
 * as it is. Bytes that are not UTF-8 become U+FFFD, one for each: the output is always valid JSON.
 */
void rph_json_string(struct rph_buffer *buffer, struct rph_span text);
void rph_json_integer(struct rph_buffer *buffer, int64_t value);
void rph_json_unsigned(struct rph_buffer *buffer, uint64_t value);
void rph_json_bool(struct rph_buffer *buffer, bool value);
void rph_json_null(struct rph_buffer *buffer);

/* numerator / denominator as a decimal, rounded half up to `digits` (1..9) places; trailing zeros
 * are dropped but for the first place: 1/256 in 4 digits is 0.0039, 256/256 is 1.0. `denominator` >
 * 0, and numerator / denominator < 2^32. */
void rph_json_ratio(struct rph_buffer *buffer, uint64_t numerator, uint32_t denominator,
		    unsigned digits);

/* Key and value at once. */
void rph_json_put_string(struct rph_buffer *buffer, const char *name, struct rph_span text);
void rph_json_put_integer(struct rph_buffer *buffer, const char *name, int64_t value);
void rph_json_put_unsigned(struct rph_buffer *buffer, const char *name, uint64_t value);
void rph_json_put_bool(struct rph_buffer *buffer, const char *name, bool value);
void rph_json_put_ratio(struct rph_buffer *buffer, const char *name, uint64_t numerator,
			uint32_t denominator, unsigned digits);

#endif
