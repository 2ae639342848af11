/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/http_address.h"
#include "daemon/http_guard.h"
#include "daemon/http_queue.h"
#include "schemas/error.h"
#include "schemas/json_text.h"

enum { CONNECTION_BYTES = 16 << 10 };

static const char JSON_TYPE[] = "application/json; charset=utf-8";

struct rph_http {
	struct rph_http_options options;
	struct MHD_Daemon *daemon;
	struct rph_http_queue *queue;
	struct rph_http_guard *guard;
	bool is_loopback;
	uint16_t port;
};

/* One request. `queued` is first: on_answer() gets the request by it. */
struct request {
	struct rph_queued queued;
	struct rph_http *http;
	struct MHD_Connection *connection;
	struct rph_guarded *guarded;
	bool is_asked;       /* its question was put into the queue */
	const char *unknown; /* a parameter that the path does not have */
};

bool rph_http_listen_is_valid(const char *listen)
{
	struct rph_address address;
	return rph_address_parse(listen, &address);
}

/* ---- replies -------------------------------------------------------------------------------- */

static void count(struct rph_http *http, unsigned status)
{
	enum rph_metric metric = RPH_METRIC_http_answered;
	if (status >= 500)
		metric = RPH_METRIC_http_failed;
	else if (status >= 400)
		metric = RPH_METRIC_http_refused;
	rph_metrics_add(http->options.metrics, metric, 1);
}

/* Takes the text; `type` is static. A page that memory did not suffice for is a closed connection.
 */
static enum MHD_Result reply(struct request *request, unsigned status, const char *type,
			     struct rph_buffer *text)
{
	struct MHD_Response *response =
		text->error ? NULL
			    : MHD_create_response_from_buffer(text->len, text->text,
							      MHD_RESPMEM_MUST_FREE);
	if (!response) {
		rph_buffer_free(text);
		return MHD_NO;
	}
	*text = (struct rph_buffer){0};
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (status == 405)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	if (status == 503)
		MHD_add_response_header(response, "Retry-After", "1");
	enum MHD_Result result = MHD_queue_response(request->connection, status, response);
	MHD_destroy_response(response);
	count(request->http, status);
	return result;
}

static enum MHD_Result reply_error(struct request *request, unsigned status, const char *sentence)
{
	struct rph_buffer body = {0};
	rph_answer_error(&body, sentence);
	return reply(request, status, JSON_TYPE, &body);
}

static enum MHD_Result reply_live(struct request *request)
{
	struct rph_buffer body = {0};
	rph_buffer_add_text(&body, "alive\n");
	return reply(request, 200, "text/plain; charset=utf-8", &body);
}

static enum MHD_Result reply_ready(struct request *request)
{
	const struct rph_http_options *options = &request->http->options;
	RPH_BUFFER_CLEANUP struct rph_buffer reasons = {0};
	struct rph_buffer body = {0};
	rph_json_open(&reasons, '[');
	bool is_ready = options->is_ready(options->context, &reasons);
	rph_json_close(&reasons, ']');
	rph_json_open(&body, '{');
	rph_json_put_bool(&body, "ready", is_ready);
	rph_json_key(&body, "reasons");
	rph_buffer_add(&body, rph_buffer_span(&reasons));
	rph_json_close(&body, '}');
	rph_buffer_add_text(&body, "\n");
	if (reasons.error)
		body.error = reasons.error;
	return reply(request, is_ready ? 200 : 503, JSON_TYPE, &body);
}

static enum MHD_Result reply_metrics(struct request *request)
{
	struct rph_metrics *metrics = request->http->options.metrics;
	/* Not http->daemon: requests are answered before MHD_start_daemon() has returned it. */
	const union MHD_ConnectionInfo *of =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_DAEMON);
	const union MHD_DaemonInfo *info =
		of ? MHD_get_daemon_info(of->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS) : NULL;
	struct rph_buffer body = {0};
	if (info)
		rph_metrics_set(metrics, RPH_METRIC_http_connections, info->num_connections);
	rph_metrics_render(metrics, &body);
	return reply(request, 200, RPH_METRICS_TYPE, &body);
}

