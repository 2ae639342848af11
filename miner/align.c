/* SPDX-License-Identifier: Apache-2.0
 *
 * align.c - the spans between the seams of a text that resemble given words.
 */
#include "miner/align.h"

#include "miner/similarity.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

#define SCRATCH_BYTES (1u << 22)
/* A change in a word this short makes another word, in code points: where one of three syllables is
 * wrong the place is too unsure to teach it, and measured, every fifth home was cut too short. */
#define SHORT_WORD 4u

/* Letters by the lower bits of their code points: what two texts share is at most this. */
enum { BUCKETS = 64 };

/* One side of a comparison, analysed. */
struct side {
	struct rph_text text; /* without n-grams and words until they are needed */
	struct rph_span digits;
	uint32_t first, last; /* punctuation at the edges, which normalisation drops; 0: none */
	bool has_buckets;
	uint16_t buckets[BUCKETS];
};

/* The code point if it is punctuation, else 0. */
static uint32_t mark_of(struct rph_span text, size_t at)
{
	uint32_t point = 0;

	rph_utf8_character(text.ptr + at, text.len - at, &point);
	return rph_is_mark(point) ? point : 0;
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

static void fill_buckets(struct side *side)
{
	side->has_buckets = true;
	memset(side->buckets, 0, sizeof(side->buckets));
	for (uint32_t i = 0; i < side->text.code_point_count; i++)
		side->buckets[side->text.code_points[i] % BUCKETS]++;
}

static int analyse(struct rph_normaliser *normaliser, struct rph_span locale, struct rph_span words,
		   struct rph_arena *arena, struct side *ret)
{
	struct rph_span normal;

	find_edges(words, ret);
	int error = rph_normalise(normaliser, locale, words, arena, &normal);
	if (!error)
		error = rph_text_analyse(normaliser, normal, arena, &ret->text);
	if (!error)
		error = rph_text_digits(normal, arena, &ret->digits);
	if (!error)
		fill_buckets(ret);
	return error;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Letters that both have, counted no lower than they are. */
static uint32_t shared_letters(const struct side *a, const struct side *b)
{
	uint32_t shared = 0;

	for (unsigned i = 0; i < BUCKETS; i++)
		shared += smaller(a->buckets[i], b->buckets[i]);
	return shared;
}

struct search {
	struct rph_normaliser *normaliser;
	struct rph_span locale;
	const struct rph_seams *source;
	struct side references[RPH_ALIGN_REFERENCES];
	size_t reference_count;
	uint32_t best; /* so far */
	uint32_t least, margin;
	struct rph_arena scratch; /* one candidate's analysis */
};

static bool is_cut(const struct rph_text *text)
{
	return text->code_point_count > RPH_EDIT_MAX_UNITS ||
	       text->grapheme_count != text->code_point_count;
}

/* Each no less than what it bounds. An edit leaves at most the letters that both have; and of the
 * n-grams that both have all but one have a letter of their own in second place. */
static uint32_t bound_of_edits(const struct side *a, const struct side *b, uint32_t shared)
{
	uint32_t longer = larger(a->text.code_point_count, b->text.code_point_count);

	return RPH_SIMILARITY_ONE * shared / longer + 1;
}

static uint32_t bound_of_ngrams(const struct side *a, const struct side *b, uint32_t shared)
{
	uint32_t all = 2 * (a->text.grapheme_count + b->text.grapheme_count) + 2;

	return RPH_SIMILARITY_ONE * 2 * (2 * shared + 1) / all + 1;
}

/* Sounding alike is a little less than reading alike. */
static uint32_t score_of_sounds(const struct rph_text *a, const struct rph_text *b, uint32_t wanted)
{
	uint32_t shorter = smaller(a->phonetic_count, b->phonetic_count);
	uint32_t longer = larger(a->phonetic_count, b->phonetic_count);

	if (shorter < RPH_ALIGN_LEAST_PHONETIC)
		return 0;
	if (longer <= RPH_EDIT_MAX_UNITS &&
	    RPH_SIMILARITY_ONE * shorter / longer * 15 / 16 < wanted)
		return 0;
	return rph_phonetic_similarity(a, b) * 15 / 16;
}

static int take_apart(struct search *search, struct side *side)
{
	int error = 0;

	if (side->text.ngram_count == 0)
		error = rph_text_analyse(search->normaliser, side->text.normalised,
					 &search->scratch, &side->text);
	return error;
}

/* Of two texts that differ, with the same digits; any lower figure where it is less than wanted. What
 * is dear is left out where what is cheap shows that it cannot matter. */
static int score_of(struct search *search, struct side *side, const struct side *other,
		    uint32_t wanted, uint32_t *ret)
{
	const struct rph_text *a = &side->text, *b = &other->text;
	bool cut = is_cut(a) || is_cut(b);
	uint32_t shared = shared_letters(side, other), score = 0;
	int error = 0;

	if (cut || bound_of_edits(side, other, shared) >= wanted)
		score = rph_edit_similarity(a, b);
	score = larger(score, score_of_sounds(a, b, larger(wanted, score)));
	if (cut || bound_of_ngrams(side, other, shared) >= larger(wanted, score)) {
		error = take_apart(search, side);
		score = error ? 0 : larger(score, rph_ngram_dice(a, b));
	}
	if (smaller(a->code_point_count, b->code_point_count) < SHORT_WORD)
		score = score * 7 / 8;
	*ret = smaller(score, RPH_SIMILARITY_ONE - 1);
	return error;
}

static bool comes_first(const struct rph_candidate *a, const struct rph_candidate *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (a->edges != b->edges)
		return a->edges > b->edges;
	if (a->off != b->off)
		return a->off < b->off;
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

void rph_candidates_keep(struct rph_candidates *all, const struct rph_candidate *candidate)
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

/* Less than this is not wanted: what scores below what was asked for and is not better than what was
 * found, or lies too far below that. */
static uint32_t least_wanted(const struct search *search)
{
	uint32_t least = smaller(search->least, search->best + 1);

	if (search->margin && search->best == RPH_SIMILARITY_ONE)
		return RPH_SIMILARITY_ONE;
	if (search->margin && search->best >= search->margin)
		least = larger(least, search->best - search->margin + 1);
	return least;
}

/* Of equal matches the one with the earlier reference is better. */
static uint32_t after(uint32_t score, size_t references)
{
	return score > references ? score - (uint32_t)references : 0;
}

static int read_letters(struct search *search, struct side *side)
{
	int error = 0;

	if (!side->text.code_points)
		error = rph_text_analyse_letters(search->normaliser, side->text.normalised,
						 &search->scratch, &side->text);
	if (!error && !side->has_buckets)
		fill_buckets(side);
	return error;
}

/* The best score of the span, or less where it is not wanted. */
static int score_side(struct search *search, struct side *side, uint32_t *ret)
{
	int error = 0;

	for (size_t i = 0; i < search->reference_count && !error; i++) {
		const struct side *reference = &search->references[i];
		struct rph_span normal = side->text.normalised;
		uint32_t score = 0, wanted = larger(least_wanted(search), *ret) + (uint32_t)i;
		if (reference->text.code_point_count == 0 || normal.len == 0 ||
		    !rph_span_equal(side->digits, reference->digits))
			continue;
		if (rph_span_equal(normal, reference->text.normalised)) {
			*ret = larger(*ret, after(RPH_SIMILARITY_ONE, i));
			continue;
		}
		if (wanted >= RPH_SIMILARITY_ONE)
			continue;
		error = read_letters(search, side);
		if (!error && side->text.code_point_count)
			error = score_of(search, side, reference, wanted, &score);
		*ret = larger(*ret, after(score, i));
	}
	return error;
}

static int score_span(struct search *search, uint32_t start, uint32_t end,
		      struct rph_candidate *ret)
{
	const struct rph_seams *source = search->source;
	struct rph_span words = rph_seams_cut(source, start, end);
	struct side side = {.text = {.normalised = {NULL, 0}}};
	uint32_t score = 0;

	rph_arena_reset(&search->scratch);
	int error = rph_normalise(search->normaliser, search->locale, words, &search->scratch,
				  &side.text.normalised);
	side.text.code_point_count = (uint32_t)rph_utf8_count(side.text.normalised);
	if (!error)
		error = rph_text_digits(side.text.normalised, &search->scratch, &side.digits);
	if (!error)
		error = score_side(search, &side, &score);
	search->best = larger(search->best, score);
	if (score)
		find_edges(words, &side);
	const struct side *first = &search->references[0];
	uint8_t edges = (uint8_t)((side.first == first->first) + (side.last == first->last));
	uint32_t length = side.text.code_point_count, wanted = first->text.code_point_count;
	uint32_t off = length > wanted ? length - wanted : wanted - length;
	*ret = (struct rph_candidate){.start = start,
				      .end = end,
				      .score = (uint16_t)score,
				      .weight = (uint16_t)score,
				      .off = (uint16_t)off,
				      .edges = edges};
	return error;
}

static int search_spans(struct search *search, uint32_t longest, struct rph_candidates *ret)
{
	uint32_t start = 0, end = 0;

	while (rph_seams_next_span(search->source, longest, &start, &end)) {
		struct rph_candidate candidate;
		int error = score_span(search, start, end, &candidate);
		if (error)
			return error;
		if (candidate.score)
			rph_candidates_keep(ret, &candidate);
	}
	return 0;
}

/* Whether the words stand there between seams, byte by byte: then their normal form does, too. */
static bool is_verbatim(const struct rph_seams *source, struct rph_span words)
{
	for (uint32_t start = 0, end = 0; words.len && start < source->count; start++) {
		size_t from = source->offset[start];
		while (end < source->count && source->offset[end] < from + words.len)
			end++;
		if (source->offset[end] == from + words.len &&
		    source->seams[start] & RPH_SEAM_START && source->seams[end] & RPH_SEAM_END &&
		    memcmp(source->text.ptr + from, words.ptr, words.len) == 0)
			return true;
	}
	return false;
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
				.least = query->least,
				.margin = query->margin};
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
	if (!error && search.margin && search.references[0].text.code_point_count &&
	    is_verbatim(source, query->references[0]))
		search.best = RPH_SIMILARITY_ONE;
	/* A span more than twice as long cannot reach a score that anybody accepts; punctuation and
	 * marks that normalisation drops get some room. */
	if (!error && longest && source->count <= RPH_ALIGN_MAX_CODE_POINTS)
		error = search_spans(&search, 2 * smaller(longest, RPH_ALIGN_MAX_CODE_POINTS) + 4,
				     ret);
	rph_arena_free(&search.scratch);
	rph_arena_free(&arena);
	return error;
}
