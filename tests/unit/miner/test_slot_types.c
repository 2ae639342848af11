/* SPDX-License-Identifier: Apache-2.0
 *
 * test_slot_types.c - what confirmed wordings teach about values, and what that does to labels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "miner/project.h"

#define MAX_SLOTS 4

/* "play [song=morning dew]": names and places of slots; names ascending. */
struct marked {
	char text[256];
	char names[MAX_SLOTS][32], values[MAX_SLOTS][64];
	struct rph_goal_slot slots[MAX_SLOTS];
	struct rph_goal goal;
	struct rph_wording wording;
};

static void read_marked(const char *marked, struct marked *ret)
{
	size_t used = 0, value = 0;
	uint16_t at = 0;
	uint32_t count = 0;
	bool inside = false;

	memset(ret, 0, sizeof(*ret));
	for (const char *p = marked; *p; p++) {
		if (*p == '[') {
			const char *equals = strchr(p, '=');
			assert_true(count < MAX_SLOTS);
			memcpy(ret->names[count], p + 1, (size_t)(equals - p - 1));
			ret->wording.slots[count] =
				(struct rph_wording_slot){(uint8_t)count, at, 0};
			inside = true;
			value = 0;
			p = equals;
		} else if (*p == ']') {
			ret->wording.slots[count++].end = at;
			inside = false;
		} else {
			assert_true(used + 1 < sizeof(ret->text));
			ret->text[used++] = *p;
			if (inside)
				ret->values[count][value++] = *p;
			at = (uint16_t)(at + (((unsigned char)*p & 0xC0) != 0x80));
		}
	}
	for (uint32_t i = 0; i < count; i++)
		ret->slots[i] = (struct rph_goal_slot){rph_span_of(ret->names[i]),
						       rph_span_of(ret->values[i])};
	ret->goal = (struct rph_goal){.slots = ret->slots, .slot_count = count};
	ret->wording.slot_count = count;
	ret->wording.text = rph_span_of(ret->text);
}

static void learn(struct rph_slot_types *types, struct rph_normaliser *normaliser,
		  const char *locale, const char *marked)
{
	struct marked read;
	struct rph_arena arena;

	rph_arena_init(&arena, 1 << 24);
	read_marked(marked, &read);
	const struct rph_slot_lesson lesson = {rph_span_of(locale), &read.goal, &read.wording};
	assert_int_equal(rph_slot_types_learn(types, normaliser, &lesson, &arena), 0);
	rph_arena_free(&arena);
}

static void recount(struct rph_slot_types *types, struct rph_normaliser *normaliser,
		    const char *locale, const char *marked)
{
	struct marked read;
	struct rph_arena arena;
	struct rph_span normal;

	rph_arena_init(&arena, 1 << 24);
	read_marked(marked, &read);
	assert_int_equal(
		rph_normalise(normaliser, rph_span_of(locale), read.wording.text, &arena, &normal),
		0);
	assert_int_equal(rph_slot_types_recount(types, rph_span_of(locale), normal, &arena), 0);
	rph_arena_free(&arena);
}

static struct rph_slot_types school(struct rph_normaliser *normaliser, const char *locale,
				    const char *const *lessons, size_t count)
{
	struct rph_slot_types types = {0};

	for (size_t i = 0; i < count; i++)
		learn(&types, normaliser, locale, lessons[i]);
	for (size_t i = 0; i < count; i++)
		recount(&types, normaliser, locale, lessons[i]);
	return types;
}

static uint32_t count_of(const struct rph_slot_types *types, enum rph_slot_fact fact,
			 const char *name, const char *text)
{
	return rph_slot_types_count(types, fact, RPH_SPAN("en-US"), rph_span_of(name),
				    rph_span_of(text));
}

static const char *const english[] = {
	"turn on the [room=kitchen] light",
	"make it bright in the [room=Kitchen]",
	"dim the [room=bedroom]",
	"dim the [room=guest bedroom] now",
	"weather in [city=new york]",
	"weather in [city=new york city] now",
	"how is [city=new york city]",
	"weather [date=tomorrow]",
	"wake me [date=tomorrow] at [time=noon]",
	"what is the weather",
	"show me the weather now",
	"play [song=kitchen blues]",
	"tell me the news now",
	"find the news",
	"find the [radio=news] station",
	"news again",
	"find me a shop",
	"play [artist=the owls]",
	"[artist=the owls] now",
};

