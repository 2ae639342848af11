/* SPDX-License-Identifier: Apache-2.0
 *
 * turn.h - a turn waiting in an open session: everything the judge and the counters will need,
 * packed into one block, because a million of them may be open at once.
 *
 * Owner: the session that holds it; freed with rph_turn_free().
 */
#ifndef RPH_MINER_TURN_H
#define RPH_MINER_TURN_H

#include "schemas/event.h"

struct rph_turn {
	struct rph_turn *next; /* later in the session: by (at, offset) */
	rph_time_ms at;
	int64_t offset;
	uint64_t event_hash; /* of event_id, to notice upstream duplicates */
	uint64_t response;   /* hash of outcome.response; 0 when there was none */
	uint32_t size;       /* what session.max_bytes counts: rph_turn_size() */
	uint32_t signals;
	uint32_t goal_len, nbest_len;
	uint16_t text_len, wording_len;
	rph_confidence asr_confidence, nlu_confidence;
	uint16_t event_id_len;
	uint8_t locale_len;
	uint8_t status : 3;         /* enum rph_status */
	uint8_t arm : 3;            /* enum rph_arm; treated only with an executed text */
	uint8_t text_is_worded : 1; /* the text is the wording's, byte for byte: kept once */
	char bytes[];               /* event_id, locale, text, wording, goal, nbest, executed */
};

/* What a turn is made of; all spans borrowed. */
struct rph_turn_parts {
	const struct rph_event *event;
	int64_t offset;
	bool keep_event_id;   /* evidence is wanted; else only the hash is kept */
	struct rph_span text; /* what was said, normalised; 1 to 65535 bytes */
	/* What the assistant understood in its place because a rewrite acted, normalised; at most
	 * 65535 bytes. Empty: none did, and a treated arm counts as none;
	 * not empty only with a treated arm. */
	struct rph_span executed;
	struct rph_span wording;      /* encoded annotated surface; the same */
	struct rph_span goal;         /* canonical interpretation, or empty */
	const struct rph_span *nbest; /* normalised, event->nbest_count of them */
};

/* One malloc'ed block; NULL when out of memory. */
struct rph_turn *rph_turn_new(const struct rph_turn_parts *parts) RPH_MUST_CHECK;
/* Frees the turn and all that follow it. NULL is fine; returns NULL. */
struct rph_turn *rph_turns_free(struct rph_turn *turns);

/* What session.max_bytes counts of a turn: RPH_TURN_HEAD_BYTES, the locale, the text, the wording,
 * the goal, the executed text, and each hypothesis with 4 bytes more. The parts as they were given: neither how the
 * block keeps them nor whether evidence is wanted may decide where a session is cut. */
#define RPH_TURN_HEAD_BYTES 72
size_t rph_turn_size(const struct rph_turn *turn);

struct rph_span rph_turn_event_id(const struct rph_turn *turn);
struct rph_span rph_turn_locale(const struct rph_turn *turn);
struct rph_span rph_turn_text(const struct rph_turn *turn);
struct rph_span rph_turn_wording(const struct rph_turn *turn);
struct rph_span rph_turn_goal(const struct rph_turn *turn);
/* Empty when no rewrite acted. Goal and wording of the turn are then those of this text. */
struct rph_span rph_turn_executed(const struct rph_turn *turn);
/* Walks the hypotheses that differ from the text and from the one before: *cursor starts at 0; false
 * at the end. */
bool rph_turn_nbest(const struct rph_turn *turn, size_t *cursor, struct rph_span *ret);

#endif
