/* SPDX-License-Identifier: Apache-2.0
 *
 * test_project.c - annotations carried over to other wordings, in several scripts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "miner/project.h"
#include "schemas/utf8.h"

#define MAX_SLOTS 3

/* Slots are marked in the texts: "[kitchen]" is slot 0, the next bracket slot 1. In the expected
 * source the brackets follow the slots' order in `names`, by digit: "[1:kitchen]". */
struct sample {
	const char *locale;
	const char *names[MAX_SLOTS], *values[MAX_SLOTS];
	const char *target; /* "turn on the [0:kitchen] light" */
	const char *source; /* expected, marked in the same way; unmarked when it must fail */
	enum rph_projection_status status;
};

static const struct sample samples[] = {
	/* English: words moved, misheard, politeness around them. */
	{"en-US",
	 {"room"},
	 {"kitchen"},
	 "turn on the [0:kitchen] light",
	 "make it bright in the [0:kitchen]",
	 RPH_PROJECTED},
	{"en-US",
	 {"room"},
	 {"kitchen"},
	 "turn on the [0:kitchen] light",
	 "turn on the [0:kitchin] light",
	 RPH_PROJECTED},
	{"en-US",
	 {"artist", "song"},
	 {"the owls", "morning dew"},
	 "play [1:Morning Dew] by [0:The Owls]",
	 "put on [0:the owls] [1:mourning dew]",
	 RPH_PROJECTED},
	{"en-US",
	 {"room"},
	 {"living room"},
	 "dim the [0:living room]",
	 "less light in the [0:living room], please",
	 RPH_PROJECTED},
	{"en-US", {"time"}, {"7"}, "wake me at [0:7]", "alarm [0:7]", RPH_PROJECTED},
	{"en-US", {"time"}, {"7"}, "wake me at [0:7]", "alarm 17", RPH_PROJECTION_HOMELESS},
	{"en-US", {"time"}, {"7"}, "wake me at [0:7]", "alarm 7.30", RPH_PROJECTION_HOMELESS},
	{"en-US", {"time"}, {"7"}, "wake me at [0:7]", "alarm 7 on day 3", RPH_PROJECTION_DIGITS},
	{"en-US",
	 {"room"},
	 {"bedroom"},
	 "turn on the [0:bedroom] light",
	 "lumos maxima",
	 RPH_PROJECTION_HOMELESS},
	{"en-US", {"item"}, {"tea"}, "add [0:tea]", "tea and more tea", RPH_PROJECTION_AMBIGUOUS},
	{"en-US",
	 {"from", "to"},
	 {"elm", "elm"},
	 "go from [0:elm] to [1:elm]",
	 "elm elm",
	 RPH_PROJECTION_AMBIGUOUS},
	{"en-US",
	 {"from", "to"},
	 {"elmwood", "oakdale"},
	 "from [0:Elmwood] to [1:Oakdale]",
	 "a ride to [1:oakdale], i am in [0:elmwood]",
	 RPH_PROJECTED},
	{"en-US", {NULL}, {NULL}, "what is new", "tell me the headlines", RPH_PROJECTED},
	/* German: compounds are one word, so the place moves with the word. */
	{"de-DE",
	 {"room"},
	 {"küche"},
	 "mach das Licht in der [0:Küche] an",
	 "[0:Küche] hell bitte",
	 RPH_PROJECTED},
	{"de-DE",
	 {"item"},
	 {"äpfel"},
	 "setz [0:Äpfel] auf die Liste",
	 "wir brauchen [0:Aepfel]",
	 RPH_PROJECTED},
	/* Turkish: endings change, dotted and dotless i fold by locale. */
	{"tr-TR",
	 {"room"},
	 {"mutfak"},
	 "[0:mutfak] ışığını aç",
	 "[0:MUTFAK] karanlık",
	 RPH_PROJECTED},
	{"tr-TR",
	 {"city"},
	 {"ankara"},
	 "[0:Ankara] için hava durumu",
	 "[0:Ankara]'da yağmur var mı",
	 RPH_PROJECTED},
	/* Japanese: no spaces; a home may begin and end inside a run of characters. */
	{"ja-JP",
	 {"room"},
	 {"寝室"},
	 "[0:寝室]の電気をつけて",
	 "[0:寝室]を明るくして",
	 RPH_PROJECTED},
	{"ja-JP",
	 {"song"},
	 {"さくら日和"},
	 "[0:さくら日和]をかけて",
	 "曲は[0:サクラ日和]がいい",
	 RPH_PROJECTED},
	{"ja-JP",
	 {"time"},
	 {"7時"},
	 "[0:7時]に起こして",
	 "アラームを[0:７時]にセット",
	 RPH_PROJECTED},
	{"ja-JP",
	 {"room"},
	 {"寝室"},
	 "[0:寝室]の電気をつけて",
	 "台所を明るくして",
	 RPH_PROJECTION_HOMELESS},
	/* Chinese: one syllable of three misheard says the value, but where it ends is not clear. */
	{"zh-CN",
	 {"device"},
	 {"空气加湿器"},
	 "打开[0:空气加湿器]",
	 "现在让[0:空气加时器]工作",
	 RPH_PROJECTED},
	{"zh-CN",
	 {"device"},
	 {"吸尘器"},
	 "打开[0:吸尘器]",
	 "现在让吸城器工作",
	 RPH_PROJECTION_HOMELESS},
	/* Thai: no spaces, marks above and below. */
	{"th-TH", {"room"}, {"ห้องนอน"}, "เปิดไฟ[0:ห้องนอน]", "ทำให้[0:ห้องนอน]สว่าง", RPH_PROJECTED},
	{"th-TH", {"room"}, {"ห้องครัว"}, "เปิดไฟ[0:ห้องครัว]", "[0:ห้องครัว]มืดเกินไป", RPH_PROJECTED},
	/* Arabic: right to left, with and without vowel marks. */
	{"ar-SA",
	 {"room"},
	 {"المطبخ"},
	 "شغل ضوء [0:المطبخ]",
	 "نور [0:المطبخ] من فضلك",
	 RPH_PROJECTED},
	{"ar-SA", {"room"}, {"المطبخ"}, "شغل ضوء [0:المطبخ]", "أضئ [0:المَطبَخ]", RPH_PROJECTED},
};

