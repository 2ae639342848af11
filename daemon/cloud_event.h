/* SPDX-License-Identifier: Apache-2.0
 *
 * cloud_event.h - "a training set is there" as a CloudEvent 1.0
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md): whole, and in the parts
 * that the binary modes of the transports send apart.
 *
 *	{"specversion":"1.0","id":"2026-W46-1f9c02ab4d5e","source":"/rephrased",
 *	 "type":"rephrased.export.published.v1","subject":"2026-W46","time":"2026-11-16T00:05:00.000Z",
 *	 "datacontenttype":"application/json",
 *	 "data":{"dataset_id":"2026-W46","version":"2026-W46-1f9c02ab4d5e","rows":1210,
 *		 "sha256":"...","uri":"file:///var/lib/rephrased/exports/2026-W46","schema_version":1,
 *		 "train_rows":1090,"holdout_rows":120,"pair_rows":2200,"path":"/var/..."}}
 *
 * sha256 is the manifest's; the manifest has those of the files.
 */
#ifndef RPH_DAEMON_CLOUD_EVENT_H
#define RPH_DAEMON_CLOUD_EVENT_H

#include "schemas/buffer.h"
#include "schemas/export_card.h"
#include "schemas/time.h"

#define RPH_CLOUD_EVENT_TYPE "rephrased.export.published.v1"
#define RPH_CLOUD_EVENT_MEDIA "application/cloudevents+json"

/* What the schedule knows of an export; the rest is read from its manifest. */
struct rph_export_event {
	rph_week week;
	uint8_t digest[32]; /* SHA-256 of manifest.json */
	const char *dir;    /* absolute path of the export: .../2026-W46 */
	const char *source; /* trigger.source */
	rph_time_ms at;     /* wall clock: when it was published */
};

/* An event ready to be sent; every string is its own and NUL-terminated. */
struct rph_cloud_event {
	char *id, *source, *subject, *time; /* attributes; type and specversion are constants */
	char *dir;                          /* absolute path of the export */
	char *data;                         /* the data alone, one JSON object */
	char *json;                         /* the whole, RPH_CLOUD_EVENT_MEDIA */
};

/* `manifest`: the text of manifest.json. Errors: RPH_E_NO_MEMORY, RPH_E_BAD_INPUT (not a manifest
 * of that week). *ret is empty then. */
int rph_cloud_event_make(const struct rph_export_event *event, struct rph_span manifest,
			 struct rph_cloud_event *ret) RPH_MUST_CHECK;
/* Reads what make wrote into `json`. RPH_E_BAD_INPUT, RPH_E_NO_MEMORY; *ret is empty then. */
int rph_cloud_event_read(struct rph_span json, struct rph_cloud_event *ret) RPH_MUST_CHECK;
/* Leaves it empty. */
void rph_cloud_event_free(struct rph_cloud_event *event);

#endif
