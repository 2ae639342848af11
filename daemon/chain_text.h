/* SPDX-License-Identifier: Apache-2.0
 *
 * chain_text.h - what the chain says of a formulation, for people and as JSON.
 */
#ifndef RPH_DAEMON_CHAIN_TEXT_H
#define RPH_DAEMON_CHAIN_TEXT_H

#include "schemas/buffer.h"
#include "store/week_chain.h"

/* Two lines: the target with its figures, and the way there. */
void rph_chain_text_add(struct rph_buffer *buffer, const struct rph_week_chain_view *view);

/* One object with target, success, posterior, base, lift, path; null when nothing was found. */
void rph_chain_json_add(struct rph_buffer *buffer, const struct rph_week_chain_view *view);

#endif
