/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/similarity.h"

#include <unicode/uchar.h>

enum { WORD_BITS = 64, PLACES = 2 * WORD_BITS };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* part / whole in fixed point; 0 / 0 is everything. */
static uint32_t share(uint64_t part, uint64_t whole)
{
	return whole ? (uint32_t)(part * RPH_SIMILARITY_ONE / whole) : RPH_SIMILARITY_ONE;
}

/* One column of the alignment matrix over up to 64 rows: where it steps up, where down. */
struct column {
	uint64_t up, down;
};

/* Moves the column one unit of the text on. `match` marks the rows equal to that unit; `carry` is
 * the horizontal step (-1, 0, 1) above the first row, the result the one at row `last`. */
static inline int advance(struct column *column, uint64_t match, int carry, uint64_t last)
{
	uint64_t up = column->up, down = column->down;
	uint64_t vertical = match | down;
	match |= (uint64_t)(carry < 0);
	uint64_t diagonal = (((match & up) + up) ^ up) | match;
	uint64_t rises = down | ~(diagonal | up), falls = up & diagonal;
	int out = (rises & last) ? 1 : (falls & last) ? -1 : 0;
	rises = rises << 1 | (uint64_t)(carry > 0);
	falls = falls << 1 | (uint64_t)(carry < 0);
	column->up = falls | ~(vertical | rises);
	column->down = rises & vertical;
	return out;
}

/* The rows of one block of the pattern, by unit: a hash table with one byte a place, which is all
 * that has to be cleared for a block. */
struct matches {
	uint8_t place[PLACES]; /* index into units[] plus 1; 0: free */
	uint32_t units[WORD_BITS];
	uint64_t rows[WORD_BITS];
};

/* Where `unit` is, or the free place where it would be: there are twice as many places as units. */
static inline size_t place_of(const struct matches *matches, uint32_t unit)
{
	size_t at = unit % PLACES;
	while (matches->place[at] && matches->units[matches->place[at] - 1] != unit)
		at = (at + 1) % PLACES;
	return at;
}

static void matches_init(struct matches *matches, const uint32_t *pattern, size_t count)
{
	uint8_t used = 0;
	memset(matches->place, 0, sizeof(matches->place));
	for (size_t i = 0; i < count; i++) {
		size_t at = place_of(matches, pattern[i]);
		if (!matches->place[at]) {
			matches->units[used] = pattern[i];
			matches->rows[used] = 0;
			matches->place[at] = ++used;
		}
		matches->rows[matches->place[at] - 1] |= 1ull << i;
	}
}

static inline uint64_t matches_of(const struct matches *matches, uint32_t unit)
{
	uint8_t index = matches->place[place_of(matches, unit)];
	return index ? matches->rows[index - 1] : 0;
}

/* The pattern in one block, as nearly always: nothing is carried, and the distance is followed along
 * the last row. */
static uint32_t distance_single(const uint32_t *pattern, size_t pattern_count, const uint32_t *text,
				size_t text_count)
{
	struct matches matches;
	matches_init(&matches, pattern, pattern_count);
	uint64_t up = ~0ull, down = 0;
	unsigned last = (unsigned)pattern_count - 1;
	uint32_t distance = (uint32_t)pattern_count;
	for (size_t i = 0; i < text_count; i++) {
		uint64_t match = matches_of(&matches, text[i]);
		uint64_t vertical = match | down;
		uint64_t diagonal = (((match & up) + up) ^ up) | match;
		uint64_t rises = down | ~(diagonal | up), falls = up & diagonal;
		distance += (uint32_t)(rises >> last & 1);
		distance -= (uint32_t)(falls >> last & 1);
		rises = rises << 1 | 1;
		falls <<= 1;
		up = falls | ~(vertical | rises);
		down = rises & vertical;
	}
	return distance;
}

/* Block by block: the steps along the lower edge of one are the carries into the next. */
static uint32_t distance_blocked(const uint32_t *pattern, size_t pattern_count,
				 const uint32_t *text, size_t text_count)
{
	int8_t carries[RPH_EDIT_MAX_UNITS];
	memset(carries, 1, text_count);
	uint32_t distance = (uint32_t)pattern_count;
	for (size_t start = 0; start < pattern_count; start += WORD_BITS) {
		size_t rows = smaller(pattern_count - start, WORD_BITS);
		struct matches matches;
		matches_init(&matches, pattern + start, rows);
		struct column column = {.up = ~0ull};
		uint64_t last = 1ull << (rows - 1);
		for (size_t i = 0; i < text_count; i++)
			carries[i] = (int8_t)advance(&column, matches_of(&matches, text[i]),
						     carries[i], last);
	}
	for (size_t i = 0; i < text_count; i++)
		distance = (uint32_t)((int)distance + carries[i]);
	return distance;
}

static uint32_t distance_of(const uint32_t *pattern, size_t pattern_count, const uint32_t *text,
			    size_t text_count)
{
	return pattern_count <= WORD_BITS
		       ? distance_single(pattern, pattern_count, text, text_count)
		       : distance_blocked(pattern, pattern_count, text, text_count);
}

uint32_t rph_edit_distance_units(const uint32_t *a, size_t a_count, const uint32_t *b,
				 size_t b_count)
{
	a_count = smaller(a_count, RPH_EDIT_MAX_UNITS);
	b_count = smaller(b_count, RPH_EDIT_MAX_UNITS);
	/* What both begin or end with costs nothing. */
	while (a_count > 0 && b_count > 0 && *a == *b)
		a++, b++, a_count--, b_count--;
	while (a_count > 0 && b_count > 0 && a[a_count - 1] == b[b_count - 1])
		a_count--, b_count--;
	if (a_count == 0 || b_count == 0)
		return (uint32_t)(a_count + b_count);
	/* The shorter one makes the blocks: fewer of them, often one. */
	if (a_count <= b_count)
		return distance_of(a, a_count, b, b_count);
	return distance_of(b, b_count, a, a_count);
}

