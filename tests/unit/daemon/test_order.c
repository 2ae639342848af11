/* SPDX-License-Identifier: Apache-2.0
 *
 * test_order.c - orders: what is one, what it changes, and that each is answered once.
 */
#include "desk.h"

#include "daemon/errand.h"
#include "daemon/http_administration.h"

#define BRIGHT "make the kitchen bright"
#define LIGHT "turn on the kitchen light"

struct office {
	struct desk *desk;
	struct rph_deployment deployment;
	struct rph_buffer body;
	int error;
};

static int open_office(void **state)
{
	struct office *office = calloc(1, sizeof(*office));
	assert_non_null(office);
	assert_int_equal(open_desk((void **)&office->desk), 0);
	tell_desk(office->desk, &kitchen, 3);
	office->deployment.keys = test_keys(1);
	office->deployment.store = open_store(office->desk->place->store, RPH_STORE_WRITE);
	*state = office;
	return 0;
}

static int close_office(void **state)
{
	struct office *office = *state;
	rph_buffer_free(&office->body);
	rph_store_close(office->deployment.store);
	assert_int_equal(close_desk((void **)&office->desk), 0);
	free(office);
	return 0;
}

static void assert_not_read(enum rph_order_kind kind, const char *body, const char *part)
{
	struct rph_order order;
	const char *sentence = NULL;
	assert_int_equal(rph_order_read(kind, rph_span_of(body), &order, &sentence),
			 RPH_E_BAD_INPUT);
	assert_non_null(sentence);
	assert_says(sentence, part);
	rph_order_free(&order);
}

static void what_is_no_order_is_refused_with_a_sentence(void **state)
{
	(void)state;
	static const char *const reviews[][2] = {
		{"", "JSON object"},
		{"[]", "JSON object"},
		{"{} {}", "JSON object"},
		{"{\"decision\":\"deny\"", "JSON object"},
		{"{\"decision\":\"deny\"}", "missing"},
		{"{\"decision\":\"deny\",\"locale\":\"en\",\"source\":\"a\",\"target\":1}",
		 "string"},
		{"{\"decision\":\"maybe\",\"locale\":\"en\",\"source\":\"a\",\"target\":\"b\"}",
		 "approve"},
		{"{\"decision\":\"deny\",\"locale\":\"en\",\"source\":\"a\",\"target\":\"b\","
		 "\"sorce\":\"c\"}",
		 "not known"},
		{"{\"decision\":\"deny\",\"locale\":\"en\",\"source\":\"a\",\"source\":\"b\","
		 "\"target\":\"b\"}",
		 "JSON object"},
		{"{\"decision\":\"deny\",\"locale\":\"en\",\"source\":\"\xff\",\"target\":\"b\"}",
		 "UTF-8"},
		{"{\"decision\":\"deny\",\"locale\":\"en\",\"source\":\"a\\u0000\",\"target\":"
		 "\"b\"}",
		 "JSON object"},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(reviews); i++)
		assert_not_read(RPH_ORDER_REVIEW, reviews[i][0], reviews[i][1]);
	assert_not_read(RPH_ORDER_FORGET, "{}", "missing");
	assert_not_read(RPH_ORDER_FORGET, "{\"user_id\":\"\"}", "empty");
	assert_not_read(RPH_ORDER_FORGET, "{\"user_id\":\"u\",\"all\":\"yes\"}", "not known");
}

static unsigned carry_out(struct office *office, enum rph_order_kind kind, const char *body)
{
	struct rph_order order;
	const char *sentence = NULL;
	rph_buffer_free(&office->body);
	assert_int_equal(rph_order_read(kind, rph_span_of(body), &order, &sentence), 0);
	unsigned status = rph_order_execute(&order, &office->deployment, 1234567, &office->body,
					    &office->error);
	rph_order_free(&order);
	return status;
}

