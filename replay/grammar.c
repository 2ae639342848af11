/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/grammar.h"

#include <stdio.h>

#include "replay/grammar_build.h"
#include "replay/grammar_tables.h"
#include "replay/random.h"
#include "schemas/error.h"

/* Of ten wordings of an intent the NLU was never trained on about three. */
enum { UNKNOWN_PER_MILLE = 320, MISREAD_PER_MILLE = 400 };

struct rph_span rph_language_tag(unsigned index)
{
	RPH_ASSERT(index < RPH_LANGUAGE_COUNT);
	return rph_grammar_tables[index].tag;
}

unsigned rph_language_goal(const struct rph_language *language, enum rph_intent intent,
			   const uint16_t values[static RPH_INTENT_SLOTS_MAX])
{
	const struct rph_intent_shape *shape = &rph_intent_shapes[intent];
	unsigned at = language->first_goal[intent];
	if (shape->slot_count == 1)
		at += values[0];
	if (shape->slot_count == 2)
		at += values[0] * language->value_counts[shape->slots[1]] + values[1];
	return at;
}

/* Somebody who designs an assistant confuses neighbours: the same slots, or the same domain. */
static enum rph_intent misread_as(enum rph_intent intent, uint64_t hash)
{
	if (hash % 1000 >= MISREAD_PER_MILLE)
		return RPH_INTENT_NONE;
	const struct rph_intent_shape *shape = &rph_intent_shapes[intent];
	unsigned start = (unsigned)((hash >> 32) % RPH_INTENT_COUNT);
	for (unsigned i = 0; i < RPH_INTENT_COUNT; i++) {
		enum rph_intent other = (start + i) % RPH_INTENT_COUNT;
		const struct rph_intent_shape *near = &rph_intent_shapes[other];
		bool like = rph_span_equal(near->domain, shape->domain) ||
			    (shape->slot_count > 0 && near->slots[0] == shape->slots[0]);
		if (other != intent && like && !near->control)
			return other;
	}
	return start == intent || rph_intent_shapes[start].control ? RPH_INTENT_MUSIC_PLAY : start;
}

static uint64_t text_hash(uint64_t seed, struct rph_span text)
{
	uint64_t hash = rph_mix(seed);
	for (size_t i = 0; i < text.len; i++)
		hash = rph_mix2(hash, (unsigned char)text.ptr[i]);
	return hash;
}

/* The same share of every intent is unknown, so that no seed makes an assistant that is useless or
 * perfect; which wordings they are is a hash of the template. */
static void draw_knowledge(struct rph_language *language, enum rph_intent intent, uint64_t seed)
{
	struct rph_gen_wording *wordings = language->wordings[intent];
	unsigned count = language->wording_counts[intent];
	if (rph_intent_shapes[intent].control)
		return;
	unsigned unknown = (count * UNKNOWN_PER_MILLE + 500) / 1000;
	while (unknown > 0) {
		struct rph_gen_wording *lowest = NULL;
		uint64_t lowest_hash = UINT64_MAX;
		for (unsigned i = 1; i < count; i++) {
			uint64_t hash = text_hash(seed, wordings[i].id);
			if (wordings[i].known && hash < lowest_hash) {
				lowest = &wordings[i];
				lowest_hash = hash;
			}
		}
		if (!lowest)
			return;
		lowest->known = false;
		lowest->misread = misread_as(intent, rph_mix(lowest_hash));
		unknown--;
	}
}

/* The table's order is what most people say; each goal has a slightly different one. */
static void draw_order(struct rph_gen_goal *goal, unsigned count, struct rph_random *random)
{
	unsigned keys[RPH_WORDINGS_MAX];
	for (unsigned i = 0; i < count; i++) {
		unsigned key = 2 * i + rph_random_below(random, 9);
		unsigned at = i;
		for (; at > 0 && keys[at - 1] > key; at--) {
			keys[at] = keys[at - 1];
			goal->order[at] = goal->order[at - 1];
		}
		keys[at] = key;
		goal->order[at] = (uint8_t)i;
	}
}

static int name_goal(const struct rph_language *language, struct rph_arena *arena,
		     struct rph_gen_goal *goal)
{
	const struct rph_intent_shape *shape = &rph_intent_shapes[goal->intent];
	char text[512];
	int len = snprintf(text, sizeof(text), "%s|%s", shape->domain.ptr, shape->intent.ptr);
	for (unsigned i = 0; i < shape->slot_count; i++) {
		struct rph_span normal = language->values[shape->slots[i]][goal->values[i]].normal;
		len += snprintf(text + len, sizeof(text) - (size_t)len, "|%s=%.*s",
				rph_slot_names[shape->slots[i]].ptr, (int)normal.len, normal.ptr);
		RPH_ASSERT((size_t)len < sizeof(text));
	}
	return rph_arena_copy(arena, (struct rph_span){text, (size_t)len}, &goal->canonical);
}

