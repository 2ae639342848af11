/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/explanation.h"

#include <inttypes.h>

#include "daemon/chain_text.h"
#include "daemon/pair_text.h"
#include "daemon/ranking.h"
#include "daemon/usage_rows.h"
#include "schemas/error.h"

/* What the callbacks of an explanation share. */
struct pass {
	const struct rph_explanation *explanation;
	struct rph_buffer *text;
	struct rph_arena arena; /* of one row */
	bool incoming;          /* which pairs this pass is about */
	struct rph_ranking ranking;
	struct rph_usage_rows usage;
};

static const size_t ARENA_LIMIT = (size_t)16 << 20;

static struct rph_store *store_of(const struct pass *pass)
{
	return pass->explanation->shell->deployment.store;
}

/* ---- usage ---------------------------------------------------------------------------------- */

static void usage_text(struct pass *pass)
{
	struct rph_buffer *text = pass->text;
	if (!pass->usage.count)
		rph_buffer_add_text(text, "  none in these weeks\n");
	else
		rph_buffer_format(text, "  %-8s  %5s   %7s %6s %7s  %8s  %s\n", "week", "users",
				  "success", "failed", "unknown", "friction", "goal");
	for (size_t i = 0; i < pass->usage.count; i++) {
		const struct rph_usage_row *row = &pass->usage.rows[i];
		char week[RPH_WEEK_TEXT_SIZE];
		rph_week_format(row->week, week);
		rph_buffer_format(text, "  %-8s  %5u%s  %7u %6u %7u  %8u  ", week, row->users,
				  row->more_users ? "+" : " ", row->total.successes,
				  row->total.failures, row->total.unknown, row->total.friction);
		rph_shell_add_text(text,
				   row->goal.len ? row->goal : RPH_SPAN("(nothing understood)"));
		rph_buffer_add_text(text, "\n");
	}
}

static void usage_json(struct pass *pass)
{
	struct rph_buffer *text = pass->text;
	size_t limit = pass->explanation->limit;
	rph_json_put_unsigned(text, "usage_total", pass->usage.count);
	rph_json_key(text, "usage");
	rph_json_open(text, '[');
	for (size_t i = 0; i < pass->usage.count && (!limit || i < limit); i++) {
		const struct rph_usage_row *row = &pass->usage.rows[i];
		char week[RPH_WEEK_TEXT_SIZE];
		rph_week_format(row->week, week);
		rph_json_open(text, '{');
		rph_json_put_string(text, "goal", row->goal);
		rph_json_put_string(text, "week", rph_span_of(week));
		rph_json_put_unsigned(text, "users", row->users);
		rph_json_put_bool(text, "more_users", row->more_users);
		rph_json_put_unsigned(text, "successes", row->total.successes);
		rph_json_put_unsigned(text, "failures", row->total.failures);
		rph_json_put_unsigned(text, "unknown", row->total.unknown);
		rph_json_put_unsigned(text, "friction", row->total.friction);
		rph_json_close(text, '}');
	}
	rph_json_close(text, ']');
}

static int read_usage(struct pass *pass)
{
	const struct rph_window window = {pass->explanation->week,
					  pass->explanation->pairs.history_weeks,
					  pass->explanation->pairs.half_life};
	return rph_usage_rows_read(store_of(pass), &pass->explanation->said->id, &window,
				   &pass->explanation->shell->arena, &pass->usage);
}

/* ---- pairs ---------------------------------------------------------------------------------- */

/* RPH_E_NOT_FOUND: nobody decided. */
static int review_of(struct pass *pass, const struct rph_pair *pair, struct rph_review *ret)
{
	rph_arena_reset(&pass->arena);
	return rph_store_get_review(store_of(pass), &pair->source, &pair->target, &pass->arena,
				    ret);
}

static void add_review(struct rph_buffer *text, const struct rph_review *review)
{
	char at[RPH_TIME_TEXT_SIZE];
	rph_time_format(review->at, at);
	rph_buffer_format(text, "    %s by '",
			  review->decision == RPH_DECISION_APPROVED ? "approved" : "denied");
	rph_shell_add_text(text, review->who);
	rph_buffer_format(text, "' at %s", review->at ? at : "an unknown time");
	if (review->note.len) {
		rph_buffer_add_text(text, ": ");
		rph_shell_add_text(text, review->note);
	}
	rph_buffer_add_text(text, "\n");
}

