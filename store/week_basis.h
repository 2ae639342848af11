/* SPDX-License-Identifier: Apache-2.0
 *
 * week_basis.h - what the fold of a window knows before it looks at any pair: what formulations mean,
 * what is beyond chance, and which sources may have candidates, in the order of their texts. Private
 * to the week_* files of this folder.
 *
 * Memory: 49 bytes per formulation that two people use with success, 16 per source with a candidate,
 * 32 per star; and while it is loaded, the text of each of these sources, and 88 bytes per formulation and goal that enough people mean.
 */
#ifndef RPH_STORE_WEEK_BASIS_H
#define RPH_STORE_WEEK_BASIS_H

#include "miner/slot_types.h"
#include "store/week_pairs.h"
#include "store/week_source.h"
#include "store/week_values.h"

struct rph_week_basis {
	const struct rph_pairs_options *options; /* borrowed */
	struct rph_week_view view;
	struct rph_senses senses;
	struct rph_stars stars;
	struct rph_week_pairs reviews;
	struct rph_slot_types slot_types;
	struct rph_week_values values;
	struct rph_id *sources; /* ascending by locale, text */
	size_t source_count;
};

/* *ret points into itself, so it must not be moved, and needs rph_week_basis_free() also on failure.
 * Errors: RPH_E_NO_MEMORY, RPH_E_STATE_CORRUPT, RPH_E_STOPPED, -errno. */
int rph_week_basis_load(struct rph_store *store, const struct rph_pairs_options *options,
			struct rph_week_basis *ret) RPH_MUST_CHECK;
void rph_week_basis_free(struct rph_week_basis *basis);

/* Keeps the senses only: no scan afterwards. */
void rph_week_basis_thin(struct rph_week_basis *basis);

/* rph_pairs_scan() with what is loaded. */
int rph_week_basis_scan(const struct rph_week_basis *basis, rph_visit_pair *visit,
			void *context) RPH_MUST_CHECK;

#endif
