/* SPDX-License-Identifier: Apache-2.0
 *
 * export_place.h - a directory with a store directory, a ledger and exports that have a manifest,
 * for tests of what announces them.
 */
#ifndef RPH_TESTS_UNIT_DAEMON_EXPORT_PLACE_H
#define RPH_TESTS_UNIT_DAEMON_EXPORT_PLACE_H

#include "../store/fixture.h"

#include <sys/stat.h>

#include "daemon/trigger_ledger.h"

enum { EXPORT_WEEK = 2968 }; /* 2026-W47 */

struct export_place {
	struct place *place;
	struct rph_ledger *ledger;
	char export_dir[120];
};

static inline void write_manifest(const struct export_place *place, const char *text)
{
	char path[160];
	snprintf(path, sizeof(path), "%s/manifest.json", place->export_dir);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static inline struct rph_export_event export_event(const struct export_place *place, rph_week week)
{
	struct rph_export_event event = {
		.week = week,
		.digest = {0x12, 0xab},
		.dir = place->export_dir,
		.source = "/rephrased",
		.at = INT64_C(1795348212007),
	};
	return event;
}

/* The export of `week`, whose id ends with `tail`. */
static inline struct rph_export_event make_export(struct export_place *place, rph_week week,
						  const char *tail)
{
	char name[RPH_WEEK_TEXT_SIZE], text[512];
	rph_week_format(week, name);
	snprintf(place->export_dir, sizeof(place->export_dir), "%s/%s", place->place->dir, name);
	assert_true(mkdir(place->export_dir, 0700) == 0 || access(place->export_dir, F_OK) == 0);
	snprintf(text, sizeof(text),
		 "{\"export_id\":\"%s-%s\",\"week\":\"%s\",\"files\":["
		 "{\"name\":\"train.jsonl\",\"rows\":90},{\"name\":\"holdout.jsonl\",\"rows\":10},"
		 "{\"name\":\"pairs.jsonl\",\"rows\":40}]}\n",
		 name, tail, name);
	write_manifest(place, text);
	return export_event(place, week);
}

static inline void add_export(struct export_place *place, rph_week week, const char *tail,
			      uint32_t sinks)
{
	struct rph_export_event event = make_export(place, week, tail);
	assert_int_equal(rph_ledger_add(place->ledger, &event, sinks), 0);
}

static inline int make_export_place(void **state)
{
	struct export_place *place = calloc(1, sizeof(*place));
	assert_non_null(place);
	assert_int_equal(make_place((void **)&place->place), 0);
	assert_int_equal(mkdir(place->place->store, 0700), 0);
	assert_int_equal(rph_ledger_open(place->place->store, &place->ledger), 0);
	*state = place;
	return 0;
}

static inline int remove_export_place(void **state)
{
	struct export_place *place = *state;
	rph_ledger_close(place->ledger);
	assert_int_equal(remove_place((void **)&place->place), 0);
	free(place);
	return 0;
}

#endif
