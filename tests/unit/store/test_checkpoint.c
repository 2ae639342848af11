/* SPDX-License-Identifier: Apache-2.0 */
#include "store/checkpoint.h"

#include "fixture.h"

#define MANY 5

static struct rph_offset make_offset(struct random *random, struct rph_offset_raise *raises,
				     struct rph_offset_cut *cuts)
{
	struct rph_offset offset = {
		.topic = RPH_SPAN("turns"),
		.partition = RPH_SPAN("3"),
		.next = (int64_t)random_below(random, 1000),
		.warm_from = (int64_t)random_below(random, 1000),
		.watermark = (int64_t)random_below(random, 1000),
		.warm_watermark = (int64_t)random_below(random, 1000),
		.tail_hash = random_next(random),
		.raises = raises,
		.raise_count = random_below(random, MANY),
		.cuts = cuts,
		.cut_count = random_below(random, MANY),
	};
	for (uint32_t i = 0; i < MANY; i++) {
		raises[i] = (struct rph_offset_raise){random_below(random, 99), 7 * i};
		cuts[i] = (struct rph_offset_cut){
			.offset = random_below(random, 99), .from = i, .to = 2 * i};
		cuts[i].session.bytes[i] = 1;
	}
	return offset;
}

static void there_and_back_it_is_the_same(void **state)
{
	(void)state;
	struct random random = {11};
	struct rph_arena arena;
	rph_arena_init(&arena, (size_t)1 << 20);
	for (int round = 0; round < 300; round++) {
		struct rph_offset_raise raises[MANY];
		struct rph_offset_cut cuts[MANY];
		struct rph_session_checkpoint checkpoint;
		struct rph_offset offset = make_offset(&random, raises, cuts), back = offset;
		back.next = back.warm_from = -1;
		back.raises = NULL;
		back.cuts = NULL;
		rph_arena_reset(&arena);
		assert_int_equal(rph_checkpoint_of_offset(&offset, &arena, &checkpoint), 0);
		assert_int_equal(rph_checkpoint_to_offset(&checkpoint, &arena, &back), 0);
		assert_int_equal(back.next, offset.next);
		assert_int_equal(back.warm_from, offset.warm_from);
		assert_int_equal(back.watermark, offset.watermark);
		assert_int_equal(back.warm_watermark, offset.warm_watermark);
		assert_int_equal(back.tail_hash, offset.tail_hash);
		assert_int_equal(back.raise_count, offset.raise_count);
		assert_int_equal(back.cut_count, offset.cut_count);
		for (uint32_t i = 0; i < offset.raise_count; i++) {
			assert_int_equal(back.raises[i].offset, raises[i].offset);
			assert_int_equal(back.raises[i].watermark, raises[i].watermark);
		}
		for (uint32_t i = 0; i < offset.cut_count; i++) {
			assert_int_equal(rph_id_compare(&back.cuts[i].session, &cuts[i].session),
					 0);
			assert_int_equal(back.cuts[i].offset, cuts[i].offset);
			assert_int_equal(back.cuts[i].from, cuts[i].from);
			assert_int_equal(back.cuts[i].to, cuts[i].to);
		}
	}
	rph_arena_free(&arena);
}

static void without_memory_it_says_so(void **state)
{
	(void)state;
	struct random random = {12};
	struct rph_offset_raise raises[MANY];
	struct rph_offset_cut cuts[MANY];
	struct rph_session_checkpoint checkpoint;
	struct rph_arena arena;
	struct rph_offset offset = make_offset(&random, raises, cuts);
	rph_arena_init(&arena, 0);
	offset.raise_count = MANY;
	assert_int_equal(rph_checkpoint_of_offset(&offset, &arena, &checkpoint), RPH_E_NO_MEMORY);
	rph_arena_free(&arena);
}

static void a_store_keeps_its_identity_and_no_two_share_one(void **state)
{
	struct place *place = *state;
	uint64_t identity = 0;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	assert_int_equal(rph_store_identity(store, 4711, &identity), 0);
	assert_int_equal(identity, 4711);
	assert_int_equal(rph_store_identity(store, 12, &identity), 0);
	assert_int_equal(identity, 4711);
	rph_store_close(store);
	store = open_store(place->store, RPH_STORE_READ);
	assert_int_equal(rph_store_identity(store, 13, &identity), 0);
	assert_int_equal(identity, 4711);
	rph_store_close(store);
	store = open_store(place->other, RPH_STORE_CREATE);
	rph_store_close(store);
	store = open_store(place->other, RPH_STORE_READ);
	assert_int_equal(rph_store_identity(store, 13, &identity), RPH_E_NOT_FOUND);
	rph_store_close(store);
}

static void a_reset_moves_offsets_back_as_no_batch_may(void **state)
{
	struct place *place = *state;
	struct rph_arena arena;
	struct rph_deltas nothing = {0};
	struct rph_offset offset = {.topic = RPH_SPAN("turns"),
				    .partition = RPH_SPAN("0"),
				    .next = 50,
				    .warm_from = 40};
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	rph_arena_init(&arena, (size_t)1 << 20);
	assert_int_equal(rph_store_apply(store, &nothing, &offset, 1), 0);
	offset.next = offset.warm_from = 30;
	assert_int_equal(rph_store_apply(store, &nothing, &offset, 1), RPH_E_BAD_INPUT);
	assert_int_equal(rph_store_reset_offsets(store, &offset, 1), 0);
	struct rph_offset found;
	assert_int_equal(
		rph_store_get_offset(store, offset.topic, offset.partition, &arena, &found), 0);
	assert_int_equal(found.next, 30);
	assert_int_equal(found.warm_from, 30);
	rph_arena_free(&arena);
	rph_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back_it_is_the_same),
		cmocka_unit_test(without_memory_it_says_so),
		cmocka_unit_test_setup_teardown(a_store_keeps_its_identity_and_no_two_share_one,
						make_place, remove_place),
		cmocka_unit_test_setup_teardown(a_reset_moves_offsets_back_as_no_batch_may,
						make_place, remove_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
