/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/feature.h"
#include "miner/similarity.h"
#include "schemas/signal.h"
#include "turns.h"

struct fixture {
	struct rph_normaliser *normaliser;
	struct rph_arena arena;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	rph_arena_init(&fixture.arena, 16u << 20);
	*state = &fixture;
	return rph_normaliser_new(&fixture.normaliser);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	rph_arena_free(&fixture->arena);
	fixture->normaliser = rph_normaliser_free(fixture->normaliser);
	return 0;
}

static const struct rph_span steering[] = {{"stop", 4}, {"help*", 5}};
static const struct rph_judge_params params = {
	.rephrase_gap = 1024 * 100,
	.max_distance = 4,
	.control_intents = steering,
	.control_count = RPH_ARRAY_LEN(steering),
};

/* Two turns, and what may be changed about them before they are compared. */
struct both {
	struct told_turn told[2];
	uint32_t distance;
	rph_confidence asr[2], nlu[2];
	uint64_t prompt[2];
	uint32_t failures_before[2];
};

static struct rph_features compare(struct fixture *fixture, const struct both *both)
{
	const struct rph_comparer comparer = {&params, fixture->normaliser, &fixture->arena};
	struct rph_turn *turns[2];
	struct rph_turn_view views[2];
	struct rph_features ret;
	for (int i = 0; i < 2; i++) {
		struct told_turn told = both->told[i];
		told.event_id = "e";
		turns[i] = make_turn(&told);
		turns[i]->asr_confidence = both->asr[i] ? both->asr[i] : RPH_NO_CONFIDENCE;
		turns[i]->nlu_confidence = both->nlu[i] ? both->nlu[i] : RPH_NO_CONFIDENCE;
		assert_int_equal(rph_turn_view_make(&comparer, turns[i], &views[i]), 0);
		views[i].prompt = both->prompt[i];
		views[i].failures_before = both->failures_before[i];
	}
	uint32_t distance = both->distance ? both->distance : 1;
	assert_int_equal(rph_features_of(&comparer, &views[0], &views[1], distance, NULL, &ret), 0);
	rph_turns_free(turns[0]);
	rph_turns_free(turns[1]);
	rph_arena_reset(&fixture->arena);
	return ret;
}

#define VALUE(features, name) ((features).value[RPH_FEATURE_##name])

static void equal_texts_are_alike_in_every_way(void **state)
{
	static const char *const texts[] = {"turn off the lights",
					    "ışıkları kapat",
					    "電気を消して",
					    "ปิดไฟ",
					    "أطفئ الضوء",
					    "Ⅷ",
					    "👍"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++) {
		struct both both = {.told = {{.text = texts[i]}, {.text = texts[i]}}};
		struct rph_features got = compare(*state, &both);
		assert_int_equal(VALUE(got, ngram_dice), RPH_FEATURE_ONE);
		assert_int_equal(VALUE(got, containment), RPH_FEATURE_ONE);
		assert_int_equal(VALUE(got, edit_similarity), RPH_FEATURE_ONE);
		assert_int_equal(VALUE(got, length_ratio), RPH_FEATURE_ONE);
		assert_int_equal(VALUE(got, phonetic), RPH_FEATURE_ONE);
		assert_int_equal(VALUE(got, verbatim), RPH_FEATURE_ONE);
		assert_int_equal(VALUE(got, sure_but_unlike), 0);
		assert_int_equal(VALUE(got, in_nbest), 0);
	}
}

static void words_count_where_both_scripts_have_them(void **state)
{
	struct both both = {.told = {{.text = "lights off"}, {.text = "off lights"}}};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, word_overlap), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, no_words), 0);
	both.told[1].text = "電気を消して";
	got = compare(*state, &both);
	assert_int_equal(VALUE(got, word_overlap), 0);
	assert_int_equal(VALUE(got, no_words), RPH_FEATURE_ONE);
}

static void the_texts_are_measured_as_similarity_measures_them(void **state)
{
	struct fixture *fixture = *state;
	static const char *const texts[] = {"make the room warmer",
					    "make the broom warmer",
					    "mehr licht",
					    "もっと明るく",
					    "สว่างขึ้น",
					    "أكثر ضوءا"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++) {
		for (size_t j = 0; j < RPH_ARRAY_LEN(texts); j++) {
			struct both both = {.told = {{.text = texts[i]}, {.text = texts[j]}}};
			struct rph_features got = compare(fixture, &both);
			struct rph_text a, b;
			assert_int_equal(rph_text_analyse(fixture->normaliser,
							  rph_span_of(texts[i]), &fixture->arena,
							  &a),
					 0);
			assert_int_equal(rph_text_analyse(fixture->normaliser,
							  rph_span_of(texts[j]), &fixture->arena,
							  &b),
					 0);
			assert_int_equal(VALUE(got, ngram_dice), rph_ngram_dice(&a, &b));
			assert_int_equal(VALUE(got, containment), rph_ngram_containment(&a, &b));
			assert_int_equal(VALUE(got, edit_similarity), rph_edit_similarity(&a, &b));
			assert_int_equal(VALUE(got, phonetic), rph_phonetic_similarity(&a, &b));
			assert_int_equal(VALUE(got, length_before), a.grapheme_count * 16);
			rph_arena_reset(&fixture->arena);
		}
	}
}

