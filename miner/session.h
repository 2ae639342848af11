/* SPDX-License-Identifier: Apache-2.0
 *
 * session.h - the sessioniser: the open sessions of one partition, in event time.
 *
 * Words
 *   top         highest event time seen in the partition's prefix
 *   watermark   top - grace; a session closes when the watermark passes its last turn + gap
 *   late        a turn that no open session takes and whose own session would be closed already
 *   cut         a session closed by force because a bound was reached; the turn that did not fit
 *               begins the next session
 *   raise       pushing `top` forward because too many sessions are open: the oldest close
 *   ahead       a turn more than max_jump after `top`. One wrong clock would make everybody else late,
 *               so it is refused; a turn of another session that is ahead too, with no other turn in
 *               between, bears it out and is taken: then the log itself has a gap
 *
 * Everything is decided record by record from the partition's prefix alone, so where a batch ends
 * changes nothing. A turn that lies within the gap of two open sessions merges them. Sessions are
 * read only when closed, oldest turn first, by (event time, offset).
 *
 * Restart. The store keeps for each partition `next`, `warm_from` (the oldest record that an open
 * session still holds), `top` as it was before that record, the raises and the cuts since then.
 * Feeding the records from warm_from to next again rebuilds exactly the open sessions:
 *   - an open session's records all lie at or after warm_from, so it is rebuilt whole;
 *   - a session that had closed before next may be seen in part; a part has no later turn than the
 *     whole and `top` moves as it did, so it closes no later, and what closes before next is
 *     dropped;
 *   - a cut would fall elsewhere in a part, hence the cuts are remembered and the records of what
 *     was cut off are passed over. Open sessions of one key lie more than a gap apart, so the key
 *     and the span of event time tell which records those are.
 *
 * Not thread-safe: one sessioniser, one thread at a time.
 */
#ifndef RPH_MINER_SESSION_H
#define RPH_MINER_SESSION_H

#include "miner/params.h"
#include "miner/turn.h"

/* As in store/store.h, restated here because the core does not know the store. */
struct rph_session_raise {
	int64_t offset;
	rph_time_ms top;
};

/* A session of `session` (its key) was cut at `offset`. Its turns lay in from..to: records of the
 * key before `offset` that are no further than the gap from there belong to it. */
struct rph_session_cut {
	struct rph_id session;
	int64_t offset;
	rph_time_ms from, to;
};

/* What must be kept to rebuild the open sessions; arrays borrowed. */
struct rph_session_checkpoint {
	int64_t next;
	int64_t warm_from;       /* == next when no session is open */
	rph_time_ms top;         /* before `next`; INT64_MIN: nothing seen yet */
	rph_time_ms warm_top;    /* before `warm_from` */
	rph_time_ms ahead_at;    /* of the last turn refused as ahead, if it may be borne out yet */
	struct rph_id ahead_key; /* its session; ahead_at INT64_MIN: none */
	const struct rph_session_raise *raises; /* at or after warm_from, ascending */
	uint32_t raise_count;
	const struct rph_session_cut *cuts; /* after warm_from, ascending by offset */
	uint32_t cut_count;
};

enum rph_close_reason {
	RPH_CLOSE_GAP,      /* the watermark passed */
	RPH_CLOSE_TURNS,    /* cut: session.max_turns */
	RPH_CLOSE_BYTES,    /* cut: session.max_bytes */
	RPH_CLOSE_DURATION, /* cut: session.max_duration */
	RPH_CLOSE_OPEN,     /* closed early: session.max_open */
	RPH_CLOSE_FINAL,    /* the log is declared complete */
	RPH_CLOSE_REASON_COUNT
};

struct rph_closed_session {
	struct rph_id key;
	uint64_t user;
	struct rph_turn *turns; /* now the caller's; free with rph_turns_free() */
	uint32_t turn_count;
	enum rph_close_reason reason;
};

enum rph_arrival {
	RPH_ARRIVAL_JOINED,    /* the sessioniser owns the turn */
	RPH_ARRIVAL_LATE,      /* freed */
	RPH_ARRIVAL_DUPLICATE, /* freed: its event_id is already in its open session */
	RPH_ARRIVAL_AHEAD,     /* freed: ahead, and not borne out */
	RPH_ARRIVAL_WARM,      /* belongs to a session counted before a restart; freed */
};

struct rph_sessions;

/* checkpoint NULL: an empty partition starting at offset 0. `limits` is copied. */
int rph_sessions_new(const struct rph_session_limits *limits,
		     const struct rph_session_checkpoint *checkpoint,
		     struct rph_sessions **ret) RPH_MUST_CHECK;
struct rph_sessions *rph_sessions_free(struct rph_sessions *sessions);
RPH_DEFINE_CLEANUP(struct rph_sessions, rph_sessions_free)

/* Takes the next record's turn (its `offset` must exceed every earlier one). Takes ownership of
 * `turn` in every case, also on error. Sessions that the record closes wait for next_closed. */
RPH_STAGE int rph_sessions_add(struct rph_sessions *sessions, const struct rph_id *key,
			       uint64_t user, struct rph_turn *turn,
			       enum rph_arrival *ret) RPH_MUST_CHECK;

/* Moves past a record that held no turn (rejected, filtered): offset + what follows it. */
void rph_sessions_skip(struct rph_sessions *sessions, int64_t next_offset);

/* Hands out one closed session; false when none waits. */
bool rph_sessions_next_closed(struct rph_sessions *sessions, struct rph_closed_session *ret);

/* Closes everything: the log is complete. */
void rph_sessions_close_all(struct rph_sessions *sessions);

/* True while records before `next` are being fed again: what closes then is dropped. */
bool rph_sessions_is_warming(const struct rph_sessions *sessions, int64_t offset);

/* The checkpoint for all records before `next`. Arrays are the sessioniser's, valid until the next
 * call. */
void rph_sessions_checkpoint(struct rph_sessions *sessions, int64_t next,
			     struct rph_session_checkpoint *ret);

size_t rph_sessions_open_count(const struct rph_sessions *sessions);
rph_time_ms rph_sessions_top(const struct rph_sessions *sessions);
/* Earliest turn of any open session; INT64_MAX when none is open. Walks all of them. */
rph_time_ms rph_sessions_oldest_turn(const struct rph_sessions *sessions);

#endif
