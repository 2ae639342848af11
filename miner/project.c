/* SPDX-License-Identifier: Apache-2.0
 *
 * project.c - all slots of a wording placed in another wording, together or not at all.
 */
#include "miner/project.h"

#include "miner/align.h"
#include "miner/said.h"
#include "miner/slot_check.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

/* Steps of the search for the best placing; a text that needs more is ambiguous anyway. */
#define MAX_STEPS 20000u
/* Unless every slot was found to the letter, a second placing this near (per slot) is as good. */
#define NEAR 32u
/* So much better is a home that is known as a value of its slot; short of one to the letter. */
#define KNOWN_BETTER 96u
/* Of the candidates of a lone slot those further below the best one cannot matter: NEAR, and what
 * being known adds. */
#define MARGIN (NEAR + KNOWN_BETTER)
/* Sources longer than a training row may be are not searched. */
#define MAX_SOURCE_BYTES 1024u

static const struct {
	const char *name, *text;
} words[RPH_PROJECTION_COUNT] = {
#define RPH_PROJECTION_STATUS(status, name, text) [status] = {name, text},
#include "miner/projection.def"
#undef RPH_PROJECTION_STATUS
};

const char *rph_projection_name(enum rph_projection_status status)
{
	RPH_ASSERT(status < RPH_PROJECTION_COUNT);
	return words[status].name;
}

const char *rph_projection_text(enum rph_projection_status status)
{
	RPH_ASSERT(status < RPH_PROJECTION_COUNT);
	return words[status].text;
}

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
		place(placing, slot + 1, sum + candidate->weight);
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

static int is_known(struct work *work, struct rph_span name, const struct rph_candidate *candidate,
		    bool *ret)
{
	const struct rph_span locale = work->input->locale;
	struct rph_span text;

	int error = rph_normalise(work->normaliser, locale,
				  rph_seams_cut(&work->source, candidate->start, candidate->end),
				  work->arena, &text);
	*ret = !error &&
	       rph_slot_types_count(work->input->types, RPH_SLOT_VALUE_OF, locale, name, text) > 0;
	return error;
}

/* Of places that are about equally good the one that is known as a value of the slot is its home,
 * and of longer and shorter cuts the one that is a value. */
static int prefer_known(struct work *work, struct rph_span name, struct rph_candidates *all)
{
	for (uint32_t i = 0; i < all->count; i++) {
		struct rph_candidate candidate = all->list[i];
		uint32_t at = i;
		bool known = false;
		if (candidate.score == RPH_PROJECTION_ONE)
			continue;
		int error = is_known(work, name, &candidate, &known);
		if (error)
			return error;
		uint32_t raised = candidate.score + (known ? KNOWN_BETTER : 0);
		candidate.weight =
			raised < RPH_PROJECTION_ONE ? (uint16_t)raised : RPH_PROJECTION_ONE - 1;
		for (; at > 0 && all->list[at - 1].weight < candidate.weight; at--)
			all->list[at] = all->list[at - 1];
		all->list[at] = candidate;
	}
	return 0;
}

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

static bool has_syllables(struct rph_span value)
{
	uint32_t point = 0;

	for (size_t at = 0, bytes = 0; at < value.len; at += bytes) {
		bytes = rph_utf8_character(value.ptr + at, value.len - at, &point);
		if (bytes == 0)
			break;
		if (rph_letters_of(point) > 1)
			return true;
	}
	return false;
}

/* Where a value has no home it may have been said all the same. Half of what is written in syllables is
 * as rarely said by chance as a home of letters is. */
static int find_said(struct work *work, const struct rph_align_query *places,
		     const struct rph_goal_slot *slot, uint16_t *ret)
{
	const struct rph_projection_input *input = work->input;
	size_t first = bound_of(input, slot->name, false);
	const struct rph_said_query query = {
		.locale = input->locale,
		.references = places->references,
		.reference_count = places->reference_count,
		.others = input->known ? input->known + first : NULL,
		.other_count = bound_of(input, slot->name, true) - first,
		.least = RPH_PROJECTION_SAID,
	};

	*ret = 0;
	return has_syllables(slot->value) ? rph_said(work->normaliser, &work->source, &query, ret)
					  : 0;
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
		struct rph_align_query query = {
			.locale = input->locale,
			.references = references,
			.reference_count = RPH_ARRAY_LEN(references),
			.least = input->threshold,
			.margin = work->slot_count == 1 ? MARGIN : 0,
		};
		struct rph_candidates *found = &work->candidates[i];
		int error = rph_align(work->normaliser, &work->source, &query, found);
		if (error)
			return error;
		uint16_t best = found->count ? found->list[0].score : 0;
		if (best < input->threshold)
			error = find_said(work, &query, &input->goal->slots[slot->slot], &best);
		if (error)
			return error;
		if (best < ret->value_score)
			ret->value_score = best;
		while (found->count && found->list[found->count - 1].score < input->threshold)
			found->count--;
		if (input->types)
			error = prefer_known(work, input->goal->slots[slot->slot].name, found);
		if (error)
			return error;
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
		placing.rest[i] = placing.rest[i + 1] + work->candidates[i].list[0].weight;
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

static int check_types(struct work *work, struct rph_projection *ret)
{
	static const enum rph_projection_status statuses[] = {
		[RPH_SLOTS_FIT] = RPH_PROJECTED,
		[RPH_SLOTS_MISTYPED] = RPH_PROJECTION_MISTYPED,
		[RPH_SLOTS_VALUE_LEFT] = RPH_PROJECTION_VALUE,
	};
	const struct rph_slot_check check = {
		.types = work->input->types,
		.normaliser = work->normaliser,
		.locale = work->input->locale,
		.goal = work->input->goal,
		.source = &work->source,
		.target = &work->target,
		.placed = &ret->wording,
		.meant = work->input->target,
		.arena = work->arena,
	};
	enum rph_slot_verdict verdict;

	int error = rph_slots_check(&check, &verdict);
	if (!error && verdict == RPH_SLOTS_VALUE_LEFT && work->input->proven)
		verdict = RPH_SLOTS_FIT;
	if (!error)
		ret->status = statuses[verdict];
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
	if (!error && ret->status == RPH_PROJECTED && input->types)
		error = check_types(&work, ret);
	return error;
}
