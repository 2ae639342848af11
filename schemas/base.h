/* SPDX-License-Identifier: Apache-2.0
 *
 * base.h - the few words every folder shares: spans, compiler attributes, assertions, cleanup.
 *
 * A span borrows bytes: it is never NUL-terminated and owns nothing. Whoever hands one out says in
 * its own header how long the bytes live (record, batch arena, transaction).
 */
#ifndef RPH_SCHEMAS_BASE_H
#define RPH_SCHEMAS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RPH_MUST_CHECK __attribute__((warn_unused_result))
#define RPH_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
/* Where a stage of the pipeline begins: stays a function of its own under link-time optimisation, so
 * that a profile can tell the stages apart. */
#ifdef __clang__
#define RPH_STAGE __attribute__((noinline))
#else
#define RPH_STAGE __attribute__((noinline, noclone))
#endif
#define RPH_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Runs `fn` (which accepts NULL and returns NULL) on the variable when it leaves its scope. */
#define RPH_CLEANUP(fn) __attribute__((cleanup(fn##_ptr)))
#define RPH_DEFINE_CLEANUP(type, fn)               \
	static inline void fn##_ptr(type **object) \
	{                                          \
		*object = fn(*object);             \
	}

/* Always on, in every build: a failed assertion is a programmer's error and ends the process. */
#define RPH_ASSERT(condition) \
	((condition) ? (void)0 : rph_assert_failed(#condition, __FILE__, __LINE__))
_Noreturn void rph_assert_failed(const char *condition, const char *file, int line);

/* Borrowed bytes. `ptr` may be NULL only when `len` is 0. */
struct rph_span {
	const char *ptr;
	size_t len;
};

#define RPH_SPAN(literal) ((struct rph_span){(literal), sizeof(literal) - 1})

static inline struct rph_span rph_span_of(const char *text)
{
	return (struct rph_span){text, text ? strlen(text) : 0};
}

static inline bool rph_span_equal(struct rph_span a, struct rph_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Byte order, then length: the order of every sorted output. <0, 0 or >0. */
static inline int rph_span_compare(struct rph_span a, struct rph_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Adds without wrapping: counters stop at the top instead of starting again. Associative. */
static inline uint32_t rph_saturating_add_u32(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static inline uint64_t rph_saturating_add_u64(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
