/* SPDX-License-Identifier: Apache-2.0
 *
 * seams.h - where words may begin and end: at white space, punctuation, or, in scripts written
 * without spaces (by the Unicode property Line_Break), at any grapheme boundary. So no dictionary is
 * needed, and a word of a script with spaces is never cut. A point, comma or colon between two digits
 * is no seam.
 */
#ifndef RPH_MINER_SEAMS_H
#define RPH_MINER_SEAMS_H

#include "schemas/arena.h"
#include "schemas/base.h"

#define RPH_SEAM_START 1 /* a span may start before this code point */
#define RPH_SEAM_END 2   /* a span may end before this code point */

/* A text cut at its seams; arrays live in an arena. */
struct rph_seams {
	struct rph_span text;
	const uint32_t *points; /* [count] */
	const uint32_t *offset; /* [count + 1]: byte offset of each code point */
	const uint8_t *seams;   /* [count + 1]: bits of RPH_SEAM_* */
	uint32_t count;         /* code points */
};

/* RPH_E_BAD_INPUT: not UTF-8. */
int rph_seams_find(struct rph_span text, struct rph_arena *arena,
		   struct rph_seams *ret) RPH_MUST_CHECK;

/* The text between two seams, code points. */
static inline struct rph_span rph_seams_cut(const struct rph_seams *text, uint32_t start,
					    uint32_t end)
{
	return (struct rph_span){text->text.ptr + text->offset[start],
				 text->offset[end] - text->offset[start]};
}
/* The next shortest span between seams at or after *end, which is 0 at first; false: there is none.
 * A grapheme in scripts written without spaces. */
bool rph_seams_next_word(const struct rph_seams *text, uint32_t *start, uint32_t *end);

/* The next span of at most `longest` code points between seams, by start, then by end; *start and *end
 * are 0 at first. False: there is none. */
bool rph_seams_next_span(const struct rph_seams *text, uint32_t longest, uint32_t *start,
			 uint32_t *end);

/* Punctuation or a symbol. */
bool rph_is_mark(uint32_t point);

/* 0..9 for a decimal digit of any script, -1 for anything else. */
int rph_digit_of(uint32_t point);

#endif
