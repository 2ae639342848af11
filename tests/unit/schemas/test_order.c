/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/schemas/evidence.h"

#include "schemas/order.h"

enum { MOST = 2000 };

struct key {
	uint64_t high, low;
};

static int compare_keys(const struct key *a, const struct key *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

static int compare(const void *context, uint32_t a, uint32_t b)
{
	const struct key *keys = context;
	assert_true(keys[a].high == keys[b].high); /* the promise to the callback */
	return compare_keys(&keys[a], &keys[b]);
}

static void records_come_out_sorted_and_equal_ones_by_index(void **state)
{
	(void)state;
	static struct key keys[MOST];
	static struct rph_order order[MOST], scratch[MOST];
	struct random random = {1};
	for (int round = 0; round < 200; round++) {
		uint32_t count = random_below(&random, MOST);
		unsigned shift = random_below(&random, 64);
		for (uint32_t i = 0; i < count; i++) {
			/* From all different to all equal, in any of the bytes. */
			keys[i].high = random_u64(&random) >> shift << random_below(&random, 2);
			keys[i].low = random_below(&random, 20);
			order[i] = (struct rph_order){keys[i].high, i};
		}
		rph_order_sort(order, scratch, count, compare, keys);
		bool seen[MOST] = {false};
		for (uint32_t i = 0; i < count; i++) {
			assert_false(seen[order[i].index]);
			seen[order[i].index] = true;
			assert_true(order[i].prefix == keys[order[i].index].high);
			if (i == 0)
				continue;
			int sign = compare_keys(&keys[order[i - 1].index], &keys[order[i].index]);
			assert_true(sign < 0 || (sign == 0 && order[i - 1].index < order[i].index));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_sorted_and_equal_ones_by_index),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
