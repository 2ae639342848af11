/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_types.c - a table of counted facts about texts and words.
 */
#include "miner/slot_types.h"

#include <stdlib.h>
#include <xxhash.h>

#include "miner/align.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

#define LEAST_ENTRIES 1024u
#define LEAST_WORDINGS 2u

/* The facts of one wording: each counts once, however often it is there. */
struct keys {
	uint64_t *list;
	size_t count, size;
	struct rph_arena *arena;
};

static uint64_t key_of(enum rph_slot_fact fact, struct rph_span locale, struct rph_span name,
		       struct rph_span text)
{
	uint64_t seed = XXH3_64bits_withSeed(locale.ptr, locale.len, (uint64_t)fact);
	seed = XXH3_64bits_withSeed(name.ptr, name.len, seed);
	uint64_t key = XXH3_64bits_withSeed(text.ptr, text.len, seed);
	return key ? key : 1;
}

void rph_slot_types_free(struct rph_slot_types *types)
{
	free(types->entries);
	*types = (struct rph_slot_types){0};
}

static struct rph_slot_entry *entry_of(const struct rph_slot_types *types, uint64_t key)
{
	size_t at = key & (types->size - 1);

	while (types->entries[at].key && types->entries[at].key != key)
		at = (at + 1) & (types->size - 1);
	return &types->entries[at];
}

static int grow(struct rph_slot_types *types)
{
	size_t size = types->size ? 2 * types->size : LEAST_ENTRIES;
	struct rph_slot_types grown = {calloc(size, sizeof(*grown.entries)), types->count, size,
				       types->longest};

	if (!grown.entries)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < types->size; i++)
		if (types->entries[i].key)
			*entry_of(&grown, types->entries[i].key) = types->entries[i];
	free(types->entries);
	*types = grown;
	return 0;
}

static int count_key(struct rph_slot_types *types, uint64_t key)
{
	if (4 * (types->count + 1) > 3 * types->size) {
		int error = grow(types);
		if (error)
			return error;
	}
	struct rph_slot_entry *entry = entry_of(types, key);
	types->count += entry->key == 0;
	entry->key = key;
	entry->count += entry->count < UINT32_MAX;
	return 0;
}

static uint32_t count_of(const struct rph_slot_types *types, uint64_t key)
{
	return types->size ? entry_of(types, key)->count : 0;
}

static int add_key(struct keys *keys, uint64_t key)
{
	if (keys->count == keys->size) {
		size_t size = keys->size ? 2 * keys->size : 64;
		uint64_t *grown = RPH_ARENA_ARRAY(keys->arena, uint64_t, size);
		if (!grown)
			return RPH_E_NO_MEMORY;
		if (keys->count)
			memcpy(grown, keys->list, keys->count * sizeof(*grown));
		keys->list = grown;
		keys->size = size;
	}
	keys->list[keys->count++] = key;
	return 0;
}

