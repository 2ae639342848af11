/* SPDX-License-Identifier: Apache-2.0
 *
 * project.c - all slots of a wording placed in another wording, together or not at all.
 */
#include "miner/project.h"

#include "miner/align.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

/* Steps of the search for the best placing; a text that needs more is ambiguous anyway. */
#define MAX_STEPS 20000u
/* Unless every slot was found to the letter, a second placing this near (per slot) is as good. */
#define NEAR 32u
/* Sources longer than a training row may be are not searched. */
#define MAX_SOURCE_BYTES 1024u

struct placing {
	uint32_t slot_count;
	const struct rph_candidates *candidates; /* [slot_count], all at or above the threshold */
	uint32_t rest[RPH_WORDING_SLOTS + 1];    /* best sum the slots from i on can add */
	uint32_t chosen[RPH_WORDING_SLOTS];      /* candidate by slot, of the placing being built */
	uint32_t best[RPH_WORDING_SLOTS];
	uint32_t best_sum;
	uint32_t steps;
	/* Second search: only placings that differ from this one by a slot somewhere else. */
	const uint32_t *other_than;
};

static bool overlap(const struct rph_candidate *a, const struct rph_candidate *b)
{
	return a->start < b->end && b->start < a->end;
}

static const struct rph_candidate *chosen_at(const struct placing *placing, uint32_t slot)
{
	return &placing->candidates[slot].list[placing->chosen[slot]];
}

static bool is_free(const struct placing *placing, uint32_t slot,
		    const struct rph_candidate *wanted)
{
	for (uint32_t i = 0; i < slot; i++)
		if (overlap(chosen_at(placing, i), wanted))
			return false;
	return true;
}

static bool is_nested(const struct rph_candidate *a, const struct rph_candidate *b)
{
	return (a->start <= b->start && b->end <= a->end) ||
	       (b->start <= a->start && a->end <= b->end);
}

/* A longer or shorter cut of the same place is not another place. */
static bool is_elsewhere(const struct placing *placing)
{
	if (!placing->other_than)
		return true;
	for (uint32_t i = 0; i < placing->slot_count; i++) {
		const struct rph_candidate *old =
			&placing->candidates[i].list[placing->other_than[i]];
		if (!is_nested(old, chosen_at(placing, i)))
			return true;
	}
	return false;
}

/* Branch and bound, slots in order, better candidates first: the first of equal placings wins,
 * which makes the answer independent of anything but the input. Depth is the number of slots, at
 * most 64. */
static void place(struct placing *placing, uint32_t slot, uint32_t sum)
{
	if (++placing->steps > MAX_STEPS || sum + placing->rest[slot] <= placing->best_sum)
		return;
	if (slot == placing->slot_count) {
		if (!is_elsewhere(placing))
			return;
		placing->best_sum = sum;
		memcpy(placing->best, placing->chosen, slot * sizeof(placing->best[0]));
		return;
	}
	for (uint32_t i = 0; i < placing->candidates[slot].count; i++) {
		const struct rph_candidate *candidate = &placing->candidates[slot].list[i];
		if (!is_free(placing, slot, candidate))
			continue;
		placing->chosen[slot] = i;
		place(placing, slot + 1, sum + candidate->score);
	}
}

/* Everything one projection works on. */
struct work {
	struct rph_normaliser *normaliser;
	const struct rph_projection_input *input;
	struct rph_arena *arena;
	struct rph_seams source, target;
	struct rph_candidates *candidates; /* [slot_count] */
	uint32_t slot_count;
};

