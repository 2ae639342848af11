/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"
#include "spin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "daemon/command_explain.h"
#include "daemon/command_review.h"
#include "daemon/command_rewrite.h"
#include "daemon/http.h"
#include "daemon/reload.h"
#include "schemas/json_text.h"

enum { CONNECTIONS = 8 };

struct server {
	struct desk *desk;
	struct rph_store *store;
	struct rph_config *config;
	struct rph_metrics *metrics;
	struct rph_http *http;
	atomic_bool is_ready;
};

static bool is_ready(void *context, struct rph_buffer *reasons)
{
	struct server *server = context;
	if (!atomic_load(&server->is_ready))
		rph_json_string(reasons, RPH_SPAN("the broker does not answer"));
	return atomic_load(&server->is_ready);
}

static int start_server(void **state)
{
	struct server *server = calloc(1, sizeof(*server));
	struct rph_keys keys = test_keys(1);
	struct rph_config *clone = NULL;
	struct rph_config_problems problems = {.count = 0};
	assert_non_null(server);
	assert_int_equal(open_desk((void **)&server->desk), 0);
	tell_desk(server->desk, &kitchen, 8);
	tell_desk(server->desk, &song, 2);
	assert_int_equal(ASK(server->desk, rph_command_review, A("reset"),
			     A("make the kitchen bright"), A("turn on the kitchen light"),
			     A("--locale"), A("en-US")),
			 0);
	server->store = open_store(server->desk->place->store, RPH_STORE_WRITE);
	assert_int_equal(rph_config_parse(RPH_SPAN("http:\n  max_connections: 8\n  timeout: 1s\n"),
					  &server->config, &problems),
			 0);
	rph_config_problems_free(&problems);
	assert_int_equal(rph_config_clone(server->config, &clone), 0);
	assert_int_equal(rph_metrics_new(&server->metrics), 0);
	const struct rph_http_options options = {
		.listen = "127.0.0.1:0",
		.config = clone,
		.keys = &keys,
		.store = server->store,
		.metrics = server->metrics,
		.is_ready = is_ready,
		.context = server,
	};
	assert_int_equal(rph_http_start(&options, &server->http), 0);
	assert_true(rph_http_port(server->http) > 0);
	*state = server;
	return 0;
}

static int stop_server(void **state)
{
	struct server *server = *state;
	rph_http_stop(server->http);
	rph_metrics_free(server->metrics);
	rph_config_free(server->config);
	rph_store_close(server->store);
	assert_int_equal(close_desk((void **)&server->desk), 0);
	free(server);
	return 0;
}

/* ---- a client ------------------------------------------------------------------------------- */

static int dial(const struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(rph_http_port(server->http)),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {20, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
		if (sent <= 0)
			return; /* it may have had enough of us */
		text += sent;
		len -= (size_t)sent;
	}
}

struct reply {
	unsigned status;
	char *text, *body; /* `text` is malloc'd */
};

static void free_reply(struct reply *reply)
{
	free(reply->text);
}
#define REPLY __attribute__((cleanup(free_reply))) struct reply

/* Until the other side closes. */
static struct reply hear(int fd)
{
	struct reply reply = {0};
	size_t len = 0, size = 1 << 16;
	ssize_t got;
	reply.text = calloc(1, size);
	assert_non_null(reply.text);
	while ((got = recv(fd, reply.text + len, size - len - 1, 0)) > 0) {
		len += (size_t)got;
		if (size - len < 1000) {
			size *= 2;
			reply.text = realloc(reply.text, size);
			assert_non_null(reply.text);
		}
	}
	assert_false(got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
	reply.text[len] = '\0';
	close(fd);
	if (sscanf(reply.text, "HTTP/1.1 %u", &reply.status) != 1)
		reply.status = 0;
	reply.body = strstr(reply.text, "\r\n\r\n");
	reply.body = reply.body ? reply.body + 4 : reply.text + len;
	return reply;
}

static struct reply request(const struct server *server, const char *head)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	int fd = dial(server);
	rph_buffer_format(&text, "%s\r\nConnection: close\r\n\r\n", head);
	say(fd, text.text, text.len);
	return hear(fd);
}

