/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/text.h"

#include <unicode/uchar.h>

#include "miner/grapheme.h"
#include "miner/normalise_private.h"
#include "miner/phonetic.h"
#include "miner/utf.h"
#include "schemas/error.h"

enum {
	STACK_CODE_POINTS = 128, /* up to here the workspace is on the stack */
	PAD = 0x110000,          /* stands before the first and after the last grapheme */
};

/* The id of a cluster of several code points: this bit and a hash. */
#define CLUSTER_ID (1u << 31)
#define GOLDEN 0x9E3779B97F4A7C15u /* 2^64 / golden ratio: spreads small numbers over 64 bits */
#define ODD_2 0xD6E8FEB86659FD93u
#define ODD_3 0xC2B2AE3D27D4EB4Fu

/* The arrays of a text while they are built. */
struct builder {
	struct rph_text text;
	uint32_t *code_points, *graphemes, *ngrams, *words, *phonetic;
	uint32_t *ids;     /* [count + 2]: a number per grapheme, between two pads */
	uint32_t *scratch; /* [2 count + 1] */
	size_t bytes;      /* of the normalised text that are analysed */
	bool spaceless;
};

static uint64_t rotate(uint64_t value, int by)
{
	return value << by | value >> (64 - by);
}

/* How many code points of `text` to take; an upper bound where it is not ASCII. */
static size_t room_for(struct rph_span text)
{
	return text.len < RPH_TEXT_MAX_CODE_POINTS ? text.len : RPH_TEXT_MAX_CODE_POINTS;
}

/* One block for what stays; `stack` or the arena for what does not. */
static int builder_init(struct builder *b, size_t count, struct rph_arena *arena, uint32_t *stack)
{
	size_t phonetic = RPH_PHONETIC_MAX_UNITS(count), words = count / 2 + 1;
	uint32_t *block = RPH_ARENA_ARRAY(arena, uint32_t,
					  count + (count + 1) + (2 * count + 1) + words + phonetic);
	uint32_t *work = stack;
	if (count > STACK_CODE_POINTS)
		work = RPH_ARENA_ARRAY(arena, uint32_t, (count + 2) + (2 * count + 1));
	if (!block || !work)
		return RPH_E_ARENA_FULL;
	b->code_points = block;
	b->graphemes = b->code_points + count;
	b->ngrams = b->graphemes + count + 1;
	b->words = b->ngrams + 2 * count + 1;
	b->phonetic = b->words + words;
	b->ids = work;
	b->scratch = work + count + 2;
	return 0;
}

static void take_ascii(struct builder *b, size_t count)
{
	const uint8_t *bytes = (const uint8_t *)b->text.normalised.ptr;
	for (size_t i = 0; i < count; i++) {
		b->code_points[i] = bytes[i];
		b->ids[i + 1] = bytes[i];
		b->graphemes[i] = (uint32_t)i;
	}
	b->graphemes[count] = (uint32_t)count;
	b->text.code_point_count = b->text.grapheme_count = (uint32_t)count;
	b->bytes = count;
}

static uint32_t cluster_id(uint32_t id, uint32_t code_point)
{
	return CLUSTER_ID | (uint32_t)((id * GOLDEN ^ code_point * ODD_2) >> 33);
}

static int take_unicode(struct builder *b, struct rph_code_points *facts)
{
	struct rph_span text = b->text.normalised;
	struct rph_grapheme_state state = {0};
	uint32_t points = 0, clusters = 0;
	int32_t at = 0, length = (int32_t)text.len;
	b->ids[0] = PAD;
	while (at < length && points < RPH_TEXT_MAX_CODE_POINTS) {
		UChar32 c = rph_utf8_next(text.ptr, &at, length);
		if (c < 0)
			return RPH_E_BAD_INPUT;
		uint32_t code_point = (uint32_t)c;
		const struct rph_code_point *fact = rph_code_point(facts, code_point);
		if (rph_grapheme_starts_kind(&state, fact->grapheme)) {
			b->graphemes[clusters++] = points;
			b->ids[clusters] = code_point;
		} else {
			b->ids[clusters] = cluster_id(b->ids[clusters], code_point);
		}
		b->spaceless |= (fact->flags & RPH_POINT_SPACELESS) != 0;
		b->code_points[points++] = code_point;
	}
	b->graphemes[clusters] = points;
	b->text.code_point_count = points;
	b->text.grapheme_count = clusters;
	b->bytes = (size_t)at;
	return 0;
}

