/* SPDX-License-Identifier: Apache-2.0
 *
 * export_format.h - the training rows in the formats of other tools: Rasa NLU YAML, MASSIVE JSON
 * Lines, BIO in three parallel files. Provenance stays in train.jsonl: these formats have no place
 * for it.
 *
 * A format cannot hold every row (a bracket in a text moves Rasa's spans; a blank in a slot's name
 * ends a BIO tag). Such rows are left out of that format and counted; they are never bent to fit.
 * The value of a slot is not written where it would become a synonym for all intents (Rasa): the
 * text between the brackets is what was said.
 *
 * Pure: rows in, bytes out through the caller's two functions. Same rows, same bytes.
 */
#ifndef RPH_SCHEMAS_EXPORT_FORMAT_H
#define RPH_SCHEMAS_EXPORT_FORMAT_H

#include "schemas/buffer.h"
#include "schemas/example.h"

/* Where the files go. `open` ends the file before it; a path has at most three folders. What they
 * return ends the writing and is returned. */
struct rph_format_output {
	void *context;
	int (*open)(void *context, const char *path);
	int (*write)(void *context, struct rph_span bytes);
};

struct rph_format_report {
	uint64_t rows, left_out;
};

/* `examples` as rph_examples_clean() leaves them, so ascending by locale. Returns 0,
 * RPH_E_NO_MEMORY, or what the output returned. */
typedef int rph_format_write(const struct rph_example *examples, size_t count,
			     const struct rph_format_output *output, struct rph_format_report *ret);

struct rph_format {
	const char *name;         /* of the format and of its folder */
	const char *summary;      /* one line, no full stop */
	const char *tokenisation; /* how texts are cut, or "" */
	rph_format_write *write;
};

#define RPH_FORMAT(name, summary, tokenisation) RPH_FORMAT_##name,
enum rph_format_id {
#include "schemas/export_format.def"
	RPH_FORMAT_COUNT
};
#undef RPH_FORMAT

extern const struct rph_format rph_formats[RPH_FORMAT_COUNT];
/* "bio, jsonl, ...": for messages. JSON Lines are always written, and may be named. */
#define RPH_FORMAT_NAMES "jsonl, rasa, massive, bio"

#define RPH_FORMAT(name, summary, tokenisation) rph_format_write rph_format_write_##name;
#include "schemas/export_format.def"
#undef RPH_FORMAT

/* NULL for "jsonl" and for a name that nobody knows; see rph_format_is_known(). */
const struct rph_format *rph_format_find(struct rph_span name);
bool rph_format_is_known(struct rph_span name);

/* ---- what the writers share --------------------------------------------------------------------
 */

/* The one word that stands for domain and intent: the intent alone without a domain or when it
 * begins with "domain_", else "domain_intent". Appends. */
void rph_format_label(struct rph_buffer *buffer, const struct rph_example *example);
/* How many rows from `first` on have its locale. */
size_t rph_format_locale_rows(const struct rph_example *first, size_t count);
bool rph_format_has_any(struct rph_span text, const char *characters);
/* A name without white space, controls or any of `characters`, and not empty. */
bool rph_format_is_name(struct rph_span name, const char *characters);
/* The byte where code point `index` of `text` begins, from `*at_index` / `*at_byte` on, which are
 * moved there. */
size_t rph_format_advance(struct rph_span text, uint32_t index, uint32_t *at_index,
			  size_t *at_byte);
/* Opens FOLDER/LOCALE and `tail`. */
int rph_format_open(const struct rph_format_output *output, const char *folder,
		    struct rph_span locale, const char *tail) RPH_MUST_CHECK;
/* Writes what is in `line` and empties it. */
int rph_format_flush(const struct rph_format_output *output,
		     struct rph_buffer *line) RPH_MUST_CHECK;

#endif
