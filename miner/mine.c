/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/mine.h"

#include "schemas/error.h"

/* A turn with its ids. */
struct read_turn {
	const struct rph_turn *turn;
	struct rph_id formulation;
	struct rph_turn_view view;
	bool viewed;
	uint64_t prompt;          /* the answer to the turn before */
	uint32_t failures_before; /* failed turns before this one */
	uint32_t successes_before;
};

static uint8_t day_bit(rph_time_ms at)
{
	return (uint8_t)(1u << rph_week_day_of(at));
}

/* ---- usage ------------------------------------------------------------------------------------
 */

/* What the turn was understood as; without an NLU, a formulation that succeeded is its own goal. */
static int goal_of(const struct rph_miner *miner, const struct rph_turn *turn, struct rph_span *ret)
{
	*ret = rph_turn_goal(turn);
	if (ret->len || rph_turn_end_of(turn) != RPH_TURN_SUCCEEDED)
		return 0;
	struct rph_goal goal = {.is_text = true, .text = rph_turn_text(turn)};
	return rph_goal_write(&goal, miner->batch, ret);
}

static struct rph_usage_counts counts_of(const struct rph_turn *turn)
{
	enum rph_turn_end end = rph_turn_end_of(turn);
	struct rph_usage_counts counts = {
		.successes = end == RPH_TURN_SUCCEEDED,
		.failures = end == RPH_TURN_FAILED,
		.unknown = end == RPH_TURN_UNKNOWN,
		.friction = rph_turn_had_friction(turn),
	};
	if (turn->arm == RPH_ARM_TREATED) {
		counts.treated_wins = counts.successes;
		counts.treated_losses = counts.failures;
	} else if (turn->arm == RPH_ARM_HOLDOUT) {
		counts.holdout_wins = counts.successes;
		counts.holdout_losses = counts.failures;
	}
	return counts;
}

static int count_turn(const struct rph_miner *miner, uint64_t user, const struct read_turn *read)
{
	const struct rph_turn *turn = read->turn;
	struct rph_goal_delta goal = {0};
	int err = goal_of(miner, turn, &goal.canonical);
	if (!err && goal.canonical.len) {
		goal.id = rph_goal_id(miner->keys, goal.canonical);
		err = rph_delta_add_goal(miner->deltas, &goal);
	}
	struct rph_formulation_delta formulation = {
		.id = read->formulation,
		.locale = rph_turn_locale(turn),
		.text = rph_turn_text(turn),
	};
	if (!err)
		err = rph_delta_add_formulation(miner->deltas, &formulation);
	struct rph_usage_key key = {read->formulation, goal.id, rph_week_of(turn->at)};
	struct rph_usage_user entry = {
		.user = user, .counts = counts_of(turn), .days = day_bit(turn->at)};
	if (!err)
		err = rph_delta_add_turn(miner->deltas, &key, &entry, rph_turn_wording(turn));
	miner->counts->turns++;
	return err;
}

/* ---- votes ------------------------------------------------------------------------------------
 */

static int count_vote(const struct rph_miner *miner, uint64_t user, const struct read_turn *earlier,
		      const struct read_turn *later, const struct rph_judgement *judgement)
{
	enum rph_turn_end before = rph_turn_end_of(earlier->turn);
	enum rph_turn_end after = rph_turn_end_of(later->turn);
	/* The first thing that worked after this had failed. Whatever its words: when many people
	 * get to one goal from the same failure, that says what they meant (meaning.h). */
	bool won = before == RPH_TURN_FAILED && after == RPH_TURN_SUCCEEDED &&
		   earlier->successes_before == later->successes_before;
	/* Saying the same words again says nothing about other words. */
	if ((judgement->p < miner->params->record_floor && !won) ||
	    rph_id_compare(&earlier->formulation, &later->formulation) == 0)
		return 0;
	struct rph_vote_delta delta = {
		.key = {.source = earlier->formulation,
			.target = later->formulation,
			.user = user,
			.week = rph_week_of(later->turn->at)},
		.vote = {.mass = judgement->p,
			 .wins = won,
			 .losses = before == RPH_TURN_SUCCEEDED && after == RPH_TURN_FAILED,
			 .days = day_bit(later->turn->at)},
	};
	delta.vote.edges[judgement->type] = 1;
	miner->counts->votes++;
	return rph_delta_add_vote(miner->deltas, &delta);
}

