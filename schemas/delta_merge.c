/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/delta_merge.h"

#include "schemas/error.h"

/* One table as bytes: so that all are merged by the same loop. */
struct table {
	size_t items_at, count_at; /* in struct rph_deltas */
	size_t size;               /* of an item */
	int (*compare)(const void *a, const void *b);
	/* Adds b to *a, whose keys are equal; NULL: they are equal as a whole. */
	int (*add)(void *a, const void *b, struct rph_arena *arena);
};

struct head {
	const char *next;
	size_t left;
};

static int compare_formulations(const void *a, const void *b)
{
	const struct rph_formulation_delta *left = a, *right = b;
	return rph_id_compare(&left->id, &right->id);
}

static int compare_goals(const void *a, const void *b)
{
	const struct rph_goal_delta *left = a, *right = b;
	return rph_id_compare(&left->id, &right->id);
}

static int compare_votes(const void *a, const void *b)
{
	const struct rph_vote_delta *left = a, *right = b;
	return rph_vote_key_compare(&left->key, &right->key);
}

static int add_vote(void *a, const void *b, struct rph_arena *arena)
{
	struct rph_vote_delta *into = a;
	const struct rph_vote_delta *from = b;
	(void)arena;
	rph_vote_merge(&into->vote, &from->vote);
	return 0;
}

static int compare_usages(const void *a, const void *b)
{
	const struct rph_usage_delta *left = a, *right = b;
	return rph_usage_key_compare(&left->key, &right->key);
}

static int add_usage(void *a, const void *b, struct rph_arena *arena)
{
	struct rph_usage_delta *into = a;
	const struct rph_usage_delta *from = b;
	return rph_usage_merge(&into->usage, &from->usage, arena, &into->usage);
}

static int compare_saids(const void *a, const void *b)
{
	const struct rph_said_delta *left = a, *right = b;
	if (left->week != right->week)
		return left->week < right->week ? -1 : 1;
	if (left->user != right->user)
		return left->user < right->user ? -1 : 1;
	return (left->formulation > right->formulation) - (left->formulation < right->formulation);
}

static int compare_cohorts(const void *a, const void *b)
{
	const struct rph_cohort_delta *left = a, *right = b;
	if (left->week != right->week)
		return left->week < right->week ? -1 : 1;
	return (left->user > right->user) - (left->user < right->user);
}

static int add_cohorts(void *a, const void *b, struct rph_arena *arena)
{
	struct rph_cohort_delta *into = a;
	const struct rph_cohort_delta *from = b;
	return rph_cohorts_merge(&into->cohorts, &from->cohorts, arena, &into->cohorts);
}

#define TABLE(array, counter, item, ...)                                                  \
	{                                                                                 \
		offsetof(struct rph_deltas, array), offsetof(struct rph_deltas, counter), \
			sizeof(item), __VA_ARGS__                                         \
	}
static const struct table tables[RPH_DELTA_TABLES] = {
	[RPH_DELTA_FORMULATIONS] = TABLE(formulations, formulation_count,
					 struct rph_formulation_delta, compare_formulations, NULL),
	[RPH_DELTA_GOALS] = TABLE(goals, goal_count, struct rph_goal_delta, compare_goals, NULL),
	[RPH_DELTA_VOTES] =
		TABLE(votes, vote_count, struct rph_vote_delta, compare_votes, add_vote),
	[RPH_DELTA_USAGES] =
		TABLE(usages, usage_count, struct rph_usage_delta, compare_usages, add_usage),
	[RPH_DELTA_SAIDS] = TABLE(saids, said_count, struct rph_said_delta, compare_saids, NULL),
	[RPH_DELTA_COHORTS] =
		TABLE(cohorts, cohort_count, struct rph_cohort_delta, compare_cohorts, add_cohorts),
};
_Static_assert(sizeof(struct rph_deltas) == RPH_DELTA_TABLES * (sizeof(void *) + sizeof(size_t)),
	       "an array that nobody merges would be lost");

static struct head head_of(const struct table *table, const struct rph_deltas *part)
{
	struct head head;
	memcpy(&head.next, (const char *)part + table->items_at, sizeof(head.next));
	memcpy(&head.left, (const char *)part + table->count_at, sizeof(head.left));
	return head;
}

static struct head *lowest(const struct table *table, struct head *heads, size_t count)
{
	struct head *first = NULL;
	for (size_t i = 0; i < count; i++)
		if (heads[i].left && (!first || table->compare(heads[i].next, first->next) < 0))
			first = &heads[i];
	return first;
}

static int merge(const struct table *table, struct head *heads, size_t count, char *into,
		 struct rph_arena *arena, size_t *ret_count)
{
	char *last = NULL;
	struct head *head;
	*ret_count = 0;
	while ((head = lowest(table, heads, count)) != NULL) {
		int err = 0;
		if (!last || table->compare(last, head->next) != 0) {
			last = into + *ret_count * table->size;
			memcpy(last, head->next, table->size);
			++*ret_count;
		} else if (table->add) {
			err = table->add(last, head->next, arena);
		}
		if (err)
			return err;
		head->next += table->size;
		head->left--;
	}
	return 0;
}

int rph_deltas_merge_table(enum rph_delta_table which, const struct rph_deltas *parts, size_t count,
			   struct rph_arena *arena, struct rph_deltas *ret)
{
	RPH_ASSERT(which < RPH_DELTA_TABLES);
	const struct table *table = &tables[which];
	struct head *heads = RPH_ARENA_ARRAY(arena, struct head, count);
	if (!heads)
		return RPH_E_NO_MEMORY;
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		heads[i] = head_of(table, &parts[i]);
		total += heads[i].left;
	}
	char *items = rph_arena_alloc_array(arena, table->size, total);
	if (!items)
		return RPH_E_NO_MEMORY;
	size_t merged;
	int err = merge(table, heads, count, items, arena, &merged);
	if (err)
		return err;
	memcpy((char *)ret + table->items_at, &items, sizeof(items));
	memcpy((char *)ret + table->count_at, &merged, sizeof(merged));
	return 0;
}
