/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/interpret.h"
#include "schemas/wording.h"

struct fixture {
	struct rph_interpreter interpreter;
	struct rph_arena scratch;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	rph_arena_init(&fixture.scratch, 16u << 20);
	*state = &fixture;
	int err = rph_normaliser_new(&fixture.interpreter.normaliser);
	return err ? err : rph_surfacer_new(&fixture.interpreter.surfacer);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	rph_arena_free(&fixture->scratch);
	rph_normaliser_free(fixture->interpreter.normaliser);
	rph_surfacer_free(fixture->interpreter.surfacer);
	return 0;
}

static struct rph_event event_of(const char *locale, const char *utterance)
{
	return (struct rph_event){
		.event_id = RPH_SPAN("e"),
		.locale = rph_span_of(locale),
		.utterance = rph_span_of(utterance),
		.asr_confidence = RPH_NO_CONFIDENCE,
		.nlu_confidence = RPH_NO_CONFIDENCE,
	};
}

static struct rph_turn *interpret(struct fixture *fixture, const struct rph_event *event)
{
	struct rph_turn *turn = NULL;
	rph_arena_reset(&fixture->scratch);
	assert_int_equal(rph_interpret(&fixture->interpreter, event, 42, &fixture->scratch, &turn),
			 0);
	return turn;
}

static void assert_text(struct rph_span got, const char *wanted)
{
	if (!rph_span_equal(got, rph_span_of(wanted)))
		fail_msg("got \"%.*s\", wanted \"%s\"", (int)got.len, got.ptr, wanted);
}

static void check_wording(const struct rph_turn *turn, const char *text,
			  const struct rph_wording_slot *slots, uint32_t count)
{
	struct rph_wording wording;
	assert_int_equal(rph_wording_decode(rph_turn_wording(turn), &wording), 0);
	assert_text(wording.text, text);
	assert_int_equal(wording.slot_count, count);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(wording.slots[i].slot, slots[i].slot);
		assert_int_equal(wording.slots[i].start, slots[i].start);
		assert_int_equal(wording.slots[i].end, slots[i].end);
	}
}

