/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_check.c - the homes of one projection against what is known of values and words.
 */
#include "miner/slot_check.h"

#include "schemas/error.h"

/* A text is known as a value of other slots when so many wordings say so. */
#define LEAST_OTHERS 2u
/* A word belongs beside slots when so many wordings have it there, and so many times as many as have
 * it in the slot. */
#define LEAST_OUTSIDE 3u
#define TIMES_OUTSIDE 10u

static const struct rph_span no_name;

static int normal_of(const struct rph_slot_check *check, const struct rph_seams *text,
		     const struct rph_wording_slot *place, struct rph_span *ret)
{
	return rph_normalise(check->normaliser, check->locale,
			     rph_seams_cut(text, place->start, place->end), check->arena, ret);
}

/* The words of a place, normalised. */
struct words {
	struct rph_span *list;
	size_t count;
	bool spaced; /* its script puts spaces between words */
};

static int find_words(const struct rph_slot_check *check, const struct rph_seams *text,
		      const struct rph_wording_slot *place, struct words *ret)
{
	const size_t most = (size_t)(place->end - place->start);
	uint32_t start = 0, end = place->start;
	int error = 0;

	*ret = (struct words){RPH_ARENA_ARRAY(check->arena, struct rph_span, most + 1), 0, true};
	if (!ret->list)
		return RPH_E_NO_MEMORY;
	while (!error && rph_seams_next_word(text, &start, &end) && end <= place->end) {
		const struct rph_wording_slot word = {0, (uint16_t)start, (uint16_t)end};
		error = normal_of(check, text, &word, &ret->list[ret->count]);
		if (!error && ret->list[ret->count].len)
			ret->count++;
		/* Only without spaces does a word begin right where another ends. */
		ret->spaced &= end == text->count || !(text->seams[end] & RPH_SEAM_START);
	}
	return error;
}

static bool has_word(const struct words *words, struct rph_span word)
{
	for (size_t i = 0; i < words->count; i++)
		if (rph_span_equal(words->list[i], word))
			return true;
	return false;
}

static bool has_words_of_others(const struct rph_slot_check *check, struct rph_span name,
				const struct words *home, const struct words *meant)
{
	/* One grapheme may be misheard and still be a common one. */
	unsigned spare = home->spaced ? 0 : 1;

	for (size_t i = 0; i < home->count; i++) {
		if (has_word(meant, home->list[i]))
			continue;
		uint64_t outside = rph_slot_types_count(check->types, RPH_SLOT_WORD_OUTSIDE,
							check->locale, no_name, home->list[i]);
		uint64_t inside = rph_slot_types_count(check->types, RPH_SLOT_WORD_IN,
						       check->locale, name, home->list[i]);
		if (outside >= LEAST_OUTSIDE && outside > TIMES_OUTSIDE * inside && spare-- == 0)
			return true;
	}
	return false;
}

static bool lacks_words(const struct words *home, const struct words *meant)
{
	if (!home->spaced || !meant->spaced || home->count >= meant->count)
		return false;
	for (size_t i = 0; i < home->count; i++)
		if (!has_word(meant, home->list[i]))
			return false;
	return true;
}

/* One slot: its name, what the goal and the target call it, and what its home says. */
struct pairing {
	struct rph_span name, value, meant, home;
	const struct rph_wording_slot *at, *from;
};

/* The words right before and after a place; empty at the ends of the text. */
struct frame {
	struct rph_span before, after;
};

static int find_frame(const struct rph_slot_check *check, const struct rph_seams *text,
		      const struct rph_wording_slot *place, struct frame *ret)
{
	struct rph_wording_slot before = {0, 0, 0};
	uint32_t start = 0, end = 0;
	int error = 0;

	*ret = (struct frame){0};
	while (rph_seams_next_word(text, &start, &end) && end <= place->start)
		before = (struct rph_wording_slot){0, (uint16_t)start, (uint16_t)end};
	if (before.end)
		error = normal_of(check, text, &before, &ret->before);
	end = place->end;
	if (!error && rph_seams_next_word(text, &start, &end)) {
		const struct rph_wording_slot after = {0, (uint16_t)start, (uint16_t)end};
		error = normal_of(check, text, &after, &ret->after);
	}
	return error;
}

/* Between the same words stands the same thing, whatever a recogniser made of it. */
static int is_framed_alike(const struct rph_slot_check *check, const struct pairing *pairing,
			   bool *ret)
{
	struct frame home, meant;

	int error = find_frame(check, check->source, pairing->at, &home);
	if (!error)
		error = find_frame(check, check->target, pairing->from, &meant);
	*ret = !error && rph_span_equal(home.before, meant.before) &&
	       rph_span_equal(home.after, meant.after);
	return error;
}

static int check_home(const struct rph_slot_check *check, const struct pairing *pairing,
		      enum rph_slot_verdict *ret)
{
	struct words home, meant;
	bool alike;

