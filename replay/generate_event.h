/* SPDX-License-Identifier: Apache-2.0
 *
 * generate_event.h - turns as lines of JSON: the interaction event and the truth.
 *
 * Lines end with a newline. The texts come from the tables of the grammar, which hold nothing that
 * JSON would have to escape.
 */
#ifndef RPH_REPLAY_GENERATE_EVENT_H
#define RPH_REPLAY_GENERATE_EVENT_H

#include "replay/generate_script.h"

enum { RPH_EVENT_LINE_MAX = 16 * 1024 };

/* The event of one turn. `random` decides what this device left out this time. Returns the bytes
 * written to `line`. */
size_t rph_event_line(const struct rph_world *world, const struct rph_gen_session *session,
		      unsigned turn, struct rph_random *random,
		      char line[static RPH_EVENT_LINE_MAX]);

struct rph_delivery {
	bool late;      /* arrives more than the usual grace of five minutes after it happened */
	bool duplicate; /* the same event once more */
};

/* {"event_id", "goal", "template", "recognised", "bot", "late", "duplicate", "user", "session"} */
size_t rph_truth_event_line(const struct rph_gen_session *session, unsigned turn,
			    struct rph_delivery delivery, char line[static RPH_EVENT_LINE_MAX]);

/* {"from", "to", "type", "gap_ms"} of two turns, earlier and later. */
size_t rph_truth_edge_line(const struct rph_gen_session *session, unsigned from, unsigned to,
			   char line[static RPH_EVENT_LINE_MAX]);

#endif