static struct reply get(const struct server *server, const char *path)
{
	char head[4096];
	snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: localhost", path);
	return request(server, head);
}

static void assert_refused(const struct server *server, const char *path, unsigned status,
			   const char *part)
{
	REPLY reply = get(server, path);
	assert_int_equal(reply.status, status);
	json_t *root = read_json(reply.body);
	assert_says(json_string_value(json_object_get(root, "error")), part);
	json_decref(root);
}

/* ---- probes --------------------------------------------------------------------------------- */

static void live_is_said_always_and_ready_with_its_reasons(void **state)
{
	struct server *server = *state;
	REPLY live = get(server, "/live");
	assert_int_equal(live.status, 200);
	REPLY not_ready = get(server, "/ready");
	assert_int_equal(not_ready.status, 503);
	assert_says(not_ready.text, "Retry-After: ");
	assert_string_equal(not_ready.body,
			    "{\"ready\":false,\"reasons\":[\"the broker does not answer\"]}\n");
	atomic_store(&server->is_ready, true);
	REPLY ready = get(server, "/ready");
	assert_int_equal(ready.status, 200);
	assert_string_equal(ready.body, "{\"ready\":true,\"reasons\":[]}\n");
	REPLY version = get(server, "/version");
	assert_int_equal(version.status, 200);
	assert_says(version.body, "{\"name\":\"rephrased\",\"version\":\"");
}

static void the_metrics_count_the_requests_before(void **state)
{
	struct server *server = *state;
	REPLY first = get(server, "/live");
	REPLY second = get(server, "/nothing");
	REPLY page = get(server, "/metrics");
	assert_int_equal(page.status, 200);
	assert_says(page.text, "Content-Type: text/plain; version=0.0.4");
	assert_says(page.body, "rephrased_http_requests_total{result=\"answered\"} 1\n");
	assert_says(page.body, "rephrased_http_requests_total{result=\"refused\"} 1\n");
	assert_int_equal(second.status, 404);
}

/* ---- questions ------------------------------------------------------------------------------ */

static void a_rewrite_is_what_the_command_line_says(void **state)
{
	struct server *server = *state;
	REPLY reply =
		get(server, "/v1/rewrite?locale=en-us&utterance=Make+the%20kitchen%20bright!");
	assert_int_equal(reply.status, 200);
	json_t *root = read_json(reply.body);
	assert_string_equal(json_string_value(json_object_get(root, "utterance")),
			    "Make the kitchen bright!");
	assert_string_equal(json_string_value(json_object_get(root, "rewrite")),
			    "turn on the kitchen light");
	assert_string_equal(json_string_value(json_object_get(root, "arm")), "treated");
	json_decref(root);
	unsigned held_back = 0;
	for (int user = 0; user < 200; user++) {
		char path[128];
		snprintf(path, sizeof(path),
			 "/v1/rewrite?locale=en-us&utterance=make+the+kitchen+bright&user=u%d",
			 user);
		REPLY told = get(server, path);
		held_back += strstr(told.body, "\"arm\":\"holdout\"") != NULL;
	}
	assert_in_range(held_back, 2, 25); /* 10 are expected */
	REPLY none = get(server, "/v1/rewrite?utterance=sing&locale=en-US");
	assert_string_equal(none.body,
			    "{\"utterance\":\"sing\",\"rewrite\":null,\"rewriter\":null,\"p\":0.0,"
			    "\"why\":\"no rewrite is published\",\"arm\":null}\n");
}

static void an_explanation_is_byte_for_byte_that_of_the_command_line(void **state)
{
	struct server *server = *state;
	REPLY reply =
		get(server, "/v1/explain?locale=en-US&utterance=make%20the%20kitchen%20bright");
	assert_int_equal(reply.status, 200);
	server->http = rph_http_stop(server->http);
	server->store = rph_store_close(server->store);
	assert_int_equal(ASK(server->desk, rph_command_explain, A("-l"), A("en-US"), A("--json"),
			     A("make the kitchen bright")),
			 0);
	assert_string_equal(reply.body, server->desk->output);
}

