/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/mine.h"
#include "schemas/error.h"
#include "schemas/signal.h"
#include "turns.h"

enum { USER = 4711, MANY = 16 };

/* 2026-01-05 is a Monday: the first day of 2026-W02. */
#define MONDAY INT64_C(1767571200000)

static const uint8_t secret[RPH_SECRET_BYTES] = {3, 1, 4};

struct fixture {
	struct rph_keys keys;
	struct rph_normaliser *normaliser;
	struct rph_arena scratch, batch;
	struct rph_delta_list *list;
	struct rph_judge_params params;
	struct rph_mining_counts counts;
	struct rph_deltas deltas;
	struct rph_turn *turns;
	struct rph_evidence evidence[MANY];
	size_t evidence_count;
	int evidence_error;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	fixture = (struct fixture){0};
	*state = &fixture;
	rph_keys_derive(secret, &fixture.keys);
	rph_arena_init(&fixture.scratch, 16u << 20);
	rph_arena_init(&fixture.batch, 16u << 20);
	/* Every transition leaves a vote, whatever the weights are. */
	fixture.params = (struct rph_judge_params){
		.rephrase_gap = 90000, .max_distance = 3, .accept = 1, .record_floor = 0};
	int err = rph_delta_list_new(&fixture.list);
	return err ? err : rph_normaliser_new(&fixture.normaliser);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	fixture->turns = rph_turns_free(fixture->turns);
	rph_delta_list_free(fixture->list);
	rph_normaliser_free(fixture->normaliser);
	rph_arena_free(&fixture->scratch);
	rph_arena_free(&fixture->batch);
	return 0;
}

static int take_evidence(void *context, const struct rph_evidence *evidence)
{
	struct fixture *fixture = context;
	assert_true(fixture->evidence_count < MANY);
	fixture->evidence[fixture->evidence_count++] = *evidence;
	return fixture->evidence_error;
}

static int mine(struct fixture *fixture, const struct told_turn *told, uint32_t count)
{
	const struct rph_miner miner = {
		.params = &fixture->params,
		.keys = &fixture->keys,
		.normaliser = fixture->normaliser,
		.scratch = &fixture->scratch,
		.deltas = fixture->list,
		.batch = &fixture->batch,
		.counts = &fixture->counts,
		.on_evidence = take_evidence,
		.evidence_context = fixture,
	};
	struct rph_turn **link = &fixture->turns;
	for (uint32_t i = 0; i < count; i++, link = &(*link)->next)
		*link = make_turn(&told[i]);
	struct rph_closed_session session = {
		.user = USER, .turns = fixture->turns, .turn_count = count};
	int err = rph_mine_session(&miner, &session);
	if (err)
		return err;
	return rph_delta_list_fold(fixture->list, &fixture->batch, &fixture->deltas);
}

static struct rph_id formulation(const struct fixture *fixture, const char *text)
{
	return rph_formulation_id(&fixture->keys, RPH_SPAN("en-US"), rph_span_of(text));
}

static const struct rph_usage *usage_of(const struct fixture *fixture, const char *text,
					const char *goal)
{
	struct rph_id id = formulation(fixture, text), goal_id = {{0}};
	if (goal)
		goal_id = rph_goal_id(&fixture->keys, rph_span_of(goal));
	for (size_t i = 0; i < fixture->deltas.usage_count; i++) {
		const struct rph_usage_delta *delta = &fixture->deltas.usages[i];
		if (rph_id_compare(&delta->key.formulation, &id) == 0 &&
		    rph_id_compare(&delta->key.goal, &goal_id) == 0)
			return &delta->usage;
	}
	return NULL;
}

static const struct rph_vote_delta *vote_of(const struct fixture *fixture, const char *source,
					    const char *target)
{
	struct rph_id a = formulation(fixture, source), b = formulation(fixture, target);
	for (size_t i = 0; i < fixture->deltas.vote_count; i++) {
		const struct rph_vote_delta *vote = &fixture->deltas.votes[i];
		if (rph_id_compare(&vote->key.source, &a) == 0 &&
		    rph_id_compare(&vote->key.target, &b) == 0)
			return vote;
	}
	return NULL;
}