static rph_ranking_write pair_text;
static int pair_text(void *context, const struct rph_pair_view *view, struct rph_buffer *text)
{
	struct pass *pass = context;
	struct rph_review review;
	rph_pair_text_add(text, view);
	int err = review_of(pass, view->pair, &review);
	if (err && err != RPH_E_NOT_FOUND)
		return err;
	if (!err)
		add_review(text, &review);
	if (view->goal.len) {
		rph_buffer_add_text(text, "    goal of the target: ");
		rph_shell_add_text(text, view->goal);
		rph_buffer_add_text(text, "\n");
	}
	rph_pair_text_evidence(text, view);
	rph_pair_text_label(text, view->projection);
	rph_pair_text_arms(text, view);
	rph_pair_text_tests(text, view->promotion);
	return text->error;
}

static int offer(void *context, const struct rph_pair_view *view)
{
	struct pass *pass = context;
	const struct rph_id *said = &pass->explanation->said->id;
	bool incoming = rph_id_compare(&view->pair->target, said) == 0;
	if (incoming != pass->incoming)
		return 0;
	return rph_ranking_offer(&pass->ranking, view, pair_text, pass);
}

static void put_review(struct rph_buffer *text, const struct rph_review *review)
{
	char at[RPH_TIME_TEXT_SIZE];
	rph_time_format(review->at, at);
	rph_json_open(text, '{');
	rph_json_put_string(text, "decision",
			    review->decision == RPH_DECISION_APPROVED ? RPH_SPAN("approved")
								      : RPH_SPAN("denied"));
	rph_json_put_string(text, "who", review->who);
	rph_json_put_string(text, "at", review->at ? rph_span_of(at) : RPH_SPAN(""));
	rph_json_put_string(text, "note", review->note);
	rph_json_close(text, '}');
}

static void put_arm(struct rph_buffer *text, const char *key, const struct rph_arm_tally *arm)
{
	rph_json_key(text, key);
	rph_json_open(text, '{');
	rph_json_put_unsigned(text, "users", arm->users);
	rph_json_put_unsigned(text, "turns", arm->turns);
	rph_json_put_unsigned(text, "wins", arm->trials.wins);
	rph_json_put_unsigned(text, "losses", arm->trials.losses);
	rph_json_close(text, '}');
}

static void put_arms(struct rph_buffer *text, const struct rph_pair_view *view)
{
	static const struct rph_arm_tally nobody;
	const struct rph_arm_comparison *arms = &view->promotion->arms;
	rph_json_key(text, "arms");
	rph_json_open(text, '{');
	put_arm(text, "treated", &view->pair->arm);
	put_arm(text, "holdout", view->holdout ? view->holdout : &nobody);
	rph_json_put_ratio(text, "better", arms->better, 1000, 3);
	rph_json_put_string(text, "verdict", rph_span_of(rph_arm_verdict_name(arms->verdict)));
	rph_json_put_bool(text, "learnt", view->promotion->learnt);
	rph_json_close(text, '}');
}

static int write_json(struct pass *pass, const struct rph_pair_view *view, struct rph_buffer *text)
{
	struct rph_pair_view_row row;
	struct rph_review review;
	int err = review_of(pass, view->pair, &review);
	if (err && err != RPH_E_NOT_FOUND)
		return err;
	rph_pair_view_row(view, &row);
	rph_json_open(text, '{');
	rph_pair_row_put(text, &row.row);
	rph_json_put_string(text, "goal", view->goal);
	rph_json_key(text, "evidence");
	rph_pair_json_evidence(text, view);
	rph_json_key(text, "tests");
	rph_pair_json_tests(text, view->promotion);
	rph_json_key(text, "label");
	rph_pair_json_label(text, view->projection);
	put_arms(text, view);
	rph_json_key(text, "review");
	if (err)
		rph_json_null(text);
	else
		put_review(text, &review);
	rph_json_close(text, '}');
	return text->error;
}

