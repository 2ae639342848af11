/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint.h - between the store's word for how far a partition is counted (struct rph_offset)
 * and the sessioniser's (struct rph_session_checkpoint): neither knows the other.
 */
#ifndef RPH_STORE_CHECKPOINT_H
#define RPH_STORE_CHECKPOINT_H

#include "miner/session.h"
#include "store/store.h"

/* The arrays of *ret live in `arena`. Errors: RPH_E_NO_MEMORY. */
int rph_checkpoint_of_offset(const struct rph_offset *offset, struct rph_arena *arena,
			     struct rph_session_checkpoint *ret) RPH_MUST_CHECK;

/* topic, partition and tail_hash of *ret keep their values; the arrays live in `arena`. */
int rph_checkpoint_to_offset(const struct rph_session_checkpoint *checkpoint,
			     struct rph_arena *arena, struct rph_offset *ret) RPH_MUST_CHECK;

/* Tells a record from another one at its offset: XXH3-64 of the value, seeded with the log time.
 * Never 0, which stands for "not known": tail_hash of a partition that is no file. */
uint64_t rph_record_hash(struct rph_span value, rph_time_ms log_time);

#endif