static void pairs_are_the_best_first_and_may_be_chosen(void **state)
{
	struct server *server = *state;
	REPLY reply = get(server, "/v1/pairs");
	assert_int_equal(reply.status, 200);
	json_t *root = read_json(reply.body);
	const json_t *pairs = json_object_get(root, "pairs");
	assert_int_equal(json_array_size(pairs), 2);
	assert_int_equal(json_integer_value(json_object_get(root, "total")), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(pairs, 0), "source")),
			    "make the kitchen bright");
	json_decref(root);
	REPLY one = get(server, "/v1/pairs?limit=1");
	root = read_json(one.body);
	assert_int_equal(json_array_size(json_object_get(root, "pairs")), 1);
	assert_int_equal(json_integer_value(json_object_get(root, "total")), 2);
	json_decref(root);
	REPLY pending = get(server, "/v1/pairs?status=pending&locale=en-US");
	root = read_json(pending.body);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(root, "pairs"), 0), "source")),
			    "put on mourning dew");
	json_decref(root);
	REPLY none = get(server, "/v1/pairs?locale=ja-JP");
	assert_int_equal(none.status, 200);
	assert_says(none.body, "\"total\":0,\"pairs\":[]}");
}

static void a_bad_question_is_answered_with_what_is_wrong(void **state)
{
	struct server *server = *state;
	assert_refused(server, "/v1/rewrite?utterance=x", 400, "locale is missing");
	assert_refused(server, "/v1/rewrite?locale=en-US", 400, "utterance is missing");
	assert_refused(server, "/v1/explain?locale=english!&utterance=x", 400, "language tag");
	assert_refused(server, "/v1/explain?locale=en-US&utterance=%ff%fe", 400, "UTF-8");
	assert_refused(server, "/v1/explain?locale=en-US&utterance=nobody+said+this", 404,
		       "nobody");
	assert_refused(server, "/v1/explain?locale=en-US&utterance=x&week=2026-W99", 400, "week");
	assert_refused(server, "/v1/pairs?status=good", 400, "status");
	assert_refused(server, "/v1/pairs?limit=0", 400, "limit");
	assert_refused(server, "/v1/pairs?limit=1001", 400, "limit");
	assert_refused(server, "/v1/pairs?limit=1x", 400, "limit");
	assert_refused(server, "/v1/pairs?color=red", 400, "not known");
	assert_refused(server, "/v1/pairs?limit=1&limit=2", 400, "twice");
	assert_refused(server, "/v1/rewrite?locale=en-US&utterance=a%00b", 400, "not known");
}

/* ---- what is no request --------------------------------------------------------------------- */

static void only_get_without_a_body_is_served(void **state)
{
	struct server *server = *state;
	REPLY post = request(server, "POST /live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0");
	assert_int_equal(post.status, 405);
	assert_says(post.text, "Allow: GET, HEAD");
	REPLY put = request(server, "PUT /v1/pairs HTTP/1.1\r\nHost: localhost");
	assert_int_equal(put.status, 405);
	REPLY body =
		request(server, "GET /live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
				"\r\nhello");
	assert_int_equal(body.status, 413);
	REPLY head = request(server, "HEAD /live HTTP/1.1\r\nHost: localhost");
	assert_int_equal(head.status, 200);
	assert_string_equal(head.body, "");
}

static void no_path_leads_to_a_file(void **state)
{
	struct server *server = *state;
	static const char *const paths[] = {
		"/",   "/etc/passwd",  "/../../etc/passwd", "/live/", "//live", "/%2e%2e/passwd",
		"/v1", "/v1/pairs/..", "/METRICS",
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(paths); i++) {
		REPLY reply = get(server, paths[i]);
		if (reply.status != 404)
			fail_msg("%s: %u", paths[i], reply.status);
		assert_silent_about(reply.body, "root:");
	}
}

static void a_page_of_another_name_cannot_ask(void **state)
{
	struct server *server = *state;
	REPLY other = request(server, "GET /v1/pairs HTTP/1.1\r\nHost: evil.example.org:8080");
	assert_int_equal(other.status, 403);
	REPLY address = request(server, "GET /live HTTP/1.1\r\nHost: 127.0.0.1:8080");
	assert_int_equal(address.status, 200);
}

