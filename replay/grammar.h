/* SPDX-License-Identifier: Apache-2.0
 *
 * grammar.h - what the synthetic users of one locale want, and in which words they say it.
 *
 * Glossary
 *   slot type   what kind of thing a slot holds (grammar_slots.def)
 *   intent      what can be asked for, with up to two slots (grammar_intents.def)
 *   value       one thing a slot may hold: its normal form and up to three written forms
 *   wording     a template: literal text and slots; every wording of an intent has all its slots
 *   goal        an intent with its values: what the user wants, whatever the words
 *   known       the simulated NLU was trained on the wording; drawn per seed
 *
 * The tables (grammar_<locale>.def) are rows of:
 *   VALUES(TYPE, "value|value|...")   value = text[=normal][/form 1[/form 2]]; text before '^' in a
 *                                     form is spoken but is not part of the slot ("in der ^Küche")
 *   SAY(INTENT, "text {slot} ...")    {slot.N} asks for form N (0 where the value has no such
 * form); the first wording of an intent is always known CORRECTION("... {value}")         an
 * elliptical turn that names only the changed value FALLBACK, REPROMPT("...")         what the
 * assistant says when it did not understand CONFUSE("from", "to")             what the recogniser
 * (or a hasty hand) makes of some text Nothing in them needs escaping in JSON, which building the
 * language asserts.
 */
#ifndef RPH_REPLAY_GRAMMAR_H
#define RPH_REPLAY_GRAMMAR_H

#include "schemas/arena.h"
#include "schemas/base.h"

enum {
	RPH_FORMS_MAX = 3,
	RPH_INTENT_SLOTS_MAX = 2,
	RPH_PARTS_MAX = 6,
	RPH_WORDINGS_MAX = 12,      /* per intent */
	RPH_WORDING_TEXT_MAX = 360, /* bytes of a wording with its longest values */
};

enum rph_slot_type {
#define SLOT(id, name, ordered) RPH_SLOT_##id,
#include "replay/grammar_slots.def"
#undef SLOT
	RPH_SLOT_COUNT,
	RPH_SLOT_NONE = RPH_SLOT_COUNT,
};

enum rph_intent {
#define INTENT(id, domain, intent, popularity, slot_0, slot_1) RPH_INTENT_##id,
#include "replay/grammar_intents.def"
#undef INTENT
	RPH_INTENT_COUNT,
	RPH_INTENT_NONE = RPH_INTENT_COUNT,
};

struct rph_intent_shape {
	struct rph_span domain, intent;
	unsigned popularity;
	enum rph_slot_type slots[RPH_INTENT_SLOTS_MAX]; /* RPH_SLOT_NONE after the last */
	unsigned slot_count;
	bool control; /* stop, yes, help */
};

extern const struct rph_intent_shape rph_intent_shapes[RPH_INTENT_COUNT];
extern const struct rph_span rph_slot_names[RPH_SLOT_COUNT];
/* The values stand in their natural order, and those in the middle are the usual ones; of other
 * slot types the first values are. */
extern const bool rph_slot_ordered[RPH_SLOT_COUNT];

struct rph_form {
	struct rph_span before; /* spoken in front, outside the slot; may be empty */
	struct rph_span text;   /* the slot's text; never empty */
};

struct rph_value {
	struct rph_form forms[RPH_FORMS_MAX];
	unsigned form_count;
	struct rph_span normal;
	uint16_t alike[2]; /* the values of this type that look most like it, nearest first */
};

struct rph_part {
	int slot; /* index into the intent's slots, or -1 for literal text */
	unsigned form;
	struct rph_span text;
};

struct rph_gen_wording {
	struct rph_part parts[RPH_PARTS_MAX];
	unsigned part_count;
	struct rph_span id; /* "en-US/lights.turn_on/3", "en-US/correction/0" */
	bool known;
	enum rph_intent misread; /* of an unknown wording: what the NLU takes it for, or NONE */
};

struct rph_gen_goal {
	enum rph_intent intent;
	uint16_t values[RPH_INTENT_SLOTS_MAX];
	struct rph_span canonical;       /* "domain|intent|slot=value|..." */
	uint8_t order[RPH_WORDINGS_MAX]; /* its intent's wordings, most usual for this goal first */
};

struct rph_confusion {
	struct rph_span from, to;
};

/* One locale, read-only once built. Everything lives in the arena and the static tables. */
struct rph_language {
	struct rph_span tag; /* "en-US" */
	struct rph_value *values[RPH_SLOT_COUNT];
	struct rph_gen_wording *wordings[RPH_INTENT_COUNT];
	struct rph_gen_wording *corrections; /* slot 0 is whatever changed */
	struct rph_span *fallbacks, *reprompts;
	struct rph_confusion *confusions;
	struct rph_gen_goal *goals;
	uint32_t *goal_weights; /* running sums: Zipf over the goals' ranks */
	unsigned value_counts[RPH_SLOT_COUNT];
	unsigned wording_counts[RPH_INTENT_COUNT];
	unsigned first_goal[RPH_INTENT_COUNT];
	unsigned correction_count, fallback_count, reprompt_count, confusion_count, goal_count;
	int utc_offset_hours;
	bool spaced; /* words are separated by spaces */
};

enum { RPH_LANGUAGE_COUNT = 6 };

/* The locales there are tables for: "en-US", ...; `index` < RPH_LANGUAGE_COUNT. */
struct rph_span rph_language_tag(unsigned index);

/* Builds a language; `seed` decides which wordings are known and the order of preference.
 * Returns 0 or RPH_E_NO_MEMORY; a mistake in the tables is an assertion. */
int rph_language_build(unsigned index, uint64_t seed, struct rph_arena *arena,
		       struct rph_language *ret) RPH_MUST_CHECK;

/* The goal with this intent and these values. */
unsigned rph_language_goal(const struct rph_language *language, enum rph_intent intent,
			   const uint16_t values[static RPH_INTENT_SLOTS_MAX]);

#endif
