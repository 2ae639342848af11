/* SPDX-License-Identifier: Apache-2.0
 *
 * week_cohorts.c - rows of the table cohort, week by week, to figures. Each name is kept once, and a
 * user's week is one small entry. A log may call every user a cohort: nothing here is quadratic in them.
 */
#include "store/week_cohorts.h"

#include <stdlib.h>
#include <xxhash.h>

#include "schemas/error.h"
#include "schemas/lookup.h"
#include "store/keys.h"
#include "store/scan.h"
#include "store/value.h"
#include "store/week_facts.h"

/* A user's week in one cohort. */
struct entry {
	uint64_t user;
	uint32_t cohort; /* number in the order of appearance */
	uint32_t defect; /* share of the turns, 1/256 */
};

struct name {
	struct rph_span locale, name;
	uint64_t defects, user_weeks; /* as in the entries, added up */
	uint16_t rate_of_locale; /* per mille, of all its cohorts together, the small ones too */
};

struct load {
	const struct rph_pairs_options *options;
	struct rph_week_cohorts *ret;
	struct name *names; /* in the order of appearance */
	size_t name_count, name_size;
	struct entry *entries;
	size_t entry_count, entry_size;
	struct rph_lookup names_by_text;
	uint64_t seed; /* a keyed hash: nobody outside can choose names that collide */
	struct rph_arena row;
};

static int grow(void **list, size_t *size, size_t count, size_t each)
{
	if (count < *size)
		return 0;
	size_t more = *size ? 2 * *size : 64;
	void *grown = reallocarray(*list, more, each);
	if (!grown)
		return RPH_E_NO_MEMORY;
	*list = grown;
	*size = more;
	return 0;
}

static uint64_t hash_of(const struct load *load, const struct rph_cohort *cohort)
{
	uint64_t locale = XXH3_64bits_withSeed(cohort->locale.ptr, cohort->locale.len, load->seed);
	return XXH3_64bits_withSeed(cohort->name.ptr, cohort->name.len, locale);
}

static int add_name(struct load *load, const struct rph_cohort *cohort, uint64_t hash)
{
	struct name copy = {.defects = 0};

	int error = grow((void **)&load->names, &load->name_size, load->name_count,
			 sizeof(*load->names));
	if (!error)
		error = rph_arena_copy(&load->ret->arena, cohort->locale, &copy.locale);
	if (!error)
		error = rph_arena_copy(&load->ret->arena, cohort->name, &copy.name);
	if (!error)
		error = rph_lookup_add(&load->names_by_text, hash, (uint32_t)load->name_count);
	if (!error)
		load->names[load->name_count++] = copy;
	return error;
}

static int find_or_add_name(struct load *load, const struct rph_cohort *cohort, uint32_t *ret)
{
	uint64_t hash = hash_of(load, cohort);
	struct rph_lookup_cursor cursor = rph_lookup_first(&load->names_by_text, hash);

	while (rph_lookup_next(&load->names_by_text, &cursor, ret))
		if (rph_span_equal(load->names[*ret].name, cohort->name) &&
		    rph_span_equal(load->names[*ret].locale, cohort->locale))
			return 0;
	*ret = (uint32_t)load->name_count;
	return add_name(load, cohort, hash);
}

static int visit_row(void *context, struct rph_span key, struct rph_span value)
{
	struct load *load = context;
	struct rph_cohorts row;
	struct entry entry;
	rph_week week;

	rph_arena_reset(&load->row);
	int error = rph_stop_asked(load->options->stop) ? RPH_E_STOPPED : 0;
	if (!error)
		error = rph_value_decode_cohorts(value, &load->row, &row);
	if (!error && !rph_key_read_said(key, &week, &entry.user))
		error = RPH_E_STATE_CORRUPT;
	if (error)
		return error;
	if (load->entry_count == 0)
		load->seed = entry.user;
	for (uint32_t i = 0; !error && i < row.count; i++) {
		const struct rph_cohort *cohort = &row.list[i];
		error = find_or_add_name(load, cohort, &entry.cohort);
		if (!error)
			error = grow((void **)&load->entries, &load->entry_size, load->entry_count,
				     sizeof(*load->entries));
		entry.defect = (uint32_t)(UINT64_C(256) * cohort->defects / cohort->turns);
		if (error)
			break;
		load->entries[load->entry_count++] = entry;
		load->names[entry.cohort].defects += entry.defect;
		load->names[entry.cohort].user_weeks++;
	}
	return error;
}

static int read_weeks(struct rph_store *store, struct load *load)
{
	const struct rph_pairs_options *options = load->options;
	int error = 0;

	for (unsigned back = 0; back < options->history_weeks && back <= options->week && !error;
	     back++) {
		struct rph_key prefix;
		rph_key_week(&prefix, (rph_week)(options->week - back));
		error = rph_scan_table(store, RPH_TABLE_cohort, rph_key_span(&prefix), visit_row,
				       load);
	}
	return error;
}

/* By cohort, then user. */
static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	if (a->cohort != b->cohort)
		return a->cohort < b->cohort ? -1 : 1;
	return (a->user > b->user) - (a->user < b->user);
}