/* Removes the marks; places by slot number. Returns the number of marks. */
static uint32_t unmark(const char *marked, char *text, size_t size,
		       struct rph_wording_slot places[MAX_SLOTS])
{
	uint32_t found = 0, at = 0, slot = 0;
	size_t used = 0;

	for (const char *p = marked; *p; p++) {
		if (*p == '[') {
			slot = (uint32_t)(p[1] - '0');
			places[slot] = (struct rph_wording_slot){(uint8_t)slot, (uint16_t)at, 0};
			p += 2;
			found++;
		} else if (*p == ']') {
			places[slot].end = (uint16_t)at;
		} else {
			assert_true(used + 1 < size);
			text[used++] = *p;
			at += ((unsigned char)*p & 0xC0) != 0x80;
		}
	}
	text[used] = '\0';
	return found;
}

static int project(struct rph_normaliser *normaliser, const struct sample *sample,
		   struct rph_arena *arena, struct rph_projection *ret)
{
	static char target_text[512], source_text[512];
	struct rph_wording_slot expected[MAX_SLOTS];
	struct rph_goal_slot slots[MAX_SLOTS];
	struct rph_wording target = {.slot_count = 0};
	struct rph_goal goal = {.slots = slots};
	/* Ascending by name, then value. */
	const struct rph_goal_slot known[] = {
		{RPH_SPAN("meal"), RPH_SPAN("厨师")}, {RPH_SPAN("room"), RPH_SPAN("sunroom")},
		{RPH_SPAN("room"), RPH_SPAN("厨房")}, {RPH_SPAN("room"), RPH_SPAN("浴室")},
		{RPH_SPAN("song"), RPH_SPAN("厨神")},
	};

