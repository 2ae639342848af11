/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/normalise_private.h"

#include <stdlib.h>
#include <unicode/ustring.h>

#include "miner/utf.h"
#include "schemas/error.h"

/* More rounds of rules 1 to 3 than any text is known to need (two). */
enum { ROUNDS_MAX = 16, DOTLESS_I = 0x131 };

int rph_utf16_reserve(struct rph_utf16_buffer *buffer, int32_t units)
{
	if (units <= buffer->capacity)
		return 0;
	int32_t capacity = units < 256 ? 256 : units + units / 2;
	UChar *grown = malloc((size_t)capacity * sizeof(*grown));
	if (!grown)
		return RPH_E_NO_MEMORY;
	free(buffer->units);
	*buffer = (struct rph_utf16_buffer){grown, capacity};
	return 0;
}

int rph_utf16_decode(struct rph_utf16_buffer *buffer, struct rph_span text, int32_t *ret_length)
{
	if (text.len > RPH_NORMALISE_MAX_BYTES)
		return RPH_E_BAD_INPUT;
	/* UTF-8 never has fewer bytes than UTF-16 has units; one more spares ICU's warning. */
	int ret = rph_utf16_reserve(buffer, (int32_t)text.len + 1);
	if (ret)
		return ret;
	UErrorCode status = U_ZERO_ERROR;
	u_strFromUTF8(buffer->units, buffer->capacity, ret_length, text.len ? text.ptr : "",
		      (int32_t)text.len, &status);
	return U_FAILURE(status) ? RPH_E_BAD_INPUT : 0;
}

static int open_icu(struct rph_normaliser *normaliser)
{
	UErrorCode status = U_ZERO_ERROR;
	normaliser->casefold = unorm2_getNFKCCasefoldInstance(&status);
	normaliser->foldable = U_SUCCESS(status) ? rph_exempt_set() : NULL;
	if (!normaliser->foldable)
		return RPH_E_UNICODE;
	uset_complement(normaliser->foldable);
	uset_freeze(normaliser->foldable);
	normaliser->careful =
		unorm2_openFiltered(normaliser->casefold, normaliser->foldable, &status);
	return U_FAILURE(status) ? RPH_E_UNICODE : 0;
}

int rph_normaliser_new(struct rph_normaliser **ret)
{
	struct rph_normaliser *normaliser = calloc(1, sizeof(*normaliser));
	if (!normaliser)
		return RPH_E_NO_MEMORY;
	int error = rph_code_points_new(&normaliser->points);
	if (!error)
		error = open_icu(normaliser);
	if (error)
		rph_normaliser_free(normaliser);
	else
		*ret = normaliser;
	return error;
}

struct rph_normaliser *rph_normaliser_free(struct rph_normaliser *normaliser)
{
	if (!normaliser)
		return NULL;
	if (normaliser->words)
		ubrk_close(normaliser->words);
	if (normaliser->careful)
		unorm2_close(normaliser->careful);
	if (normaliser->foldable)
		uset_close(normaliser->foldable);
	rph_code_points_free(normaliser->points);
	free(normaliser->text.units);
	free(normaliser->folded.units);
	free(normaliser);
	return NULL;
}

/* Turkish and Azeri pair "I" with "ı" and "İ" with "i". */
static bool is_turkic(struct rph_span locale)
{
	if (locale.len < 2 || (locale.len > 2 && locale.ptr[2] != '-' && locale.ptr[2] != '_'))
		return false;
	char first = (char)(locale.ptr[0] | 0x20), second = (char)(locale.ptr[1] | 0x20);
	return (first == 't' && second == 'r') || (first == 'a' && second == 'z');
}

/* Rule 3 on normaliser->text. *ret_stable: it was so already. */
static int casefold(struct rph_normaliser *normaliser, bool exempt, int32_t *length,
		    bool *ret_stable)
{
	const UNormalizer2 *rule = exempt ? normaliser->careful : normaliser->casefold;
	struct rph_utf16_buffer *text = &normaliser->text, *folded = &normaliser->folded;
	UErrorCode status = U_ZERO_ERROR;
	*ret_stable = unorm2_spanQuickCheckYes(rule, text->units, *length, &status) == *length;
	if (*ret_stable || U_FAILURE(status))
		return U_FAILURE(status) ? RPH_E_UNICODE : 0;
	int32_t needed = *length;
	do {
		int ret = rph_utf16_reserve(folded, needed + 1);
		if (ret)
			return ret;
		status = U_ZERO_ERROR;
		needed = unorm2_normalize(rule, text->units, *length, folded->units,
					  folded->capacity, &status);
	} while (status == U_BUFFER_OVERFLOW_ERROR);
	if (U_FAILURE(status))
		return status == U_MEMORY_ALLOCATION_ERROR ? RPH_E_NO_MEMORY : RPH_E_UNICODE;
	*ret_stable = needed == *length && u_memcmp(text->units, folded->units, needed) == 0;
	struct rph_utf16_buffer swap = *text;
	*text = *folded;
	*folded = swap;
	*length = needed;
	return 0;
}

