/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/surface.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "miner/normalise_private.h"
#include "miner/utf.h"
#include "schemas/error.h"

enum { REPLACEMENT = 0xFFFD };

struct rph_surfacer {
	const UNormalizer2 *nfc;
	struct rph_code_points *points;
	UChar *units, *composed; /* UTF-16, before and after NFC */
	int32_t *unit_of;        /* for each code point of the text: its place in units[] */
	size_t capacity;         /* of each, in units */
};

int rph_surfacer_new(struct rph_surfacer **ret)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
	if (U_FAILURE(status))
		return RPH_E_UNICODE;
	struct rph_surfacer *surfacer = calloc(1, sizeof(*surfacer));
	if (!surfacer)
		return RPH_E_NO_MEMORY;
	surfacer->nfc = nfc;
	int err = rph_code_points_new(&surfacer->points);
	if (err)
		free(surfacer);
	else
		*ret = surfacer;
	return err;
}

struct rph_surfacer *rph_surfacer_free(struct rph_surfacer *surfacer)
{
	if (!surfacer)
		return NULL;
	rph_code_points_free(surfacer->points);
	free(surfacer->units);
	free(surfacer->composed);
	free(surfacer->unit_of);
	free(surfacer);
	return NULL;
}

/* ---- most texts are as they should be -----------------------------------------------------------
 */

/* Visible characters with single spaces between them, and nothing for NFC to do. */
static bool is_surface(struct rph_surfacer *surfacer, struct rph_span text)
{
	int32_t length = (int32_t)text.len;
	bool spaced = true, trails = false;
	for (int32_t at = 0; at < length;) {
		uint8_t byte = (uint8_t)text.ptr[at];
		if (byte < 0x80) {
			bool space = byte == ' ';
			if (byte < ' ' || byte == 0x7F || (space && spaced))
				return false;
			spaced = space;
			trails = false;
			at++;
			continue;
		}
		UChar32 c = rph_utf8_next(text.ptr, &at, length);
		if (c < 0)
			return false;
		const struct rph_code_point *point = rph_code_point(surfacer->points, (uint32_t)c);
		if (!(point->flags & RPH_POINT_PLAIN) ||
		    ((point->flags & RPH_POINT_LEADS) && trails))
			return false;
		spaced = false;
		trails = (point->flags & RPH_POINT_TRAILS) != 0;
	}
	return !spaced;
}

/* ---- ASCII: bytes are code points -------------------------------------------------------------
 */

static void move_places(struct rph_place *places, size_t count, const uint32_t *moved)
{
	for (size_t i = 0; i < count; i++) {
		places[i].start = moved[places[i].start];
		places[i].end = moved[places[i].end];
	}
}

/* Copies white-space-folded text; moved[i] tells where code point i came to lie. A space is written
 * only before the next visible character, so ends are trimmed without looking back. */
static size_t fold_ascii(struct rph_span text, char *out, uint32_t *moved)
{
	size_t len = 0;
	bool space = false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool visible = c > ' ' && c != 0x7f;
		space |= c == ' ' || (c >= '\t' && c <= '\r');
		if (visible && space && len)
			out[len++] = ' ';
		if (moved)
			moved[i] = (uint32_t)len;
		if (visible) {
			space = false;
			out[len++] = (char)c;
		}
	}
	if (moved)
		moved[text.len] = (uint32_t)len;
	return len;
}

static int ascii_surface(struct rph_span text, struct rph_place *places, size_t place_count,
			 struct rph_arena *arena, struct rph_span *ret)
{
	char *out = rph_arena_bytes(arena, text.len);
	uint32_t *moved = NULL;
	if (place_count)
		moved = RPH_ARENA_ARRAY(arena, uint32_t, text.len + 1);
	if (!out || (place_count && !moved))
		return RPH_E_NO_MEMORY;
	*ret = (struct rph_span){out, fold_ascii(text, out, moved)};
	if (place_count)
		move_places(places, place_count, moved);
	return 0;
}

/* ---- the rest of Unicode ------------------------------------------------------------------------
 */

