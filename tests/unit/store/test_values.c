/* SPDX-License-Identifier: Apache-2.0 */
#include "store/value.h"

#include <xxhash.h>

#include "tests/unit/store/fixture.h"

enum { CASES = 3000 };

static struct rph_arena arena;

static int make_arena(void **state)
{
	(void)state;
	rph_arena_init(&arena, (size_t)1 << 28);
	return 0;
}

static int free_arena(void **state)
{
	(void)state;
	rph_arena_free(&arena);
	return 0;
}

/* Small numbers mostly, now and then one near the end of its type. */
static uint64_t random_number(struct random *random)
{
	switch (random_below(random, 6)) {
	case 0:
		return 0;
	case 1:
		return random_next(random) >> random_below(random, 64);
	case 2:
		return UINT64_MAX - random_below(random, 3);
	default:
		return random_below(random, 300);
	}
}

static uint32_t random_u32(struct random *random)
{
	uint64_t number = random_number(random);
	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static struct rph_span random_text(struct random *random, unsigned limit)
{
	size_t len = random_below(random, limit);
	char *text = rph_arena_bytes(&arena, len + 1);
	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)random_next(random);
	return (struct rph_span){text, len};
}

static struct rph_vote random_vote(struct random *random)
{
	struct rph_vote vote = {.mass = random_number(random),
				.wins = random_u32(random),
				.losses = random_u32(random),
				.days = (uint8_t)random_below(random, 128)};
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		vote.edges[i] = random_u32(random);
	if (random_below(random, 2))
		vote.arm = (struct rph_arm_counts){1 + random_below(random, 9), random_u32(random),
						   random_u32(random)};
	return vote;
}

static void a_vote_comes_back_and_is_small(void **state)
{
	struct random random = {.state = 1};
	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct rph_vote vote = random_vote(&random), found;
		struct rph_span value;
		rph_arena_reset(&arena);
		assert_int_equal(rph_value_encode_vote(&vote, &arena, &value), 0);
		assert_int_equal(rph_value_decode_vote(value, &found), 0);
		assert_memory_equal(vote.edges, found.edges, sizeof(vote.edges));
		assert_true(vote.mass == found.mass && vote.wins == found.wins &&
			    vote.losses == found.losses && vote.days == found.days);
		assert_memory_equal(&vote.arm, &found.arm, sizeof(vote.arm));
	}
	struct rph_vote usual = {.edges = {1, 2, 3}, .mass = 1000, .wins = 5, .days = 3};
	struct rph_span value;
	assert_int_equal(rph_value_encode_vote(&usual, &arena, &value), 0);
	assert_true(value.len <= 40);
	usual.days = 128;
	assert_int_equal(rph_value_encode_vote(&usual, &arena, &value), RPH_E_BAD_INPUT);
}

/* A row as merging single turns makes it; more than fit are possible. */
static struct rph_usage random_usage(struct random *random, unsigned users)
{
	struct rph_usage usage = {0};
	for (unsigned i = 0; i < users; i++) {
		struct rph_usage_user *user = RPH_ARENA_NEW(&arena, struct rph_usage_user);
		struct rph_usage_wording *wording = RPH_ARENA_NEW(&arena, struct rph_usage_wording);
		assert_true(user && wording);
		*user = (struct rph_usage_user){.user = 1 + random_next(random) / 2,
						.days = (uint8_t)(1U << random_below(random, 7))};
		user->counts.successes = 1 + random_u32(random) / 2;
		user->counts.friction = random_u32(random);
		user->counts.holdout_losses = random_u32(random);
		struct rph_usage one = {
			.total = user->counts, .days = user->days, .user_count = 1, .users = user};
		if (random_below(random, 4)) {
			wording->encoded = wording_of(random_below(random, 5), &arena);
			wording->hash = rph_wording_hash(wording->encoded);
			user->wording = wording->hash;
			one.wordings = wording;
			one.wording_count = 1;
		}
		assert_int_equal(rph_usage_merge(&usage, &one, &arena, &usage), 0);
	}
	return usage;
}