static void another_hypothesis_said_next_is_noticed(void **state)
{
	struct both both = {
		.told = {{.text = "call ann", .nbest = "call dan"}, {.text = "call dan"}}};
	assert_int_equal(VALUE(compare(*state, &both), in_nbest), RPH_FEATURE_ONE);
	both.told[1].text = "call stan";
	assert_int_equal(VALUE(compare(*state, &both), in_nbest), 0);
}

static void slots_are_shared_changed_added_or_dropped(void **state)
{
	struct both both = {
		.told = {{.text = "a", .goal = "heating|set|room=bath|temperature=20|unit=c"},
			 {.text = "b", .goal = "heating|set|room=bath|temperature=21|when=now"}}};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, same_intent), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, same_goal), 0);
	assert_int_equal(VALUE(got, same_slot_names), 0);
	assert_int_equal(VALUE(got, shared_slots), 256);
	assert_int_equal(VALUE(got, changed_slots), 256);
	assert_int_equal(VALUE(got, added_slots), 256);
	assert_int_equal(VALUE(got, dropped_slots), 256);
	assert_int_equal(VALUE(got, changed_alike), 512); /* one of two digits */
	both.told[1].goal = both.told[0].goal;
	got = compare(*state, &both);
	assert_int_equal(VALUE(got, same_goal), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, same_slot_names), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, shared_slots), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, changed_alike), 0);
}

static void a_value_that_sounds_alike_counts_as_alike(void **state)
{
	struct both both = {.told = {{.text = "a", .goal = "call|start|name=filip"},
				     {.text = "b", .goal = "call|start|name=phillip"}}};
	assert_int_equal(VALUE(compare(*state, &both), changed_alike), RPH_FEATURE_ONE);
}

static void what_was_not_understood_is_said_and_nothing_is_made_of_its_slots(void **state)
{
	struct both both = {.told = {{.text = "a"}, {.text = "b", .goal = "music|play|x=y"}}};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, not_understood_before), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, not_understood_after), 0);
	assert_int_equal(VALUE(got, same_intent) + VALUE(got, other_intent), 0);
	assert_int_equal(VALUE(got, added_slots), 0);
	both.told[0].goal = "lights|on";
	got = compare(*state, &both);
	assert_int_equal(VALUE(got, other_intent), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, added_slots), RPH_FEATURE_ONE);
}

static void how_the_turns_ended_is_told(void **state)
{
	struct both both = {.told = {{.text = "lamp on", .status = RPH_STATUS_FAILURE},
				     {.text = "lamp on", .status = RPH_STATUS_SUCCESS}}};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, failed_before), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, succeeded_before), 0);
	assert_int_equal(VALUE(got, succeeded_after), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, verbatim_after_failure), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, verbatim_after_success), 0);
	assert_int_equal(VALUE(got, alike_after_failure), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, unlike_after_failure), 0);
	assert_int_equal(VALUE(got, friction_before), RPH_FEATURE_ONE / 3);
	both.told[0].signals =
		RPH_SIGNAL_BIT(no_match) | RPH_SIGNAL_BIT(reprompt) | RPH_SIGNAL_BIT(error);
	assert_int_equal(VALUE(compare(*state, &both), friction_before), RPH_FEATURE_ONE);
}

static void time_and_distance_are_shares_of_their_limits(void **state)
{
	struct both both = {.told = {{.text = "a", .at = 500}, {.text = "b", .at = 500 + 25600}},
			    .distance = 3};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, gap), 256);
	assert_int_equal(VALUE(got, distance), 512);
}

static void doubt_is_what_confidence_lacks_and_nothing_without_one(void **state)
{
	struct both both = {.told = {{.text = "abcd"}, {.text = "wxyz"}},
			    .asr = {1000, 800},
			    .nlu = {24, RPH_NO_CONFIDENCE}};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, asr_doubt_before), 24);
	assert_int_equal(VALUE(got, asr_doubt_after), 224);
	assert_int_equal(VALUE(got, nlu_doubt_before), 1000);
	assert_int_equal(VALUE(got, nlu_doubt_after), 0);
	/* Nothing in common: all of the lower confidence is left. */
	assert_int_equal(VALUE(got, sure_but_unlike), 800);
	assert_int_equal(VALUE(got, short_before), RPH_FEATURE_ONE);
}

static void steering_is_known_by_signal_and_by_intent(void **state)
{
	struct both both = {
		.told = {{.text = "a", .signals = RPH_SIGNAL_BIT(control)}, {.text = "b"}}};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, control_before), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, control_after), 0);
	both.told[0].signals = 0;
	both.told[0].goal = "dialog|STOP";
	both.told[1].goal = "dialog|help_me";
	got = compare(*state, &both);
	assert_int_equal(VALUE(got, control_before), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, control_after), RPH_FEATURE_ONE);
	both.told[1].goal = "dialog|unhelp";
	assert_int_equal(VALUE(compare(*state, &both), control_after), 0);
}

