/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_variants.c - which variants of rows enter a set.
 */
#include "week_world.h"

#include "store/week_variants.h"

/* A set with files of words. */
struct bench {
	struct rph_store *store;
	struct rph_arena arena;
	struct rph_keys keys;
	struct rph_word_file list[2];
	struct rph_word_files files;
	struct rph_week_words words;
	struct rph_week_export_options options;
	struct rph_week_rows rows;
	struct rph_week_summary summary;
};

static void set_up(struct bench *bench, const struct place *place, const char *lexicon,
		   const char *forms)
{
	struct rph_word_fault fault;

	memset(bench, 0, sizeof(*bench));
	bench->store = open_store(place->store, RPH_STORE_CREATE);
	bench->keys = test_keys(1);
	rph_arena_init(&bench->arena, SIZE_MAX);
	assert_int_equal(rph_word_list_parse(RPH_WORDS_LEXICON, rph_span_of(lexicon), &bench->arena,
					     &bench->list[0].list, &fault),
			 0);
	assert_int_equal(rph_word_list_parse(RPH_WORDS_MORPHOLOGY, rph_span_of(forms),
					     &bench->arena, &bench->list[1].list, &fault),
			 0);
	bench->list[0].name = bench->list[1].name = "en";
	bench->list[0].locale = bench->list[1].locale = RPH_SPAN("en");
	bench->files.list = bench->list;
	bench->files.count = 2;
	bench->words = (struct rph_week_words){.files = &bench->files,
					       .keys = &bench->keys,
					       .most = 8,
					       .share = 1000,
					       .weight = 500};
	bench->options = (struct rph_week_export_options){.pairs = pairs_of_this_week(),
							  .words = &bench->words};
	rph_week_rows_init(&bench->rows, 0, 0);
}

static void tear_down(struct bench *bench)
{
	rph_week_rows_free(&bench->rows);
	rph_arena_free(&bench->arena);
	rph_store_close(bench->store);
}

static struct rph_example *add_row(struct bench *bench, const char *text, const char *intent,
				   uint16_t weight)
{
	struct rph_week_rows *rows = &bench->rows;
	rows->examples = reallocarray(rows->examples, rows->count + 1, sizeof(*rows->examples));
	assert_non_null(rows->examples);
	struct rph_example *row = &rows->examples[rows->count++];
	*row = (struct rph_example){
		.text = rph_span_of(text),
		.locale = RPH_SPAN("en-US"),
		.domain = RPH_SPAN("d"),
		.intent = rph_span_of(intent),
		.weight = weight,
		.kind = "mined",
		.type = "paraphrase",
		.confidence = 1024,
		.users = 7,
		.days = 3,
		.first_week = 2940,
		.last_week = 2950,
		.source = rph_span_of(text),
		.target = RPH_SPAN("target"),
	};
	return row;
}

static void make(struct bench *bench)
{
	assert_int_equal(
		rph_week_variants_add(bench->store, &bench->options, &bench->rows, &bench->summary),
		0);
}

static const struct rph_example *row_of(const struct bench *bench, const char *text)
{
	for (size_t i = 0; i < bench->rows.count; i++)
		if (rph_span_equal(bench->rows.examples[i].text, rph_span_of(text)))
			return &bench->rows.examples[i];
	return NULL;
}

static void a_variant_says_what_it_is_and_where_it_comes_from(void **state)
{
	struct bench bench;
	set_up(&bench, *state, "light\tlamp\n", "set\tset\tV;PRS\nset\tsetted\tV;PST\n");
	add_row(&bench, "the light", "on", 901);
	add_row(&bench, "set it", "put", 1000);
	make(&bench);
	assert_int_equal(bench.rows.count, 4);
	assert_int_equal(bench.summary.variants[RPH_WORDS_LEXICON], 1);
	assert_int_equal(bench.summary.variants[RPH_WORDS_MORPHOLOGY], 1);
	const struct rph_example *row = row_of(&bench, "the lamp");
	assert_string_equal(row->kind, "lexicon");
	assert_string_equal(row->type, "");
	assert_int_equal(row->weight, 450);
	assert_int_equal(row->users, 7);
	assert_int_equal(row->last_week, 2950);
	assert_true(rph_span_equal(row->source, RPH_SPAN("the light")));
	assert_true(rph_span_equal(row->target, RPH_SPAN("target")));
	assert_string_equal(row_of(&bench, "setted it")->kind, "morphology");
	for (size_t i = 1; i < bench.rows.count; i++)
		assert_true(rph_example_compare(&bench.rows.examples[i - 1],
						&bench.rows.examples[i]) < 0);
	assert_int_equal(rph_week_variants_of(&bench.files, &bench.list[0], &bench.rows), 1);
	tear_down(&bench);
}

static void what_the_store_knows_is_never_made(void **state)
{
	const struct tale known = {.locale = "en-US",
				   .source = "the lamp",
				   .target = "something",
				   .domain = "d",
				   .intent = "other"};
	struct bench bench;

	set_up(&bench, *state, "light\tlamp\nlight\tLANTERN\n", "");
	tell_store(bench.store, &known, 1, 1);
	add_row(&bench, "The light!", "on", 900);
	make(&bench);
	assert_null(row_of(&bench, "The lamp!"));
	assert_int_equal(bench.summary.refused_variants[RPH_VARIANT_REFUSAL_known], 1);
	assert_non_null(row_of(&bench, "The LANTERN!"));
	tear_down(&bench);
}

