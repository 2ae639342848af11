/* SPDX-License-Identifier: Apache-2.0
 *
 * scan.h - walking a table, or two side by side, without holding a transaction; private to this folder.
 *
 * Rows are copied out in chunks, each in a read transaction of its own, and visited after it ended:
 * a slow visitor keeps no pages from being used again, and may read the store itself. Rows that
 * change between two chunks are seen as they are when their chunk is read.
 */
#ifndef RPH_STORE_SCAN_H
#define RPH_STORE_SCAN_H

#include "store/txn.h"

typedef int rph_visit_bytes(void *context, struct rph_span key, struct rph_span value);

/* Rows whose key starts with `prefix`, in key order. The bytes live until `visit` returns. */
int rph_scan_table(struct rph_store *store, enum rph_table table, struct rph_span prefix,
		   rph_visit_bytes *visit, void *context) RPH_MUST_CHECK;

/* The same row by row, and from key to key: for readers that walk two tables side by side, or look at
 * few keys of one. Rows are read ahead, the more of them the longer they are used in order, and kept
 * until a key outside of them is asked for, so keys that ascend cost little more than a walk. They are
 * as they were when they were read ahead. One thread at a time; memory is kept until the end. */
struct rph_scan;

/* A transaction that the short reads of several scans share, because to begin one costs more than such
 * a read; zeroed at first. Whoever has one ends it before doing anything that takes long. */
struct rph_reading {
	struct rph_txn txn;
	unsigned reads; /* through it */
};
void rph_reading_end(struct rph_reading *reading);

int rph_scan_open(struct rph_store *store, enum rph_table table,
		  struct rph_scan **ret) RPH_MUST_CHECK;
/* Short reads go through `reading`, of the same thread; without it each has a transaction of its own. */
void rph_scan_share(struct rph_scan *scan, struct rph_reading *reading);
/* NULL is fine; returns NULL. */
struct rph_scan *rph_scan_close(struct rph_scan *scan);

/* Goes to the first row whose key is `from` or greater. An empty one: the first row of all. */
int rph_scan_seek(struct rph_scan *scan, struct rph_span from) RPH_MUST_CHECK;
/* The row there; the next call gives the one after it. RPH_E_NOT_FOUND after the last one. The bytes
 * live until the next call of any of these. */
int rph_scan_next(struct rph_scan *scan, struct rph_span *ret_key,
		  struct rph_span *ret_value) RPH_MUST_CHECK;

/* Rows of one source, of one formulation, as rph_store_scan_votes_of() and
 * rph_store_scan_usage_of(). `visit` may not use the scan. With `understood` only usage at a goal. */
int rph_scan_votes_of(struct rph_scan *scan, const struct rph_id *source, rph_visit_vote *visit,
		      void *context) RPH_MUST_CHECK;
int rph_scan_usage_of(struct rph_scan *scan, const struct rph_id *formulation, bool understood,
		      rph_visit_usage *visit, void *context) RPH_MUST_CHECK;
/* RPH_E_NOT_FOUND. The texts live until the next call. */
int rph_scan_formulation(struct rph_scan *scan, const struct rph_id *id,
			 struct rph_formulation_delta *ret) RPH_MUST_CHECK;
int rph_scan_goal(struct rph_scan *scan, const struct rph_id *id,
		  struct rph_span *ret_canonical) RPH_MUST_CHECK;

#endif
