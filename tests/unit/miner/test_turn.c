/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/session_table.h"
#include "turns.h"

static const char *const heard[] = {"play jazz", "play chess", "play chess", "pay jess"};

/* A turn with everything in it; "Play jazz" was said where `text` says how it reads normalised. */
static struct rph_turn *full_turn(const char *surface, const char *text, bool keep_event_id)
{
	struct rph_wording wording = {
		.text = rph_span_of(surface), .slot_count = 1, .slots = {{0, 5, 9}}};
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	struct rph_span nbest[RPH_ARRAY_LEN(heard)];
	for (size_t i = 0; i < RPH_ARRAY_LEN(heard); i++)
		nbest[i] = rph_span_of(heard[i]);
	struct rph_event event = {
		.event_id = RPH_SPAN("event-1"),
		.at = 1234,
		.locale = RPH_SPAN("en-US"),
		.asr_confidence = 900,
		.nlu_confidence = RPH_NO_CONFIDENCE,
		.nbest_count = RPH_ARRAY_LEN(heard),
		.signals = 5,
		.status = RPH_STATUS_FAILURE,
		.response = RPH_SPAN("sorry?"),
		.arm = RPH_ARM_HOLDOUT,
	};
	struct rph_turn_parts parts = {
		.event = &event,
		.offset = 77,
		.keep_event_id = keep_event_id,
		.text = rph_span_of(text),
		.goal = RPH_SPAN("music|play|genre=jazz"),
		.nbest = nbest,
	};
	int err = rph_wording_encode(&wording, &arena, &parts.wording);
	assert_int_equal(err, 0);
	struct rph_turn *turn = rph_turn_new(&parts);
	assert_non_null(turn);
	rph_arena_free(&arena);
	return turn;
}

static void assert_text(struct rph_span got, const char *wanted)
{
	assert_true(rph_span_equal(got, rph_span_of(wanted)));
}

static void check_parts(const struct rph_turn *turn, const char *surface, const char *text)
{
	struct rph_wording wording;
	assert_text(rph_turn_locale(turn), "en-US");
	assert_text(rph_turn_text(turn), text);
	assert_text(rph_turn_goal(turn), "music|play|genre=jazz");
	assert_int_equal(rph_wording_decode(rph_turn_wording(turn), &wording), 0);
	assert_text(wording.text, surface);
	assert_int_equal(wording.slot_count, 1);
	assert_int_equal(wording.slots[0].end, 9);
	assert_int_equal(turn->at, 1234);
	assert_int_equal(turn->offset, 77);
	assert_int_equal(turn->signals, 5);
	assert_int_equal(turn->status, RPH_STATUS_FAILURE);
	assert_int_equal(turn->arm, RPH_ARM_HOLDOUT);
	assert_int_equal(turn->asr_confidence, 900);
	assert_int_equal(turn->nlu_confidence, RPH_NO_CONFIDENCE);
	assert_true(turn->event_hash != 0 && turn->response != 0);
	assert_null(turn->next);
}

static void what_goes_in_comes_out(void **state)
{
	(void)state;
	struct rph_turn *turn = full_turn("Play jazz", "play jazz", true);
	check_parts(turn, "Play jazz", "play jazz");
	assert_text(rph_turn_event_id(turn), "event-1");
	rph_turns_free(turn);

	turn = full_turn("play jazz", "play jazz", false);
	check_parts(turn, "play jazz", "play jazz");
	assert_int_equal(rph_turn_event_id(turn).len, 0);
	rph_turns_free(turn);
}

static void a_text_that_is_its_own_wording_is_kept_once(void **state)
{
	(void)state;
	struct rph_turn *alike = full_turn("play jazz", "play jazz", false);
	struct rph_span text = rph_turn_text(alike), wording = rph_turn_wording(alike);
	assert_true(text.ptr > wording.ptr && text.ptr + text.len < wording.ptr + wording.len);
	rph_turns_free(alike);

	struct rph_turn *unlike = full_turn("Play jazz", "play jazz", false);
	text = rph_turn_text(unlike);
	wording = rph_turn_wording(unlike);
	assert_true(text.ptr + text.len == wording.ptr);
	rph_turns_free(unlike);
}

