/* SPDX-License-Identifier: Apache-2.0
 *
 * quarantine.h - a record at which the process died three times is passed over from then on.
 *
 * The marker, STORE/in-flight, is one page of a file mapped into memory; the pipeline's thread
 *notes in it which record it is about to take, at the cost of three stores. The page outlives the
 *process however it dies, so the next start knows the very record. It is not synced: a machine that
 *loses power did not die of a record. A record that ends the process by an error (memory, say)
 *counts the same: the note stays.
 *
 * The list, STORE/quarantine.jsonl, one line a record, synced before the record is passed over:
 *	{"topic":"turns","partition":3,"generation":0,"offset":4711}
 * The generation (store/store.h) tells the records of a topic from those of the one that was made
 * anew under its name. Lines without it are of generation 0.
 * State is a function of the log and this list. A line may be removed by hand to have the record
 * tried again, as long as the store has not passed it.
 *
 * Threads: begin and end on the pipeline's thread; the rest before it runs.
 */
#ifndef RPH_DAEMON_QUARANTINE_H
#define RPH_DAEMON_QUARANTINE_H

#include "schemas/base.h"

enum { RPH_QUARANTINE_DEATHS = 3 };

struct rph_quarantine;

/* What the last process left behind. */
struct rph_quarantine_report {
	bool died;         /* in a record: this one */
	bool quarantined;  /* it is on the list now */
	const char *topic; /* lives as long as the quarantine */
	int32_t partition;
	uint32_t generation;
	int64_t offset;
	uint32_t deaths; /* at this record, in a row */
};

/* Reads list and marker in `dir` and makes the marker when it is not there. RPH_E_BAD_INPUT: the
 * list is damaged; -errno; RPH_E_NO_MEMORY. */
int rph_quarantine_open(const char *dir, struct rph_quarantine **ret,
			struct rph_quarantine_report *report) RPH_MUST_CHECK;
struct rph_quarantine *rph_quarantine_close(struct rph_quarantine *quarantine);
RPH_DEFINE_CLEANUP(struct rph_quarantine, rph_quarantine_close)

/* Whether the record is on the list. Cheap while the list is empty, which it nearly always is. */
bool rph_quarantine_has(const struct rph_quarantine *quarantine, const char *topic,
			int32_t partition, uint32_t generation, int64_t offset);
size_t rph_quarantine_count(const struct rph_quarantine *quarantine);

/* The records to come are of this partition. `topic` is shorter than 250 bytes. */
void rph_quarantine_partition(struct rph_quarantine *quarantine, const char *topic,
			      int32_t partition, uint32_t generation);
/* Around each record. */
void rph_quarantine_begin(struct rph_quarantine *quarantine, int64_t offset);
void rph_quarantine_end(struct rph_quarantine *quarantine);

#endif
