/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/goal.h"

#include "schemas/error.h"

static int compare_slots(const struct rph_goal_slot *a, const struct rph_goal_slot *b)
{
	int order = rph_span_compare(a->name, b->name);
	return order ? order : rph_span_compare(a->value, b->value);
}

/* By insertion: an interpretation has a handful of slots, often in order already. */
static void sort_slots(struct rph_goal_slot *slots, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct rph_goal_slot slot = slots[i];
		uint32_t at = i;
		for (; at > 0 && compare_slots(&slots[at - 1], &slot) > 0; at--)
			slots[at] = slots[at - 1];
		slots[at] = slot;
	}
}

static bool is_special(char byte)
{
	static const bool special[256] = {['|'] = true, ['='] = true, ['\\'] = true};
	return special[(unsigned char)byte];
}

static size_t count_special(struct rph_span text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += is_special(text.ptr[i]);
	return count;
}

static char *put(char *to, struct rph_span text, bool escape)
{
	/* Names and values are short: a loop costs less than a call. */
	for (size_t i = 0; i < text.len; i++) {
		if (escape && is_special(text.ptr[i]))
			*to++ = '\\';
		*to++ = text.ptr[i];
	}
	return to;
}

static int write_text(struct rph_span text, struct rph_arena *arena, struct rph_span *ret)
{
	char *bytes = rph_arena_bytes(arena, text.len + 1);
	if (!bytes)
		return RPH_E_NO_MEMORY;
	bytes[0] = '=';
	if (text.len > 0)
		memcpy(bytes + 1, text.ptr, text.len);
	*ret = (struct rph_span){bytes, text.len + 1};
	return 0;
}

int rph_goal_write(struct rph_goal *goal, struct rph_arena *arena, struct rph_span *ret)
{
	if (goal->is_text)
		return write_text(goal->text, arena, ret);
	sort_slots(goal->slots, goal->slot_count);
	size_t special = count_special(goal->domain) + count_special(goal->intent);
	size_t len = goal->domain.len + 1 + goal->intent.len;
	for (uint32_t i = 0; i < goal->slot_count; i++) {
		const struct rph_goal_slot *slot = &goal->slots[i];
		special += count_special(slot->name) + count_special(slot->value);
		len += 2 + slot->name.len + slot->value.len;
	}
	len += special;
	char *bytes = rph_arena_bytes(arena, len);
	if (!bytes)
		return RPH_E_NO_MEMORY;
	char *to = put(bytes, goal->domain, special > 0);
	*to++ = '|';
	to = put(to, goal->intent, special > 0);
	for (uint32_t i = 0; i < goal->slot_count; i++) {
		*to++ = '|';
		to = put(to, goal->slots[i].name, special > 0);
		*to++ = '=';
		to = put(to, goal->slots[i].value, special > 0);
	}
	RPH_ASSERT((size_t)(to - bytes) == len);
	*ret = (struct rph_span){bytes, len};
	return 0;
}

/* The state of reading: what is left, and room for the unescaped parts, which are never longer. */
struct reading {
	struct rph_span rest;
	char *room;
};

/* Takes the part up to the next separator or the end, unescaped; false when a '\' stands before
 * anything that needs none. */
static bool take_part(struct reading *reading, struct rph_span *ret)
{
	char *start = reading->room;
	size_t at = 0;
	while (at < reading->rest.len) {
		char byte = reading->rest.ptr[at];
		if (byte == '|' || byte == '=')
			break;
		if (byte == '\\') {
			at++;
			if (at == reading->rest.len || !is_special(reading->rest.ptr[at]))
				return false;
			byte = reading->rest.ptr[at];
		}
		*reading->room++ = byte;
		at++;
	}
	*ret = (struct rph_span){start, (size_t)(reading->room - start)};
	reading->rest = (struct rph_span){reading->rest.ptr + at, reading->rest.len - at};
	return true;
}

static bool take_separator(struct reading *reading, char separator)
{
	if (reading->rest.len == 0 || reading->rest.ptr[0] != separator)
		return false;
	reading->rest = (struct rph_span){reading->rest.ptr + 1, reading->rest.len - 1};
	return true;
}

static uint32_t count_separators(struct rph_span text)
{
	uint32_t count = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\\')
			i++;
		else
			count += text.ptr[i] == '|';
	}
	return count;
}

static bool read_parts(struct reading *reading, struct rph_goal *ret)
{
	if (!take_part(reading, &ret->domain) || !take_separator(reading, '|') ||
	    !take_part(reading, &ret->intent))
		return false;
	while (take_separator(reading, '|')) {
		struct rph_goal_slot *slot = &ret->slots[ret->slot_count++];
		if (!take_part(reading, &slot->name) || !take_separator(reading, '=') ||
		    !take_part(reading, &slot->value))
			return false;
		if (ret->slot_count > 1 && compare_slots(slot - 1, slot) > 0)
			return false;
	}
	return reading->rest.len == 0;
}

int rph_goal_read(struct rph_span canonical, struct rph_arena *arena, struct rph_goal *ret)
{
	*ret = (struct rph_goal){0};
	if (canonical.len > 0 && canonical.ptr[0] == '=') {
		ret->is_text = true;
		return rph_arena_copy(
			arena, (struct rph_span){canonical.ptr + 1, canonical.len - 1}, &ret->text);
	}
	uint32_t separators = count_separators(canonical);
	if (separators == 0)
		return RPH_E_BAD_INPUT;
	ret->slots = RPH_ARENA_ARRAY(arena, struct rph_goal_slot, separators);
	struct reading reading = {canonical, rph_arena_bytes(arena, canonical.len)};
	if (!ret->slots || !reading.room)
		return RPH_E_NO_MEMORY;
	return read_parts(&reading, ret) ? 0 : RPH_E_BAD_INPUT;
}
