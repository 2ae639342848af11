/* SPDX-License-Identifier: Apache-2.0 */
#include "store/week_basis.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "store/scan.h"
#include "store/week_slots.h"

/* A source and where it belongs. */
struct place {
	struct rph_id id;
	const char *text;
	uint32_t len;    /* of the text; 0: the formulation is gone */
	uint32_t locale; /* index of ordering.locales */
};

/* What is needed until the sources are in order. */
struct ordering {
	const struct rph_week_basis *basis;
	struct place *places;
	size_t count;
	struct rph_span *locales;
	uint32_t locale_count, locale_size;
	struct rph_arena texts;
};

static int find_or_add_locale(struct ordering *ordering, struct rph_span tag, uint32_t *ret)
{
	/* There are few. */
	for (*ret = 0; *ret < ordering->locale_count; ++*ret)
		if (rph_span_equal(ordering->locales[*ret], tag))
			return 0;
	if (ordering->locale_count == ordering->locale_size) {
		uint32_t size = ordering->locale_size ? 2 * ordering->locale_size : 8;
		void *grown = reallocarray(ordering->locales, size, sizeof(*ordering->locales));
		if (!grown)
			return RPH_E_NO_MEMORY;
		ordering->locales = grown;
		ordering->locale_size = size;
	}
	int error =
		rph_arena_copy(&ordering->texts, tag, &ordering->locales[ordering->locale_count]);
	ordering->locale_count += !error;
	return error;
}

/* Those that decisions name, too. */
static void collect_ids(struct ordering *ordering)
{
	const struct rph_week_basis *basis = ordering->basis;
	const struct rph_id *only = basis->options->only;

	for (size_t i = 0; i < basis->stars.source_count; i++)
		ordering->places[ordering->count++].id = basis->stars.sources[i];
	for (size_t i = 0; i < basis->reviews.count; i++) {
		const struct rph_pair *pair = &basis->reviews.list[i].pair;
		if (!only || rph_id_compare(&pair->source, only) == 0 ||
		    rph_id_compare(&pair->target, only) == 0)
			ordering->places[ordering->count++].id = pair->source;
	}
}

static int by_id(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	return rph_id_compare(&a->id, &b->id);
}

static void drop_repeated(struct ordering *ordering)
{
	struct place *places = ordering->places;
	size_t kept = 0;

	qsort(places, ordering->count, sizeof(*places), by_id);
	for (size_t i = 0; i < ordering->count; i++)
		if (i == 0 || rph_id_compare(&places[i].id, &places[kept - 1].id) != 0)
			places[kept++] = places[i];
	ordering->count = kept;
}

static int read_text(struct ordering *ordering, struct rph_scan *texts, struct place *place)
{
	struct rph_formulation_delta found;
	struct rph_span text = {NULL, 0};

	int error = rph_scan_formulation(texts, &place->id, &found);
	if (error == RPH_E_NOT_FOUND)
		return find_or_add_locale(ordering, text, &place->locale);
	if (!error)
		error = find_or_add_locale(ordering, found.locale, &place->locale);
	if (!error)
		error = rph_arena_copy(&ordering->texts, found.text, &text);
	place->text = text.ptr;
	place->len = (uint32_t)text.len;
	return error;
}

static int by_text(const void *left, const void *right, void *context)
{
	const struct place *a = left, *b = right;
	const struct ordering *ordering = context;
	int order = 0;

	if (a->locale != b->locale)
		order = rph_span_compare(ordering->locales[a->locale],
					 ordering->locales[b->locale]);
	return order ? order
		     : rph_span_compare((struct rph_span){a->text, a->len},
					(struct rph_span){b->text, b->len});
}

static int fill_places(struct ordering *ordering)
{
	struct rph_scan *texts = NULL;

	collect_ids(ordering);
	if (ordering->basis->reviews.count)
		drop_repeated(ordering);
	int error = rph_scan_open(ordering->basis->view.store, RPH_TABLE_formulation, &texts);
	for (size_t i = 0; i < ordering->count && !error; i++)
		error = read_text(ordering, texts, &ordering->places[i]);
	rph_scan_close(texts);
	if (!error && ordering->count)
		qsort_r(ordering->places, ordering->count, sizeof(*ordering->places), by_text,
			ordering);
	return error;
}

static int order_sources(struct rph_week_basis *basis)
{
	size_t most = basis->stars.source_count + basis->reviews.count;
	struct ordering ordering = {.basis = basis,
				    .places = calloc(most + 1, sizeof(*ordering.places))};

	rph_arena_init(&ordering.texts, SIZE_MAX);
	int error = ordering.places ? fill_places(&ordering) : RPH_E_NO_MEMORY;
	free(basis->stars.sources);
	basis->stars.sources = NULL;
	basis->stars.source_count = basis->stars.source_size = 0;
	if (!error)
		basis->sources = calloc(ordering.count + 1, sizeof(*basis->sources));
	if (!error && !basis->sources)
		error = RPH_E_NO_MEMORY;
	for (; !error && basis->source_count < ordering.count; basis->source_count++)
		basis->sources[basis->source_count] = ordering.places[basis->source_count].id;
	free(ordering.places);
	free(ordering.locales);
	rph_arena_free(&ordering.texts);
	return error;
}

/* Labels are carried over for candidates only. */
static int learn_slots(struct rph_week_basis *basis)
{
	struct rph_normaliser *normaliser = NULL;

	if (basis->source_count == 0)
		return 0;
	int error = rph_normaliser_new(&normaliser);
	if (!error)
		error = rph_week_slots_load(&basis->view, normaliser, &basis->slot_types);
	if (!error)
		error = rph_week_values_load(&basis->view, &basis->values);
	rph_normaliser_free(normaliser);
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
	int error = rph_senses_load(store, &ret->view.window, ret->view.params, options->stop,
				    &ret->senses);
	if (!error)
		error = rph_stars_load(&ret->view, options, &ret->senses, &ret->stars);
	if (!error)
		error = rph_week_reviews_load(store, &ret->reviews);
	if (!error)
		error = order_sources(ret);
	return error ? error : learn_slots(ret);
}

void rph_week_basis_thin(struct rph_week_basis *basis)
{
	rph_stars_free(&basis->stars);
	rph_week_pairs_free(&basis->reviews);
	rph_slot_types_free(&basis->slot_types);
	rph_week_values_free(&basis->values);
	free(basis->sources);
	basis->sources = NULL;
	basis->source_count = 0;
}

void rph_week_basis_free(struct rph_week_basis *basis)
{
	rph_week_basis_thin(basis);
	rph_senses_free(&basis->senses);
	*basis = (struct rph_week_basis){0};
}
