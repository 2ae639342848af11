/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/mine.h"

#include "miner/similarity.h"
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

/* Whatever acted on the turn: this is how the user fared. */
static int count_cohort(const struct rph_miner *miner, uint64_t user, const struct rph_turn *turn)
{
	struct rph_span name = rph_turn_cohort(turn);
	bool defect = rph_turn_end_of(turn) == RPH_TURN_FAILED || rph_turn_had_friction(turn);
	struct rph_cohort cohort = {rph_turn_locale(turn), name, 1, defect};
	return name.len ? rph_delta_add_cohort(miner->deltas, rph_week_of(turn->at), user, &cohort)
			: 0;
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
	if (!err)
		err = count_cohort(miner, user, turn);
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

/* ---- a session ----------------------------------------------------------------------------------
 */

/* n-gram overlap of two turns; a pair that is not to be judged has none. */
struct likeness {
	uint16_t dice, containment;
	bool judged;
};

/* A session as it is read: its turns, and how alike those within reach of each other are. */
struct reading {
	const struct rph_miner *miner;
	uint64_t user;
	uint32_t count, reach; /* turns; how many turns back a transition may go */
	struct read_turn *turns;
	struct likeness *band; /* [count * reach]: of turn i and the one d turns before */
	struct rph_session_facts facts;
};

static struct likeness *likeness_of(const struct reading *reading, uint32_t at, uint32_t distance)
{
	return &reading->band[(size_t)at * reading->reach + distance - 1];
}

static int compare(const struct reading *reading, uint32_t at, uint32_t distance)
{
	struct read_turn *earlier = &reading->turns[at - distance], *later = &reading->turns[at];
	uint32_t dice, containment;
	int err = view_turn(reading->miner, earlier);
	if (!err)
		err = view_turn(reading->miner, later);
	if (err)
		return err;
	rph_ngram_overlap(&earlier->view.text, &later->view.text, &dice, &containment);
	*likeness_of(reading, at, distance) =
		(struct likeness){(uint16_t)dice, (uint16_t)containment, true};
	return 0;
}

/* Finds the transitions that end at turn `at`, the nearest earlier turn first. */
static int compare_backwards(const struct reading *reading, uint32_t at)
{
	const struct rph_turn *later = reading->turns[at].turn;
	uint32_t farthest = at < reading->reach ? at : reading->reach;
	int err = 0;
	for (uint32_t distance = 1; !err && distance <= farthest; distance++) {
		const struct rph_turn *earlier = reading->turns[at - distance].turn;
		if (later->at - earlier->at > reading->miner->params->rephrase_gap)
			break;
		/* A household may speak in two languages; a rephrasing keeps to one. */
		if (rph_span_equal(rph_turn_locale(earlier), rph_turn_locale(later)))
			err = compare(reading, at, distance);
	}
	return err;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What the other turns say of a transition: is either turn more like another one? */
static struct rph_surroundings surroundings_of(const struct reading *reading, uint32_t at,
					       uint32_t distance)
{
	const struct likeness *own = likeness_of(reading, at, distance);
	uint32_t from = at - distance;
	struct rph_surroundings around = {
		.session = &reading->facts,
		.dice = own->dice,
		.containment = own->containment,
		.turns_after = reading->count - 1 - at,
	};
	for (uint32_t d = 1; d <= smaller(at, reading->reach); d++)
		if (d != distance)
			around.rival_before =
				larger(around.rival_before, likeness_of(reading, at, d)->dice);
	for (uint32_t d = 1; d <= reading->reach && from + d < reading->count; d++)
		if (d != distance)
			around.rival_after =
				larger(around.rival_after, likeness_of(reading, from + d, d)->dice);
	return around;
}

static int give_evidence(const struct reading *reading, const struct read_turn *earlier,
			 const struct read_turn *later, const struct rph_judgement *judgement)
{
	const struct rph_miner *miner = reading->miner;
	if (!miner->on_evidence)
		return 0;
	struct rph_evidence evidence = {
		.from = rph_turn_event_id(earlier->turn),
		.to = rph_turn_event_id(later->turn),
		.judgement = *judgement,
		.user = reading->user,
		.said = earlier->formulation,
		.said_again = later->formulation,
		.end = rph_turn_end_of(earlier->turn),
		.end_again = rph_turn_end_of(later->turn),
	};
	struct rph_span goal = rph_turn_goal(earlier->turn), again = rph_turn_goal(later->turn);
	if (goal.len)
		evidence.goal = rph_goal_id(miner->keys, goal);
	if (again.len)
		evidence.goal_again = rph_goal_id(miner->keys, again);
	return miner->on_evidence(miner->evidence_context, &evidence);
}

static int judge_transition(const struct reading *reading, uint32_t at, uint32_t distance)
{
	const struct rph_miner *miner = reading->miner;
	struct read_turn *earlier = &reading->turns[at - distance], *later = &reading->turns[at];
	struct rph_comparer comparer = comparer_of(miner);
	struct rph_surroundings around = surroundings_of(reading, at, distance);
	struct rph_judgement judgement;
	int err = rph_judge(&comparer, &earlier->view, &later->view, distance, &around, &judgement);
	if (err)
		return err;
	miner->counts->transitions++;
	miner->counts->accepted += judgement.accepted;
	miner->counts->edges[judgement.type]++;
	earlier->said_again |= judgement.accepted;
	err = give_evidence(reading, earlier, later, &judgement);
	return err ? err : count_vote(miner, reading->user, earlier, later, &judgement);
}

/* Every turn with what came before it. */
static int read_turns(struct reading *reading, const struct rph_turn *turn)
{
	const struct rph_miner *miner = reading->miner;
	uint32_t at = 0, failures = 0, successes = 0;
	uint64_t prompt = 0;
	int err = 0;
	for (; !err && turn; turn = turn->next, at++) {
		RPH_ASSERT(at < reading->count);
		struct read_turn *read = &reading->turns[at];
		*read = (struct read_turn){.turn = turn,
					   .prompt = prompt,
					   .failures_before = failures,
					   .successes_before = successes};
		prompt = turn->response;
		failures += rph_turn_end_of(turn) == RPH_TURN_FAILED;
		successes += rph_turn_end_of(turn) == RPH_TURN_SUCCEEDED;
		rph_session_facts_add(&reading->facts, turn);
		read->formulation =
			rph_formulation_id(miner->keys, rph_turn_locale(turn), rph_turn_text(turn));
		if (turn->arm == RPH_ARM_TREATED)
			read->executed = rph_formulation_id(miner->keys, rph_turn_locale(turn),
							    rph_turn_executed(turn));
		err = count_turn(miner, reading->user, read);
		if (!err)
			err = compare_backwards(reading, at);
	}
	RPH_ASSERT(err || at == reading->count);
	return err;
}

int rph_mine_session(const struct rph_miner *miner, const struct rph_closed_session *session)
{
	rph_arena_reset(miner->scratch);
	struct reading reading = {
		.miner = miner,
		.user = session->user,
		.count = session->turn_count,
		.reach = smaller(miner->params->max_distance, session->turn_count),
	};
	size_t pairs = (size_t)reading.count * reading.reach;
	reading.turns = RPH_ARENA_ARRAY(miner->scratch, struct read_turn, reading.count);
	reading.band = RPH_ARENA_ARRAY(miner->scratch, struct likeness, pairs);
	if (!reading.turns || !reading.band)
		return RPH_E_NO_MEMORY;
	memset(reading.band, 0, pairs * sizeof(*reading.band));
	int err = read_turns(&reading, session->turns);
	for (uint32_t at = 1; !err && at < reading.count; at++)
		for (uint32_t d = 1; !err && d <= smaller(at, reading.reach); d++)
			if (likeness_of(&reading, at, d)->judged)
				err = judge_transition(&reading, at, d);
	for (uint32_t i = 0; !err && i < reading.count; i++)
		err = count_arm(miner, session->user, &reading.turns[i]);
	return err;
}
