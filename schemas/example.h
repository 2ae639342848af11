/* SPDX-License-Identifier: Apache-2.0
 *
 * example.h - one labelled line of a training set, and what a line must satisfy before it is
 * written.
 *
 * All spans are borrowed. Text is NFC with white space folded; offsets are code points of it.
 */
#ifndef RPH_SCHEMAS_EXAMPLE_H
#define RPH_SCHEMAS_EXAMPLE_H

#include "schemas/time.h"

#define RPH_EXAMPLE_MAX_TEXT_BYTES 512

struct rph_example_slot {
	struct rph_span name, value;
	uint32_t start, end;
};

struct rph_example {
	struct rph_span text; /* as most people said it */
	struct rph_span locale, domain, intent;
	const struct rph_example_slot *slots; /* ascending by start */
	uint32_t slot_count;
	uint16_t weight;  /* per mille */
	const char *kind; /* "mined" from other words; "confirmed" by what its own words reached */
	uint16_t confidence; /* of the projection, 1/1024 */
	uint32_t users, days;
	rph_week first_week, last_week;
	struct rph_span source; /* the text's formulation */
	struct rph_span target; /* the formulation the label comes from */
	const char *
		type; /* edge type of the pair: "repair", "paraphrase", ...; "" of confirmed rows */
	/* The formulations that people went by: 2 are `source` and `target`, 3 have `via` between them, 0:
	 * the evidence met only at the goal. */
	uint32_t chain_count;
	struct rph_span via;
	bool holdout; /* goes to the held-out file */
	bool dropped; /* set by rph_examples_clean() on rows it removes */
};

/* True when a training file may hold the text: 1..512 bytes, valid UTF-8, no control characters,
 * none of the line separators at which a reader might cut (U+0085, U+2028, U+2029), no
 * noncharacters, and at least two code points. */
bool rph_example_text_is_fit(struct rph_span text);
/* Slots ascending, in the text, not overlapping, not empty. */
bool rph_example_slots_are_fit(const struct rph_example *example);

/* locale, text, source, domain, intent, slots, target: the order of the files. */
int rph_example_compare(const struct rph_example *a, const struct rph_example *b);

/* Sorts; removes rows that say the same as another (text, locale, domain, intent, slots), keeping
 * the heavier; removes every row whose source formulation or text stands under two intents,
 * whatever the locale. Returns how many rows stay, at the front; *ret_two_intents counts the
 * removed. */
size_t rph_examples_clean(struct rph_example *examples, size_t count, uint64_t *ret_two_intents);

/* Keeps of every (locale, domain, intent) the `most` heaviest rows of train and holdout together,
 * smaller in the order of the files on a tie; 0: all. The order stays. Returns how many rows stay, at
 * the front. `examples` as rph_examples_clean() leaves them. */
size_t rph_examples_cap(struct rph_example *examples, size_t count, uint32_t most);

#endif