static void a_wording_counts_once_for_what_it_holds(void **state)
{
	struct rph_slot_types types = school(*state, "en-US", english, RPH_ARRAY_LEN(english));

	assert_int_equal(count_of(&types, RPH_SLOT_VALUE_OF, "room", "kitchen"), 2);
	assert_int_equal(count_of(&types, RPH_SLOT_VALUE_OF, "song", "kitchen"), 0);
	assert_int_equal(count_of(&types, RPH_SLOT_VALUE, "", "kitchen"), 2);
	assert_int_equal(count_of(&types, RPH_SLOT_SAID, "", "kitchen"), 3);
	assert_int_equal(count_of(&types, RPH_SLOT_SAID, "", "new york"), 3);
	assert_int_equal(count_of(&types, RPH_SLOT_WORD_IN, "room", "bedroom"), 2);
	assert_int_equal(count_of(&types, RPH_SLOT_WORD_OUTSIDE, "", "weather"), 5);
	assert_int_equal(count_of(&types, RPH_SLOT_WORD_OUTSIDE, "", "kitchen"), 0);
	assert_int_equal(types.longest, strlen("new york city"));
	rph_slot_types_free(&types);
}

static void a_value_is_what_stands_in_slots_more_often_than_not(void **state)
{
	const struct rph_span en = RPH_SPAN("en-US");
	struct rph_slot_types types = school(*state, "en-US", english, RPH_ARRAY_LEN(english));

	assert_true(rph_slot_types_is_value(&types, en, RPH_SPAN("kitchen")));
	assert_true(rph_slot_types_is_value(&types, en, RPH_SPAN("tomorrow")));
	/* One wording only. */
	assert_false(rph_slot_types_is_value(&types, en, RPH_SPAN("noon")));
	/* Mostly beside slots, or in longer ones. */
	assert_false(rph_slot_types_is_value(&types, en, RPH_SPAN("news")));
	assert_false(rph_slot_types_is_value(&types, en, RPH_SPAN("new york")));
	/* Nothing is known of another locale. */
	assert_false(rph_slot_types_is_value(&types, RPH_SPAN("en-GB"), RPH_SPAN("kitchen")));
	rph_slot_types_free(&types);
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int compare_entries(const void *left, const void *right)
{
	const struct rph_slot_entry *a = left, *b = right;
	return (a->key > b->key) - (a->key < b->key);
}

static void assert_same(const struct rph_slot_types *a, const struct rph_slot_types *b)
{
	struct rph_slot_entry *lists[2];
	const struct rph_slot_types *both[2] = {a, b};

	assert_int_equal(a->count, b->count);
	assert_int_equal(a->longest, b->longest);
	for (int i = 0; i < 2; i++) {
		size_t used = 0;
		lists[i] = calloc(a->count + 1, sizeof(**lists));
		assert_non_null(lists[i]);
		for (size_t j = 0; j < both[i]->size; j++)
			if (both[i]->entries[j].key)
				lists[i][used++] = both[i]->entries[j];
		assert_int_equal(used, a->count);
		qsort(lists[i], used, sizeof(**lists), compare_entries);
	}
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(lists[0][i].key, lists[1][i].key);
		assert_int_equal(lists[0][i].count, lists[1][i].count);
	}
	free(lists[0]);
	free(lists[1]);
}

static void the_order_of_lessons_does_not_matter(void **state)
{
	struct rph_slot_types once = school(*state, "en-US", english, RPH_ARRAY_LEN(english));
	uint64_t seed = 4;

	for (int round = 0; round < 50; round++) {
		const char *shuffled[RPH_ARRAY_LEN(english)];
		memcpy(shuffled, english, sizeof(english));
		for (size_t i = RPH_ARRAY_LEN(english); i-- > 1;) {
			size_t j = next_random(&seed) % (i + 1);
			const char *swap = shuffled[i];
			shuffled[i] = shuffled[j];
			shuffled[j] = swap;
		}
		struct rph_slot_types types =
			school(*state, "en-US", shuffled, RPH_ARRAY_LEN(shuffled));
		assert_same(&once, &types);
		rph_slot_types_free(&types);
	}
	rph_slot_types_free(&once);
}

static void the_table_holds_more_facts_than_it_began_with(void **state)
{
	struct rph_slot_types types = {0};
	char marked[96];

	for (unsigned i = 0; i < 2000; i++) {
		snprintf(marked, sizeof(marked), "call [person=p%c%c%c] please", 'a' + i % 26,
			 'a' + i / 26 % 26, 'a' + i / 676);
		learn(&types, *state, "en-US", marked);
	}
	assert_int_equal(count_of(&types, RPH_SLOT_VALUE_OF, "person", "paaa"), 1);
	assert_int_equal(count_of(&types, RPH_SLOT_VALUE_OF, "person", "pxyc"), 1);
	assert_int_equal(count_of(&types, RPH_SLOT_WORD_OUTSIDE, "", "call"), 2000);
	assert_true(types.count > 4000);
	rph_slot_types_free(&types);
}

