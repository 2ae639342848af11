/* SPDX-License-Identifier: Apache-2.0
 *
 * week_export.h - the weekly training set: PARENT/2026-W46/ with train.jsonl, holdout.jsonl,
 * pairs.jsonl, README.md (dataset card), croissant.json, manifest.json, SHA256SUMS and, last,
 * _SUCCESS.
 *
 * A pure function of the rows of weeks <= W, the options and the human decisions: no clock, no
 * directory, no host enters a file, and everything is sorted by text.
 *
 * What is exported. For every source formulation whose targets agree on one goal (promotion's
 * annotation_agreement): one row of kind "mined", the text as most people said it, labelled with
 * the annotation of its best positive pair's target, each slot projected onto it (miner/project.h).
 * A source that often succeeds by itself is exported too (direction synonym): its label is then
 * confirmed from two sides, and the trainer sees the wording. Not exported: goals without an
 * intent, goals with a slot that has no place in the target's wording, sources in which a slot
 * finds no home or one that is known as something else, sources that say a known value more than
 * the target, the same text with two intents.
 *
 * With `privacy` only pairs are exported that enough people stand behind to hide each of them:
 * miner/privacy.h, week_privacy.h.
 *
 * chain = the way the evidence took from the text to where its label comes from: week_links.h.
 *
 * weight = lower confidence bound x min(1, users / 10) x (1 + cohort_boost x the share of the people who said
 * the text and are in a cohort that fares worse); confidence = how surely the slots were
 * placed. holdout: by hash of the goal, so that all wordings of one goal, and so both sides
 * of a pair, fall into one split.
 */
#ifndef RPH_STORE_WEEK_EXPORT_H
#define RPH_STORE_WEEK_EXPORT_H

#include "miner/privacy.h"
#include "store/week_fold.h"
#include "store/word_files.h"

/* Weekly exports of one year together are as private as 52 times the params. */
struct rph_week_privacy {
	struct rph_privacy_params params;
	uint8_t key[16]; /* rph_keys.privacy */
};

/* What rows of kind lexicon and morphology are made with: week_variants.h. */
struct rph_week_words {
	const struct rph_word_files *files;
	const struct rph_keys *keys; /* of the store */
	uint32_t most;               /* variants of one row */
	uint16_t share;              /* of an intent, per mille of its other rows */
	uint16_t weight;             /* per mille of the row's own; less than 1000 */
};

struct rph_week_export_options {
	const struct rph_week_privacy *privacy; /* NULL: every positive pair is exported */
	const struct rph_week_words *words;     /* NULL: no variants */
	struct rph_pairs_options pairs;         /* week, history, params; `only` must be NULL */
	const char *parent;                     /* OUT; made if it is not there, one level */
	uint16_t holdout;                       /* share in per mille */
	uint32_t max_intent_rows;               /* of one locale and intent; 0: no limit */
	struct rph_span config_fingerprint;     /* hex, as the manifest shows it */
	struct rph_span code_version;           /* "0.1.0" */
	bool confirmed;                 /* rows of week_confirmed.h, too; not with `privacy` */
	uint16_t cohort_boost;          /* per mille; see week_rows.h */
	const struct rph_span *formats; /* names, see schemas/export_format.h */
	size_t format_count;
};

#define RPH_WEEK_DROP_LIST(X)                                                          \
	X(text_goal)      /* no intent to label with */                                \
	X(slot_unplaced)  /* a slot that the target's wording does not show */         \
	X(slot_homeless)  /* a slot found no home in the source */                     \
	X(slot_ambiguous) /* a slot could be in two places */                          \
	X(digits_left)    /* the source says a number that the target does not */      \
	X(slot_mistyped)  /* a slot's home is known to be something else */            \
	X(value_left)     /* the source says a known value that the target does not */ \
	X(two_intents)    /* the same text under two intents */                        \
	X(intent_full)    /* its intent has export.max_intent_rows heavier ones */     \
	X(unfit_text)     /* too long, too short, or with characters no training file may hold */

/* Why a variant of a row was not written. */
#define RPH_VARIANT_REFUSAL_LIST(X)                                                  \
	X(known)         /* the store knows the text: it is evidence, or disputed */ \
	X(in_set)        /* a row has the text already */                            \
	X(two_intents)   /* the same text under two intents */                       \
	X(personal)      /* looks like personal data */                              \
	X(unfit_text)    /* as for rows */                                           \
	X(listed_intent) /* its row has a protected or control intent */             \
	X(intent_full) /* its intent has as many as export.variant_share and max_intent_rows allow */

enum rph_variant_refusal {
#define RPH_VARIANT_REFUSAL(name) RPH_VARIANT_REFUSAL_##name,
	RPH_VARIANT_REFUSAL_LIST(RPH_VARIANT_REFUSAL)
#undef RPH_VARIANT_REFUSAL
		RPH_VARIANT_REFUSALS
};

struct rph_week_summary {
	uint64_t candidates;                   /* pairs looked at */
	uint64_t pairs[RPH_PAIR_STATUS_COUNT]; /* by status */
	uint64_t held_back[RPH_REASON_COUNT];  /* pairs not in use, by each of their reasons */
	uint64_t trends[RPH_TREND_COUNT];      /* pairs in use */
	uint64_t sources;                      /* formulations with a positive pair */
	uint64_t train_rows, holdout_rows, pair_rows;
	uint64_t withheld;                 /* positive pairs that privacy keeps back */
	uint64_t variants[RPH_WORD_KINDS]; /* rows of train_rows that nobody said */
	uint64_t refused_variants[RPH_VARIANT_REFUSALS];
#define RPH_WEEK_DROP(name) uint64_t dropped_##name;
	RPH_WEEK_DROP_LIST(RPH_WEEK_DROP)
#undef RPH_WEEK_DROP
	char name[RPH_WEEK_TEXT_SIZE]; /* "2026-W46": the directory under `parent` */
	uint8_t digest[32];            /* SHA-256 of manifest.json */
};

/* Writes the directory, then the export row of the store, unless it is open for reading only.
 * RPH_E_USAGE: a format nobody knows; RPH_E_STOPPED by pairs.stop. On error nothing was published,
 * and nothing is left of the directory in the making. */
int rph_week_export(struct rph_store *store, const struct rph_week_export_options *options,
		    struct rph_week_summary *ret) RPH_MUST_CHECK;

#endif