static void a_decision_is_kept_with_who_and_why(void **state)
{
	struct office *office = *state;
	struct rph_arena arena;
	struct rph_review review;
	struct rph_id source = id_of("en-US", BRIGHT), target = id_of("en-US", LIGHT);
	rph_arena_init(&arena, 1 << 20);
	assert_int_equal(carry_out(office, RPH_ORDER_REVIEW,
				   "{\"decision\":\"deny\",\"locale\":\"en-us\",\"source\":"
				   "\"Make the kitchen  BRIGHT!\",\"target\":\"" LIGHT
				   "\",\"note\":\"another room\",\"who\":\"night shift\"}"),
			 200);
	assert_string_equal(office->body.text,
			    "{\"decision\":\"denied\",\"locale\":\"en-US\",\"source\":\"" BRIGHT
			    "\",\"target\":\"" LIGHT "\"}\n");
	assert_int_equal(
		rph_store_get_review(office->deployment.store, &source, &target, &arena, &review),
		0);
	assert_int_equal(review.decision, RPH_DECISION_DENIED);
	assert_int_equal(review.at, 1234567);
	assert_true(rph_span_equal(review.note, RPH_SPAN("another room")));
	assert_true(rph_span_equal(review.who, RPH_SPAN("night shift")));
	assert_int_equal(
		carry_out(office, RPH_ORDER_REVIEW,
			  "{\"decision\":\"reset\",\"locale\":\"en-US\",\"source\":\"" BRIGHT
			  "\",\"target\":\"" LIGHT "\"}"),
		200);
	assert_int_equal(
		rph_store_get_review(office->deployment.store, &source, &target, &arena, &review),
		RPH_E_NOT_FOUND);
	rph_arena_free(&arena);
}

static void a_decision_about_nothing_changes_nothing_and_says_why(void **state)
{
	struct office *office = *state;
	static const struct {
		const char *body, *part;
		unsigned status;
	} cases[] = {
		{"{\"decision\":\"deny\",\"locale\":\"en-US\",\"source\":\"sing\",\"target\":"
		 "\"" LIGHT "\"}",
		 "source", 404},
		{"{\"decision\":\"deny\",\"locale\":\"en-US\",\"source\":\"" BRIGHT
		 "\",\"target\":\"sing\"}",
		 "target", 404},
		{"{\"decision\":\"deny\",\"locale\":\"english!\",\"source\":\"" BRIGHT
		 "\",\"target\":\"" LIGHT "\"}",
		 "language tag", 400},
		{"{\"decision\":\"deny\",\"locale\":\"en-US\",\"source\":\"" LIGHT
		 "\",\"target\":\"" LIGHT "!\"}",
		 "same", 400},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		assert_int_equal(carry_out(office, RPH_ORDER_REVIEW, cases[i].body),
				 cases[i].status);
		assert_says(office->body.text, cases[i].part);
		assert_int_equal(office->error, 0);
	}
	struct rph_store_info info;
	assert_int_equal(rph_store_info(office->deployment.store, &info), 0);
	assert_int_equal(info.reviews, 0);
}

static void a_user_is_forgotten_and_what_is_left_is_said(void **state)
{
	struct office *office = *state;
	assert_int_equal(carry_out(office, RPH_ORDER_FORGET, "{\"user_id\":\"nobody\"}"), 200);
	json_t *root = read_json(office->body.text);
	assert_int_equal(json_integer_value(json_object_get(root, "votes")), 0);
	assert_int_equal(json_array_size(json_object_get(root, "not_covered")), 3);
	assert_true(json_is_array(json_object_get(root, "exported_weeks")));
	json_decref(root);
}

/* ---- errands --------------------------------------------------------------------------------- */

static int answered;

static void count_answer(struct rph_errand *errand)
{
	answered++;
	rph_buffer_free(&errand->body);
}

