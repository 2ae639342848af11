/* SPDX-License-Identifier: Apache-2.0
 *
 * params.h - what the mining of a batch depends on, as plain numbers. The shells fill it from the
 * configuration; the same params and the same records always give the same deltas.
 */
#ifndef RPH_MINER_PARAMS_H
#define RPH_MINER_PARAMS_H

#include "schemas/time.h"

struct rph_session_limits {
	rph_time_ms gap;          /* a session has no pause longer than this */
	rph_time_ms grace;        /* watermark = highest event time - grace */
	rph_time_ms max_duration; /* first to last turn; forced cut beyond */
	rph_time_ms max_jump;     /* a turn further ahead of all others needs a second witness */
	uint32_t max_turns;       /* forced cut beyond */
	uint32_t max_bytes;       /* of packed turns; forced cut beyond */
	uint32_t max_open;        /* open sessions per partition; beyond, the oldest are closed */
};

struct rph_judge_weights; /* judge.h */

struct rph_judge_params {
	rph_time_ms rephrase_gap; /* transitions with a longer gap are not judged */
	uint32_t max_distance;    /* ... nor those that span more turns than this */
	uint16_t accept;          /* p (1/256) from which a transition counts as the same goal */
	uint16_t record_floor;    /* p (1/256) below which a transition leaves no vote */
	/* Intents that steer the dialogue (yes, stop, help); patterns as in glob.h. Borrowed. */
	const struct rph_span *control_intents;
	size_t control_count;
	const struct rph_judge_weights *weights; /* NULL: the built-in ones. Borrowed. */
};

struct rph_mining_params {
	struct rph_session_limits session;
	struct rph_judge_params judge;
};

/* The defaults of config.def. */
struct rph_mining_params rph_mining_params_default(void);

#endif