static void places_outside_the_text_are_refused(void **state)
{
	struct rph_slot_types types = {0};
	struct marked read;
	struct rph_arena arena;

	rph_arena_init(&arena, 1 << 20);
	read_marked("dim the [room=den]", &read);
	const struct rph_slot_lesson lesson = {RPH_SPAN("en-US"), &read.goal, &read.wording};
	read.wording.slots[0].end++;
	assert_int_not_equal(rph_slot_types_learn(&types, *state, &lesson, &arena), 0);
	assert_int_equal(types.count, 0);
	rph_arena_free(&arena);
}

/* ---- labels -----------------------------------------------------------------------------------
 */

static struct rph_projection project_if(struct rph_normaliser *normaliser,
					const struct rph_slot_types *types, const char *locale,
					const char *target, const char *source, bool proven)
{
	struct marked read;
	struct rph_arena arena;
	struct rph_projection projection;

	rph_arena_init(&arena, 1 << 24);
	read_marked(target, &read);
	const struct rph_projection_input input = {.goal = &read.goal,
						   .target = &read.wording,
						   .source = rph_span_of(source),
						   .locale = rph_span_of(locale),
						   .threshold = RPH_PROJECTION_THRESHOLD,
						   .types = types,
						   .proven = proven};
	assert_int_equal(rph_project(normaliser, &input, &arena, &projection), 0);
	rph_arena_free(&arena);
	return projection;
}

static struct rph_projection project(struct rph_normaliser *normaliser,
				     const struct rph_slot_types *types, const char *locale,
				     const char *target, const char *source)
{
	return project_if(normaliser, types, locale, target, source, false);
}

static const struct {
	const char *target, *source;
	enum rph_projection_status with, without;
} cases[] = {
	/* Known as something else, or to the letter. */
	{"play [song=kitchens]", "i want kitchen now", RPH_PROJECTION_MISTYPED, RPH_PROJECTED},
	{"play [song=kitchen]", "i want to hear kitchen", RPH_PROJECTED, RPH_PROJECTED},
	/* Another real word, but where the slot stands: misheard. */
	{"play [song=kitchens] at home", "play kitchen at home", RPH_PROJECTED, RPH_PROJECTED},
	/* Misheard, but known as nothing. */
	{"dim the [room=kitchen]", "dim the kitchin", RPH_PROJECTED, RPH_PROJECTED},
	/* Another value of the slot is as good as the first. */
	{"dim the [room=bedrooms]", "dim the bedroom", RPH_PROJECTED, RPH_PROJECTED},
	/* A word that stands beside slots. */
	{"tune to [station=k news]", "now the news", RPH_PROJECTION_MISTYPED, RPH_PROJECTED},
	/* Only words are missing. */
	{"hear [list=my lovely songs]", "lovely songs", RPH_PROJECTION_MISTYPED, RPH_PROJECTED},
	/* A piece of something longer that is known; unless the target says it, too. */
	{"what is up in [city=new york]", "is it cold in new york city", RPH_PROJECTION_MISTYPED,
	 RPH_PROJECTED},
	{"is [city=new york] city cold", "is it cold in new york city", RPH_PROJECTED,
	 RPH_PROJECTED},
	/* A value that only the source says. */
	{"light in the [room=kitchen]", "light in the kitchen tomorrow", RPH_PROJECTION_VALUE,
	 RPH_PROJECTED},
	{"light", "light in the kitchen", RPH_PROJECTION_VALUE, RPH_PROJECTED},
	{"light in the [room=kitchen] not tomorrow", "tomorrow kitchen light", RPH_PROJECTED,
	 RPH_PROJECTED},
	/* Said like a value only once, or seldom: nobody knows. */
	{"light in the [room=kitchen]", "light in the kitchen at noon", RPH_PROJECTED,
	 RPH_PROJECTED},
	{"light in the [room=kitchen]", "news light in the kitchen", RPH_PROJECTED, RPH_PROJECTED},
};

static void what_people_confirmed_decides_whether_a_label_stays(void **state)
{
	struct rph_slot_types types = school(*state, "en-US", english, RPH_ARRAY_LEN(english));

	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		struct rph_projection without =
			project(*state, NULL, "en-US", cases[i].target, cases[i].source);
		struct rph_projection with =
			project(*state, &types, "en-US", cases[i].target, cases[i].source);
		if (with.status != cases[i].with || without.status != cases[i].without)
			print_error("%s <- %s: %s, without %s\n", cases[i].source, cases[i].target,
				    rph_projection_name(with.status),
				    rph_projection_name(without.status));
		assert_int_equal(with.status, cases[i].with);
		assert_int_equal(without.status, cases[i].without);
	}
	rph_slot_types_free(&types);
}

static void
what_many_people_meant_may_leave_a_value_out_but_puts_none_in_a_wrong_place(void **state)
{
	struct rph_slot_types types = school(*state, "en-US", english, RPH_ARRAY_LEN(english));

	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		enum rph_projection_status wanted = cases[i].with;
		if (wanted == RPH_PROJECTION_VALUE)
			wanted = RPH_PROJECTED;
		assert_int_equal(
			project_if(*state, &types, "en-US", cases[i].target, cases[i].source, true)
				.status,
			wanted);
	}
	rph_slot_types_free(&types);
}