static void assert_same_usage(const struct rph_usage *a, const struct rph_usage *b)
{
	assert_memory_equal(&a->total, &b->total, sizeof(a->total));
	assert_int_equal(a->days, b->days);
	assert_int_equal(a->more_users, b->more_users);
	assert_int_equal(a->user_count, b->user_count);
	assert_int_equal(a->wording_count, b->wording_count);
	for (uint32_t i = 0; i < a->user_count; i++) {
		assert_true(a->users[i].user == b->users[i].user);
		assert_true(a->users[i].wording == b->users[i].wording);
		assert_int_equal(a->users[i].days, b->users[i].days);
		assert_memory_equal(&a->users[i].counts, &b->users[i].counts,
				    sizeof(a->users[i].counts));
	}
	for (uint32_t i = 0; i < a->wording_count; i++) {
		assert_true(a->wordings[i].hash == b->wordings[i].hash);
		assert_true(rph_span_equal(a->wordings[i].encoded, b->wordings[i].encoded));
	}
}

static void usage_comes_back_with_every_user_and_wording(void **state)
{
	struct random random = {.state = 2};
	(void)state;
	for (unsigned i = 0; i < CASES / 10; i++) {
		rph_arena_reset(&arena);
		struct rph_usage usage = random_usage(&random, 1 + i % 80), found;
		struct rph_span value;
		assert_int_equal(rph_value_encode_usage(&usage, &arena, &value), 0);
		assert_int_equal(rph_value_decode_usage(value, &arena, &found), 0);
		assert_same_usage(&usage, &found);
		assert_int_equal(rph_value_usage_has_more(value), usage.more_users);
		int error;
		struct rph_usage rest;
		/* The totals of a row that lost a user are no longer the sum of those it kept. */
		assert_true(rph_usage_without(&usage, usage.users[0].user, &arena, &rest, &error));
		assert_int_equal(rph_value_encode_usage(&rest, &arena, &value), 0);
		assert_int_equal(rph_value_decode_usage(value, &arena, &found), 0);
		assert_same_usage(&rest, &found);
	}
}

static void usage_of_one_user_takes_at_most_100_bytes(void **state)
{
	(void)state;
	rph_arena_reset(&arena);
	struct rph_wording wording = {.text = RPH_SPAN("wake me up at half past seven"),
				      .slot_count = 1,
				      .slots = {{0, 14, 29}}};
	struct rph_usage_wording encoded;
	assert_int_equal(rph_wording_encode(&wording, &arena, &encoded.encoded), 0);
	encoded.hash = rph_wording_hash(encoded.encoded);
	struct rph_usage_user user = {.user = UINT64_MAX, .days = 1, .wording = encoded.hash};
	user.counts.successes = 1;
	struct rph_usage usage = {.total = user.counts,
				  .days = 1,
				  .user_count = 1,
				  .users = &user,
				  .wording_count = 1,
				  .wordings = &encoded};
	struct rph_span value;
	assert_int_equal(rph_value_encode_usage(&usage, &arena, &value), 0);
	assert_true(value.len <= 100);
}

static void usage_that_contradicts_itself_has_no_encoding(void **state)
{
	(void)state;
	rph_arena_reset(&arena);
	struct rph_usage_user users[2] = {{.user = 5, .days = 1}, {.user = 5, .days = 1}};
	struct rph_usage usage = {.days = 1, .user_count = 2, .users = users};
	struct rph_span value;
	assert_int_equal(rph_value_encode_usage(&usage, &arena, &value), RPH_E_BAD_INPUT);
	users[1].user = 6;
	assert_int_equal(rph_value_encode_usage(&usage, &arena, &value), 0);
	users[1].wording = 77;
	assert_int_equal(rph_value_encode_usage(&usage, &arena, &value), RPH_E_BAD_INPUT);
	users[1].wording = 0;
	users[0].user = 0;
	assert_int_equal(rph_value_encode_usage(&usage, &arena, &value), RPH_E_BAD_INPUT);
}

