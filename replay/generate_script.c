/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_script.h"

#include "replay/generate_outcome.h"

const struct rph_span rph_truth_names[RPH_TRUTH_COUNT] = {
	{"repeat", 6}, {"repair", 6}, {"paraphrase", 10}, {"correction", 10}, {"new_request", 11},
};

enum {
	ATTEMPTS_MAX = 5,
	MORE_GOALS_PER_MILLE = 400, /* another goal follows in the session */
	CHAINS_MAX = 7,
	BROKEN_PER_MILLE = 18,         /* understood, but the action fails */
	SLIP_PER_MILLE = 22,           /* the user names another value than meant */
	CORRECT_PER_MILLE = 430,       /* a misheard value is corrected by naming it alone */
	OTHER_HEARING_PER_MILLE = 300, /* a further hypothesis in the n-best list */
	USUAL_PER_MILLE = 220,         /* who tries other words, tries the most usual ones */
	SAME_PER_MILLE = 270,          /* says the same words again */
	SAME_SPOILT_PER_MILLE = 560,   /* the same, after a slip of recogniser, hand or action */
	TIRED_PER_CENT = 68,           /* what is left of the patience after a second failure */
	RETURN_PER_MILLE = 60, /* after a failure: another wish first, then the same again */
	BOT_GAP_MIN_MS = 2000,
	BOT_GAP_MAX_MS = 9000,
};

/* Quantiles in steps of 1/32 of the time between a failure and saying it again, in ms: 5 s and a
 * log-normal rest (median 3 s, sigma 0.95), cut at 40 s. */
static const uint16_t retry_gaps[33] = {
	5000, 5510,  5697,  5855,  6003,  6146,  6287,  6430,  6575,  6724,  6878,
	7038, 7206,  7383,  7570,  7770,  7983,  8212,  8461,  8732,  9030,  9360,
	9730, 10150, 10632, 11197, 11873, 12706, 13776, 15239, 17451, 21582, 40000,
};

struct script {
	struct rph_gen_session *session;
	struct rph_random random;
	rph_time_ms at;
	unsigned chain;
	struct rph_speech speech;
};

/* What a turn is to say. */
struct intention {
	const struct rph_gen_goal *goal;
	const struct rph_gen_wording *wording;
	unsigned attempt; /* 0 the first time */
	int corrected;    /* the intent's slot that alone is named, or -1 */
};

static int64_t retry_gap(struct rph_random *random)
{
	unsigned step = rph_random_below(random, 32);
	unsigned low = retry_gaps[step], high = retry_gaps[step + 1];
	return low + rph_random_below(random, high - low + 1);
}

/* People who are done with one thing may ask the next at once or after some minutes. */
static int64_t next_goal_gap(struct rph_random *random)
{
	unsigned kind = rph_random_below(random, 10);
	if (kind < 4)
		return rph_random_between(random, 4000, 20000);
	return kind < 8 ? rph_random_between(random, 15000, 80000)
			: rph_random_between(random, 80000, 240000);
}

static bool is_full(const struct script *script)
{
	const struct rph_gen_session *session = script->session;
	return session->turn_count == RPH_TURNS_MAX ||
	       script->at > session->plan.start + RPH_SESSION_LONGEST_MS - 300000;
}

static void say(struct script *script, const struct intention *intention)
{
	const struct rph_language *language = script->session->user.language;
	const struct rph_intent_shape *shape = &rph_intent_shapes[intention->goal->intent];
	unsigned first = intention->corrected < 0 ? 0 : (unsigned)intention->corrected;
	unsigned count = intention->corrected < 0 ? shape->slot_count : 1;
	rph_speech_say(language, intention->wording, &shape->slots[first],
		       &intention->goal->values[first], count, &script->speech);
}

/* Leaves in script->speech what the NLU gets to see. */
static void speak(struct script *script, const struct intention *intention,
		  struct rph_gen_turn *turn)
{
	const struct rph_user *user = &script->session->user;
	struct rph_random *random = &script->random;
	struct rph_speech *speech = &script->speech;
	turn->has_other = user->fields & RPH_FIELD_NBEST && !user->typing &&
			  rph_random_chance(random, OTHER_HEARING_PER_MILLE);
	if (turn->has_other) {
		say(script, intention);
		rph_speech_spoil(user->language, false, random, speech);
		rph_speech_render(speech, &turn->other);
	}
	say(script, intention);
	rph_speech_render(speech, &turn->spoken);
	/* Whoever says it again takes care. */
	unsigned noise = user->noise_per_mille * (intention->attempt > 0 ? 55 : 100) / 100;
	turn->spoilt = false;
	if (!user->bot && rph_random_chance(random, noise)) {
		rph_speech_spoil(user->language, user->typing, random, speech);
		turn->spoilt = rph_speech_spoilt(speech);
	}
	if (turn->spoilt)
		rph_speech_render(speech, &turn->utterance);
	else
		turn->utterance = turn->spoken;
	int64_t low = turn->spoilt ? 34 : 70, high = turn->spoilt ? 86 : 99;
	turn->asr_confidence = user->typing ? 100 : (unsigned)rph_random_between(random, low, high);
}

