/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/schemas/evidence.h"

#include "schemas/lookup.h"

enum { MOST = 20000 };

static uint32_t count_found(const struct rph_lookup *lookup, uint64_t hash, uint32_t wanted)
{
	uint32_t found = 0;
	struct rph_lookup_cursor cursor = rph_lookup_first(lookup, hash);
	for (uint32_t index; rph_lookup_next(lookup, &cursor, &index);)
		found += index == wanted;
	return found;
}

static void every_index_is_found_once_under_its_hash_even_if_hashes_collide(void **state)
{
	(void)state;
	struct rph_lookup lookup = {0};
	static uint64_t hashes[MOST];
	struct random random = {1};
	for (uint32_t i = 0; i < MOST; i++) {
		hashes[i] = random_below(&random, 4) ? random_u64(&random) : i % 1000;
		assert_int_equal(rph_lookup_add(&lookup, hashes[i], i), 0);
	}
	for (uint32_t i = 0; i < MOST; i++)
		assert_int_equal(count_found(&lookup, hashes[i], i), 1);
	rph_lookup_free(&lookup);
}

static void an_empty_or_cleared_lookup_finds_nothing(void **state)
{
	(void)state;
	struct rph_lookup lookup = {0};
	assert_int_equal(count_found(&lookup, 7, 3), 0);
	assert_int_equal(rph_lookup_add(&lookup, 7, 3), 0);
	assert_int_equal(count_found(&lookup, 7, 3), 1);
	rph_lookup_clear(&lookup);
	assert_int_equal(count_found(&lookup, 7, 3), 0);
	assert_int_equal(rph_lookup_add(&lookup, 8, 4), 0);
	assert_int_equal(count_found(&lookup, 8, 4), 1);
	rph_lookup_free(&lookup);
	assert_int_equal(count_found(&lookup, 8, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_index_is_found_once_under_its_hash_even_if_hashes_collide),
		cmocka_unit_test(an_empty_or_cleared_lookup_finds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
