/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/rewriting.h"

#include "miner/arms.h"
#include "schemas/error.h"
#include "schemas/json_text.h"

static int read_published(void *context, const struct rph_id *source, struct rph_arena *arena,
			  struct rph_rewrite_target *ret)
{
	struct rph_store *store = context;
	struct rph_published published;
	struct rph_formulation_delta target;
	int err = rph_store_get_rewrite(store, source, &published);
	if (!err)
		err = rph_store_get_formulation(store, &published.target, arena, &target);
	if (err)
		return err;
	*ret = (struct rph_rewrite_target){
		.formulation = published.target,
		.text = target.text,
		.p = published.p,
		.week = (rph_week)published.generation,
	};
	return 0;
}

struct rph_rewriting rph_rewriting_of(struct rph_shell *shell)
{
	return (struct rph_rewriting){
		.shell = shell,
		.sequence = rph_sequence_default(),
		.pairs = {shell->deployment.store, read_published},
	};
}

static void choose_arm(const struct rph_shell *shell, const struct rph_id *source,
		       struct rph_span user_id, struct rph_rewriting_answer *ret)
{
	const struct rph_deployment *deployment = &shell->deployment;
	uint16_t share = (uint16_t)deployment->config->rewrite.holdout;
	if (!ret->answer.rewriter)
		return;
	ret->arm = RPH_ARM_TREATED;
	if (!user_id.len ||
	    !rph_is_held_back(rph_user_of(&deployment->keys, user_id), source, share))
		return;
	ret->arm = RPH_ARM_HOLDOUT;
	ret->answer.rewriter = NULL;
	ret->why_not = "held back from this user, for comparison";
}

int rph_rewriting_ask(struct rph_rewriting *rewriting, struct rph_span locale,
		      struct rph_span utterance, struct rph_span user_id,
		      struct rph_rewriting_answer *ret)
{
	struct rph_shell *shell = rewriting->shell;
	struct rph_shell_formulation said;
	*ret = (struct rph_rewriting_answer){.why_not = "no rewrite is published"};
	rph_arena_reset(&shell->arena);
	int err = rph_shell_formulation(shell, locale, utterance, &said);
	if (err == RPH_E_BAD_INPUT) {
		ret->why_not = "not UTF-8, or too long";
		return 0;
	}
	if (err)
		return err;
	const struct rph_rewrite_query query = {said.locale, said.text, said.id};
	err = rph_sequence_rewrite(&rewriting->sequence, &rewriting->pairs, &query, &shell->arena,
				   &ret->answer);
	if (!err)
		choose_arm(shell, &said.id, user_id, ret);
	return err;
}

static void put_string_or_null(struct rph_buffer *text, const char *key, bool is_there,
			       struct rph_span value)
{
	rph_json_key(text, key);
	if (is_there)
		rph_json_string(text, value);
	else
		rph_json_null(text);
}

void rph_rewriting_json(struct rph_buffer *text, struct rph_span utterance,
			const struct rph_rewriting_answer *answer)
{
	const struct rph_rewriter_ops *rewriter = answer->answer.rewriter;
	const struct rph_rewrite *rewrite = &answer->answer.rewrite;
	rph_json_open(text, '{');
	rph_json_put_string(text, "utterance", utterance);
	put_string_or_null(text, "rewrite", rewriter, rewrite->text);
	put_string_or_null(text, "rewriter", rewriter, rph_span_of(rewriter ? rewriter->name : ""));
	rph_json_put_ratio(text, "p", rewriter ? rewrite->p : 0, 256, 4);
	rph_json_put_string(text, "why", rewriter ? rewrite->why : rph_span_of(answer->why_not));
	put_string_or_null(text, "arm", answer->arm != RPH_ARM_NONE,
			   answer->arm == RPH_ARM_TREATED ? RPH_SPAN("treated")
							  : RPH_SPAN("holdout"));
	rph_json_close(text, '}');
	rph_buffer_add_text(text, "\n");
}
