/* SPDX-License-Identifier: Apache-2.0
 *
 * align.c - seams of a text, and the spans between them that resemble given words.
 */
#include "miner/align.h"

#include <unicode/uchar.h>

#include "miner/grapheme.h"
#include "miner/similarity.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

#define SCRATCH_BYTES (1u << 22)
/* Phonetic keys shorter than this are shared by too many words. */
#define LEAST_PHONETIC_UNITS 3u
/* A change in a word this short makes another word, in code points. For what was said, but for no home,
 * in letters, because a syllable is worth two: rph_letters_of(). Where one of three syllables is wrong
 * the place is too unsure to teach it: measured, every fifth home was cut too short. */
#define SHORT_WORD 4u

enum kind { KIND_WORD, KIND_SPACE, KIND_MARK, KIND_SPACELESS };

static enum kind kind_of(uint32_t point)
{
	UChar32 c = (UChar32)point;

	if (u_isUWhiteSpace(c))
		return KIND_SPACE;
	int line_break = u_getIntPropertyValue(c, UCHAR_LINE_BREAK);
	if (line_break == U_LB_COMPLEX_CONTEXT || line_break == U_LB_IDEOGRAPHIC ||
	    line_break == U_LB_CONDITIONAL_JAPANESE_STARTER)
		return KIND_SPACELESS;
	/* Iteration marks are letters of their word, whatever their line break. */
	if (line_break == U_LB_NONSTARTER && u_isalnum(c))
		return KIND_SPACELESS;
	uint32_t mask = U_GET_GC_MASK(c);
	return mask & (U_GC_P_MASK | U_GC_S_MASK) ? KIND_MARK : KIND_WORD;
}

static bool is_inside_number(const uint32_t *points, uint32_t at, uint32_t count)
{
	uint32_t point = points[at];
	return (point == '.' || point == ',' || point == ':') && at > 0 && at + 1 < count &&
	       u_isdigit((UChar32)points[at - 1]) && u_isdigit((UChar32)points[at + 1]);
}

/* May a span start right between these two? Mirrored, may one end there. */
static bool is_open(enum kind outside, enum kind inside)
{
	if (inside == KIND_SPACE)
		return false;
	if (outside == KIND_SPACE || outside == KIND_SPACELESS || inside == KIND_SPACELESS)
		return true;
	return outside == KIND_MARK && inside == KIND_WORD;
}

static void mark_seams(const struct rph_seams *text, const uint8_t *kinds, uint8_t *seams)
{
	struct rph_grapheme_state state = {0};

	for (uint32_t i = 0; i < text->count; i++) {
		enum kind here = kinds[i];
		enum kind before = i ? kinds[i - 1] : KIND_SPACE;
		seams[i] = 0;
		if (!rph_grapheme_starts(&state, text->points[i]))
			continue;
		if (is_open(before, here))
			seams[i] |= RPH_SEAM_START;
		if (i && is_open(here, before))
			seams[i] |= RPH_SEAM_END;
	}
	seams[text->count] = text->count && kinds[text->count - 1] != KIND_SPACE ? RPH_SEAM_END : 0;
}

int rph_seams_find(struct rph_span text, struct rph_arena *arena, struct rph_seams *ret)
{
	uint32_t *points = RPH_ARENA_ARRAY(arena, uint32_t, text.len + 1);
	uint32_t *offset = RPH_ARENA_ARRAY(arena, uint32_t, text.len + 1);
	uint8_t *kinds = RPH_ARENA_ARRAY(arena, uint8_t, text.len + 1);
	uint8_t *seams = RPH_ARENA_ARRAY(arena, uint8_t, text.len + 1);
	uint32_t count = 0;

	if (!points || !offset || !kinds || !seams)
		return RPH_E_NO_MEMORY;
	for (size_t at = 0; at < text.len; count++) {
		size_t bytes = rph_utf8_character(text.ptr + at, text.len - at, &points[count]);
		if (bytes == 0)
			return RPH_E_BAD_INPUT;
		offset[count] = (uint32_t)at;
		at += bytes;
	}
	offset[count] = (uint32_t)text.len;
	for (uint32_t i = 0; i < count; i++)
		kinds[i] = is_inside_number(points, i, count) ? KIND_WORD
							      : (uint8_t)kind_of(points[i]);
	struct rph_seams found = {text, points, offset, seams, count};
	mark_seams(&found, kinds, seams);
	*ret = found;
	return 0;
}

int rph_digit_of(uint32_t point)
{
	return u_charDigitValue((UChar32)point);
}

/* One side of a comparison, analysed. */
struct side {
	struct rph_text text;
	struct rph_span digits;
	uint32_t first, last; /* punctuation at the edges, which normalisation drops; 0: none */
};

/* The code point if it is punctuation, else 0. */
static uint32_t mark_of(struct rph_span text, size_t at)
{
	uint32_t point = 0;

	rph_utf8_character(text.ptr + at, text.len - at, &point);
	return kind_of(point) == KIND_MARK ? point : 0;
}

