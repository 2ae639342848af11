/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/session.h"

#include <stdlib.h>

#include "miner/session_memory.h"
#include "miner/session_table.h"
#include "schemas/error.h"

struct rph_sessions {
	struct rph_session_limits limits;
	struct rph_session_table open;
	rph_time_ms top;         /* INT64_MIN: nothing seen */
	int64_t counting_from;   /* records before it were counted before a restart */
	rph_time_ms counted_top; /* highest event time taken before counting_from */
	rph_time_ms ahead_at;    /* as in struct rph_session_checkpoint */
	struct rph_id ahead_key;
	int64_t last_offset;
	struct rph_session *closed_first, *closed_last; /* linked by `newer`, waiting */
	struct rph_session_memory memory;
};

/* ---- life ------------------------------------------------------------------------------------ */

int rph_sessions_new(const struct rph_session_limits *limits,
		     const struct rph_session_checkpoint *checkpoint, struct rph_sessions **ret)
{
	RPH_CLEANUP(rph_sessions_free) struct rph_sessions *sessions = calloc(1, sizeof(*sessions));
	if (!sessions)
		return RPH_E_NO_MEMORY;
	sessions->limits = *limits;
	sessions->top = INT64_MIN;
	sessions->ahead_at = INT64_MIN;
	sessions->last_offset = INT64_MIN;
	int err = rph_session_table_init(&sessions->open);
	if (!err)
		err = rph_session_memory_init(&sessions->memory, checkpoint);
	if (checkpoint) {
		sessions->top = checkpoint->warm_top;
		sessions->counting_from = checkpoint->next;
		sessions->counted_top = checkpoint->top;
		sessions->ahead_at = checkpoint->ahead_at;
		sessions->ahead_key = checkpoint->ahead_key;
	}
	if (err)
		return err;
	*ret = sessions;
	sessions = NULL;
	return 0;
}

struct rph_sessions *rph_sessions_free(struct rph_sessions *sessions)
{
	if (!sessions)
		return NULL;
	struct rph_closed_session closed;
	while (rph_sessions_next_closed(sessions, &closed))
		rph_turns_free(closed.turns);
	rph_session_table_free(&sessions->open);
	rph_session_memory_free(&sessions->memory);
	free(sessions);
	return NULL;
}

/* ---- closing --------------------------------------------------------------------------------- */

bool rph_sessions_is_warming(const struct rph_sessions *sessions, int64_t offset)
{
	return offset < sessions->counting_from;
}

/* A closed session reuses its own links: `newer` chains the queue, `turn_count` stays, and the
 * reason is kept in `heap_index`, which has no other use any more. */
static void close_session(struct rph_sessions *sessions, struct rph_session *session,
			  enum rph_close_reason reason)
{
	rph_session_table_remove(&sessions->open, session);
	if (rph_sessions_is_warming(sessions, sessions->last_offset)) {
		rph_turns_free(session->first);
		free(session);
		return;
	}
	session->heap_index = (uint32_t)reason;
	session->newer = NULL;
	if (sessions->closed_last)
		sessions->closed_last->newer = session;
	else
		sessions->closed_first = session;
	sessions->closed_last = session;
}

bool rph_sessions_next_closed(struct rph_sessions *sessions, struct rph_closed_session *ret)
{
	struct rph_session *session = sessions->closed_first;
	if (!session)
		return false;
	sessions->closed_first = session->newer;
	if (!sessions->closed_first)
		sessions->closed_last = NULL;
	*ret = (struct rph_closed_session){
		.key = session->key,
		.user = session->user,
		.turns = session->first,
		.turn_count = session->turn_count,
		.reason = (enum rph_close_reason)session->heap_index,
	};
	free(session);
	return true;
}

static rph_time_ms deadline_of(const struct rph_sessions *sessions,
			       const struct rph_session *session)
{
	return session->last_at + sessions->limits.gap;
}

/* The open session that ends first, its deadline up to date; NULL when none is open. */
static struct rph_session *first_to_end(struct rph_sessions *sessions)
{
	struct rph_session *session;
	while ((session = rph_session_table_top(&sessions->open)) != NULL) {
		rph_time_ms deadline = deadline_of(sessions, session);
		if (deadline == session->deadline)
			break;
		rph_session_table_renew(&sessions->open, session, deadline);
	}
	return session;
}