/* normaliser->text[0..length) as UTF-8 in `arena`, trimmed. */
static int encode(struct rph_normaliser *normaliser, int32_t length, struct rph_arena *arena,
		  struct rph_span *ret)
{
	size_t capacity = (size_t)length * 3;
	char *bytes = rph_arena_bytes(arena, capacity);
	if (!bytes)
		return RPH_E_ARENA_FULL;
	int32_t written = 0;
	UErrorCode status = U_ZERO_ERROR;
	if (length > 0)
		u_strToUTF8(bytes, (int32_t)capacity, &written, normaliser->text.units, length,
			    &status);
	if (U_FAILURE(status))
		return RPH_E_UNICODE;
	*ret = rph_trim_punctuation((struct rph_span){bytes, (size_t)written});
	return 0;
}

int rph_normalise_unicode(struct rph_normaliser *normaliser, struct rph_span locale,
			  struct rph_span text, struct rph_arena *arena, struct rph_span *ret)
{
	int32_t length = 0;
	int error = rph_utf16_decode(&normaliser->text, text, &length);
	bool turkic = is_turkic(locale), exempt = false, stable = false;
	for (int round = 0; !error && !stable; round++) {
		if (round == ROUNDS_MAX)
			return RPH_E_UNICODE;
		length = rph_fold_utf16(normaliser->text.units, length, turkic, &exempt);
		error = casefold(normaliser, exempt, &length, &stable);
	}
	return error ? error : encode(normaliser, length, arena, ret);
}

/* A text being written by the short way. */
struct folding {
	char *bytes;
	size_t written;
	bool spaced; /* the last one written was a space, or there was none */
	bool trails; /* it ended in a mark */
};

static inline void put_ascii(struct folding *folding, uint8_t folded)
{
	folding->bytes[folding->written] = (char)folded;
	bool keep = folded != 0 && !(folded == ' ' && folding->spaced);
	folding->written += keep;
	folding->spaced = keep ? folded == ' ' : folding->spaced;
	folding->trails = keep ? false : folding->trails;
}

/* False: what it becomes depends on what stands around it. */
static bool put_point(struct folding *folding, const struct rph_code_point *point)
{
	if (!(point->flags & RPH_POINT_SIMPLE) ||
	    ((point->flags & RPH_POINT_LEADS) && folding->trails))
		return false;
	if (point->folded[0] < 0x80 && !point->folded[1]) {
		put_ascii(folding, (uint8_t)point->folded[0]);
		return true;
	}
	for (int i = 0; i < 2 && point->folded[i]; i++)
		rph_utf8_append(folding->bytes, &folding->written, point->folded[i]);
	folding->spaced = false;
	folding->trails = (point->flags & RPH_POINT_TRAILS) != 0;
	return true;
}

/* The rules where no code point acts on another but spaces on spaces; what makes that so is said in
 * code_point.h. False where they do, or where the text is not UTF-8. */
static bool fold_simple(struct rph_normaliser *normaliser, bool turkic, struct rph_span text,
			struct folding *folding)
{
	int32_t length = (int32_t)text.len;
	for (int32_t at = 0; at < length;) {
		uint8_t byte = (uint8_t)text.ptr[at];
		if (byte >= 0x80) {
			UChar32 c = rph_utf8_next(text.ptr, &at, length);
			if (c < 0 ||
			    !put_point(folding, rph_code_point(normaliser->points, (uint32_t)c)))
				return false;
			continue;
		}
		at++;
		/* The one ASCII letter that does not fold to ASCII. */
		if (byte == 'I' && turkic) {
			rph_utf8_append(folding->bytes, &folding->written, DOTLESS_I);
			folding->spaced = folding->trails = false;
			continue;
		}
		put_ascii(folding, rph_ascii_fold[byte]);
	}
	return true;
}

int rph_normalise(struct rph_normaliser *normaliser, struct rph_span locale, struct rph_span text,
		  struct rph_arena *arena, struct rph_span *ret)
{
	if (text.len > RPH_NORMALISE_MAX_BYTES)
		return RPH_E_BAD_INPUT;
	bool turkic = is_turkic(locale), ascii = rph_is_ascii(text);
	bool plain = ascii && !(turkic && text.len && memchr(text.ptr, 'I', text.len));
	/* No code point grows to more than twice its bytes: "I" to "\u0131" does; 2 to 3 at most. */
	char *bytes = rph_arena_bytes(arena, plain ? text.len : 2 * text.len);
	if (!bytes)
		return RPH_E_ARENA_FULL;
	struct folding folding = {.bytes = bytes, .spaced = true};
	if (plain)
		folding.written = rph_normalise_ascii(text, bytes);
	else if (!fold_simple(normaliser, turkic, text, &folding))
		return rph_normalise_unicode(normaliser, locale, text, arena, ret);
	*ret = rph_trim_punctuation((struct rph_span){bytes, folding.written});
	return 0;
}
