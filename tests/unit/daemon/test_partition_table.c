/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/partition_table.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void partitions_are_found_by_name_and_by_handle(void **state)
{
	(void)state;
	struct rph_partition_table table = {0};
	struct rph_partition *added[6];
	static const int handles[2];
	for (int i = 0; i < 6; i++)
		assert_int_equal(rph_partition_table_add(&table, i % 2 ? "odd" : "even", i / 2 * 3,
							 10 + i, 20 + i, &added[i]),
				 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 6; i++) {
			struct rph_partition *found = rph_partition_table_find(
				&table, &handles[i % 2], i % 2 ? "odd" : "even", i / 2 * 3);
			assert_ptr_equal(found, added[i]);
			assert_int_equal(found->index, i);
			assert_int_equal(found->fetch_next, 10 + i);
			assert_int_equal(found->committed, 20 + i);
		}
	assert_null(rph_partition_table_find(&table, NULL, "odd", 1));
	assert_null(rph_partition_table_find(&table, NULL, "odd", -1));
	assert_null(rph_partition_table_find(&table, NULL, "odd", 7));
	assert_null(rph_partition_table_find(&table, NULL, "neither", 0));
	assert_int_equal(rph_partition_table_of_topic(&table, "odd"), 3);
	assert_int_equal(rph_partition_table_of_topic(&table, "neither"), 0);
	rph_partition_table_free(&table);
	assert_int_equal(table.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partitions_are_found_by_name_and_by_handle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
