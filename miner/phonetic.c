/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/phonetic.h"

#include <unicode/uchar.h>

#include "miner/normalise_private.h"
#include "miner/utf.h"
#include "schemas/error.h"

enum { VOWEL = '*', SILENT = '-', RULE = '?', HUSH = 'S', LETTERS = 26 };

static const char sounds[LETTERS] = {
#define RPH_SOUND(letter, class) [(letter) - 'a'] = (class),
#include "miner/phonetic.def"
#undef RPH_SOUND
};

static const struct digraph {
	char at_start, inside;
} digraphs[LETTERS][LETTERS] = {
#define RPH_DIGRAPH(first, second, start, elsewhere) \
	[(first) - 'a'][(second) - 'a'] = {(start), (elsewhere)},
#include "miner/phonetic.def"
#undef RPH_DIGRAPH
};

static const struct letter {
	uint32_t from, to;
} letters[] = {
#define RPH_LETTER(from, to) {(from), (to)},
#include "miner/phonetic.def"
#undef RPH_LETTER
};

static uint32_t stand_in(uint32_t letter)
{
	size_t low = 0, high = RPH_ARRAY_LEN(letters);
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (letters[middle].from < letter)
			low = middle + 1;
		else
			high = middle;
	}
	return low < RPH_ARRAY_LEN(letters) && letters[low].from == letter ? letters[low].to
									   : letter;
}

/* Vowel jamo of a decomposed Hangul syllable. */
static bool is_hangul_vowel(uint32_t c)
{
	return c >= 0x1161 && c <= 0x11A7;
}

/* One code point without its marks: 0 for one that is not heard, ' ' for a gap. */
static uint32_t reduce_plain(uint32_t c)
{
	if (c < 0x80) {
		bool heard = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ';
		return heard || c == '+' || c == '%' || c == '$' || c == '#' ? c : 0;
	}
	if (c >= 0x30A1 && c <= 0x30F6)
		c -= 0x60;
	uint32_t letter = stand_in(c);
	if (letter != c || is_hangul_vowel(c))
		return letter != c ? letter : 0;
	uint32_t category = U_GET_GC_MASK((UChar32)c);
	if (category & (U_GC_M_MASK | U_GC_P_MASK | U_GC_C_MASK))
		return 0;
	return category & U_GC_Z_MASK ? ' ' : c;
}

size_t rph_phonetic_reduce(const UNormalizer2 *nfd, uint32_t c, uint32_t ret[static 2])
{
	UChar parts[8] = {0};
	UErrorCode status = U_ZERO_ERROR;
	int32_t length = -1;
	size_t count = 0;
	if (c >= 0xC0)
		length = unorm2_getDecomposition(nfd, (UChar32)c, parts,
						 (int32_t)RPH_ARRAY_LEN(parts), &status);
	if (length < 0 || U_FAILURE(status)) {
		ret[0] = reduce_plain(c);
		return ret[0] != 0;
	}
	for (int32_t i = 0; i < length && count < 2;) {
		ret[count] = reduce_plain((uint32_t)rph_utf16_next(parts, &i, length));
		count += ret[count] != 0;
	}
	return count;
}