static void texts_reviews_rewrites_exports_and_index_rows_come_back(void **state)
{
	struct random random = {.state = 3};
	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct rph_span value, goal;
		rph_arena_reset(&arena);
		struct rph_formulation_delta text = {.locale = random_text(&random, 20),
						     .text = random_text(&random, 300)},
					     text_found;
		assert_int_equal(rph_value_encode_formulation(&text, &arena, &value), 0);
		assert_int_equal(rph_value_decode_formulation(value, &text_found), 0);
		assert_true(rph_span_equal(text.locale, text_found.locale));
		assert_true(rph_span_equal(text.text, text_found.text));
		assert_int_equal(rph_value_encode_goal(text.text, &arena, &value), 0);
		assert_int_equal(rph_value_decode_goal(value, &goal), 0);
		assert_true(rph_span_equal(text.text, goal));
		struct rph_review review = {.decision = RPH_DECISION_APPROVED,
					    .at = (rph_time_ms)random_next(&random),
					    .who = random_text(&random, 40),
					    .note = random_text(&random, 400)},
				  review_found;
		assert_int_equal(rph_value_encode_review(&review, &arena, &value), 0);
		assert_int_equal(rph_value_decode_review(value, &review_found), 0);
		assert_true(review.at == review_found.at);
		assert_true(rph_span_equal(review.note, review_found.note));
		struct rph_published rewrite = {.target = {{(uint8_t)i}},
						.p = (uint16_t)random_next(&random),
						.generation = random_number(&random)},
				     rewrite_found;
		assert_int_equal(rph_value_encode_rewrite(&rewrite, &arena, &value), 0);
		assert_int_equal(rph_value_decode_rewrite(value, &rewrite_found), 0);
		assert_true(rewrite.p == rewrite_found.p &&
			    rewrite.generation == rewrite_found.generation);
		uint64_t formulations[] = {random_below(&random, 9), 10, UINT64_MAX};
		struct rph_said_row row = {formulations, 1 + random_below(&random, 3)}, row_found;
		assert_int_equal(rph_value_encode_said(&row, &arena, &value), 0);
		assert_int_equal(rph_value_decode_said(value, &arena, &row_found), 0);
		assert_int_equal(row.count, row_found.count);
		assert_memory_equal(formulations, row_found.formulations, 8 * row.count);
		assert_true(rph_value_said_has(value, formulations[row.count - 1]));
		assert_false(rph_value_said_has(value, 9));
	}
}

typedef int decode(struct rph_span value);

static int decode_vote(struct rph_span value)
{
	struct rph_vote vote;
	return rph_value_decode_vote(value, &vote);
}

static int decode_usage(struct rph_span value)
{
	struct rph_usage usage;
	return rph_value_decode_usage(value, &arena, &usage);
}

static int decode_said(struct rph_span value)
{
	struct rph_said_row row;
	return rph_value_decode_said(value, &arena, &row);
}

static int decode_offset(struct rph_span value)
{
	struct rph_offset offset = {0};
	return rph_value_decode_offset(value, &arena, &offset);
}

static int decode_rewrite(struct rph_span value)
{
	struct rph_published rewrite;
	return rph_value_decode_rewrite(value, &rewrite);
}

static struct rph_span sample_offset(void)
{
	static const struct rph_offset_raise raises[] = {{3, 4}};
	static const struct rph_offset_cut cuts[] = {{{{5}}, 6, 7, 8}};
	const struct rph_offset offset = {.next = 9,
					  .warm_from = 2,
					  .raises = raises,
					  .raise_count = 1,
					  .cuts = cuts,
					  .cut_count = 1};
	struct rph_span value;
	assert_int_equal(rph_value_encode_offset(&offset, &arena, &value), 0);
	return value;
}

struct sample {
	decode *decode;
	struct rph_span value;
};

static void make_samples(struct sample samples[5])
{
	struct random random = {.state = 4};
	struct rph_vote vote = {.edges = {200, 1}, .mass = 300, .wins = 2, .days = 5};
	struct rph_usage usage = random_usage(&random, 3);
	uint64_t formulations[] = {1, 2, 70000};
	struct rph_said_row row = {formulations, 3};
	struct rph_published rewrite = {.p = 200, .generation = 1000};
	samples[0].decode = decode_vote;
	assert_int_equal(rph_value_encode_vote(&vote, &arena, &samples[0].value), 0);
	samples[1].decode = decode_usage;
	assert_int_equal(rph_value_encode_usage(&usage, &arena, &samples[1].value), 0);
	samples[2].decode = decode_said;
	assert_int_equal(rph_value_encode_said(&row, &arena, &samples[2].value), 0);
	samples[3] = (struct sample){decode_offset, sample_offset()};
	samples[4].decode = decode_rewrite;
	assert_int_equal(rph_value_encode_rewrite(&rewrite, &arena, &samples[4].value), 0);
}

static void every_flipped_bit_and_every_lost_byte_is_noticed(void **state)
{
	struct sample samples[5];
	(void)state;
	rph_arena_reset(&arena);
	make_samples(samples);
	for (size_t i = 0; i < RPH_ARRAY_LEN(samples); i++) {
		struct rph_span value = samples[i].value, copy;
		assert_int_equal(samples[i].decode(value), 0);
		assert_int_equal(rph_arena_copy(&arena, value, &copy), 0);
		char *bytes = (char *)(uintptr_t)copy.ptr;
		for (size_t bit = 0; bit < 8 * copy.len; bit++) {
			bytes[bit / 8] ^= (char)(1U << bit % 8);
			assert_int_equal(samples[i].decode(copy), RPH_E_STATE_CORRUPT);
			bytes[bit / 8] ^= (char)(1U << bit % 8);
		}
		for (size_t len = 0; len < copy.len; len++)
			assert_int_equal(samples[i].decode((struct rph_span){bytes, len}),
					 RPH_E_STATE_CORRUPT);
	}
}

