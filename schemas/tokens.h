/* SPDX-License-Identifier: Apache-2.0
 *
 * tokens.h - cuts a text into tokens for formats that label token by token: at white space, at the
 * edges of slots, and before every letter of a script that is written without spaces (Unicode
 * property: the script breaks lines between letters, such as Han, Kana, Thai, Khmer), where a letter
 * keeps its marks. No dictionary: the same text gives the same tokens with every version.
 */
#ifndef RPH_SCHEMAS_TOKENS_H
#define RPH_SCHEMAS_TOKENS_H

#include "schemas/example.h"

#define RPH_TOKEN_OUTSIDE UINT32_MAX

struct rph_token {
	struct rph_span text; /* never empty, no white space; points into the example's text */
	uint32_t slot;        /* index of the slot it stands in, or RPH_TOKEN_OUTSIDE */
	bool begins;          /* is the slot's first token */
};

/* Reads one token after the other; make it with {.example = &example}. */
struct rph_tokens {
	const struct rph_example *example;
	size_t at;         /* byte */
	uint32_t position; /* code point */
	uint32_t next;     /* first slot that does not end before `position` */
	uint32_t last;     /* slot of the token before + 1, 0: none */
};

/* False when there is no further token. */
bool rph_tokens_next(struct rph_tokens *tokens, struct rph_token *ret);

#endif
