/* SPDX-License-Identifier: Apache-2.0 */
#include "rewriters/rewriter.h"
#include "schemas/error.h"

static rph_rewriter_rewrite none_rewrite;

static int none_rewrite(const void *model, const struct rph_pair_reader *pairs,
			const struct rph_rewrite_query *query, struct rph_arena *arena,
			struct rph_rewrite *ret)
{
	(void)model, (void)pairs, (void)query, (void)arena, (void)ret;
	return RPH_E_NOT_FOUND;
}

static int none_self_test(void)
{
	struct rph_rewrite untouched = {.p = 7};
	int err = none_rewrite(NULL, NULL, NULL, NULL, &untouched);
	return err == RPH_E_NOT_FOUND && untouched.p == 7 ? 0 : RPH_E_BAD_INPUT;
}

const struct rph_rewriter_ops rph_rewriter_none = {
	.name = "none",
	.summary = "never rewrites: the reference and the control",
	.rewrite = none_rewrite,
	.self_test = none_self_test,
};
