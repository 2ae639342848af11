/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_http.c - any request into the HTTP interface, behind libmicrohttpd: routes, headers,
 * parameters, answers from a store. The input is a request as it would be on the wire: a line with
 * method and target, headers, an empty line, a body.
 */
#include "daemon/http.h"
#include "daemon/http_address.h"
#include "daemon/metrics.h"
#include "schemas/event.h"
#include "schemas/json_fault.h"
#include "schemas/json_text.h"
#include "tests/fuzz/fake_microhttpd.h"
#include "tests/fuzz/small_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 4096 };

struct parsed {
	struct MHD_Connection connection;
	char *method, *path;
	size_t body;
};

static bool be_ready(void *context, struct rph_buffer *reasons)
{
	(void)context;
	rph_json_string(reasons, RPH_SPAN("lag is not known yet"));
	return false;
}

static void start(void)
{
	static struct rph_keys keys;
	static struct rph_http *http;
	struct rph_config *config = NULL;
	struct rph_config_problems problems = {.count = 0};
	struct rph_metrics *metrics = NULL;
	if (http)
		return;
	keys = small_keys();
	SMALL_MUST(rph_config_parse(RPH_SPAN("http:\n  timeout: 60s\n"), &config, &problems));
	rph_config_problems_free(&problems);
	SMALL_MUST(rph_metrics_new(&metrics));
	const struct rph_http_options options = {
		.listen = "127.0.0.1:0",
		.config = config,
		.keys = &keys,
		.store = small_store(),
		.metrics = metrics,
		.is_ready = be_ready,
	};
	SMALL_MUST(rph_http_start(&options, &http));
}

/* ---- from bytes to a request ---------------------------------------------------------------- */

/* Takes what is before `end` (or everything) off the front. */
static struct rph_span cut(struct rph_span *rest, char end)
{
	const char *found = rest->len ? memchr(rest->ptr, end, rest->len) : NULL;
	struct rph_span part = {rest->ptr, found ? (size_t)(found - rest->ptr) : rest->len};
	size_t taken = part.len + (found != NULL);
	*rest = (struct rph_span){rest->ptr + taken, rest->len - taken};
	return part;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes as libmicrohttpd does: what is no escape stays. */
static struct rph_span decode(struct rph_span text, char place[static LONGEST], bool plus)
{
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '%' && i + 2 < text.len && digit(text.ptr[i + 1]) >= 0 &&
		    digit(text.ptr[i + 2]) >= 0) {
			c = (char)(digit(text.ptr[i + 1]) * 16 + digit(text.ptr[i + 2]));
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		place[len++] = c;
	}
	return (struct rph_span){place, len};
}

static void add_arguments(struct parsed *parsed, struct rph_span query)
{
	char name[LONGEST], value[LONGEST];
	while (query.len) {
		struct rph_span rest = cut(&query, '&');
		bool has_value = rest.len && memchr(rest.ptr, '=', rest.len);
		struct rph_span before = decode(cut(&rest, '='), name, true);
		fake_add(&parsed->connection, MHD_GET_ARGUMENT_KIND, before,
			 has_value ? decode(rest, value, true) : (struct rph_span){NULL, 0});
	}
}

/* Headers have no NUL: libmicrohttpd refuses such a request. */
static void add_header(struct parsed *parsed, struct rph_span line)
{
	struct rph_span name = cut(&line, ':');
	while (line.len && *line.ptr == ' ')
		line = (struct rph_span){line.ptr + 1, line.len - 1};
	if (name.len && (!line.len || !memchr(line.ptr, 0, line.len)) &&
	    !memchr(name.ptr, 0, name.len))
		fake_add(&parsed->connection, MHD_HEADER_KIND, name, line);
}

static void parse(struct rph_span text, struct parsed *parsed)
{
	char path[LONGEST];
	struct rph_span line = cut(&text, '\n'), method = cut(&line, ' '), target = line, query;
	parsed->method = fake_copy(method.ptr, method.len);
	query = target;
	struct rph_span decoded = decode(cut(&query, '?'), path, false);
	parsed->path = fake_copy(decoded.ptr, decoded.len);
	add_arguments(parsed, query);
	while (text.len) {
		line = cut(&text, '\n');
		if (!line.len)
			break;
		add_header(parsed, line);
	}
	parsed->body = text.len;
}

/* ---- the laws of an answer ------------------------------------------------------------------ */

static void check_host(const char *host)
{
	struct rph_address address;
	if (host && rph_address_parse(host, &address) && host[0] != '*')
		RPH_ASSERT(rph_address_is_plain_host(host));
}

static void check_json(const struct MHD_Response *answer)
{
	enum rph_reject fault = rph_json_fault(answer->text, answer->len, RPH_MAX_DEPTH);
	RPH_ASSERT(fault == RPH_ACCEPTED);
	RPH_ASSERT(answer->len && answer->text[answer->len - 1] == '\n');
}

static void check_answer(struct parsed *parsed)
{
	struct MHD_Connection *connection = &parsed->connection;
	unsigned status = connection->status;
	bool is_get = strcmp(parsed->method, "GET") == 0 || strcmp(parsed->method, "HEAD") == 0;
	bool is_question = strncmp(parsed->path, "/v1/", 4) == 0;
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
	check_host(host);
	RPH_ASSERT((status == 405) == !is_get);
	RPH_ASSERT(status != 500);
	RPH_ASSERT(status != 503 || strcmp(parsed->path, "/ready") == 0);
	RPH_ASSERT(status != 400 || is_question);
	if (status == 200 || status == 503)
		RPH_ASSERT(is_get && rph_address_is_plain_host(host));
	if (status == 200 && !is_question)
		RPH_ASSERT(strcmp(parsed->path, "/live") == 0 ||
			   strcmp(parsed->path, "/metrics") == 0 ||
			   strcmp(parsed->path, "/version") == 0);
	if (status != 200 || is_question)
		check_json(&connection->answer);
}

static void ask_twice(struct rph_span text)
{
	struct parsed asked[2] = {0};
	for (size_t i = 0; i < 2; i++) {
		parse(text, &asked[i]);
		fake_serve(&asked[i].connection, asked[i].path, asked[i].method, asked[i].body);
		check_answer(&asked[i]);
	}
	/* Nothing of a question stays behind. */
	const struct MHD_Response *one = &asked[0].connection.answer;
	const struct MHD_Response *two = &asked[1].connection.answer;
	RPH_ASSERT(asked[0].connection.status == asked[1].connection.status);
	if (strcmp(asked[0].path, "/metrics") != 0)
		RPH_ASSERT(one->len == two->len && memcmp(one->text, two->text, one->len) == 0);
	for (size_t i = 0; i < 2; i++) {
		fake_free(&asked[i].connection);
		free(asked[i].method);
		free(asked[i].path);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	start();
	if (size < LONGEST)
		ask_twice((struct rph_span){(const char *)data, size});
	return 0;
}
