/* SPDX-License-Identifier: Apache-2.0
 *
 * kill_at.c - preloaded; the process gets SIGKILL at a named point: before or after its Nth call of
 * a function of librdkafka, LMDB or libsodium.
 *
 * Environment:
 *	KILL_AT_POINT   "before mdb_txn_commit", "after rd_kafka_consumer_poll"; a poll that brings
 *	                no message is no call
 *	KILL_AT_AFTER   that many of these calls pass first
 *	KILL_AT_BYTES   instead: when bytes that contain this text are hashed into an id, that is,
 *	                whenever a certain record is mined
 *	KILL_AT_MARKER  gets a byte for every kill
 *	KILL_AT_COUNT   file that gets the number of calls, at exit
 *
 * Types of the libraries are void pointers here: no headers are needed, and nothing but the calling
 * convention is relied on.
 */
#include <signal.h>
#include <stdatomic.h>

#include "shim.h"

static const char *point = "", *bytes = "";
static long calls_left;
static atomic_long count;

__attribute__((constructor)) static void begin(void)
{
	if (getenv("KILL_AT_POINT"))
		point = getenv("KILL_AT_POINT");
	if (getenv("KILL_AT_BYTES"))
		bytes = getenv("KILL_AT_BYTES");
	calls_left = number_from("KILL_AT_AFTER", 0);
}

__attribute__((destructor)) static void finish(void)
{
	leave_number("KILL_AT_COUNT", count);
}

static void die(void)
{
	leave_marker("KILL_AT_MARKER");
	kill(getpid(), SIGKILL);
}

static void pass(const char *name)
{
	if (*point && strcmp(name, point) == 0 && atomic_fetch_add(&count, 1) >= calls_left)
		die();
}

/* The next definition of `name` in the order of loading. */
#define REAL(name)                                                          \
	({                                                                  \
		static __typeof__(&(name)) real_;                           \
		if (!real_)                                                 \
			real_ = (__typeof__(real_))dlsym(RTLD_NEXT, #name); \
		if (!real_)                                                 \
			abort();                                            \
		real_;                                                      \
	})

#define WRAP(type, name, parameters, arguments)      \
	type name parameters;                        \
	type name parameters                         \
	{                                            \
		pass("before " #name);               \
		type result_ = REAL(name) arguments; \
		pass("after " #name);                \
		return result_;                      \
	}

/* What brings a message, or NULL. */
#define WRAP_POLL(name, parameters, arguments)        \
	void *name parameters;                        \
	void *name parameters                         \
	{                                             \
		void *result_ = REAL(name) arguments; \
		if (result_)                          \
			pass("after " #name);         \
		return result_;                       \
	}

#define WRAP_VOID(name, parameters, arguments) \
	void name parameters;                  \
	void name parameters                   \
	{                                      \
		pass("before " #name);         \
		REAL(name)                     \
		arguments;                     \
		pass("after " #name);          \
	}

/* clang-format off */
WRAP_POLL(rd_kafka_consumer_poll, (void *kafka, int ms), (kafka, ms))
WRAP_POLL(rd_kafka_queue_poll, (void *queue, int ms), (queue, ms))
WRAP_POLL(rd_kafka_consume_queue, (void *queue, int ms), (queue, ms))
WRAP(void *, rd_kafka_produceva, (void *kafka, const void *values, size_t n), (kafka, values, n))
WRAP(int, rd_kafka_flush, (void *kafka, int ms), (kafka, ms))
WRAP(int, rd_kafka_assign, (void *kafka, const void *list), (kafka, list))
WRAP(int, rd_kafka_commit, (void *kafka, const void *list, int async), (kafka, list, async))
WRAP(int, rd_kafka_commit_queue,
	(void *kafka, const void *list, void *queue, void *call, void *opaque),
	(kafka, list, queue, call, opaque))
WRAP(int, rd_kafka_consumer_close, (void *kafka), (kafka))
WRAP_VOID(rd_kafka_destroy, (void *kafka), (kafka))
WRAP_VOID(rd_kafka_destroy_flags, (void *kafka, int flags), (kafka, flags))
WRAP(int, mdb_txn_begin, (void *env, void *parent, unsigned flags, void *ret),
	(env, parent, flags, ret))
WRAP(int, mdb_put, (void *txn, unsigned dbi, void *key, void *value, unsigned flags),
	(txn, dbi, key, value, flags))
WRAP(int, mdb_cursor_put, (void *cursor, void *key, void *value, unsigned flags),
	(cursor, key, value, flags))
WRAP(int, mdb_txn_commit, (void *txn), (txn))
WRAP_VOID(mdb_env_close, (void *env), (env))
/* clang-format on */

int crypto_shorthash_siphashx24(unsigned char *out, const unsigned char *in, unsigned long long len,
				const unsigned char *key);
int crypto_shorthash_siphashx24(unsigned char *out, const unsigned char *in, unsigned long long len,
				const unsigned char *key)
{
	if (*bytes && memmem(in, len, bytes, strlen(bytes)))
		die();
	return REAL(crypto_shorthash_siphashx24)(out, in, len, key);
}
