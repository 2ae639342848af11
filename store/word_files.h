/* SPDX-License-Identifier: Apache-2.0
 *
 * word_files.h - the directory of export.words_dir: files of words that may stand for each other
 * (schemas/word_list.h), one for each kind and locale. en.tsv serves en-US and en-GB where these have no
 * file of their own. Files with other endings are not looked at.
 */
#ifndef RPH_STORE_WORD_FILES_H
#define RPH_STORE_WORD_FILES_H

#include "schemas/buffer.h"
#include "schemas/word_list.h"

#define RPH_WORD_FILE_MAX_BYTES (64u << 20)

struct rph_word_file {
	const char *name;       /* "en-US.tsv" */
	struct rph_span locale; /* canonical */
	struct rph_word_list list;
	uint8_t sha256[32];
};

struct rph_word_files {
	struct rph_word_file *list; /* ascending by name */
	size_t count;
	struct rph_arena arena; /* their texts, and what was read out of them */
};

/* Reads all of them. On error `problem` gets a sentence with a newline that names the file, the line where
 * there is one, the fault and the remedy. Errors: RPH_E_BAD_CONFIG (no such directory, nothing in
 * it, two files for one locale, a file that is too long or not as word_list.h has it),
 * RPH_E_NO_MEMORY. Free *ret in any case. */
int rph_word_files_load(const char *dir, struct rph_word_files *ret,
			struct rph_buffer *problem) RPH_MUST_CHECK;
/* A zeroed one is fine. */
void rph_word_files_free(struct rph_word_files *files);

/* The file of a kind for a locale, or for the part of its tag before a hyphen, the longest first; NULL:
 * there is none. */
const struct rph_word_file *rph_word_files_find(const struct rph_word_files *files,
						enum rph_word_kind kind, struct rph_span locale);

/* Names and contents, not the directory: where the files lie changes no row. BLAKE2b; `digest` goes in
 * and comes out. */
void rph_word_files_mix(const struct rph_word_files *files, uint8_t digest[static 32]);

#endif
