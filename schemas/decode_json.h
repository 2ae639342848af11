/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_json.h - the only door to the C++ JSON parser (simdjson): a text in, its values out.
 *
 * The parser turns a text into a row of 64-bit words, its "tape"; the functions below read it
 * without a call into C++ per value. Format, documented by simdjson (doc/tape.md) and the same since
 * its first version: the top 8 bits of a word are a type character, the rest is
 *
 *	{ [	low 32 bits: index of the word after the closing one
 *	"	offset into the string buffer: native uint32 length, bytes, NUL
 *	l u d	nothing; the next word is an int64, a uint64 or a double
 *	t f n	nothing
 *	} ]	close
 *
 * In an object each value follows its key, which is a string. Word 0 is the root's header; the value
 * itself starts at word 1.
 */
#ifndef RPH_SCHEMAS_DECODE_JSON_H
#define RPH_SCHEMAS_DECODE_JSON_H

/* Included by C++, which base.h is not made for. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "schemas/reject.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rph_json_type {
	RPH_JSON_OBJECT = '{',
	RPH_JSON_ARRAY = '[',
	RPH_JSON_STRING = '"',
	RPH_JSON_INTEGER = 'l',  /* fits int64_t */
	RPH_JSON_UNSIGNED = 'u', /* above INT64_MAX, fits uint64_t */
	RPH_JSON_NUMBER = 'd',   /* written with a fraction or an exponent; finite */
	RPH_JSON_TRUE = 't',
	RPH_JSON_FALSE = 'f',
	RPH_JSON_NULL = 'n',
};

/* A parsed text; valid until the reader's next. */
struct rph_json {
	const uint64_t *tape;
	const char *strings;
};

struct rph_json_reader;

/* `max_depth`: how many containers may be open at once (1..1000), the outermost one included.
 * Returns 0 or RPH_E_NO_MEMORY. Owner: the caller. One reader, one thread. */
int rph_json_reader_new(unsigned max_depth, struct rph_json_reader **ret)
	__attribute__((warn_unused_result));
/* NULL is fine; returns NULL. */
struct rph_json_reader *rph_json_reader_free(struct rph_json_reader *reader);

/* Reads one text of at most 1 GiB: well-formed (RFC 8259), valid UTF-8, no half surrogate pairs, no
 * U+0000, numbers within int64, uint64 or double. What is not yet checked: duplicate keys and
 * nesting, see json_keys.h. Returns 0 and sets *ret_fault to RPH_ACCEPTED, with *ret, or to a
 * reason; or returns RPH_E_NO_MEMORY. Allocates only when a text is longer than all before it. */
int rph_json_read(struct rph_json_reader *reader, const char *text, size_t len,
		  struct rph_json *ret, enum rph_reject *ret_fault)
	__attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif

/* A value is a pointer to its word on the tape. */

static inline const uint64_t *rph_json_root(const struct rph_json *json)
{
	return json->tape + 1;
}

static inline enum rph_json_type rph_json_type(const uint64_t *value)
{
	return (enum rph_json_type)(*value >> 56);
}

/* The word after `value` and all that is inside it. */
static inline const uint64_t *rph_json_after(const struct rph_json *json, const uint64_t *value)
{
	switch (rph_json_type(value)) {
	case RPH_JSON_OBJECT:
	case RPH_JSON_ARRAY:
		return json->tape + (uint32_t)*value;
	case RPH_JSON_INTEGER:
	case RPH_JSON_UNSIGNED:
	case RPH_JSON_NUMBER:
		return value + 2;
	default:
		return value + 1;
	}
}

/* The closing word of a container: where the list that starts at container + 1 ends. */
static inline const uint64_t *rph_json_end(const struct rph_json *json, const uint64_t *container)
{
	return json->tape + (uint32_t)*container - 1;
}

/* Of a string: its unescaped bytes; *ret_len is their number. */
static inline const char *rph_json_text(const struct rph_json *json, const uint64_t *string,
					uint32_t *ret_len)
{
	const char *at = json->strings + (*string & UINT64_C(0x00ffffffffffffff));
	memcpy(ret_len, at, sizeof(*ret_len));
	return at + sizeof(*ret_len);
}

static inline int64_t rph_json_integer(const uint64_t *value)
{
	int64_t integer;
	memcpy(&integer, value + 1, sizeof(integer));
	return integer;
}

/* Of any of the three types of number. */
static inline double rph_json_double(const uint64_t *value)
{
	double number;
	memcpy(&number, value + 1, sizeof(number));
	if (rph_json_type(value) == RPH_JSON_INTEGER)
		number = (double)rph_json_integer(value);
	else if (rph_json_type(value) == RPH_JSON_UNSIGNED)
		number = (double)value[1];
	return number;
}

/* Whether two texts of `len` bytes are equal: memcmp() with the short lengths of keys inlined, as
 * two words that may overlap. */
static inline int rph_json_same(const char *a, const char *b, size_t len)
{
	uint64_t a_first = 0, b_first = 0, a_last = 0, b_last = 0;
	if (len > 16)
		return memcmp(a, b, len) == 0;
	if (len >= 8) {
		memcpy(&a_first, a, 8);
		memcpy(&b_first, b, 8);
		memcpy(&a_last, a + len - 8, 8);
		memcpy(&b_last, b + len - 8, 8);
	} else if (len >= 4) {
		memcpy(&a_first, a, 4);
		memcpy(&b_first, b, 4);
		memcpy(&a_last, a + len - 4, 4);
		memcpy(&b_last, b + len - 4, 4);
	} else if (len >= 1) {
		return a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1];
	}
	return a_first == b_first && a_last == b_last;
}

#endif