static enum MHD_Result reply_version(struct request *request)
{
	struct rph_buffer body = {0};
	rph_buffer_add_text(&body, "{\"name\":\"rephrased\",\"version\":\"" RPH_VERSION "\"}\n");
	return reply(request, 200, JSON_TYPE, &body);
}

/* ---- questions ------------------------------------------------------------------------------ */

static enum MHD_Result take_parameter(void *context, enum MHD_ValueKind kind, const char *key,
				      size_t key_size, const char *value, size_t value_size)
{
	struct request *request = context;
	struct rph_question *question = &request->queued.question;
	const struct {
		const char *name;
		const char **place;
	} places[] = {
#define RPH_QUESTION_PARAMETER(name) {#name, &question->name},
		RPH_QUESTION_PARAMETERS(RPH_QUESTION_PARAMETER)
#undef RPH_QUESTION_PARAMETER
	};
	(void)kind;
	for (size_t i = 0; i < RPH_ARRAY_LEN(places); i++) {
		/* Twice the same, or one with a NUL in it, is as little known as another one. */
		if (strlen(places[i].name) == key_size && strcmp(places[i].name, key) == 0 &&
		    !*places[i].place && value && strlen(value) == value_size) {
			*places[i].place = value;
			return MHD_YES;
		}
	}
	request->unknown = key;
	return MHD_NO;
}

static void on_answer(struct rph_queued *queued)
{
	struct request *request = (struct request *)queued;
	MHD_resume_connection(request->connection);
}

static enum MHD_Result ask(struct request *request)
{
	struct rph_http *http = request->http;
	MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, take_parameter,
				    request);
	if (request->unknown)
		return reply_error(request, 400,
				   "a parameter is not known, given twice, or without a value; "
				   "there are locale, utterance, user, status, week, limit");
	rph_http_guard_pause(http->guard, request->guarded);
	request->is_asked = true;
	MHD_suspend_connection(request->connection);
	if (rph_http_queue_put(http->queue, &request->queued))
		return MHD_YES;
	request->queued.status = 503;
	rph_answer_error(&request->queued.body, "too many questions wait; ask again later");
	RPH_SAY(http->options.log, http_busy);
	MHD_resume_connection(request->connection);
	return MHD_YES;
}

/* ---- routes --------------------------------------------------------------------------------- */

static const struct route {
	const char *path;
	enum MHD_Result (*reply)(struct request *request);
	enum rph_question_kind kind;
} routes[] = {
	{"/live", reply_live, 0},
	{"/ready", reply_ready, 0},
	{"/metrics", reply_metrics, 0},
	{"/version", reply_version, 0},
	{"/v1/rewrite", ask, RPH_QUESTION_REWRITE},
	{"/v1/explain", ask, RPH_QUESTION_EXPLAIN},
	{"/v1/pairs", ask, RPH_QUESTION_PAIRS},
};

static const char *header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result route(struct request *request, const char *path, const char *method)
{
	const char *length = header(request, "Content-Length");
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return reply_error(request, 405, "only GET and HEAD are answered");
	if ((length && strcmp(length, "0") != 0) || header(request, "Transfer-Encoding"))
		return reply_error(request, 413, "a request must not have a body");
	if (request->http->is_loopback && !rph_address_is_plain_host(header(request, "Host")))
		return reply_error(request, 403, "the Host header must be an address or localhost");
	for (size_t i = 0; i < RPH_ARRAY_LEN(routes); i++) {
		if (strcmp(routes[i].path, path) == 0) {
			request->queued.question.kind = routes[i].kind;
			return routes[i].reply(request);
		}
	}
	return reply_error(request, 404,
			   "there are /live, /ready, /metrics, /version, /v1/rewrite, /v1/explain "
			   "and /v1/pairs");
}

static struct request *new_request(struct rph_http *http, struct MHD_Connection *connection)
{
	struct request *request = calloc(1, sizeof(*request));
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	if (!request)
		return NULL;
	request->http = http;
	request->connection = connection;
	request->guarded = info ? info->socket_context : NULL;
	return request;
}