static void only_hypotheses_that_say_something_are_walked(void **state)
{
	(void)state;
	struct rph_turn *turn = full_turn("play jazz", "play jazz", false);
	struct rph_span entry;
	size_t cursor = 0;
	assert_true(rph_turn_nbest(turn, &cursor, &entry));
	assert_text(entry, "play chess");
	assert_true(rph_turn_nbest(turn, &cursor, &entry));
	assert_text(entry, "pay jess");
	assert_false(rph_turn_nbest(turn, &cursor, &entry));
	rph_turns_free(turn);
}

static void the_size_is_that_of_the_parts_however_they_are_kept(void **state)
{
	(void)state;
	size_t wanted = RPH_TURN_HEAD_BYTES + 5 + 9 + (3 + 9 + 1 + 5) + 21;
	for (size_t i = 0; i < RPH_ARRAY_LEN(heard); i++)
		wanted += 4 + strlen(heard[i]);
	static const char *const surfaces[] = {"play jazz", "Play jazz"};
	for (int i = 0; i < 4; i++) {
		struct rph_turn *turn = full_turn(surfaces[i & 1], "play jazz", i & 2);
		assert_int_equal(rph_turn_size(turn), wanted);
		rph_turns_free(turn);
	}
}

static void a_turn_without_anything_but_its_text_is_a_turn(void **state)
{
	(void)state;
	struct rph_turn *turn = make_turn(&(struct told_turn){.event_id = "e", .text = "x"});
	size_t cursor = 0;
	struct rph_span entry;
	assert_text(rph_turn_text(turn), "x");
	assert_int_equal(rph_turn_goal(turn).len, 0);
	assert_int_equal(turn->response, 0);
	assert_false(rph_turn_nbest(turn, &cursor, &entry));
	rph_turns_free(turn);
}

static void a_rewritten_turn_has_both_texts(void **state)
{
	(void)state;
	struct rph_turn *turn = make_turn(&(struct told_turn){.event_id = "e",
							      .text = "pley jazz",
							      .goal = "music|play",
							      .nbest = "play chess",
							      .arm = RPH_ARM_TREATED,
							      .executed = "play jazz"});
	struct rph_turn *plain = make_turn(&(struct told_turn){.event_id = "e",
							       .text = "pley jazz",
							       .goal = "music|play",
							       .nbest = "play chess",
							       .arm = RPH_ARM_TREATED});
	assert_text(rph_turn_text(turn), "pley jazz");
	assert_text(rph_turn_executed(turn), "play jazz");
	assert_int_equal(turn->arm, RPH_ARM_TREATED);
	assert_int_equal(rph_turn_executed(plain).len, 0);
	assert_int_equal(plain->arm, RPH_ARM_NONE);
	assert_int_equal(rph_turn_size(turn), rph_turn_size(plain) + strlen("play jazz"));
	rph_turns_free(turn);
	rph_turns_free(plain);
}

static void a_chain_of_turns_is_freed_whole(void **state)
{
	(void)state;
	struct rph_turn *first = make_turn(&(struct told_turn){.event_id = "1", .text = "a"});
	first->next = make_turn(&(struct told_turn){.event_id = "2", .text = "b"});
	assert_null(rph_turns_free(first));
	assert_null(rph_turns_free(NULL));
}

/* A million sessions may be open: whoever adds a field sees here what it costs. */
static void what_an_open_session_costs_is_known(void **state)
{
	(void)state;
	assert_int_equal(offsetof(struct rph_turn, bytes), 68);
	assert_int_equal(sizeof(struct rph_session), 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_text_that_is_its_own_wording_is_kept_once),
		cmocka_unit_test(only_hypotheses_that_say_something_are_walked),
		cmocka_unit_test(the_size_is_that_of_the_parts_however_they_are_kept),
		cmocka_unit_test(a_turn_without_anything_but_its_text_is_a_turn),
		cmocka_unit_test(a_rewritten_turn_has_both_texts),
		cmocka_unit_test(a_chain_of_turns_is_freed_whole),
		cmocka_unit_test(what_an_open_session_costs_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
