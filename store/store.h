/* SPDX-License-Identifier: Apache-2.0
 *
 * store.h - one LMDB environment with typed tables: the evidence, and how far the logs are counted.
 *
 * Tables (keys big-endian, values versioned little-endian with an XXH3-64 checksum; value.h):
 *   formulation  id16                             locale, normalised text
 *   goal         id16                             canonical interpretation
 *   vote         source16 target16 user8 week2    struct rph_vote
 *   usage        formulation16 goal16 week2       struct rph_usage
 *   user_index   week2 user8                      sorted formulation prefixes (8 bytes each): what
 *                                                 the user said in the week, and the sources of the
 *                                                 user's votes of the week
 *   cohort       week2 user8                      how the user fared, by locale and cohort
 *   review       source16 target16                human decision
 *   rewrite      formulation16                    published target, probability, generation
 *   offset       topic NUL partition              struct rph_offset
 *   export       week2                            digest of the manifest
 *   meta         name                             format version, fingerprints, normaliser version
 *
 * Caveats. One environment per directory and process: do not open a directory twice, not even for
 * reading. Not after fork. Reading functions may run on any thread, beside one another and beside a
 * writing one; writing functions wait for one another. Nothing that points into LMDB leaves this
 * folder: getters copy into the caller's arena. Readers are short: scans run in chunks and resume
 * by key. Any failed commit except MAP_FULL leaves the handle unusable (RPH_E_COMMIT_FAILED): the
 * caller ends the process and starts from disk.
 */
#ifndef RPH_STORE_STORE_H
#define RPH_STORE_STORE_H

#include "schemas/delta.h"
#include "schemas/stop.h"

struct rph_store;

enum rph_store_mode {
	RPH_STORE_READ,   /* must exist; any number of readers beside one writer */
	RPH_STORE_WRITE,  /* must exist */
	RPH_STORE_CREATE, /* made crash-safely when absent, else as WRITE */
};

struct rph_store_options {
	const char *dir;
	enum rph_store_mode mode;
	size_t map_bytes;            /* address space, reserved once; 0 = 64 GiB */
	const struct rph_keys *keys; /* NULL: the fingerprint is not checked (verify, offsets) */
	uint32_t normaliser_version; /* 0: not checked. A newer one in the store is refused; an
					older one is raised when the store is opened for writing */
};

/* CREATE makes the store as DIR.tmp and renames it: the parent directory must be there and
 * writable, DIR may be an empty directory, and keys must be given (RPH_E_BAD_SECRET). Errors:
 * RPH_E_NO_STORE, RPH_E_WRONG_SECRET, RPH_E_STATE_NEWER, RPH_E_STATE_CORRUPT, RPH_E_STORE_BUSY (a
 * second writer), RPH_E_NO_MEMORY, -errno. *ret is untouched on error. Owner: the caller. */
int rph_store_open(const struct rph_store_options *options, struct rph_store **ret) RPH_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct rph_store *rph_store_close(struct rph_store *store);
RPH_DEFINE_CLEANUP(struct rph_store, rph_store_close)

/* ---- offsets ------------------------------------------------------------------------------- */

/* A point at which the watermark was pushed forward because too many sessions were open. */
struct rph_offset_raise {
	int64_t offset;
	rph_time_ms watermark;
};

/* A session was cut at `offset`: records of its key before, with event times near from..to, are of
 * what was cut off (miner/session.h). */
struct rph_offset_cut {
	struct rph_id session;
	int64_t offset;
	rph_time_ms from, to;
};

/* How far one partition is counted, and what is needed to rebuild its open sessions. */
struct rph_offset {
	struct rph_span topic;     /* "file" for logs given as files */
	struct rph_span partition; /* "0", "1" for Kafka; the file's fingerprint in hex */
	int64_t next;              /* everything before it is counted */
	int64_t warm_from;     /* oldest record an open session still needs; == next when none */
	rph_time_ms watermark; /* highest event time seen before `next`; INT64_MIN: none yet */
	rph_time_ms warm_watermark; /* highest event time seen before `warm_from` */
	rph_time_ms
		ahead_at; /* of a turn refused as ahead that may be borne out; INT64_MIN: none */
	struct rph_id ahead_key; /* its session; zero when there is none */
	uint64_t tail_hash;      /* files: XXH3-64 of the up to 4096 bytes before `next`; Kafka:
				  * of the record before `next`, 0 when that is not known */
	uint32_t generation;     /* how often a person accepted that the log was made anew */
	const struct rph_offset_raise *raises; /* those at or after warm_from, ascending */
	uint32_t raise_count;
	const struct rph_offset_cut *cuts; /* after warm_from, ascending by offset */
	uint32_t cut_count;
};

