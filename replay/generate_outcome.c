/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_outcome.h"

#include "schemas/signal.h"

/* Why a turn ended as it did, as far as the log's noise depends on it. */
enum cause { WELL, WRONG_VALUE, WRONG_INTENT, NOTHING, BROKEN, CAUSE_COUNT };

/* Per mille of turns with each cause that are logged as success and as failure; the rest unknown.
 */
static const struct {
	unsigned success, failure;
} statuses[CAUSE_COUNT] = {
	[WELL] = {885, 12},    [WRONG_VALUE] = {560, 170}, [WRONG_INTENT] = {470, 240},
	[NOTHING] = {12, 868}, [BROKEN] = {40, 860},
};

/* Per mille of turns with each cause that carry the signal. */
static const struct {
	uint32_t bit;
	unsigned per_mille[CAUSE_COUNT];
} noise[] = {
	{RPH_SIGNAL_BIT(no_match), {2, 0, 0, 560, 0}},
	{RPH_SIGNAL_BIT(fallback), {3, 5, 20, 700, 20}},
	{RPH_SIGNAL_BIT(reprompt), {6, 10, 20, 420, 10}},
	{RPH_SIGNAL_BIT(barge_in), {16, 330, 400, 130, 40}},
	{RPH_SIGNAL_BIT(cancel), {5, 130, 190, 30, 20}},
	{RPH_SIGNAL_BIT(undo), {2, 110, 90, 0, 0}},
	{RPH_SIGNAL_BIT(negative_feedback), {2, 60, 80, 50, 40}},
	{RPH_SIGNAL_BIT(error), {1, 2, 2, 4, 820}},
	{RPH_SIGNAL_BIT(handover), {1, 4, 8, 16, 20}},
	{RPH_SIGNAL_BIT(completed), {420, 110, 90, 0, 0}},
	{RPH_SIGNAL_BIT(confirmed), {60, 8, 6, 0, 4}},
	{RPH_SIGNAL_BIT(positive_feedback), {12, 1, 1, 0, 0}},
};

static enum cause find_cause(const struct rph_gen_turn *turn)
{
	switch (turn->reading.kind) {
	case RPH_READING_NOTHING:
		return NOTHING;
	case RPH_READING_WRONG_INTENT:
		return WRONG_INTENT;
	case RPH_READING_WRONG_VALUE:
		return WRONG_VALUE;
	case RPH_READING_RIGHT:
		break;
	}
	/* A slip was carried out as said, yet the user is not pleased: it looks like a wrong value.
	 */
	return !turn->went_well ? BROKEN : turn->slip ? WRONG_VALUE : WELL;
}

static bool same_answer(const struct rph_gen_turn *a, const struct rph_gen_turn *b)
{
	const struct rph_reading *left = &a->reading, *right = &b->reading;
	if (a->response.len > 0 || b->response.len > 0)
		return rph_span_equal(a->response, b->response);
	if (left->intent != right->intent || left->slot_count != right->slot_count)
		return false;
	for (unsigned i = 0; i < left->slot_count; i++)
		if (!rph_span_equal(left->slots[i].value, right->slots[i].value))
			return false;
	return true;
}

void rph_outcome_draw(const struct rph_language *language, const struct rph_gen_turn *previous,
		      struct rph_random *random, struct rph_gen_turn *turn)
{
	enum cause cause = find_cause(turn);
	unsigned at = rph_random_below(random, 1000);
	turn->outcome = at < statuses[cause].success ? RPH_OUTCOME_SUCCESS
			: at < statuses[cause].success + statuses[cause].failure
				? RPH_OUTCOME_FAILURE
				: RPH_OUTCOME_UNKNOWN;
	turn->signals = 0;
	for (size_t i = 0; i < RPH_ARRAY_LEN(noise); i++)
		if (rph_random_chance(random, noise[i].per_mille[cause]))
			turn->signals |= noise[i].bit;
	turn->response = (struct rph_span){NULL, 0};
	if (cause == NOTHING)
		turn->response = turn->signals & RPH_SIGNAL_BIT(reprompt)
					 ? language->reprompts[rph_random_below(
						   random, language->reprompt_count)]
					 : language->fallbacks[rph_random_below(
						   random, language->fallback_count)];
	if (previous && same_answer(previous, turn) && rph_random_chance(random, 900))
		turn->signals |= RPH_SIGNAL_BIT(same_response);
	unsigned sure = turn->reading.confidence < turn->asr_confidence ? turn->reading.confidence
									: turn->asr_confidence;
	if (sure < 45 && rph_random_chance(random, 850))
		turn->signals |= RPH_SIGNAL_BIT(low_confidence);
	if (turn->gives_up && rph_random_chance(random, 420))
		turn->signals |= RPH_SIGNAL_BIT(abandoned);
	if (rph_intent_shapes[turn->goal->intent].control && cause == WELL &&
	    rph_random_chance(random, 700))
		turn->signals |= RPH_SIGNAL_BIT(control);
}
