/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/ranking.h"

enum { PAIRS = 60, ROUNDS = 200 };

struct entry {
	uint32_t users, number;
	uint16_t lower_bound;
	bool in_use;
};

static rph_ranking_write write_number;
static int write_number(void *context, const struct rph_pair_view *view, struct rph_buffer *text)
{
	(void)view;
	rph_buffer_format(text, "%u ", *(const unsigned *)context);
	return text->error;
}

static void offer(struct rph_ranking *ranking, const struct entry *entry)
{
	const struct rph_pair pair = {.users = entry->users};
	const struct rph_promotion promotion = {
		.status = entry->in_use ? RPH_PAIR_PROMOTED : RPH_PAIR_PENDING,
		.lower_bound = entry->lower_bound,
	};
	const struct rph_pair_view view = {.pair = &pair, .promotion = &promotion};
	unsigned number = entry->number;
	assert_int_equal(rph_ranking_offer(ranking, &view, write_number, &number), 0);
}

static int compare(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	if (one->in_use != other->in_use)
		return one->in_use ? -1 : 1;
	if (one->users != other->users)
		return one->users > other->users ? -1 : 1;
	if (one->lower_bound != other->lower_bound)
		return one->lower_bound > other->lower_bound ? -1 : 1;
	return one->number < other->number ? -1 : 1;
}

static void the_best_are_those_of_a_full_sort_for_any_pairs_and_any_number(void **state)
{
	struct random random = {1};
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct entry entries[PAIRS];
		struct rph_ranking ranking;
		RPH_BUFFER_CLEANUP struct rph_buffer expected = {0}, text = {0};
		size_t count = random_below(&random, PAIRS + 1);
		size_t top = 1 + random_below(&random, PAIRS);
		assert_int_equal(rph_ranking_init(&ranking, top), 0);
		for (size_t i = 0; i < count; i++) {
			entries[i] = (struct entry){
				.in_use = random_below(&random, 2),
				.users = random_below(&random, 4),
				.lower_bound = (uint16_t)random_below(&random, 4),
				.number = (uint32_t)i,
			};
			offer(&ranking, &entries[i]);
		}
		assert_int_equal(ranking.offered, count);
		assert_int_equal(ranking.count, count < top ? count : top);
		qsort(entries, count, sizeof(*entries), compare);
		for (size_t i = 0; i < count && i < top; i++)
			rph_buffer_format(&expected, "%u ", entries[i].number);
		rph_ranking_take(&ranking, &text);
		assert_true(rph_span_equal(rph_buffer_span(&text), rph_buffer_span(&expected)));
		assert_int_equal(ranking.count, 0);
		rph_ranking_free(&ranking);
	}
}

static void a_ranking_that_is_freed_early_keeps_nothing(void **state)
{
	(void)state;
	struct rph_ranking ranking;
	assert_int_equal(rph_ranking_init(&ranking, 3), 0);
	offer(&ranking, &(struct entry){.users = 2});
	rph_ranking_free(&ranking);
	rph_ranking_free(&ranking);
	assert_null(ranking.best);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_are_those_of_a_full_sort_for_any_pairs_and_any_number),
		cmocka_unit_test(a_ranking_that_is_freed_early_keeps_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
