/* SPDX-License-Identifier: Apache-2.0
 *
 * scan.h - walking a table without holding a transaction; private to this folder.
 *
 * Rows are copied out in chunks, each in a read transaction of its own, and visited after it ended:
 * a slow visitor keeps no pages from being used again, and may read the store itself. Rows that
 * change between two chunks are seen as they are when their chunk is read.
 */
#ifndef RPH_STORE_SCAN_H
#define RPH_STORE_SCAN_H

#include "store/env.h"

typedef int rph_visit_bytes(void *context, struct rph_span key, struct rph_span value);

/* Rows whose key starts with `prefix`, in key order. The bytes live until `visit` returns. */
int rph_scan_table(struct rph_store *store, enum rph_table table, struct rph_span prefix,
		   rph_visit_bytes *visit, void *context) RPH_MUST_CHECK;

#endif
