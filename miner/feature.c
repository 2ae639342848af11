/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/feature.h"

#include "miner/glob.h"
#include "miner/similarity.h"
#include "schemas/error.h"
#include "schemas/signal.h"

enum { SHORT_GRAPHEMES = 4, LONG_GRAPHEMES = 64, MANY_SIGNS = 3, MANY_TURNS = 4, LONG_WORD = 16 };

const char *rph_feature_name(enum rph_feature feature)
{
	static const char *const names[RPH_FEATURE_COUNT] = {
#define RPH_FEATURE(name, text) [RPH_FEATURE_##name] = #name,
#include "miner/feature.def"
#undef RPH_FEATURE
	};
	RPH_ASSERT(feature < RPH_FEATURE_COUNT);
	return names[feature];
}

/* A signal says so, or the intent is one of those that steer. */
static bool is_control(const struct rph_turn_view *view, const struct rph_judge_params *params)
{
	if (view->turn->signals & RPH_SIGNAL_BIT(control))
		return true;
	for (size_t i = 0; view->understood && i < params->control_count; i++)
		if (rph_glob_match(params->control_intents[i], view->goal.intent))
			return true;
	return false;
}

int rph_turn_view_make(const struct rph_comparer *comparer, const struct rph_turn *turn,
		       struct rph_turn_view *ret)
{
	*ret = (struct rph_turn_view){
		.turn = turn,
		.understood = turn->goal_len > 0,
		.end = rph_turn_end_of(turn),
		.friction = rph_turn_friction(turn),
	};
	int err = rph_text_analyse(comparer->normaliser, rph_turn_text(turn), comparer->arena,
				   &ret->text);
	if (!err && ret->understood)
		err = rph_goal_read(rph_turn_goal(turn), comparer->arena, &ret->goal);
	ret->control = !err && is_control(ret, comparer->params);
	return err;
}

static uint16_t flag(bool is_set)
{
	return is_set ? RPH_FEATURE_ONE : 0;
}

static uint16_t share(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return 0;
	return part >= whole ? RPH_FEATURE_ONE : (uint16_t)(part * RPH_FEATURE_ONE / whole);
}

static uint16_t both(uint32_t a, uint32_t b)
{
	return (uint16_t)(a * b / RPH_FEATURE_ONE);
}

static uint16_t doubt(rph_confidence confidence)
{
	if (confidence == RPH_NO_CONFIDENCE)
		return 0;
	return confidence >= RPH_FEATURE_ONE ? 0 : (uint16_t)(RPH_FEATURE_ONE - confidence);
}

/* ---- text -------------------------------------------------------------------------------------
 */

static bool is_in_nbest(const struct rph_turn *earlier, const struct rph_turn *later)
{
	struct rph_span text = rph_turn_text(later), entry;
	/* The best hypothesis is the utterance itself; "verbatim" already tells that. */
	if (rph_span_equal(text, rph_turn_text(earlier)))
		return false;
	for (size_t cursor = 0; rph_turn_nbest(earlier, &cursor, &entry);)
		if (rph_span_equal(entry, text))
			return true;
	return false;
}

static void compare_texts(const struct rph_turn_view *a, const struct rph_turn_view *b,
			  const struct rph_surroundings *around,
			  uint16_t value[static RPH_FEATURE_COUNT])
{
	const struct rph_text *x = &a->text, *y = &b->text;
	bool words = x->has_words && y->has_words;
	bool verbatim = rph_span_equal(rph_turn_text(a->turn), rph_turn_text(b->turn));
	bool failed = a->end == RPH_TURN_FAILED;
	uint32_t dice = around->dice, containment = around->containment;
	value[RPH_FEATURE_ngram_dice] = (uint16_t)dice;
	value[RPH_FEATURE_containment] = (uint16_t)containment;
	value[RPH_FEATURE_edit_similarity] = (uint16_t)rph_edit_similarity(x, y);
	value[RPH_FEATURE_length_ratio] = (uint16_t)rph_length_ratio(x, y);
	value[RPH_FEATURE_word_overlap] = words ? (uint16_t)rph_word_overlap(x, y) : 0;
	value[RPH_FEATURE_no_words] = flag(!words);
	value[RPH_FEATURE_longest_word] =
		words ? share(rph_longest_shared_word(x, y), LONG_WORD) : 0;
	value[RPH_FEATURE_phonetic] = (uint16_t)rph_phonetic_similarity(x, y);
	value[RPH_FEATURE_in_nbest] = flag(is_in_nbest(a->turn, b->turn));
	value[RPH_FEATURE_verbatim] = flag(verbatim);
	value[RPH_FEATURE_verbatim_after_failure] = flag(verbatim && failed);
	value[RPH_FEATURE_verbatim_after_success] = flag(verbatim && a->end == RPH_TURN_SUCCEEDED);
	value[RPH_FEATURE_alike_after_failure] = failed ? (uint16_t)dice : 0;
	value[RPH_FEATURE_unlike_after_failure] = failed ? (uint16_t)(RPH_FEATURE_ONE - dice) : 0;
	value[RPH_FEATURE_short_before] = flag(x->grapheme_count <= SHORT_GRAPHEMES);
	value[RPH_FEATURE_short_after] = flag(y->grapheme_count <= SHORT_GRAPHEMES);
	value[RPH_FEATURE_length_before] = share(x->grapheme_count, LONG_GRAPHEMES);
	value[RPH_FEATURE_length_after] = share(y->grapheme_count, LONG_GRAPHEMES);
	uint32_t sure = RPH_FEATURE_ONE;
	if (a->turn->asr_confidence < sure)
		sure = a->turn->asr_confidence;
	if (b->turn->asr_confidence < sure)
		sure = b->turn->asr_confidence;
	value[RPH_FEATURE_sure_but_unlike] =
		(uint16_t)((RPH_FEATURE_ONE - dice) * sure / RPH_FEATURE_ONE);
}

