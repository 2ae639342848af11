/* SPDX-License-Identifier: Apache-2.0
 *
 * pair_text.h - one pair for people.
 */
#ifndef RPH_DAEMON_PAIR_TEXT_H
#define RPH_DAEMON_PAIR_TEXT_H

#include "schemas/buffer.h"
#include "store/week_fold.h"

/* The column heads that rph_pair_text_add() writes under. */
void rph_pair_text_heads(struct rph_buffer *buffer);
/* Figures and source on one line, target on the next: texts stand last on their lines, so that
 * columns hold in any script. */
void rph_pair_text_add(struct rph_buffer *buffer, const struct rph_pair_view *view);
/* Why it is not in use, or who decided, as sentences; nothing when there is no reason. */
void rph_pair_text_reasons(struct rph_buffer *buffer, const struct rph_promotion *promotion);

/* Who said what, in words: votes, what the source means, outcomes, groups, trend. */
void rph_pair_text_evidence(struct rph_buffer *buffer, const struct rph_pair_view *view);
void rph_pair_json_evidence(struct rph_buffer *buffer, const struct rph_pair_view *view);

/* What becomes of the target's annotation on the source's words; nothing, or null, when it was not
 * tried. */
void rph_pair_text_label(struct rph_buffer *buffer, const struct rph_projection *projection);
void rph_pair_json_label(struct rph_buffer *buffer, const struct rph_projection *projection);

/* A line about the rewrite while it was served; nothing when it never was. */
void rph_pair_text_arms(struct rph_buffer *buffer, const struct rph_pair_view *view);
/* Every test of the promotion: passed or failed, what was measured, what was asked for. */
void rph_pair_text_tests(struct rph_buffer *buffer, const struct rph_promotion *promotion);
void rph_pair_json_tests(struct rph_buffer *buffer, const struct rph_promotion *promotion);

#endif
