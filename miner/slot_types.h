/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_types.h - what stands in slots and what stands beside them, learned from wordings with which
 * enough people reached their goal: the type check of label projection (miner/project.h), without a
 * list of values that anybody would have to write.
 *
 * Counted are wordings, per locale: how many hold a text as a value of a slot, how many hold it at
 * all, and in how many a word stands inside a slot or beside all of them. Words end where a place for
 * a slot may end (miner/align.h), so in scripts without spaces a word is one grapheme.
 *
 * Counts are sums, so what is learned does not depend on the order of the lessons. Memory: 16 to 43
 * bytes per distinct fact, some ten facts a wording; texts are not kept, only 64-bit hashes of them.
 * Nothing of it is ever shown: it only decides whether a label stays. Pure; not thread-safe while
 * it learns, then readable by any number of threads.
 */
#ifndef RPH_MINER_SLOT_TYPES_H
#define RPH_MINER_SLOT_TYPES_H

#include "miner/normalise.h"
#include "schemas/goal.h"
#include "schemas/wording.h"

/* Values with more code points than this are not learned. */
#define RPH_SLOT_VALUE_MAX 48

enum rph_slot_fact {
	RPH_SLOT_VALUE_OF,     /* the text is a value of the slot of this name */
	RPH_SLOT_VALUE,        /* the text is a value of a slot */
	RPH_SLOT_SAID,         /* the text, elsewhere a value, occurs between seams */
	RPH_SLOT_WORD_IN,      /* the word stands in a slot of this name */
	RPH_SLOT_WORD_OUTSIDE, /* the word stands beside all slots */
	RPH_SLOT_FACT_COUNT
};

struct rph_slot_entry {
	uint64_t key; /* 0: free */
	uint32_t count;
};

/* A zeroed one knows nothing. */
struct rph_slot_types {
	struct rph_slot_entry *entries; /* open addressing */
	size_t count, size;             /* size: a power of two, or 0 */
	uint32_t longest;               /* value, in code points */
};

void rph_slot_types_free(struct rph_slot_types *types);

/* A confirmed wording; borrowed. */
struct rph_slot_lesson {
	struct rph_span locale;
	const struct rph_goal *goal;
	const struct rph_wording *wording; /* slots index goal->slots */
};

/* Takes in what is a value and what is a word. `scratch` may be reset afterwards. The same errors as
 * rph_project(). */
int rph_slot_types_learn(struct rph_slot_types *types, struct rph_normaliser *normaliser,
			 const struct rph_slot_lesson *lesson,
			 struct rph_arena *scratch) RPH_MUST_CHECK;
/* Second pass, when all lessons are learned: which values the text of a lesson, normalised, says.
 * Each text once. */
int rph_slot_types_recount(struct rph_slot_types *types, struct rph_span locale,
			   struct rph_span normal, struct rph_arena *scratch) RPH_MUST_CHECK;

/* How many wordings. `name` is empty except for RPH_SLOT_VALUE_OF and RPH_SLOT_WORD_IN; `text` is
 * normalised. */
uint32_t rph_slot_types_count(const struct rph_slot_types *types, enum rph_slot_fact fact,
			      struct rph_span locale, struct rph_span name, struct rph_span text);

/* A text that stands in a slot more often than not, in two wordings at least: whoever says it says a
 * value. */
bool rph_slot_types_is_value(const struct rph_slot_types *types, struct rph_span locale,
			     struct rph_span text);

#endif