	for (unsigned i = 0; i < MAX_SLOTS && sample->names[i]; i++)
		slots[goal.slot_count++] = (struct rph_goal_slot){rph_span_of(sample->names[i]),
								  rph_span_of(sample->values[i])};
	target.slot_count = unmark(sample->target, target_text, sizeof(target_text), target.slots);
	target.text = rph_span_of(target_text);
	uint32_t marks = unmark(sample->source, source_text, sizeof(source_text), expected);
	struct rph_projection_input input = {.goal = &goal,
					     .target = &target,
					     .source = rph_span_of(source_text),
					     .locale = rph_span_of(sample->locale),
					     .threshold = RPH_PROJECTION_THRESHOLD,
					     .known = known,
					     .known_count = RPH_ARRAY_LEN(known)};
	int error = rph_project(normaliser, &input, arena, ret);
	if (error || ret->status != RPH_PROJECTED || sample->status != RPH_PROJECTED)
		return error;
	assert_int_equal(ret->wording.slot_count, marks);
	for (uint32_t i = 0; i < marks; i++) {
		if (ret->wording.slots[i].start != expected[i].start ||
		    ret->wording.slots[i].end != expected[i].end)
			print_error("%s: slot %u at %u..%u\n", sample->source, i,
				    ret->wording.slots[i].start, ret->wording.slots[i].end);
		assert_int_equal(ret->wording.slots[i].slot, i);
		assert_int_equal(ret->wording.slots[i].start, expected[i].start);
		assert_int_equal(ret->wording.slots[i].end, expected[i].end);
	}
	return 0;
}