/* The value with another payload and the checksum that goes with it. */
static struct rph_span seal(const uint8_t *bytes, size_t len)
{
	uint64_t checksum = XXH3_64bits(bytes, len);
	char *value = rph_arena_bytes(&arena, len + 8);
	assert_non_null(value);
	memcpy(value, bytes, len);
	for (unsigned i = 0; i < 8; i++)
		value[len + i] = (char)(checksum >> (8 * i));
	return (struct rph_span){value, len + 8};
}

static void only_the_one_encoding_of_a_value_is_accepted(void **state)
{
	(void)state;
	rph_arena_reset(&arena);
	const uint8_t vote[] = {1, 5, 1, 0, 0, 0, 0, 7, 1, 0};
	const uint8_t overlong[] = {1, 5, 0x81, 0, 0, 0, 0, 0, 7, 1, 0};
	const uint8_t too_large[] = {1, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0, 0, 0, 0, 7, 1, 0};
	const uint8_t one_more[] = {1, 5, 1, 0, 0, 0, 0, 7, 1, 0, 0};
	const uint8_t eighth_day[] = {1, 0x80, 1, 0, 0, 0, 0, 7, 1, 0};
	const uint8_t with_arm[] = {2, 5, 1, 0, 0, 0, 0, 7, 1, 0, 1, 0, 1};
	const uint8_t without_arm[] = {2, 5, 1, 0, 0, 0, 0, 7, 1, 0, 0, 0, 0};
	const uint8_t later_version[] = {3, 5, 1, 0, 0, 0, 0, 7, 1, 0};
	assert_int_equal(decode_vote(seal(with_arm, sizeof(with_arm))), 0);
	assert_int_equal(decode_vote(seal(without_arm, sizeof(without_arm))), RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_vote(seal(vote, sizeof(vote))), 0);
	assert_int_equal(decode_vote(seal(overlong, sizeof(overlong))), RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_vote(seal(too_large, sizeof(too_large))), RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_vote(seal(one_more, sizeof(one_more))), RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_vote(seal(eighth_day, sizeof(eighth_day))), RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_vote(seal(later_version, sizeof(later_version))),
			 RPH_E_STATE_NEWER);
	/* version, flags, users, user (8), days, mask, count, wording, wordings */
	const uint8_t usage[] = {1, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0, 4, 1, 3, 0, 0};
	const uint8_t totals_said_twice[] = {1, 2, 4, 1, 3, 1, 9, 0, 0, 0,
					     0, 0, 0, 0, 4, 1, 3, 0, 0};
	const uint8_t zero_counted[] = {1, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0};
	const uint8_t no_such_wording[] = {1, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0, 4, 1, 3, 1, 0};
	const uint8_t unnamed_wording[] = {1, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0, 4, 1, 3, 0, 1, 1, 65};
	assert_int_equal(decode_usage(seal(usage, sizeof(usage))), 0);
	assert_int_equal(decode_usage(seal(totals_said_twice, sizeof(totals_said_twice))),
			 RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_usage(seal(zero_counted, sizeof(zero_counted))),
			 RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_usage(seal(no_such_wording, sizeof(no_such_wording))),
			 RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_usage(seal(unnamed_wording, sizeof(unnamed_wording))),
			 RPH_E_STATE_CORRUPT);
	const uint8_t descending[] = {1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
	assert_int_equal(decode_said(seal(descending, sizeof(descending))), RPH_E_STATE_CORRUPT);
	assert_int_equal(decode_said(seal(descending, 1)), RPH_E_STATE_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vote_comes_back_and_is_small),
		TEST(usage_comes_back_with_every_user_and_wording),
		TEST(usage_of_one_user_takes_at_most_100_bytes),
		TEST(usage_that_contradicts_itself_has_no_encoding),
		TEST(texts_reviews_rewrites_exports_and_index_rows_come_back),
		TEST(every_flipped_bit_and_every_lost_byte_is_noticed),
		TEST(only_the_one_encoding_of_a_value_is_accepted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