/* Two words sound like the wanted one; one of them is a room. */
static void of_two_homes_the_known_value_is_the_slots(void **state)
{
	static const char *const lessons[] = {"light in the [room=larder]",
					      "dim the [room=larder]"};
	struct rph_slot_types types = school(*state, "en-US", lessons, RPH_ARRAY_LEN(lessons));
	const char *target = "go to the [room=ladder]", *source = "to the lander or larder";
	struct rph_projection projection = project(*state, NULL, "en-US", target, source);

	assert_int_equal(projection.status, RPH_PROJECTION_AMBIGUOUS);
	projection = project(*state, &types, "en-US", target, source);
	assert_int_equal(projection.status, RPH_PROJECTED);
	assert_int_equal(projection.wording.slots[0].start, 17);
	assert_int_equal(projection.wording.slots[0].end, 23);
	assert_true(projection.confidence < RPH_PROJECTION_ONE);
	rph_slot_types_free(&types);
}

static void in_scripts_without_spaces_the_known_cut_is_taken(void **state)
{
	static const char *const lessons[] = {"[room=台所]の電気", "[room=台所]を明るく",
					      "[date=明日]の天気", "[date=明日]は雨"};
	struct rph_slot_types types = school(*state, "ja-JP", lessons, RPH_ARRAY_LEN(lessons));
	struct rph_projection projection =
		project(*state, &types, "ja-JP", "[room=台所]の電気をつけて", "台所を明るくして");

	assert_int_equal(projection.status, RPH_PROJECTED);
	assert_int_equal(projection.wording.slots[0].start, 0);
	assert_int_equal(projection.wording.slots[0].end, 2);
	projection = project(*state, &types, "ja-JP", "[room=台所]の電気をつけて",
			     "明日台所を明るくして");
	assert_int_equal(projection.status, RPH_PROJECTION_VALUE);
	rph_slot_types_free(&types);
}

/* Whatever was learned, the source says here what the target says. */
static void a_wording_projected_onto_itself_stays_whatever_was_learned(void **state)
{
	static const char *const words[] = {"dim",  "the",  "kitchen", "news",     "new",
					    "york", "city", "now",     "tomorrow", "owls"};
	static const char *const names[] = {"artist", "room", "zone"};
	uint64_t seed = 11;

	for (int round = 0; round < 300; round++) {
		struct rph_slot_types types = {0};
		char marked[7][160];
		for (unsigned i = 0; i < RPH_ARRAY_LEN(marked); i++) {
			char *at = marked[i];
			/* Each word once, so that no place is in doubt. */
			unsigned first = next_random(&seed) % 10,
				 count = 2 + next_random(&seed) % 5;
			unsigned slot = next_random(&seed) % count;
			for (unsigned j = 0; j < count; j++) {
				const char *word = words[(first + j * 3) % 10];
				const char *name = names[next_random(&seed) % 3];
				at += j == slot ? sprintf(at, "[%s=%s] ", name, word)
						: sprintf(at, "%s ", word);
			}
			at[-1] = '\0';
			learn(&types, *state, "en-US", marked[i]);
		}
		for (unsigned i = 1; i < RPH_ARRAY_LEN(marked); i++)
			recount(&types, *state, "en-US", marked[i]);
		struct marked read;
		read_marked(marked[0], &read);
		struct rph_projection projection =
			project(*state, &types, "en-US", marked[0], read.text);
		assert_int_equal(projection.status, RPH_PROJECTED);
		assert_int_equal(projection.confidence, RPH_PROJECTION_ONE);
		assert_int_equal(projection.wording.slots[0].start, read.wording.slots[0].start);
		rph_slot_types_free(&types);
	}
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
		cmocka_unit_test(a_wording_counts_once_for_what_it_holds),
		cmocka_unit_test(a_value_is_what_stands_in_slots_more_often_than_not),
		cmocka_unit_test(the_order_of_lessons_does_not_matter),
		cmocka_unit_test(the_table_holds_more_facts_than_it_began_with),
		cmocka_unit_test(places_outside_the_text_are_refused),
		cmocka_unit_test(what_people_confirmed_decides_whether_a_label_stays),
		cmocka_unit_test(
			what_many_people_meant_may_leave_a_value_out_but_puts_none_in_a_wrong_place),
		cmocka_unit_test(of_two_homes_the_known_value_is_the_slots),
		cmocka_unit_test(in_scripts_without_spaces_the_known_cut_is_taken),
		cmocka_unit_test(a_wording_projected_onto_itself_stays_whatever_was_learned),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
