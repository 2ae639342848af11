/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/dead_letter.h"

#include <jansson.h>
#include <sodium.h>

#include "schemas/error.h"
#include "schemas/json_text.h"

static int add_base64(struct rph_buffer *line, struct rph_span raw, struct rph_arena *arena)
{
	const int variant = sodium_base64_VARIANT_ORIGINAL;
	if (raw.len > SIZE_MAX / 2)
		return RPH_E_NO_MEMORY;
	size_t size = sodium_base64_encoded_len(raw.len, variant);
	char *text = rph_arena_bytes(arena, size);
	if (!text)
		return RPH_E_NO_MEMORY;
	sodium_bin2base64(text, size, (const unsigned char *)(raw.len ? raw.ptr : ""), raw.len,
			  variant);
	rph_json_put_string(line, "raw_base64", (struct rph_span){text, size - 1});
	return 0;
}

int rph_dead_letter_write(const struct rph_dead_letter *letter, struct rph_arena *arena,
			  struct rph_span *ret)
{
	RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
	RPH_ASSERT(letter->reason != RPH_ACCEPTED);
	rph_json_open(&line, '{');
	rph_json_put_string(&line, "topic", letter->topic);
	rph_json_put_integer(&line, "partition", letter->partition);
	rph_json_put_integer(&line, "offset", letter->offset);
	rph_json_put_string(&line, "reason", rph_span_of(rph_reject_name(letter->reason)));
	rph_json_put_string(&line, "key", letter->key);
	rph_json_put_string(&line, "text", rph_span_of(rph_reject_text(letter->reason)));
	int failed = add_base64(&line, letter->raw, arena);
	if (failed)
		return failed;
	rph_json_close(&line, '}');
	rph_buffer_add_text(&line, "\n");
	if (line.error)
		return line.error;
	return rph_arena_copy(arena, rph_buffer_span(&line), ret);
}

static bool reason_of(const json_t *object, enum rph_reject *ret)
{
	const char *name = json_string_value(json_object_get(object, "reason"));
	for (unsigned i = RPH_ACCEPTED + 1; name && i < RPH_REJECT_COUNT; i++) {
		if (strcmp(name, rph_reject_name((enum rph_reject)i)) == 0) {
			*ret = (enum rph_reject)i;
			return true;
		}
	}
	return false;
}

static int copy_text(const json_t *object, const char *key, struct rph_arena *arena,
		     struct rph_span *ret)
{
	const json_t *text = json_object_get(object, key);
	if (!json_is_string(text))
		return RPH_E_BAD_INPUT;
	struct rph_span span = {json_string_value(text), json_string_length(text)};
	return rph_arena_copy(arena, span, ret);
}

static int copy_raw(const json_t *object, struct rph_arena *arena, struct rph_span *ret)
{
	const json_t *text = json_object_get(object, "raw_base64");
	if (!json_is_string(text))
		return RPH_E_BAD_INPUT;
	size_t size = json_string_length(text) / 4 * 3, len;
	char *bytes = rph_arena_bytes(arena, size + 1);
	if (!bytes)
		return RPH_E_NO_MEMORY;
	if (sodium_base642bin((unsigned char *)bytes, size, json_string_value(text),
			      json_string_length(text), NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		return RPH_E_BAD_INPUT;
	*ret = (struct rph_span){bytes, len};
	return 0;
}

static int read_object(const json_t *object, struct rph_arena *arena, struct rph_dead_letter *ret)
{
	const json_t *partition = json_object_get(object, "partition");
	const json_t *offset = json_object_get(object, "offset");
	if (!json_is_integer(partition) || !json_is_integer(offset) ||
	    !reason_of(object, &ret->reason))
		return RPH_E_BAD_INPUT;
	ret->partition = json_integer_value(partition);
	ret->offset = json_integer_value(offset);
	int failed = copy_text(object, "topic", arena, &ret->topic);
	if (!failed)
		failed = copy_text(object, "key", arena, &ret->key);
	if (!failed)
		failed = copy_raw(object, arena, &ret->raw);
	return failed;
}

int rph_dead_letter_read(struct rph_span line, struct rph_arena *arena, struct rph_dead_letter *ret)
{
	json_error_t error;
	json_t *object =
		json_loadb(line.len ? line.ptr : "", line.len, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		return json_error_code(&error) == json_error_out_of_memory ? RPH_E_NO_MEMORY
									   : RPH_E_BAD_INPUT;
	int failed = read_object(object, arena, ret);
	json_decref(object);
	return failed;
}