static struct rph_comparer comparer_of(const struct rph_miner *miner)
{
	return (struct rph_comparer){miner->params, miner->normaliser, miner->scratch};
}

static int view_turn(const struct rph_miner *miner, struct read_turn *read)
{
	if (read->viewed)
		return 0;
	read->viewed = true;
	struct rph_comparer comparer = comparer_of(miner);
	int err = rph_turn_view_make(&comparer, read->turn, &read->view);
	read->view.prompt = read->prompt;
	read->view.failures_before = read->failures_before;
	return err;
}

static int judge_transition(const struct rph_miner *miner, uint64_t user, struct read_turn *earlier,
			    struct read_turn *later, uint32_t distance)
{
	struct rph_comparer comparer = comparer_of(miner);
	struct rph_judgement judgement;
	int err = view_turn(miner, earlier);
	if (!err)
		err = view_turn(miner, later);
	if (!err)
		err = rph_judge(&comparer, &earlier->view, &later->view, distance, &judgement);
	if (err)
		return err;
	miner->counts->transitions++;
	miner->counts->accepted += judgement.accepted;
	miner->counts->edges[judgement.type]++;
	if (miner->on_evidence) {
		struct rph_evidence evidence = {rph_turn_event_id(earlier->turn),
						rph_turn_event_id(later->turn), judgement};
		err = miner->on_evidence(miner->evidence_context, &evidence);
	}
	return err ? err : count_vote(miner, user, earlier, later, &judgement);
}

/* All transitions that end at turn `at`, the nearest earlier turn first. */
static int judge_transitions_to(const struct rph_miner *miner, uint64_t user,
				struct read_turn *turns, uint32_t at)
{
	int err = 0;
	uint32_t farthest = at < miner->params->max_distance ? at : miner->params->max_distance;
	for (uint32_t distance = 1; !err && distance <= farthest; distance++) {
		struct read_turn *earlier = &turns[at - distance];
		if (turns[at].turn->at - earlier->turn->at > miner->params->rephrase_gap)
			break;
		/* A household may speak in two languages; a rephrasing keeps to one. */
		if (!rph_span_equal(rph_turn_locale(earlier->turn),
				    rph_turn_locale(turns[at].turn)))
			continue;
		err = judge_transition(miner, user, earlier, &turns[at], distance);
	}
	return err;
}

int rph_mine_session(const struct rph_miner *miner, const struct rph_closed_session *session)
{
	rph_arena_reset(miner->scratch);
	struct read_turn *turns =
		RPH_ARENA_ARRAY(miner->scratch, struct read_turn, session->turn_count);
	if (!turns)
		return RPH_E_NO_MEMORY;
	int err = 0;
	uint32_t at = 0, failures = 0, successes = 0;
	uint64_t prompt = 0;
	for (const struct rph_turn *turn = session->turns; !err && turn; turn = turn->next, at++) {
		turns[at] = (struct read_turn){.turn = turn,
					       .prompt = prompt,
					       .failures_before = failures,
					       .successes_before = successes};
		prompt = turn->response;
		failures += rph_turn_end_of(turn) == RPH_TURN_FAILED;
		successes += rph_turn_end_of(turn) == RPH_TURN_SUCCEEDED;
		turns[at].formulation =
			rph_formulation_id(miner->keys, rph_turn_locale(turn), rph_turn_text(turn));
		err = count_turn(miner, session->user, &turns[at]);
		if (!err)
			err = judge_transitions_to(miner, session->user, turns, at);
	}
	RPH_ASSERT(err || at == session->turn_count);
	return err;
}
