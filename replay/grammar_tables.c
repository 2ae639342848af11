/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/grammar_tables.h"

/* RPH_SPAN is a compound literal, which a static table cannot hold; this is its initialiser. */
#define TEXT(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}
#define VALUES(type, text) {RPH_ROW_VALUES, RPH_SLOT_##type, TEXT(text), {0}},
#define SAY(intent, text) {RPH_ROW_SAY, RPH_INTENT_##intent, TEXT(text), {0}},
#define CORRECTION(text) {RPH_ROW_CORRECTION, 0, TEXT(text), {0}},
#define FALLBACK(text) {RPH_ROW_FALLBACK, 0, TEXT(text), {0}},
#define REPROMPT(text) {RPH_ROW_REPROMPT, 0, TEXT(text), {0}},
#define CONFUSE(from, to) {RPH_ROW_CONFUSE, 0, TEXT(from), TEXT(to)},

static const struct rph_row en_us[] = {
#include "replay/grammar_en_us.def"
};
static const struct rph_row de_de[] = {
#include "replay/grammar_de_de.def"
};
static const struct rph_row tr_tr[] = {
#include "replay/grammar_tr_tr.def"
};
static const struct rph_row ja_jp[] = {
#include "replay/grammar_ja_jp.def"
};
static const struct rph_row th_th[] = {
#include "replay/grammar_th_th.def"
};
static const struct rph_row ar_sa[] = {
#include "replay/grammar_ar_sa.def"
};

#define TABLE(tag, offset, spaced, rows)                                   \
	{                                                                  \
		TEXT(tag), (offset), (spaced), (rows), RPH_ARRAY_LEN(rows) \
	}
const struct rph_grammar_table rph_grammar_tables[RPH_LANGUAGE_COUNT] = {
	TABLE("en-US", -6, true, en_us), TABLE("de-DE", 1, true, de_de),
	TABLE("tr-TR", 3, true, tr_tr),  TABLE("ja-JP", 9, false, ja_jp),
	TABLE("th-TH", 7, false, th_th), TABLE("ar-SA", 3, true, ar_sa),
};

#define SLOT(id, name, ordered) TEXT(name),
const struct rph_span rph_slot_names[RPH_SLOT_COUNT] = {
#include "replay/grammar_slots.def"
};
#undef SLOT

#define SLOT(id, name, ordered) (ordered),
const bool rph_slot_ordered[RPH_SLOT_COUNT] = {
#include "replay/grammar_slots.def"
};
#undef SLOT

/* The number of slots follows from the two types; control intents come last in the table. */
#define INTENT(id, domain, intent, popularity, slot_0, slot_1)                        \
	{TEXT(domain),                                                                \
	 TEXT(intent),                                                                \
	 (popularity),                                                                \
	 {RPH_SLOT_##slot_0, RPH_SLOT_##slot_1},                                      \
	 (RPH_SLOT_##slot_0 != RPH_SLOT_NONE) + (RPH_SLOT_##slot_1 != RPH_SLOT_NONE), \
	 RPH_INTENT_##id >= RPH_INTENT_CONTROL_STOP},
const struct rph_intent_shape rph_intent_shapes[RPH_INTENT_COUNT] = {
#include "replay/grammar_intents.def"
};
#undef INTENT
