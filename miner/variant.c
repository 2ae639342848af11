/* SPDX-License-Identifier: Apache-2.0
 *
 * variant.c - finds the words of a row that may be replaced, and replaces one at a time.
 */
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <xxhash.h>

#include "miner/text.h"
#include "miner/variant_private.h"
#include "schemas/error.h"
#include "schemas/tokens.h"
#include "schemas/utf8.h"

/* A token outside of the slots, or a mark that there is one inside. */
struct piece {
	size_t from, to;     /* bytes of the row's text */
	uint32_t start, end; /* code points */
	bool outside;        /* of every slot */
	bool unspaced;       /* of a script without spaces between words */
};

/* A word to replace. */
struct place {
	struct rph_span said; /* in the row's text */
	uint32_t start, end;  /* code points */
};

struct making {
	struct rph_variant_words *words;
	const struct rph_example *row;
	struct rph_arena *arena;
	struct piece *pieces;
	size_t piece_count;
	const uint32_t *boundaries; /* ICU's, in code points; NULL: not asked for yet */
	size_t boundary_count;
	struct rph_variant *list;
	size_t count;
};

static bool is_unspaced(struct rph_span token)
{
	UErrorCode status = U_ZERO_ERROR;
	uint32_t point = 0;

	if (rph_utf8_character(token.ptr, token.len, &point) == 0)
		return false;
	UScriptCode script = uscript_getScript((UChar32)point, &status);
	return U_SUCCESS(status) && uscript_breaksBetweenLetters(script);
}

static int cut(struct making *making)
{
	struct rph_span text = making->row->text;
	struct rph_tokens tokens = {.example = making->row};
	struct rph_token token;

	making->pieces = RPH_ARENA_ARRAY(making->arena, struct piece, text.len + 1);
	if (!making->pieces)
		return RPH_E_NO_MEMORY;
	while (rph_tokens_next(&tokens, &token)) {
		uint32_t length = (uint32_t)rph_utf8_count(token.text);
		size_t from = (size_t)(token.text.ptr - text.ptr);
		making->pieces[making->piece_count++] = (struct piece){
			.from = from,
			.to = from + token.text.len,
			.start = tokens.position - length,
			.end = tokens.position,
			.outside = token.slot == RPH_TOKEN_OUTSIDE,
			.unspaced = is_unspaced(token.text),
		};
	}
	return 0;
}

/* ---- replacing ------------------------------------------------------------------------------ */

static int move_slots(struct making *making, const struct place *place, uint32_t length,
		      const struct rph_example_slot **ret)
{
	const struct rph_example *row = making->row;
	struct rph_example_slot *slots =
		RPH_ARENA_ARRAY(making->arena, struct rph_example_slot, row->slot_count + 1);

	if (!slots)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < row->slot_count; i++) {
		slots[i] = row->slots[i];
		if (slots[i].start < place->end)
			continue;
		slots[i].start = slots[i].start - (place->end - place->start) + length;
		slots[i].end = slots[i].end - (place->end - place->start) + length;
	}
	*ret = slots;
	return 0;
}

static bool is_made(const struct making *making, struct rph_span text)
{
	for (size_t i = 0; i < making->count; i++)
		if (rph_span_equal(making->list[i].text, text))
			return true;
	return rph_span_equal(making->row->text, text);
}

static int replace(struct making *making, const struct place *place, struct rph_span word,
		   enum rph_word_kind kind)
{
	struct rph_span text = making->row->text;
	size_t before = (size_t)(place->said.ptr - text.ptr);
	size_t after = before + place->said.len;
	size_t len = before + word.len + (text.len - after);

	if (making->count == RPH_VARIANTS_MAX)
		return 0;
	char *made = rph_arena_bytes(making->arena, len + 1);
	if (!made)
		return RPH_E_NO_MEMORY;
	memcpy(made, text.ptr, before);
	memcpy(made + before, word.ptr, word.len);
	memcpy(made + before + word.len, text.ptr + after, text.len - after);
	struct rph_variant *variant = &making->list[making->count];
	*variant = (struct rph_variant){
		.text = {made, len}, .kind = kind, .order = XXH3_64bits(made, len)};
	if (is_made(making, variant->text))
		return 0;
	int error = move_slots(making, place, (uint32_t)rph_utf8_count(word), &variant->slots);
	making->count += !error;
	return error;
}

/* A word of a list as the text has it, with all its entries there. */
struct reading {
	const struct rph_variant_list *list;
	const struct rph_variant_entry *entries;
	size_t count;
};

static size_t first_of_group(const struct rph_word *words, size_t index)
{
	while (index > 0 && words[index - 1].group == words[index].group)
		index--;
	return index;
}

static bool is_in_group(const struct rph_variant_list *list, size_t index, struct rph_span key)
{
	const struct rph_word *words = list->list->words;
	uint32_t group = words[index].group;

	for (size_t i = first_of_group(words, index);
	     i < list->list->count && words[i].group == group; i++)
		if (rph_span_equal(list->forms[i].key, key))
			return true;
	return false;
}

/* A form of several lemmas or with several features: nobody knows which of them is meant here. */
static bool fits_every_reading(const struct reading *reading, struct rph_span key)
{
	if (reading->list->list->kind != RPH_WORDS_MORPHOLOGY)
		return true;
	for (size_t i = 0; i < reading->count; i++)
		if (!is_in_group(reading->list, reading->entries[i].word, key))
			return false;
	return true;
}

