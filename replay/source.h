/* SPDX-License-Identifier: Apache-2.0
 *
 * source.h - a log as a partition: who it is, where it was left, what of it is counted.
 *
 * A log is known by a keyed hash of its first line, not by its name: it may be moved, renamed,
 * packed or grow between runs. Where it was left, a hash of the bytes before tells whether it is
 * still the same log. Its topic is "file".
 */
#ifndef RPH_REPLAY_SOURCE_H
#define RPH_REPLAY_SOURCE_H

#include "miner/pipeline.h"
#include "replay/log.h"
#include "store/dead_letters.h"
#include "store/store.h"

#define RPH_SOURCE_NAME_SIZE 33

struct rph_source {
	const char *path; /* as given */
	struct rph_log *log;
	char name[RPH_SOURCE_NAME_SIZE]; /* the partition: 32 hex digits */
	uint32_t partition;              /* in the pipeline */
	int64_t counted;       /* offset the store had at the start: before it all is warm */
	uint64_t counted_tail; /* tail hash there */
	bool checked;          /* the tail was compared */
	bool is_empty;         /* it has no bytes: no log yet, and not known by a name */
	bool started, ended;
	struct rph_dead_letters letters;
	struct rph_arena arena; /* the checkpoint read from the store */
};

/* Opens the log at `path`, finds it in the store, adds it to the pipeline and moves to where
 * reading has to begin. On error `source` needs no closing. */
int rph_source_open(const char *path, const struct rph_keys *keys, struct rph_store *store,
		    struct rph_pipeline *pipeline, const char *dead_letters_dir,
		    struct rph_source *source) RPH_MUST_CHECK;
void rph_source_close(struct rph_source *source);

/* The log may still be written to: leaves a last line without its end to a later run. */
void rph_source_hold_back(struct rph_source *source);

/* The next record; *ret_end at the end. RPH_E_LOG_CHANGED when the bytes before the counted offset
 * are not those of the last run; nothing is counted then. */
int rph_source_next(struct rph_source *source, struct rph_record *ret,
		    bool *ret_end) RPH_MUST_CHECK;

/* What to commit for the source now. Arrays belong to the pipeline. */
int rph_source_offset(struct rph_source *source, struct rph_pipeline *pipeline,
		      struct rph_arena *arena, struct rph_offset *ret) RPH_MUST_CHECK;

#endif