static rph_time_ms watermark_of(const struct rph_sessions *sessions)
{
	return sessions->top - sessions->limits.grace;
}

static void close_passed(struct rph_sessions *sessions, enum rph_close_reason reason)
{
	rph_time_ms watermark = watermark_of(sessions);
	struct rph_session *session;
	/* A stale heap deadline is never later than the real one, so one look at the top usually
	 * tells that nothing ends. */
	while ((session = rph_session_table_top(&sessions->open)) != NULL &&
	       session->deadline < watermark) {
		session = first_to_end(sessions);
		if (session->deadline >= watermark)
			break;
		close_session(sessions, session, reason);
	}
}

void rph_sessions_close_all(struct rph_sessions *sessions)
{
	struct rph_session *session;
	if (sessions->last_offset < sessions->counting_from)
		sessions->last_offset = sessions->counting_from;
	while ((session = first_to_end(sessions)) != NULL)
		close_session(sessions, session, RPH_CLOSE_FINAL);
}

/* ---- raising the top when too many sessions are open ----------------------------------------- */

/* Closes the oldest sixteenth by event time. Raises stay rare that way, and few are remembered. */
static int raise_top(struct rph_sessions *sessions, int64_t offset)
{
	size_t wanted = sessions->limits.max_open - sessions->limits.max_open / 16;
	struct rph_session *session = NULL;
	while (sessions->open.count > wanted && (session = first_to_end(sessions)) != NULL) {
		rph_time_ms top = session->deadline + 1 + sessions->limits.grace;
		if (top > sessions->top)
			sessions->top = top;
		close_session(sessions, session, RPH_CLOSE_OPEN);
	}
	close_passed(sessions, RPH_CLOSE_OPEN);
	return rph_session_memory_add_raise(&sessions->memory, offset, sessions->top);
}

static int keep_within_bound(struct rph_sessions *sessions, int64_t offset)
{
	if (!rph_sessions_is_warming(sessions, offset))
		return sessions->open.count > sessions->limits.max_open
			       ? raise_top(sessions, offset)
			       : 0;
	/* A rebuilt partition has seen fewer sessions: the raises are those that were made. */
	const struct rph_session_raise *raise;
	while ((raise = rph_session_memory_next_raise(&sessions->memory, offset)) != NULL) {
		sessions->top = raise->top;
		close_passed(sessions, RPH_CLOSE_OPEN);
	}
	return 0;
}

/* ---- joining --------------------------------------------------------------------------------- */

/* A turn older than the watermark allows may fill a session but not reach back before it: so event
 * time before every open session and the watermark is complete. */
static bool takes(const struct rph_sessions *sessions, const struct rph_session *session,
		  rph_time_ms at)
{
	rph_time_ms gap = sessions->limits.gap;
	bool stale = at + gap < watermark_of(sessions);
	return at >= session->first_at - (stale ? 0 : gap) && at <= session->last_at + gap;
}

static bool is_after(const struct rph_turn *a, const struct rph_turn *b)
{
	return a->at != b->at ? a->at > b->at : a->offset > b->offset;
}

static void extend(struct rph_session *session, rph_time_ms first_at, rph_time_ms last_at)
{
	if (first_at < session->first_at)
		session->first_at = first_at;
	if (last_at > session->last_at)
		session->last_at = last_at;
}

static void insert_turn(struct rph_session *session, struct rph_turn *turn)
{
	if (is_after(turn, session->last)) {
		session->last->next = turn;
		session->last = turn;
		return;
	}
	struct rph_turn **link = &session->first;
	while (is_after(turn, *link))
		link = &(*link)->next;
	turn->next = *link;
	*link = turn;
}

static bool has_event(const struct rph_session *session, uint64_t event_hash)
{
	for (const struct rph_turn *turn = session->first; turn; turn = turn->next)
		if (turn->event_hash == event_hash)
			return true;
	return false;
}

