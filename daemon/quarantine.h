/* SPDX-License-Identifier: Apache-2.0
 *
 * quarantine.h - a record at which the process died three times is passed over from then on.
 *
 * The marker, STORE/in-flight, is a few pages of a file mapped into memory; each lane of the pipeline
 * (schemas/parallel.h) has a note in it of the record that it is about to take, or that closed the
 * session it is about to mine, at the cost of some stores. The pages outlive the process however it
 * dies. They are not synced: a machine that loses power did not die of a record. A record that ends
 * the process by an error (memory, say) counts the same: the note stays.
 *
 * With several lanes, several records may be in flight, and one of them is to blame. So after a death
 * the next process is careful: it takes one record at a time, in one lane, until it is past all
 * suspects, and then knows the very record.
 *
 * The list, STORE/quarantine.jsonl, one line a record, synced before the record is passed over:
 *	{"topic":"turns","partition":3,"generation":0,"offset":4711}
 * The generation (store/store.h) tells the records of a topic from those of the one that was made
 * anew under its name. Lines without it are of generation 0.
 * State is a function of the log and this list. A line may be removed by hand to have the record
 * tried again, as long as the store has not passed it.
 *
 * Threads: begin and end on the thread of their lane; the rest before the lanes run or between runs.
 */
#ifndef RPH_DAEMON_QUARANTINE_H
#define RPH_DAEMON_QUARANTINE_H

#include "schemas/base.h"

enum { RPH_QUARANTINE_DEATHS = 3, RPH_QUARANTINE_LANES = 64 };

struct rph_quarantine;

/* What the last process left behind: of the records in flight the one at which most have died. */
struct rph_quarantine_report {
	bool died;         /* with records in flight: this one, perhaps others */
	bool quarantined;  /* it is on the list now */
	const char *topic; /* lives as long as the quarantine */
	int32_t partition;
	uint32_t generation;
	int64_t offset;
	uint32_t deaths; /* at this record, in a row */
	uint32_t others; /* that were in flight as well */
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

struct rph_quarantine_place {
	const char *topic; /* shorter than 250 bytes */
	int32_t partition;
	uint32_t generation;
	int64_t offset;
};

/* Around each record, in a lane below RPH_QUARANTINE_LANES. */
void rph_quarantine_begin(struct rph_quarantine *quarantine, uint32_t lane,
			  const struct rph_quarantine_place *at);
void rph_quarantine_end(struct rph_quarantine *quarantine, uint32_t lane);

/* Whether records must be taken one at a time, in lane 0. */
bool rph_quarantine_is_careful(const struct rph_quarantine *quarantine);
/* While it is so: the record was taken, or passed over, and nothing happened. */
void rph_quarantine_passed(struct rph_quarantine *quarantine, const char *topic, int32_t partition,
			   uint32_t generation, int64_t offset);

#endif