static void find_edges(struct rph_span words, struct side *ret)
{
	size_t last = words.len;

	ret->first = ret->last = 0;
	if (words.len == 0)
		return;
	do
		last--;
	while (last > 0 && ((unsigned char)words.ptr[last] & 0xC0) == 0x80);
	ret->first = mark_of(words, 0);
	ret->last = mark_of(words, last);
}

static int analyse(struct rph_normaliser *normaliser, struct rph_span locale, struct rph_span words,
		   struct rph_arena *arena, struct side *ret)
{
	struct rph_span normal;
	size_t used = 0;

	find_edges(words, ret);
	int error = rph_normalise(normaliser, locale, words, arena, &normal);
	if (error)
		return error;
	error = rph_text_analyse(normaliser, normal, arena, &ret->text);
	if (error)
		return error;
	char *digits = rph_arena_bytes(arena, normal.len + 1);
	if (!digits)
		return RPH_E_NO_MEMORY;
	/* Normal forms have ASCII digits only. */
	for (size_t i = 0; i < normal.len; i++)
		if (normal.ptr[i] >= '0' && normal.ptr[i] <= '9')
			digits[used++] = normal.ptr[i];
	ret->digits = (struct rph_span){digits, used};
	return 0;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool says_little(const struct rph_text *text)
{
	uint32_t letters = 0;

	for (uint32_t i = 0; i < text->code_point_count && letters < SHORT_WORD; i++)
		letters += rph_letters_of(text->code_points[i]);
	return letters < SHORT_WORD;
}

/* What one span is worth: as a home; and, from `least` on, as a sign that the words were said. */
struct worth {
	uint32_t score, likeness;
};

static uint32_t discount(uint32_t score, bool is_short)
{
	return smaller(is_short ? score * 7 / 8 : score, RPH_SIMILARITY_ONE - 1);
}

static struct worth compare(const struct side *a, const struct side *b, uint32_t least)
{
	struct worth same = {RPH_SIMILARITY_ONE, RPH_SIMILARITY_ONE}, other = {0, 0};

