/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/json_keys.h"

#include <xxhash.h>

/* Up to FEW_KEYS each is compared with each; above, a hash table at most half full finds them. */
enum { FEW_KEYS = 16, TABLE_SIZE = 2 * RPH_MAX_KEYS };

static bool same(struct rph_span a, struct rph_span b)
{
	return a.len == b.len && rph_json_same(a.ptr, b.ptr, a.len);
}

static bool is_twice_of_few(const struct rph_span *keys, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (same(keys[i], keys[j]))
				return true;
	return false;
}

static bool is_twice_of_many(const struct rph_span *keys, size_t count)
{
	uint16_t table[TABLE_SIZE] = {0}; /* index in `keys` + 1 */
	for (size_t i = 0; i < count; i++) {
		size_t at = XXH3_64bits(keys[i].ptr, keys[i].len) % TABLE_SIZE;
		for (; table[at] > 0; at = (at + 1) % TABLE_SIZE)
			if (same(keys[i], keys[table[at] - 1]))
				return true;
		table[at] = (uint16_t)(i + 1);
	}
	return false;
}

/* Not inlined: its tables would then lie on the stack once for each level of rph_json_check(). */
__attribute__((noinline)) enum rph_reject rph_json_check_keys(const struct rph_json *json,
							      const uint64_t *object)
{
	struct rph_span keys[RPH_MAX_KEYS];
	size_t count = 0;
	const uint64_t *end = rph_json_end(json, object);
	for (const uint64_t *key = object + 1; key < end; key = rph_json_after(json, key + 1)) {
		if (count == RPH_MAX_KEYS)
			return RPH_REJECT_too_many_items;
		keys[count++] = rph_json_span(json, key);
	}
	bool twice =
		count <= FEW_KEYS ? is_twice_of_few(keys, count) : is_twice_of_many(keys, count);
	return twice ? RPH_REJECT_duplicate_key : RPH_ACCEPTED;
}

enum rph_reject rph_json_check(const struct rph_json *json, const uint64_t *value, unsigned depth,
			       unsigned max_depth)
{
	bool is_object = rph_json_type(value) == RPH_JSON_OBJECT;
	enum rph_reject fault = RPH_ACCEPTED;
	if (!is_object && rph_json_type(value) != RPH_JSON_ARRAY)
		return RPH_ACCEPTED;
	if (depth == max_depth)
		return RPH_REJECT_too_deep;
	if (is_object)
		fault = rph_json_check_keys(json, value);
	const uint64_t *end = rph_json_end(json, value), *at = value + 1;
	while (fault == RPH_ACCEPTED && at < end) {
		const uint64_t *member = is_object ? at + 1 : at;
		fault = rph_json_check(json, member, depth + 1, max_depth);
		at = rph_json_after(json, member);
	}
	return fault;
}
