/* SPDX-License-Identifier: Apache-2.0
 *
 * json_keys.h - what the JSON parser does not check: keys that occur twice in an object, and
 * nesting.
 */
#ifndef RPH_SCHEMAS_JSON_KEYS_H
#define RPH_SCHEMAS_JSON_KEYS_H

#include "schemas/base.h"
#include "schemas/decode_json.h"

/* More in one object are refused, so that no record can make this slow. */
#define RPH_MAX_KEYS 1024

static inline struct rph_span rph_json_span(const struct rph_json *json, const uint64_t *string)
{
	uint32_t len;
	const char *text = rph_json_text(json, string, &len);
	return (struct rph_span){text, len};
}

/* Only the keys of `object` itself, compared unescaped: RPH_ACCEPTED, duplicate_key or
 * too_many_items. */
enum rph_reject rph_json_check_keys(const struct rph_json *json, const uint64_t *object);

/* Checks `value` and all inside it. `depth`: containers open around it; more than `max_depth` open
 * at once is too_deep; else as above. */
enum rph_reject rph_json_check(const struct rph_json *json, const uint64_t *value, unsigned depth,
			       unsigned max_depth);

#endif
