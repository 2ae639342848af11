/* SPDX-License-Identifier: Apache-2.0 */
#include "store/week_basis.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "store/scan.h"

static int find_or_add_locale(struct rph_week_basis *basis, struct rph_span tag, uint32_t *ret)
{
	/* There are few. */
	for (*ret = 0; *ret < basis->locale_count; ++*ret)
		if (rph_span_equal(basis->locales[*ret], tag))
			return 0;
	if (basis->locale_count == basis->locale_size) {
		uint32_t size = basis->locale_size ? 2 * basis->locale_size : 8;
		void *grown = reallocarray(basis->locales, size, sizeof(*basis->locales));
		if (!grown)
			return RPH_E_NO_MEMORY;
		basis->locales = grown;
		basis->locale_size = size;
	}
	int error = rph_arena_copy(&basis->texts, tag, &basis->locales[basis->locale_count]);
	basis->locale_count += !error;
	return error;
}

/* Those that decisions name, too. */
static size_t collect_ids(struct rph_week_basis *basis)
{
	const struct rph_id *only = basis->options->only;
	size_t count = 0;

	for (size_t i = 0; i < basis->stars.source_count; i++)
		basis->sources[count++].id = basis->stars.sources[i];
	for (size_t i = 0; i < basis->reviews.count; i++) {
		const struct rph_pair *pair = &basis->reviews.list[i].pair;
		if (!only || rph_id_compare(&pair->source, only) == 0 ||
		    rph_id_compare(&pair->target, only) == 0)
			basis->sources[count++].id = pair->source;
	}
	return count;
}

static int by_id(const void *left, const void *right)
{
	const struct rph_week_source *a = left, *b = right;
	return rph_id_compare(&a->id, &b->id);
}

static size_t drop_repeated(struct rph_week_source *sources, size_t count)
{
	size_t kept = 0;

	qsort(sources, count, sizeof(*sources), by_id);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || rph_id_compare(&sources[i].id, &sources[kept - 1].id) != 0)
			sources[kept++] = sources[i];
	return kept;
}

static int read_text(struct rph_week_basis *basis, struct rph_scan *texts,
		     struct rph_week_source *source)
{
	struct rph_formulation_delta found;
	struct rph_span text = {NULL, 0};

	int error = rph_scan_formulation(texts, &source->id, &found);
	if (error == RPH_E_NOT_FOUND)
		return 0;
	if (!error)
		error = find_or_add_locale(basis, found.locale, &source->locale);
	if (!error)
		error = rph_arena_copy(&basis->texts, found.text, &text);
	source->text = text.ptr;
	source->len = (uint32_t)text.len;
	return error;
}

static int by_text(const void *left, const void *right, void *context)
{
	const struct rph_week_source *a = left, *b = right;
	const struct rph_week_basis *basis = context;
	int order = 0;

	if (a->locale != b->locale)
		order = rph_span_compare(basis->locales[a->locale], basis->locales[b->locale]);
	return order ? order
		     : rph_span_compare((struct rph_span){a->text, a->len},
					(struct rph_span){b->text, b->len});
}

static int order_sources(struct rph_week_basis *basis)
{
	size_t most = basis->stars.source_count + basis->reviews.count;
	struct rph_scan *texts = NULL;

	basis->sources = calloc(most + 1, sizeof(*basis->sources));
	if (!basis->sources)
		return RPH_E_NO_MEMORY;
	size_t count = collect_ids(basis);
	if (basis->reviews.count)
		count = drop_repeated(basis->sources, count);
	int error = rph_scan_open(basis->view.store, RPH_TABLE_formulation, &texts);
	/* A locale of sources whose text is gone. */
	if (!error && count)
		error = find_or_add_locale(basis, (struct rph_span){"", 0},
					   &basis->sources->locale);
	for (size_t i = 0; i < count && !error; i++)
		error = read_text(basis, texts, &basis->sources[i]);
	rph_scan_close(texts);
	basis->source_count = count;
	free(basis->stars.sources); /* in this order they are of no more use */
	basis->stars.sources = NULL;
	basis->stars.source_count = basis->stars.source_size = 0;
	if (!error && count)
		qsort_r(basis->sources, count, sizeof(*basis->sources), by_text, basis);
	return error;
}

int rph_week_basis_load(struct rph_store *store, const struct rph_pairs_options *options,
			struct rph_week_basis *ret)
{
	RPH_ASSERT(options->history_weeks >= 1 && options->history_weeks <= RPH_HISTORY_MAX_WEEKS);
	*ret = (struct rph_week_basis){
		.options = options,
		.view = {.store = store,
			 .window = {options->week, options->history_weeks, options->half_life},
			 .senses = &ret->senses,
			 .params = &options->promotion,
			 .stop = options->stop},
	};
	rph_arena_init(&ret->texts, SIZE_MAX);
	int error = rph_senses_load(store, &ret->view.window, ret->view.params, options->stop,
				    &ret->senses);
	if (!error)
		error = rph_stars_load(&ret->view, options, &ret->senses, &ret->stars);
	if (!error)
		error = rph_week_reviews_load(store, &ret->reviews);
	return error ? error : order_sources(ret);
}

void rph_week_basis_thin(struct rph_week_basis *basis)
{
	rph_stars_free(&basis->stars);
	rph_week_pairs_free(&basis->reviews);
	free(basis->sources);
	free(basis->locales);
	rph_arena_free(&basis->texts);
	basis->sources = NULL;
	basis->locales = NULL;
	basis->source_count = 0;
	basis->locale_count = basis->locale_size = 0;
}

void rph_week_basis_free(struct rph_week_basis *basis)
{
	rph_week_basis_thin(basis);
	rph_senses_free(&basis->senses);
	*basis = (struct rph_week_basis){0};
}