static int pair_json(void *context, const struct rph_pair_view *view)
{
	struct pass *pass = context;
	pass->ranking.offered++;
	return write_json(pass, view, pass->text);
}

static rph_ranking_write ranked_json;
static int ranked_json(void *context, const struct rph_pair_view *view, struct rph_buffer *text)
{
	int err = write_json(context, view, text);
	rph_buffer_add_text(text, ",");
	return err ? err : text->error;
}

static int offer_json(void *context, const struct rph_pair_view *view)
{
	struct pass *pass = context;
	return rph_ranking_offer(&pass->ranking, view, ranked_json, pass);
}

/* The best pairs, without the comma behind the last one. */
static int best_json(struct pass *pass)
{
	const struct rph_explanation *explanation = pass->explanation;
	RPH_BUFFER_CLEANUP struct rph_buffer best = {0};
	int err = rph_ranking_init(&pass->ranking, explanation->limit);
	if (!err)
		err = rph_pairs_scan(store_of(pass), &explanation->pairs, offer_json, pass);
	uint64_t offered = pass->ranking.offered;
	rph_ranking_take(&pass->ranking, &best);
	pass->ranking.offered = offered;
	if (best.len)
		rph_buffer_add(pass->text, (struct rph_span){best.text, best.len - 1});
	return err ? err : best.error;
}

/* ---- published rewrite ---------------------------------------------------------------------- */

/* RPH_E_NOT_FOUND: none is published. */
static int published(struct pass *pass, struct rph_published *ret,
		     struct rph_formulation_delta *ret_target)
{
	rph_arena_reset(&pass->arena);
	int err = rph_store_get_rewrite(store_of(pass), &pass->explanation->said->id, ret);
	return err ? err
		   : rph_store_get_formulation(store_of(pass), &ret->target, &pass->arena,
					       ret_target);
}

static int rewrite_text(struct pass *pass)
{
	struct rph_published rewrite;
	struct rph_formulation_delta target;
	char week[RPH_WEEK_TEXT_SIZE];
	int err = published(pass, &rewrite, &target);
	rph_buffer_add_text(pass->text, "\npublished rewrite: ");
	if (err == RPH_E_NOT_FOUND)
		rph_buffer_add_text(pass->text, "none\n");
	if (err)
		return err == RPH_E_NOT_FOUND ? pass->text->error : err;
	rph_shell_add_text(pass->text, target.text);
	rph_week_format((rph_week)rewrite.generation, week);
	rph_buffer_add_text(pass->text, " (p ");
	rph_shell_add_probability(pass->text, rewrite.p);
	rph_buffer_format(pass->text, ", evidence up to %s)\n", week);
	return pass->text->error;
}

static int rewrite_json(struct pass *pass)
{
	struct rph_published rewrite;
	struct rph_formulation_delta target;
	char week[RPH_WEEK_TEXT_SIZE];
	int err = published(pass, &rewrite, &target);
	rph_json_key(pass->text, "rewrite");
	if (err == RPH_E_NOT_FOUND)
		rph_json_null(pass->text);
	if (err)
		return err == RPH_E_NOT_FOUND ? pass->text->error : err;
	rph_week_format((rph_week)rewrite.generation, week);
	rph_json_open(pass->text, '{');
	rph_json_put_string(pass->text, "target", target.text);
	rph_json_put_ratio(pass->text, "p", rewrite.p, 256, 4);
	rph_json_put_string(pass->text, "week", rph_span_of(week));
	rph_json_close(pass->text, '}');
	return pass->text->error;
}

/* ---- the chain ------------------------------------------------------------------------------ */

static int read_chain(struct pass *pass, struct rph_week_chain **ret,
		      struct rph_week_chain_view *view)
{
	const struct rph_explanation *explanation = pass->explanation;
	int err = rph_week_chain_load(store_of(pass), &explanation->pairs, ret);
	return err ? err : rph_week_chain_ask(*ret, &explanation->said->id, NULL, view);
}

