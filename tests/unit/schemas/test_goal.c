/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/goal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/error.h"
#include "tests/unit/schemas/random_text.h"

enum { MOST_SLOTS = 5, ROUNDS = 20000 };

/* A goal with the memory of its texts. */
struct sample {
	struct rph_goal goal;
	struct rph_goal_slot slots[MOST_SLOTS];
	char bytes[3 + 2 * MOST_SLOTS][RANDOM_TEXT_SIZE];
};

static void make_sample(struct sample *sample, uint64_t *random)
{
	sample->goal = (struct rph_goal){.slots = sample->slots};
	sample->goal.is_text = next_random(random) % 8 == 0;
	if (sample->goal.is_text) {
		sample->goal.text = random_text(random, sample->bytes[0]);
		return;
	}
	sample->goal.domain = random_text(random, sample->bytes[1]);
	sample->goal.intent = random_text(random, sample->bytes[2]);
	sample->goal.slot_count = (uint32_t)(next_random(random) % (MOST_SLOTS + 1));
	for (uint32_t i = 0; i < sample->goal.slot_count; i++) {
		sample->slots[i].name = random_text(random, sample->bytes[3 + 2 * i]);
		sample->slots[i].value = random_text(random, sample->bytes[4 + 2 * i]);
	}
}

static struct rph_span write_goal(struct rph_goal *goal, struct rph_arena *arena)
{
	struct rph_span canonical;
	assert_int_equal(rph_goal_write(goal, arena, &canonical), 0);
	return canonical;
}

/* Of goals whose slots are sorted. */
static bool goals_equal(const struct rph_goal *a, const struct rph_goal *b)
{
	if (a->is_text != b->is_text || a->slot_count != b->slot_count ||
	    !rph_span_equal(a->text, b->text) || !rph_span_equal(a->domain, b->domain) ||
	    !rph_span_equal(a->intent, b->intent))
		return false;
	for (uint32_t i = 0; i < a->slot_count; i++)
		if (!rph_span_equal(a->slots[i].name, b->slots[i].name) ||
		    !rph_span_equal(a->slots[i].value, b->slots[i].value))
			return false;
	return true;
}

static void assert_written(struct rph_goal goal, const char *text)
{
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	struct rph_span canonical = write_goal(&goal, &arena);
	assert_int_equal(canonical.len, strlen(text));
	assert_memory_equal(canonical.ptr, text, canonical.len);
	rph_arena_free(&arena);
}

static void slots_are_written_by_name_then_value(void **state)
{
	(void)state;
	struct rph_goal_slot slots[] = {{RPH_SPAN("room"), RPH_SPAN("attic")},
					{RPH_SPAN("device"), RPH_SPAN("lamp")},
					{RPH_SPAN("device"), RPH_SPAN("fan")}};
	assert_written((struct rph_goal){.domain = RPH_SPAN("home"),
					 .intent = RPH_SPAN("off"),
					 .slots = slots,
					 .slot_count = 3},
		       "home|off|device=fan|device=lamp|room=attic");
}

static void separators_inside_of_names_are_escaped(void **state)
{
	(void)state;
	struct rph_goal_slot slots[] = {{RPH_SPAN("a=b"), RPH_SPAN("c|d\\")}};
	assert_written((struct rph_goal){.domain = RPH_SPAN("=x"), .slots = slots, .slot_count = 1},
		       "\\=x||a\\=b=c\\|d\\\\");
	assert_written((struct rph_goal){.is_text = true, .text = RPH_SPAN("a|b=c\\")}, "=a|b=c\\");
	assert_written((struct rph_goal){0}, "|");
}