static void answers_and_prompts_are_compared(void **state)
{
	struct both both = {
		.told = {{.text = "a", .response = "sorry?"}, {.text = "b", .response = "sorry?"}}};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, same_response), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, same_prompt), 0);
	both.prompt[0] = both.prompt[1] = 77;
	assert_int_equal(VALUE(compare(*state, &both), same_prompt), RPH_FEATURE_ONE);
	both.told[0].response = both.told[1].response = NULL;
	assert_int_equal(VALUE(compare(*state, &both), same_response), 0);
}

static void a_failure_between_is_one_that_is_not_the_earlier_turns_own(void **state)
{
	struct both both = {.told = {{.text = "a", .status = RPH_STATUS_FAILURE}, {.text = "b"}},
			    .failures_before = {0, 1}};
	assert_int_equal(VALUE(compare(*state, &both), friction_between), 0);
	both.failures_before[1] = 2;
	assert_int_equal(VALUE(compare(*state, &both), friction_between), RPH_FEATURE_ONE);
	both.told[0].status = RPH_STATUS_SUCCESS;
	both.failures_before[1] = 1;
	assert_int_equal(VALUE(compare(*state, &both), friction_between), RPH_FEATURE_ONE);
}

static void every_value_is_in_range(void **state)
{
	static const char *const texts[] = {"x",
					    "play some jazz in the kitchen please",
					    "電気を消して",
					    "ปิดไฟหน่อย",
					    "أطفئ الضوء",
					    "20 %"};
	static const char *const goals[] = {NULL, "a|b", "a|b|c=d", "a|b|c=e|f=g|h=i"};
	uint64_t seed = 9;
	for (int run = 0; run < 3000; run++) {
		struct both both = {.distance = 1 + (uint32_t)(seed >> 33) % 4};
		for (int i = 0; i < 2; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			uint64_t dice = seed >> 20;
			both.told[i] = (struct told_turn){
				.at = i * 100000,
				.text = texts[dice % RPH_ARRAY_LEN(texts)],
				.goal = goals[dice / 8 % RPH_ARRAY_LEN(goals)],
				.status = (enum rph_status)(dice / 64 % 3),
				.signals = (uint32_t)(dice / 256) & 0x3FFFF,
			};
			both.asr[i] = (rph_confidence)(1 + dice / 512 % 1024);
			both.nlu[i] = (rph_confidence)(1 + dice / 1024 % 1024);
		}
		struct rph_features got = compare(*state, &both);
		for (int i = 0; i < RPH_FEATURE_COUNT; i++)
			assert_true(got.value[i] <= RPH_FEATURE_ONE);
	}
}

static void the_longest_word_that_both_say_is_measured_in_letters(void **state)
{
	static const struct {
		const char *first, *second;
		unsigned letters;
	} examples[] = {
		{"a window seat", "the window", 6},
		{"lights off", "play jazz", 0},
		{"ışıkları kapat", "ışıkları aç", 8},
		{"電気を消して", "電気を消して", 0},
		{"straßenbahnhaltestellen hier", "hier straßenbahnhaltestellen", 16},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(examples); i++) {
		struct both both = {
			.told = {{.text = examples[i].first}, {.text = examples[i].second}}};
		struct rph_features got = compare(*state, &both);
		assert_int_equal(VALUE(got, longest_word), examples[i].letters * 64);
	}
}

static void products_follow_from_their_factors(void **state)
{
	struct both both = {.told = {{.text = "no"}, {.text = "no"}}};
	struct rph_features got = compare(*state, &both);
	assert_int_equal(VALUE(got, verbatim_short), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, alike_short), RPH_FEATURE_ONE);
	assert_int_equal(VALUE(got, alike_and_not_last), 0);
	both.told[0].text = both.told[1].text = "no thank you";
	got = compare(*state, &both);
	assert_int_equal(VALUE(got, verbatim_short), 0);
	assert_int_equal(VALUE(got, alike_short), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_are_alike_in_every_way),
		cmocka_unit_test(words_count_where_both_scripts_have_them),
		cmocka_unit_test(the_texts_are_measured_as_similarity_measures_them),
		cmocka_unit_test(another_hypothesis_said_next_is_noticed),
		cmocka_unit_test(slots_are_shared_changed_added_or_dropped),
		cmocka_unit_test(a_value_that_sounds_alike_counts_as_alike),
		cmocka_unit_test(what_was_not_understood_is_said_and_nothing_is_made_of_its_slots),
		cmocka_unit_test(how_the_turns_ended_is_told),
		cmocka_unit_test(time_and_distance_are_shares_of_their_limits),
		cmocka_unit_test(doubt_is_what_confidence_lacks_and_nothing_without_one),
		cmocka_unit_test(steering_is_known_by_signal_and_by_intent),
		cmocka_unit_test(answers_and_prompts_are_compared),
		cmocka_unit_test(a_failure_between_is_one_that_is_not_the_earlier_turns_own),
		cmocka_unit_test(the_longest_word_that_both_say_is_measured_in_letters),
		cmocka_unit_test(products_follow_from_their_factors),
		cmocka_unit_test(every_value_is_in_range),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
