/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/interpret.h"

#include "schemas/error.h"

/* Where event slot i went in the goal's sorted list. */
static uint32_t slot_index(const struct rph_goal *goal, const struct rph_goal_slot *slot,
			   const bool *taken)
{
	for (uint32_t i = 0; i < goal->slot_count; i++)
		if (!taken[i] && rph_span_equal(goal->slots[i].name, slot->name) &&
		    rph_span_equal(goal->slots[i].value, slot->value))
			return i;
	return goal->slot_count;
}

static int normalise_slots(const struct rph_interpreter *interpreter, const struct rph_event *event,
			   struct rph_arena *scratch, struct rph_goal_slot *slots)
{
	int err = 0;
	for (uint32_t i = 0; !err && i < event->slot_count; i++) {
		slots[i].name = event->slots[i].name;
		err = rph_normalise(interpreter->normaliser, event->locale, event->slots[i].value,
				    scratch, &slots[i].value);
	}
	return err;
}

static int write_goal(const struct rph_event *event, const struct rph_goal_slot *slots,
		      struct rph_arena *scratch, struct rph_goal *goal, struct rph_span *ret)
{
	*goal = (struct rph_goal){
		.domain = event->domain,
		.intent = event->intent,
		.slots = RPH_ARENA_ARRAY(scratch, struct rph_goal_slot, event->slot_count),
		.slot_count = event->slot_count,
	};
	if (!goal->slots)
		return RPH_E_NO_MEMORY;
	memcpy(goal->slots, slots, event->slot_count * sizeof(*slots));
	/* Neither domain nor intent: the NLU was asked but understood nothing. */
	if (!event->domain.len && !event->intent.len)
		return 0;
	return rph_goal_write(goal, scratch, ret);
}

/* The wording's slots, by index into the sorted goal; places that vanished are left out. */
static void place_slots(const struct rph_goal *goal, const struct rph_goal_slot *slots,
			const struct rph_place *places, const struct rph_event *event,
			struct rph_wording *wording)
{
	bool taken[RPH_MAX_SLOTS] = {false};
	struct rph_wording_slot by_index[RPH_MAX_SLOTS];
	for (uint32_t i = 0; i < event->slot_count; i++) {
		uint32_t at = slot_index(goal, &slots[i], taken);
		if (at == goal->slot_count || event->slots[i].start == RPH_NO_PLACE ||
		    places[i].start == places[i].end || places[i].end > UINT16_MAX)
			continue;
		taken[at] = true;
		by_index[at] = (struct rph_wording_slot){(uint8_t)at, (uint16_t)places[i].start,
							 (uint16_t)places[i].end};
	}
	wording->slot_count = 0;
	for (uint32_t at = 0; at < goal->slot_count; at++)
		if (taken[at])
			wording->slots[wording->slot_count++] = by_index[at];
}

static int write_wording(const struct rph_interpreter *interpreter, const struct rph_event *event,
			 const struct rph_goal *goal, const struct rph_goal_slot *slots,
			 struct rph_arena *scratch, struct rph_span *ret)
{
	struct rph_place places[RPH_MAX_SLOTS];
	for (uint32_t i = 0; i < event->slot_count; i++)
		places[i] =
			event->slots[i].start == RPH_NO_PLACE
				? (struct rph_place){0, 0}
				: (struct rph_place){event->slots[i].start, event->slots[i].end};
	struct rph_wording wording;
	int err = rph_surface(interpreter->surfacer, event->utterance, places, event->slot_count,
			      scratch, &wording.text);
	if (err)
		return err;
	place_slots(goal, slots, places, event, &wording);
	return rph_wording_encode(&wording, scratch, ret);
}

/* `text` is the utterance, normalised. */
static int normalise_nbest(const struct rph_interpreter *interpreter, const struct rph_event *event,
			   struct rph_span text, struct rph_arena *scratch, struct rph_span **ret)
{
	*ret = RPH_ARENA_ARRAY(scratch, struct rph_span, event->nbest_count);
	int err = *ret ? 0 : RPH_E_NO_MEMORY;
	for (uint32_t i = 0; !err && i < event->nbest_count; i++) {
		/* The best hypothesis is the utterance itself. */
		if (rph_span_equal(event->nbest[i], event->utterance))
			(*ret)[i] = text;
		else
			err = rph_normalise(interpreter->normaliser, event->locale, event->nbest[i],
					    scratch, &(*ret)[i]);
	}
	return err;
}

/* The judge and the counters are about what people say. After a rewrite `utterance` is the
 * program's own proposal: taken for something said, it would confirm itself. */
static int restore_said(const struct rph_interpreter *interpreter, const struct rph_event *event,
			struct rph_arena *scratch, struct rph_turn_parts *parts)
{
	struct rph_span said;
	if (event->arm != RPH_ARM_TREATED)
		return 0;
	int err = rph_normalise(interpreter->normaliser, event->locale, event->rewrite_from,
				scratch, &said);
	if (err || rph_span_equal(said, parts->text))
		return err;
	parts->executed = parts->text;
	parts->text = said;
	return 0;
}

int rph_interpret(const struct rph_interpreter *interpreter, const struct rph_event *event,
		  int64_t offset, struct rph_arena *scratch, struct rph_turn **ret)
{
	struct rph_turn_parts parts = {
		.event = event, .offset = offset, .keep_event_id = interpreter->keep_event_ids};
	*ret = NULL;
	int err = rph_normalise(interpreter->normaliser, event->locale, event->utterance, scratch,
				&parts.text);
	if (err || !parts.text.len)
		return err;
	const struct rph_span utterance = parts.text;
	err = restore_said(interpreter, event, scratch, &parts);
	if (err || !parts.text.len)
		return err;
	struct rph_goal_slot slots[RPH_MAX_SLOTS];
	struct rph_goal goal;
	struct rph_span *nbest = NULL;
	err = normalise_slots(interpreter, event, scratch, slots);
	if (!err)
		err = write_goal(event, slots, scratch, &goal, &parts.goal);
	if (!err)
		err = write_wording(interpreter, event, &goal, slots, scratch, &parts.wording);
	if (!err)
		err = normalise_nbest(interpreter, event, utterance, scratch, &nbest);
	if (err)
		return err;
	parts.nbest = nbest;
	*ret = rph_turn_new(&parts);
	return *ret ? 0 : RPH_E_NO_MEMORY;
}
