/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pair_text.h"

#include "daemon/shell.h"

enum { INDENT = 2, REASON_INDENT = 4, WIDTH = 100, TEXT_COLUMN = 68 };

void rph_pair_text_heads(struct rph_buffer *buffer)
{
	rph_buffer_format(buffer, "%*s%5s %5s  %-4s  %5s %6s  %-8s  %-11s  %-8s  %s\n", INDENT, "",
			  "users", "days", "p", "won", "lost", "status", "type", "locale",
			  "source, then target");
}

void rph_pair_text_reasons(struct rph_buffer *buffer, const struct rph_promotion *promotion)
{
	if (!promotion->reasons)
		return;
	char line[1024];
	struct rph_buffer text = rph_buffer_fixed(line, sizeof(line));
	const char *comma = "";
	for (unsigned i = 0; i < RPH_REASON_COUNT; i++) {
		if (!(promotion->reasons & UINT32_C(1) << i))
			continue;
		rph_buffer_format(&text, "%s%s", comma, rph_reason_text(i));
		comma = "; ";
	}
	rph_buffer_format(buffer, "%*s", REASON_INDENT, "");
	rph_buffer_wrap(buffer, line, REASON_INDENT, WIDTH);
	rph_buffer_add_text(buffer, "\n");
}

void rph_pair_text_add(struct rph_buffer *buffer, const struct rph_pair_view *view)
{
	const struct rph_promotion *promotion = view->promotion;
	const struct rph_pair *pair = view->pair;
	rph_buffer_format(buffer, "%*s%5u %5u  ", INDENT, "", pair->users, pair->days);
	rph_shell_add_probability(buffer, promotion->p);
	rph_buffer_format(buffer, "  %5u %6u  %-8s  %-11s  %-8.*s  ", pair->wins, pair->losses,
			  rph_pair_status_name(promotion->status), rph_edge_name(promotion->type),
			  (int)view->locale.len, view->locale.ptr);
	rph_shell_add_text(buffer, view->source);
	rph_buffer_format(buffer, "\n%*s→ ", TEXT_COLUMN - 2, "");
	rph_shell_add_text(buffer, view->target);
	rph_buffer_add_text(buffer, "\n");
}

/* A person's decision is no test: it is told apart from them. */
static bool is_test(enum rph_reason reason)
{
	return reason != RPH_REASON_human_approved && reason != RPH_REASON_human_denied;
}

/* Shares to three digits, bits and times to one. */
static void add_figure(struct rph_buffer *buffer, enum rph_reason reason, uint32_t figure)
{
	double scale = rph_reason_scale(reason);
	bool share = strcmp(rph_reason_unit(reason), "per mille") == 0;

	if (scale == 1.0)
		rph_buffer_format(buffer, "%u", figure);
	else
		rph_buffer_format(buffer, "%.*f", share ? 3 : 1, figure / scale);
}

/* What follows a figure that is neither a share nor a number of people. */
static const char *noun_of(enum rph_reason reason)
{
	const char *unit = rph_reason_unit(reason);
	const char *noun = strrchr(unit, ' ');
	return noun && strcmp(unit, "per mille") != 0 ? noun : "";
}

/* "needs" in words; a test that only says yes or no has no figures worth showing. */
static void add_figures(struct rph_buffer *buffer, enum rph_reason reason,
			const struct rph_promotion_test *test)
{
	bool at_most = rph_reason_is_upper_limit(reason);

	if (at_most && rph_reason_unit(reason)[0] == '\0') {
		rph_buffer_add_text(buffer, test->figure ? "yes" : "no");
		return;
	}
	add_figure(buffer, reason, test->figure);
	rph_buffer_format(buffer, "%s, needs %s ", noun_of(reason),
			  at_most ? "at most" : "at least");
	add_figure(buffer, reason, test->threshold);
}

