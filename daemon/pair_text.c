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

static bool is_share(enum rph_reason reason)
{
	return rph_reason_unit(reason)[0] != '\0';
}

/* "needs" in words; a test that only says yes or no has no figures worth showing. */
static void add_figures(struct rph_buffer *buffer, enum rph_reason reason,
			const struct rph_promotion_test *test)
{
	const char *needs = rph_reason_is_upper_limit(reason) ? "at most" : "at least";
	if (is_share(reason))
		rph_buffer_format(buffer, "%u.%03u, needs %s %u.%03u", test->figure / 1000,
				  test->figure % 1000, needs, test->threshold / 1000,
				  test->threshold % 1000);
	else if (rph_reason_is_upper_limit(reason))
		rph_buffer_add_text(buffer, test->figure ? "yes" : "no");
	else
		rph_buffer_format(buffer, "%u, needs %s %u", test->figure, needs, test->threshold);
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
		rph_buffer_format(buffer, "%*s%s  %-21s ", REASON_INDENT, "",
				  test->passed ? "passed" : "FAILED", rph_reason_name(i));
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
