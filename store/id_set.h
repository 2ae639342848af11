/* SPDX-License-Identifier: Apache-2.0
 *
 * id_set.h - a set of ids in memory; private to this folder.
 *
 * Open addressing: ids are keyed hashes, so their own bytes spread them. About 32 bytes per id. The
 * zero id (no goal) is never a member. A set is made with {0}.
 */
#ifndef RPH_STORE_ID_SET_H
#define RPH_STORE_ID_SET_H

#include "schemas/id.h"

struct rph_id_set {
	struct rph_id *slots; /* the zero id marks a free one */
	size_t size;          /* 0 or a power of two */
	size_t count;
};

#define RPH_ID_SET_CLEANUP __attribute__((cleanup(rph_id_set_free)))

bool rph_id_set_has(const struct rph_id_set *set, const struct rph_id *id);
/* 0, also for a member and for the zero id, which is left out; RPH_E_NO_MEMORY. */
int rph_id_set_add(struct rph_id_set *set, const struct rph_id *id) RPH_MUST_CHECK;
void rph_id_set_free(struct rph_id_set *set);

#endif
