/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_speech.h - an utterance as pieces, from the user's mouth to what the recogniser (or a
 * hasty hand) makes of it.
 *
 * A piece is either literal text or one slot's text. Mistakes are made inside pieces, so that the
 * slots' offsets in the text that comes out are right by construction. No slot is ever emptied.
 */
#ifndef RPH_REPLAY_GENERATE_SPEECH_H
#define RPH_REPLAY_GENERATE_SPEECH_H

#include "replay/grammar.h"
#include "replay/random.h"

enum {
	RPH_PIECES_MAX = RPH_PARTS_MAX + RPH_INTENT_SLOTS_MAX,
	RPH_MISTAKES_MAX = 3,
	RPH_UTTERANCE_MAX = 512, /* bytes */
};

struct rph_piece {
	struct rph_span text;
	int slot; /* or -1 */
};

/* Not copyable: pieces may point into `store`. */
struct rph_speech {
	struct rph_piece pieces[RPH_PIECES_MAX];
	unsigned piece_count;
	enum rph_slot_type slots[RPH_INTENT_SLOTS_MAX];
	unsigned slot_count;
	unsigned forms[RPH_INTENT_SLOTS_MAX];
	uint16_t said[RPH_INTENT_SLOTS_MAX];  /* values as meant */
	uint16_t heard[RPH_INTENT_SLOTS_MAX]; /* values as heard, where a whole value was swapped */
	bool slot_garbled[RPH_INTENT_SLOTS_MAX]; /* its text is no value's */
	bool text_garbled;                       /* some literal text differs */
	size_t stored;
	char store[RPH_MISTAKES_MAX * RPH_UTTERANCE_MAX];
};

/* An utterance as text, with its slots in code points; end exclusive. */
struct rph_utterance {
	char text[RPH_UTTERANCE_MAX];
	size_t len;
	struct {
		uint16_t start, end;           /* code points */
		uint16_t start_byte, end_byte; /* the same in bytes */
	} slots[RPH_INTENT_SLOTS_MAX];
};

/* `wording` with its slots filled by `values`, said without a mistake. */
void rph_speech_say(const struct rph_language *language, const struct rph_gen_wording *wording,
		    const enum rph_slot_type *slots, const uint16_t *values, unsigned slot_count,
		    struct rph_speech *ret);

/* Makes 1..RPH_MISTAKES_MAX mistakes: of a recogniser, or of a hand when `typing`. A mistake that
 * finds nothing to spoil is not made, so that the speech may come out as it was. */
void rph_speech_spoil(const struct rph_language *language, bool typing, struct rph_random *random,
		      struct rph_speech *speech);

static inline bool rph_speech_spoilt(const struct rph_speech *speech)
{
	bool spoilt = speech->text_garbled;
	for (unsigned i = 0; i < speech->slot_count; i++)
		spoilt |= speech->slot_garbled[i] || speech->heard[i] != speech->said[i];
	return spoilt;
}

void rph_speech_render(const struct rph_speech *speech, struct rph_utterance *ret);

#endif