static unsigned count_goals(struct rph_language *language)
{
	unsigned total = 0;
	for (unsigned i = 0; i < RPH_INTENT_COUNT; i++) {
		const struct rph_intent_shape *shape = &rph_intent_shapes[i];
		unsigned count = 1;
		for (unsigned j = 0; j < shape->slot_count; j++)
			count *= language->value_counts[shape->slots[j]];
		language->first_goal[i] = total;
		total += count;
	}
	return total;
}

/* 1 for the most usual value of its type. */
static unsigned value_rank(const struct rph_language *language, enum rph_slot_type type,
			   unsigned value)
{
	unsigned middle = language->value_counts[type] / 2;
	if (!rph_slot_ordered[type])
		return value + 1;
	return value < middle ? 2 * (middle - value) : 2 * (value - middle) + 1;
}

/* How much a goal is wanted before ranks turn it into Zipf's law. */
static uint32_t goal_appeal(const struct rph_language *language, const struct rph_gen_goal *goal)
{
	const struct rph_intent_shape *shape = &rph_intent_shapes[goal->intent];
	uint32_t appeal = shape->popularity * 10000;
	for (unsigned i = 0; i < shape->slot_count; i++)
		appeal /= value_rank(language, shape->slots[i], goal->values[i]);
	return appeal;
}

static int weigh_goals(struct rph_language *language, struct rph_arena *arena)
{
	language->goal_weights = RPH_ARENA_ARRAY(arena, uint32_t, language->goal_count);
	if (!language->goal_weights)
		return RPH_E_NO_MEMORY;
	uint32_t sum = 0;
	for (unsigned i = 0; i < language->goal_count; i++) {
		uint32_t appeal = goal_appeal(language, &language->goals[i]);
		unsigned rank = 0;
		for (unsigned j = 0; j < language->goal_count; j++) {
			uint32_t other = goal_appeal(language, &language->goals[j]);
			rank += other > appeal || (other == appeal && j < i);
		}
		/* The offset keeps the very first goals from drowning the rest. */
		sum += (UINT32_C(1) << 20) / (rank + 4);
		language->goal_weights[i] = sum;
	}
	return 0;
}

static int build_goals(struct rph_language *language, uint64_t seed, struct rph_arena *arena)
{
	struct rph_random random;
	rph_random_seed(&random, seed);
	language->goal_count = count_goals(language);
	language->goals = RPH_ARENA_ARRAY(arena, struct rph_gen_goal, language->goal_count);
	if (!language->goals)
		return RPH_E_NO_MEMORY;
	for (unsigned intent = 0; intent < RPH_INTENT_COUNT; intent++) {
		const struct rph_intent_shape *shape = &rph_intent_shapes[intent];
		unsigned end = intent + 1 < RPH_INTENT_COUNT ? language->first_goal[intent + 1]
							     : language->goal_count;
		unsigned inner =
			shape->slot_count == 2 ? language->value_counts[shape->slots[1]] : 1;
		for (unsigned at = language->first_goal[intent]; at < end; at++) {
			unsigned nth = at - language->first_goal[intent];
			struct rph_gen_goal *goal = &language->goals[at];
			*goal = (struct rph_gen_goal){
				.intent = intent,
				.values = {(uint16_t)(nth / inner), (uint16_t)(nth % inner)}};
			draw_order(goal, language->wording_counts[intent], &random);
			int error = name_goal(language, arena, goal);
			if (error)
				return error;
		}
	}
	return weigh_goals(language, arena);
}

int rph_language_build(unsigned index, uint64_t seed, struct rph_arena *arena,
		       struct rph_language *ret)
{
	RPH_ASSERT(index < RPH_LANGUAGE_COUNT);
	const struct rph_grammar_table *table = &rph_grammar_tables[index];
	struct rph_language language = {
		.tag = table->tag,
		.utc_offset_hours = table->utc_offset_hours,
		.spaced = table->spaced,
	};
	seed = text_hash(seed, table->tag);
	int error = rph_grammar_read(table, arena, &language);
	if (error)
		return error;
	for (unsigned i = 0; i < RPH_INTENT_COUNT; i++)
		draw_knowledge(&language, i, seed);
	error = build_goals(&language, seed, arena);
	if (error)
		return error;
	*ret = language;
	return 0;
}
