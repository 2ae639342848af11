/* SPDX-License-Identifier: Apache-2.0
 *
 * export_dir.h - a directory of files that is there whole or not at all.
 *
 * Files are written into PARENT/.tmp-NAME, each fsynced; finish writes SHA256SUMS (as sha256sum -c
 * reads it, sorted by path), then _SUCCESS last, fsyncs the directories, renames to PARENT/NAME and
 * fsyncs PARENT. An existing PARENT/NAME is exchanged for the new one in one step where the file
 * system can; else it is renamed aside first. A crash leaves the old one, the new one, or (without
 * that step, for an instant) none; never a mixture. Leftovers of a crash are removed by the next
 * begin.
 *
 * PARENT is made when only its last component is missing. One export at a time and parent, over all
 * processes: a second begin returns -EBUSY. Permissions are those of the umask. One thread.
 */
#ifndef RPH_STORE_EXPORT_DIR_H
#define RPH_STORE_EXPORT_DIR_H

#include "schemas/base.h"

struct rph_export_dir;

/* `name` is one path component that does not begin with a dot: RPH_E_BAD_INPUT otherwise. Errors:
 * -EBUSY, RPH_E_NO_MEMORY, -errno. */
int rph_export_dir_begin(const char *parent, const char *name,
			 struct rph_export_dir **ret) RPH_MUST_CHECK;
/* Opens `path` (relative, may name up to three sub-folders, which are made) for writing, closing the file
 * before it. RPH_E_BAD_INPUT for a path that leaves the directory, has control characters or a
 * backslash, or is a name of our own; -EEXIST for one written already. */
int rph_export_dir_open(struct rph_export_dir *dir, const char *path) RPH_MUST_CHECK;
/* Appends to the open file. Sticky: the first error is kept and returned by finish. */
void rph_export_dir_write(struct rph_export_dir *dir, struct rph_span bytes);
/* SHA-256 and size of a file already written; closes it when it is the open one. RPH_E_NOT_FOUND.
 */
int rph_export_dir_digest(struct rph_export_dir *dir, const char *path, uint8_t ret_sha256[32],
			  uint64_t *ret_bytes) RPH_MUST_CHECK;
/* Publishes. Frees `dir` in any case. Returns the first error; then nothing was published. */
int rph_export_dir_finish(struct rph_export_dir *dir) RPH_MUST_CHECK;
/* Gives up: removes the temporary directory. NULL is fine; returns NULL. */
struct rph_export_dir *rph_export_dir_abandon(struct rph_export_dir *dir);
RPH_DEFINE_CLEANUP(struct rph_export_dir, rph_export_dir_abandon)

#endif
