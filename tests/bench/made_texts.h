/* SPDX-License-Identifier: Apache-2.0
 *
 * made_texts.h - what people of a made-up world say: goals, their wordings, and other ways to put them.
 * Functions of numbers alone, so that a store can be filled in any order and is the same every time.
 */
#ifndef RPH_TESTS_BENCH_MADE_TEXTS_H
#define RPH_TESTS_BENCH_MADE_TEXTS_H

#include "schemas/base.h"

enum { MADE_WORDINGS = 5, MADE_INTENTS = 200, MADE_TEXT_BYTES = 240 };

/* A text, and where its value is, in code points. */
struct made_text {
	char bytes[MADE_TEXT_BYTES];
	size_t len;
	uint16_t start, end;
};

/* Spread evenly; the same for the same two numbers. */
uint64_t made_random(uint64_t what, uint64_t number);

/* The locale of a goal; goals of one locale share no text with those of another. */
struct rph_span made_locale(uint64_t goal);
/* The value of the goal's slot. */
void made_value(uint64_t goal, struct made_text *ret);
/* A common way to say the goal: 0 is the commonest, up to MADE_WORDINGS. */
void made_wording(uint64_t goal, unsigned wording, struct made_text *ret);
/* Another one, with a word more and perhaps a slip within the value; no two numbers give the same text. */
void made_variant(uint64_t goal, uint64_t number, struct made_text *ret);

#endif