static int compare_keys(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

static int count_keys(struct rph_slot_types *types, struct keys *keys)
{
	int error = 0;

	if (keys->count)
		qsort(keys->list, keys->count, sizeof(*keys->list), compare_keys);
	for (size_t i = 0; i < keys->count && !error; i++)
		if (i == 0 || keys->list[i] != keys->list[i - 1])
			error = count_key(types, keys->list[i]);
	return error;
}

/* One wording being read. */
struct reading {
	struct rph_slot_types *types;
	struct rph_normaliser *normaliser;
	const struct rph_slot_lesson *lesson;
	struct rph_seams seams;
	struct keys keys;
};

static struct rph_span name_of(const struct reading *reading, const struct rph_wording_slot *slot)
{
	return reading->lesson->goal->slots[slot->slot].name;
}

static int normal_of(struct reading *reading, uint32_t start, uint32_t end, struct rph_span *ret)
{
	return rph_normalise(reading->normaliser, reading->lesson->locale,
			     rph_seams_cut(&reading->seams, start, end), reading->keys.arena, ret);
}

static int read_value(struct reading *reading, const struct rph_wording_slot *slot)
{
	const struct rph_span locale = reading->lesson->locale;
	struct rph_span value;

	if (slot->slot >= reading->lesson->goal->slot_count || slot->start >= slot->end ||
	    slot->end > reading->seams.count)
		return RPH_E_BAD_INPUT;
	int error = normal_of(reading, slot->start, slot->end, &value);
	size_t length = error ? 0 : rph_utf8_count(value);
	if (length == 0 || length > RPH_SLOT_VALUE_MAX)
		return error;
	if (length > reading->types->longest)
		reading->types->longest = (uint32_t)length;
	error = add_key(&reading->keys,
			key_of(RPH_SLOT_VALUE_OF, locale, name_of(reading, slot), value));
	return error ? error
		     : add_key(&reading->keys,
			       key_of(RPH_SLOT_VALUE, locale, (struct rph_span){0}, value));
}

static int read_word(struct reading *reading, uint32_t start, uint32_t end)
{
	const struct rph_wording *wording = reading->lesson->wording;
	struct rph_span word, name = {0};
	enum rph_slot_fact fact = RPH_SLOT_WORD_OUTSIDE;

	for (uint32_t i = 0; i < wording->slot_count; i++) {
		if (wording->slots[i].start >= end || start >= wording->slots[i].end)
			continue;
		fact = RPH_SLOT_WORD_IN;
		name = name_of(reading, &wording->slots[i]);
	}
	int error = normal_of(reading, start, end, &word);
	if (error || word.len == 0)
		return error;
	return add_key(&reading->keys, key_of(fact, reading->lesson->locale, name, word));
}

int rph_slot_types_learn(struct rph_slot_types *types, struct rph_normaliser *normaliser,
			 const struct rph_slot_lesson *lesson, struct rph_arena *scratch)
{
	struct reading reading = {.types = types,
				  .normaliser = normaliser,
				  .lesson = lesson,
				  .keys = {.arena = scratch}};
	uint32_t start = 0, end = 0;

	int error = rph_seams_find(lesson->wording->text, scratch, &reading.seams);
	for (uint32_t i = 0; i < lesson->wording->slot_count && !error; i++)
		error = read_value(&reading, &lesson->wording->slots[i]);
	while (!error && rph_seams_next_word(&reading.seams, &start, &end))
		error = read_word(&reading, start, end);
	return error ? error : count_keys(types, &reading.keys);
}

int rph_slot_types_recount(struct rph_slot_types *types, struct rph_span locale,
			   struct rph_span normal, struct rph_arena *scratch)
{
	struct keys keys = {.arena = scratch};
	struct rph_seams seams;
	uint32_t start = 0, end = 0;

	int error = rph_seams_find(normal, scratch, &seams);
	while (!error && rph_seams_next_span(&seams, types->longest, &start, &end)) {
		struct rph_span text = rph_seams_cut(&seams, start, end), none = {0};
		if (rph_slot_types_count(types, RPH_SLOT_VALUE, locale, none, text))
			error = add_key(&keys, key_of(RPH_SLOT_SAID, locale, none, text));
	}
	return error ? error : count_keys(types, &keys);
}

uint32_t rph_slot_types_count(const struct rph_slot_types *types, enum rph_slot_fact fact,
			      struct rph_span locale, struct rph_span name, struct rph_span text)
{
	return count_of(types, key_of(fact, locale, name, text));
}

bool rph_slot_types_is_value(const struct rph_slot_types *types, struct rph_span locale,
			     struct rph_span text)
{
	const struct rph_span none = {0};
	uint32_t value = rph_slot_types_count(types, RPH_SLOT_VALUE, locale, none, text);

	return value >= LEAST_WORDINGS &&
	       2 * (uint64_t)value > rph_slot_types_count(types, RPH_SLOT_SAID, locale, none, text);
}