/* The first known slot whose name is not before `name`; or, with `after`, whose name is after it. */
static size_t bound_of(const struct rph_projection_input *input, struct rph_span name, bool after)
{
	size_t low = 0, high = input->known_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = rph_span_compare(input->known[middle].name, name);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Half of what is written in syllables is as rarely said by chance as a home of letters is. */
static uint16_t least_likeness(const struct rph_projection_input *input, struct rph_span value)
{
	uint32_t point = 0;

	for (size_t at = 0, bytes = 0; at < value.len; at += bytes) {
		bytes = rph_utf8_character(value.ptr + at, value.len - at, &point);
		if (bytes == 0)
			break;
		if (rph_letters_of(point) > 1)
			return RPH_PROJECTION_SAID;
	}
	return input->threshold;
}

static int find_candidates(struct work *work, struct rph_projection *ret)
{
	const struct rph_projection_input *input = work->input;

	ret->value_score = RPH_PROJECTION_ONE;
	for (uint32_t i = 0; i < work->slot_count; i++) {
		const struct rph_wording_slot *slot = &input->target->slots[i];
		const uint32_t *offset = work->target.offset;
		if (slot->slot >= input->goal->slot_count || slot->start >= slot->end ||
		    slot->end > work->target.count)
			return RPH_E_BAD_INPUT;
		struct rph_span references[] = {
			{work->target.text.ptr + offset[slot->start],
			 offset[slot->end] - offset[slot->start]},
			input->goal->slots[slot->slot].value,
		};
		struct rph_span name = input->goal->slots[slot->slot].name;
		size_t first = bound_of(input, name, false);
		struct rph_align_query query = {
			.locale = input->locale,
			.references = references,
			.reference_count = RPH_ARRAY_LEN(references),
			.others = input->known ? input->known + first : NULL,
			.other_count = bound_of(input, name, true) - first,
			.home = input->threshold,
			.least = least_likeness(input, input->goal->slots[slot->slot].value),
		};
		struct rph_candidates *found = &work->candidates[i];
		int error = rph_align(work->normaliser, &work->source, &query, found);
		if (error)
			return error;
		uint16_t best = found->count ? found->list[0].score : 0;
		if (best < input->threshold)
			best = found->apart;
		if (best < ret->value_score)
			ret->value_score = best;
		while (found->count && found->list[found->count - 1].score < input->threshold)
			found->count--;
	}
	return 0;
}

/* Returns false when the best placing is not clearly the best. */
static bool is_clear(const struct placing *first)
{
	struct placing second = *first;
	uint32_t exact = first->slot_count * RPH_PROJECTION_ONE;
	uint32_t margin = first->best_sum == exact ? 1 : NEAR * first->slot_count;

	second.other_than = first->best;
	second.best_sum = first->best_sum > margin ? first->best_sum - margin : 0;
	second.steps = 0;
	uint32_t floor = second.best_sum;
	place(&second, 0, 0);
	return second.steps <= MAX_STEPS && second.best_sum == floor;
}

static enum rph_projection_status place_slots(const struct work *work, struct rph_projection *ret)
{
	struct placing placing = {.slot_count = work->slot_count, .candidates = work->candidates};
	uint64_t confidence = RPH_PROJECTION_ONE;

	for (uint32_t i = work->slot_count; i-- > 0;) {
		if (work->candidates[i].count == 0)
			return RPH_PROJECTION_HOMELESS;
		placing.rest[i] = placing.rest[i + 1] + work->candidates[i].list[0].score;
	}
	place(&placing, 0, 0);
	if (placing.steps > MAX_STEPS)
		return RPH_PROJECTION_AMBIGUOUS;
	if (work->slot_count && placing.best_sum == 0)
		return RPH_PROJECTION_HOMELESS;
	if (work->slot_count && !is_clear(&placing))
		return RPH_PROJECTION_AMBIGUOUS;
	for (uint32_t i = 0; i < work->slot_count; i++) {
		const struct rph_candidate *home = &work->candidates[i].list[placing.best[i]];
		confidence = confidence * home->score / RPH_PROJECTION_ONE;
		ret->wording.slots[i] =
			(struct rph_wording_slot){work->input->target->slots[i].slot,
						  (uint16_t)home->start, (uint16_t)home->end};
	}
	ret->wording.slot_count = work->slot_count;
	ret->confidence = (uint16_t)confidence;
	return RPH_PROJECTED;
}

/* Digits of `text` outside the slots, in order. */
static int left_over(const struct rph_seams *text, const struct rph_wording *wording,
		     struct rph_arena *arena, struct rph_span *ret)
{
	size_t used = 0;
	char *digits = rph_arena_bytes(arena, text->count + 1);

	if (!digits)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < text->count; i++) {
		int digit = rph_digit_of(text->points[i]);
		bool covered = false;
		for (uint32_t j = 0; j < wording->slot_count; j++)
			covered |= i >= wording->slots[j].start && i < wording->slots[j].end;
		if (digit >= 0 && !covered)
			digits[used++] = (char)('0' + digit);
	}
	*ret = (struct rph_span){digits, used};
	return 0;
}

static int check_digits(struct work *work, struct rph_projection *ret)
{
	struct rph_span source, target;

	int error = left_over(&work->source, &ret->wording, work->arena, &source);
	if (!error)
		error = left_over(&work->target, work->input->target, work->arena, &target);
	if (!error && source.len && !rph_span_equal(source, target))
		ret->status = RPH_PROJECTION_DIGITS;
	return error;
}

int rph_project(struct rph_normaliser *normaliser, const struct rph_projection_input *input,
		struct rph_arena *arena, struct rph_projection *ret)
{
	struct work work = {.normaliser = normaliser,
			    .input = input,
			    .arena = arena,
			    .slot_count = input->target->slot_count};

	memset(ret, 0, sizeof(*ret));
	ret->status = RPH_PROJECTION_HOMELESS;
	ret->wording.text = input->source;
	if (input->source.len > MAX_SOURCE_BYTES)
		return 0;
	int error = rph_seams_find(input->source, arena, &work.source);
	if (!error)
		error = rph_seams_find(input->target->text, arena, &work.target);
	if (error)
		return error;
	work.candidates = RPH_ARENA_ARRAY(arena, struct rph_candidates, work.slot_count + 1);
	if (!work.candidates)
		return RPH_E_NO_MEMORY;
	error = find_candidates(&work, ret);
	if (error)
		return error;
	if (work.slot_count < input->goal->slot_count) {
		ret->status = RPH_PROJECTION_UNPLACED;
		return 0;
	}
	ret->status = place_slots(&work, ret);
	if (ret->status == RPH_PROJECTED)
		error = check_digits(&work, ret);
	return error;
}
