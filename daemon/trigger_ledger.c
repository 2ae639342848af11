/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/trigger_ledger.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <jansson.h>

#include "daemon/trigger_file.h"
#include "schemas/error.h"
#include "schemas/json_text.h"

enum { FILE_BYTES = 1 << 20, MANIFEST_BYTES = 64 << 20, FILE_MODE = 0600 };

static const char INTENT[] = ".intent", ENTRY[] = ".json";

struct rph_ledger {
	char *dir;
};

const char *rph_sink_name(enum rph_sink sink)
{
	static const char *const names[] = {
#define RPH_SINK(id, name) name,
#include "daemon/trigger_sink.def"
#undef RPH_SINK
	};
	return names[sink];
}

int rph_ledger_open(const char *store_dir, struct rph_ledger **ret)
{
	struct rph_ledger *ledger = calloc(1, sizeof(*ledger));
	if (!ledger || asprintf(&ledger->dir, "%s/triggers", store_dir) < 0) {
		free(ledger);
		return RPH_E_NO_MEMORY;
	}
	int err = mkdir(ledger->dir, 0700) < 0 && errno != EEXIST ? -errno : 0;
	if (!err)
		err = rph_trigger_file_sync(store_dir);
	if (err) {
		rph_ledger_close(ledger);
		return err;
	}
	*ret = ledger;
	return 0;
}

struct rph_ledger *rph_ledger_close(struct rph_ledger *ledger)
{
	if (ledger)
		free(ledger->dir);
	free(ledger);
	return NULL;
}

const char *rph_ledger_dir(const struct rph_ledger *ledger)
{
	return ledger->dir;
}

/* NAME_MAX suffices: an id is of ours and checked. */
static void name_file(char name[NAME_MAX], const char *stem, const char *suffix)
{
	snprintf(name, NAME_MAX, "%s%s", stem, suffix);
}

/* Whether `name` ends with `suffix`; then *stem_len is the length before it. */
static bool has_suffix(const char *name, const char *suffix, size_t *stem_len)
{
	size_t len = strlen(name), tail = strlen(suffix);
	*stem_len = len - tail;
	return len > tail && name[0] != '.' && strcmp(name + len - tail, suffix) == 0;
}

/* ---- intents -------------------------------------------------------------------------------- */

static void name_intent(char name[NAME_MAX], rph_week week)
{
	char text[RPH_WEEK_TEXT_SIZE];
	rph_week_format(week, text);
	name_file(name, text, INTENT);
}

int rph_ledger_intend(struct rph_ledger *ledger, rph_week week)
{
	char name[NAME_MAX];
	name_intent(name, week);
	return rph_trigger_file_write(ledger->dir, name, RPH_SPAN(""), FILE_MODE);
}

int rph_ledger_forget(struct rph_ledger *ledger, rph_week week)
{
	char name[NAME_MAX];
	name_intent(name, week);
	return rph_trigger_file_remove(ledger->dir, name);
}

/* ---- entries -------------------------------------------------------------------------------- */

/* {"sinks":["spool"],"event":{...}}; the event's text is kept as it is. */
static void add_entry(struct rph_buffer *text, const struct rph_cloud_event *event, uint32_t sinks)
{
	rph_json_open(text, '{');
	rph_json_key(text, "sinks");
	rph_json_open(text, '[');
	for (int sink = 0; sink < RPH_SINK_COUNT; sink++)
		if (sinks & 1U << sink)
			rph_json_string(text, rph_span_of(rph_sink_name((enum rph_sink)sink)));
	rph_json_close(text, ']');
	rph_json_put_string(text, "event", rph_span_of(event->json));
	rph_json_close(text, '}');
	rph_buffer_add_text(text, "\n");
}

static int put_entry(const struct rph_ledger *ledger, const struct rph_cloud_event *event,
		     uint32_t sinks)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	char name[NAME_MAX];
	name_file(name, event->id, ENTRY);
	if (rph_trigger_file_is_there(ledger->dir, name))
		return 0;
	add_entry(&text, event, sinks);
	return text.error ? text.error
			  : rph_trigger_file_write(ledger->dir, name, rph_buffer_span(&text),
						   FILE_MODE);
}

int rph_ledger_add(struct rph_ledger *ledger, const struct rph_export_event *event, uint32_t sinks)
{
	RPH_BUFFER_CLEANUP struct rph_buffer manifest = {0};
	struct rph_cloud_event made = {0};
	int err = rph_trigger_file_read(event->dir, "manifest.json", MANIFEST_BYTES, &manifest);
	if (!err)
		err = rph_cloud_event_make(event, rph_buffer_span(&manifest), &made);
	if (!err)
		err = put_entry(ledger, &made, sinks);
	rph_cloud_event_free(&made);
	return err ? err : rph_ledger_forget(ledger, event->week);
}