/* Moves the turns of `from` into the older session `into`. */
static void merge(struct rph_sessions *sessions, struct rph_session *into, struct rph_session *from)
{
	rph_session_table_remove(&sessions->open, from);
	struct rph_turn *turn = from->first;
	while (turn) {
		struct rph_turn *next = turn->next;
		turn->next = NULL;
		insert_turn(into, turn);
		turn = next;
	}
	extend(into, from->first_at, from->last_at);
	into->turn_count += from->turn_count;
	into->bytes += from->bytes;
	free(from);
}

/* The one open session that takes a turn, after merging those it connects; NULL: none. */
static struct rph_session *session_for(struct rph_sessions *sessions, const struct rph_id *key,
				       const struct rph_turn *turn)
{
	struct rph_session *taker = NULL, *next;
	for (struct rph_session *s = rph_session_table_find(&sessions->open, key); s; s = next) {
		next = s->same_key;
		if (!takes(sessions, s, turn->at))
			continue;
		if (!taker) {
			taker = s;
			continue;
		}
		bool in_order = taker->first_offset < s->first_offset;
		struct rph_session *older = in_order ? taker : s, *newer = in_order ? s : taker;
		merge(sessions, older, newer);
		taker = older;
	}
	return taker;
}

static bool must_cut(const struct rph_sessions *sessions, const struct rph_session *session,
		     const struct rph_turn *turn, enum rph_close_reason *ret)
{
	const struct rph_session_limits *limits = &sessions->limits;
	rph_time_ms first = session->first->at < turn->at ? session->first->at : turn->at;
	rph_time_ms last = session->last->at > turn->at ? session->last->at : turn->at;
	if (session->turn_count >= limits->max_turns)
		*ret = RPH_CLOSE_TURNS;
	else if (session->bytes + rph_turn_size(turn) > limits->max_bytes)
		*ret = RPH_CLOSE_BYTES;
	else if (last - first > limits->max_duration)
		*ret = RPH_CLOSE_DURATION;
	else
		return false;
	return true;
}

static int begin_session(struct rph_sessions *sessions, const struct rph_id *key, uint64_t user,
			 struct rph_turn *turn, struct rph_session **ret)
{
	return rph_session_table_insert(&sessions->open, key, user, turn,
					turn->at + sessions->limits.gap, ret);
}

static int cut_session(struct rph_sessions *sessions, struct rph_session *session,
		       struct rph_turn *turn, enum rph_close_reason reason,
		       struct rph_session **ret)
{
	struct rph_id key = session->key;
	uint64_t user = session->user;
	const struct rph_session_cut cut = {key, turn->offset, session->first_at, session->last_at};
	/* While a partition is rebuilt, cuts of what was seen in part are no cuts of the log. */
	int err = rph_sessions_is_warming(sessions, turn->offset)
			  ? 0
			  : rph_session_memory_add_cut(&sessions->memory, &cut);
	if (err)
		return err;
	close_session(sessions, session, reason);
	return begin_session(sessions, &key, user, turn, ret);
}

/* Places a turn; *ret says whether the sessioniser kept it, *ret_begun which session it began. */
static int place_turn(struct rph_sessions *sessions, const struct rph_id *key, uint64_t user,
		      struct rph_turn *turn, enum rph_arrival *ret, struct rph_session **ret_begun)
{
	struct rph_session *session = session_for(sessions, key, turn);
	enum rph_close_reason reason = RPH_CLOSE_GAP;
	if (session && has_event(session, turn->event_hash)) {
		/* Dropped, but it happened: seen without the first one after a restart, it would
		 * hold the session open for as long. */
		extend(session, turn->at, turn->at);
		*ret = RPH_ARRIVAL_DUPLICATE;
		return 0;
	}
	bool full = session && must_cut(sessions, session, turn, &reason);
	/* It would begin a session that is over already. */
	if ((!session || full) && turn->at + sessions->limits.gap < watermark_of(sessions)) {
		*ret = RPH_ARRIVAL_LATE;
		return 0;
	}
	*ret = RPH_ARRIVAL_JOINED;
	if (!session)
		return begin_session(sessions, key, user, turn, ret_begun);
	if (full)
		return cut_session(sessions, session, turn, reason, ret_begun);
	session->turn_count++;
	session->bytes += (uint32_t)rph_turn_size(turn);
	extend(session, turn->at, turn->at);
	insert_turn(session, turn);
	return 0;
}