/* What the user does next, which the log's signals partly show. */
static void react(struct script *script, const struct intention *intention,
		  struct rph_gen_turn *turn)
{
	const struct rph_user *user = &script->session->user;
	struct rph_random *random = &script->random;
	unsigned patience = user->patience * (intention->attempt > 0 ? TIRED_PER_CENT : 100) / 100;
	turn->gives_up = turn->slip = false;
	if (turn->went_well)
		turn->slip = intention->attempt == 0 && turn->reading.slot_count > 0 &&
			     !turn->elliptical && rph_random_chance(random, SLIP_PER_MILLE);
	else
		turn->gives_up = intention->attempt + 1 >= ATTEMPTS_MAX || user->bot ||
				 !rph_random_chance(random, patience);
}

static struct rph_gen_turn *take_turn(struct script *script, const struct intention *intention)
{
	struct rph_gen_session *session = script->session;
	const struct rph_language *language = session->user.language;
	struct rph_gen_turn *turn = &session->turns[session->turn_count];
	turn->at = script->at;
	turn->goal = intention->goal;
	turn->wording = intention->wording;
	turn->chain = script->chain;
	turn->elliptical = intention->corrected >= 0;
	speak(script, intention, turn);
	struct rph_hearing hearing = {turn->wording, turn->goal->intent, &script->speech,
				      &turn->utterance};
	rph_nlu_read(language, &hearing, &script->random, &turn->reading);
	turn->went_well = turn->reading.kind == RPH_READING_RIGHT &&
			  !rph_random_chance(&script->random, BROKEN_PER_MILLE);
	react(script, intention, turn);
	rph_outcome_draw(language, session->turn_count ? turn - 1 : NULL, &script->random, turn);
	session->turn_count++;
	return turn;
}

/* Other words than last time; people fall back on what usually works. */
static const struct rph_gen_wording *
other_words(const struct script *script, const struct intention *last, struct rph_random *random)
{
	const struct rph_user *user = &script->session->user;
	const struct rph_gen_goal *goal = last->goal;
	const struct rph_gen_wording *wordings = user->language->wordings[goal->intent];
	unsigned count = user->language->wording_counts[goal->intent];
	for (int attempt = 0; attempt < 8; attempt++) {
		const struct rph_gen_wording *next;
		if (rph_random_chance(random, USUAL_PER_MILLE))
			next = &wordings[rph_random_below(random, count < 3 ? count : 3)];
		else
			next = &wordings[goal->order[rph_random_zipf(random, count)]];
		if (next != last->wording)
			return next;
	}
	return last->wording == wordings ? &wordings[1] : wordings;
}

/* Turns `intention` into the next attempt after `failed`. */
static void try_again(struct script *script, const struct rph_gen_turn *failed,
		      struct intention *intention)
{
	const struct rph_language *language = script->session->user.language;
	struct rph_random *random = &script->random;
	intention->attempt++;
	/* A correction speaks about one slot of the full goal, also when it is a second one. */
	bool value_wrong = failed->reading.kind == RPH_READING_WRONG_VALUE;
	if (value_wrong && rph_random_chance(random, CORRECT_PER_MILLE)) {
		if (intention->corrected < 0)
			intention->corrected = (int)failed->reading.wrong_slot;
		intention->wording = &language->corrections[rph_random_below(
			random, language->correction_count)];
		return;
	}
	unsigned same_words = failed->spoilt || failed->reading.kind == RPH_READING_RIGHT
				      ? SAME_SPOILT_PER_MILLE
				      : SAME_PER_MILLE;
	if (intention->corrected < 0 && rph_random_chance(random, same_words))
		return;
	intention->corrected = -1;
	intention->wording = other_words(script, intention, random);
}

/* The user asked for one thing and meant a neighbour of it. */
static void change_mind(struct script *script, struct intention *intention)
{
	const struct rph_language *language = script->session->user.language;
	const struct rph_intent_shape *shape = &rph_intent_shapes[intention->goal->intent];
	struct rph_random *random = &script->random;
	unsigned slot = rph_random_below(random, shape->slot_count);
	uint16_t values[RPH_INTENT_SLOTS_MAX] = {intention->goal->values[0],
						 intention->goal->values[1]};
	unsigned count = language->value_counts[shape->slots[slot]];
	values[slot] = (uint16_t)((values[slot] + 1 + rph_random_below(random, count - 1)) % count);
	unsigned goal = rph_language_goal(language, intention->goal->intent, values);
	intention->goal = &language->goals[goal];
	intention->attempt = 1;
	if (rph_random_chance(random, 600)) {
		intention->corrected = (int)slot;
		intention->wording = &language->corrections[rph_random_below(
			random, language->correction_count)];
	}
}

