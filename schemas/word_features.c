/* SPDX-License-Identifier: Apache-2.0
 *
 * word_features.c - features of the UniMorph schema: those in which forms may differ, and the rest.
 */
#include <stdlib.h>

#include "schemas/error.h"
#include "schemas/word_list.h"

enum dimension {
	DIMENSION_case,
	DIMENSION_gender,
	DIMENSION_animacy,
	DIMENSION_number,
	DIMENSION_definiteness,
	DIMENSION_politeness,
	DIMENSION_tense,
	DIMENSION_aspect,
};

static const struct {
	const char *tag;
	enum dimension dimension;
} free_features[] = {
#define RPH_FREE_FEATURE(tag, dimension) {tag, DIMENSION_##dimension},
#include "schemas/morphology.def"
};

static const char *const verb_nouns[] = {
#define RPH_VERB_NOUN(tag) tag,
#include "schemas/morphology.def"
};

static bool is_free_tag(struct rph_span tag, bool finite)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(free_features); i++)
		if (rph_span_equal(tag, rph_span_of(free_features[i].tag)))
			return finite || free_features[i].dimension < DIMENSION_tense;
	return false;
}

static bool is_verb_noun(struct rph_span feature)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(verb_nouns); i++)
		if (rph_span_equal(feature, rph_span_of(verb_nouns[i])))
			return true;
	return false;
}

/* Several values of one feature are written "NOM/ACC", "{NOM/ACC}" or "MASC+FEM". */
static bool is_free(struct rph_span feature, bool finite)
{
	size_t from = 0;

	if (feature.len && feature.ptr[0] == '{' && feature.ptr[feature.len - 1] == '}')
		feature = (struct rph_span){feature.ptr + 1, feature.len - 2};
	for (size_t i = 0; i <= feature.len; i++) {
		if (i < feature.len && feature.ptr[i] != '/' && feature.ptr[i] != '+')
			continue;
		if (!is_free_tag((struct rph_span){feature.ptr + from, i - from}, finite))
			return false;
		from = i + 1;
	}
	return true;
}

static int compare_spans(const void *a, const void *b)
{
	const struct rph_span *x = a, *y = b;
	return rph_span_compare(*x, *y);
}

static size_t split_features(struct rph_span features, struct rph_span *ret)
{
	size_t count = 0, from = 0;

	for (size_t i = 0; i <= features.len; i++) {
		if (i < features.len && features.ptr[i] != ';')
			continue;
		ret[count++] = (struct rph_span){features.ptr + from, i - from};
		from = i + 1;
	}
	return count;
}

static size_t take_bound(struct rph_span features, struct rph_span *bound)
{
	size_t all = split_features(features, bound), count = 0;
	bool finite = true;

	for (size_t i = 0; i < all; i++)
		finite &= !is_verb_noun(bound[i]);
	for (size_t i = 0; i < all; i++)
		if (!is_free(bound[i], finite))
			bound[count++] = bound[i];
	if (count)
		qsort(bound, count, sizeof(*bound), compare_spans);
	return count;
}

int rph_word_bound_features(struct rph_span features, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_span bound[RPH_WORD_MAX_BYTES + 1];
	size_t len = 0;

	RPH_ASSERT(features.len <= RPH_WORD_MAX_BYTES);
	size_t count = take_bound(features, bound);
	char *text = rph_arena_bytes(arena, features.len + 1);
	if (!text)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && rph_span_equal(bound[i], bound[i - 1]))
			continue;
		if (i > 0)
			text[len++] = ';';
		if (bound[i].len)
			memcpy(text + len, bound[i].ptr, bound[i].len);
		len += bound[i].len;
	}
	*ret = (struct rph_span){text, len};
	return 0;
}
