/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

#include <pthread.h>

#include "store/keys.h"
#include "store/txn.h"
#include "store/value.h"

enum { MOMENTS = 200 };

struct faults {
	const char *expected;
	unsigned count, matching;
};

static void note_fault(void *context, const char *sentence)
{
	struct faults *faults = context;
	faults->count++;
	faults->matching += strstr(sentence, faults->expected) != NULL;
}

/* A store of the first `count` moments of the same small history. */
static struct rph_store *make_small_store(const struct place *place, size_t count)
{
	struct random random = {.state = 11};
	struct moment moments[MOMENTS];
	for (size_t i = 0; i < MOMENTS; i++)
		moments[i] = random_moment(&random, 9);
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(apply_moments(store, moments, count, 0, MOMENTS), 0);
	assert_int_equal(count_faults(store), 0);
	return store;
}

static struct rph_store *make_store(const struct place *place)
{
	return make_small_store(place, MOMENTS);
}

static void assert_fault(struct rph_store *store, const char *expected)
{
	struct faults faults = {.expected = expected};
	struct rph_verdict verdict;
	assert_int_equal(rph_store_verify(store, note_fault, &faults, &verdict), 0);
	assert_int_equal(verdict.faults, faults.count);
	if (!faults.matching)
		fail_msg("no fault says '%s'", expected);
}

/* A spoilt copy of the first row of a table. */
struct row {
	uint8_t key[RPH_KEY_MAX_BYTES], value[4096];
	size_t key_len, value_len;
};

static struct row first_row(struct rph_store *store, enum rph_table table)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_span key, value;
	struct row row = {.key_len = 0};
	assert_int_equal(rph_txn_begin(store, false, &txn), 0);
	assert_true(rph_txn_first(&txn, table, &key, &value));
	assert_true(value.len <= sizeof(row.value));
	memcpy(row.key, key.ptr, key.len);
	memcpy(row.value, value.ptr, value.len);
	row.key_len = key.len;
	row.value_len = value.len;
	return row;
}

static void put_row(struct rph_store *store, enum rph_table table, const struct row *row)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	assert_int_equal(rph_txn_begin(store, true, &txn), 0);
	rph_txn_put(&txn, table, (struct rph_span){(const char *)row->key, row->key_len},
		    (struct rph_span){(const char *)row->value, row->value_len});
	assert_int_equal(rph_txn_commit(&txn), 0);
}

static void remove_first(struct rph_store *store, enum rph_table table)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_span key, value;
	assert_int_equal(rph_txn_begin(store, true, &txn), 0);
	assert_true(rph_txn_first(&txn, table, &key, &value));
	rph_txn_delete_current(&txn, table);
	assert_int_equal(rph_txn_commit(&txn), 0);
}

static void one_rotten_byte_in_any_table_is_found(void **state)
{
	struct place *place = *state;
	struct rph_store *store = make_store(place);
	struct rph_review review = {.decision = RPH_DECISION_DENIED};
	struct rph_published rewrite = {.source = {{1}}};
	struct rph_export_row export = {.week = 1};
	assert_int_equal(rph_store_put_review(store, &review), 0);
	assert_int_equal(rph_store_put_export(store, &export), 0);
	assert_int_equal(rph_store_publish(store, &rewrite, 1), 0);
	for (unsigned table = 0; table < RPH_TABLE_COUNT; table++) {
		struct row row = first_row(store, table);
		if (table == RPH_TABLE_meta)
			strcpy((char *)row.key, "spoilt"), row.key_len = 6;
		struct row whole = row;
		row.value[row.value_len / 2] ^= 0x10;
		put_row(store, table, &row);
		char expected[64];
		snprintf(expected, sizeof(expected), "%s ", rph_tables[table].name);
		assert_fault(store, expected);
		assert_fault(store, rph_strerror(RPH_E_STATE_CORRUPT));
		put_row(store, table, &whole);
	}
	rph_store_close(store);
}

static void a_missing_row_is_noticed_by_those_that_refer_to_it(void **state)
{
	static const struct {
		enum rph_table table;
		const char *expected;
	} cases[] = {
		{RPH_TABLE_formulation, "has no text"},
		{RPH_TABLE_goal, "the goal is not there"},
		{RPH_TABLE_user_index, "does not lead"},
		{RPH_TABLE_usage, "leads to nothing"},
		{RPH_TABLE_usage, "nothing names this text"},
	};
	struct place *place = *state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		/* So few that every row is the only one of its kind. */
		struct rph_store *store = make_small_store(place, 3);
		remove_first(store, cases[i].table);
		assert_fault(store, cases[i].expected);
		rph_store_close(store);
		run_command("rm -r", place->store);
	}
}

