/* SPDX-License-Identifier: Apache-2.0
 *
 * mine.h - reads one closed session once, oldest turn first, and turns it into deltas:
 * usage for every turn, a vote for every judged transition that is likely enough.
 *
 * Rewrites are watched, and never their own witnesses. A turn that a rewrite acted on was said as
 * rewrite.from: transitions are judged with that, it leaves no vote as a later turn, and its end
 * goes to the arm of the vote (said -> understood) alone; the usage of the understood formulation
 * counts it as a turn of unknown end. A turn from which a rewrite was held back is a turn like any
 * other, and counts in the arm of the vote (said -> said).
 */
#ifndef RPH_MINER_MINE_H
#define RPH_MINER_MINE_H

#include "miner/judge.h"
#include "miner/session.h"
#include "schemas/delta.h"

/* One judged transition, accepted or not: how the judge is measured against gold data. */
struct rph_evidence {
	struct rph_span from, to; /* event ids; live as long as the session's turns */
	struct rph_judgement judgement;
};

struct rph_mining_counts {
	uint64_t turns, transitions, accepted;
	uint64_t edges[RPH_EDGE_COUNT];
	uint64_t votes;
};

/* What mining works with; everything borrowed. */
struct rph_miner {
	const struct rph_judge_params *params;
	const struct rph_keys *keys;
	struct rph_normaliser *normaliser;
	struct rph_arena *scratch;     /* reset for every session */
	struct rph_delta_list *deltas; /* spans point into the session's turns and `batch` */
	struct rph_arena *batch;       /* lives until the deltas are folded */
	struct rph_mining_counts *counts;
	/* NULL when nobody wants the evidence. */
	int (*on_evidence)(void *context, const struct rph_evidence *evidence);
	void *evidence_context;
};

/* The turns must live until the deltas are folded. Returns 0, RPH_E_NO_MEMORY, or on_evidence's. */
RPH_STAGE int rph_mine_session(const struct rph_miner *miner,
			       const struct rph_closed_session *session) RPH_MUST_CHECK;

#endif