/* ---- interpretation -----------------------------------------------------------------------------
 */

struct slot_tally {
	uint32_t shared, changed, added, dropped;
	uint32_t alike; /* similarity of the most similar changed value */
};

static int value_similarity(const struct rph_comparer *comparer, struct rph_span a,
			    struct rph_span b, uint32_t *ret)
{
	struct rph_text x, y;
	int err = rph_text_analyse_letters(comparer->normaliser, a, comparer->arena, &x);
	if (!err)
		err = rph_text_analyse_letters(comparer->normaliser, b, comparer->arena, &y);
	if (err)
		return err;
	uint32_t looks = rph_edit_similarity(&x, &y), sounds = rph_phonetic_similarity(&x, &y);
	*ret = looks > sounds ? looks : sounds;
	return 0;
}

/* Both lists are sorted by name, then value: one walk through both. */
static int tally_slots(const struct rph_comparer *comparer, const struct rph_goal *a,
		       const struct rph_goal *b, struct slot_tally *tally)
{
	uint32_t i = 0, j = 0;
	while (i < a->slot_count || j < b->slot_count) {
		int order = i == a->slot_count ? 1
			    : j == b->slot_count
				    ? -1
				    : rph_span_compare(a->slots[i].name, b->slots[j].name);
		if (order != 0) {
			tally->dropped += order < 0;
			tally->added += order > 0;
			i += order < 0;
			j += order > 0;
			continue;
		}
		struct rph_span x = a->slots[i++].value, y = b->slots[j++].value;
		if (rph_span_equal(x, y)) {
			tally->shared++;
			continue;
		}
		uint32_t alike = 0;
		int err = value_similarity(comparer, x, y, &alike);
		if (err)
			return err;
		tally->changed++;
		if (alike > tally->alike)
			tally->alike = alike;
	}
	return 0;
}

static int compare_goals(const struct rph_comparer *comparer, const struct rph_turn_view *a,
			 const struct rph_turn_view *b, uint16_t value[static RPH_FEATURE_COUNT])
{
	value[RPH_FEATURE_not_understood_before] = flag(!a->understood);
	value[RPH_FEATURE_not_understood_after] = flag(!b->understood);
	if (!a->understood || !b->understood)
		return 0;
	bool same = rph_span_equal(a->goal.domain, b->goal.domain) &&
		    rph_span_equal(a->goal.intent, b->goal.intent);
	struct slot_tally tally = {0};
	int err = tally_slots(comparer, &a->goal, &b->goal, &tally);
	if (err)
		return err;
	uint32_t all = tally.shared + tally.changed + tally.added + tally.dropped;
	value[RPH_FEATURE_same_intent] = flag(same);
	value[RPH_FEATURE_same_goal] = flag(same && tally.shared == all);
	value[RPH_FEATURE_same_slot_names] = flag(tally.added + tally.dropped == 0);
	value[RPH_FEATURE_other_intent] = flag(!same);
	value[RPH_FEATURE_shared_slots] = share(tally.shared, all);
	value[RPH_FEATURE_changed_slots] = share(tally.changed, all);
	value[RPH_FEATURE_added_slots] = share(tally.added, all);
	value[RPH_FEATURE_dropped_slots] = share(tally.dropped, all);
	value[RPH_FEATURE_changed_alike] = (uint16_t)tally.alike;
	return 0;
}

/* ---- outcome and time ---------------------------------------------------------------------------
 */

