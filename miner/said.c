/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/said.h"

#include "miner/similarity.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

#define SCRATCH_BYTES (1u << 22)
/* A change in a word this short makes another word, in letters. */
#define SHORT_WORD 4u

/* One side of a comparison. */
struct side {
	struct rph_text text;
	struct rph_span digits;
};

struct search {
	struct rph_normaliser *normaliser;
	const struct rph_seams *source;
	const struct rph_said_query *query;
	struct side references[RPH_ALIGN_REFERENCES];
	size_t reference_count;
	struct rph_candidates alike;                        /* their scores are likenesses */
	uint64_t other[RPH_ALIGN_MAX_CODE_POINTS / 64 + 1]; /* code points of another value */
	struct rph_arena scratch;                           /* one span's analysis */
};

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int analyse(const struct search *search, struct rph_span words, struct rph_arena *arena,
		   struct side *ret)
{
	struct rph_span normal;

	int error = rph_normalise(search->normaliser, search->query->locale, words, arena, &normal);
	if (!error)
		error = rph_text_analyse(search->normaliser, normal, arena, &ret->text);
	return error ? error : rph_text_digits(normal, arena, &ret->digits);
}

static bool says_little(const struct rph_text *text)
{
	uint32_t letters = 0;

	for (uint32_t i = 0; i < text->code_point_count && letters < SHORT_WORD; i++)
		letters += rph_letters_of(text->code_points[i]);
	return letters < SHORT_WORD;
}

/* 0 below `least`. */
static uint32_t likeness_of(const struct side *a, const struct side *b, uint32_t least)
{
	if (a->text.code_point_count == 0 || b->text.code_point_count == 0 ||
	    !rph_span_equal(a->digits, b->digits))
		return 0;
	if (rph_span_equal(a->text.normalised, b->text.normalised))
		return RPH_SIMILARITY_ONE;
	uint32_t likeness =
		larger(rph_ngram_dice(&a->text, &b->text), rph_edit_similarity(&a->text, &b->text));
	/* Sounding alike is a little less than reading alike. */
	if (smaller(a->text.phonetic_count, b->text.phonetic_count) >= RPH_ALIGN_LEAST_PHONETIC)
		likeness = larger(likeness, rph_phonetic_similarity(&a->text, &b->text) * 15 / 16);
	if (likeness >= least && (says_little(&a->text) || says_little(&b->text)))
		likeness = likeness * 7 / 8;
	if (likeness < least || rph_numbers_differ(&a->text, &b->text))
		return 0;
	return smaller(likeness, RPH_SIMILARITY_ONE - 1);
}

static bool is_looked_for(const struct search *search, struct rph_span normal)
{
	for (size_t i = 0; i < search->reference_count; i++)
		if (rph_span_equal(search->references[i].text.normalised, normal))
			return true;
	return false;
}

