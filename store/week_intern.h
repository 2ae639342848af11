/* SPDX-License-Identifier: Apache-2.0
 *
 * week_intern.h - texts that many rows of a training set share, kept once: locales, targets,
 * canonical goals. Private to the week_* files of this folder.
 */
#ifndef RPH_STORE_WEEK_INTERN_H
#define RPH_STORE_WEEK_INTERN_H

#include "schemas/arena.h"
#include "schemas/lookup.h"

/* Empty and without memory when zeroed. */
struct rph_interned {
	struct rph_lookup by_text;
	struct rph_span *list;
	uint32_t count, size;
};

/* *ret is `text` or an equal one given before, its bytes in `arena`, which must be the same each time.
 * Returns 0 or RPH_E_NO_MEMORY. */
int rph_intern(struct rph_interned *interned, struct rph_arena *arena, struct rph_span text,
	       struct rph_span *ret) RPH_MUST_CHECK;
/* The same, as an index of `list`; new ones come last. */
int rph_intern_index(struct rph_interned *interned, struct rph_arena *arena, struct rph_span text,
		     uint32_t *ret) RPH_MUST_CHECK;
void rph_interned_free(struct rph_interned *interned);

#endif