/* libmicrohttpd calls it when the headers are there, when the request is there, and again when the
 * connection was resumed. Its parameters are the library's.
 * NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
				  const char *path, const char *method, const char *version,
				  const char *upload, size_t *upload_size, void **state)
{
	struct request *request = *state;
	(void)version;
	(void)upload;
	if (!request) {
		*state = new_request(context, connection);
		return *state ? MHD_YES : MHD_NO;
	}
	if (*upload_size) {
		/* Read and thrown away; route() refuses it. */
		*upload_size = 0;
		return MHD_YES;
	}
	if (request->is_asked)
		return reply(request, request->queued.status, JSON_TYPE, &request->queued.body);
	return route(request, path, method);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode how)
{
	struct rph_http *http = context;
	struct request *request = *state;
	(void)connection;
	(void)how;
	if (!request)
		return;
	rph_http_guard_restart(http->guard, request->guarded);
	rph_buffer_free(&request->queued.body);
	free(request);
	*state = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
			  enum MHD_ConnectionNotificationCode what)
{
	struct rph_http *http = context;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (what == MHD_CONNECTION_NOTIFY_STARTED && info)
		*state = rph_http_guard_add(http->guard, info->connect_fd);
	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		rph_http_guard_remove(http->guard, *state);
}

/* ---- starting and stopping ------------------------------------------------------------------ */

static int start_daemon(struct rph_http *http, int fd, uint64_t timeout_ms, unsigned connections)
{
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
		http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, connections,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((timeout_ms + 999) / 1000),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, http, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (http->daemon)
		return 0;
	int err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

static int start_helpers(struct rph_http *http, struct rph_config *config, uint64_t timeout_ms,
			 unsigned connections)
{
	struct rph_http_queue_options queue = {
		.log = http->options.log, .limit = RPH_HTTP_QUEUE, .on_answer = on_answer};
	int err =
		rph_answerer_new(config, http->options.keys, http->options.store, &queue.answerer);
	if (!err)
		err = rph_http_queue_new(&queue, &http->queue);
	if (!err)
		err = rph_http_guard_new(connections, 2 * timeout_ms, &http->guard);
	return err;
}

static int start(struct rph_http *http, struct rph_config *config,
		 const struct rph_address *address)
{
	uint64_t timeout_ms = (uint64_t)config->http.timeout;
	unsigned connections = config->http.max_connections;
	int fd = -1;
	int err = start_helpers(http, config, timeout_ms, connections);
	if (!err)
		err = rph_address_listen(address, &fd, &http->port);
	return err ? err : start_daemon(http, fd, timeout_ms, connections);
}

int rph_http_start(const struct rph_http_options *options, struct rph_http **ret)
{
	struct rph_address address;
	struct rph_http *http = calloc(1, sizeof(*http));
	if (!http || !rph_address_parse(options->listen, &address)) {
		rph_config_free(options->config);
		int err = http ? RPH_E_BAD_CONFIG : RPH_E_NO_MEMORY;
		free(http);
		return err;
	}
	http->options = *options;
	http->options.config = NULL;
	http->is_loopback = address.is_loopback;
	int err = start(http, options->config, &address);
	if (err) {
		rph_http_stop(http);
		return err;
	}
	RPH_SAY(http->options.log, http_listening, RPH_TEXT("listen", options->listen),
		RPH_NUMBER("port", http->port));
	if (!address.is_loopback)
		RPH_SAY(http->options.log, http_open_to_all, RPH_TEXT("listen", options->listen));
	http->options.listen = NULL;
	*ret = http;
	return 0;
}

uint16_t rph_http_port(const struct rph_http *http)
{
	return http->port;
}

void rph_http_reconfigure(struct rph_http *http, struct rph_config *config)
{
	rph_http_queue_reconfigure(http->queue, config);
}

struct rph_http *rph_http_stop(struct rph_http *http)
{
	if (!http)
		return NULL;
	/* First: libmicrohttpd must not be stopped while a connection is suspended. */
	if (http->queue)
		rph_http_queue_close(http->queue);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	rph_http_queue_free(http->queue);
	rph_http_guard_free(http->guard);
	free(http);
	return NULL;
}