static void a_private_set_does_not_ask_the_store(void **state)
{
	const struct rph_week_privacy privacy = {.params = {.epsilon = 1}};
	const struct tale known = {.locale = "en-US",
				   .source = "the lamp",
				   .target = "something",
				   .domain = "d",
				   .intent = "other"};
	struct bench bench;

	set_up(&bench, *state, "light\tlamp\n", "");
	tell_store(bench.store, &known, 1, 1);
	bench.options.privacy = &privacy;
	add_row(&bench, "the light", "on", 900);
	make(&bench);
	assert_non_null(row_of(&bench, "the lamp"));
	tear_down(&bench);
}

static void no_text_of_the_set_is_made_again_nor_one_of_another_intent(void **state)
{
	struct bench bench;

	set_up(&bench, *state, "a\tb\nc\td\n", "");
	add_row(&bench, "x a", "on", 900);
	add_row(&bench, "x b", "on", 900);
	add_row(&bench, "x c", "on", 900);
	add_row(&bench, "X D.", "off", 900)->source = RPH_SPAN("x d");
	make(&bench);
	assert_int_equal(bench.summary.refused_variants[RPH_VARIANT_REFUSAL_in_set], 2);
	/* "x d" by its formulation, "X C." is taken for the row "x c". */
	assert_int_equal(bench.summary.refused_variants[RPH_VARIANT_REFUSAL_two_intents], 2);
	assert_int_equal(bench.rows.count, 4);
	tear_down(&bench);
}

static void what_two_intents_lead_to_is_not_made_and_of_twins_the_heavier(void **state)
{
	struct bench bench;

	set_up(&bench, *state, "a\tq\nb\tq\n", "");
	add_row(&bench, "x a", "on", 900);
	add_row(&bench, "x b", "off", 900);
	add_row(&bench, "y a", "on", 900);
	add_row(&bench, "y b", "on", 800);
	make(&bench);
	assert_null(row_of(&bench, "x q"));
	assert_int_equal(row_of(&bench, "y q")->weight, 450);
	assert_int_equal(bench.summary.refused_variants[RPH_VARIANT_REFUSAL_two_intents], 2);
	assert_int_equal(bench.summary.refused_variants[RPH_VARIANT_REFUSAL_in_set], 1);
	tear_down(&bench);
}

static void the_hold_out_and_listed_intents_have_no_variants(void **state)
{
	static const struct rph_span listed[] = {{"pay*", 4}};
	struct bench bench;

	set_up(&bench, *state, "a\tb\n", "");
	bench.options.pairs.promotion.protected_intents = listed;
	bench.options.pairs.promotion.protected_count = 1;
	add_row(&bench, "x a", "pay_bill", 900);
	add_row(&bench, "y a", "on", 900)->holdout = true;
	add_row(&bench, "z a", "on", 1);
	make(&bench);
	assert_int_equal(bench.rows.count, 3);
	assert_int_equal(bench.summary.refused_variants[RPH_VARIANT_REFUSAL_listed_intent], 1);
	tear_down(&bench);
}

static void rows_and_intents_have_so_many_at_most(void **state)
{
	char texts[10][32];
	struct bench bench;

	set_up(&bench, *state, "a\tb\na\tc\na\td\na\te\n", "");
	bench.words.most = 2;
	bench.words.share = 500;
	for (unsigned i = 0; i < 10; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%s number %c a", i < 2 ? "few" : "many",
			 (int)('k' + i));
		add_row(&bench, texts[i], i < 2 ? "few" : "many", (uint16_t)(500 + 10 * i));
	}
	make(&bench);
	/* Half as many as rows: one of two, four of eight. */
	assert_int_equal(bench.summary.variants[RPH_WORDS_LEXICON], 5);
	assert_int_equal(bench.summary.refused_variants[RPH_VARIANT_REFUSAL_intent_full], 15);
	for (size_t i = 0; i < bench.rows.count; i++)
		if (strcmp(bench.rows.examples[i].kind, "mined") != 0)
			assert_true(bench.rows.examples[i].weight == 255 ||
				    bench.rows.examples[i].weight >= 290);
	tear_down(&bench);
}

static void variants_do_not_exceed_what_an_intent_may_have(void **state)
{
	struct bench bench;

	set_up(&bench, *state, "a\tb\n", "");
	bench.options.max_intent_rows = 3;
	add_row(&bench, "x a", "on", 900);
	add_row(&bench, "y a", "on", 800);
	make(&bench);
	assert_int_equal(bench.rows.count, 3);
	assert_non_null(row_of(&bench, "x b"));
	tear_down(&bench);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_variant_says_what_it_is_and_where_it_comes_from),
		TEST(what_the_store_knows_is_never_made),
		TEST(a_private_set_does_not_ask_the_store),
		TEST(no_text_of_the_set_is_made_again_nor_one_of_another_intent),
		TEST(what_two_intents_lead_to_is_not_made_and_of_twins_the_heavier),
		TEST(the_hold_out_and_listed_intents_have_no_variants),
		TEST(rows_and_intents_have_so_many_at_most),
		TEST(variants_do_not_exceed_what_an_intent_may_have),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