/* Copies into `arena`. RPH_E_NOT_FOUND when the partition is new. */
int rph_store_get_offset(struct rph_store *store, struct rph_span topic, struct rph_span partition,
			 struct rph_arena *arena, struct rph_offset *ret) RPH_MUST_CHECK;
/* All offsets, sorted by topic and partition. */
int rph_store_list_offsets(struct rph_store *store, struct rph_arena *arena,
			   struct rph_offset **ret, size_t *ret_count) RPH_MUST_CHECK;

/* Writes `offsets` whatever is stored, back as well as forward: records that are counted already may
 * be counted again, or records passed over. Only for a log that is not the one it was, and only when
 * a person has decided so. */
int rph_store_reset_offsets(struct rph_store *store, const struct rph_offset *offsets,
			    size_t offset_count) RPH_MUST_CHECK;

/* The number that tells this store from every other one, copies of it aside. A store that has none
 * gets `fresh` (random, not 0), when it is open for writing; else RPH_E_NOT_FOUND. */
int rph_store_identity(struct rph_store *store, uint64_t fresh, uint64_t *ret) RPH_MUST_CHECK;

/* ---- the batch ----------------------------------------------------------------------------- */

/* Merges the deltas and moves the offsets in one write transaction; durable on return 0. Any error
 * leaves the store as it was; after RPH_E_MAP_FULL it stays usable. An offset whose `next` is less
 * than what is stored would count twice and is refused: RPH_E_BAD_INPUT. A text that differs from
 * the one stored under its id: RPH_E_STATE_CORRUPT. Cost: about 1 us of processor time per row. */
RPH_STAGE int rph_store_apply(struct rph_store *store, const struct rph_deltas *deltas,
			      const struct rph_offset *offsets, size_t offset_count) RPH_MUST_CHECK;

/* ---- reading ------------------------------------------------------------------------------- */

/* Each returns 0, RPH_E_NOT_FOUND, RPH_E_STATE_CORRUPT, or an error; results live in `arena`. */
int rph_store_get_formulation(struct rph_store *store, const struct rph_id *id,
			      struct rph_arena *arena,
			      struct rph_formulation_delta *ret) RPH_MUST_CHECK;
int rph_store_get_goal(struct rph_store *store, const struct rph_id *id, struct rph_arena *arena,
		       struct rph_span *ret_canonical) RPH_MUST_CHECK;

/* Scans call `visit` in key order. The arguments live until `visit` returns. A return other than 0
 * ends the scan and is returned by it. Rows are copied out in chunks, each in a read transaction
 * that has ended when they are visited: `visit` may take its time and read the store, and rows of a
 * batch that commits meanwhile may be seen in part. */
typedef int rph_visit_vote(void *context, const struct rph_vote_key *key,
			   const struct rph_vote *vote);
typedef int rph_visit_usage(void *context, const struct rph_usage_key *key,
			    const struct rph_usage *usage);
typedef int rph_visit_formulation(void *context, const struct rph_formulation_delta *formulation);
typedef int rph_visit_goal(void *context, const struct rph_goal_delta *goal);
int rph_store_scan_votes(struct rph_store *store, rph_visit_vote *visit,
			 void *context) RPH_MUST_CHECK;
int rph_store_scan_usage(struct rph_store *store, rph_visit_usage *visit,
			 void *context) RPH_MUST_CHECK;
int rph_store_scan_formulations(struct rph_store *store, rph_visit_formulation *visit,
				void *context) RPH_MUST_CHECK;
int rph_store_scan_goals(struct rph_store *store, rph_visit_goal *visit,
			 void *context) RPH_MUST_CHECK;
/* Only the rows of one source formulation / one formulation. */
int rph_store_scan_votes_of(struct rph_store *store, const struct rph_id *source,
			    rph_visit_vote *visit, void *context) RPH_MUST_CHECK;
int rph_store_scan_usage_of(struct rph_store *store, const struct rph_id *formulation,
			    rph_visit_usage *visit, void *context) RPH_MUST_CHECK;
/* Every row of every table as key and value bytes, for dumps and comparisons of whole stores. */
typedef int rph_visit_row(void *context, const char *table, struct rph_span key,
			  struct rph_span value);
int rph_store_scan_rows(struct rph_store *store, rph_visit_row *visit,
			void *context) RPH_MUST_CHECK;

/* ---- decisions of people ------------------------------------------------------------------- */

enum rph_decision { RPH_DECISION_NONE, RPH_DECISION_APPROVED, RPH_DECISION_DENIED };

struct rph_review {
	struct rph_id source, target;
	enum rph_decision decision;
	rph_time_ms at; /* wall clock of the command, given by the shell; 0 when unknown */
	struct rph_span who, note;
};

