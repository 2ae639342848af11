/* SPDX-License-Identifier: Apache-2.0
 *
 * dead_letters.h - the records of one log or partition that were no events, raw, in a file of
 * their own: DIR/NAME.jsonl, one line each (schemas/dead_letter.h), ascending by offset.
 *
 * Written and synced before the batch that passes over them commits. A restart cuts off what lies
 * at or after the committed offset, because those records will be read again: each is there once.
 */
#ifndef RPH_STORE_DEAD_LETTERS_H
#define RPH_STORE_DEAD_LETTERS_H

#include "schemas/decode.h"

struct rph_dead_letters {
	char *path;
	int fd;                 /* -1 until the first letter */
	struct rph_span topic;  /* what the letters call the log */
	int64_t partition;      /* what they say of it; 0 for files */
	struct rph_arena arena; /* one letter */
	uint64_t written;
	bool unsynced;
	bool unnamed; /* the file is new: its name is not synced yet */
};

/* `topic` (the log's name in the letters) must outlive it; `name` is the file's. Cuts off letters
 * at or after `next`. Makes `dir`. On error nothing needs closing. */
int rph_dead_letters_open(const char *dir, struct rph_span topic, int64_t partition,
			  struct rph_span name, int64_t next,
			  struct rph_dead_letters *ret) RPH_MUST_CHECK;
/* For a log that was made anew: the offsets in DIR/NAME.jsonl are not its own, and cutting by them
 * would lose letters. Renames the file to NAME.1.jsonl, or the first number that is free; durable on
 * return 0, which is also said when there is no such file. */
int rph_dead_letters_set_aside(const char *dir, struct rph_span name) RPH_MUST_CHECK;
void rph_dead_letters_close(struct rph_dead_letters *letters);

int rph_dead_letters_write(struct rph_dead_letters *letters, const struct rph_record *record,
			   const struct rph_rejection *rejection) RPH_MUST_CHECK;
/* Makes what was written durable. */
int rph_dead_letters_sync(struct rph_dead_letters *letters) RPH_MUST_CHECK;

#endif
