/* SPDX-License-Identifier: Apache-2.0
 *
 * json_fault.h - says what is wrong with a text that is not strict JSON (RFC 8259).
 *
 * The hot parser only says that a text is bad, and which of its errors it reports depends on the
 * processor it runs on. A dead letter needs the same reason everywhere, so this slow reader, which
 * builds nothing, looks again at what was refused.
 */
#ifndef RPH_SCHEMAS_JSON_FAULT_H
#define RPH_SCHEMAS_JSON_FAULT_H

#include <stddef.h>

#include "schemas/reject.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The first fault of `text` from left to right, but invalid UTF-8 before all others: empty,
 * not_utf8, not_json (a byte order mark too), trailing_bytes, too_deep (more than `max_depth`
 * containers open), bad_number, bad_escape or nul_character; RPH_ACCEPTED when there is none. Says
 * nothing about duplicate keys and types. */
enum rph_reject rph_json_fault(const char *text, size_t len, unsigned max_depth);

/* What is wrong with the \u escapes of a text that is otherwise well-formed: RPH_ACCEPTED,
 * bad_escape (half of a surrogate pair) or nul_character. */
enum rph_reject rph_json_escape_fault(const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