static void a_failure_said_again_with_success_gives_these_deltas(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told[] = {
		{.at = MONDAY,
		 .event_id = "e1",
		 .text = "play chess",
		 .response = "sorry?",
		 .status = RPH_STATUS_FAILURE,
		 .signals = RPH_SIGNAL_BIT(no_match)},
		{.at = MONDAY + RPH_DAY_MS - 1,
		 .event_id = "e2",
		 .text = "play jazz",
		 .goal = "music|play|genre=jazz",
		 .status = RPH_STATUS_SUCCESS},
	};
	fixture->params.rephrase_gap = 2 * RPH_DAY_MS;
	assert_int_equal(mine(fixture, told, 2), 0);
	const struct rph_deltas *deltas = &fixture->deltas;
	assert_int_equal(deltas->formulation_count, 2);
	assert_int_equal(deltas->goal_count, 1);
	assert_true(rph_span_equal(deltas->goals[0].canonical, RPH_SPAN("music|play|genre=jazz")));
	assert_int_equal(deltas->usage_count, 2);
	assert_int_equal(deltas->said_count, 2);
	assert_int_equal(deltas->vote_count, 1);

	const struct rph_usage *failed = usage_of(fixture, "play chess", NULL);
	assert_int_equal(failed->total.failures, 1);
	assert_int_equal(failed->total.friction, 1);
	assert_int_equal(failed->total.successes + failed->total.unknown, 0);
	assert_int_equal(failed->users[0].user, USER);
	assert_int_equal(failed->days, 1);
	assert_int_equal(failed->wording_count, 1);
	const struct rph_usage *worked = usage_of(fixture, "play jazz", "music|play|genre=jazz");
	assert_int_equal(worked->total.successes, 1);
	assert_int_equal(worked->total.friction, 0);

	const struct rph_vote_delta *vote = vote_of(fixture, "play chess", "play jazz");
	assert_int_equal(vote->key.user, USER);
	assert_int_equal(vote->key.week, rph_week_of(MONDAY));
	assert_int_equal(vote->vote.wins, 1);
	assert_int_equal(vote->vote.losses, 0);
	assert_int_equal(vote->vote.days, 1);
	assert_int_equal(rph_vote_count(&vote->vote), 1);
	assert_int_equal(vote->vote.mass, fixture->evidence[0].judgement.p);
	assert_int_equal(vote->vote.edges[fixture->evidence[0].judgement.type], 1);
}

static void a_vote_belongs_to_the_week_and_day_of_the_later_turn(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told[] = {
		{.at = MONDAY - 1000, .event_id = "1", .text = "a lamp"},
		{.at = MONDAY + 1000, .event_id = "2", .text = "the lamp"}};
	assert_int_equal(mine(fixture, told, 2), 0);
	const struct rph_vote_delta *vote = vote_of(fixture, "a lamp", "the lamp");
	assert_int_equal(vote->key.week, rph_week_of(MONDAY));
	assert_int_equal(vote->vote.days, 1);
	assert_int_equal(usage_of(fixture, "a lamp", NULL)->days, 64);
}

static void without_an_nlu_what_succeeded_is_its_own_goal(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told[] = {
		{.at = MONDAY, .event_id = "1", .text = "wetter", .status = RPH_STATUS_FAILURE},
		{.at = MONDAY + 1,
		 .event_id = "2",
		 .text = "regnet es",
		 .status = RPH_STATUS_SUCCESS}};
	assert_int_equal(mine(fixture, told, 2), 0);
	assert_int_equal(fixture->deltas.goal_count, 1);
	assert_non_null(usage_of(fixture, "regnet es", "=regnet es"));
	assert_non_null(usage_of(fixture, "wetter", NULL));
}

static void the_same_words_again_leave_no_vote_but_are_judged(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told[] = {{.at = MONDAY, .event_id = "1", .text = "louder"},
					 {.at = MONDAY + 1, .event_id = "2", .text = "louder"}};
	assert_int_equal(mine(fixture, told, 2), 0);
	assert_int_equal(fixture->deltas.vote_count, 0);
	assert_int_equal(fixture->counts.transitions, 1);
	assert_int_equal(fixture->counts.edges[RPH_EDGE_repeat], 1);
	assert_int_equal(usage_of(fixture, "louder", NULL)->total.unknown, 2);
	assert_int_equal(fixture->deltas.said_count, 1);
}

static void what_is_less_likely_than_the_floor_leaves_no_vote(void **state)
{
	struct fixture *fixture = *state;
	fixture->params.record_floor = 256;
	const struct told_turn told[] = {{.at = MONDAY, .event_id = "1", .text = "a lamp"},
					 {.at = MONDAY + 1, .event_id = "2", .text = "the lamp"}};
	assert_int_equal(mine(fixture, told, 2), 0);
	assert_int_equal(fixture->deltas.vote_count, 0);
	assert_int_equal(fixture->counts.votes, 0);
	assert_int_equal(fixture->counts.transitions, 1);
}

