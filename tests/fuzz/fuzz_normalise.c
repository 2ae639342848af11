/* SPDX-License-Identifier: Apache-2.0
 *
 * The laws of normalise.h on arbitrary bytes. The first byte picks the locale.
 */
#include <stddef.h>
#include <stdint.h>

#include "miner/grapheme.h"
#include "miner/similarity.h"
#include "schemas/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rph_text analysed(struct rph_normaliser *normaliser, struct rph_span text,
				struct rph_arena *arena)
{
	struct rph_text ret;
	RPH_ASSERT(rph_text_analyse(normaliser, text, arena, &ret) == 0);
	return ret;
}

static void check_analysis(struct rph_normaliser *normaliser, struct rph_span raw,
			   struct rph_span normal, struct rph_arena *arena)
{
	struct rph_text a = analysed(normaliser, raw, arena);
	struct rph_text b = analysed(normaliser, normal, arena);
	RPH_ASSERT(a.graphemes[a.grapheme_count] == a.code_point_count);
	RPH_ASSERT(a.code_point_count == RPH_TEXT_MAX_CODE_POINTS ||
		   rph_grapheme_count(raw) == a.grapheme_count);
	RPH_ASSERT(a.phonetic_count <= 2 * (size_t)a.code_point_count);
	RPH_ASSERT(rph_edit_distance(&a, &b) == rph_edit_distance(&b, &a));
	RPH_ASSERT(rph_ngram_dice(&a, &b) <= rph_ngram_containment(&a, &b));
	RPH_ASSERT(rph_phonetic_similarity(&b, &b) == RPH_SIMILARITY_ONE);
	RPH_ASSERT(rph_longest_common_run(&a, &b) <= RPH_SIMILARITY_ONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const locales[] = {"en-US", "tr-TR", "az", ""};
	static struct rph_normaliser *normaliser;
	static struct rph_arena arena;
	if (!normaliser) {
		rph_arena_init(&arena, 256u << 20);
		RPH_ASSERT(rph_normaliser_new(&normaliser) == 0);
	}
	rph_arena_reset(&arena);
	if (size == 0)
		return 0;
	struct rph_span locale = rph_span_of(locales[data[0] % RPH_ARRAY_LEN(locales)]);
	struct rph_span text = {(const char *)data + 1, size - 1}, once, again, slow;
	int ret = rph_normalise(normaliser, locale, text, &arena, &once);
	RPH_ASSERT(rph_normalise_unicode(normaliser, locale, text, &arena, &slow) == ret);
	if (ret) {
		RPH_ASSERT(ret == RPH_E_BAD_INPUT);
		return 0;
	}
	RPH_ASSERT(rph_span_equal(once, slow));
	RPH_ASSERT(rph_normalise(normaliser, locale, once, &arena, &again) == 0);
	RPH_ASSERT(rph_span_equal(once, again));
	RPH_ASSERT(once.len <= 11 * text.len);
	check_analysis(normaliser, text, once, &arena);
	return 0;
}