static void every_errand_is_answered_once_and_none_is_taken_after_the_end(void **state)
{
	(void)state;
	struct rph_errands errands;
	struct rph_errand all[RPH_ERRANDS_MAX + 1] = {0};
	answered = 0;
	assert_int_equal(rph_errands_init(&errands), 0);
	for (size_t i = 0; i < RPH_ARRAY_LEN(all); i++) {
		all[i].on_answer = count_answer;
		assert_int_equal(rph_errands_put(&errands, &all[i]), i < RPH_ERRANDS_MAX);
	}
	assert_true(rph_errands_wait(&errands));
	assert_ptr_equal(rph_errands_take(&errands), &all[0]);
	assert_ptr_equal(rph_errands_take(&errands), &all[1]);
	rph_errand_refuse(&all[1], 503, "no");
	rph_errands_close(&errands);
	rph_errands_close(&errands);
	assert_int_equal(answered, RPH_ERRANDS_MAX - 1);
	assert_int_equal(all[2].status, 503);
	assert_false(rph_errands_wait(&errands));
	assert_false(rph_errands_put(&errands, &all[0]));
	assert_null(rph_errands_take(&errands));
	rph_errands_destroy(&errands);
}

/* ---- who may order --------------------------------------------------------------------------- */

static void only_our_own_page_and_no_page_at_all_may_order(void **state)
{
	(void)state;
	static const struct {
		struct rph_admin_headers headers;
		unsigned status;
	} cases[] = {
		{{"localhost:8080", NULL, "application/json", NULL}, 0},
		{{"localhost:8080", "http://localhost:8080", "Application/JSON; charset=utf-8",
		  "same-origin"},
		 0},
		{{"[::1]:80", "http://[::1]:80", "application/json", "none"}, 0},
		{{"localhost:8080", "http://localhost:8081", "application/json", NULL}, 403},
		{{"localhost:8080", "https://localhost:8080", "application/json", NULL}, 403},
		{{"localhost:8080", "http://localhost:8080.example.org", "application/json", NULL},
		 403},
		{{"localhost:8080", "null", "application/json", NULL}, 403},
		{{"localhost:8080", "", "application/json", NULL}, 403},
		{{NULL, "http://", "application/json", NULL}, 403},
		{{"localhost:8080", NULL, "application/json", "cross-site"}, 403},
		{{"localhost:8080", NULL, "application/json", "same-site"}, 403},
		{{"localhost:8080", NULL, NULL, NULL}, 415},
		{{"localhost:8080", NULL, "text/plain", NULL}, 415},
		{{"localhost:8080", NULL, "application/jsonp", NULL}, 415},
		{{"localhost:8080", NULL, "application/x-www-form-urlencoded", NULL}, 415},
		{{"localhost:8080", NULL, "text/plain; application/json", NULL}, 415},
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		const char *sentence = NULL;
		unsigned status = rph_admin_check(&cases[i].headers, &sentence);
		if (status != cases[i].status || (status && !sentence))
			fail_msg("case %zu: %u", i, status);
	}
}

static void the_page_takes_nothing_from_elsewhere(void **state)
{
	static const char *const paths[] = {"/review", "/review.css", "/review.js"};
	static const char *const never[] = {"http:",  "https:",  "innerHTML",     "eval(",
					    "style=", "onclick", "document.write"};
	struct rph_page page;
	(void)state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(paths); i++) {
		assert_true(rph_page_find(paths[i], &page));
		assert_true(page.len > 200);
		for (size_t j = 0; j < RPH_ARRAY_LEN(never); j++)
			assert_null(memmem(page.text, page.len, never[j], strlen(never[j])));
	}
	assert_false(rph_page_find("/review.html", &page));
	assert_false(rph_page_find("/", &page));
}

#define OFFICE_TEST(name) cmocka_unit_test_setup_teardown(name, open_office, close_office)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_order_is_refused_with_a_sentence),
		OFFICE_TEST(a_decision_is_kept_with_who_and_why),
		OFFICE_TEST(a_decision_about_nothing_changes_nothing_and_says_why),
		OFFICE_TEST(a_user_is_forgotten_and_what_is_left_is_said),
		cmocka_unit_test(every_errand_is_answered_once_and_none_is_taken_after_the_end),
		cmocka_unit_test(only_our_own_page_and_no_page_at_all_may_order),
		cmocka_unit_test(the_page_takes_nothing_from_elsewhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