static void what_is_too_long_is_refused(void **state)
{
	struct server *server = *state;
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	rph_buffer_add_text(&text, "GET /live?utterance=");
	for (int i = 0; i < 30000; i++)
		rph_buffer_add_text(&text, "x");
	rph_buffer_add_text(&text, " HTTP/1.1\r\nHost: localhost");
	REPLY reply = request(server, text.text);
	assert_true(reply.status == 0 || reply.status == 414 || reply.status == 431 ||
		    reply.status == 400);
	REPLY live = get(server, "/live");
	assert_int_equal(live.status, 200);
}

static void random_bytes_end_in_no_more_than_a_refusal(void **state)
{
	struct server *server = *state;
	struct random random = {17};
	static const char start[] = "GET /v1/rewrite?locale=en-US&utterance=%41 HTTP/1.1\r\n"
				    "Host: localhost\r\nConnection: close\r\n\r\n";
	for (int round = 0; round < 150; round++) {
		char text[sizeof(start)];
		memcpy(text, start, sizeof(start));
		for (unsigned i = random_below(&random, 6); i > 0; i--)
			text[random_below(&random, sizeof(start) - 1)] =
				(char)random_below(&random, 256);
		size_t len = random_below(&random, 2) ? sizeof(start) - 1
						      : random_below(&random, sizeof(start));
		int fd = dial(server);
		say(fd, text, len);
		shutdown(fd, SHUT_WR);
		REPLY reply = hear(fd);
		assert_true(reply.status < 500 || reply.status == 501 || reply.status == 505);
	}
	REPLY live = get(server, "/live");
	assert_int_equal(live.status, 200);
}

/* ---- many, and slow ones -------------------------------------------------------------------- */

static void a_connection_is_kept_for_further_requests(void **state)
{
	struct server *server = *state;
	static const char one[] = "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n";
	static const char last[] =
		"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	int fd = dial(server);
	say(fd, one, sizeof(one) - 1);
	say(fd, one, sizeof(one) - 1);
	say(fd, last, sizeof(last) - 1);
	REPLY replies = hear(fd);
	char *second = strstr(replies.text + 1, "HTTP/1.1 200");
	assert_non_null(second);
	assert_non_null(strstr(second + 1, "HTTP/1.1 200"));
	assert_says(second, "rephrased");
}

static void whoever_drips_a_request_is_cut_off(void **state)
{
	struct server *server = *state;
	int64_t from = now_ms();
	int fd = dial(server);
	for (int i = 0; now_ms() - from < 15000; i++) {
		char byte[2] = {"GET /live HTTP/1.1\r\nX: "[i < 23 ? i : 22], '\0'};
		if (i >= 23)
			byte[0] = 'x';
		char end;
		if (send(fd, byte, 1, MSG_NOSIGNAL) <= 0 || recv(fd, &end, 1, MSG_DONTWAIT) == 0)
			break;
		rest(100);
	}
	assert_true(now_ms() - from < 10000);
	close(fd);
}

static void idle_connections_do_not_keep_others_out_for_long(void **state)
{
	struct server *server = *state;
	int fds[4 * CONNECTIONS];
	for (size_t i = 0; i < RPH_ARRAY_LEN(fds); i++)
		fds[i] = dial(server);
	REPLY live = get(server, "/live");
	assert_int_equal(live.status, 200);
	for (size_t i = 0; i < RPH_ARRAY_LEN(fds); i++)
		close(fds[i]);
}

struct crowd {
	const struct server *server;
	atomic_int answered, refused, other;
};

static void *ask_often(void *context)
{
	struct crowd *crowd = context;
	for (int i = 0; i < 20; i++) {
		REPLY reply = get(crowd->server,
				  i % 2 ? "/v1/pairs" : "/v1/rewrite?locale=en-US&utterance=sing");
		if (reply.status == 200)
			atomic_fetch_add(&crowd->answered, 1);
		else if (reply.status == 503)
			atomic_fetch_add(&crowd->refused, 1);
		else
			atomic_fetch_add(&crowd->other, 1);
	}
	return NULL;
}