static bool is_latin(uint32_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_vowel(uint32_t c)
{
	uint32_t index = c - 'a';
	return index < LETTERS && sounds[index] == VOWEL;
}

/* A key being written. */
struct key {
	uint32_t *units;
	size_t count;
	size_t run; /* how many of the last units stand for consonants with no vowel between */
};

static void emit_other(struct key *key, uint32_t c)
{
	key->units[key->count++] = c;
	key->run = 0;
}

static void emit_consonant(struct key *key, char sound)
{
	/* "tch", "sch": the hushing sound swallows what leads up to it. */
	while (sound == HUSH && key->run > 0 &&
	       (key->units[key->count - 1] == 't' || key->units[key->count - 1] == 's')) {
		key->count--;
		key->run--;
	}
	if (key->run > 0 && key->units[key->count - 1] == (uint32_t)sound)
		return;
	key->units[key->count++] = (uint32_t)sound;
	key->run++;
}

/* The letters whose sound depends on what stands around them. */
static void emit_by_rule(struct key *key, uint32_t c, uint32_t next, bool at_start)
{
	switch (c) {
	case 'c':
		if (next == 'e' || next == 'i' || next == 'y')
			emit_consonant(key, 's');
		else
			emit_consonant(key, 'k');
		break;
	case 'h':
		if (at_start)
			emit_consonant(key, 'h');
		break;
	case 'w':
		if (is_vowel(next))
			emit_consonant(key, 'w');
		break;
	default: /* x */
		emit_consonant(key, 'k');
		emit_consonant(key, 's');
		break;
	}
}

/* The Latin letter c, followed by `next`. Returns how many letters were read: 1 or 2. */
static size_t emit_latin(struct key *key, uint32_t c, uint32_t next, bool at_start)
{
	if (is_latin(next)) {
		struct digraph pair = digraphs[c - 'a'][next - 'a'];
		char sound = pair.inside;
		if (at_start)
			sound = pair.at_start;
		if (sound && sound != SILENT)
			emit_consonant(key, sound);
		if (sound)
			return 2;
	}
	char sound = sounds[c - 'a'];
	if (sound == RULE) {
		emit_by_rule(key, c, next, at_start);
	} else if (sound == VOWEL) {
		if (at_start)
			emit_other(key, 'a');
		key->run = 0;
	} else {
		emit_consonant(key, sound);
	}
	return 1;
}

size_t rph_phonetic_units(const struct rph_normaliser *normaliser, const uint32_t *code_points,
			  size_t count, uint32_t *scratch, uint32_t *ret)
{
	size_t reduced = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t c = code_points[i];
		if (is_latin(c) || c == ' ') {
			scratch[reduced++] = c;
			continue;
		}
		const struct rph_code_point *point = rph_code_point(normaliser->points, c);
		scratch[reduced] = point->sound[0];
		reduced += point->sound[0] != 0;
		/* Most have no second one, and there may be no room for what is not kept. */
		if (point->sound[1])
			scratch[reduced++] = point->sound[1];
	}
	struct key key = {.units = ret};
	bool at_start = true;
	for (size_t i = 0; i < reduced;) {
		uint32_t c = scratch[i];
		uint32_t next = i + 1 < reduced ? scratch[i + 1] : 0;
		if (c == ' ') {
			key.run = 0;
			i++;
		} else if (is_latin(c)) {
			i += emit_latin(&key, c, next, at_start);
		} else {
			emit_other(&key, c);
			i++;
		}
		at_start = c == ' ';
	}
	return key.count;
}

int rph_phonetic_key(const struct rph_normaliser *normaliser, struct rph_span normalised,
		     struct rph_arena *arena, struct rph_span *ret)
{
	if (normalised.len > RPH_NORMALISE_MAX_BYTES)
		return RPH_E_BAD_INPUT;
	size_t room = RPH_PHONETIC_MAX_UNITS(normalised.len);
	uint32_t *points = RPH_ARENA_ARRAY(arena, uint32_t, normalised.len + 2 * room);
	char *bytes = rph_arena_bytes(arena, 4 * room);
	if (!points || !bytes)
		return RPH_E_ARENA_FULL;
	size_t count = 0;
	for (int32_t at = 0; at < (int32_t)normalised.len;) {
		UChar32 c = rph_utf8_next(normalised.ptr, &at, (int32_t)normalised.len);
		if (c < 0)
			return RPH_E_BAD_INPUT;
		points[count++] = (uint32_t)c;
	}
	uint32_t *scratch = points + normalised.len, *units = scratch + room;
	count = rph_phonetic_units(normaliser, points, count, scratch, units);
	size_t length = 0;
	for (size_t i = 0; i < count; i++)
		rph_utf8_append(bytes, &length, units[i]);
	*ret = (struct rph_span){bytes, length};
	return 0;
}