static uint32_t read_sinks(const json_t *names)
{
	uint32_t sinks = 0;
	size_t i;
	json_t *name;
	json_array_foreach(names, i, name)
	{
		for (int sink = 0; sink < RPH_SINK_COUNT; sink++)
			if (json_is_string(name) && strcmp(json_string_value(name),
							   rph_sink_name((enum rph_sink)sink)) == 0)
				sinks |= 1U << sink;
	}
	return sinks;
}

static int read_entry(const struct rph_ledger *ledger, const char *name,
		      struct rph_ledger_entry *ret)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	int err = rph_trigger_file_read(ledger->dir, name, FILE_BYTES, &text);
	if (err)
		return err;
	json_t *root =
		json_loadb(text.text ? text.text : "", text.len, JSON_REJECT_DUPLICATES, NULL);
	const char *event = json_string_value(json_object_get(root, "event"));
	err = event ? rph_cloud_event_read(rph_span_of(event), &ret->event) : RPH_E_BAD_INPUT;
	ret->sinks = err ? 0 : read_sinks(json_object_get(root, "sinks"));
	json_decref(root);
	return err;
}

static void name_done(char name[NAME_MAX], const char *id, enum rph_sink sink)
{
	snprintf(name, NAME_MAX, "%s.%s", id, rph_sink_name(sink));
}

int rph_ledger_done(struct rph_ledger *ledger, const char *id, enum rph_sink sink)
{
	char name[NAME_MAX];
	name_done(name, id, sink);
	return rph_trigger_file_write(ledger->dir, name, RPH_SPAN(""), FILE_MODE);
}

static uint32_t still_to_tell(const struct rph_ledger *ledger, const struct rph_ledger_entry *entry)
{
	uint32_t sinks = entry->sinks;
	char name[NAME_MAX];
	for (int sink = 0; sink < RPH_SINK_COUNT; sink++) {
		name_done(name, entry->event.id, (enum rph_sink)sink);
		if (sinks & 1U << sink && rph_trigger_file_is_there(ledger->dir, name))
			sinks &= ~(1U << sink);
	}
	return sinks;
}

/* ---- the directory -------------------------------------------------------------------------- */

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Sorted by name, which is by week. *ret is an array of `count` names; free_names(). */
static int list(const struct rph_ledger *ledger, struct dirent ***ret, size_t *ret_count)
{
	int count = scandir(ledger->dir, ret, is_visible, alphasort);
	if (count < 0)
		return errno == ENOMEM ? RPH_E_NO_MEMORY : -errno;
	*ret_count = (size_t)count;
	return 0;
}

static void free_names(struct dirent **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

int rph_ledger_intents(struct rph_ledger *ledger, rph_week **ret, size_t *ret_count)
{
	struct dirent **names = NULL;
	size_t count = 0, found = 0, len;
	int err = list(ledger, &names, &count);
	if (err)
		return err;
	rph_week *weeks = count ? calloc(count, sizeof(*weeks)) : NULL;
	if (count && !weeks)
		err = RPH_E_NO_MEMORY;
	for (size_t i = 0; !err && i < count; i++)
		if (has_suffix(names[i]->d_name, INTENT, &len) &&
		    rph_week_parse((struct rph_span){names[i]->d_name, len}, &weeks[found]))
			found++;
	free_names(names, count);
	if (err || !found) {
		free(weeks);
		weeks = NULL;
	}
	*ret = weeks;
	*ret_count = found;
	return err;
}

void rph_ledger_entries_free(struct rph_ledger_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rph_cloud_event_free(&entries[i].event);
	free(entries);
}

/* One entry after `*found` others, if something is left to do. A damaged one must not hold up the
 * others, nor be forgotten about silently. */
static int take_entry(const struct rph_ledger *ledger, const char *name,
		      struct rph_ledger_entry *entries, size_t *found, size_t *damaged)
{
	struct rph_ledger_entry entry = {0};
	int err = read_entry(ledger, name, &entry);
	if (err == RPH_E_BAD_INPUT || err == -EFBIG) {
		(*damaged)++;
		return 0;
	}
	if (err)
		return err;
	entry.sinks = still_to_tell(ledger, &entry);
	if (entry.sinks)
		entries[(*found)++] = entry;
	else
		rph_cloud_event_free(&entry.event);
	return 0;
}

int rph_ledger_pending(struct rph_ledger *ledger, struct rph_ledger_entry **ret, size_t *ret_count,
		       size_t *ret_damaged)
{
	struct dirent **names = NULL;
	size_t count = 0, found = 0, damaged = 0, len;
	int err = list(ledger, &names, &count);
	if (err)
		return err;
	struct rph_ledger_entry *entries = calloc(count + 1, sizeof(*entries));
	if (!entries)
		err = RPH_E_NO_MEMORY;
	for (size_t i = 0; !err && i < count; i++)
		if (has_suffix(names[i]->d_name, ENTRY, &len))
			err = take_entry(ledger, names[i]->d_name, entries, &found, &damaged);
	free_names(names, count);
	if (err) {
		rph_ledger_entries_free(entries, found);
		return err;
	}
	*ret = entries;
	*ret_count = found;
	if (ret_damaged)
		*ret_damaged = damaged;
	return 0;
}