static bool is_other_value(const struct search *search, struct rph_span normal)
{
	const struct rph_said_query *query = search->query;
	size_t low = 0, high = query->other_count;

	if (is_looked_for(search, normal))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = rph_span_compare(query->others[middle].value, normal);
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void mark_other(struct search *search, uint32_t start, uint32_t end)
{
	for (uint32_t i = start; i < end; i++)
		search->other[i / 64] |= UINT64_C(1) << i % 64;
}

static bool is_apart(const struct search *search, const struct rph_candidate *candidate)
{
	for (uint32_t i = candidate->start; i < candidate->end; i++)
		if (search->other[i / 64] >> i % 64 & 1)
			return false;
	return true;
}

static int compare_span(struct search *search, uint32_t start, uint32_t end)
{
	struct side side;
	uint32_t best = 0;

	rph_arena_reset(&search->scratch);
	int error =
		analyse(search, rph_seams_cut(search->source, start, end), &search->scratch, &side);
	if (error)
		return error;
	if (is_other_value(search, side.text.normalised))
		mark_other(search, start, end);
	for (size_t i = 0; i < search->reference_count; i++)
		best = larger(best,
			      likeness_of(&side, &search->references[i], search->query->least));
	const struct rph_candidate candidate = {
		.start = start, .end = end, .score = (uint16_t)best};
	if (best)
		rph_candidates_keep(&search->alike, &candidate);
	return 0;
}

static int compare_spans(struct search *search, uint32_t longest)
{
	uint32_t start = 0, end = 0;
	int error = 0;

	while (!error && rph_seams_next_span(search->source, longest, &start, &end))
		error = compare_span(search, start, end);
	return error;
}

static bool is_as_like(const struct rph_text *said, struct rph_span value, uint32_t likeness)
{
	uint32_t points[RPH_EDIT_MAX_UNITS], count = 0;
	uint32_t said_count = smaller(said->code_point_count, RPH_EDIT_MAX_UNITS);

	for (size_t at = 0; at < value.len && count < RPH_EDIT_MAX_UNITS; count++) {
		size_t bytes = rph_utf8_character(value.ptr + at, value.len - at, &points[count]);
		if (bytes == 0)
			return false;
		at += bytes;
	}
	uint32_t longer = larger(said_count, count);
	if (smaller(said_count, count) * RPH_SIMILARITY_ONE < likeness * longer)
		return false;
	uint32_t distance = rph_edit_distance_units(said->code_points, said_count, points, count);
	return (longer - distance) * RPH_SIMILARITY_ONE >= likeness * longer;
}

/* What may as well be another value says neither. */
static int find_rival(struct search *search, const struct rph_candidate *candidate, bool *ret)
{
	struct rph_span words = rph_seams_cut(search->source, candidate->start, candidate->end);
	struct side side;

	*ret = false;
	rph_arena_reset(&search->scratch);
	int error = analyse(search, words, &search->scratch, &side);
	for (size_t i = 0; i < search->query->other_count && !error && !*ret; i++) {
		struct rph_span other = search->query->others[i].value;
		*ret = !is_looked_for(search, other) &&
		       is_as_like(&side.text, other, candidate->score);
	}
	return error;
}

static int find_apart(struct search *search, uint16_t *ret)
{
	/* Best first. */
	for (uint32_t i = 0; i < search->alike.count; i++) {
		const struct rph_candidate *candidate = &search->alike.list[i];
		bool has_rival = false;
		if (!is_apart(search, candidate))
			continue;
		int error = find_rival(search, candidate, &has_rival);
		if (error)
			return error;
		if (!has_rival) {
			*ret = candidate->score;
			return 0;
		}
		mark_other(search, candidate->start, candidate->end);
	}
	return 0;
}

static uint32_t length_of(struct rph_span words)
{
	size_t length = rph_utf8_count(words);
	return length < RPH_ALIGN_MAX_CODE_POINTS ? (uint32_t)length : RPH_ALIGN_MAX_CODE_POINTS;
}

int rph_said(struct rph_normaliser *normaliser, const struct rph_seams *source,
	     const struct rph_said_query *query, uint16_t *ret)
{
	struct search search = {.normaliser = normaliser, .source = source, .query = query};
	struct rph_arena arena;
	uint32_t longest = 0;
	int error = 0;

	RPH_ASSERT(query->reference_count >= 1 && query->reference_count <= RPH_ALIGN_REFERENCES);
	*ret = 0;
	if (source->count > RPH_ALIGN_MAX_CODE_POINTS)
		return 0;
	rph_arena_init(&arena, SCRATCH_BYTES);
	rph_arena_init(&search.scratch, SCRATCH_BYTES);
	for (size_t i = 0; i < query->reference_count && !error; i++) {
		struct side *side = &search.references[search.reference_count++];
		error = analyse(&search, query->references[i], &arena, side);
		if (!error && side->text.code_point_count)
			longest = larger(longest, larger(side->text.code_point_count,
							 length_of(query->references[i])));
	}
	/* As far as rph_align() looks. */
	if (!error && longest)
		error = compare_spans(&search, 2 * smaller(longest, RPH_ALIGN_MAX_CODE_POINTS) + 4);
	if (!error)
		error = find_apart(&search, ret);
	rph_arena_free(&search.scratch);
	rph_arena_free(&arena);
	return error;
}
