/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_script.h - what happens in one session: goals, attempts, failures and what users do
 * about them.
 *
 * A chain is one goal pursued over one or more turns. After a failed turn the user says it again
 * (the same words more clearly, or other words), corrects a misheard value, or gives up. Sometimes
 * the user asks for the wrong thing and corrects that, and sometimes another wish comes between.
 */
#ifndef RPH_REPLAY_GENERATE_SCRIPT_H
#define RPH_REPLAY_GENERATE_SCRIPT_H

#include "replay/generate_nlu.h"
#include "replay/generate_world.h"
#include "schemas/time.h"

enum {
	RPH_TURNS_MAX = 48,
	RPH_SESSION_LONGEST_MS = 15 * 60 * 1000, /* from the first turn to the last */
	RPH_TRANSITION_DISTANCE = 3, /* turns apart, at most, that truth is told about */
};

/* When and by whom; see generate_schedule.h. */
struct rph_plan {
	rph_time_ms start;
	uint64_t number; /* of the session, in the order of starts, from 0 */
	uint32_t user;
	unsigned speaker; /* 0 or 1; 1 only in households */
};

enum rph_outcome { RPH_OUTCOME_SUCCESS, RPH_OUTCOME_FAILURE, RPH_OUTCOME_UNKNOWN };

enum rph_edge_truth {
	RPH_TRUTH_REPEAT,      /* the same goal, words and text */
	RPH_TRUTH_REPAIR,      /* the same goal and words; one of them was misheard or misspelt */
	RPH_TRUTH_PARAPHRASE,  /* the same goal in other words */
	RPH_TRUTH_CORRECTION,  /* a value changed, or only the misheard value was said again */
	RPH_TRUTH_NEW_REQUEST, /* anything else */
	RPH_TRUTH_COUNT,
};
extern const struct rph_span rph_truth_names[RPH_TRUTH_COUNT];

struct rph_gen_turn {
	rph_time_ms at;
	const struct rph_gen_goal *goal;
	const struct rph_gen_wording *wording;
	unsigned chain;
	bool elliptical; /* names only the corrected value; understood from context */
	bool went_well;  /* the user got what the turn asked for */
	bool gives_up;   /* after this turn */
	bool slip;       /* the user meant another value than was said, and will correct it */
	struct rph_utterance utterance; /* as the NLU saw it */
	struct rph_utterance spoken;    /* as it was said */
	struct rph_utterance other;     /* another hypothesis of the recogniser */
	bool spoilt;                    /* utterance and spoken differ */
	bool has_other;
	unsigned asr_confidence; /* per cent */
	struct rph_reading reading;
	enum rph_outcome outcome; /* as logged, which is not always as it was */
	uint32_t signals;         /* RPH_SIGNAL_BIT() */
	struct rph_span response; /* empty: derived from the reading */
};

/* Large, and reused from session to session. */
struct rph_gen_session {
	struct rph_plan plan;
	struct rph_user user;
	unsigned device;
	unsigned turn_count; /* at least 1 */
	struct rph_gen_turn turns[RPH_TURNS_MAX];
};

/* Writes the whole session. A function of the world, the plan and nothing else. */
void rph_script_session(const struct rph_world *world, const struct rph_plan *plan,
			struct rph_gen_session *ret);

/* The truth about two turns of one session, earlier and later. */
enum rph_edge_truth rph_script_truth(const struct rph_gen_turn *from,
				     const struct rph_gen_turn *to);

#endif
