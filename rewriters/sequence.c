/* SPDX-License-Identifier: Apache-2.0 */
#include "rewriters/sequence.h"

#include "schemas/error.h"

struct rph_sequence rph_sequence_default(void)
{
	return (struct rph_sequence){.members = {{.ops = &rph_rewriter_exact}}, .count = 1};
}

int rph_sequence_add(struct rph_sequence *sequence, const struct rph_rewriter_ops *ops,
		     const void *model)
{
	if (sequence->count == RPH_SEQUENCE_MAX)
		return RPH_E_ARENA_FULL;
	sequence->members[sequence->count++] = (struct rph_sequence_member){ops, model};
	return 0;
}

int rph_sequence_rewrite(const struct rph_sequence *sequence, const struct rph_pair_reader *pairs,
			 const struct rph_rewrite_query *query, struct rph_arena *arena,
			 struct rph_sequence_answer *ret)
{
	struct rph_sequence_answer answer = {.rewriter = NULL};
	for (size_t i = 0; i < sequence->count && !answer.rewriter; i++) {
		const struct rph_sequence_member *member = &sequence->members[i];
		struct rph_rewrite rewrite;
		int err = member->ops->rewrite(member->model, pairs, query, arena, &rewrite);
		if (err && err != RPH_E_NOT_FOUND)
			return err;
		if (err) {
			answer.steps[i] = RPH_STEP_DECLINED;
		} else if (!rewrite.text.len || rph_span_equal(rewrite.text, query->text)) {
			answer.steps[i] = RPH_STEP_SAME_TEXT;
		} else {
			answer.steps[i] = RPH_STEP_ANSWERED;
			answer.rewriter = member->ops;
			answer.rewrite = rewrite;
		}
	}
	*ret = answer;
	return 0;
}
