/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_microhttpd.h - stands in for libmicrohttpd, so that requests reach daemon/http.c without a
 * socket: one connection at a time, driven by the caller. Symbols of the program come before those
 * of a shared library. Parts of a request are exact allocations: a byte read beyond one is seen.
 */
#ifndef RPH_TESTS_FUZZ_FAKE_MICROHTTPD_H
#define RPH_TESTS_FUZZ_FAKE_MICROHTTPD_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/base.h"
#include "schemas/error.h"

enum { FAKE_PAIRS = 16 };

struct fake_pair {
	enum MHD_ValueKind kind;
	char *name, *value; /* value may be NULL */
	size_t name_len, value_len;
};

struct MHD_Response {
	char *text;
	size_t len;
};

struct MHD_Connection {
	struct fake_pair pairs[FAKE_PAIRS];
	size_t count;
	bool is_suspended, is_answered;
	unsigned status;
	struct MHD_Response answer;
	union MHD_ConnectionInfo socket, fd;
	void *socket_context, *state;
};

struct MHD_Daemon {
	MHD_AccessHandlerCallback on_request;
	MHD_RequestCompletedCallback on_completed;
	MHD_NotifyConnectionCallback on_connection;
	void *request_context, *completed_context, *connection_context;
	union MHD_DaemonInfo info;
};

static struct MHD_Daemon fake_daemon;
static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fake_resumed = PTHREAD_COND_INITIALIZER;

/* The options that daemon/http.c gives; another one is a programmer's error. */
struct MHD_Daemon *MHD_start_daemon(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback accept,
				    void *accept_context, MHD_AccessHandlerCallback on_request,
				    void *context, ...)
{
	va_list list;
	(void)flags, (void)port, (void)accept, (void)accept_context;
	fake_daemon.on_request = on_request;
	fake_daemon.request_context = context;
	va_start(list, context);
	for (;;) {
		enum MHD_OPTION option = va_arg(list, enum MHD_OPTION);
		if (option == MHD_OPTION_END)
			break;
		if (option == MHD_OPTION_LISTEN_SOCKET) {
			close(va_arg(list, int));
		} else if (option == MHD_OPTION_NOTIFY_COMPLETED) {
			fake_daemon.on_completed = va_arg(list, MHD_RequestCompletedCallback);
			fake_daemon.completed_context = va_arg(list, void *);
		} else if (option == MHD_OPTION_NOTIFY_CONNECTION) {
			fake_daemon.on_connection = va_arg(list, MHD_NotifyConnectionCallback);
			fake_daemon.connection_context = va_arg(list, void *);
		} else if (option == MHD_OPTION_CONNECTION_MEMORY_LIMIT) {
			(void)va_arg(list, size_t);
		} else {
			RPH_ASSERT(option == MHD_OPTION_CONNECTION_LIMIT ||
				   option == MHD_OPTION_CONNECTION_TIMEOUT ||
				   option == MHD_OPTION_STRICT_FOR_CLIENT);
			(void)va_arg(list, int);
		}
	}
	va_end(list);
	return &fake_daemon;
}

void MHD_stop_daemon(struct MHD_Daemon *daemon)
{
	(void)daemon;
}

const union MHD_DaemonInfo *MHD_get_daemon_info(struct MHD_Daemon *daemon,
						enum MHD_DaemonInfoType type, ...)
{
	(void)type;
	daemon->info.num_connections = 1;
	return &daemon->info;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
							enum MHD_ConnectionInfoType type, ...)
{
	connection->socket.socket_context = connection->socket_context;
	return type == MHD_CONNECTION_INFO_CONNECTION_FD ? &connection->fd : &connection->socket;
}

/* ---- requests ------------------------------------------------------------------------------- */

int MHD_get_connection_values_n(struct MHD_Connection *connection, enum MHD_ValueKind kind,
				MHD_KeyValueIteratorN visit, void *context)
{
	int visited = 0;
	for (size_t i = 0; i < connection->count; i++) {
		const struct fake_pair *pair = &connection->pairs[i];
		if (pair->kind != kind)
			continue;
		visited++;
		if (visit(context, kind, pair->name, pair->name_len, pair->value,
			  pair->value_len) == MHD_NO)
			break;
	}
	return visited;
}

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
					const char *name)
{
	for (size_t i = 0; i < connection->count; i++)
		if (connection->pairs[i].kind == kind &&
		    strcasecmp(connection->pairs[i].name, name) == 0)
			return connection->pairs[i].value;
	return NULL;
}

