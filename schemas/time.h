/* SPDX-License-Identifier: Apache-2.0
 *
 * time.h - event time: milliseconds since 1970-01-01T00:00:00Z, and ISO 8601 weeks of it (UTC).
 *
 * No function here reads a clock. A week is a number: 0 is the ISO week of 1970-01-01 (Monday
 * 1969-12-29), so that uint16_t reaches the year 3225. Times before that Monday have no week; the
 * decoder refuses them (ts_past).
 */
#ifndef RPH_SCHEMAS_TIME_H
#define RPH_SCHEMAS_TIME_H

#include "schemas/base.h"

typedef int64_t rph_time_ms; /* event time; a length of time in ms is int64_t too */
typedef uint16_t rph_week;

#define RPH_DAY_MS INT64_C(86400000)
#define RPH_WEEK_MS (7 * RPH_DAY_MS)
#define RPH_WEEK_TEXT_SIZE 9  /* "2026-W46" and NUL */
#define RPH_TIME_TEXT_SIZE 25 /* "2026-11-20T10:11:12.345Z" and NUL */

rph_week rph_week_of(rph_time_ms at);
/* 0 = Monday .. 6 = Sunday. */
unsigned rph_week_day_of(rph_time_ms at);
/* Monday 00:00:00.000 UTC of the week; the week ends where the next one starts. */
rph_time_ms rph_week_start(rph_week week);
/* "2026-W46", NUL-terminated. */
void rph_week_format(rph_week week, char text[static RPH_WEEK_TEXT_SIZE]);
/* Reads exactly "YYYY-Www"; false when it is not an existing ISO week. */
bool rph_week_parse(struct rph_span text, rph_week *ret) RPH_MUST_CHECK;

/* RFC 3339 with mandatory zone ("Z" or "+hh:mm"), "T" or a space, optional fraction (cut to ms);
 * a leap second :60 counts as :59. Also accepts a bare date "YYYY-MM-DD" (midnight UTC) when
 * `date_only` is true, as command-line options do. */
bool rph_time_parse(struct rph_span text, bool date_only, rph_time_ms *ret) RPH_MUST_CHECK;
/* RFC 3339 in UTC with milliseconds; times outside the years 0000..9999 show the nearest end. */
void rph_time_format(rph_time_ms at, char text[static RPH_TIME_TEXT_SIZE]);

#endif