static void transitions_span_the_distance_and_the_gap_and_no_more(void **state)
{
	struct fixture *fixture = *state;
	fixture->params.max_distance = 2;
	fixture->params.rephrase_gap = 100;
	const struct told_turn told[] = {
		{.at = MONDAY, .event_id = "1", .text = "one"},
		{.at = MONDAY + 40, .event_id = "2", .text = "two"},
		{.at = MONDAY + 80, .event_id = "3", .text = "three"},
		{.at = MONDAY + 100, .event_id = "4", .text = "four"}, /* 1-4 is too far in turns */
		{.at = MONDAY + 190, .event_id = "5", .text = "five"}, /* 3-5 is too far in time */
	};
	assert_int_equal(mine(fixture, told, 5), 0);
	static const char *const wanted[] = {"21", "32", "31", "43", "42", "54"};
	assert_int_equal(fixture->evidence_count, RPH_ARRAY_LEN(wanted));
	for (size_t i = 0; i < RPH_ARRAY_LEN(wanted); i++) {
		const struct rph_evidence *evidence = &fixture->evidence[i];
		assert_int_equal(evidence->to.ptr[0], wanted[i][0]);
		assert_int_equal(evidence->from.ptr[0], wanted[i][1]);
	}
	assert_int_equal(fixture->evidence[2].judgement.distance, 2);
	assert_int_equal(fixture->deltas.vote_count, RPH_ARRAY_LEN(wanted));
}

static void a_single_turn_is_counted_and_judged_by_nobody(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told = {.at = MONDAY, .event_id = "1", .text = "stop"};
	assert_int_equal(mine(fixture, &told, 1), 0);
	assert_int_equal(fixture->counts.turns, 1);
	assert_int_equal(fixture->counts.transitions, 0);
	assert_int_equal(fixture->deltas.usage_count, 1);
	assert_int_equal(fixture->deltas.vote_count, 0);
}

static void two_languages_are_never_one_rephrasing(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told[] = {{.at = MONDAY, .event_id = "1", .text = "radio an"},
					 {.at = MONDAY + 1, .event_id = "2", .text = "radio on"}};
	/* As make_turn() puts it: the locale is the first of the packed texts behind the id. */
	fixture->turns = NULL;
	struct rph_turn *first = make_turn(&told[0]), *second = make_turn(&told[1]);
	memcpy(first->bytes + first->event_id_len, "de-DE", 5);
	first->next = second;
	fixture->turns = first;
	const struct rph_miner miner = {.params = &fixture->params,
					.keys = &fixture->keys,
					.normaliser = fixture->normaliser,
					.scratch = &fixture->scratch,
					.deltas = fixture->list,
					.batch = &fixture->batch,
					.counts = &fixture->counts};
	struct rph_closed_session session = {.user = USER, .turns = first, .turn_count = 2};
	assert_int_equal(rph_mine_session(&miner, &session), 0);
	assert_int_equal(fixture->counts.turns, 2);
	assert_int_equal(fixture->counts.transitions, 0);
}

/* One turn in an arm, far from all others. */
static struct told_turn arm_turn(unsigned number, enum rph_arm arm, enum rph_status status)
{
	return (struct told_turn){.at = MONDAY + number * INT64_C(200000),
				  .event_id = "e",
				  .text = "dimm it",
				  .goal = "lights|dim",
				  .status = status,
				  .arm = arm,
				  .executed = arm == RPH_ARM_TREATED ? "dim the light" : NULL};
}

static void arms_count_for_the_rewrite_and_for_its_hold_out(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told[] = {
		arm_turn(0, RPH_ARM_TREATED, RPH_STATUS_SUCCESS),
		arm_turn(1, RPH_ARM_TREATED, RPH_STATUS_FAILURE),
		arm_turn(2, RPH_ARM_TREATED, RPH_STATUS_UNKNOWN),
		arm_turn(3, RPH_ARM_HOLDOUT, RPH_STATUS_SUCCESS),
		arm_turn(4, RPH_ARM_HOLDOUT, RPH_STATUS_FAILURE),
		arm_turn(5, RPH_ARM_HOLDOUT, RPH_STATUS_FAILURE),
	};
	assert_int_equal(mine(fixture, told, RPH_ARRAY_LEN(told)), 0);
	const struct rph_vote_delta *treated = vote_of(fixture, "dimm it", "dim the light");
	const struct rph_vote_delta *holdout = vote_of(fixture, "dimm it", "dimm it");
	assert_int_equal(fixture->deltas.vote_count, 2);
	assert_int_equal(treated->vote.arm.turns, 3);
	assert_int_equal(treated->vote.arm.wins, 1);
	assert_int_equal(treated->vote.arm.losses, 1);
	assert_int_equal(rph_vote_count(&treated->vote) + treated->vote.wins, 0);
	assert_int_equal(treated->key.user, USER);
	assert_int_equal(treated->key.week, rph_week_of(MONDAY));
	assert_int_equal(holdout->vote.arm.turns, 3);
	assert_int_equal(holdout->vote.arm.wins, 1);
	assert_int_equal(holdout->vote.arm.losses, 2);
}

