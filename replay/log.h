/* SPDX-License-Identifier: Apache-2.0
 *
 * log.h - a log as lines with offsets: plain, gzip or zstd (told by the first bytes, not the name),
 * a file or standard input.
 *
 * An offset counts bytes of the unpacked text from its beginning. A line's bytes do not include its
 * line feed (nor a carriage return before it); the last line may lack one, unless it is held back.
 * A line longer than RPH_LOG_PIECE_BYTES comes in pieces of that size, so that nothing is lost and
 * memory is bounded.
 */
#ifndef RPH_REPLAY_LOG_H
#define RPH_REPLAY_LOG_H

#include "schemas/base.h"

#define RPH_LOG_PIECE_BYTES ((size_t)64 << 20)
#define RPH_LOG_TAIL_BYTES ((size_t)4096)

struct rph_log;

struct rph_log_line {
	struct rph_span text; /* lives until the next call on the log */
	int64_t offset, next_offset;
};

/* "-" is standard input. Errors: -errno (-ENOENT, -EACCES, -EISDIR), RPH_E_NO_MEMORY. */
int rph_log_open(const char *path, struct rph_log **ret) RPH_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct rph_log *rph_log_close(struct rph_log *log);
RPH_DEFINE_CLEANUP(struct rph_log, rph_log_close)

/* The first line, cut to 64 KiB, before anything was read; empty for an empty log. */
int rph_log_first_line(struct rph_log *log, struct rph_span *ret) RPH_MUST_CHECK;
/* After rph_log_first_line(): whether the log has no bytes at all. */
bool rph_log_is_empty(const struct rph_log *log);

/* For a log that may still be written to: a last line that begins at or after `from` and has no
 * line feed is half of one, and does not come. rph_log_holds_back() at the end: there is one. */
void rph_log_hold_back(struct rph_log *log, int64_t from);
bool rph_log_holds_back(const struct rph_log *log);

/* Moves to `offset`, which must be the beginning of a line, and makes sure that the tail before
 * `checked` (>= offset) will be available there: seeks in plain files, reads on in others.
 * RPH_E_LOG_CHANGED when the log ends before. */
int rph_log_skip_to(struct rph_log *log, int64_t offset, int64_t checked) RPH_MUST_CHECK;

/* *ret_end is set at the end of the log. RPH_E_BAD_INPUT: the packed data is damaged or cut off. */
int rph_log_next(struct rph_log *log, struct rph_log_line *ret, bool *ret_end) RPH_MUST_CHECK;

/* XXH3-64 of the up to RPH_LOG_TAIL_BYTES bytes before the next line. */
uint64_t rph_log_tail_hash(const struct rph_log *log);

/* Offset of the next line; bytes of the file read so far and its size (0: unknown), for progress.
 */
int64_t rph_log_offset(const struct rph_log *log);
void rph_log_progress(const struct rph_log *log, uint64_t *ret_done, uint64_t *ret_total);

#endif