	if (rph_span_equal(pairing->home, pairing->meant) ||
	    rph_span_equal(pairing->home, pairing->value) ||
	    rph_slot_types_count(check->types, RPH_SLOT_VALUE_OF, check->locale, pairing->name,
				 pairing->home))
		return 0;
	int error = find_words(check, check->source, pairing->at, &home);
	if (!error)
		error = find_words(check, check->target, pairing->from, &meant);
	if (!error)
		error = is_framed_alike(check, pairing, &alike);
	if (error)
		return error;
	bool of_others = rph_slot_types_count(check->types, RPH_SLOT_VALUE, check->locale, no_name,
					      pairing->home) >= LEAST_OTHERS ||
			 has_words_of_others(check, pairing->name, &home, &meant);
	if ((of_others && !alike) || lacks_words(&home, &meant))
		*ret = RPH_SLOTS_MISTYPED;
	return 0;
}

static int check_homes(const struct rph_slot_check *check, enum rph_slot_verdict *ret)
{
	int error = 0;

	for (uint32_t i = 0; i < check->placed->slot_count && !error; i++) {
		const struct rph_goal_slot *slot =
			&check->goal->slots[check->placed->slots[i].slot];
		struct pairing pairing = {.name = slot->name,
					  .value = slot->value,
					  .at = &check->placed->slots[i],
					  .from = &check->meant->slots[i]};
		error = normal_of(check, check->source, pairing.at, &pairing.home);
		if (!error)
			error = normal_of(check, check->target, pairing.from, &pairing.meant);
		if (error)
			break;
		error = check_home(check, &pairing, ret);
	}
	return error;
}

/* ---- values that the source says ---------------------------------------------------------------
 */

/* Does the target say it too, between seams? */
static int is_in_target(const struct rph_slot_check *check, struct rph_span value, bool *ret)
{
	uint32_t start = 0, end = 0;
	int error = 0;

	*ret = false;
	while (!error && !*ret &&
	       rph_seams_next_span(check->target, 2 * check->types->longest, &start, &end)) {
		const struct rph_wording_slot place = {0, (uint16_t)start, (uint16_t)end};
		struct rph_span text;
		error = normal_of(check, check->target, &place, &text);
		*ret = !error && rph_span_equal(text, value);
	}
	return error;
}

static enum rph_slot_verdict stands(const struct rph_wording *placed, uint32_t start, uint32_t end)
{
	enum rph_slot_verdict verdict = RPH_SLOTS_VALUE_LEFT;

	for (uint32_t i = 0; i < placed->slot_count; i++) {
		const struct rph_wording_slot *home = &placed->slots[i];
		if (home->start >= end || start >= home->end)
			continue;
		if (home->start <= start && end <= home->end)
			return RPH_SLOTS_FIT;
		verdict = RPH_SLOTS_MISTYPED;
	}
	return verdict;
}

/* The same words as a home, which only leaves out punctuation. */
static int is_a_home(const struct rph_slot_check *check, struct rph_span value, bool *ret)
{
	int error = 0;

	*ret = false;
	for (uint32_t i = 0; i < check->placed->slot_count && !error && !*ret; i++) {
		struct rph_span home;
		error = normal_of(check, check->source, &check->placed->slots[i], &home);
		*ret = !error && rph_span_equal(home, value);
	}
	return error;
}

static int check_span(const struct rph_slot_check *check, uint32_t start, uint32_t end,
		      enum rph_slot_verdict *ret)
{
	const struct rph_wording_slot place = {0, (uint16_t)start, (uint16_t)end};
	enum rph_slot_verdict verdict = stands(check->placed, start, end);
	struct rph_span value;
	bool same = false;

	if (verdict == RPH_SLOTS_FIT)
		return 0;
	int error = normal_of(check, check->source, &place, &value);
	if (error || !rph_slot_types_is_value(check->types, check->locale, value))
		return error;
	error = is_in_target(check, value, &same);
	if (!error && !same && verdict == RPH_SLOTS_MISTYPED)
		error = is_a_home(check, value, &same);
	if (!error && !same)
		*ret = verdict;
	return error;
}

static int check_values(const struct rph_slot_check *check, enum rph_slot_verdict *ret)
{
	uint32_t start = 0, end = 0;
	int error = 0;

	while (!error && *ret == RPH_SLOTS_FIT &&
	       rph_seams_next_span(check->source, check->types->longest, &start, &end))
		error = check_span(check, start, end, ret);
	return error;
}

int rph_slots_check(const struct rph_slot_check *check, enum rph_slot_verdict *ret)
{
	*ret = RPH_SLOTS_FIT;
	int error = check_homes(check, ret);
	if (!error && *ret == RPH_SLOTS_FIT)
		error = check_values(check, ret);
	return error;
}
