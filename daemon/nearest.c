/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/nearest.h"

#include "miner/similarity.h"

/* Below, two texts share little more than a short word. */
enum { LEAST_SIMILARITY = RPH_SIMILARITY_ONE * 2 / 5 };

struct search {
	struct rph_shell *shell;
	const struct rph_shell_formulation *said;
	struct rph_text text; /* of said */
	struct rph_arena scratch;
	struct rph_nearest_text *best;
	size_t count, max;
};

static bool is_before(const struct rph_nearest_text *a, const struct rph_nearest_text *b)
{
	if (a->similarity != b->similarity)
		return a->similarity > b->similarity;
	return rph_span_compare(a->text, b->text) < 0;
}

static int keep(struct search *search, struct rph_nearest_text found)
{
	size_t place = search->count;
	while (place > 0 && is_before(&found, &search->best[place - 1]))
		place--;
	if (place == search->max)
		return 0;
	int err = rph_arena_copy(&search->shell->arena, found.text, &found.text);
	if (err)
		return err;
	if (search->count < search->max)
		search->count++;
	memmove(&search->best[place + 1], &search->best[place],
		(search->count - 1 - place) * sizeof(found));
	search->best[place] = found;
	return 0;
}

static int visit(void *context, const struct rph_formulation_delta *formulation)
{
	struct search *search = context;
	struct rph_text text;
	if (!rph_span_equal(formulation->locale, search->said->locale))
		return 0;
	rph_arena_reset(&search->scratch);
	int err = rph_text_analyse(search->shell->normaliser, formulation->text, &search->scratch,
				   &text);
	if (err)
		return err;
	struct rph_nearest_text found = {formulation->text, rph_ngram_dice(&search->text, &text)};
	return found.similarity < LEAST_SIMILARITY ? 0 : keep(search, found);
}

int rph_nearest_formulations(struct rph_shell *shell, const struct rph_shell_formulation *said,
			     struct rph_nearest_text *ret, size_t max, size_t *ret_count)
{
	struct search search = {.shell = shell, .said = said, .best = ret, .max = max};
	rph_arena_init(&search.scratch, (size_t)16 << 20);
	int err = rph_text_analyse(shell->normaliser, said->text, &shell->arena, &search.text);
	if (!err)
		err = rph_store_scan_formulations(shell->deployment.store, visit, &search);
	rph_arena_free(&search.scratch);
	*ret_count = search.count;
	return err;
}
