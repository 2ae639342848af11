/* SPDX-License-Identifier: Apache-2.0
 *
 * The laws of word_list.h and variant.h on arbitrary files and texts. The first byte chooses the kind of
 * file ('l' lexicon, else forms); a line "%%" ends the file, and the rest is a text whose first word, if
 * it has more than one, is a slot.
 */
#include <stddef.h>
#include <stdint.h>

#include "miner/variant.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rph_span find_end(struct rph_span text)
{
	static const char mark[] = "\n%%\n";
	const char *at = text.len ? memmem(text.ptr, text.len, mark, sizeof(mark) - 1) : NULL;
	return at ? (struct rph_span){at + 4, (size_t)(text.ptr + text.len - at) - 4}
		  : (struct rph_span){text.ptr, 0};
}

static struct rph_span slot_of(const struct rph_example *row, struct rph_span text)
{
	return row->slot_count ? (struct rph_span){text.ptr, row->slots[0].value.len}
			       : (struct rph_span){text.ptr, 0};
}

static void check_variants(const struct rph_example *row, const struct rph_variant *variants,
			   size_t count)
{
	RPH_ASSERT(count <= RPH_VARIANTS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct rph_example made = *row;
		made.text = variants[i].text;
		made.slots = variants[i].slots;
		RPH_ASSERT(rph_utf8_is_valid(made.text));
		RPH_ASSERT(!rph_span_equal(made.text, row->text));
		RPH_ASSERT(rph_example_slots_are_fit(&made));
		/* The slot stands at the beginning, where nothing moves it. */
		RPH_ASSERT(rph_span_equal(slot_of(row, row->text), slot_of(&made, made.text)));
		RPH_ASSERT(i == 0 || variants[i - 1].order <= variants[i].order);
		for (size_t j = 0; j < i; j++)
			RPH_ASSERT(!rph_span_equal(variants[i].text, variants[j].text));
	}
}

static void make_variants(const struct rph_word_list *list, struct rph_span text,
			  struct rph_arena *arena)
{
	const struct rph_word_list *lists[RPH_WORD_KINDS] = {NULL};
	struct rph_example_slot slot = {RPH_SPAN("name"), {text.ptr, 0}, 0, 0};
	struct rph_example row = {.text = text, .locale = RPH_SPAN("tr-TR"), .slots = &slot};
	const char *space = memchr(text.ptr, ' ', text.len);
	struct rph_variant_words *words;
	const struct rph_variant *variants;
	size_t count;

	lists[list->kind] = list;
	if (space && space > text.ptr) {
		slot.value.len = (size_t)(space - text.ptr);
		slot.end = (uint32_t)rph_utf8_count(slot.value);
		row.slot_count = 1;
	}
	RPH_ASSERT(rph_variant_words_new(lists, row.locale, &words) == 0);
	RPH_ASSERT(rph_variants_make(words, &row, arena, &variants, &count) == 0);
	check_variants(&row, variants, count);
	rph_variant_words_free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rph_word_list list;
	struct rph_word_fault fault;
	struct rph_arena arena;

	if (size < 1 || size > 8192)
		return 0;
	struct rph_span all = {(const char *)data + 1, size - 1}, text = find_end(all);
	struct rph_span file = {all.ptr, text.len ? all.len - text.len - 3 : all.len};
	rph_arena_init(&arena, SIZE_MAX);
	int error = rph_word_list_parse(data[0] == 'l' ? RPH_WORDS_LEXICON : RPH_WORDS_MORPHOLOGY,
					file, &arena, &list, &fault);
	RPH_ASSERT(!error || (error == RPH_E_BAD_CONFIG && fault.line && fault.sentence));
	for (size_t i = 1; !error && i < list.count; i++)
		RPH_ASSERT(list.words[i - 1].group <= list.words[i].group);
	if (!error && text.len && rph_utf8_is_valid(text))
		make_variants(&list, text, &arena);
	rph_arena_free(&arena);
	return 0;
}
