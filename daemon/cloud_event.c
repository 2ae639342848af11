/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/cloud_event.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "schemas/error.h"
#include "schemas/json_text.h"

void rph_cloud_event_free(struct rph_cloud_event *event)
{
	char *owned[] = {event->id,  event->source, event->subject, event->time,
			 event->dir, event->data,   event->json};
	for (size_t i = 0; i < RPH_ARRAY_LEN(owned); i++)
		free(owned[i]);
	*event = (struct rph_cloud_event){0};
}

/* ---- writing -------------------------------------------------------------------------------- */

/* What a receiver wants to know of the manifest. */
struct facts {
	const char *id;
	int64_t train, holdout, pairs;
};

static int64_t rows_of(const json_t *files, const char *name)
{
	size_t i;
	json_t *file;
	json_array_foreach(files, i, file)
	{
		const char *found = json_string_value(json_object_get(file, "name"));
		if (found && strcmp(found, name) == 0)
			return json_integer_value(json_object_get(file, "rows"));
	}
	return 0;
}

/* A name for files and headers: nothing of it may lead elsewhere. */
static bool is_id(const char *id, const char *week)
{
	size_t len = strlen(id), prefix = strlen(week);
	return len < 64 && len > prefix + 1 && strncmp(id, week, prefix) == 0 &&
	       id[prefix] == '-' && strspn(id + prefix + 1, "0123456789abcdef") == len - prefix - 1;
}

static bool read_manifest(const json_t *manifest, const char *week, struct facts *ret)
{
	const char *id = json_string_value(json_object_get(manifest, "export_id"));
	const char *found = json_string_value(json_object_get(manifest, "week"));
	const json_t *files = json_object_get(manifest, "files");
	if (!id || !found || strcmp(found, week) != 0 || !is_id(id, week))
		return false;
	*ret = (struct facts){id, rows_of(files, "train.jsonl"), rows_of(files, "holdout.jsonl"),
			      rows_of(files, "pairs.jsonl")};
	return true;
}

/* RFC 3986: what is not unreserved in a path is escaped. */
static void add_uri(struct rph_buffer *uri, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";
	rph_buffer_add_text(uri, "file://");
	for (; *path; path++) {
		if (strchr(plain, *path))
			rph_buffer_format(uri, "%c", *path);
		else
			rph_buffer_format(uri, "%%%02X", (unsigned char)*path);
	}
}

static void add_data(struct rph_buffer *data, const struct rph_export_event *event,
		     const struct facts *facts, const char *week)
{
	RPH_BUFFER_CLEANUP struct rph_buffer uri = {0};
	char hex[2 * sizeof(event->digest) + 1] = "";
	for (size_t i = 0; i < sizeof(event->digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", event->digest[i]);
	add_uri(&uri, event->dir);
	if (uri.error)
		data->error = uri.error;
	rph_json_open(data, '{');
	rph_json_put_string(data, "dataset_id", rph_span_of(week));
	rph_json_put_string(data, "version", rph_span_of(facts->id));
	rph_json_put_integer(data, "rows", facts->train + facts->holdout);
	rph_json_put_string(data, "sha256", rph_span_of(hex));
	rph_json_put_string(data, "uri", rph_buffer_span(&uri));
	rph_json_put_integer(data, "schema_version", 1);
	rph_json_put_integer(data, "train_rows", facts->train);
	rph_json_put_integer(data, "holdout_rows", facts->holdout);
	rph_json_put_integer(data, "pair_rows", facts->pairs);
	rph_json_put_string(data, "path", rph_span_of(event->dir));
	rph_json_close(data, '}');
}

static int add_event(const struct rph_export_event *event, const struct facts *facts,
		     const char *week, struct rph_buffer *json)
{
	char at[RPH_TIME_TEXT_SIZE];
	rph_time_format(event->at, at);
	rph_json_open(json, '{');
	rph_json_put_string(json, "specversion", RPH_SPAN("1.0"));
	rph_json_put_string(json, "id", rph_span_of(facts->id));
	rph_json_put_string(json, "source", rph_span_of(event->source));
	rph_json_put_string(json, "type", RPH_SPAN(RPH_CLOUD_EVENT_TYPE));
	rph_json_put_string(json, "subject", rph_span_of(week));
	rph_json_put_string(json, "time", rph_span_of(at));
	rph_json_put_string(json, "datacontenttype", RPH_SPAN("application/json"));
	rph_json_key(json, "data");
	add_data(json, event, facts, week);
	rph_json_close(json, '}');
	return json->error;
}

int rph_cloud_event_make(const struct rph_export_event *event, struct rph_span manifest,
			 struct rph_cloud_event *ret)
{
	RPH_BUFFER_CLEANUP struct rph_buffer json = {0};
	char week[RPH_WEEK_TEXT_SIZE];
	struct facts facts;
	*ret = (struct rph_cloud_event){0};
	rph_week_format(event->week, week);
	json_t *root = json_loadb(manifest.ptr, manifest.len, JSON_REJECT_DUPLICATES, NULL);
	int err = root && read_manifest(root, week, &facts) ? 0 : RPH_E_BAD_INPUT;
	if (!err)
		err = add_event(event, &facts, week, &json);
	json_decref(root);
	/* By the same way as one from the ledger: what is sent first and again is the same. */
	return err ? err : rph_cloud_event_read(rph_buffer_span(&json), ret);
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool take(const json_t *object, const char *key, char **ret)
{
	const char *text = json_string_value(json_object_get(object, key));
	*ret = text ? strdup(text) : NULL;
	return *ret != NULL;
}

static bool read_event(const json_t *root, struct rph_cloud_event *ret)
{
	const json_t *data = json_object_get(root, "data");
	const char *version = json_string_value(json_object_get(root, "specversion"));
	if (!version || strcmp(version, "1.0") != 0 || !take(root, "id", &ret->id) ||
	    !take(root, "source", &ret->source) || !take(root, "subject", &ret->subject) ||
	    !take(root, "time", &ret->time) || !take(data, "path", &ret->dir))
		return false;
	ret->data = json_dumps(data, JSON_COMPACT);
	return ret->data && is_id(ret->id, ret->subject);
}

int rph_cloud_event_read(struct rph_span json, struct rph_cloud_event *ret)
{
	*ret = (struct rph_cloud_event){0};
	json_t *root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL);
	int err = root && read_event(root, ret) ? 0 : RPH_E_BAD_INPUT;
	json_decref(root);
	if (!err) {
		ret->json = strndup(json.ptr, json.len);
		err = ret->json ? 0 : RPH_E_NO_MEMORY;
	}
	if (err)
		rph_cloud_event_free(ret);
	return err;
}