/* Pursues one goal to its end; returns the last turn. */
static const struct rph_gen_turn *pursue(struct script *script, struct intention intention)
{
	for (;;) {
		const struct rph_gen_turn *turn = take_turn(script, &intention);
		if ((turn->went_well && !turn->slip) || turn->gives_up || is_full(script))
			return turn;
		if (turn->slip)
			change_mind(script, &intention);
		else
			try_again(script, turn, &intention);
		script->at += retry_gap(&script->random);
	}
}

static struct intention draw_intention(struct script *script, const struct rph_gen_goal *not_this)
{
	const struct rph_user *user = &script->session->user;
	struct intention intention = {.corrected = -1};
	do
		intention.goal = rph_user_goal(user, &script->random);
	while (intention.goal == not_this);
	intention.wording = rph_user_wording(user, intention.goal, &script->random);
	return intention;
}

/* Something else came between, and now the goal that was given up is tried in other words. */
static void come_back(struct script *script, const struct rph_gen_turn *given_up)
{
	struct intention again = {
		.goal = given_up->goal,
		.wording =
			given_up->elliptical
				? script->session->user.language->wordings[given_up->goal->intent]
				: given_up->wording,
		.attempt = 1,
		.corrected = -1};
	again.wording = other_words(script, &again, &script->random);
	unsigned chain = script->chain;
	script->chain = given_up->chain;
	pursue(script, again);
	script->chain = chain;
}

static void play_person(struct script *script)
{
	struct rph_random *random = &script->random;
	const struct rph_gen_turn *given_up = NULL;
	const struct rph_gen_turn *last = NULL;
	while (script->chain < CHAINS_MAX && !is_full(script)) {
		last = pursue(script, draw_intention(script, last ? last->goal : NULL));
		script->chain++;
		if (given_up && !is_full(script) && last->goal != given_up->goal) {
			script->at += retry_gap(random);
			come_back(script, given_up);
			return;
		}
		bool returns = last->gives_up && rph_random_chance(random, RETURN_PER_MILLE);
		given_up = returns ? last : NULL;
		if (!returns && !rph_random_chance(random, MORE_GOALS_PER_MILLE))
			return;
		script->at += returns ? retry_gap(random) : next_goal_gap(random);
	}
}

/* A bot has one sentence. */
static void play_bot(struct script *script)
{
	const struct rph_user *user = &script->session->user;
	struct rph_random habit;
	rph_random_seed(&habit, user->hash);
	struct intention intention = {.goal = rph_user_goal(user, &habit), .corrected = -1};
	intention.wording = rph_user_wording(user, intention.goal, &habit);
	unsigned turns =
		(unsigned)rph_random_between(&script->random, RPH_TURNS_MAX / 2, RPH_TURNS_MAX);
	while (script->session->turn_count < turns) {
		take_turn(script, &intention);
		script->chain++;
		script->at += rph_random_between(&script->random, BOT_GAP_MIN_MS, BOT_GAP_MAX_MS);
	}
}

void rph_script_session(const struct rph_world *world, const struct rph_plan *plan,
			struct rph_gen_session *ret)
{
	struct script script = {.session = ret, .at = plan->start};
	rph_random_seed(&script.random, rph_mix2(world->seed ^ UINT64_C(0x5e5510), plan->number));
	ret->plan = *plan;
	ret->turn_count = 0;
	rph_user_profile(world, plan->user, &ret->user);
	ret->device = rph_random_below(&script.random, ret->user.devices);
	/* Two people who talk at the same time share the device in the middle of the home. */
	if (ret->user.household)
		ret->device = 0;
	if (ret->user.bot)
		play_bot(&script);
	else
		play_person(&script);
}

enum rph_edge_truth rph_script_truth(const struct rph_gen_turn *from, const struct rph_gen_turn *to)
{
	if (from->goal != to->goal)
		return from->chain == to->chain ? RPH_TRUTH_CORRECTION : RPH_TRUTH_NEW_REQUEST;
	struct rph_span earlier = {from->utterance.text, from->utterance.len};
	struct rph_span later = {to->utterance.text, to->utterance.len};
	if (rph_span_equal(earlier, later))
		return RPH_TRUTH_REPEAT;
	if (to->elliptical && !from->elliptical)
		return RPH_TRUTH_CORRECTION;
	return from->wording == to->wording ? RPH_TRUTH_REPAIR : RPH_TRUTH_PARAPHRASE;
}