/* Is the turn ahead and not borne out? Remembers it as a witness for the next one. A partition that is
 * rebuilt knows how far it had come: what lies beyond was refused then. */
static bool is_refused_as_ahead(struct rph_sessions *sessions, const struct rph_id *key,
				const struct rph_turn *turn)
{
	rph_time_ms limit = sessions->limits.max_jump;
	if (rph_sessions_is_warming(sessions, turn->offset))
		return turn->at > sessions->counted_top;
	bool ahead = sessions->top != INT64_MIN && turn->at - sessions->top > limit;
	bool borne_out = ahead && sessions->ahead_at != INT64_MIN &&
			 rph_id_compare(key, &sessions->ahead_key) != 0 &&
			 turn->at - sessions->ahead_at <= limit &&
			 sessions->ahead_at - turn->at <= limit;
	sessions->ahead_at = ahead && !borne_out ? turn->at : INT64_MIN;
	sessions->ahead_key = *key;
	return ahead && !borne_out;
}

int rph_sessions_add(struct rph_sessions *sessions, const struct rph_id *key, uint64_t user,
		     struct rph_turn *turn, enum rph_arrival *ret)
{
	RPH_ASSERT(turn->offset > sessions->last_offset);
	int64_t offset = turn->offset;
	rph_time_ms top_before = sessions->top;
	sessions->last_offset = offset;
	if (is_refused_as_ahead(sessions, key, turn)) {
		*ret = rph_sessions_is_warming(sessions, offset) ? RPH_ARRIVAL_WARM
								 : RPH_ARRIVAL_AHEAD;
		rph_turns_free(turn);
		return 0;
	}
	if (turn->at > sessions->top)
		sessions->top = turn->at;
	close_passed(sessions, RPH_CLOSE_GAP);

	bool warming = rph_sessions_is_warming(sessions, offset);
	struct rph_session *begun = NULL;
	*ret = RPH_ARRIVAL_LATE;
	int err = 0;
	if (!warming ||
	    !rph_session_memory_was_cut_off(&sessions->memory, key, turn, sessions->limits.gap))
		err = place_turn(sessions, key, user, turn, ret, &begun);
	if (begun)
		begun->top_before = top_before;
	else if (err || *ret != RPH_ARRIVAL_JOINED)
		rph_turns_free(turn);
	if (!err)
		err = keep_within_bound(sessions, offset);
	if (warming)
		*ret = RPH_ARRIVAL_WARM;
	return err;
}

void rph_sessions_skip(struct rph_sessions *sessions, int64_t offset)
{
	if (offset > sessions->last_offset)
		sessions->last_offset = offset;
}

/* ---- checkpoint ------------------------------------------------------------------------------ */

void rph_sessions_checkpoint(struct rph_sessions *sessions, int64_t next,
			     struct rph_session_checkpoint *ret)
{
	const struct rph_session *oldest = sessions->open.oldest;
	*ret = (struct rph_session_checkpoint){
		.next = next,
		.warm_from = oldest ? oldest->first_offset : next,
		.top = sessions->top,
		.warm_top = oldest ? oldest->top_before : sessions->top,
		.ahead_at = sessions->ahead_at,
		.ahead_key = sessions->ahead_at == INT64_MIN ? (struct rph_id){{0}}
							     : sessions->ahead_key,
	};
	rph_session_memory_drop_before(&sessions->memory, ret->warm_from);
	ret->raises = sessions->memory.raises;
	ret->raise_count = (uint32_t)sessions->memory.raise_count;
	ret->cuts = sessions->memory.cuts;
	ret->cut_count = (uint32_t)sessions->memory.cut_count;
}

size_t rph_sessions_open_count(const struct rph_sessions *sessions)
{
	return sessions->open.count;
}

rph_time_ms rph_sessions_top(const struct rph_sessions *sessions)
{
	return sessions->top;
}

rph_time_ms rph_sessions_oldest_turn(const struct rph_sessions *sessions)
{
	rph_time_ms oldest = INT64_MAX;
	for (const struct rph_session *s = sessions->open.oldest; s; s = s->newer)
		if (s->first_at < oldest)
			oldest = s->first_at;
	return oldest;
}
