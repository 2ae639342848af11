/* SPDX-License-Identifier: Apache-2.0
 *
 * week_variants.c - row by row the first variants that may leave; then what they would have in common
 * with each other; then how many an intent takes.
 */
#include "store/week_variants.h"

#include <stdlib.h>

#include "miner/personal.h"
#include "miner/variant.h"
#include "schemas/error.h"

static const char *const refusal_names[RPH_VARIANT_REFUSALS] = {
#define RPH_VARIANT_REFUSAL(name) [RPH_VARIANT_REFUSAL_##name] = #name,
	RPH_VARIANT_REFUSAL_LIST(RPH_VARIANT_REFUSAL)
#undef RPH_VARIANT_REFUSAL
};

const char *rph_variant_refusal_name(enum rph_variant_refusal refusal)
{
	RPH_ASSERT(refusal < RPH_VARIANT_REFUSALS);
	return refusal_names[refusal];
}

/* A text or a formulation of the set. */
struct said {
	struct rph_span text;
	const struct rph_example *row;
};

/* Rows of a locale and intent. */
struct room {
	const struct rph_example *like;
	uint32_t train, all, taken;
};

struct work {
	struct rph_store *store;
	const struct rph_week_export_options *options;
	struct rph_week_rows *rows;
	struct rph_week_summary *summary;
	struct rph_normaliser *normaliser;
	struct rph_variant_words *words; /* of `locale`; NULL: there is no file for it */
	struct rph_span locale;
	struct rph_arena scratch; /* of one row */
	struct said *said;        /* ascending by text */
	size_t said_count;
	struct room *rooms; /* ascending by locale, domain, intent */
	size_t room_count;
	struct rph_example *made;
	size_t count, size;
};

static int compare_labels(const struct rph_example *a, const struct rph_example *b)
{
	int order = rph_span_compare(a->domain, b->domain);
	return order ? order : rph_span_compare(a->intent, b->intent);
}

static int compare_intents(const struct rph_example *a, const struct rph_example *b)
{
	int order = rph_span_compare(a->locale, b->locale);
	return order ? order : compare_labels(a, b);
}

/* ---- what is in the set --------------------------------------------------------------------- */

static int compare_said(const void *left, const void *right)
{
	const struct said *a = left, *b = right;
	return rph_span_compare(a->text, b->text);
}

static int compare_rooms(const void *left, const void *right)
{
	const struct room *a = left, *b = right;
	return compare_intents(a->like, b->like);
}

static void count_rooms(struct work *work)
{
	const struct rph_week_rows *rows = work->rows;
	size_t used = 0;

	for (size_t i = 0; i < rows->count; i++)
		work->rooms[i] = (struct room){.like = &rows->examples[i]};
	qsort(work->rooms, rows->count, sizeof(*work->rooms), compare_rooms);
	for (size_t i = 0; i < rows->count; i++) {
		const struct rph_example *row = work->rooms[i].like;
		if (used == 0 || compare_intents(work->rooms[used - 1].like, row) != 0)
			work->rooms[used++] = (struct room){.like = row};
		work->rooms[used - 1].all++;
		work->rooms[used - 1].train += !row->holdout;
	}
	work->room_count = used;
}

static int look_around(struct work *work)
{
	const struct rph_week_rows *rows = work->rows;

	work->said = calloc(2 * rows->count, sizeof(*work->said));
	work->rooms = calloc(rows->count, sizeof(*work->rooms));
	if (!work->said || !work->rooms)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < rows->count; i++) {
		const struct rph_example *row = &rows->examples[i];
		work->said[work->said_count++] = (struct said){row->text, row};
		work->said[work->said_count++] = (struct said){row->source, row};
	}
	qsort(work->said, work->said_count, sizeof(*work->said), compare_said);
	count_rooms(work);
	return 0;
}

/* `refusal` stays as it is where the set has nothing against the text. */
static void ask_set(const struct work *work, struct rph_span text, const struct rph_example *row,
		    enum rph_variant_refusal *refusal)
{
	size_t low = 0, high = work->said_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rph_span_compare(work->said[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < work->said_count && rph_span_equal(work->said[low].text, text); low++) {
		if (compare_labels(work->said[low].row, row) != 0)
			*refusal = RPH_VARIANT_REFUSAL_two_intents;
		else if (*refusal != RPH_VARIANT_REFUSAL_two_intents &&
			 rph_span_equal(work->said[low].row->locale, row->locale))
			*refusal = RPH_VARIANT_REFUSAL_in_set;
	}
}

/* ---- one row -------------------------------------------------------------------------------- */

static int ask_store(struct work *work, struct rph_span text, struct rph_span locale,
		     enum rph_variant_refusal *refusal)
{
	struct rph_formulation_delta known;

