/* SPDX-License-Identifier: Apache-2.0
 *
 * The laws of project.h on arbitrary texts. Lines: locale, target, source, then a slot a line:
 * "START END VALUE" in code points of the target.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "miner/project.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

#define MAX_SLOTS 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rph_span next_line(struct rph_span *rest)
{
	const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
	struct rph_span line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
	size_t used = line.len + (end != NULL);
	rest->ptr += used;
	rest->len -= used;
	return line;
}

static uint16_t next_number(struct rph_span *line)
{
	uint32_t number = 0;
	while (line->len && *line->ptr >= '0' && *line->ptr <= '9' && number < 1000) {
		number = number * 10 + (uint32_t)(*line->ptr - '0');
		line->ptr++;
		line->len--;
	}
	if (line->len) {
		line->ptr++;
		line->len--;
	}
	return (uint16_t)number;
}

static void check_places(const struct rph_wording *wording, struct rph_arena *arena)
{
	size_t length = rph_utf8_count(wording->text);
	struct rph_span encoded;

	for (uint32_t i = 0; i < wording->slot_count; i++) {
		const struct rph_wording_slot *a = &wording->slots[i];
		RPH_ASSERT(a->start < a->end && a->end <= length);
		for (uint32_t j = 0; j < i; j++) {
			const struct rph_wording_slot *b = &wording->slots[j];
			RPH_ASSERT(b->slot < a->slot);
			RPH_ASSERT(a->end <= b->start || b->end <= a->start);
		}
	}
	RPH_ASSERT(rph_wording_encode(wording, arena, &encoded) == 0);
}

/* What was placed stays where it is when it is placed again. */
static void check_again(struct rph_normaliser *normaliser, const struct rph_projection_input *input,
			const struct rph_projection *first, struct rph_arena *arena)
{
	struct rph_projection_input again = *input;
	struct rph_projection second;

	again.target = &first->wording;
	RPH_ASSERT(rph_project(normaliser, &again, arena, &second) == 0);
	if (second.status == RPH_PROJECTION_AMBIGUOUS)
		return;
	RPH_ASSERT(second.status == RPH_PROJECTED);
	for (uint32_t i = 0; i < first->wording.slot_count; i++) {
		RPH_ASSERT(second.wording.slots[i].start == first->wording.slots[i].start);
		RPH_ASSERT(second.wording.slots[i].end == first->wording.slots[i].end);
	}
}

/* What was learned from a wording says nothing against its places. */
static void check_taught(struct rph_normaliser *normaliser,
			 const struct rph_projection_input *input, struct rph_arena *arena)
{
	const struct rph_slot_lesson lesson = {input->locale, input->goal, input->target};
	struct rph_projection_input itself = *input;
	struct rph_slot_types types = {0};
	struct rph_projection before, after;
	struct rph_span normal;

	RPH_ASSERT(rph_slot_types_learn(&types, normaliser, &lesson, arena) == 0);
	RPH_ASSERT(rph_normalise(normaliser, input->locale, input->target->text, arena, &normal) ==
		   0);
	RPH_ASSERT(rph_slot_types_recount(&types, input->locale, normal, arena) == 0);
	itself.source = input->target->text;
	RPH_ASSERT(rph_project(normaliser, &itself, arena, &before) == 0);
	itself.types = &types;
	RPH_ASSERT(rph_project(normaliser, &itself, arena, &after) == 0);
	if (before.status == RPH_PROJECTED && before.confidence == RPH_PROJECTION_ONE)
		RPH_ASSERT(after.status == RPH_PROJECTED);
	itself.source = input->source;
	RPH_ASSERT(rph_project(normaliser, &itself, arena, &after) == 0);
	if (after.status == RPH_PROJECTED)
		check_places(&after.wording, arena);
	rph_slot_types_free(&types);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rph_normaliser *normaliser;
	static struct rph_arena arena;
	struct rph_span rest = {(const char *)data, size};
	struct rph_goal_slot slots[MAX_SLOTS];
	struct rph_goal goal = {.slots = slots};
	struct rph_wording target = {.slot_count = 0};
	struct rph_projection first;

	if (!normaliser) {
		rph_arena_init(&arena, 256u << 20);
		RPH_ASSERT(rph_normaliser_new(&normaliser) == 0);
	}
	rph_arena_reset(&arena);
	if (size > 1024)
		return 0;
	struct rph_projection_input input = {.goal = &goal, .target = &target};
	input.locale = next_line(&rest);
	target.text = next_line(&rest);
	input.source = next_line(&rest);
	input.threshold = RPH_PROJECTION_THRESHOLD;
	while (rest.len && goal.slot_count < MAX_SLOTS) {
		struct rph_span line = next_line(&rest);
		uint16_t start = next_number(&line), end = next_number(&line);
		target.slots[goal.slot_count] =
			(struct rph_wording_slot){(uint8_t)goal.slot_count, start, end};
		slots[goal.slot_count++] = (struct rph_goal_slot){RPH_SPAN("slot"), line};
	}
	target.slot_count = goal.slot_count;
	int error = rph_project(normaliser, &input, &arena, &first);
	if (error) {
		RPH_ASSERT(error == RPH_E_BAD_INPUT);
		return 0;
	}
	check_taught(normaliser, &input, &arena);
	RPH_ASSERT(first.confidence <= RPH_PROJECTION_ONE);
	RPH_ASSERT(first.value_score <= RPH_PROJECTION_ONE);
	if (first.status != RPH_PROJECTED)
		return 0;
	RPH_ASSERT(first.wording.slot_count == target.slot_count);
	RPH_ASSERT(first.value_score >= input.threshold);
	check_places(&first.wording, &arena);
	check_again(normaliser, &input, &first, &arena);
	return 0;
}