void MHD_suspend_connection(struct MHD_Connection *connection)
{
	pthread_mutex_lock(&fake_lock);
	connection->is_suspended = true;
	pthread_mutex_unlock(&fake_lock);
}

void MHD_resume_connection(struct MHD_Connection *connection)
{
	pthread_mutex_lock(&fake_lock);
	connection->is_suspended = false;
	pthread_cond_signal(&fake_resumed);
	pthread_mutex_unlock(&fake_lock);
}

/* ---- answers -------------------------------------------------------------------------------- */

struct MHD_Response *MHD_create_response_from_buffer(size_t len, void *text,
						     enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = calloc(1, sizeof(*response));
	RPH_ASSERT(response && mode == MHD_RESPMEM_MUST_FREE);
	*response = (struct MHD_Response){text, len};
	return response;
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *name,
					const char *value)
{
	RPH_ASSERT(response && *name && *value);
	RPH_ASSERT(!strpbrk(name, "\r\n: ") && !strpbrk(value, "\r\n"));
	return MHD_YES;
}

/* Takes the text away from `response`. */
enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned status,
				   struct MHD_Response *response)
{
	RPH_ASSERT(!connection->is_answered);
	connection->is_answered = true;
	connection->status = status;
	connection->answer = *response;
	response->text = NULL;
	return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *response)
{
	free(response->text);
	free(response);
}

/* ---- the caller's side ---------------------------------------------------------------------- */

static inline char *fake_copy(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	RPH_ASSERT(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/* `value.ptr` NULL: none. What is more than FAKE_PAIRS is left out. */
static inline void fake_add(struct MHD_Connection *connection, enum MHD_ValueKind kind,
			    struct rph_span name, struct rph_span value)
{
	if (connection->count == FAKE_PAIRS)
		return;
	connection->pairs[connection->count++] = (struct fake_pair){
		.kind = kind,
		.name = fake_copy(name.ptr, name.len),
		.name_len = name.len,
		.value = value.ptr ? fake_copy(value.ptr, value.len) : NULL,
		.value_len = value.len,
	};
}

static inline void fake_call(struct MHD_Connection *connection, const char *path,
			     const char *method, size_t body)
{
	size_t left = body;
	enum MHD_Result result =
		fake_daemon.on_request(fake_daemon.request_context, connection, path, method,
				       "HTTP/1.1", body ? "x" : NULL, &left, &connection->state);
	RPH_ASSERT(result == MHD_YES && left == 0);
	pthread_mutex_lock(&fake_lock);
	while (connection->is_suspended)
		pthread_cond_wait(&fake_resumed, &fake_lock);
	pthread_mutex_unlock(&fake_lock);
}

/* One request on a connection of its own, as libmicrohttpd would serve it. */
static inline void fake_serve(struct MHD_Connection *connection, const char *path,
			      const char *method, size_t body)
{
	connection->fd.connect_fd = -1;
	fake_daemon.on_connection(fake_daemon.connection_context, connection,
				  &connection->socket_context, MHD_CONNECTION_NOTIFY_STARTED);
	fake_call(connection, path, method, 0);
	RPH_ASSERT(connection->state);
	if (body)
		fake_call(connection, path, method, body);
	for (int i = 0; i < 2 && !connection->is_answered; i++)
		fake_call(connection, path, method, 0);
	RPH_ASSERT(connection->is_answered);
	fake_daemon.on_completed(fake_daemon.completed_context, connection, &connection->state,
				 MHD_REQUEST_TERMINATED_COMPLETED_OK);
	RPH_ASSERT(!connection->state);
	fake_daemon.on_connection(fake_daemon.connection_context, connection,
				  &connection->socket_context, MHD_CONNECTION_NOTIFY_CLOSED);
}

static inline void fake_free(struct MHD_Connection *connection)
{
	for (size_t i = 0; i < connection->count; i++) {
		free(connection->pairs[i].name);
		free(connection->pairs[i].value);
	}
	free(connection->answer.text);
}

#endif