	/* See week_variants.h: a private set may not tell what else is known. */
	if (work->options->privacy)
		return 0;
	struct rph_id id = rph_formulation_id(work->options->words->keys, locale, text);
	int error = rph_store_get_formulation(work->store, &id, &work->scratch, &known);
	if (!error)
		*refusal = RPH_VARIANT_REFUSAL_known;
	return error == RPH_E_NOT_FOUND ? 0 : error;
}

/* RPH_VARIANT_REFUSALS: it may leave. */
static int examine(struct work *work, const struct rph_example *variant,
		   enum rph_variant_refusal *ret)
{
	struct rph_span text;

	*ret = RPH_VARIANT_REFUSALS;
	int error = rph_normalise(work->normaliser, variant->locale, variant->text, &work->scratch,
				  &text);
	if (error)
		return error;
	if (!rph_example_text_is_fit(variant->text) || !rph_example_slots_are_fit(variant) ||
	    !text.len)
		*ret = RPH_VARIANT_REFUSAL_unfit_text;
	else if (rph_looks_personal(text, variant->locale))
		*ret = RPH_VARIANT_REFUSAL_personal;
	if (*ret != RPH_VARIANT_REFUSALS)
		return 0;
	ask_set(work, variant->text, variant, ret);
	ask_set(work, text, variant, ret);
	return *ret == RPH_VARIANT_REFUSALS ? ask_store(work, text, variant->locale, ret) : 0;
}

static int keep(struct work *work, const struct rph_example *variant)
{
	struct rph_arena *arena = &work->rows->arena;
	struct rph_example kept = *variant;

	if (work->count == work->size) {
		size_t size = work->size ? 2 * work->size : 64;
		void *grown = reallocarray(work->made, size, sizeof(*work->made));
		if (!grown)
			return RPH_E_NO_MEMORY;
		work->made = grown;
		work->size = size;
	}
	struct rph_example_slot *slots =
		RPH_ARENA_ARRAY(arena, struct rph_example_slot, variant->slot_count + 1);
	if (!slots)
		return RPH_E_NO_MEMORY;
	if (variant->slot_count)
		memcpy(slots, variant->slots, variant->slot_count * sizeof(*slots));
	kept.slots = slots;
	int error = rph_arena_copy(arena, variant->text, &kept.text);
	if (!error)
		work->made[work->count++] = kept;
	return error;
}

static bool is_listed(const struct work *work, const struct rph_example *row)
{
	const struct rph_promotion_params *params = &work->options->pairs.promotion;
	return rph_intent_is_listed(params->protected_intents, params->protected_count, row->domain,
				    row->intent) ||
	       rph_intent_is_listed(params->control_intents, params->control_count, row->domain,
				    row->intent);
}

static int take_first(struct work *work, const struct rph_example *row,
		      const struct rph_variant *variants, size_t count)
{
	const struct rph_week_words *words = work->options->words;
	uint32_t taken = 0;
	int error = 0;

	for (size_t i = 0; i < count && taken < words->most && !error; i++) {
		enum rph_variant_refusal refusal;
		struct rph_example variant = *row;
		variant.text = variants[i].text;
		variant.slots = variants[i].slots;
		variant.kind = rph_word_kind_name(variants[i].kind);
		variant.type = "";
		variant.weight = (uint16_t)((uint32_t)row->weight * words->weight / 1000);
		error = examine(work, &variant, &refusal);
		if (!error && refusal == RPH_VARIANT_REFUSALS) {
			error = keep(work, &variant);
			taken++;
		} else if (!error) {
			work->summary->refused_variants[refusal]++;
		}
	}
	return error;
}

/* Rows come by locale. */
static int change_locale(struct work *work, struct rph_span locale)
{
	const struct rph_word_list *lists[RPH_WORD_KINDS];
	bool any = false;

	if (work->locale.ptr && rph_span_equal(work->locale, locale))
		return 0;
	work->words = rph_variant_words_free(work->words);
	work->locale = locale;
	for (unsigned i = 0; i < RPH_WORD_KINDS; i++) {
		const struct rph_word_file *file =
			rph_word_files_find(work->options->words->files, i, locale);
		lists[i] = file ? &file->list : NULL;
		any |= file != NULL;
	}
	return any ? rph_variant_words_new(lists, locale, &work->words) : 0;
}

static int add_row(struct work *work, const struct rph_example *row)
{
	const struct rph_variant *variants;
	size_t count = 0;

	/* A weight of nothing has no half. */
	if (row->holdout || (uint32_t)row->weight * work->options->words->weight < 1000)
		return 0;
	int error = change_locale(work, row->locale);
	if (error || !work->words)
		return error;
	rph_arena_reset(&work->scratch);
	error = rph_variants_make(work->words, row, &work->scratch, &variants, &count);
	if (error)
		return error;
	if (is_listed(work, row)) {
		work->summary->refused_variants[RPH_VARIANT_REFUSAL_listed_intent] += count;
		return 0;
	}
	return take_first(work, row, variants, count);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int by_text(const void *left, const void *right)
{
	const struct rph_example *a = left, *b = right;
	int order = rph_span_compare(a->text, b->text);
	return order ? order : rph_example_compare(a, b);
}

static int by_intent_and_weight(const void *left, const void *right)
{
	const struct rph_example *a = left, *b = right;
	int order = compare_intents(a, b);
	if (!order)
		order = (a->weight < b->weight) - (a->weight > b->weight);
	return order ? order : rph_example_compare(a, b);
}

static void drop(struct work *work, struct rph_example *variant, enum rph_variant_refusal refusal)
{
	variant->dropped = true;
	work->summary->refused_variants[refusal]++;
}

static void remove_dropped(struct work *work)
{
	size_t kept = 0;

	for (size_t i = 0; i < work->count; i++)
		if (!work->made[i].dropped)
			work->made[kept++] = work->made[i];
	work->count = kept;
}

/* Of a text that two rows led to the heavier one stays; of one that two intents led to, none. */
static void compare_with_each_other(struct work *work)
{
	struct rph_example *made = work->made;

	qsort(made, work->count, sizeof(*made), by_text);
	for (size_t start = 0, end; start < work->count; start = end) {
		bool conflict = false;
		for (end = start;
		     end < work->count && rph_span_equal(made[start].text, made[end].text); end++)
			conflict |= compare_labels(&made[start], &made[end]) != 0;
		for (size_t i = start; i < end; i++)
			if (conflict)
				drop(work, &made[i], RPH_VARIANT_REFUSAL_two_intents);
			else if (i > start && rph_span_equal(made[i].locale, made[i - 1].locale))
				drop(work, &made[i], RPH_VARIANT_REFUSAL_in_set);
	}
	remove_dropped(work);
}

static bool takes_one_more(const struct work *work, const struct room *room)
{
	uint64_t share = (uint64_t)room->train * work->options->words->share / 1000;
	uint32_t most = work->options->max_intent_rows;
	return room->taken < share && (most == 0 || room->all + room->taken < most);
}

static void fill_rooms(struct work *work)
{
	qsort(work->made, work->count, sizeof(*work->made), by_intent_and_weight);
	for (size_t i = 0; i < work->count; i++) {
		const struct room wanted = {.like = &work->made[i]};
		struct room *room = bsearch(&wanted, work->rooms, work->room_count,
					    sizeof(*work->rooms), compare_rooms);
		RPH_ASSERT(room);
		if (takes_one_more(work, room))
			room->taken++;
		else
			drop(work, &work->made[i], RPH_VARIANT_REFUSAL_intent_full);
	}
	remove_dropped(work);
}

static int by_file_order(const void *a, const void *b)
{
	return rph_example_compare(a, b);
}

static int append_all(struct work *work)
{
	struct rph_week_rows *rows = work->rows;
	size_t total = rows->count + work->count;
	void *grown = reallocarray(rows->examples, total, sizeof(*rows->examples));

	if (!grown)
		return RPH_E_NO_MEMORY;
	rows->examples = grown;
	rows->size = total;
	for (size_t i = 0; i < work->count; i++) {
		const char *kind = work->made[i].kind;
		for (unsigned j = 0; j < RPH_WORD_KINDS; j++)
			work->summary->variants[j] += kind == rph_word_kind_name(j);
		rows->examples[rows->count++] = work->made[i];
	}
	qsort(rows->examples, rows->count, sizeof(*rows->examples), by_file_order);
	return 0;
}

static int add_all(struct work *work)
{
	int error = rph_normaliser_new(&work->normaliser);

	if (!error)
		error = look_around(work);
	for (size_t i = 0; i < work->rows->count && !error; i++)
		error = rph_stop_asked(work->options->pairs.stop)
				? RPH_E_STOPPED
				: add_row(work, &work->rows->examples[i]);
	if (error || !work->count)
		return error;
	compare_with_each_other(work);
	if (work->count)
		fill_rooms(work);
	return work->count ? append_all(work) : 0;
}

int rph_week_variants_add(struct rph_store *store, const struct rph_week_export_options *options,
			  struct rph_week_rows *rows, struct rph_week_summary *summary)
{
	struct work work = {.store = store, .options = options, .rows = rows, .summary = summary};

	if (!rows->count)
		return 0;
	rph_arena_init(&work.scratch, SIZE_MAX);
	int error = add_all(&work);
	rph_variant_words_free(work.words);
	rph_normaliser_free(work.normaliser);
	rph_arena_free(&work.scratch);
	free(work.said);
	free(work.rooms);
	free(work.made);
	return error;
}

uint64_t rph_week_variants_of(const struct rph_word_files *files, const struct rph_word_file *file,
			      const struct rph_week_rows *rows)
{
	const char *kind = rph_word_kind_name(file->list.kind);
	uint64_t count = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct rph_example *row = &rows->examples[i];
		count += row->kind == kind &&
			 rph_word_files_find(files, file->list.kind, row->locale) == file;
	}
	return count;
}
