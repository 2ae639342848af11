/* SPDX-License-Identifier: Apache-2.0
 *
 * value_text.h - texts that are nothing but a value ("the kitchen", "at eight"): they answer a
 * question or correct what was misheard, and mean nothing by themselves, whatever an assistant that
 * remembers the question makes of them. Pure.
 */
#ifndef RPH_MINER_VALUE_TEXT_H
#define RPH_MINER_VALUE_TEXT_H

#include "schemas/goal.h"
#include "schemas/wording.h"

/* True when the slots leave nothing of the text but white space and punctuation. */
bool rph_wording_is_value(const struct rph_wording *wording);

/* True when the text reads like one of the goal's values, also misheard or misspelt: at most three
 * in ten code points differ, it has as many digits, and is hardly longer; in scripts that write
 * syllables not longer at all, for a syllable may be a verb, unless it says the value's syllables and
 * no others. Both normalised. False for goals without an interpretation. */
bool rph_text_is_value(struct rph_span text, const struct rph_goal *goal);

#endif
