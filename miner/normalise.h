/* SPDX-License-Identifier: Apache-2.0
 *
 * normalise.h - one spelling for what people mean by "the same text".
 *
 * A formulation is a normalised utterance, so this function decides which utterances count as
 * equal. In this order, until nothing changes any more:
 *
 *   1. Code points with a plain twin become it (normalise_fold.def): apostrophes, hyphens and the
 *      minus sign, Arabic number punctuation. Decimal digits of every script (Nd) become 0-9. White
 *      space becomes U+0020, runs of it one, none at the ends. Control characters, noncharacters,
 *      interlinear annotation marks and the Arabic tatweel (it only stretches a word) are dropped.
 *   2. ZWNJ and ZWJ are kept only where they change what is written: after a virama and before a
 *      letter, ZWNJ between letters that would join (both as RFC 5892, appendix A, has it), and ZWJ
 *      between pictographs. Elsewhere they are dropped, as NFKC_Casefold would.
 *   3. NFKC_Casefold (UTS #31): case, width and compatibility forms, canonical composition; drops
 *      default-ignorable code points and with them bidi controls, soft hyphens, variation
 * selectors. Numbers that are not plain digits (No, Nl, and symbols that contain a number, such as
 * a square metre sign) are exempt, for "x²" must not become "x2" nor "5½" become "51/2"; they only
 * lose their case.
 *   4. Punctuation at either end of the whole text is dropped, nothing inside. Symbols (currency,
 *      "+", "%", emoji) are no punctuation. "#" and "*" stay beside a letter or digit, "@" before
 *      one; a hyphen before a number, "." or "," before a digit. What carries a combining mark
 * stays.
 *
 * Nothing else is removed: no word, no accent, no vowel sign, no negation. In tr and az, "I" folds
 * to dotless "ı"; in every locale "İ" folds to "i", and a dot above an "i" is dropped.
 *
 * Laws (tests/unit/miner/test_normalise.c): normalise(normalise(x)) = normalise(x), in any locale
 * of the same casing; the fast path for ASCII gives what the Unicode path gives; valid UTF-8 in,
 * valid UTF-8 out, at most 11 times as long. The result may be empty ("?!").
 */
#ifndef RPH_MINER_NORMALISE_H
#define RPH_MINER_NORMALISE_H

#include "schemas/arena.h"
#include "schemas/base.h"

/* Goes up whenever any text normalises differently; kept in the store, which refuses another one.
 */
#define RPH_NORMALISER_VERSION 1

/* Longest text taken, in bytes. The decoder's limit is far below. */
#define RPH_NORMALISE_MAX_BYTES (1u << 20)

/* ICU handles and scratch buffers. Process lifetime; one per thread. */
struct rph_normaliser;

/* *ret is owned by the caller. Returns 0, RPH_E_NO_MEMORY, or RPH_E_UNICODE (ICU data missing). */
int rph_normaliser_new(struct rph_normaliser **ret) RPH_MUST_CHECK;

/* Accepts NULL; returns NULL. */
struct rph_normaliser *rph_normaliser_free(struct rph_normaliser *normaliser);
RPH_DEFINE_CLEANUP(struct rph_normaliser, rph_normaliser_free)

/* `locale` is a BCP 47 tag, of which only the language is looked at; it may be empty. *ret points
 * into `arena`. Returns 0, RPH_E_BAD_INPUT (`text` is not UTF-8 or too long), RPH_E_ARENA_FULL,
 * RPH_E_NO_MEMORY or RPH_E_UNICODE; *ret is untouched on failure. */
int rph_normalise(struct rph_normaliser *normaliser, struct rph_span locale, struct rph_span text,
		  struct rph_arena *arena, struct rph_span *ret) RPH_MUST_CHECK;

/* The same by way of ICU, whatever the text: the reference for the fast path. For tests. */
int rph_normalise_unicode(struct rph_normaliser *normaliser, struct rph_span locale,
			  struct rph_span text, struct rph_arena *arena,
			  struct rph_span *ret) RPH_MUST_CHECK;

/* Rule 4 alone, on normalised text: `text` without the punctuation and spaces at its ends; borrows
 * from `text`. For single words of a text. Bytes that are not UTF-8 are left alone. */
struct rph_span rph_trim_punctuation(struct rph_span text);

#endif
