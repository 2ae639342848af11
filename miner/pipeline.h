/* SPDX-License-Identifier: Apache-2.0
 *
 * pipeline.h - the way of one event through the core: records in, deltas out.
 *
 *   record -> rph_decode -> rph_interpret -> rph_sessions_add -> (session closes) ->
 * rph_mine_session
 *          -> rph_delta_list -> rph_deltas
 *
 * A shell opens a pipeline, adds its partitions (with the checkpoint the store has of each), feeds
 * records, and at the end of a batch takes the deltas and the checkpoints and commits both in one
 * transaction. Where a batch ends changes no table.
 *
 * Threads: one pipeline, one thread at a time, with the one exception of rph_pipeline_next_batch().
 * Records fed together are worked on in the lanes of options.parallel: decoding and interpreting
 * need nothing but the record, then the sessioniser takes the turns in the records' order, then the
 * sessions that closed are mined, each by itself. Each lane has its own decoder, normaliser and
 * deltas; deltas are merged, which may be done in any order, and evidence is put back into the order
 * in which the sessions closed. So neither the number of lanes nor how many records are fed together
 * changes a byte of what comes out.
 */
#ifndef RPH_MINER_PIPELINE_H
#define RPH_MINER_PIPELINE_H

#include "miner/mine.h"
#include "schemas/decode.h"
#include "schemas/parallel.h"

struct rph_pipeline;

/* Told what each lane is about to look at, for whoever wants to know where a process died: a record,
 * or the sessions that it closed. Called on the lane's thread; not called at the end of what failed. */
struct rph_pipeline_watch {
	void (*begin)(void *context, uint32_t lane, uint32_t partition,
		      int64_t offset); /* NULL: nobody asks */
	void (*end)(void *context, uint32_t lane);
	void *context;
};

struct rph_pipeline_options {
	struct rph_mining_params params;
	struct rph_decode_limits decode;
	const struct rph_keys *keys;  /* must outlive the pipeline */
	bool evidence;                /* keep every judged transition for the shell */
	rph_time_ms from, to;         /* only events with from <= ts < to; INT64_MIN, INT64_MAX */
	struct rph_parallel parallel; /* must outlive the pipeline; {0}: everything in one lane */
	struct rph_pipeline_watch watch; /* as long */
};

/* What became of a record. */
enum rph_fate {
	RPH_FATE_COUNTED,   /* waits in a session or has been mined */
	RPH_FATE_REJECTED,  /* no event: the shell writes a dead letter before it commits */
	RPH_FATE_LATE,      /* its session is closed: counted, dropped */
	RPH_FATE_DUPLICATE, /* upstream sent it twice: counted, dropped */
	RPH_FATE_OUTSIDE,   /* not between `from` and `to` */
	RPH_FATE_WARM,      /* counted before a restart: only rebuilds open sessions */
	RPH_FATE_COUNT
};

struct rph_pipeline_counts {
	uint64_t fates[RPH_FATE_COUNT];
	uint64_t rejects[RPH_REJECT_COUNT];
	uint64_t closed[RPH_CLOSE_REASON_COUNT];
	uint64_t unknown_signals;
	struct rph_mining_counts mining;
};

/* "counted", "rejected", ... */
const char *rph_fate_name(enum rph_fate fate);
const char *rph_close_reason_name(enum rph_close_reason reason);

int rph_pipeline_new(const struct rph_pipeline_options *options,
		     struct rph_pipeline **ret) RPH_MUST_CHECK;
struct rph_pipeline *rph_pipeline_free(struct rph_pipeline *pipeline);
RPH_DEFINE_CLEANUP(struct rph_pipeline, rph_pipeline_free)

/* Partitions are numbered 0, 1, ... in the order of adding. checkpoint NULL: a new partition. */
int rph_pipeline_add_partition(struct rph_pipeline *pipeline,
			       const struct rph_session_checkpoint *checkpoint,
			       uint32_t *ret_partition) RPH_MUST_CHECK;

struct rph_record_outcome {
	enum rph_fate fate;
	struct rph_rejection rejection; /* filled for REJECTED */
};

/* Takes records in their order; offsets of a partition must ascend. Their bytes are not needed
 * afterwards. ret_outcomes has room for `count`. After an error the pipeline must be thrown away:
 * the batch is not whole; *ret_at is the record at fault, the first one if there are several. */
int rph_pipeline_records(struct rph_pipeline *pipeline, const struct rph_record *records,
			 uint32_t count, struct rph_record_outcome *ret_outcomes,
			 uint32_t *ret_at) RPH_MUST_CHECK;
/* One record, in one lane. */
int rph_pipeline_record(struct rph_pipeline *pipeline, const struct rph_record *record,
			struct rph_record_outcome *ret) RPH_MUST_CHECK;

/* How transitions are judged from the next record on; what `judge` borrows must live on. */
void rph_pipeline_set_judge(struct rph_pipeline *pipeline, const struct rph_judge_params *judge);

/* Declares a partition's log complete: closes its open sessions. */
int rph_pipeline_close_partition(struct rph_pipeline *pipeline, uint32_t partition) RPH_MUST_CHECK;

struct rph_batch {
	struct rph_deltas deltas;
	const struct rph_evidence *evidence; /* in the order the sessions closed */
	size_t evidence_count;
};

/* Folds what came since the last one. Records that are fed from now on belong to the batch after it.
 * *ret lives until rph_pipeline_next_batch(), which must come before the next call. */
int rph_pipeline_end_batch(struct rph_pipeline *pipeline, struct rph_batch *ret) RPH_MUST_CHECK;
/* Frees the memory of the batch that was ended. May be called from another thread, while this one
 * feeds the records of the batch after it. */
void rph_pipeline_next_batch(struct rph_pipeline *pipeline);

/* The checkpoint of a partition whose records before `next` have all been taken. Its arrays live
 * until the pipeline's next call for that partition. */
void rph_pipeline_checkpoint(struct rph_pipeline *pipeline, uint32_t partition, int64_t next,
			     struct rph_session_checkpoint *ret);

/* Event time before which no turn of the partition can be counted any more: everything earlier is
 * complete. INT64_MIN when nothing has been seen. */
rph_time_ms rph_pipeline_complete_before(const struct rph_pipeline *pipeline, uint32_t partition);

size_t rph_pipeline_open_sessions(const struct rph_pipeline *pipeline);
/* Lives as long as the pipeline; as of this call. */
const struct rph_pipeline_counts *rph_pipeline_counts(struct rph_pipeline *pipeline);

#endif
