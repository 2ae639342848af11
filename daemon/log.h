/* SPDX-License-Identifier: Apache-2.0
 *
 * log.h - what the service says on standard error; log.def has every message: its level, what
 * happened, what to do.
 *
 * A message has fields: names of the program, numbers, and texts of the operator's or the broker's
 * (a topic, a path, an error). Never an utterance, a user id, a record or a key. Texts are cut to
 * 600 bytes and what a terminal would obey is replaced.
 *
 * Forms. journal: "<4>sentence; what to do [topic=turns partition=3]": the priority that systemd
 * strips. json: one object a line: time, level, message, text, remedy, fields. text: as journal
 * without the priority, with the time.
 *
 * Rate. Of each message at most RPH_LOG_BURST in RPH_LOG_WINDOW_MS; what was held back is counted
 * in rephrased_log_suppressed_total and said with the next one of its kind (suppressed=N).
 *
 * Threads: any. Never fails: a line that cannot be written is lost.
 */
#ifndef RPH_DAEMON_LOG_H
#define RPH_DAEMON_LOG_H

#include "daemon/metrics.h"

enum { RPH_LOG_BURST = 10, RPH_LOG_WINDOW_MS = 10000, RPH_LOG_MAX_FIELDS = 8 };

/* The numbers are syslog's priorities. */
enum rph_log_level {
	RPH_LOG_LEVEL_ERROR = 3,   /* somebody must act */
	RPH_LOG_LEVEL_WARNING = 4, /* somebody should look */
	RPH_LOG_LEVEL_NOTICE = 5,  /* starts, stops, exports, takeovers */
	RPH_LOG_LEVEL_INFO = 6,    /* what an operator wants to see now and then */
	RPH_LOG_LEVEL_DEBUG = 7,
};

enum rph_log_form { RPH_LOG_FORM_JSON, RPH_LOG_FORM_JOURNAL, RPH_LOG_FORM_TEXT };

enum rph_log_message {
#define RPH_LOG_MESSAGE(id, level, text, remedy) RPH_LOG_##id,
#include "daemon/log.def"
#undef RPH_LOG_MESSAGE
	RPH_LOG_MESSAGES
};

struct rph_log_field {
	const char *name;
	const char *text; /* NULL: a number */
	int64_t number;
};

/* `text` NULL counts as "". */
static inline struct rph_log_field rph_log_text(const char *name, const char *text)
{
	return (struct rph_log_field){name, text ? text : "", 0};
}

static inline struct rph_log_field rph_log_number(const char *name, int64_t number)
{
	return (struct rph_log_field){name, NULL, number};
}

#define RPH_TEXT(name, text) rph_log_text((name), (text))
#define RPH_NUMBER(name, number) rph_log_number((name), (int64_t)(number))

struct rph_log;

struct rph_log_options {
	int fd; /* borrowed */
	enum rph_log_form form;
	enum rph_log_level level;
	struct rph_metrics *metrics; /* borrowed; NULL: suppressed messages are not counted */
};

/* RPH_E_NO_MEMORY. */
int rph_log_new(const struct rph_log_options *options, struct rph_log **ret) RPH_MUST_CHECK;
struct rph_log *rph_log_free(struct rph_log *log);
RPH_DEFINE_CLEANUP(struct rph_log, rph_log_free)

/* Takes effect with the next message. */
void rph_log_set_level(struct rph_log *log, enum rph_log_level level);
bool rph_log_is_wanted(const struct rph_log *log, enum rph_log_level level);

/* `log` NULL: nothing. Use RPH_SAY. At most RPH_LOG_MAX_FIELDS fields. */
void rph_log_say(struct rph_log *log, enum rph_log_message message,
		 const struct rph_log_field *fields, size_t count);

/* RPH_SAY(log, kafka_error, RPH_TEXT("topic", topic), RPH_NUMBER("partition", 3)); */
#define RPH_SAY(log, message, ...)                                               \
	rph_log_say((log), RPH_LOG_##message,                                    \
		    (const struct rph_log_field[]){{0}, ##__VA_ARGS__} + 1,      \
		    sizeof((const struct rph_log_field[]){{0}, ##__VA_ARGS__}) / \
				    sizeof(struct rph_log_field) -               \
			    1)

/* "error", "warning", "notice", "info", "debug": false when it is none of them. */
const char *rph_log_level_name(enum rph_log_level level);
bool rph_log_level_parse(const char *name, enum rph_log_level *ret) RPH_MUST_CHECK;
/* "json", "journal", "text"; "auto": journal when `journal_stream` (as in $JOURNAL_STREAM, or NULL)
 * is what `fd` writes to, text on a terminal, json otherwise. */
bool rph_log_form_parse(const char *name, int fd, const char *journal_stream,
			enum rph_log_form *ret) RPH_MUST_CHECK;

#endif
