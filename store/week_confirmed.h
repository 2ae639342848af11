/* SPDX-License-Identifier: Apache-2.0
 *
 * week_confirmed.h - training rows of kind "confirmed": formulations that by themselves bring enough
 * people to one goal. Nobody had to say them again, so no pair speaks for them; what speaks is that it
 * worked, for promotion.min_users people on promotion.min_days days, hardly ever for another goal, and
 * more often than not. A model that is taught a little learns much from what it already does right.
 *
 * The label is the annotation of the wording that most of these people used. Left out: values said
 * alone, texts that look personal, protected and control intents, goals with a slot that the wording
 * does not show. Private to the week_* files of this folder.
 */
#ifndef RPH_STORE_WEEK_CONFIRMED_H
#define RPH_STORE_WEEK_CONFIRMED_H

#include "store/week_basis.h"
#include "store/week_rows.h"

/* Adds them to `rows`. RPH_E_NO_MEMORY, RPH_E_STATE_CORRUPT, RPH_E_STOPPED. */
int rph_week_confirmed_add(const struct rph_week_basis *basis,
			   struct rph_week_rows *rows) RPH_MUST_CHECK;

#endif
