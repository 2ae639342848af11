/* SPDX-License-Identifier: Apache-2.0
 *
 * remove_tree.h - removing a directory of our own making; private to this folder.
 *
 * At most one level of sub-folders is gone into: deeper ones are not ours, and removing them fails.
 * Symbolic links are removed, never followed. Names are relative to an open directory.
 */
#ifndef RPH_STORE_REMOVE_TREE_H
#define RPH_STORE_REMOVE_TREE_H

#include "schemas/base.h"

/* 0, also when there is no such name; RPH_E_NO_MEMORY; -errno. Need not be checked where a leftover
 * does no harm. */
int rph_remove_tree(int parent_fd, const char *name);
/* All that begin with `prefix`. */
int rph_remove_trees(int parent_fd, const char *prefix) RPH_MUST_CHECK;

#endif
