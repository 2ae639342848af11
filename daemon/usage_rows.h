/* SPDX-License-Identifier: Apache-2.0
 *
 * usage_rows.h - the usage of one formulation in a window of weeks, goals resolved, in an order
 * that people can follow: by goal, then by week. The store's own order is that of keyed hashes.
 */
#ifndef RPH_DAEMON_USAGE_ROWS_H
#define RPH_DAEMON_USAGE_ROWS_H

#include "miner/fold.h"
#include "store/store.h"

struct rph_usage_row {
	struct rph_span goal; /* canonical; empty when nothing was understood */
	rph_week week;
	uint32_t users; /* at most RPH_USAGE_USERS; more_users: there were others */
	bool more_users;
	struct rph_usage_counts total;
};

/* Zeroed: empty. */
struct rph_usage_rows {
	struct rph_usage_row *rows; /* by goal (bytes), then week */
	size_t count, size;
};

/* Reads the rows; goals live in `arena`. Returns 0 or an error of the store or of memory;
 * rph_usage_rows_free() in any case. */
int rph_usage_rows_read(struct rph_store *store, const struct rph_id *formulation,
			const struct rph_window *window, struct rph_arena *arena,
			struct rph_usage_rows *ret) RPH_MUST_CHECK;
void rph_usage_rows_free(struct rph_usage_rows *rows);

#endif