static void texts_that_nothing_names_and_wrong_ids_are_found(void **state)
{
	struct place *place = *state;
	struct rph_store *store = make_store(place);
	struct row row = first_row(store, RPH_TABLE_formulation);
	row.key[15] ^= 1;
	put_row(store, RPH_TABLE_formulation, &row);
	assert_fault(store, "nothing names this text");
	assert_fault(store, "the id is not that of the text");
	row = first_row(store, RPH_TABLE_goal);
	row.key[15] ^= 1;
	put_row(store, RPH_TABLE_goal, &row);
	assert_fault(store, "no usage names this goal");
	assert_fault(store, "the id is not that of the goal");
	rph_store_close(store);
	/* Without the secret nobody can say whose id it is. */
	struct rph_store_options options = {.dir = place->store, .map_bytes = TEST_MAP_BYTES};
	assert_int_equal(rph_store_open(&options, &store), 0);
	struct faults faults = {.expected = "the id is not"};
	struct rph_verdict verdict;
	assert_int_equal(rph_store_verify(store, note_fault, &faults, &verdict), 0);
	assert_int_equal(faults.matching, 0);
	assert_int_equal(faults.count, 2);
	rph_store_close(store);
}

static void counters_that_cannot_be_are_found(void **state)
{
	struct place *place = *state;
	struct rph_store *store = make_store(place);
	struct rph_arena arena;
	struct rph_span value;
	rph_arena_init(&arena, 1 << 20);
	struct rph_vote vote = {.edges = {1}, .mass = 257, .wins = 1, .losses = 1};
	struct row row = first_row(store, RPH_TABLE_vote);
	assert_int_equal(rph_value_encode_vote(&vote, &arena, &value), 0);
	memcpy(row.value, value.ptr, row.value_len = value.len);
	put_row(store, RPH_TABLE_vote, &row);
	assert_fault(store, "probability mass");
	assert_fault(store, "more wins and losses");
	assert_fault(store, "has no day");
	struct rph_usage_user user = {.user = 1, .days = 3, .counts = {.successes = 3}};
	struct rph_usage usage = {
		.total = {.successes = 2}, .days = 3, .users = &user, .user_count = 1};
	row = first_row(store, RPH_TABLE_usage);
	assert_int_equal(rph_value_encode_usage(&usage, &arena, &value), 0);
	memcpy(row.value, value.ptr, row.value_len = value.len);
	put_row(store, RPH_TABLE_usage, &row);
	assert_fault(store, "the totals are less");
	usage.total.successes = 4;
	assert_int_equal(rph_value_encode_usage(&usage, &arena, &value), 0);
	memcpy(row.value, value.ptr, row.value_len = value.len);
	put_row(store, RPH_TABLE_usage, &row);
	assert_fault(store, "the totals are more");
	row.key_len -= 1;
	put_row(store, RPH_TABLE_usage, &row);
	assert_fault(store, "wrong length");
	rph_arena_free(&arena);
	rph_store_close(store);
}

static void what_an_interrupted_housekeeping_left_is_no_fault(void **state)
{
	struct place *place = *state;
	struct rph_store *store = make_store(place);
	struct row row = first_row(store, RPH_TABLE_user_index);
	rph_week week;
	uint64_t user;
	assert_true(
		rph_key_read_said((struct rph_span){(char *)row.key, row.key_len}, &week, &user));
	remove_first(store, RPH_TABLE_user_index);
	assert_fault(store, "does not lead");
	assert_int_equal(rph_meta_set(store, RPH_META_FORGETTING, user), 0);
	assert_int_equal(count_faults(store), 0);
	assert_int_equal(rph_meta_remove(store, RPH_META_FORGETTING), 0);
	assert_int_equal(rph_meta_set(store, RPH_META_EXPIRING, week + 1U), 0);
	assert_int_equal(count_faults(store), 0);
	/* Going on with it ends the excuse, and the reason for it. */
	uint64_t rows;
	assert_int_equal(rph_store_expire(store, (rph_week)(week + 1), NULL, &rows), 0);
	assert_true(rows > 0);
	assert_int_equal(count_faults(store), 0);
	rph_store_close(store);
}

struct writing {
	struct rph_store *store;
	int error;
};

static void *write_batches(void *argument)
{
	struct writing *writing = argument;
	struct random random = {.state = 12};
	for (int batch = 0; batch < 60 && !writing->error; batch++) {
		struct moment moments[20];
		for (size_t i = 0; i < RPH_ARRAY_LEN(moments); i++)
			moments[i] = random_moment(&random, 9);
		writing->error = apply_moments(writing->store, moments, RPH_ARRAY_LEN(moments), 0,
					       batch + 1);
	}
	return NULL;
}

static void a_reader_beside_a_writer_sees_whole_batches(void **state)
{
	struct place *place = *state;
	struct writing writing = {.store = open_store(place->store, RPH_STORE_CREATE)};
	struct rph_store_info info = {0};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, write_batches, &writing), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(count_faults(writing.store), 0);
		assert_int_equal(rph_store_info(writing.store, &info), 0);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(writing.error, 0);
	assert_int_equal(count_faults(writing.store), 0);
	rph_store_close(writing.store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_rotten_byte_in_any_table_is_found),
		TEST(a_missing_row_is_noticed_by_those_that_refer_to_it),
		TEST(texts_that_nothing_names_and_wrong_ids_are_found),
		TEST(counters_that_cannot_be_are_found),
		TEST(what_an_interrupted_housekeeping_left_is_no_fault),
		TEST(a_reader_beside_a_writer_sees_whole_batches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
