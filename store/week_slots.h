/* SPDX-License-Identifier: Apache-2.0
 *
 * week_slots.h - what people confirmed to stand in slots: the lessons of miner/slot_types.h out of
 * the usage of a window; private to the week_* files of this folder.
 *
 * A lesson is a formulation that says its goal clearly (week_senses.h: promotion.min_users people
 * reached it with these words, few meant something else), with the annotation that most of them had.
 * Memory while it learns: the encoded texts of these formulations.
 */
#ifndef RPH_STORE_WEEK_SLOTS_H
#define RPH_STORE_WEEK_SLOTS_H

#include "miner/slot_types.h"
#include "store/week_source.h"

/* *ret is zeroed; free it whatever is returned. RPH_E_STOPPED. */
int rph_week_slots_load(const struct rph_week_view *view, struct rph_normaliser *normaliser,
			struct rph_slot_types *ret) RPH_MUST_CHECK;

#endif
