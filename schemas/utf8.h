/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8.h - well-formed UTF-8 (Unicode 15, table 3-7): no surrogates, no overlong forms, nothing
 * above U+10FFFF.
 */
#ifndef RPH_SCHEMAS_UTF8_H
#define RPH_SCHEMAS_UTF8_H

#include "schemas/base.h"

/* Bytes (1..4) of the well-formed character that starts at text[0] (`left` > 0 bytes are there),
 * with *ret_point set; 0 when there is none. */
size_t rph_utf8_character(const char *text, size_t left, uint32_t *ret_point);

bool rph_utf8_is_valid(struct rph_span text);

/* Code points of a valid text. */
size_t rph_utf8_count(struct rph_span text);

#endif
