/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/mine.h"

#include "schemas/error.h"

/* A turn with its ids. */
struct read_turn {
	const struct rph_turn *turn;
	struct rph_id formulation; /* of what was said */
	struct rph_id executed;    /* of what was understood in its place; valid if treated */
	struct rph_turn_view view;
	bool viewed;
	uint64_t prompt;          /* the answer to the turn before */
	uint32_t failures_before; /* failed turns before this one */
	uint32_t successes_before;
	bool said_again; /* a later turn says the same again */
};

static uint8_t day_bit(rph_time_ms at)
{
	return (uint8_t)(1u << rph_week_day_of(at));
}

/* ---- usage ------------------------------------------------------------------------------------
 */

/* The text whose end the log tells: what was said, or what a rewrite made of it. */
static struct rph_span understood(const struct rph_turn *turn)
{
	return turn->arm == RPH_ARM_TREATED ? rph_turn_executed(turn) : rph_turn_text(turn);
}

/* What the turn was understood as; without an NLU, a formulation that succeeded is its own goal. */
static int goal_of(const struct rph_miner *miner, const struct rph_turn *turn, struct rph_span *ret)
{
	*ret = rph_turn_goal(turn);
	if (ret->len || rph_turn_end_of(turn) != RPH_TURN_SUCCEEDED)
		return 0;
	struct rph_goal goal = {.is_text = true, .text = understood(turn)};
	return rph_goal_write(&goal, miner->batch, ret);
}

/* How a rewritten turn ended says something of the rewrite (count_arm), and nothing of the
 * formulation that it was rewritten to: nobody said that. */
static struct rph_usage_counts counts_of(const struct rph_turn *turn)
{
	enum rph_turn_end end = rph_turn_end_of(turn);
	bool won = end == RPH_TURN_SUCCEEDED, lost = end == RPH_TURN_FAILED;
	if (turn->arm == RPH_ARM_TREATED)
		return (struct rph_usage_counts){
			.unknown = 1, .treated_wins = won, .treated_losses = lost};
	bool held_back = turn->arm == RPH_ARM_HOLDOUT;
	return (struct rph_usage_counts){
		.successes = won,
		.failures = lost,
		.unknown = end == RPH_TURN_UNKNOWN,
		.friction = rph_turn_had_friction(turn),
		.holdout_wins = held_back && won,
		.holdout_losses = held_back && lost,
	};
}

static int count_text(const struct rph_miner *miner, const struct rph_turn *turn,
		      const struct rph_id *id, struct rph_span text)
{
	const struct rph_formulation_delta formulation = {*id, rph_turn_locale(turn), text};
	return rph_delta_add_formulation(miner->deltas, &formulation);
}

static int count_turn(const struct rph_miner *miner, uint64_t user, const struct read_turn *read)
{
	const struct rph_turn *turn = read->turn;
	bool treated = turn->arm == RPH_ARM_TREATED;
	struct rph_goal_delta goal = {0};
	int err = goal_of(miner, turn, &goal.canonical);
	if (!err && goal.canonical.len) {
		goal.id = rph_goal_id(miner->keys, goal.canonical);
		err = rph_delta_add_goal(miner->deltas, &goal);
	}
	if (!err)
		err = count_text(miner, turn, &read->formulation, rph_turn_text(turn));
	if (!err && treated)
		err = count_text(miner, turn, &read->executed, understood(turn));
	struct rph_usage_key key = {treated ? read->executed : read->formulation, goal.id,
				    rph_week_of(turn->at)};
	struct rph_usage_user entry = {
		.user = user, .counts = counts_of(turn), .days = day_bit(turn->at)};
	/* Nobody worded the rewrite either. */
	struct rph_span wording = treated ? (struct rph_span){0} : rph_turn_wording(turn);
	if (!err)
		err = rph_delta_add_turn(miner->deltas, &key, &entry, wording);
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
	/* Saying the same words again says nothing about other words; and where a rewrite acted on
	 * the later turn, its success is not that of what was said. */
	if ((judgement->p < miner->params->record_floor && !won) ||
	    later->turn->arm == RPH_ARM_TREATED ||
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

/* One turn of an arm: evidence about the rewrite that acted, or that was held back. A user who says
 * it again was not served, whatever the log calls the turn. */
static int count_arm(const struct rph_miner *miner, uint64_t user, const struct read_turn *read)
{
	const struct rph_turn *turn = read->turn;
	if (turn->arm == RPH_ARM_NONE)
		return 0;
	enum rph_turn_end end = rph_turn_end_of(turn);
	bool treated = turn->arm == RPH_ARM_TREATED;
	struct rph_vote_delta delta = {
		.key = {.source = read->formulation,
			.target = treated ? read->executed : read->formulation,
			.user = user,
			.week = rph_week_of(turn->at)},
		.vote = {.days = day_bit(turn->at),
			 .arm = {.turns = 1,
				 .wins = end == RPH_TURN_SUCCEEDED && !read->said_again,
				 .losses = end == RPH_TURN_FAILED || read->said_again}},
	};
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
	earlier->said_again |= judgement.accepted;
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
		if (turn->arm == RPH_ARM_TREATED)
			turns[at].executed = rph_formulation_id(miner->keys, rph_turn_locale(turn),
								rph_turn_executed(turn));
		err = count_turn(miner, session->user, &turns[at]);
		if (!err)
			err = judge_transitions_to(miner, session->user, turns, at);
	}
	RPH_ASSERT(err || at == session->turn_count);
	for (uint32_t i = 0; !err && i < at; i++)
		err = count_arm(miner, session->user, &turns[i]);
	return err;
}