static int chain_text(struct pass *pass)
{
	RPH_CLEANUP(rph_week_chain_free) struct rph_week_chain *chain = NULL;
	struct rph_week_chain_view view;
	int err = read_chain(pass, &chain, &view);
	if (err)
		return err;
	rph_buffer_add_text(pass->text, "\nwhere people end who say it\n");
	rph_chain_text_add(pass->text, &view);
	return 0;
}

static int chain_json(struct pass *pass)
{
	RPH_CLEANUP(rph_week_chain_free) struct rph_week_chain *chain = NULL;
	struct rph_week_chain_view view;
	int err = read_chain(pass, &chain, &view);
	if (err)
		return err;
	rph_json_key(pass->text, "chain");
	rph_chain_json_add(pass->text, &view);
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static int pairs_text(struct pass *pass, bool incoming, const char *head)
{
	struct rph_buffer *text = pass->text;
	pass->incoming = incoming;
	int err = rph_pairs_scan(store_of(pass), &pass->explanation->pairs, offer, pass);
	uint64_t left = pass->ranking.offered - pass->ranking.count;
	rph_buffer_format(text, "\n%s\n", head);
	if (pass->ranking.count)
		rph_pair_text_heads(text);
	else
		rph_buffer_add_text(text, "  nothing\n");
	rph_ranking_take(&pass->ranking, text);
	if (left)
		rph_buffer_format(text,
				  "  and %" PRIu64 " more with less evidence; --top shows more\n",
				  left);
	return err;
}

static int all_text(struct pass *pass)
{
	const struct rph_explanation *explanation = pass->explanation;
	char week[RPH_WEEK_TEXT_SIZE];
	rph_week_format(explanation->week, week);
	rph_buffer_add_text(pass->text, "'");
	rph_shell_add_text(pass->text, explanation->said->text);
	rph_buffer_format(pass->text, "' in %.*s, as known at the end of %s\n\nusage\n",
			  (int)explanation->said->locale.len, explanation->said->locale.ptr, week);
	usage_text(pass);
	int err = chain_text(pass);
	if (!err)
		err = rph_ranking_init(&pass->ranking, explanation->top);
	if (!err)
		err = pairs_text(pass, false, "what was said after it");
	if (!err)
		err = pairs_text(pass, true, "what it was said after");
	return err ? err : rewrite_text(pass);
}

static int all_json(struct pass *pass)
{
	const struct rph_explanation *explanation = pass->explanation;
	char week[RPH_WEEK_TEXT_SIZE];
	rph_week_format(explanation->week, week);
	rph_json_open(pass->text, '{');
	rph_json_put_string(pass->text, "locale", explanation->said->locale);
	rph_json_put_string(pass->text, "formulation", explanation->said->text);
	rph_json_put_string(pass->text, "week", rph_span_of(week));
	usage_json(pass);
	rph_json_key(pass->text, "pairs");
	rph_json_open(pass->text, '[');
	int err = explanation->limit
			  ? best_json(pass)
			  : rph_pairs_scan(store_of(pass), &explanation->pairs, pair_json, pass);
	rph_json_close(pass->text, ']');
	rph_json_put_unsigned(pass->text, "pairs_total", pass->ranking.offered);
	if (!err)
		err = chain_json(pass);
	if (!err)
		err = rewrite_json(pass);
	rph_json_close(pass->text, '}');
	rph_buffer_add_text(pass->text, "\n");
	return err ? err : pass->text->error;
}

static int run(const struct rph_explanation *explanation, struct rph_buffer *text,
	       int (*write)(struct pass *))
{
	struct pass pass = {.explanation = explanation, .text = text};
	rph_arena_init(&pass.arena, ARENA_LIMIT);
	int err = read_usage(&pass);
	if (!err)
		err = write(&pass);
	rph_ranking_free(&pass.ranking);
	rph_usage_rows_free(&pass.usage);
	rph_arena_free(&pass.arena);
	return err;
}

int rph_explanation_text(const struct rph_explanation *explanation, struct rph_buffer *text)
{
	return run(explanation, text, all_text);
}

int rph_explanation_json(const struct rph_explanation *explanation, struct rph_buffer *text)
{
	return run(explanation, text, all_json);
}