static const char *people(uint32_t count)
{
	return count == 1 ? "person" : "people";
}

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static void add_votes(struct rph_buffer *buffer, const char *head, const struct rph_pair *pair)
{
	const char *before = " (", *after = "";

	rph_buffer_format(buffer, "%*s%s: %u %s on %u day%s in %u week%s", REASON_INDENT, "", head,
			  pair->all_users, people(pair->all_users), pair->days, plural(pair->days),
			  pair->weeks, plural(pair->weeks));
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++) {
		if (!pair->users_by_edge[i])
			continue;
		rph_buffer_format(buffer, "%s%s %u", before, rph_edge_name(i),
				  pair->users_by_edge[i]);
		before = ", ";
		after = ")";
	}
	rph_buffer_format(buffer, "%s; then it worked %u time%s, stopped working %u time%s\n",
			  after, pair->wins, plural(pair->wins), pair->losses,
			  plural(pair->losses));
}

static void add_outcome(struct rph_buffer *buffer, const char *head,
			const struct rph_outcome *outcome)
{
	rph_buffer_format(buffer, "%s works for %u and fails for %u of %u%s %s", head,
			  outcome->succeeded, outcome->failed, outcome->users,
			  outcome->sampled ? " (a sample)" : "", people(outcome->users));
}

void rph_pair_text_evidence(struct rph_buffer *buffer, const struct rph_pair_view *view)
{
	const struct rph_support *support = view->support;

	if (view->pair->all_users)
		add_votes(buffer, "said one after the other by", view->pair);
	if (support->pool && support->pool->all_users > view->pair->all_users)
		add_votes(buffer, "the source, then any wording of the goal", support->pool);
	rph_buffer_format(buffer, "%*sthe goal is meant by it: %u %s on %u day%s", REASON_INDENT,
			  "", support->users, people(support->users), support->days,
			  plural(support->days));
	rph_buffer_format(buffer,
			  ", %u of them reached it with the source itself; %u.%u %% of all\n",
			  support->own_users, view->annotation_agreement / 10u,
			  view->annotation_agreement % 10u);
	rph_buffer_format(buffer, "%*soutcomes: ", REASON_INDENT, "");
	add_outcome(buffer, "the source", view->source_outcome);
	add_outcome(buffer, "; the target", view->target_outcome);
	rph_buffer_format(buffer,
			  "\n%*s%u of %u groups of users name the goal: %u hostile accounts cannot "
			  "change that; trend: %s\n",
			  REASON_INDENT, "", support->groups_for, support->groups,
			  support->tolerated, rph_trend_text(rph_pair_view_trend(view)));
}

static void put_votes(struct rph_buffer *buffer, const struct rph_pair *pair)
{
	if (!pair) {
		rph_json_null(buffer);
		return;
	}
	rph_json_open(buffer, '{');
	rph_json_put_unsigned(buffer, "users", pair->all_users);
	rph_json_put_unsigned(buffer, "days", pair->days);
	rph_json_put_unsigned(buffer, "weeks", pair->weeks);
	rph_json_put_unsigned(buffer, "wins", pair->wins);
	rph_json_put_unsigned(buffer, "losses", pair->losses);
	rph_json_key(buffer, "edges");
	rph_json_open(buffer, '{');
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		rph_json_put_unsigned(buffer, rph_edge_name(i), pair->users_by_edge[i]);
	rph_json_close(buffer, '}');
	rph_json_close(buffer, '}');
}

static void put_outcome(struct rph_buffer *buffer, const char *name,
			const struct rph_outcome *outcome)
{
	rph_json_key(buffer, name);
	rph_json_open(buffer, '{');
	rph_json_put_unsigned(buffer, "users", outcome->users);
	rph_json_put_bool(buffer, "sampled", outcome->sampled);
	rph_json_put_unsigned(buffer, "succeeded", outcome->succeeded);
	rph_json_put_unsigned(buffer, "failed", outcome->failed);
	rph_json_close(buffer, '}');
}

