/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_values.c - any bytes as a value of any table: decoding never reads outside, and what it
 * accepts is exactly what encoding writes.
 *
 * The first byte chooses the table; the rest is the value without its checksum, which is added, as
 * guessing it would be all the fuzzer did.
 */
#include <stdlib.h>
#include <xxhash.h>

#include "schemas/error.h"
#include "store/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_BYTES = 8192 };

/* Decodes, and encodes again into *ret; an error of decoding is returned. */
typedef int round_trip(struct rph_span value, struct rph_arena *arena, struct rph_span *ret);

static int must(int error)
{
	RPH_ASSERT(!error);
	return error;
}

static int vote(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_vote row;
	int error = rph_value_decode_vote(value, &row);
	return error ? error : must(rph_value_encode_vote(&row, arena, ret));
}

static int usage(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_usage row, twice;
	int error = rph_value_decode_usage(value, arena, &row);
	if (error)
		return error;
	/* Merging takes what decoding promises: every wording that is named is there. */
	must(rph_usage_merge(&row, &row, arena, &twice));
	RPH_ASSERT(twice.user_count == row.user_count);
	RPH_ASSERT(rph_value_usage_has_more(value) == row.more_users);
	return must(rph_value_encode_usage(&row, arena, ret));
}

static int formulation(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_formulation_delta row = {0};
	int error = rph_value_decode_formulation(value, &row);
	return error ? error : must(rph_value_encode_formulation(&row, arena, ret));
}

static int goal(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_span row;
	int error = rph_value_decode_goal(value, &row);
	return error ? error : must(rph_value_encode_goal(row, arena, ret));
}

static int said(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_said_row row;
	(void)rph_value_said_has(value, 1);
	int error = rph_value_decode_said(value, arena, &row);
	if (error)
		return error;
	for (size_t i = 0; i < row.count; i++)
		RPH_ASSERT(rph_value_said_has(value, row.formulations[i]));
	return must(rph_value_encode_said(&row, arena, ret));
}

static int review(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_review row;
	int error = rph_value_decode_review(value, &row);
	return error ? error : must(rph_value_encode_review(&row, arena, ret));
}

static int rewrite(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_published row;
	int error = rph_value_decode_rewrite(value, &row);
	return error ? error : must(rph_value_encode_rewrite(&row, arena, ret));
}

static int offset(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_offset row = {0};
	int error = rph_value_decode_offset(value, arena, &row);
	return error ? error : must(rph_value_encode_offset(&row, arena, ret));
}

static int export_row(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_export_row row;
	int error = rph_value_decode_export(value, &row);
	return error ? error : must(rph_value_encode_export(&row, arena, ret));
}

static int cohort(struct rph_span value, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_cohorts row, twice;
	int error = rph_value_decode_cohorts(value, arena, &row);
	if (error)
		return error;
	must(rph_cohorts_merge(&row, &row, arena, &twice));
	RPH_ASSERT(twice.count == row.count);
	return must(rph_value_encode_cohorts(&row, arena, ret));
}

static round_trip *const tables[] = {vote,   usage,   formulation, goal,       said,
				     review, rewrite, offset,      export_row, cohort};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rph_arena arena;
	struct rph_span value, again;
	if (size < 1 || size > MOST_BYTES)
		return 0;
	rph_arena_init(&arena, (size_t)1 << 24);
	uint64_t checksum = XXH3_64bits(data + 1, size - 1);
	/* Of its exact size, so that reading one byte too far is noticed. */
	char *bytes = malloc(size - 1 + sizeof(checksum));
	RPH_ASSERT(bytes);
	memcpy(bytes, data + 1, size - 1);
	for (unsigned i = 0; i < 8; i++)
		bytes[size - 1 + i] = (char)(checksum >> (8 * i));
	value = (struct rph_span){bytes, size - 1 + sizeof(checksum)};
	int error = tables[data[0] % RPH_ARRAY_LEN(tables)](value, &arena, &again);
	RPH_ASSERT(error == 0 || error == RPH_E_STATE_CORRUPT || error == RPH_E_STATE_NEWER);
	if (!error)
		RPH_ASSERT(rph_span_equal(value, again));
	rph_arena_free(&arena);
	free(bytes);
	return 0;
}