static void compare_outcomes(const struct rph_turn_view *a, const struct rph_turn_view *b,
			     uint16_t value[static RPH_FEATURE_COUNT])
{
	const struct rph_turn *x = a->turn, *y = b->turn;
	value[RPH_FEATURE_failed_before] = flag(a->end == RPH_TURN_FAILED);
	value[RPH_FEATURE_friction_before] = share(a->friction, MANY_SIGNS);
	value[RPH_FEATURE_succeeded_before] = flag(a->end == RPH_TURN_SUCCEEDED);
	value[RPH_FEATURE_failed_after] = flag(b->end == RPH_TURN_FAILED);
	value[RPH_FEATURE_succeeded_after] = flag(b->end == RPH_TURN_SUCCEEDED);
	value[RPH_FEATURE_same_response] = flag(x->response && x->response == y->response);
	value[RPH_FEATURE_asr_doubt_before] = doubt(x->asr_confidence);
	value[RPH_FEATURE_asr_doubt_after] = doubt(y->asr_confidence);
	value[RPH_FEATURE_nlu_doubt_before] = doubt(x->nlu_confidence);
	value[RPH_FEATURE_nlu_doubt_after] = doubt(y->nlu_confidence);
	value[RPH_FEATURE_control_before] = flag(a->control);
	value[RPH_FEATURE_control_after] = flag(b->control);
	value[RPH_FEATURE_answer_repeats] = flag(a->prompt && a->prompt == x->response);
	value[RPH_FEATURE_same_prompt] = flag(a->prompt && a->prompt == b->prompt);
	uint32_t failures = b->failures_before - a->failures_before;
	value[RPH_FEATURE_friction_between] = flag(failures > (a->end == RPH_TURN_FAILED));
}

/* ---- the session --------------------------------------------------------------------------------
 */

void rph_session_facts_add(struct rph_session_facts *facts, const struct rph_turn *turn)
{
	facts->turns++;
	facts->understood += turn->goal_len > 0;
	facts->with_outcome += turn->status != RPH_STATUS_UNKNOWN || turn->signals != 0;
	facts->with_response += turn->response != 0;
	facts->with_confidence += turn->asr_confidence != RPH_NO_CONFIDENCE;
}

static void look_around(const struct rph_surroundings *around,
			uint16_t value[static RPH_FEATURE_COUNT])
{
	const struct rph_session_facts *facts = around->session;
	value[RPH_FEATURE_rival_before] = (uint16_t)around->rival_before;
	value[RPH_FEATURE_rival_after] = (uint16_t)around->rival_after;
	value[RPH_FEATURE_turns_after] = share(around->turns_after, MANY_TURNS);
	value[RPH_FEATURE_no_interpretations] = flag(!facts->understood);
	value[RPH_FEATURE_no_outcomes] = flag(!facts->with_outcome);
	value[RPH_FEATURE_no_responses] = flag(!facts->with_response);
	value[RPH_FEATURE_no_confidences] = flag(!facts->with_confidence);
}

/* Products that a sum of the features cannot say; the few that unseen users' figures asked for. */
static void combine(uint16_t value[static RPH_FEATURE_COUNT])
{
	bool short_after = value[RPH_FEATURE_short_after];
	value[RPH_FEATURE_alike_and_not_last] =
		both(value[RPH_FEATURE_ngram_dice], value[RPH_FEATURE_turns_after]);
	value[RPH_FEATURE_alike_short] =
		both(value[RPH_FEATURE_ngram_dice], value[RPH_FEATURE_short_before]);
	value[RPH_FEATURE_verbatim_short] = flag(value[RPH_FEATURE_verbatim] && short_after);
	value[RPH_FEATURE_shared_slots_doubted] =
		both(value[RPH_FEATURE_shared_slots], value[RPH_FEATURE_asr_doubt_before]);
}

int rph_features_of(const struct rph_comparer *comparer, const struct rph_turn_view *earlier,
		    const struct rph_turn_view *later, uint32_t distance,
		    const struct rph_surroundings *around, struct rph_features *ret)
{
	struct rph_session_facts facts = {0};
	struct rph_surroundings alone = {.session = &facts};
	*ret = (struct rph_features){{0}};
	if (!around) {
		rph_session_facts_add(&facts, earlier->turn);
		rph_session_facts_add(&facts, later->turn);
		rph_ngram_overlap(&earlier->text, &later->text, &alone.dice, &alone.containment);
		around = &alone;
	}
	look_around(around, ret->value);
	compare_texts(earlier, later, around, ret->value);
	compare_outcomes(earlier, later, ret->value);
	ret->value[RPH_FEATURE_gap] = share((uint64_t)(later->turn->at - earlier->turn->at),
					    (uint64_t)comparer->params->rephrase_gap);
	ret->value[RPH_FEATURE_distance] = share(distance - 1, comparer->params->max_distance);
	int err = compare_goals(comparer, earlier, later, ret->value);
	combine(ret->value);
	return err;
}