static void build_ngrams(struct builder *b)
{
	uint32_t *ids = b->ids, *ret = b->ngrams;
	size_t count = b->text.grapheme_count;
	if (count == 0)
		return;
	ids[0] = ids[count + 1] = PAD;
	uint64_t first = ids[0] * GOLDEN, second = ids[1] * GOLDEN;
	*ret++ = (uint32_t)((first ^ rotate(second, 21)) * ODD_2 >> 32);
	for (size_t i = 2; i < count + 2; i++) {
		uint64_t third = ids[i] * GOLDEN;
		uint64_t turned = rotate(third, 21);
		*ret++ = (uint32_t)((second ^ turned) * ODD_2 >> 32);
		*ret++ =
			(uint32_t)((first ^ rotate(second, 21) ^ rotate(turned, 21)) * ODD_3 >> 32);
		first = second;
		second = third;
	}
	b->text.ngram_count = (uint32_t)(2 * count + 1);
	rph_sort_u32(b->ngrams, b->text.ngram_count, b->scratch);
}

static uint32_t hash_word(struct rph_span word)
{
	uint64_t hash = word.len * GOLDEN;
	uint32_t letters = 0;
	for (size_t i = 0; i < word.len; i++) {
		hash = (hash ^ (uint8_t)word.ptr[i]) * ODD_3;
		letters += ((uint8_t)word.ptr[i] & 0xC0) != 0x80;
	}
	return (uint32_t)(hash >> 37) << 5 | (letters < 31 ? letters : 31);
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static uint32_t drop_equal(uint32_t *values, uint32_t count)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || values[kept - 1] != values[i])
			values[kept++] = values[i];
	return kept;
}

static void build_words(struct builder *b)
{
	struct rph_span rest = {b->text.normalised.ptr, b->bytes};
	uint32_t count = 0;
	while (!b->spaceless && rest.len > 0) {
		const char *gap = memchr(rest.ptr, ' ', rest.len);
		struct rph_span word = {rest.ptr, gap ? (size_t)(gap - rest.ptr) : rest.len};
		size_t used = word.len + (gap != NULL);
		rest = (struct rph_span){rest.ptr + used, rest.len - used};
		if (word.len > 0 && !(is_plain(word.ptr[0]) && is_plain(word.ptr[word.len - 1])))
			word = rph_trim_punctuation(word);
		if (word.len > 0)
			b->words[count++] = hash_word(word);
	}
	b->text.has_words = count > 0;
	if (count == 0 && b->bytes > 0)
		b->words[count++] = hash_word((struct rph_span){b->text.normalised.ptr, b->bytes});
	rph_sort_u32(b->words, count, b->scratch);
	b->text.word_count = drop_equal(b->words, count);
}

static int analyse(const struct rph_normaliser *normaliser, struct rph_span normalised, bool whole,
		   struct rph_arena *arena, struct rph_text *ret)
{
	uint32_t stack[(STACK_CODE_POINTS + 2) + (2 * STACK_CODE_POINTS + 1)];
	struct builder b = {.text.normalised = normalised};
	if (normalised.len > INT32_MAX)
		return RPH_E_BAD_INPUT;
	size_t count = room_for(normalised);
	int error = builder_init(&b, count, arena, stack);
	if (error)
		return error;
	bool plain = rph_is_ascii(normalised) &&
		     (count == 0 || !memchr(normalised.ptr, '\r', normalised.len));
	if (plain)
		take_ascii(&b, count);
	else
		error = take_unicode(&b, normaliser->points);
	if (error)
		return error;
	if (whole) {
		build_ngrams(&b);
		build_words(&b);
	}
	b.text.phonetic_count = (uint32_t)rph_phonetic_units(
		normaliser, b.code_points, b.text.code_point_count, b.scratch, b.phonetic);
	b.text.code_points = b.code_points;
	b.text.graphemes = b.graphemes;
	b.text.ngrams = b.ngrams;
	b.text.words = b.words;
	b.text.phonetic = b.phonetic;
	*ret = b.text;
	return 0;
}

int rph_text_analyse(const struct rph_normaliser *normaliser, struct rph_span normalised,
		     struct rph_arena *arena, struct rph_text *ret)
{
	return analyse(normaliser, normalised, true, arena, ret);
}

int rph_text_analyse_letters(const struct rph_normaliser *normaliser, struct rph_span normalised,
			     struct rph_arena *arena, struct rph_text *ret)
{
	return analyse(normaliser, normalised, false, arena, ret);
}

uint32_t rph_letters_of(uint32_t code_point)
{
	/* Nothing before the Hangul jamo is of these classes, and most texts are. */
	if (code_point < 0x1100)
		return 1;
	switch (u_getIntPropertyValue((UChar32)code_point, UCHAR_LINE_BREAK)) {
	case U_LB_IDEOGRAPHIC:
	case U_LB_CONDITIONAL_JAPANESE_STARTER:
	case U_LB_H2:
	case U_LB_H3:
		return 2;
	default:
		return 1;
	}
}

int rph_text_digits(struct rph_span normalised, struct rph_arena *arena, struct rph_span *ret)
{
	size_t used = 0;

	char *digits = rph_arena_bytes(arena, normalised.len + 1);
	if (!digits)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < normalised.len; i++)
		if (normalised.ptr[i] >= '0' && normalised.ptr[i] <= '9')
			digits[used++] = normalised.ptr[i];
	*ret = (struct rph_span){digits, used};
	return 0;
}
