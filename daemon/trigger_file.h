/* SPDX-License-Identifier: Apache-2.0
 *
 * trigger_file.h - small files that are there whole or not at all, for the ledger and the spool.
 */
#ifndef RPH_DAEMON_TRIGGER_FILE_H
#define RPH_DAEMON_TRIGGER_FILE_H

#include <sys/types.h>

#include "schemas/buffer.h"

/* Writes DIR/.NAME.tmp, fsyncs it, renames it to DIR/NAME, fsyncs DIR. Another NAME is replaced.
 * Nobody else writes the same name at the same time. `mode` whatever the umask. -errno. */
int rph_trigger_file_write(const char *dir, const char *name, struct rph_span text,
			   mode_t mode) RPH_MUST_CHECK;
/* Appends DIR/NAME to `text`; at most `max` bytes, else -EFBIG. -errno, RPH_E_NO_MEMORY. */
int rph_trigger_file_read(const char *dir, const char *name, size_t max,
			  struct rph_buffer *text) RPH_MUST_CHECK;
/* Removes DIR/NAME for good. 0 also when there is none. -errno. */
int rph_trigger_file_remove(const char *dir, const char *name) RPH_MUST_CHECK;
/* Makes what was done to the names in `dir` durable. -errno. */
int rph_trigger_file_sync(const char *dir) RPH_MUST_CHECK;
bool rph_trigger_file_is_there(const char *dir, const char *name);

#endif