static int reserve(struct rph_surfacer *surfacer, size_t units)
{
	if (units <= surfacer->capacity)
		return 0;
	UChar *a = realloc(surfacer->units, units * sizeof(*a));
	if (a)
		surfacer->units = a;
	/* NFC of a text is at most three times as long in UTF-16. */
	UChar *b = realloc(surfacer->composed, 3 * units * sizeof(*b));
	if (b)
		surfacer->composed = b;
	int32_t *c = realloc(surfacer->unit_of, units * sizeof(*c));
	if (c)
		surfacer->unit_of = c;
	if (!a || !b || !c)
		return RPH_E_NO_MEMORY;
	surfacer->capacity = units;
	return 0;
}

/* Fills units[] with the folded text; returns its length and the number of code points read. */
static int32_t fold_units(struct rph_surfacer *surfacer, struct rph_span text, int32_t *ret_points)
{
	int32_t len = 0, points = 0, size = (int32_t)text.len;
	bool space = false;
	for (int32_t i = 0; i < size;) {
		UChar32 c = rph_utf8_next(text.ptr, &i, size);
		c = c < 0 ? REPLACEMENT : c;
		bool blank = u_isUWhiteSpace(c);
		bool visible = !blank && u_charType(c) != U_CONTROL_CHAR;
		space |= blank;
		if (visible && space && len)
			surfacer->units[len++] = ' ';
		surfacer->unit_of[points++] = len;
		if (visible) {
			space = false;
			rph_utf16_append(surfacer->units, &len, c);
		}
	}
	surfacer->unit_of[points] = len;
	*ret_points = points;
	return len;
}

static int32_t compose(struct rph_surfacer *surfacer, int32_t len, int *ret_error)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t out = unorm2_normalize(surfacer->nfc, surfacer->units, len, surfacer->composed,
				       (int32_t)(3 * surfacer->capacity), &status);
	*ret_error = U_FAILURE(status) ? RPH_E_UNICODE : 0;
	return out;
}

/* Where the first `len` units come to lie, in code points of the composed text: composition never
 * crosses a boundary between two slots that begin with a starter, which is all that slots do. */
static uint32_t moved_point(struct rph_surfacer *surfacer, int32_t len, int *ret_error)
{
	int32_t out = compose(surfacer, len, ret_error);
	return *ret_error ? 0 : (uint32_t)u_countChar32(surfacer->composed, out);
}

static int to_utf8(const UChar *units, int32_t len, struct rph_arena *arena, struct rph_span *ret)
{
	char *out = rph_arena_bytes(arena, (size_t)len * 3);
	if (!out)
		return RPH_E_NO_MEMORY;
	size_t size = 0;
	for (int32_t i = 0; i < len;)
		rph_utf8_append(out, &size, (uint32_t)rph_utf16_next(units, &i, len));
	*ret = (struct rph_span){out, size};
	return 0;
}

int rph_surface(struct rph_surfacer *surfacer, struct rph_span text, struct rph_place *places,
		size_t place_count, struct rph_arena *arena, struct rph_span *ret)
{
	if (is_surface(surfacer, text)) {
		*ret = text;
		return 0;
	}
	if (rph_is_ascii(text))
		return ascii_surface(text, places, place_count, arena, ret);
	int err = reserve(surfacer, 2 * text.len + 1);
	if (err)
		return err;
	int32_t points;
	int32_t len = fold_units(surfacer, text, &points);
	UErrorCode status = U_ZERO_ERROR;
	bool is_nfc = unorm2_quickCheck(surfacer->nfc, surfacer->units, len, &status) == UNORM_YES;
	for (size_t i = 0; !err && i < place_count; i++) {
		RPH_ASSERT(places[i].start <= places[i].end && places[i].end <= (uint32_t)points);
		int32_t start = surfacer->unit_of[places[i].start];
		int32_t end = surfacer->unit_of[places[i].end];
		if (is_nfc) {
			places[i].start = (uint32_t)u_countChar32(surfacer->units, start);
			places[i].end = (uint32_t)u_countChar32(surfacer->units, end);
			continue;
		}
		places[i].start = moved_point(surfacer, start, &err);
		if (!err)
			places[i].end = moved_point(surfacer, end, &err);
	}
	if (err)
		return err;
	if (is_nfc)
		return to_utf8(surfacer->units, len, arena, ret);
	int32_t out = compose(surfacer, len, &err);
	return err ? err : to_utf8(surfacer->composed, out, arena, ret);
}
