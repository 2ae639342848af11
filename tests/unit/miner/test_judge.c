/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "miner/judge.h"
#include "turns.h"

/* The model as the table has it, for computing it another way. */
static const int weights[RPH_FEATURE_COUNT] = {
#define RPH_JUDGE_BIAS(weight)
#define RPH_JUDGE_WEIGHT(feature, weight) [RPH_FEATURE_##feature] = (weight),
#include "miner/judge_weights.def"
#undef RPH_JUDGE_BIAS
#undef RPH_JUDGE_WEIGHT
};

static const int bias = 0
#define RPH_JUDGE_BIAS(weight) +(weight)
#define RPH_JUDGE_WEIGHT(feature, weight)
#include "miner/judge_weights.def"
#undef RPH_JUDGE_BIAS
#undef RPH_JUDGE_WEIGHT
	;

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

static uint64_t next_random(uint64_t *seed)
{
	*seed += 0x9E3779B97F4A7C15u;
	uint64_t z = *seed;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static struct rph_features random_features(uint64_t *seed)
{
	struct rph_features features;
	/* Few or many features at work: logits near zero and far from it. */
	uint64_t rare = 1 + next_random(seed) % 8;
	for (int i = 0; i < RPH_FEATURE_COUNT; i++) {
		uint64_t dice = next_random(seed);
		features.value[i] = dice % rare ? 0 : (uint16_t)(dice / 8 % (RPH_FEATURE_ONE + 1));
	}
	return features;
}

static long logit_of(const struct rph_features *features)
{
	long sum = 0;
	for (int i = 0; i < RPH_FEATURE_COUNT; i++)
		sum += (long)weights[i] * features->value[i];
	return bias + sum / RPH_FEATURE_ONE;
}

static void p_is_the_rounded_sigmoid_of_the_logit(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (int run = 0; run < 200000; run++) {
		struct rph_features features = random_features(&seed);
		double share = 1.0 / (1.0 + exp(-(double)logit_of(&features) / 1024.0));
		double wanted = floor(256.0 * share + 0.5);
		wanted = wanted < 1 ? 1 : wanted > 255 ? 255 : wanted;
		assert_int_equal(rph_judge_probability(NULL, &features), (int)wanted);
	}
}

static void p_rises_with_the_logit(void **state)
{
	(void)state;
	uint64_t seed = 2;
	for (int run = 0; run < 100000; run++) {
		struct rph_features a = random_features(&seed), b = random_features(&seed);
		uint16_t p = rph_judge_probability(NULL, &a), q = rph_judge_probability(NULL, &b);
		if (logit_of(&a) <= logit_of(&b))
			assert_true(p <= q);
		else
			assert_true(p >= q);
	}
}

static void no_transition_is_certain(void **state)
{
	(void)state;
	struct rph_features most = {{0}}, least = {{0}};
	for (int i = 0; i < RPH_FEATURE_COUNT; i++) {
		most.value[i] = weights[i] > 0 ? RPH_FEATURE_ONE : 0;
		least.value[i] = weights[i] < 0 ? RPH_FEATURE_ONE : 0;
	}
	assert_int_equal(rph_judge_probability(NULL, &most), 255);
	assert_int_equal(rph_judge_probability(NULL, &least), 1);
}

/* Above every p, or below: the type is then a matter of the rules, not of the weights. */
enum { NEVER = 256, ALWAYS = 1 };

static struct rph_judgement judge(struct fixture *fixture, const struct told_turn *first,
				  const struct told_turn *second, uint16_t accept)
{
	struct rph_judge_params params = {
		.rephrase_gap = 90000, .max_distance = 3, .accept = accept};
	const struct rph_comparer comparer = {&params, fixture->normaliser, &fixture->arena};
	struct rph_turn *turns[2] = {make_turn(first), make_turn(second)};
	struct rph_turn_view views[2];
	struct rph_judgement ret;
	for (int i = 0; i < 2; i++)
		assert_int_equal(rph_turn_view_make(&comparer, turns[i], &views[i]), 0);
	assert_int_equal(rph_judge(&comparer, &views[0], &views[1], 2, NULL, &ret), 0);
	rph_turns_free(turns[0]);
	rph_turns_free(turns[1]);
	rph_arena_reset(&fixture->arena);
	return ret;
}

static void what_is_accepted_is_a_repeat_a_repair_or_a_paraphrase(void **state)
{
	static const struct {
		const char *first, *second;
		enum rph_edge type;
	} examples[] = {
		{"turn it up", "turn it up", RPH_EDGE_repeat},
		{"turn it up", "turn it cup", RPH_EDGE_repair},
		{"lauter bitte", "mach es lauter", RPH_EDGE_paraphrase},
		{"müzik aç", "müzik ac", RPH_EDGE_repair},
		{"ışıkları söndür", "lambayı kapat", RPH_EDGE_paraphrase},
		{"電気をつけて", "電気を付けて", RPH_EDGE_repair},
		{"電気をつけて", "明かりがほしい", RPH_EDGE_paraphrase},
		{"เปิดไฟ", "เปิดไฟ", RPH_EDGE_repeat},
		{"شغل الضوء", "شغل الضو", RPH_EDGE_repair},
		{"شغل الضوء", "أريد نورا", RPH_EDGE_paraphrase},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(examples); i++) {
		struct told_turn first = {.event_id = "1", .text = examples[i].first};
		struct told_turn second = {.event_id = "2", .at = 5, .text = examples[i].second};
		struct rph_judgement got = judge(*state, &first, &second, ALWAYS);
		if (got.type != examples[i].type)
			fail_msg("%s / %s: %s", first.text, second.text, rph_edge_name(got.type));
		assert_true(got.accepted);
	}
}

static void a_hypothesis_that_is_said_next_is_a_repair(void **state)
{
	struct told_turn first = {.event_id = "1", .text = "call a cab", .nbest = "recall the tab"};
	struct told_turn second = {.event_id = "2", .text = "recall the tab"};
	assert_int_equal(judge(*state, &first, &second, ALWAYS).type, RPH_EDGE_repair);
}

static void what_is_refused_is_a_correction_or_a_new_request(void **state)
{
	static const struct {
		struct told_turn first, second;
		enum rph_edge type;
	} examples[] = {
		{{.text = "set it to 20", .goal = "heating|set|temperature=20"},
		 {.text = "set it to 22", .goal = "heating|set|temperature=22"},
		 RPH_EDGE_correction},
		{{.text = "set it to 20", .goal = "heating|set|temperature=20"},
		 {.text = "play jazz", .goal = "music|play|genre=jazz"},
		 RPH_EDGE_new_request},
		/* Not understood, but most of it was said before. */
		{{.text = "wake me at six"},
		 {.text = "wake me at six thirty"},
		 RPH_EDGE_correction},
		{{.text = "wake me at six"}, {.text = "good night"}, RPH_EDGE_new_request},
		{{.text = "stell den wecker"}, {.text = "stell den wecker"}, RPH_EDGE_repeat},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(examples); i++) {
		struct told_turn first = examples[i].first, second = examples[i].second;
		first.event_id = second.event_id = "e";
		struct rph_judgement got = judge(*state, &first, &second, NEVER);
		if (got.type != examples[i].type)
			fail_msg("%s / %s: %s", first.text, second.text, rph_edge_name(got.type));
		assert_false(got.accepted);
	}
}

static void a_judgement_says_how_far_apart_the_turns_are(void **state)
{
	struct told_turn first = {.event_id = "1", .at = 1000, .text = "a"};
	struct told_turn second = {.event_id = "2", .at = 31000, .text = "b"};
	struct rph_judgement got = judge(*state, &first, &second, ALWAYS);
	assert_int_equal(got.distance, 2);
	assert_int_equal(got.gap, 30000);
	assert_int_equal(got.p, rph_judge_probability(NULL, &got.features));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p_is_the_rounded_sigmoid_of_the_logit),
		cmocka_unit_test(p_rises_with_the_logit),
		cmocka_unit_test(no_transition_is_certain),
		cmocka_unit_test(what_is_accepted_is_a_repeat_a_repair_or_a_paraphrase),
		cmocka_unit_test(a_hypothesis_that_is_said_next_is_a_repair),
		cmocka_unit_test(what_is_refused_is_a_correction_or_a_new_request),
		cmocka_unit_test(a_judgement_says_how_far_apart_the_turns_are),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
