/* SPDX-License-Identifier: Apache-2.0 */
#include "rewriters/rewriter.h"
#include "schemas/error.h"

static rph_rewriter_rewrite exact_rewrite;

static const char why[] = "published with the evidence up to week ";
enum { WHY_LEN = sizeof(why) - 1 };

static int exact_rewrite(const void *model, const struct rph_pair_reader *pairs,
			 const struct rph_rewrite_query *query, struct rph_arena *arena,
			 struct rph_rewrite *ret)
{
	(void)model;
	struct rph_rewrite_target target;
	int err = pairs->published(pairs->context, &query->formulation, arena, &target);
	if (err)
		return err;
	char *text = rph_arena_bytes(arena, WHY_LEN + RPH_WEEK_TEXT_SIZE);
	if (!text)
		return RPH_E_NO_MEMORY;
	memcpy(text, why, WHY_LEN);
	rph_week_format(target.week, text + WHY_LEN);
	*ret = (struct rph_rewrite){
		.text = target.text,
		.p = target.p,
		.why = {text, WHY_LEN + RPH_WEEK_TEXT_SIZE - 1},
	};
	return 0;
}

/* One published rewrite: of the formulation whose id is all ones. */
static int one_rewrite(void *context, const struct rph_id *source, struct rph_arena *arena,
		       struct rph_rewrite_target *ret)
{
	(void)context, (void)arena;
	for (size_t i = 0; i < sizeof(source->bytes); i++)
		if (source->bytes[i] != 1)
			return RPH_E_NOT_FOUND;
	*ret = (struct rph_rewrite_target){.text = RPH_SPAN("lights on"), .p = 200, .week = 2000};
	return 0;
}

static int exact_self_test(void)
{
	const struct rph_pair_reader pairs = {.published = one_rewrite};
	struct rph_rewrite_query query = {.text = RPH_SPAN("lice on")};
	struct rph_rewrite rewrite = {.p = 0};
	struct rph_arena arena;
	rph_arena_init(&arena, 4096);
	int unknown = exact_rewrite(NULL, &pairs, &query, &arena, &rewrite);
	bool kept = unknown == RPH_E_NOT_FOUND && rewrite.p == 0;
	memset(query.formulation.bytes, 1, sizeof(query.formulation.bytes));
	int err = exact_rewrite(NULL, &pairs, &query, &arena, &rewrite);
	kept = kept && !err && rewrite.p == 200 &&
	       rph_span_equal(rewrite.text, RPH_SPAN("lights on")) &&
	       rewrite.why.len == WHY_LEN + RPH_WEEK_TEXT_SIZE - 1;
	rph_arena_free(&arena);
	return kept ? 0 : RPH_E_BAD_INPUT;
}

const struct rph_rewriter_ops rph_rewriter_exact = {
	.name = "exact",
	.summary = "the published rewrite of exactly this formulation",
	.rewrite = exact_rewrite,
	.self_test = exact_self_test,
};
