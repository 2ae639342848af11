/* SPDX-License-Identifier: Apache-2.0
 *
 * test_http_order.c - orders on their whole way: from the command's side over HTTP to whoever carries
 * them out, and back.
 */
#include "desk.h"

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/http.h"
#include "daemon/remote.h"

#define DENY                                                                         \
	"{\"decision\":\"deny\",\"locale\":\"en-US\",\"source\":\"make the kitchen " \
	"bright\",\"target\":\"turn on the kitchen light\"}"

enum { CROWD = 6, ORDERS_EACH = 12 };

struct office {
	struct desk *desk;
	struct rph_deployment deployment;
	struct rph_metrics *metrics;
	struct rph_errands errands;
	struct rph_http *http;
	pthread_t clerk;
	atomic_bool is_open;
	bool has_clerk;
};

/* As the service does it, without a loop. */
static void *work(void *context)
{
	struct office *office = context;
	while (atomic_load(&office->is_open)) {
		struct rph_errand *errand = rph_errands_take(&office->errands);
		int err;
		if (!errand) {
			usleep(500);
			continue;
		}
		errand->status = rph_order_execute(&errand->order, &office->deployment, 1,
						   &errand->body, &err);
		errand->on_answer(errand);
	}
	return NULL;
}

static void hire(struct office *office)
{
	atomic_store(&office->is_open, true);
	assert_int_equal(pthread_create(&office->clerk, NULL, work, office), 0);
	office->has_clerk = true;
}

static int open_office(void **state)
{
	struct office *office = calloc(1, sizeof(*office));
	struct rph_config_problems problems = {.count = 0};
	struct rph_config *config = NULL;
	assert_non_null(office);
	assert_int_equal(open_desk((void **)&office->desk), 0);
	tell_desk(office->desk, &kitchen, 8);
	office->deployment.keys = test_keys(1);
	office->deployment.store = open_store(office->desk->place->store, RPH_STORE_WRITE);
	assert_int_equal(
		rph_config_parse(RPH_SPAN("http:\n  max_connections: 16\n"), &config, &problems),
		0);
	rph_config_problems_free(&problems);
	assert_int_equal(rph_metrics_new(&office->metrics), 0);
	assert_int_equal(rph_errands_init(&office->errands), 0);
	const struct rph_http_options options = {
		.listen = "127.0.0.1:0",
		.config = config,
		.keys = &office->deployment.keys,
		.store = office->deployment.store,
		.metrics = office->metrics,
		.errands = &office->errands,
	};
	assert_int_equal(rph_http_start(&options, &office->http), 0);
	assert_int_equal(rph_remote_note_write(office->desk->place->store, "127.0.0.1:0",
					       rph_http_port(office->http)),
			 0);
	*state = office;
	return 0;
}

static int close_office(void **state)
{
	struct office *office = *state;
	atomic_store(&office->is_open, false);
	if (office->has_clerk)
		pthread_join(office->clerk, NULL);
	rph_errands_close(&office->errands);
	rph_http_stop(office->http);
	rph_errands_destroy(&office->errands);
	rph_metrics_free(office->metrics);
	rph_store_close(office->deployment.store);
	assert_int_equal(close_desk((void **)&office->desk), 0);
	free(office);
	return 0;
}

static unsigned send_order(struct office *office, const char *path, const char *body,
			   struct rph_buffer *answer)
{
	unsigned status = 0;
	assert_int_equal(rph_remote_post(office->desk->place->store, path, rph_span_of(body),
					 answer, &status),
			 0);
	return status;
}

static void an_order_is_carried_out_and_its_answer_comes_back(void **state)
{
	struct office *office = *state;
	RPH_BUFFER_CLEANUP struct rph_buffer answer = {0};
	struct rph_store_info info;
	hire(office);
	assert_int_equal(send_order(office, "/v1/review", DENY, &answer), 200);
	assert_says(answer.text, "\"decision\":\"denied\"");
	assert_int_equal(rph_store_info(office->deployment.store, &info), 0);
	assert_int_equal(info.reviews, 1);
}