static void a_rewritten_turn_is_no_success_of_either_text(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told = arm_turn(0, RPH_ARM_TREATED, RPH_STATUS_SUCCESS);
	assert_int_equal(mine(fixture, &told, 1), 0);
	assert_int_equal(fixture->deltas.usage_count, 1);
	assert_int_equal(fixture->deltas.formulation_count, 2);
	const struct rph_usage *usage = usage_of(fixture, "dim the light", "lights|dim");
	assert_int_equal(usage->total.successes + usage->total.failures + usage->total.friction, 0);
	assert_int_equal(usage->total.unknown, 1);
	assert_int_equal(usage->total.treated_wins, 1);
	assert_int_equal(usage->wording_count, 0);
}

static void a_turn_held_back_is_a_turn_like_any_other(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told = arm_turn(0, RPH_ARM_HOLDOUT, RPH_STATUS_SUCCESS);
	assert_int_equal(mine(fixture, &told, 1), 0);
	const struct rph_usage *usage = usage_of(fixture, "dimm it", "lights|dim");
	assert_int_equal(usage->total.successes, 1);
	assert_int_equal(usage->total.holdout_wins, 1);
	assert_int_equal(usage->wording_count, 1);
}

static void whoever_says_it_again_was_not_served(void **state)
{
	struct fixture *fixture = *state;
	const struct told_turn told[] = {
		arm_turn(0, RPH_ARM_TREATED, RPH_STATUS_SUCCESS),
		{.at = MONDAY + 5000,
		 .event_id = "2",
		 .text = "make it darker",
		 .goal = "lights|dim",
		 .status = RPH_STATUS_SUCCESS},
	};
	assert_int_equal(mine(fixture, told, 2), 0);
	const struct rph_vote *arm = &vote_of(fixture, "dimm it", "dim the light")->vote;
	assert_int_equal(arm->arm.wins, 0);
	assert_int_equal(arm->arm.losses, 1);
	/* What was said, not what was made of it, is what the second turn repairs. */
	assert_non_null(vote_of(fixture, "dimm it", "make it darker"));
	assert_null(vote_of(fixture, "dim the light", "make it darker"));
}

static void a_rewritten_turn_is_nobodys_target(void **state)
{
	struct fixture *fixture = *state;
	struct told_turn told[] = {
		{.at = MONDAY,
		 .event_id = "1",
		 .text = "make it darker",
		 .status = RPH_STATUS_FAILURE},
		arm_turn(0, RPH_ARM_TREATED, RPH_STATUS_SUCCESS),
	};
	told[1].at = MONDAY + 5000;
	assert_int_equal(mine(fixture, told, 2), 0);
	assert_null(vote_of(fixture, "make it darker", "dimm it"));
	assert_null(vote_of(fixture, "make it darker", "dim the light"));
	assert_int_equal(fixture->counts.transitions, 1);
}

static void an_error_of_the_listener_ends_the_mining(void **state)
{
	struct fixture *fixture = *state;
	fixture->evidence_error = RPH_E_NO_MEMORY;
	const struct told_turn told[] = {{.at = MONDAY, .event_id = "1", .text = "a"},
					 {.at = MONDAY, .event_id = "2", .text = "b"},
					 {.at = MONDAY, .event_id = "3", .text = "c"}};
	assert_int_equal(mine(fixture, told, 3), RPH_E_NO_MEMORY);
	assert_int_equal(fixture->evidence_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failure_said_again_with_success_gives_these_deltas),
		TEST(a_vote_belongs_to_the_week_and_day_of_the_later_turn),
		TEST(without_an_nlu_what_succeeded_is_its_own_goal),
		TEST(the_same_words_again_leave_no_vote_but_are_judged),
		TEST(what_is_less_likely_than_the_floor_leaves_no_vote),
		TEST(transitions_span_the_distance_and_the_gap_and_no_more),
		TEST(a_single_turn_is_counted_and_judged_by_nobody),
		TEST(two_languages_are_never_one_rephrasing),
		TEST(arms_count_for_the_rewrite_and_for_its_hold_out),
		TEST(a_rewritten_turn_is_no_success_of_either_text),
		TEST(a_turn_held_back_is_a_turn_like_any_other),
		TEST(whoever_says_it_again_was_not_served),
		TEST(a_rewritten_turn_is_nobodys_target),
		TEST(an_error_of_the_listener_ends_the_mining),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