	if (a->text.code_point_count == 0 || b->text.code_point_count == 0 ||
	    !rph_span_equal(a->digits, b->digits))
		return other;
	if (rph_span_equal(a->text.normalised, b->text.normalised))
		return same;
	uint32_t score =
		larger(rph_ngram_dice(&a->text, &b->text), rph_edit_similarity(&a->text, &b->text));
	/* Sounding alike is a little less than reading alike. */
	if (smaller(a->text.phonetic_count, b->text.phonetic_count) >= LEAST_PHONETIC_UNITS)
		score = larger(score, rph_phonetic_similarity(&a->text, &b->text) * 15 / 16);
	bool is_short = smaller(a->text.code_point_count, b->text.code_point_count) < SHORT_WORD;
	struct worth worth = {.score = discount(score, is_short)};
	if (score < least)
		return worth;
	is_short = is_short && (says_little(&a->text) || says_little(&b->text));
	worth.likeness = discount(score, is_short);
	/* A number is never half right. */
	if (worth.likeness < least || rph_numbers_differ(&a->text, &b->text))
		worth.likeness = 0;
	return worth;
}

static bool comes_first(const struct rph_candidate *a, const struct rph_candidate *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (a->edges != b->edges)
		return a->edges > b->edges;
	if (a->end - a->start != b->end - b->start)
		return a->end - a->start < b->end - b->start;
	return a->start < b->start;
}

static bool contains(const struct rph_candidate *outer, const struct rph_candidate *inner)
{
	return outer->start <= inner->start && inner->end <= outer->end;
}

/* The same words with and without the punctuation around them are one candidate: the one cut like the
 * reference ("p.m."), else the shorter. */
static bool is_repeated(struct rph_candidates *all, const struct rph_candidate *candidate)
{
	for (uint32_t i = 0; i < all->count; i++) {
		if (all->list[i].score != candidate->score)
			continue;
		bool nested =
			contains(candidate, &all->list[i]) || contains(&all->list[i], candidate);
		if (nested && comes_first(&all->list[i], candidate))
			return true;
		if (nested) {
			all->count--;
			memmove(&all->list[i], &all->list[i + 1],
				(all->count - i) * sizeof(all->list[0]));
			i--;
		}
	}
	return false;
}

static void keep(struct rph_candidates *all, const struct rph_candidate *candidate)
{
	if (is_repeated(all, candidate))
		return;
	uint32_t at = all->count;
	while (at > 0 && comes_first(candidate, &all->list[at - 1]))
		at--;
	if (at == RPH_ALIGN_CANDIDATES)
		return;
	uint32_t last = smaller(all->count, RPH_ALIGN_CANDIDATES - 1);
	memmove(&all->list[at + 1], &all->list[at], (last - at) * sizeof(all->list[0]));
	all->list[at] = *candidate;
	all->count = last + 1;
}

struct search {
	struct rph_normaliser *normaliser;
	struct rph_span locale;
	const struct rph_seams *source;
	struct side references[RPH_ALIGN_REFERENCES];
	size_t reference_count;
	const struct rph_align_query *query;
	struct rph_candidates alike;                        /* their scores are likenesses */
	uint64_t other[RPH_ALIGN_MAX_CODE_POINTS / 64 + 1]; /* code points of another value */
	struct rph_arena scratch;                           /* one candidate's analysis */
};

static bool is_looked_for(const struct search *search, struct rph_span normal)
{
	for (size_t i = 0; i < search->reference_count; i++)
		if (rph_span_equal(search->references[i].text.normalised, normal))
			return true;
	return false;
}

static bool is_other_value(const struct search *search, struct rph_span normal)
{
	const struct rph_align_query *query = search->query;
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

static int score_span(struct search *search, uint32_t start, uint32_t end,
		      struct rph_candidates *ret)
{
	const struct rph_seams *source = search->source;
	struct rph_span words = {source->text.ptr + source->offset[start],
				 source->offset[end] - source->offset[start]};
	struct side side;

	rph_arena_reset(&search->scratch);
	int error = analyse(search->normaliser, search->locale, words, &search->scratch, &side);
	if (error)
		return error;
	if (is_other_value(search, side.text.normalised))
		mark_other(search, start, end);
	struct worth best = {0, 0};
	for (size_t i = 0; i < search->reference_count; i++) {
		struct worth worth = compare(&side, &search->references[i], search->query->least);
		/* Of equal matches the one with the earlier reference is better. */
		best.score = larger(best.score, worth.score > i ? worth.score - (uint32_t)i : 0);
		best.likeness = larger(best.likeness, worth.likeness);
	}
	const struct side *first = &search->references[0];
	uint8_t edges = (uint8_t)((side.first == first->first) + (side.last == first->last));
	struct rph_candidate candidate = {start, end, (uint16_t)best.score, edges};
	if (candidate.score)
		keep(ret, &candidate);
	candidate.score = (uint16_t)best.likeness;
	if (candidate.score)
		keep(&search->alike, &candidate);
	return 0;
}

static bool is_as_like(const struct rph_text *said, struct rph_span value, uint32_t score)
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
	if (smaller(said_count, count) * RPH_SIMILARITY_ONE < score * longer)
		return false;
	uint32_t distance = rph_edit_distance_units(said->code_points, said_count, points, count);
	return (longer - distance) * RPH_SIMILARITY_ONE >= score * longer;
}

/* What may as well be another value says neither. */
static int find_rival(struct search *search, const struct rph_candidate *candidate, bool *ret)
{
	const struct rph_seams *source = search->source;
	uint32_t from = source->offset[candidate->start], to = source->offset[candidate->end];
	struct side side;

	*ret = false;
	rph_arena_reset(&search->scratch);
	int error = analyse(search->normaliser, search->locale,
			    (struct rph_span){source->text.ptr + from, to - from}, &search->scratch,
			    &side);
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

static int search_spans(struct search *search, uint32_t longest, struct rph_candidates *ret)
{
	const struct rph_seams *source = search->source;

	for (uint32_t start = 0; start < source->count; start++) {
		if (!(source->seams[start] & RPH_SEAM_START))
			continue;
		for (uint32_t end = start + 1; end <= smaller(start + longest, source->count);
		     end++) {
			if (!(source->seams[end] & RPH_SEAM_END))
				continue;
			int error = score_span(search, start, end, ret);
			if (error)
				return error;
		}
	}
	if (search->query->home && ret->count && ret->list[0].score >= search->query->home)
		return 0;
	return find_apart(search, &ret->apart);
}

static uint32_t length_of(struct rph_span words)
{
	size_t length = rph_utf8_count(words);
	return length < RPH_ALIGN_MAX_CODE_POINTS ? (uint32_t)length : RPH_ALIGN_MAX_CODE_POINTS;
}

int rph_align(struct rph_normaliser *normaliser, const struct rph_seams *source,
	      const struct rph_align_query *query, struct rph_candidates *ret)
{
	struct search search = {.normaliser = normaliser,
				.locale = query->locale,
				.source = source,
				.query = query};
	struct rph_arena arena;
	uint32_t longest = 0;
	int error = 0;

	RPH_ASSERT(query->reference_count >= 1 && query->reference_count <= RPH_ALIGN_REFERENCES);
	*ret = (struct rph_candidates){0};
	rph_arena_init(&arena, SCRATCH_BYTES);
	rph_arena_init(&search.scratch, SCRATCH_BYTES);
	for (size_t i = 0; i < query->reference_count && !error; i++) {
		struct side *side = &search.references[search.reference_count++];
		error = analyse(normaliser, query->locale, query->references[i], &arena, side);
		/* As it was written, too: normalisation may have dropped much of it. */
		if (!error && side->text.code_point_count)
			longest = larger(longest, larger(side->text.code_point_count,
							 length_of(query->references[i])));
	}
	/* A span more than twice as long cannot reach a score that anybody accepts; punctuation and
	 * marks that normalisation drops get some room. */
	if (!error && longest && source->count <= RPH_ALIGN_MAX_CODE_POINTS)
		error = search_spans(&search, 2 * smaller(longest, RPH_ALIGN_MAX_CODE_POINTS) + 4,
				     ret);
	rph_arena_free(&search.scratch);
	rph_arena_free(&arena);
	return error;
}