static void what_was_written_is_read_back(void **state)
{
	(void)state;
	uint64_t random = 1;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	for (int i = 0; i < ROUNDS; i++) {
		struct sample sample;
		struct rph_goal read;
		make_sample(&sample, &random);
		struct rph_span canonical = write_goal(&sample.goal, &arena);
		assert_int_equal(rph_goal_read(canonical, &arena, &read), 0);
		assert_true(goals_equal(&sample.goal, &read));
		assert_true(rph_span_equal(write_goal(&read, &arena), canonical));
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

/* Few texts, so that equal goals and near misses are common. */
static void make_small(struct sample *sample, uint64_t *random)
{
	static const char *const texts[] = {"", "a", "|", "=", "\\", "a|", "=a", "\\|"};
	struct rph_span *spans[] = {&sample->goal.domain,   &sample->goal.intent,
				    &sample->slots[0].name, &sample->slots[0].value,
				    &sample->slots[1].name, &sample->slots[1].value};
	sample->goal = (struct rph_goal){.slots = sample->slots};
	for (size_t i = 0; i < RPH_ARRAY_LEN(spans); i++)
		*spans[i] = rph_span_of(texts[next_random(random) % RPH_ARRAY_LEN(texts)]);
	sample->goal.slot_count = (uint32_t)(next_random(random) % 3);
	if (next_random(random) % 4 == 0) {
		sample->goal = (struct rph_goal){.is_text = true, .text = sample->goal.domain};
		sample->goal.slots = sample->slots;
	}
}

static void two_goals_are_written_alike_only_if_they_are_equal(void **state)
{
	(void)state;
	uint64_t random = 2;
	unsigned alike = 0;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	for (int i = 0; i < 20 * ROUNDS; i++) {
		struct sample a, b;
		make_small(&a, &random);
		make_small(&b, &random);
		struct rph_span a_text = write_goal(&a.goal, &arena);
		struct rph_span b_text = write_goal(&b.goal, &arena);
		bool same = rph_span_equal(a_text, b_text);
		assert_int_equal(same, goals_equal(&a.goal, &b.goal));
		alike += same;
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
	assert_true(alike > 1000);
}

static void the_order_of_slots_does_not_matter(void **state)
{
	(void)state;
	uint64_t random = 3;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	for (int i = 0; i < ROUNDS; i++) {
		struct sample sample;
		make_sample(&sample, &random);
		struct rph_goal_slot shuffled[MOST_SLOTS];
		memcpy(shuffled, sample.slots, sizeof(shuffled));
		for (uint32_t k = sample.goal.slot_count; k > 1; k--) {
			uint32_t with = (uint32_t)(next_random(&random) % k);
			struct rph_goal_slot slot = shuffled[k - 1];
			shuffled[k - 1] = shuffled[with];
			shuffled[with] = slot;
		}
		struct rph_goal other = sample.goal;
		other.slots = shuffled;
		assert_true(rph_span_equal(write_goal(&sample.goal, &arena),
					   write_goal(&other, &arena)));
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
}

static void what_is_not_canonical_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",       "home",  "home|off|",   "home|off|room", "a|b|c=d=e",
		"a=b|c",  "a|b=c", "a|b|z=1|a=1", "a|b|a=2|a=1",   "a|b\\",
		"a\\b|c", "\\",    "a|b|c=d|",    "a|b||c=d",      "a|b|c=\\x"};
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++) {
		struct rph_goal goal;
		assert_int_equal(rph_goal_read(rph_span_of(texts[i]), &arena, &goal),
				 RPH_E_BAD_INPUT);
	}
	rph_arena_free(&arena);
}

/* Whatever is read at all is written again byte by byte. */
static void only_canonical_texts_are_read(void **state)
{
	(void)state;
	uint64_t random = 4;
	unsigned read_count = 0;
	struct rph_arena arena;
	rph_arena_init(&arena, 1 << 20);
	for (int i = 0; i < 10 * ROUNDS; i++) {
		char text[12];
		struct rph_goal goal;
		size_t len = next_random(&random) % sizeof(text);
		for (size_t k = 0; k < len; k++)
			text[k] = "ab|=\\"[next_random(&random) % 5];
		struct rph_span span = {text, len};
		if (rph_goal_read(span, &arena, &goal) == 0) {
			assert_true(rph_span_equal(write_goal(&goal, &arena), span));
			read_count++;
		}
		rph_arena_reset(&arena);
	}
	rph_arena_free(&arena);
	assert_true(read_count > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_written_by_name_then_value),
		cmocka_unit_test(separators_inside_of_names_are_escaped),
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(two_goals_are_written_alike_only_if_they_are_equal),
		cmocka_unit_test(the_order_of_slots_does_not_matter),
		cmocka_unit_test(what_is_not_canonical_is_refused),
		cmocka_unit_test(only_canonical_texts_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