static void a_crowd_is_answered_while_the_store_is_written(void **state)
{
	struct server *server = *state;
	struct crowd crowd = {.server = server};
	pthread_t threads[6];
	for (size_t i = 0; i < RPH_ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &crowd), 0);
	for (uint64_t user = 20; user < 40; user++)
		tell_store(server->store, &bedroom_ja, user, user);
	for (size_t i = 0; i < RPH_ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&crowd.other), 0);
	assert_int_equal(atomic_load(&crowd.answered) + atomic_load(&crowd.refused), 120);
	assert_true(atomic_load(&crowd.answered) > 0);
}

static void a_new_configuration_answers_the_next_question(void **state)
{
	struct server *server = *state;
	struct rph_config *strict = NULL;
	struct rph_config_problems problems = {.count = 0};
	assert_int_equal(
		rph_config_parse(RPH_SPAN("promotion:\n  min_users: 50\n"), &strict, &problems), 0);
	rph_config_problems_free(&problems);
	REPLY before = get(server, "/v1/pairs?status=promoted");
	assert_says(before.body, "\"total\":1,");
	rph_http_reconfigure(server->http, strict);
	REPLY after = get(server, "/v1/pairs?status=promoted");
	assert_says(after.body, "\"total\":0,");
}

static void a_stop_answers_or_closes_every_connection(void **state)
{
	struct server *server = *state;
	static const char ask[] = "GET /v1/pairs HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int fds[CONNECTIONS];
	for (size_t i = 0; i < RPH_ARRAY_LEN(fds); i++) {
		fds[i] = dial(server);
		say(fds[i], ask, sizeof(ask) - 1);
	}
	server->http = rph_http_stop(server->http);
	for (size_t i = 0; i < RPH_ARRAY_LEN(fds); i++) {
		REPLY reply = hear(fds[i]);
		assert_true(reply.status == 200 || reply.status == 503 || reply.status == 0);
	}
}

static void a_port_in_use_and_a_bad_address_are_errors(void **state)
{
	struct server *server = *state;
	struct rph_keys keys = test_keys(1);
	struct rph_http *second = NULL;
	struct rph_http_options options = {.keys = &keys, .store = server->store};
	char listen[32];
	snprintf(listen, sizeof(listen), "127.0.0.1:%u", rph_http_port(server->http));
	options.listen = listen;
	assert_int_equal(rph_config_default(&options.config), 0);
	assert_int_equal(rph_http_start(&options, &second), -EADDRINUSE);
	options.listen = "somewhere";
	assert_int_equal(rph_config_default(&options.config), 0);
	assert_int_equal(rph_http_start(&options, &second), RPH_E_BAD_CONFIG);
	assert_null(second);
	assert_true(rph_http_listen_is_valid("[::1]:80"));
	assert_false(rph_http_listen_is_valid("somewhere"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_server, stop_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(live_is_said_always_and_ready_with_its_reasons),
		TEST(the_metrics_count_the_requests_before),
		TEST(a_rewrite_is_what_the_command_line_says),
		TEST(an_explanation_is_byte_for_byte_that_of_the_command_line),
		TEST(pairs_are_the_best_first_and_may_be_chosen),
		TEST(a_bad_question_is_answered_with_what_is_wrong),
		TEST(only_get_without_a_body_is_served),
		TEST(no_path_leads_to_a_file),
		TEST(a_page_of_another_name_cannot_ask),
		TEST(what_is_too_long_is_refused),
		TEST(random_bytes_end_in_no_more_than_a_refusal),
		TEST(a_connection_is_kept_for_further_requests),
		TEST(whoever_drips_a_request_is_cut_off),
		TEST(idle_connections_do_not_keep_others_out_for_long),
		TEST(a_crowd_is_answered_while_the_store_is_written),
		TEST(a_new_configuration_answers_the_next_question),
		TEST(a_stop_answers_or_closes_every_connection),
		TEST(a_port_in_use_and_a_bad_address_are_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