static void every_slot_finds_the_words_that_say_it_or_the_example_is_dropped(void **state)
{
	struct rph_normaliser *normaliser = *state;
	struct rph_arena arena;

	rph_arena_init(&arena, 1 << 24);
	for (size_t i = 0; i < RPH_ARRAY_LEN(samples); i++) {
		struct rph_projection projection;
		assert_int_equal(project(normaliser, &samples[i], &arena, &projection), 0);
		if (projection.status != samples[i].status)
			print_error("%s -> %s: score %u\n", samples[i].target, samples[i].source,
				    projection.value_score);
		assert_int_equal(projection.status, samples[i].status);
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static void a_wording_projected_onto_itself_keeps_its_places_with_full_confidence(void **state)
{
	struct rph_normaliser *normaliser = *state;
	struct rph_arena arena;

	rph_arena_init(&arena, 1 << 24);
	for (size_t i = 0; i < RPH_ARRAY_LEN(samples); i++) {
		struct sample sample = samples[i];
		struct rph_projection projection;
		if (sample.status != RPH_PROJECTED)
			continue;
		sample.source = sample.target;
		assert_int_equal(project(normaliser, &sample, &arena, &projection), 0);
		assert_int_equal(projection.status, RPH_PROJECTED);
		assert_int_equal(projection.confidence, RPH_PROJECTION_ONE);
		assert_int_equal(projection.value_score, RPH_PROJECTION_ONE);
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static void a_slot_that_the_target_does_not_show_drops_the_example(void **state)
{
	static const struct sample sample = {"en-US",       {"room", "time"}, {"den", "noon"},
					     "den [0:den]", "den den",        RPH_PROJECTED};
	struct rph_arena arena;
	struct rph_projection projection;

	rph_arena_init(&arena, 1 << 20);
	assert_int_equal(project(*state, &sample, &arena, &projection), 0);
	assert_int_equal(projection.status, RPH_PROJECTION_UNPLACED);
	rph_arena_free(&arena);
}

static void places_outside_the_target_are_refused(void **state)
{
	struct rph_goal_slot slot = {RPH_SPAN("room"), RPH_SPAN("den")};
	struct rph_goal goal = {.slots = &slot, .slot_count = 1};
	struct rph_wording target = {.text = RPH_SPAN("den"), .slot_count = 1};
	struct rph_projection_input input = {.goal = &goal,
					     .target = &target,
					     .source = RPH_SPAN("den"),
					     .locale = RPH_SPAN("en-US"),
					     .threshold = RPH_PROJECTION_THRESHOLD};
	struct rph_arena arena;
	struct rph_projection projection;

	rph_arena_init(&arena, 1 << 20);
	target.slots[0] = (struct rph_wording_slot){0, 0, 4};
	assert_int_not_equal(rph_project(*state, &input, &arena, &projection), 0);
	target.slots[0] = (struct rph_wording_slot){1, 0, 3};
	assert_int_not_equal(rph_project(*state, &input, &arena, &projection), 0);
	target.slots[0] = (struct rph_wording_slot){0, 0, 3};
	assert_int_equal(rph_project(*state, &input, &arena, &projection), 0);
	assert_int_equal(projection.status, RPH_PROJECTED);
	rph_arena_free(&arena);
}

static uint16_t value_score(struct rph_normaliser *normaliser, const char *value,
			    const char *source)
{
	char target[64];
	struct sample sample = {"zh-CN", {"room"}, {value}, target, source, RPH_PROJECTED};
	struct rph_arena arena;
	struct rph_projection projection;

	snprintf(target, sizeof(target), "[0:%s]", value);
	rph_arena_init(&arena, 1 << 24);
	assert_int_equal(project(normaliser, &sample, &arena, &projection), 0);
	rph_arena_free(&arena);
	return projection.value_score;
}

static void half_of_a_value_says_it_unless_another_one_was_said(void **state)
{
	assert_true(value_score(*state, "厨房", "打开除房的灯") >= RPH_PROJECTION_SAID);
	assert_true(value_score(*state, "书房", "打开厨房的灯") < RPH_PROJECTION_SAID);
	/* "厨师" and "厨神" are values of other slots. */
	assert_true(value_score(*state, "厨房", "打开厨师的灯") >= RPH_PROJECTION_SAID);
	assert_true(value_score(*state, "厨房", "打开厨神的灯") >= RPH_PROJECTION_SAID);
	/* Half of a word in letters is another word. */
	assert_true(value_score(*state, "garage", "garden light") < RPH_PROJECTION_SAID);
	/* What is alike enough to be a home is one, whatever else it may be. */
	assert_true(value_score(*state, "bunroom", "[0:sunroom] light") >=
		    RPH_PROJECTION_THRESHOLD);
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* Random carrier words around a known value: wherever the value stands, it is found there. */
static void a_value_said_to_the_letter_is_found_wherever_it_stands(void **state)
{
	static const char *const carriers[] = {"would", "you", "kindly", "brighten", "things",
					       "up",    "now", "again",  "somehow",  "for"};
	static const char *const values[] = {"veranda", "guest bath", "2nd floor", "café corner"};
	struct rph_arena arena;
	uint64_t seed = 8;

	rph_arena_init(&arena, 1 << 24);
	for (int round = 0; round < 400; round++) {
		char marked[256], *at = marked;
		struct rph_projection projection;
		const char *value = values[next_random(&seed) % RPH_ARRAY_LEN(values)];
		uint64_t words = 1 + next_random(&seed) % 6, place = next_random(&seed) % words;
		struct sample sample = {"en-US", {"place"}, {value}, NULL, marked, RPH_PROJECTED};
		char target[64];
		snprintf(target, sizeof(target), "light in [0:%s]", value);
		sample.target = target;
		for (uint64_t i = 0; i < words; i++) {
			const char *word = carriers[next_random(&seed) % RPH_ARRAY_LEN(carriers)];
			at += sprintf(at, i == place ? "[0:%s] " : "%s ",
				      i == place ? value : word);
		}
		at[-1] = '\0';
		assert_int_equal(project(*state, &sample, &arena, &projection), 0);
		assert_int_equal(projection.status, RPH_PROJECTED);
		assert_int_equal(projection.confidence, RPH_PROJECTION_ONE);
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static int set_up(void **state)
{
	struct rph_normaliser *normaliser = NULL;
	int error = rph_normaliser_new(&normaliser);
	*state = normaliser;
	return error;
}

static int tear_down(void **state)
{
	*state = rph_normaliser_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_finds_the_words_that_say_it_or_the_example_is_dropped),
		cmocka_unit_test(
			a_wording_projected_onto_itself_keeps_its_places_with_full_confidence),
		cmocka_unit_test(a_slot_that_the_target_does_not_show_drops_the_example),
		cmocka_unit_test(places_outside_the_target_are_refused),
		cmocka_unit_test(half_of_a_value_says_it_unless_another_one_was_said),
		cmocka_unit_test(a_value_said_to_the_letter_is_found_wherever_it_stands),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
