/* SPDX-License-Identifier: Apache-2.0
 *
 * test_scan_rows.c - rows asked for in any order are those that a walk of the table finds.
 */
#include "fixture.h"

#include "store/scan.h"

enum { MOST_ROWS = 8192 };

struct listing {
	char *keys[MOST_ROWS]; /* with values */
	size_t key_lens[MOST_ROWS], lens[MOST_ROWS], count;
};

static int list_row(void *context, struct rph_span key, struct rph_span value)
{
	struct listing *listing = context;
	size_t at = listing->count++;

	assert_true(at < MOST_ROWS);
	listing->keys[at] = malloc(key.len + value.len + 1);
	assert_non_null(listing->keys[at]);
	memcpy(listing->keys[at], key.ptr, key.len);
	memcpy(listing->keys[at] + key.len, value.ptr, value.len);
	listing->key_lens[at] = key.len;
	listing->lens[at] = key.len + value.len;
	return 0;
}

static struct listing *list_table(struct rph_store *store, enum rph_table table)
{
	struct listing *listing = calloc(1, sizeof(*listing));

	assert_non_null(listing);
	assert_int_equal(rph_scan_table(store, table, (struct rph_span){0}, list_row, listing), 0);
	assert_true(listing->count > 100);
	return listing;
}

static void free_listing(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->keys[i]);
	free(listing);
}

static struct rph_store *peopled_store(const struct place *place)
{
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct random random = {7};
	static struct moment moments[2000];

	for (size_t i = 0; i < RPH_ARRAY_LEN(moments); i++)
		moments[i] = random_moment(&random, 40);
	assert_int_equal(apply_moments(store, moments, RPH_ARRAY_LEN(moments), 0, 0), 0);
	return store;
}

static struct rph_span key_of(const struct listing *listing, size_t at)
{
	return (struct rph_span){listing->keys[at], listing->key_lens[at]};
}

static void expect_row(struct rph_scan *scan, const struct listing *listing, size_t at)
{
	struct rph_span key, value;

	if (at >= listing->count) {
		assert_int_equal(rph_scan_next(scan, &key, &value), RPH_E_NOT_FOUND);
		return;
	}
	assert_int_equal(rph_scan_next(scan, &key, &value), 0);
	assert_true(rph_span_equal(key, key_of(listing, at)));
	assert_int_equal(value.len, listing->lens[at] - listing->key_lens[at]);
	assert_memory_equal(value.ptr, listing->keys[at] + key.len, value.len);
}

static void a_walk_finds_every_row_once_and_in_order(void **state)
{
	struct rph_store *store = peopled_store(*state);
	struct listing *listing = list_table(store, RPH_TABLE_vote);
	struct rph_scan *scan = NULL;

	assert_int_equal(rph_scan_open(store, RPH_TABLE_vote, &scan), 0);
	for (size_t at = 0; at <= listing->count; at++)
		expect_row(scan, listing, at);
	/* And again from the start. */
	assert_int_equal(rph_scan_seek(scan, (struct rph_span){0}), 0);
	expect_row(scan, listing, 0);
	rph_scan_close(scan);
	free_listing(listing);
	rph_store_close(store);
}

/* Near and far, forward and back, by whole keys, by their beginnings, and between keys. */
static void any_key_may_follow_any_other(void **state)
{
	struct rph_store *store = peopled_store(*state);
	struct listing *listing = list_table(store, RPH_TABLE_usage);
	struct random random = {3};
	struct rph_scan *scan = NULL;
	size_t at = 0;

	assert_int_equal(rph_scan_open(store, RPH_TABLE_usage, &scan), 0);
	for (unsigned i = 0; i < 5000; i++) {
		char bytes[64];
		bool far = random_below(&random, 4) == 0;
		at = far ? random_below(&random, (unsigned)listing->count)
			 : (at + random_below(&random, 5)) % listing->count;
		struct rph_span from = key_of(listing, at);
		memcpy(bytes, from.ptr, from.len);
		from.ptr = bytes;
		from.len -= random_below(&random, 3) ? 0 : random_below(&random, 20);
		if (random_below(&random, 5) == 0)
			bytes[from.len - 1]++;
		size_t wanted = 0;
		while (wanted < listing->count &&
		       rph_span_compare(key_of(listing, wanted), from) < 0)
			wanted++;
		assert_int_equal(rph_scan_seek(scan, from), 0);
		for (unsigned j = random_below(&random, 6); j > 0; j--)
			expect_row(scan, listing, wanted++);
	}
	rph_scan_close(scan);
	free_listing(listing);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_walk_finds_every_row_once_and_in_order),
		TEST(any_key_may_follow_any_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
