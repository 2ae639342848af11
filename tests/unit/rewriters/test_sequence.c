/* SPDX-License-Identifier: Apache-2.0 */
#include "rewriters/sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/error.h"

static const struct rph_rewrite_query said = {
	.locale = {"en-US", 5},
	.text = {"turn of the light", 17},
	.formulation = {{1, 2, 3}},
};

/* A model is the text to propose; NULL: nothing. */
static rph_rewriter_rewrite propose;
static int propose(const void *model, const struct rph_pair_reader *pairs,
		   const struct rph_rewrite_query *query, struct rph_arena *arena,
		   struct rph_rewrite *ret)
{
	(void)pairs, (void)query, (void)arena;
	if (!model)
		return RPH_E_NOT_FOUND;
	*ret = (struct rph_rewrite){.text = rph_span_of(model), .p = 128, .why = RPH_SPAN("told")};
	return 0;
}

static rph_rewriter_rewrite break_down;
static int break_down(const void *model, const struct rph_pair_reader *pairs,
		      const struct rph_rewrite_query *query, struct rph_arena *arena,
		      struct rph_rewrite *ret)
{
	(void)model, (void)pairs, (void)query, (void)arena, (void)ret;
	return RPH_E_STATE_CORRUPT;
}

static const struct rph_rewriter_ops proposer = {.name = "proposer", .rewrite = propose};
static const struct rph_rewriter_ops broken = {.name = "broken", .rewrite = break_down};

static struct rph_sequence_answer ask(const struct rph_sequence *sequence)
{
	struct rph_sequence_answer answer;
	struct rph_arena arena;
	rph_arena_init(&arena, 4096);
	assert_int_equal(rph_sequence_rewrite(sequence, NULL, &said, &arena, &answer), 0);
	rph_arena_free(&arena);
	return answer;
}

static void add(struct rph_sequence *sequence, const struct rph_rewriter_ops *ops,
		const void *model)
{
	assert_int_equal(rph_sequence_add(sequence, ops, model), 0);
}

static void an_empty_sequence_answers_nothing(void **state)
{
	(void)state;
	const struct rph_sequence sequence = {.count = 0};
	assert_null(ask(&sequence).rewriter);
}

static void the_first_one_with_a_proposal_answers_and_the_rest_is_not_asked(void **state)
{
	(void)state;
	struct rph_sequence sequence = {.count = 0};
	add(&sequence, &rph_rewriter_none, NULL);
	add(&sequence, &proposer, NULL);
	add(&sequence, &proposer, "turn off the light");
	add(&sequence, &broken, NULL);
	struct rph_sequence_answer answer = ask(&sequence);
	assert_ptr_equal(answer.rewriter, &proposer);
	assert_true(rph_span_equal(answer.rewrite.text, RPH_SPAN("turn off the light")));
	assert_int_equal(answer.rewrite.p, 128);
	assert_int_equal(answer.steps[0], RPH_STEP_DECLINED);
	assert_int_equal(answer.steps[1], RPH_STEP_DECLINED);
	assert_int_equal(answer.steps[2], RPH_STEP_ANSWERED);
	assert_int_equal(answer.steps[3], RPH_STEP_NOT_ASKED);
}

static void a_proposal_of_what_was_said_or_of_nothing_is_none(void **state)
{
	(void)state;
	struct rph_sequence sequence = {.count = 0};
	add(&sequence, &proposer, "turn of the light");
	add(&sequence, &proposer, "");
	struct rph_sequence_answer answer = ask(&sequence);
	assert_null(answer.rewriter);
	assert_int_equal(answer.steps[0], RPH_STEP_SAME_TEXT);
	assert_int_equal(answer.steps[1], RPH_STEP_SAME_TEXT);
}

static void an_error_is_not_taken_for_no_rewrite(void **state)
{
	(void)state;
	struct rph_sequence sequence = {.count = 0};
	struct rph_sequence_answer answer = {.rewriter = &proposer};
	struct rph_arena arena;
	rph_arena_init(&arena, 4096);
	add(&sequence, &broken, NULL);
	add(&sequence, &proposer, "turn off the light");
	assert_int_equal(rph_sequence_rewrite(&sequence, NULL, &said, &arena, &answer),
			 RPH_E_STATE_CORRUPT);
	assert_ptr_equal(answer.rewriter, &proposer);
	rph_arena_free(&arena);
}

static void a_full_sequence_takes_no_more(void **state)
{
	(void)state;
	struct rph_sequence sequence = {.count = 0};
	for (int i = 0; i < RPH_SEQUENCE_MAX; i++)
		add(&sequence, &rph_rewriter_none, NULL);
	assert_int_equal(rph_sequence_add(&sequence, &rph_rewriter_none, NULL), RPH_E_ARENA_FULL);
	assert_int_equal(sequence.count, RPH_SEQUENCE_MAX);
	assert_null(ask(&sequence).rewriter);
}

static int read_one(void *context, const struct rph_id *source, struct rph_arena *arena,
		    struct rph_rewrite_target *ret)
{
	(void)arena;
	if (rph_id_compare(source, context) != 0)
		return RPH_E_NOT_FOUND;
	*ret = (struct rph_rewrite_target){
		.text = RPH_SPAN("turn off the light"), .p = 250, .week = 2967};
	return 0;
}

static void the_default_sequence_answers_what_is_published_for_this_formulation_only(void **state)
{
	(void)state;
	const struct rph_sequence sequence = rph_sequence_default();
	struct rph_id published = said.formulation, other = {{9}};
	struct rph_pair_reader pairs = {&published, read_one};
	struct rph_sequence_answer answer;
	struct rph_arena arena;
	rph_arena_init(&arena, 4096);
	assert_int_equal(rph_sequence_rewrite(&sequence, &pairs, &said, &arena, &answer), 0);
	assert_ptr_equal(answer.rewriter, &rph_rewriter_exact);
	assert_int_equal(answer.rewrite.p, 250);
	assert_true(rph_span_equal(answer.rewrite.text, RPH_SPAN("turn off the light")));
	assert_true(rph_span_equal(answer.rewrite.why,
				   RPH_SPAN("published with the evidence up to week 2026-W46")));
	pairs.context = &other;
	assert_int_equal(rph_sequence_rewrite(&sequence, &pairs, &said, &arena, &answer), 0);
	assert_null(answer.rewriter);
	rph_arena_free(&arena);
}

static void memory_that_runs_out_is_an_error_and_not_a_missing_rewrite(void **state)
{
	(void)state;
	const struct rph_sequence sequence = rph_sequence_default();
	struct rph_id published = said.formulation;
	const struct rph_pair_reader pairs = {&published, read_one};
	struct rph_sequence_answer answer;
	struct rph_arena arena;
	rph_arena_init(&arena, 0);
	assert_int_equal(rph_sequence_rewrite(&sequence, &pairs, &said, &arena, &answer),
			 RPH_E_NO_MEMORY);
	rph_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_sequence_answers_nothing),
		cmocka_unit_test(the_first_one_with_a_proposal_answers_and_the_rest_is_not_asked),
		cmocka_unit_test(a_proposal_of_what_was_said_or_of_nothing_is_none),
		cmocka_unit_test(an_error_is_not_taken_for_no_rewrite),
		cmocka_unit_test(a_full_sequence_takes_no_more),
		cmocka_unit_test(
			the_default_sequence_answers_what_is_published_for_this_formulation_only),
		cmocka_unit_test(memory_that_runs_out_is_an_error_and_not_a_missing_rewrite),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