/* DECISION_NONE removes the row. */
int rph_store_put_review(struct rph_store *store, const struct rph_review *review) RPH_MUST_CHECK;
/* RPH_E_NOT_FOUND: nobody decided. */
int rph_store_get_review(struct rph_store *store, const struct rph_id *source,
			 const struct rph_id *target, struct rph_arena *arena,
			 struct rph_review *ret) RPH_MUST_CHECK;
typedef int rph_visit_review(void *context, const struct rph_review *review);
int rph_store_scan_reviews(struct rph_store *store, rph_visit_review *visit,
			   void *context) RPH_MUST_CHECK;

/* ---- published rewrites -------------------------------------------------------------------- */

struct rph_published {
	struct rph_id source, target;
	uint16_t p; /* 1/256 */
	uint64_t generation;
};

/* Replaces the whole table in one transaction; rewrites are ascending by source. */
int rph_store_publish(struct rph_store *store, const struct rph_published *rewrites,
		      size_t count) RPH_MUST_CHECK;
int rph_store_get_rewrite(struct rph_store *store, const struct rph_id *source,
			  struct rph_published *ret) RPH_MUST_CHECK;

/* What the published rewrites were made of, so that they are not made again of the same. */
struct rph_publication {
	rph_week week;
	uint64_t made_by; /* hash of configuration and program; never 0 */
};
/* Noted after rph_store_publish(), which removes the note of what it replaces. So does every change
 * that could make other rewrites: evidence of the week or of one before it, a decision, forgetting,
 * deleting old weeks. */
int rph_store_note_publication(struct rph_store *store,
			       const struct rph_publication *publication) RPH_MUST_CHECK;
/* RPH_E_NOT_FOUND: they have to be made. */
int rph_store_get_publication(struct rph_store *store, struct rph_publication *ret) RPH_MUST_CHECK;

/* ---- exports ------------------------------------------------------------------------------- */

struct rph_export_row {
	rph_week week;
	/* SHA-256 of manifest.json; all zero since rph_store_apply() added evidence of the week or
	 * of one before it: another export would give other bytes. */
	uint8_t digest[32];
};
bool rph_export_is_outdated(const struct rph_export_row *row);

int rph_store_put_export(struct rph_store *store, const struct rph_export_row *row) RPH_MUST_CHECK;
int rph_store_get_export(struct rph_store *store, rph_week week,
			 struct rph_export_row *ret) RPH_MUST_CHECK;

/* ---- housekeeping -------------------------------------------------------------------------- */

struct rph_forgotten {
	uint64_t votes, usages, formulations, goals; /* rows removed or shrunk */
	uint64_t beyond; /* usage rows with more than RPH_USAGE_USERS users: their totals keep the
			    anonymous counts of users outside the exact set */
};

/* Removes everything one user contributed, texts nobody else said, and published rewrites of these.
 * In bounded transactions: may be interrupted and called again, and must be called again then. *ret
 * counts what was committed, also on error. Ends with one pass over the keys of usage. Afterwards
 * the pages are not yet overwritten on disk. */
int rph_store_forget(struct rph_store *store, uint64_t user,
		     struct rph_forgotten *ret) RPH_MUST_CHECK;

/* Deletes votes, usage and index rows of weeks before `oldest_kept`, and texts nobody needs any
 * more. As above: several transactions, to be called again when interrupted, by `stop` (may be
 * NULL; RPH_E_STOPPED) too. One pass over all keys. */
int rph_store_expire(struct rph_store *store, rph_week oldest_kept, const struct rph_stop *stop,
		     uint64_t *ret_rows) RPH_MUST_CHECK;

struct rph_verdict {
	uint64_t rows;
	uint64_t faults;
};

/* Reads every row of every table: checksums, orders, references both ways, counters that must
 * agree. Calls `report` (may be NULL) with a sentence per fault (table, key in hex, what is wrong).
 * Returns 0 also when there are faults. One read transaction from end to end: beside a writer the
 * file grows meanwhile. Cost: about 6 us per row. */
typedef void rph_report_fault(void *context, const char *sentence);
int rph_store_verify(struct rph_store *store, rph_report_fault *report, void *context,
		     struct rph_verdict *ret) RPH_MUST_CHECK;

struct rph_store_info {
	uint64_t formulations, goals, votes, usages, users_by_week, reviews, rewrites, exports;
	uint64_t used_bytes, map_bytes;
	rph_week first_week, last_week; /* of user_index; first > last when empty */
};
int rph_store_info(struct rph_store *store, struct rph_store_info *ret) RPH_MUST_CHECK;

#endif