/* All words that stand for word `index` of the list. */
static int replace_by_group(struct making *making, const struct place *place,
			    const struct reading *reading, uint32_t index)
{
	const struct rph_variant_list *list = reading->list;
	const struct rph_word *words = list->list->words;
	const struct rph_variant_case as = {place->said, list->forms[index].written,
					    making->words->dotless};
	int error = 0;

	for (size_t i = first_of_group(words, index);
	     i < list->list->count && words[i].group == words[index].group && !error; i++) {
		const struct rph_variant_form *form = &list->forms[i];
		struct rph_span word;
		bool fits = false;
		if (!form->key.len || rph_span_equal(form->key, list->forms[index].key) ||
		    !fits_every_reading(reading, form->key))
			continue;
		error = rph_variant_take_case(&as, form->written, making->arena, &word, &fits);
		if (!error && fits)
			error = replace(making, place, word, list->list->kind);
	}
	return error;
}

/* *ret_found: some list has the word. */
static int try_place(struct making *making, const struct place *place, bool *ret_found)
{
	struct rph_variant_words *words = making->words;
	struct rph_span key;
	int error =
		rph_normalise(words->normaliser, words->locale, place->said, making->arena, &key);

	*ret_found = false;
	for (unsigned i = 0; i < RPH_WORD_KINDS && !error; i++) {
		const struct rph_variant_list *list = &words->lists[i];
		struct reading reading = {.list = list};
		if (!list->list || !key.len)
			continue;
		reading.entries = rph_variant_find(list, key, &reading.count);
		*ret_found |= reading.count > 0;
		for (size_t j = 0; j < reading.count && !error; j++)
			error = replace_by_group(making, place, &reading, reading.entries[j].word);
	}
	return error;
}

/* ---- finding -------------------------------------------------------------------------------- */

static int try_spaced(struct making *making, size_t at)
{
	const struct piece *piece = &making->pieces[at];
	struct rph_span text = making->row->text;
	struct rph_span token = {text.ptr + piece->from, piece->to - piece->from};
	bool glued = (at > 0 && making->pieces[at - 1].to == piece->from) ||
		     (at + 1 < making->piece_count && making->pieces[at + 1].from == piece->to);
	bool found = false;

	if (glued)
		return 0;
	struct place place = {.said = rph_trim_punctuation(token)};
	if (!place.said.len)
		return 0;
	place.start = piece->start + (uint32_t)rph_utf8_count((struct rph_span){
					     token.ptr, (size_t)(place.said.ptr - token.ptr)});
	place.end = place.start + (uint32_t)rph_utf8_count(place.said);
	return try_place(making, &place, &found);
}

static int load_boundaries(struct making *making)
{
	if (making->boundaries)
		return 0;
	return rph_word_boundaries(making->words->normaliser, making->row->text, making->arena,
				   &making->boundaries, &making->boundary_count);
}

static bool is_boundary(const struct making *making, uint32_t position)
{
	for (size_t i = 0; i < making->boundary_count && making->boundaries[i] <= position; i++)
		if (making->boundaries[i] == position)
			return true;
	return false;
}

/* Pieces at..*end are joined letters of scripts without spaces. */
static size_t end_of_run(const struct making *making, size_t at)
{
	size_t end = at + 1;

	while (end < making->piece_count && making->pieces[end].outside &&
	       making->pieces[end].unspaced &&
	       making->pieces[end].from == making->pieces[end - 1].to)
		end++;
	return end;
}

/* The longest word of a list that begins with piece `at`; *ret_next is behind it, or the next piece. */
static int try_unspaced(struct making *making, size_t at, size_t *ret_next)
{
	const struct piece *first = &making->pieces[at];
	size_t end = end_of_run(making, at);
	bool found = false;

	*ret_next = at + 1;
	int error = load_boundaries(making);
	if (error || !is_boundary(making, first->start))
		return error;
	if (end - at > making->words->longest)
		end = at + making->words->longest;
	for (; end > at && !found && !error; end--) {
		const struct piece *last = &making->pieces[end - 1];
		const struct place place = {
			.said = {making->row->text.ptr + first->from, last->to - first->from},
			.start = first->start,
			.end = last->end,
		};
		if (!is_boundary(making, place.end))
			continue;
		error = try_place(making, &place, &found);
		if (found)
			*ret_next = end;
	}
	return error;
}

static int try_all(struct making *making)
{
	int error = 0;

	for (size_t i = 0, next; i < making->piece_count && !error; i = next) {
		next = i + 1;
		if (!making->pieces[i].outside)
			continue;
		error = making->pieces[i].unspaced ? try_unspaced(making, i, &next)
						   : try_spaced(making, i);
	}
	return error;
}

static int compare_variants(const void *left, const void *right)
{
	const struct rph_variant *a = left, *b = right;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return rph_span_compare(a->text, b->text);
}

int rph_variants_make(struct rph_variant_words *words, const struct rph_example *row,
		      struct rph_arena *arena, const struct rph_variant **ret, size_t *ret_count)
{
	struct making making = {.words = words, .row = row, .arena = arena};

	making.list = RPH_ARENA_ARRAY(arena, struct rph_variant, RPH_VARIANTS_MAX + 1);
	if (!making.list)
		return RPH_E_NO_MEMORY;
	int error = cut(&making);
	if (!error)
		error = try_all(&making);
	if (error)
		return error == RPH_E_ARENA_FULL ? RPH_E_NO_MEMORY : error;
	if (making.count)
		qsort(making.list, making.count, sizeof(*making.list), compare_variants);
	*ret = making.list;
	*ret_count = making.count;
	return 0;
}
