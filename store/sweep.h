/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep.h - removing texts that no evidence names any more; private to this folder.
 *
 * A formulation stays while it has a usage row or is the source of a vote (a target has a usage row
 * of the vote's week: it was said). A goal stays while a usage row names it; a published rewrite
 * while both its texts are there. Each function removes what is left over whoever left it, so an
 * interrupted housekeeping is made good by the next one; `stop` (may be NULL) interrupts it with
 * RPH_E_STOPPED. The caller has rph_store_begin_writing().
 */
#ifndef RPH_STORE_SWEEP_H
#define RPH_STORE_SWEEP_H

#include "store/txn.h"

/* Removes the formulations whose id starts with `prefix`, if nothing names them. */
void rph_sweep_prefix(struct rph_txn *txn, struct rph_span prefix, uint64_t *removed);
/* The same for all, in transactions of bounded size. */
int rph_sweep_formulations(struct rph_store *store, const struct rph_stop *stop,
			   uint64_t *removed) RPH_MUST_CHECK;
/* Memory: about 32 bytes per goal in use. */
int rph_sweep_goals(struct rph_store *store, const struct rph_stop *stop,
		    uint64_t *removed) RPH_MUST_CHECK;
int rph_sweep_rewrites(struct rph_store *store, uint64_t *removed) RPH_MUST_CHECK;

#endif
