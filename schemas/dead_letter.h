/* SPDX-License-Identifier: Apache-2.0
 *
 * dead_letter.h - a rejected record as one JSON line: why it was refused, where it stood, and its
 * raw bytes, so that it can be corrected and played again.
 *
 *	{"topic":"turns","partition":0,"offset":4711,"reason":"wrong_type","key":"asr.confidence",
 *	 "text":"a key has a value of the wrong type","raw_base64":"eyJ..."}
 *
 * (on one line)
 *
 * Only raw_base64 holds what people said: the other keys are safe to print. The raw bytes are
 * personal data; how long the file is kept is the operator's duty.
 */
#ifndef RPH_SCHEMAS_DEAD_LETTER_H
#define RPH_SCHEMAS_DEAD_LETTER_H

#include "schemas/arena.h"
#include "schemas/reject.h"

struct rph_dead_letter {
	struct rph_span topic; /* or the file's name; bytes that are not UTF-8 become U+FFFD */
	int64_t partition;
	int64_t offset;
	enum rph_reject reason; /* not RPH_ACCEPTED */
	struct rph_span key;    /* struct rph_rejection's, may be empty */
	struct rph_span raw;    /* any bytes */
};

/* The line, '\n' at its end, in `arena`. Returns 0 or RPH_E_NO_MEMORY. */
int rph_dead_letter_write(const struct rph_dead_letter *letter, struct rph_arena *arena,
			  struct rph_span *ret) RPH_MUST_CHECK;

/* Reads a line (with or without its '\n'); spans live in `arena`. RPH_E_BAD_INPUT when it is not a
 * dead letter, RPH_E_NO_MEMORY. Keys it does not know are ignored. */
int rph_dead_letter_read(struct rph_span line, struct rph_arena *arena,
			 struct rph_dead_letter *ret) RPH_MUST_CHECK;

#endif