static int compare_users(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

static int compare_figures(const void *left, const void *right)
{
	const struct rph_export_cohort *a = left, *b = right;
	int order = rph_span_compare(a->locale, b->locale);
	return order ? order : rph_span_compare(a->name, b->name);
}

static uint16_t per_mille(uint64_t defects, uint64_t user_weeks)
{
	return user_weeks ? (uint16_t)(defects * 1000 / 256 / user_weeks) : 0;
}

static int compare_locales(const void *left, const void *right)
{
	const struct name *const *a = left, *const *b = right;
	return rph_span_compare((*a)->locale, (*b)->locale);
}

static int rate_locales(struct load *load)
{
	struct name **sorted =
		RPH_ARENA_ARRAY(&load->ret->arena, struct name *, load->name_count + 1);

	if (!sorted)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < load->name_count; i++)
		sorted[i] = &load->names[i];
	qsort(sorted, load->name_count, sizeof(struct name *), compare_locales);
	for (size_t first = 0, end; first < load->name_count; first = end) {
		uint64_t defects = 0, user_weeks = 0;
		for (end = first; end < load->name_count &&
				  rph_span_equal(sorted[end]->locale, sorted[first]->locale);
		     end++) {
			defects += sorted[end]->defects;
			user_weeks += sorted[end]->user_weeks;
		}
		for (size_t i = first; i < end; i++)
			sorted[i]->rate_of_locale = per_mille(defects, user_weeks);
	}
	return 0;
}

static struct rph_export_cohort figures_of(const struct load *load, size_t first, size_t end)
{
	const struct name *name = &load->names[load->entries[first].cohort];
	uint16_t confidence = load->options->promotion.confidence;
	struct rph_export_cohort ret = {.locale = name->locale, .name = name->name};

	for (size_t i = first; i < end; i++)
		ret.users += i == first || load->entries[i].user != load->entries[i - 1].user;
	ret.user_weeks = (uint32_t)name->user_weeks;
	ret.defect_rate = per_mille(name->defects, ret.user_weeks);
	ret.low = rph_wilson_lower(name->defects, ret.user_weeks, confidence);
	ret.high =
		(uint16_t)(1000 - rph_wilson_lower(UINT64_C(256) * ret.user_weeks - name->defects,
						   ret.user_weeks, confidence));
	ret.is_worse = ret.low > name->rate_of_locale;
	return ret;
}

static int fold(struct load *load)
{
	struct rph_week_cohorts *ret = load->ret;

	ret->list = RPH_ARENA_ARRAY(&ret->arena, struct rph_export_cohort, load->name_count + 1);
	ret->worse = RPH_ARENA_ARRAY(&ret->arena, uint64_t, load->entry_count + 1);
	if (!ret->list || !ret->worse)
		return RPH_E_NO_MEMORY;
	if (load->entry_count)
		qsort(load->entries, load->entry_count, sizeof(*load->entries), compare_entries);
	for (size_t first = 0, end; first < load->entry_count; first = end) {
		for (end = first + 1; end < load->entry_count &&
				      load->entries[end].cohort == load->entries[first].cohort;)
			end++;
		struct rph_export_cohort figures = figures_of(load, first, end);
		if (figures.users < load->options->promotion.min_users)
			continue;
		ret->list[ret->count++] = figures;
		for (size_t i = first; figures.is_worse && i < end; i++)
			ret->worse[ret->worse_count++] = load->entries[i].user;
	}
	if (ret->count)
		qsort(ret->list, ret->count, sizeof(*ret->list), compare_figures);
	if (ret->worse_count)
		qsort(ret->worse, ret->worse_count, sizeof(*ret->worse), compare_users);
	return 0;
}

int rph_week_cohorts_load(struct rph_store *store, const struct rph_pairs_options *options,
			  struct rph_week_cohorts *ret)
{
	struct load load = {.options = options, .ret = ret};

	*ret = (struct rph_week_cohorts){0};
	rph_arena_init(&ret->arena, SIZE_MAX);
	rph_arena_init(&load.row, SIZE_MAX);
	int error = read_weeks(store, &load);
	if (!error)
		error = rate_locales(&load);
	if (!error)
		error = fold(&load);
	rph_lookup_free(&load.names_by_text);
	free(load.names);
	free(load.entries);
	rph_arena_free(&load.row);
	return error;
}

void rph_week_cohorts_free(struct rph_week_cohorts *cohorts)
{
	rph_arena_free(&cohorts->arena);
	*cohorts = (struct rph_week_cohorts){0};
}

int rph_week_cohorts_share(struct rph_store *store, const struct rph_pairs_options *options,
			   const struct rph_week_cohorts *cohorts, const struct rph_id *formulation,
			   uint16_t *ret)
{
	const struct rph_window window = {options->week, options->history_weeks, 0};
	struct rph_goal_usage *goals;
	struct rph_arena arena;
	size_t count = 0;
	uint64_t all = 0, worse = 0;

	*ret = 0;
	if (cohorts->worse_count == 0)
		return 0;
	rph_arena_init(&arena, SIZE_MAX);
	int error = rph_usage_load(store, &window, formulation, &arena, &goals, &count);
	for (size_t i = 0; !error && i < count; i++)
		for (uint32_t j = 0; j < goals[i].usage.user_count; j++) {
			all++;
			worse += bsearch(&goals[i].usage.users[j].user, cohorts->worse,
					 cohorts->worse_count, sizeof(*cohorts->worse),
					 compare_users) != NULL;
		}
	rph_arena_free(&arena);
	if (!error && all)
		*ret = (uint16_t)(worse * 1000 / all);
	return error;
}