static void what_is_no_order_never_reaches_who_carries_it_out(void **state)
{
	struct office *office = *state;
	static const struct {
		const char *path, *body;
		unsigned status;
	} cases[] = {
		{"/v1/review", "{}", 400},  {"/v1/review", "", 400},    {"/v1/forget", "[1]", 400},
		{"/v1/pairs", DENY, 405},   {"/v1/nothing", DENY, 405}, {"/review", DENY, 405},
		{"/v1/forget/", "{}", 405},
	};
	char *large = calloc(1, RPH_ORDER_BODY_MAX + 2);
	assert_non_null(large);
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		RPH_BUFFER_CLEANUP struct rph_buffer answer = {0};
		assert_int_equal(send_order(office, cases[i].path, cases[i].body, &answer),
				 cases[i].status);
		assert_says(answer.text, "\"error\":");
		assert_false(rph_errands_wait(&office->errands));
	}
	memset(large, ' ', RPH_ORDER_BODY_MAX + 1);
	RPH_BUFFER_CLEANUP struct rph_buffer answer = {0};
	assert_int_equal(send_order(office, "/v1/forget", large, &answer), 413);
	free(large);
}

struct orderer {
	struct office *office;
	pthread_t thread;
	unsigned done, refused;
};

static void *order_on(void *context)
{
	struct orderer *orderer = context;
	for (int i = 0; i < ORDERS_EACH; i++) {
		RPH_BUFFER_CLEANUP struct rph_buffer answer = {0};
		unsigned status = 0;
		int err = rph_remote_post(orderer->office->desk->place->store, "/v1/review",
					  RPH_SPAN(DENY), &answer, &status);
		orderer->done += !err && status == 200;
		orderer->refused += !err && status == 503;
	}
	return NULL;
}

static void order_in_a_crowd(struct office *office, struct orderer orderers[CROWD])
{
	for (int i = 0; i < CROWD; i++) {
		orderers[i] = (struct orderer){.office = office};
		assert_int_equal(pthread_create(&orderers[i].thread, NULL, order_on, &orderers[i]),
				 0);
	}
}

static void every_order_of_a_crowd_is_answered(void **state)
{
	struct office *office = *state;
	struct orderer orderers[CROWD];
	unsigned done = 0;
	hire(office);
	order_in_a_crowd(office, orderers);
	for (int i = 0; i < CROWD; i++) {
		pthread_join(orderers[i].thread, NULL);
		done += orderers[i].done;
	}
	assert_int_equal(done, CROWD * ORDERS_EACH);
}

static void orders_that_wait_at_the_end_are_refused_and_nobody_is_left_waiting(void **state)
{
	struct office *office = *state;
	struct orderer orderers[CROWD];
	unsigned refused = 0;
	order_in_a_crowd(office, orderers);
	for (int i = 0; i < 2000 && !rph_errands_wait(&office->errands); i++)
		usleep(1000);
	assert_true(rph_errands_wait(&office->errands));
	rph_errands_close(&office->errands);
	for (int i = 0; i < CROWD; i++) {
		pthread_join(orderers[i].thread, NULL);
		refused += orderers[i].refused;
	}
	assert_int_equal(refused, CROWD * ORDERS_EACH);
}

static void where_no_service_takes_orders_nothing_is_asked(void **state)
{
	struct office *office = *state;
	RPH_BUFFER_CLEANUP struct rph_buffer answer = {0};
	const char *store = office->desk->place->store;
	unsigned status = 0;
	/* The note of a process that was killed. */
	office->http = rph_http_stop(office->http);
	assert_int_equal(rph_remote_post(store, "/v1/review", RPH_SPAN(DENY), &answer, &status),
			 RPH_E_NOT_FOUND);
	rph_remote_note_remove(store);
	assert_int_equal(rph_remote_post(store, "/v1/review", RPH_SPAN(DENY), &answer, &status),
			 RPH_E_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_office, close_office)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_order_is_carried_out_and_its_answer_comes_back),
		TEST(what_is_no_order_never_reaches_who_carries_it_out),
		TEST(every_order_of_a_crowd_is_answered),
		TEST(orders_that_wait_at_the_end_are_refused_and_nobody_is_left_waiting),
		TEST(where_no_service_takes_orders_nothing_is_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
