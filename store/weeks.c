/* SPDX-License-Identifier: Apache-2.0 */
#include "store/weeks.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "schemas/error.h"

/* Exported before with the evidence there is now, and still there: a directory that somebody
 * removed is written again. */
static bool is_exported(struct rph_store *store, const char *parent, rph_week week)
{
	struct rph_export_row row;
	if (rph_store_get_export(store, week, &row) || rph_export_is_outdated(&row))
		return false;
	char name[RPH_WEEK_TEXT_SIZE], *path;
	rph_week_format(week, name);
	if (asprintf(&path, "%s/%s/_SUCCESS", parent, name) < 0)
		return false;
	bool is_there = access(path, F_OK) == 0;
	free(path);
	return is_there;
}

static bool is_due(struct rph_deployment *deployment, const char *parent, rph_week week,
		   const struct rph_weeks_report *report)
{
	return !is_exported(deployment->store, parent, week) ||
	       (report->is_wanted && report->is_wanted(report->context, week));
}

static int export_week(struct rph_deployment *deployment, const char *parent, rph_week week,
		       struct rph_weeks_report *report)
{
	struct rph_week_export_options options;
	struct rph_week_summary summary;
	int err = report->on_begin ? report->on_begin(report->context, week) : 0;
	if (!err)
		err = rph_deployment_export(deployment, week, parent, &options);
	options.pairs.stop = report->stop;
	options.pairs.parallel = report->parallel;
	if (!err)
		err = rph_week_export(deployment->store, &options, &summary);
	if (err == RPH_E_STOPPED)
		return err;
	if (err) {
		rph_buffer_format(
			&deployment->problem,
			"export of a week to %s: %s; nothing was published there; mend the "
			"cause, it will be tried again\n",
			parent, rph_strerror(err));
		return err;
	}
	if (!report->exported++)
		rph_week_format(week, report->first_week);
	rph_week_format(week, report->last_week);
	return report->on_week ? report->on_week(report->context, week, &summary) : 0;
}

static int expire_before(struct rph_deployment *deployment, rph_week oldest_kept,
			 struct rph_weeks_report *report)
{
	uint64_t rows = 0;
	int err = rph_store_expire(deployment->store, oldest_kept, report->stop, &rows);
	report->expired_rows += rows;
	if (err && err != RPH_E_STOPPED)
		rph_buffer_format(
			&deployment->problem,
			"deleting weeks older than history.keep_weeks: %s; run the replay "
			"again when the cause is mended\n",
			rph_strerror(err));
	return err;
}

static int made_by(const struct rph_config *config, uint64_t *ret)
{
	uint8_t digest[RPH_CONFIG_FINGERPRINT_BYTES];
	int err = rph_config_fingerprint(config, digest);
	uint64_t program = XXH3_64bits(RPH_VERSION, sizeof(RPH_VERSION) - 1);
	*ret = err ? 0 : XXH3_64bits_withSeed(digest, sizeof(digest), program) | 1;
	return err;
}

static bool is_published(struct rph_store *store, const struct rph_publication *wanted)
{
	struct rph_publication found;
	return rph_store_get_publication(store, &found) == 0 && found.week == wanted->week &&
	       found.made_by == wanted->made_by;
}

static int make_rewrites(struct rph_deployment *deployment, rph_week week,
			 struct rph_weeks_report *report)
{
	struct rph_pairs_options options;
	struct rph_publication publication = {.week = week};
	struct rph_store_info info;
	int err = made_by(deployment->config, &publication.made_by);
	if (!err && is_published(deployment->store, &publication)) {
		err = rph_store_info(deployment->store, &info);
		report->published = info.rewrites;
		return err;
	}
	if (!err)
		err = rph_deployment_pairs(deployment, week, &options);
	if (err)
		return err;
	options.min_users = options.promotion.min_users;
	options.stop = report->stop;
	options.parallel = report->parallel;
	err = rph_publish_week(deployment->store, &options, &report->published);
	return err ? err : rph_store_note_publication(deployment->store, &publication);
}

static int publish_week(struct rph_deployment *deployment, rph_week week,
			struct rph_weeks_report *report)
{
	int err = make_rewrites(deployment, week, report);
	if (err && err != RPH_E_STOPPED)
		rph_buffer_format(&deployment->problem,
				  "publishing rewrites to the store: %s; mend the cause, it will "
				  "be tried again\n",
				  rph_strerror(err));
	return err;
}

int rph_weeks_complete(struct rph_deployment *deployment, const char *parent, rph_time_ms complete,
		       bool publish, struct rph_weeks_report *report)
{
	struct rph_store_info info;
	int err = rph_store_info(deployment->store, &info);
	if (err || info.first_week > info.last_week || complete <= rph_week_start(info.first_week))
		return err;
	/* The first week that is not complete; none beyond the data is worth a look. */
	rph_week end = (rph_week)(info.last_week + 1);
	if (complete < rph_week_start(end))
		end = rph_week_of(complete);
	for (rph_week week = info.first_week; !err && parent && week < end; week++)
		if (is_due(deployment, parent, week, report))
			err = export_week(deployment, parent, week, report);
	uint32_t kept = deployment->config->history.keep_weeks;
	if (!err && end > info.first_week + kept)
		err = expire_before(deployment, (rph_week)(end - kept), report);
	if (!err && publish && end > info.first_week)
		err = publish_week(deployment, (rph_week)(end - 1), report);
	return err;
}
