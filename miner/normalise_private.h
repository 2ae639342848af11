/* SPDX-License-Identifier: Apache-2.0
 *
 * normalise_private.h - what the files of the normaliser share. Not for other folders.
 */
#ifndef RPH_MINER_NORMALISE_PRIVATE_H
#define RPH_MINER_NORMALISE_PRIVATE_H

#include <unicode/ubrk.h>
#include <unicode/unorm2.h>
#include <unicode/uset.h>

#include "miner/code_point.h"
#include "miner/normalise.h"

struct rph_utf16_buffer {
	UChar *units;
	int32_t capacity;
};

struct rph_normaliser {
	const UNormalizer2 *casefold; /* NFKC_Casefold; ICU's own */
	UNormalizer2 *careful;        /* the same, leaving the exempt code points alone */
	USet *foldable;               /* what `careful` may touch; must outlive it */
	struct rph_code_points *points;
	UBreakIterator *words; /* opened at first use */
	struct rph_utf16_buffer text, folded;
};

/* Makes room for `units` code units; the contents are lost when it grows. */
int rph_utf16_reserve(struct rph_utf16_buffer *buffer, int32_t units) RPH_MUST_CHECK;

/* Decodes `text` into buffer. Returns 0, RPH_E_BAD_INPUT (also when too long), RPH_E_NO_MEMORY. */
int rph_utf16_decode(struct rph_utf16_buffer *buffer, struct rph_span text,
		     int32_t *ret_length) RPH_MUST_CHECK;

/* What a code point becomes: itself, another one, or nothing. */
#define RPH_FOLD_DROP (-1)

/* For every ASCII code: its folded form, or 0 when it is dropped; ' ' is white space. */
extern const uint8_t rph_ascii_fold[128];

/* `c` by rule 1. Sets *exempt where rule 3 must be careful, else leaves it. */
UChar32 rph_fold_code_point(UChar32 c, bool turkic, bool *exempt);

/* Is every byte below 0x80? */
bool rph_is_ascii(struct rph_span text);

/* Folds ASCII `text` into ret[0..text.len), without trimming. Returns the length. No ICU. */
size_t rph_normalise_ascii(struct rph_span text, char *ret);

/* Folds `text` in place by rules 1 and 2. *ret_exempt is set when rule 3 must be careful.
 * Returns the length, which never grows. */
int32_t rph_fold_utf16(UChar *text, int32_t length, bool turkic, bool *ret_exempt);

/* The code points that rule 3 leaves alone; caller owns the set (uset_close). NULL on failure. */
USet *rph_exempt_set(void);

#endif
