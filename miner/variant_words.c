/* SPDX-License-Identifier: Apache-2.0
 *
 * variant_words.c - word lists made ready for looking up, and the case of a word.
 */
#include <stdlib.h>
#include <unicode/uchar.h>

#include "miner/utf.h"
#include "miner/variant_private.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

static int compare_entries(const void *left, const void *right)
{
	const struct rph_variant_entry *a = left, *b = right;
	int order = rph_span_compare(a->key, b->key);
	return order ? order : (a->word > b->word) - (a->word < b->word);
}

static bool is_usable(struct rph_span key)
{
	for (size_t i = 0; i < key.len; i++)
		if ((key.ptr[i] >= '0' && key.ptr[i] <= '9') || key.ptr[i] == ' ')
			return false;
	return key.len > 0;
}

static int prepare_form(struct rph_variant_words *words, struct rph_span text,
			struct rph_variant_form *ret)
{
	struct rph_arena *arena = &words->arena;
	struct rph_span key;

	int error = rph_surface(words->surfacer, text, NULL, 0, arena, &ret->written);
	if (!error)
		error = rph_normalise(words->normaliser, words->locale, ret->written, arena, &key);
	ret->key = !error && is_usable(key) ? key : (struct rph_span){"", 0};
	return error;
}

static int prepare_list(struct rph_variant_words *words, const struct rph_word_list *from,
			struct rph_variant_list *ret)
{
	int error = 0;

	*ret = (struct rph_variant_list){.list = from};
	ret->forms = RPH_ARENA_ARRAY(&words->arena, struct rph_variant_form, from->count + 1);
	ret->entries = RPH_ARENA_ARRAY(&words->arena, struct rph_variant_entry, from->count + 1);
	if (!ret->forms || !ret->entries)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < from->count && !error; i++) {
		error = prepare_form(words, from->words[i].text, &ret->forms[i]);
		if (error || !ret->forms[i].key.len)
			continue;
		size_t length = rph_utf8_count(ret->forms[i].key);
		words->longest = length > words->longest ? length : words->longest;
		ret->entries[ret->count++] =
			(struct rph_variant_entry){ret->forms[i].key, (uint32_t)i};
	}
	if (!error && ret->count)
		qsort(ret->entries, ret->count, sizeof(*ret->entries), compare_entries);
	return error;
}

static bool is_dotless(struct rph_span locale)
{
	return locale.len >= 2 &&
	       (memcmp(locale.ptr, "tr", 2) == 0 || memcmp(locale.ptr, "az", 2) == 0) &&
	       (locale.len == 2 || locale.ptr[2] == '-');
}

int rph_variant_words_new(const struct rph_word_list *const lists[static RPH_WORD_KINDS],
			  struct rph_span locale, struct rph_variant_words **ret)
{
	RPH_CLEANUP(rph_variant_words_free)
	struct rph_variant_words *words = calloc(1, sizeof(*words));

	if (!words)
		return RPH_E_NO_MEMORY;
	rph_arena_init(&words->arena, SIZE_MAX);
	words->dotless = is_dotless(locale);
	int error = rph_arena_copy(&words->arena, locale, &words->locale);
	if (!error)
		error = rph_normaliser_new(&words->normaliser);
	if (!error)
		error = rph_surfacer_new(&words->surfacer);
	for (unsigned i = 0; i < RPH_WORD_KINDS && !error; i++)
		if (lists[i])
			error = prepare_list(words, lists[i], &words->lists[i]);
	if (error)
		return error;
	*ret = words;
	words = NULL;
	return 0;
}

struct rph_variant_words *rph_variant_words_free(struct rph_variant_words *words)
{
	if (!words)
		return NULL;
	rph_normaliser_free(words->normaliser);
	rph_surfacer_free(words->surfacer);
	rph_arena_free(&words->arena);
	free(words);
	return NULL;
}

const struct rph_variant_entry *rph_variant_find(const struct rph_variant_list *list,
						 struct rph_span key, size_t *ret_count)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rph_span_compare(list->entries[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < list->count && rph_span_equal(list->entries[high].key, key);)
		high++;
	*ret_count = high - low;
	return list->entries + low;
}

/* ---- case ----------------------------------------------------------------------------------- */

static uint32_t to_lower(uint32_t point, bool dotless)
{
	if (dotless && point == 'I')
		return 0x131;
	if (dotless && point == 0x130)
		return 'i';
	return (uint32_t)u_tolower((UChar32)point);
}

static uint32_t to_title(uint32_t point, bool dotless)
{
	if (dotless && point == 'i')
		return 0x130;
	return (uint32_t)u_totitle((UChar32)point);
}

/* The first code point in title case, or all in lower case. */
static int change_case(struct rph_span word, bool title, bool dotless, struct rph_arena *arena,
		       struct rph_span *ret)
{
	char *text = rph_arena_bytes(arena, 4 * word.len + 1);
	size_t len = 0;
	uint32_t point = 0;

	if (!text)
		return RPH_E_NO_MEMORY;
	for (size_t at = 0, bytes; at < word.len; at += bytes) {
		bytes = rph_utf8_character(word.ptr + at, word.len - at, &point);
		if (bytes == 0)
			return RPH_E_BAD_INPUT;
		if (!title)
			point = to_lower(point, dotless);
		else if (at == 0)
			point = to_title(point, dotless);
		rph_utf8_append(text, &len, point);
	}
	*ret = (struct rph_span){text, len};
	return 0;
}

/* Capitals: none, the first letter only, or others. */
enum capitals { NO_CAPITAL, FIRST_CAPITAL, CAPITALS };

static enum capitals capitals_of(struct rph_span word)
{
	enum capitals found = NO_CAPITAL;
	uint32_t point = 0;

	for (size_t at = 0, bytes; at < word.len; at += bytes) {
		bytes = rph_utf8_character(word.ptr + at, word.len - at, &point);
		if (bytes == 0)
			return CAPITALS;
		if (u_tolower((UChar32)point) != (UChar32)point)
			found = at == 0 ? FIRST_CAPITAL : CAPITALS;
	}
	return found;
}

int rph_variant_take_case(const struct rph_variant_case *as, struct rph_span word,
			  struct rph_arena *arena, struct rph_span *ret, bool *ret_fits)
{
	enum capitals said = capitals_of(as->said);

	*ret_fits = true;
	*ret = word;
	if (rph_span_equal(as->said, as->known))
		return 0;
	if (said == NO_CAPITAL)
		return change_case(word, false, as->dotless, arena, ret);
	if (said == FIRST_CAPITAL && capitals_of(as->known) == NO_CAPITAL)
		return change_case(word, true, as->dotless, arena, ret);
	*ret_fits = false;
	return 0;
}
