/* SPDX-License-Identifier: Apache-2.0
 *
 * word_list.h - files of words that may stand for each other in one language: what rows of kind
 * lexicon and morphology are made from (miner/variant.h).
 *
 * UTF-8, one entry a line, columns separated by one TAB:
 *
 *	LOCALE.tsv       word, word: synonyms, each stands for the other
 *	LOCALE.unimorph  lemma, form, features: inflected forms as the UniMorph project publishes them;
 *	                 a fourth column (segmentation) is not looked at
 *
 * Lines that begin with "#" are comments; the first "# licence: TEXT" (or "license") among them says
 * under which terms the file may be used, and goes to the manifest of every export. Empty lines are
 * skipped, and so are a byte order mark and a carriage return at the end of a line. Anything else is
 * a fault with its line: half a list is worse than none, because nobody would notice.
 *
 * Two forms of a lemma stand for each other when they differ only in features of morphology.def.
 * Forms of several words are read and not used: one word is replaced by one word.
 */
#ifndef RPH_SCHEMAS_WORD_LIST_H
#define RPH_SCHEMAS_WORD_LIST_H

#include "schemas/arena.h"

#define RPH_WORD_MAX_BYTES 255

enum rph_word_kind { RPH_WORDS_LEXICON, RPH_WORDS_MORPHOLOGY, RPH_WORD_KINDS };

/* "lexicon", "morphology": the `kind` of a row. */
const char *rph_word_kind_name(enum rph_word_kind kind);
/* ".tsv", ".unimorph" */
const char *rph_word_kind_ending(enum rph_word_kind kind);

/* A word and whose place it may take: words of one group stand for each other. */
struct rph_word {
	struct rph_span text; /* as the file writes it; in the file's text */
	uint32_t group;
};

struct rph_word_list {
	enum rph_word_kind kind;
	struct rph_span licence; /* empty: the file does not say; in the file's text */
	struct rph_word *words;  /* ascending by group */
	size_t count;
	uint32_t groups;
	uint64_t entries; /* lines that hold one */
};

struct rph_word_fault {
	size_t line; /* from 1 */
	const char *sentence, *remedy;
};

/* Reads a whole file. *ret borrows from `text`, and the rest of it lives in `arena`; about 20 bytes
 * a word, and 60 for every line of a UniMorph file.
 * Errors: RPH_E_BAD_CONFIG with *fault filled in, RPH_E_NO_MEMORY. */
int rph_word_list_parse(enum rph_word_kind kind, struct rph_span text, struct rph_arena *arena,
			struct rph_word_list *ret, struct rph_word_fault *fault) RPH_MUST_CHECK;

/* What two forms of a lemma must have in common: the features that are not free, sorted, each once,
 * joined by ";". In `arena`. RPH_E_NO_MEMORY. */
int rph_word_bound_features(struct rph_span features, struct rph_arena *arena,
			    struct rph_span *ret) RPH_MUST_CHECK;

#endif
