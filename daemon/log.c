/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/shell.h"
#include "schemas/error.h"
#include "schemas/json_text.h"

/* The longest sentence of the service with the longest topic name fits into a field, and the longest
 * fields with every character escaped into a line. */
enum { FIELD_BYTES = 600, LINE_BYTES = 32768 };

static const struct {
	const char *id, *text, *remedy;
	enum rph_log_level level;
} facts[RPH_LOG_MESSAGES] = {
#define RPH_LOG_MESSAGE(id, level, text, remedy) \
	[RPH_LOG_##id] = {#id, text, remedy, RPH_LOG_LEVEL_##level},
#include "daemon/log.def"
#undef RPH_LOG_MESSAGE
};

struct bucket {
	int64_t window_start; /* monotonic, ms */
	unsigned said, suppressed;
};

struct rph_log {
	int fd;
	enum rph_log_form form;
	atomic_int level;
	struct rph_metrics *metrics;
	pthread_mutex_t lock; /* of the buckets, and so that lines do not mix */
	struct bucket buckets[RPH_LOG_MESSAGES];
};

int rph_log_new(const struct rph_log_options *options, struct rph_log **ret)
{
	struct rph_log *log = calloc(1, sizeof(*log));
	if (!log)
		return RPH_E_NO_MEMORY;
	log->fd = options->fd;
	log->form = options->form;
	atomic_init(&log->level, options->level);
	log->metrics = options->metrics;
	pthread_mutex_init(&log->lock, NULL);
	*ret = log;
	return 0;
}

struct rph_log *rph_log_free(struct rph_log *log)
{
	if (log)
		pthread_mutex_destroy(&log->lock);
	free(log);
	return NULL;
}

void rph_log_set_level(struct rph_log *log, enum rph_log_level level)
{
	atomic_store_explicit(&log->level, level, memory_order_relaxed);
}

bool rph_log_is_wanted(const struct rph_log *log, enum rph_log_level level)
{
	return log && (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

/* ---- one line ------------------------------------------------------------------------------- */

static struct rph_span cut(const char *text)
{
	size_t len = strnlen(text, FIELD_BYTES);
	/* Not through the middle of a character. */
	while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
		len--;
	return (struct rph_span){text, len};
}

static void add_fields_json(struct rph_buffer *line, const struct rph_log_field *fields,
			    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fields[i].text)
			rph_json_put_string(line, fields[i].name, cut(fields[i].text));
		else
			rph_json_put_integer(line, fields[i].name, fields[i].number);
	}
}

static void add_json(struct rph_buffer *line, enum rph_log_message message,
		     const struct rph_log_field *fields, size_t count)
{
	char at[RPH_TIME_TEXT_SIZE];
	rph_time_format(rph_clock_wall_ms(), at);
	rph_json_open(line, '{');
	rph_json_put_string(line, "time", rph_span_of(at));
	rph_json_put_string(line, "level", rph_span_of(rph_log_level_name(facts[message].level)));
	rph_json_put_string(line, "message", rph_span_of(facts[message].id));
	rph_json_put_string(line, "text", rph_span_of(facts[message].text));
	if (*facts[message].remedy)
		rph_json_put_string(line, "remedy", rph_span_of(facts[message].remedy));
	add_fields_json(line, fields, count);
	rph_json_close(line, '}');
}

static void add_sentence(struct rph_buffer *line, enum rph_log_message message,
			 const struct rph_log_field *fields, size_t count)
{
	rph_buffer_add_text(line, facts[message].text);
	if (*facts[message].remedy)
		rph_buffer_format(line, "; %s", facts[message].remedy);
	for (size_t i = 0; i < count; i++) {
		rph_buffer_format(line, "%s%s=", i ? " " : " [", fields[i].name);
		if (fields[i].text)
			rph_shell_add_text(line, cut(fields[i].text));
		else
			rph_buffer_format(line, "%" PRId64, fields[i].number);
	}
	if (count)
		rph_buffer_add_text(line, "]");
}

static void add_line(const struct rph_log *log, struct rph_buffer *line,
		     enum rph_log_message message, const struct rph_log_field *fields, size_t count)
{
	char at[RPH_TIME_TEXT_SIZE];
	switch (log->form) {
	case RPH_LOG_FORM_JSON:
		add_json(line, message, fields, count);
		return;
	case RPH_LOG_FORM_JOURNAL:
		rph_buffer_format(line, "<%d>", facts[message].level);
		break;
	case RPH_LOG_FORM_TEXT:
		rph_time_format(rph_clock_wall_ms(), at);
		rph_buffer_format(line, "%s %s: ", at, rph_log_level_name(facts[message].level));
		break;
	}
	add_sentence(line, message, fields, count);
}

/* ---- saying --------------------------------------------------------------------------------- */

/* Whether the message may be said now; if so *ret_suppressed is how many of its kind were not. */
static bool take_turn(struct rph_log *log, enum rph_log_message message, unsigned *ret_suppressed)
{
	struct bucket *bucket = &log->buckets[message];
	int64_t now = rph_clock_ms();
	if (now - bucket->window_start >= RPH_LOG_WINDOW_MS) {
		bucket->window_start = now;
		bucket->said = 0;
	}
	if (bucket->said >= RPH_LOG_BURST) {
		bucket->suppressed++;
		rph_metrics_add(log->metrics, RPH_METRIC_log_suppressed, 1);
		return false;
	}
	bucket->said++;
	*ret_suppressed = bucket->suppressed;
	bucket->suppressed = 0;
	return true;
}

static void write_line(const struct rph_log *log, const struct rph_buffer *line)
{
	for (size_t done = 0; done < line->len;) {
		ssize_t written = write(log->fd, line->text + done, line->len - done);
		if (written <= 0)
			return;
		done += (size_t)written;
	}
}

void rph_log_say(struct rph_log *log, enum rph_log_message message,
		 const struct rph_log_field *fields, size_t count)
{
	struct rph_log_field all[RPH_LOG_MAX_FIELDS + 1];
	char text[LINE_BYTES];
	unsigned suppressed = 0;
	if (!rph_log_is_wanted(log, facts[message].level))
		return;
	RPH_ASSERT(count <= RPH_LOG_MAX_FIELDS);
	pthread_mutex_lock(&log->lock);
	if (take_turn(log, message, &suppressed)) {
		struct rph_buffer line = rph_buffer_fixed(text, sizeof(text) - 1);
		for (size_t i = 0; i < count; i++)
			all[i] = fields[i];
		if (suppressed)
			all[count++] = RPH_NUMBER("suppressed", suppressed);
		add_line(log, &line, message, all, count);
		text[line.len++] = '\n';
		write_line(log, &line);
	}
	pthread_mutex_unlock(&log->lock);
}

/* ---- words ---------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum rph_log_level level;
} levels[] = {
	{"error", RPH_LOG_LEVEL_ERROR},   {"warning", RPH_LOG_LEVEL_WARNING},
	{"notice", RPH_LOG_LEVEL_NOTICE}, {"info", RPH_LOG_LEVEL_INFO},
	{"debug", RPH_LOG_LEVEL_DEBUG},
};

const char *rph_log_level_name(enum rph_log_level level)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(levels); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "";
}

bool rph_log_level_parse(const char *name, enum rph_log_level *ret)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(levels); i++) {
		if (strcmp(levels[i].name, name) == 0) {
			*ret = levels[i].level;
			return true;
		}
	}
	return false;
}

/* systemd says "DEVICE:INODE" of the stream it reads. */
static bool is_journal(int fd, const char *journal_stream)
{
	struct stat stream;
	char expected[64];
	if (!journal_stream || fstat(fd, &stream) < 0)
		return false;
	snprintf(expected, sizeof(expected), "%ju:%ju", (uintmax_t)stream.st_dev,
		 (uintmax_t)stream.st_ino);
	return strcmp(expected, journal_stream) == 0;
}

bool rph_log_form_parse(const char *name, int fd, const char *journal_stream,
			enum rph_log_form *ret)
{
	static const char *const forms[] = {"json", "journal", "text"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(forms); i++) {
		if (strcmp(forms[i], name) == 0) {
			*ret = (enum rph_log_form)i;
			return true;
		}
	}
	if (strcmp(name, "auto") != 0)
		return false;
	if (is_journal(fd, journal_stream))
		*ret = RPH_LOG_FORM_JOURNAL;
	else
		*ret = isatty(fd) ? RPH_LOG_FORM_TEXT : RPH_LOG_FORM_JSON;
	return true;
}