static void an_utterance_becomes_a_formulation_and_a_wording(void **state)
{
	static const struct {
		const char *locale, *utterance, *text, *wording;
	} examples[] = {
		{"en-US", "  Turn it UP! ", "turn it up", "Turn it UP!"},
		{"tr-TR", "IŞIĞI  aç", "ışığı aç", "IŞIĞI aç"},
		{"ja-JP", "「ＯＮ」にして。", "on」にして", "「ＯＮ」にして。"},
		{"ar-SA", "كم الساعة؟", "كم الساعة", "كم الساعة؟"},
		{"th-TH", "เปิดไฟ", "เปิดไฟ", "เปิดไฟ"},
		{"de-DE", "Straße", "strasse", "Straße"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(examples); i++) {
		struct rph_event event = event_of(examples[i].locale, examples[i].utterance);
		struct rph_turn *turn = interpret(*state, &event);
		assert_non_null(turn);
		assert_text(rph_turn_text(turn), examples[i].text);
		check_wording(turn, examples[i].wording, NULL, 0);
		assert_text(rph_turn_locale(turn), examples[i].locale);
		assert_int_equal(rph_turn_goal(turn).len, 0);
		assert_int_equal(turn->offset, 42);
		rph_turns_free(turn);
	}
}

static void nothing_said_is_no_turn(void **state)
{
	static const char *const utterances[] = {"?!", " ", "...", "\u200B", "「」"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(utterances); i++) {
		struct rph_event event = event_of("en-US", utterances[i]);
		assert_null(interpret(*state, &event));
	}
}

static void the_goal_has_sorted_slots_with_normalised_values(void **state)
{
	const struct rph_slot slots[] = {
		{RPH_SPAN("room"), RPH_SPAN("Bath"), RPH_NO_PLACE, RPH_NO_PLACE},
		{RPH_SPAN("color"), RPH_SPAN("Light  Blue."), RPH_NO_PLACE, RPH_NO_PLACE},
	};
	struct rph_event event = event_of("en-US", "make it light blue");
	event.domain = RPH_SPAN("lights");
	event.intent = RPH_SPAN("set|color");
	event.slots = slots;
	event.slot_count = 2;
	struct rph_turn *turn = interpret(*state, &event);
	assert_text(rph_turn_goal(turn), "lights|set\\|color|color=light blue|room=bath");
	/* Neither has a place in what was said. */
	check_wording(turn, "make it light blue", NULL, 0);
	rph_turns_free(turn);
}

static void places_are_those_of_the_wording_numbered_as_in_the_goal(void **state)
{
	const struct rph_slot slots[] = {
		{RPH_SPAN("room"), RPH_SPAN("Küche"), 14, 19},
		{RPH_SPAN("device"), RPH_SPAN("Licht"), 4, 9},
	};
	struct rph_event event = event_of("de-DE", "  a Licht  in Küche");
	event.intent = RPH_SPAN("on");
	event.slots = slots;
	event.slot_count = 2;
	struct rph_turn *turn = interpret(*state, &event);
	assert_text(rph_turn_goal(turn), "|on|device=licht|room=küche");
	const struct rph_wording_slot wanted[] = {{0, 2, 7}, {1, 11, 16}};
	check_wording(turn, "a Licht in Küche", wanted, 2);
	rph_turns_free(turn);
}

static void of_equal_slots_each_takes_its_own_place(void **state)
{
	const struct rph_slot slots[] = {
		{RPH_SPAN("city"), RPH_SPAN("Ulm"), 5, 8},
		{RPH_SPAN("city"), RPH_SPAN("Ulm"), 12, 15},
	};
	struct rph_event event = event_of("en-US", "from Ulm to Ulm");
	event.intent = RPH_SPAN("route");
	event.slots = slots;
	event.slot_count = 2;
	struct rph_turn *turn = interpret(*state, &event);
	const struct rph_wording_slot wanted[] = {{0, 5, 8}, {1, 12, 15}};
	assert_text(rph_turn_goal(turn), "|route|city=ulm|city=ulm");
	check_wording(turn, "from Ulm to Ulm", wanted, 2);
	rph_turns_free(turn);
}

static void an_nlu_that_understood_nothing_leaves_no_goal(void **state)
{
	const struct rph_slot slot = {RPH_SPAN("x"), RPH_SPAN("y"), 0, 1};
	struct rph_event event = event_of("en-US", "y");
	event.slots = &slot;
	event.slot_count = 1;
	event.has_nlu = true;
	struct rph_turn *turn = interpret(*state, &event);
	assert_int_equal(rph_turn_goal(turn).len, 0);
	rph_turns_free(turn);
}

static void hypotheses_are_normalised_and_those_equal_to_the_text_left_out(void **state)
{
	const struct rph_span nbest[] = {RPH_SPAN("Play Jazz"), RPH_SPAN("play JAZZ!"),
					 RPH_SPAN("Pay Jess"), RPH_SPAN("?")};
	struct rph_event event = event_of("en-US", "Play Jazz");
	event.nbest = nbest;
	event.nbest_count = RPH_ARRAY_LEN(nbest);
	struct rph_turn *turn = interpret(*state, &event);
	struct rph_span entry;
	size_t cursor = 0;
	assert_true(rph_turn_nbest(turn, &cursor, &entry));
	assert_text(entry, "pay jess");
	assert_true(rph_turn_nbest(turn, &cursor, &entry));
	assert_text(entry, "");
	assert_false(rph_turn_nbest(turn, &cursor, &entry));
	rph_turns_free(turn);
}

static void event_ids_are_kept_only_where_evidence_is_wanted(void **state)
{
	struct fixture *fixture = *state;
	struct rph_event event = event_of("en-US", "hello there");
	struct rph_turn *without = interpret(fixture, &event);
	fixture->interpreter.keep_event_ids = true;
	struct rph_turn *with = interpret(fixture, &event);
	fixture->interpreter.keep_event_ids = false;
	assert_int_equal(rph_turn_event_id(without).len, 0);
	assert_text(rph_turn_event_id(with), "e");
	assert_true(with->event_hash == without->event_hash);
	assert_int_equal(rph_turn_size(with), rph_turn_size(without));
	rph_turns_free(with);
	rph_turns_free(without);
}

static void what_was_said_is_what_was_rewritten(void **state)
{
	struct rph_event event = event_of("en-US", "Play jazz!");
	event.arm = RPH_ARM_TREATED;
	event.rewrite_from = RPH_SPAN("PLEY  jazz");
	struct rph_turn *turn = interpret(*state, &event);
	assert_text(rph_turn_text(turn), "pley jazz");
	assert_text(rph_turn_executed(turn), "play jazz");
	rph_turns_free(turn);

	event.arm = RPH_ARM_HOLDOUT;
	turn = interpret(*state, &event);
	assert_text(rph_turn_text(turn), "play jazz");
	assert_int_equal(rph_turn_executed(turn).len, 0);
	assert_int_equal(turn->arm, RPH_ARM_HOLDOUT);
	rph_turns_free(turn);
}

static void a_rewrite_that_changes_nothing_did_not_act(void **state)
{
	struct rph_event event = event_of("en-US", "Play jazz!");
	event.arm = RPH_ARM_TREATED;
	event.rewrite_from = RPH_SPAN("play jazz");
	struct rph_turn *turn = interpret(*state, &event);
	assert_int_equal(turn->arm, RPH_ARM_NONE);
	rph_turns_free(turn);
	event.rewrite_from = RPH_SPAN("?!");
	assert_null(interpret(*state, &event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_utterance_becomes_a_formulation_and_a_wording),
		cmocka_unit_test(nothing_said_is_no_turn),
		cmocka_unit_test(the_goal_has_sorted_slots_with_normalised_values),
		cmocka_unit_test(places_are_those_of_the_wording_numbered_as_in_the_goal),
		cmocka_unit_test(of_equal_slots_each_takes_its_own_place),
		cmocka_unit_test(an_nlu_that_understood_nothing_leaves_no_goal),
		cmocka_unit_test(hypotheses_are_normalised_and_those_equal_to_the_text_left_out),
		cmocka_unit_test(event_ids_are_kept_only_where_evidence_is_wanted),
		cmocka_unit_test(what_was_said_is_what_was_rewritten),
		cmocka_unit_test(a_rewrite_that_changes_nothing_did_not_act),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
