/* SPDX-License-Identifier: Apache-2.0
 *
 * verify.h - the state of one run of rph_store_verify(); private to this folder.
 *
 * All tables are read in one read transaction, so what they say about one another belongs to one
 * moment. A fault is counted and told; reading goes on with the next row.
 */
#ifndef RPH_STORE_VERIFY_H
#define RPH_STORE_VERIFY_H

#include "store/id_set.h"
#include "store/txn.h"

struct rph_verify {
	struct rph_txn txn;
	rph_report_fault *report;
	void *context;
	struct rph_verdict verdict;
	enum rph_table table;    /* of the row being checked */
	struct rph_span key;     /* likewise */
	struct rph_arena arena;  /* likewise */
	struct rph_arena other;  /* of a row that it refers to */
	struct rph_id_set goals; /* named by usage rows */
	uint64_t forgetting;     /* the user of an interrupted forget, or 0 */
	rph_week expiring;       /* weeks before this one are of an interrupted expire */
};

void rph_verify_fault(struct rph_verify *verify, const char *format, ...) RPH_PRINTF(2, 3);

/* Rows of a housekeeping that was interrupted: what they refer to may be gone. */
static inline bool rph_verify_is_excused(const struct rph_verify *verify, uint64_t user,
					 rph_week week)
{
	return week < verify->expiring || (user && user == verify->forgetting);
}

/* Each checks one row; 0, or an error that ends the run (memory). Faults of the row are none. */
int rph_verify_vote(struct rph_verify *verify, struct rph_span key,
		    struct rph_span value) RPH_MUST_CHECK;
int rph_verify_usage(struct rph_verify *verify, struct rph_span key,
		     struct rph_span value) RPH_MUST_CHECK;
int rph_verify_said(struct rph_verify *verify, struct rph_span key,
		    struct rph_span value) RPH_MUST_CHECK;

#endif