void rph_pair_json_evidence(struct rph_buffer *buffer, const struct rph_pair_view *view)
{
	const struct rph_support *support = view->support;

	rph_json_open(buffer, '{');
	rph_json_key(buffer, "votes");
	put_votes(buffer, view->pair);
	rph_json_key(buffer, "pooled");
	put_votes(buffer, support->pool);
	rph_json_put_unsigned(buffer, "meant_by", support->users);
	rph_json_put_unsigned(buffer, "meant_on_days", support->days);
	rph_json_put_unsigned(buffer, "reached_with_source", support->own_users);
	rph_json_put_ratio(buffer, "agreement", view->annotation_agreement, 1000, 3);
	put_outcome(buffer, "source", view->source_outcome);
	put_outcome(buffer, "target", view->target_outcome);
	rph_json_put_unsigned(buffer, "groups", support->groups);
	rph_json_put_unsigned(buffer, "groups_for", support->groups_for);
	rph_json_put_unsigned(buffer, "tolerated", support->tolerated);
	rph_json_close(buffer, '}');
}

void rph_pair_text_label(struct rph_buffer *buffer, const struct rph_projection *projection)
{
	if (!projection)
		return;
	rph_buffer_format(buffer, "%*slabel: ", REASON_INDENT, "");
	if (projection->status != RPH_PROJECTED)
		rph_buffer_add_text(buffer, "none, ");
	rph_buffer_add_text(buffer, rph_projection_text(projection->status));
	rph_buffer_add_text(buffer, "\n");
}

void rph_pair_json_label(struct rph_buffer *buffer, const struct rph_projection *projection)
{
	if (!projection) {
		rph_json_null(buffer);
		return;
	}
	rph_json_open(buffer, '{');
	rph_json_put_string(buffer, "status", rph_span_of(rph_projection_name(projection->status)));
	rph_json_put_ratio(buffer, "confidence", projection->confidence, RPH_PROJECTION_ONE, 3);
	rph_json_close(buffer, '}');
}

void rph_pair_text_arms(struct rph_buffer *buffer, const struct rph_pair_view *view)
{
	static const struct rph_arm_tally nobody;
	const struct rph_arm_tally *treated = &view->pair->arm;
	const struct rph_arm_tally *holdout = view->holdout ? view->holdout : &nobody;
	const struct rph_arm_comparison *arms = &view->promotion->arms;
	if (!treated->turns)
		return;
	rph_buffer_format(
		buffer,
		"%*sserved to %u users: %u weeks of a user went well, %u badly; held back "
		"from %u: %u, %u; better with it 0.%03u: %s%s\n",
		REASON_INDENT, "", treated->users, treated->trials.wins, treated->trials.losses,
		holdout->users, holdout->trials.wins, holdout->trials.losses, arms->better,
		rph_arm_verdict_name(arms->verdict),
		view->promotion->learnt ? ", stays without new votes" : "");
}

void rph_pair_text_tests(struct rph_buffer *buffer, const struct rph_promotion *promotion)
{
	for (unsigned i = 0; i < RPH_REASON_COUNT; i++) {
		const struct rph_promotion_test *test = &promotion->tests[i];
		if (!is_test(i))
			continue;
		rph_buffer_format(buffer, "%*s%s  %-22s ", REASON_INDENT, "",
				  test->passed            ? "passed"
				  : rph_reason_is_note(i) ? "no    "
							  : "FAILED",
				  rph_reason_name(i));
		add_figures(buffer, i, test);
		if (!test->passed)
			rph_buffer_format(buffer, ": %s", rph_reason_text(i));
		rph_buffer_add_text(buffer, "\n");
	}
}

void rph_pair_json_tests(struct rph_buffer *buffer, const struct rph_promotion *promotion)
{
	rph_json_open(buffer, '[');
	for (unsigned i = 0; i < RPH_REASON_COUNT; i++) {
		const struct rph_promotion_test *test = &promotion->tests[i];
		if (!is_test(i))
			continue;
		rph_json_open(buffer, '{');
		rph_json_put_string(buffer, "reason", rph_span_of(rph_reason_name(i)));
		rph_json_put_bool(buffer, "passed", test->passed);
		rph_json_put_unsigned(buffer, "figure", test->figure);
		rph_json_put_unsigned(buffer, "threshold", test->threshold);
		rph_json_put_string(buffer, "limit",
				    rph_reason_is_upper_limit(i) ? RPH_SPAN("at_most")
								 : RPH_SPAN("at_least"));
		rph_json_put_string(buffer, "unit", rph_span_of(rph_reason_unit(i)));
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, ']');
}