static uint32_t edit_similarity(const uint32_t *a, size_t a_count, const uint32_t *b,
				size_t b_count)
{
	size_t longer =
		larger(smaller(a_count, RPH_EDIT_MAX_UNITS), smaller(b_count, RPH_EDIT_MAX_UNITS));
	return share(longer - rph_edit_distance_units(a, a_count, b, b_count), longer);
}

uint32_t rph_edit_distance(const struct rph_text *a, const struct rph_text *b)
{
	return rph_edit_distance_units(a->code_points, a->code_point_count, b->code_points,
				       b->code_point_count);
}

uint32_t rph_edit_similarity(const struct rph_text *a, const struct rph_text *b)
{
	return edit_similarity(a->code_points, a->code_point_count, b->code_points,
			       b->code_point_count);
}

/* Common elements of two sorted multisets. No branch depends on the data but the loop's end. */
static uint32_t common(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
	uint32_t count = 0;
	for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
		uint32_t x = a[i], y = b[j];
		count += x == y;
		i += x <= y;
		j += y <= x;
	}
	return count;
}

void rph_ngram_overlap(const struct rph_text *a, const struct rph_text *b, uint32_t *ret_dice,
		       uint32_t *ret_containment)
{
	uint64_t both = common(a->ngrams, a->ngram_count, b->ngrams, b->ngram_count);
	size_t shorter = smaller(a->ngram_count, b->ngram_count);
	*ret_dice = share(2 * both, (uint64_t)a->ngram_count + b->ngram_count);
	*ret_containment = share(both, shorter);
	if (shorter == 0 && a->ngram_count != b->ngram_count)
		*ret_containment = 0;
}

uint32_t rph_ngram_dice(const struct rph_text *a, const struct rph_text *b)
{
	uint32_t dice, containment;
	rph_ngram_overlap(a, b, &dice, &containment);
	return dice;
}

uint32_t rph_ngram_containment(const struct rph_text *a, const struct rph_text *b)
{
	uint32_t dice, containment;
	rph_ngram_overlap(a, b, &dice, &containment);
	return containment;
}

uint32_t rph_length_ratio(const struct rph_text *a, const struct rph_text *b)
{
	return share(smaller(a->grapheme_count, b->grapheme_count),
		     larger(a->grapheme_count, b->grapheme_count));
}

uint32_t rph_word_overlap(const struct rph_text *a, const struct rph_text *b)
{
	uint32_t both = common(a->words, a->word_count, b->words, b->word_count);
	return share(both, (uint64_t)a->word_count + b->word_count - both);
}

uint32_t rph_longest_shared_word(const struct rph_text *a, const struct rph_text *b)
{
	uint32_t longest = 0;
	for (size_t i = 0, j = 0; i < a->word_count && j < b->word_count;) {
		uint32_t x = a->words[i], y = b->words[j];
		uint32_t length = x == y ? RPH_WORD_LENGTH(x) : 0;
		longest = length > longest ? length : longest;
		i += x <= y;
		j += y <= x;
	}
	return longest;
}

uint32_t rph_phonetic_similarity(const struct rph_text *a, const struct rph_text *b)
{
	if (a->phonetic_count == 0 && b->phonetic_count == 0)
		return rph_span_equal(a->normalised, b->normalised) ? RPH_SIMILARITY_ONE : 0;
	return edit_similarity(a->phonetic, a->phonetic_count, b->phonetic, b->phonetic_count);
}

uint32_t rph_longest_common_run(const struct rph_text *a, const struct rph_text *b)
{
	uint16_t runs[RPH_EDIT_MAX_UNITS + 1] = {0}; /* ending at row i and the present column */
	size_t rows = smaller(a->code_point_count, RPH_EDIT_MAX_UNITS);
	size_t columns = smaller(b->code_point_count, RPH_EDIT_MAX_UNITS);
	uint16_t longest = 0;
	for (size_t j = 0; j < columns; j++) {
		/* From below, so that runs[i] still belongs to the column before. */
		for (size_t i = rows; i > 0; i--) {
			bool same = a->code_points[i - 1] == b->code_points[j];
			runs[i] = same ? (uint16_t)(runs[i - 1] + 1) : 0;
			longest = runs[i] > longest ? runs[i] : longest;
		}
	}
	if (smaller(rows, columns) == 0)
		return rows == columns ? RPH_SIMILARITY_ONE : 0;
	return share(longest, smaller(rows, columns));
}

static bool is_numeral(uint32_t point)
{
	if (point < 0x80)
		return point >= '0' && point <= '9';
	return u_getNumericValue((UChar32)point) != U_NO_NUMERIC_VALUE;
}

/* The next numeral from *at on, or 0. */
static uint32_t next_numeral(const struct rph_text *text, uint32_t *at)
{
	while (*at < text->code_point_count) {
		uint32_t point = text->code_points[(*at)++];
		if (is_numeral(point))
			return point;
	}
	return 0;
}

bool rph_numbers_differ(const struct rph_text *a, const struct rph_text *b)
{
	uint32_t i = 0, j = 0, x = next_numeral(a, &i), y = next_numeral(b, &j);

	if (!x || !y)
		return false;
	while (x == y && x) {
		x = next_numeral(a, &i);
		y = next_numeral(b, &j);
	}
	return x != y;
}
