/* SPDX-License-Identifier: Apache-2.0
 *
 * ownership.h - who may count for a consumer group, and who holds a store.
 *
 * Offsets and counters live together in the store, so a group belongs to one store. Every advisory
 * commit carries as its metadata who made it:
 *
 *	rephrased/1 store=0f1e2d3c4b5a6978 host=miner-1 pid=4711
 *
 * Before it reads the first record, and every few seconds after that, the service compares what is
 * committed with itself. Kafka's committed offset is never ahead of the store's by design (it is
 * committed after the store); where it is, this store is an old copy of one that went on elsewhere.
 *
 * The store itself is locked (store/env.h); the note in it only says by whom, for the message that
 * the second one prints.
 */
#ifndef RPH_DAEMON_OWNERSHIP_H
#define RPH_DAEMON_OWNERSHIP_H

#include "schemas/buffer.h"

enum { RPH_OWNER_TEXT_SIZE = 160, RPH_STORE_ID_SIZE = 17 };

struct rph_owner {
	char store[RPH_STORE_ID_SIZE]; /* hexadecimal; "" when not ours to read */
	char host[64];
	int64_t pid;
};

/* This process on the store with `identity`. The host's name is cut to what metadata may hold. */
void rph_owner_here(uint64_t identity, struct rph_owner *ret);
void rph_owner_write(const struct rph_owner *owner, char text[static RPH_OWNER_TEXT_SIZE]);
/* False when `text` was not written by rph_owner_write(). */
bool rph_owner_read(struct rph_span text, struct rph_owner *ret) RPH_MUST_CHECK;

enum rph_claim {
	RPH_CLAIM_FREE,    /* nobody has committed */
	RPH_CLAIM_OURS,    /* this store has */
	RPH_CLAIM_AHEAD,   /* this store has, and further than it is itself */
	RPH_CLAIM_FOREIGN, /* another store has */
	RPH_CLAIM_UNKNOWN, /* something that is not rephrased has */
};

/* What one partition's committed offset says. `committed` < 0: none. `next`: the store's. `owner`
 * is filled for OURS, AHEAD and FOREIGN. */
enum rph_claim rph_claim_of(const struct rph_owner *self, int64_t committed,
			    struct rph_span metadata, int64_t next, struct rph_owner *owner);

/* The sentence for a claim that is refused (AHEAD, FOREIGN, UNKNOWN): who, and how to go on. */
void rph_claim_sentence(enum rph_claim claim, const char *group, const struct rph_owner *self,
			const struct rph_owner *owner, struct rph_buffer *sentence);

/* The note DIR/owner about this process; replaced by rename. 0 or -errno. */
int rph_owner_note_write(const char *dir, const struct rph_owner *owner) RPH_MUST_CHECK;
/* " (process 4711 on miner-1)" when the note is of a process that lives on this host, else "". */
void rph_owner_note_read(const char *dir, char text[static RPH_OWNER_TEXT_SIZE]);

#endif
