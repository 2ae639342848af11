/* SPDX-License-Identifier: Apache-2.0
 *
 * wording.h - an annotated surface: the text as somebody said it and where its slots are.
 *
 * Encoded form, little-endian: u8 version (1), u16 text length, text bytes, u8 slot count, and per
 * slot u8 index into the goal's sorted slots, u16 start, u16 end (code points of the text, end
 * exclusive). Slots are ascending by index, each index once. The text is NFC with white space
 * folded as in training sets, so spans are spans of what is exported.
 */
#ifndef RPH_SCHEMAS_WORDING_H
#define RPH_SCHEMAS_WORDING_H

#include "schemas/arena.h"

#define RPH_WORDING_SLOTS 64

struct rph_wording_slot {
	uint8_t slot; /* index into the goal's slots */
	uint16_t start, end;
};

struct rph_wording {
	struct rph_span text;
	uint32_t slot_count;
	struct rph_wording_slot slots[RPH_WORDING_SLOTS];
};

/* Encodes into `arena`. RPH_E_BAD_INPUT when the text is longer than 65535 bytes, or slots are not
 * ascending, not below RPH_WORDING_SLOTS, empty, or end after the text. RPH_E_NO_MEMORY. */
int rph_wording_encode(const struct rph_wording *wording, struct rph_arena *arena,
		       struct rph_span *ret) RPH_MUST_CHECK;
/* ret->text borrows from `encoded`. RPH_E_STATE_CORRUPT when it is not what encode wrote. */
int rph_wording_decode(struct rph_span encoded, struct rph_wording *ret) RPH_MUST_CHECK;
/* The text within what rph_wording_encode() wrote, unchecked; borrows from `encoded`. */
struct rph_span rph_wording_text(struct rph_span encoded);
/* XXH3-64 of the encoded form, never 0: 0 is "no wording". */
uint64_t rph_wording_hash(struct rph_span encoded);

#endif
