/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_event.h"

#include "schemas/signal.h"

enum {
	NO_OUTCOME_PER_MILLE = 15, /* events whose outcome was never logged */
	NO_MATCH_PER_MILLE = 400,  /* of turns that matched nothing: no `nlu` at all */
	TRUE_IN_NBEST_PER_MILLE = 700,
	/* The most that a line can need beside its texts, and so the room asserted to be left. */
	SPARE_BYTES = 2048,
};

static char *put(char *at, struct rph_span text)
{
	if (text.len > 0)
		memcpy(at, text.ptr, text.len);
	return at + text.len;
}

#define PUT(at, literal) put((at), RPH_SPAN(literal))

static char *put_number(char *at, uint64_t number)
{
	char digits[20];
	size_t count = 0;
	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

static char *put_hex(char *at, uint64_t number, int digits)
{
	for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
		*at++ = "0123456789abcdef"[number >> shift & 15];
	return at;
}

/* 0.00 .. 1.00 */
static char *put_per_cent(char *at, unsigned per_cent)
{
	*at++ = (char)('0' + per_cent / 100);
	*at++ = '.';
	*at++ = (char)('0' + per_cent / 10 % 10);
	*at++ = (char)('0' + per_cent % 10);
	return at;
}

static char *put_event_id(char *at, const struct rph_gen_session *session, unsigned turn)
{
	*at++ = 'e';
	at = put_hex(at, session->plan.number, 10);
	*at++ = '-';
	return put_hex(at, turn, 2);
}

static char *put_utterance(char *at, const struct rph_utterance *utterance)
{
	return put(at, (struct rph_span){utterance->text, utterance->len});
}

static char *put_head(char *at, const struct rph_gen_session *session, unsigned turn)
{
	const struct rph_user *user = &session->user;
	const struct rph_gen_turn *said = &session->turns[turn];
	at = put_event_id(PUT(at, "{\"event_id\":\""), session, turn);
	if (user->fields & RPH_FIELD_TEXT_TIME) {
		char text[RPH_TIME_TEXT_SIZE];
		rph_time_format(said->at, text);
		at = put(PUT(at, "\",\"ts\":\""), (struct rph_span){text, sizeof(text) - 1});
		at = PUT(at, "\"");
	} else {
		at = put_number(PUT(at, "\",\"ts\":"), (uint64_t)said->at);
	}
	at = put(PUT(at, ",\"user_id\":\""), (struct rph_span){user->id, sizeof(user->id) - 1});
	if (user->fields & RPH_FIELD_SESSION)
		at = put_hex(PUT(at, "\",\"session_id\":\"s"), session->plan.number, 10);
	if (user->fields & RPH_FIELD_DEVICE) {
		at = put(PUT(at, "\",\"device_id\":\"d"),
			 (struct rph_span){user->id + 1, sizeof(user->id) - 2});
		at = put_number(PUT(at, "-"), session->device);
	}
	if (user->household)
		at = put_number(PUT(at, "\",\"speaker_id\":\"p"), session->plan.speaker);
	at = put(PUT(at, "\",\"locale\":\""), user->language->tag);
	at = put_utterance(PUT(at, "\",\"utterance\":\""), &said->utterance);
	return PUT(at, "\"");
}

static char *put_asr(char *at, const struct rph_user *user, const struct rph_gen_turn *turn,
		     struct rph_random *random)
{
	at = put_per_cent(PUT(at, ",\"asr\":{\"confidence\":"), turn->asr_confidence);
	if (user->fields & RPH_FIELD_NBEST) {
		at = put_utterance(PUT(at, ",\"nbest\":[\""), &turn->utterance);
		bool with_true = turn->spoilt && rph_random_chance(random, TRUE_IN_NBEST_PER_MILLE);
		bool true_last = rph_random_chance(random, 250);
		if (with_true && !true_last)
			at = put_utterance(PUT(at, "\",\""), &turn->spoken);
		if (turn->has_other)
			at = put_utterance(PUT(at, "\",\""), &turn->other);
		if (with_true && true_last)
			at = put_utterance(PUT(at, "\",\""), &turn->spoken);
		at = PUT(at, "\"]");
	}
	return PUT(at, "}");
}

static char *put_nlu(char *at, const struct rph_user *user, const struct rph_gen_turn *turn)
{
	const struct rph_reading *reading = &turn->reading;
	if (reading->intent == RPH_INTENT_NONE) {
		at = PUT(at, ",\"nlu\":{\"domain\":\"system\",\"intent\":\"fallback");
	} else {
		const struct rph_intent_shape *shape = &rph_intent_shapes[reading->intent];
		at = put(PUT(at, ",\"nlu\":{\"domain\":\""), shape->domain);
		at = put(PUT(at, "\",\"intent\":\""), shape->intent);
	}
	at = PUT(at, "\"");
	if (user->fields & RPH_FIELD_NLU_CONFIDENCE)
		at = put_per_cent(PUT(at, ",\"confidence\":"), reading->confidence);
	at = PUT(at, ",\"slots\":[");
	for (unsigned i = 0; i < reading->slot_count; i++) {
		unsigned nth = reading->slots[i].nth;
		at = i ? PUT(at, ",{\"name\":\"") : PUT(at, "{\"name\":\"");
		at = put(at, rph_slot_names[reading->slots[i].type]);
		at = put(PUT(at, "\",\"value\":\""), reading->slots[i].value);
		at = put_number(PUT(at, "\",\"start\":"), turn->utterance.slots[nth].start);
		at = put_number(PUT(at, ",\"end\":"), turn->utterance.slots[nth].end);
		at = PUT(at, "}");
	}
	return PUT(at, "]}");
}

/* What the assistant answered, or the identity of a canned answer: intent and values. */
static char *put_response(char *at, const struct rph_gen_turn *turn)
{
	const struct rph_reading *reading = &turn->reading;
	at = PUT(at, ",\"response\":\"");
	if (turn->response.len > 0)
		return PUT(put(at, turn->response), "\"");
	const struct rph_intent_shape *shape = &rph_intent_shapes[reading->intent];
	at = put(PUT(put(at, shape->domain), "."), shape->intent);
	at = reading->kind == RPH_READING_RIGHT && !turn->went_well ? PUT(at, ".failed")
								    : PUT(at, ".done");
	for (unsigned i = 0; i < reading->slot_count; i++)
		at = put(PUT(at, " "), reading->slots[i].value);
	return PUT(at, "\"");
}

static char *put_outcome(char *at, const struct rph_user *user, const struct rph_gen_turn *turn)
{
	static const struct rph_span statuses[] = {{"success", 7}, {"failure", 7}, {"unknown", 7}};
	static const struct rph_span names[] = {
#define RPH_SIGNAL(name, friction, text) {#name, sizeof(#name) - 1},
#include "schemas/signal.def"
#undef RPH_SIGNAL
	};
	at = put(PUT(at, ",\"outcome\":{\"status\":\""), statuses[turn->outcome]);
	at = PUT(at, "\"");
	if (turn->signals) {
		at = PUT(at, ",\"signals\":");
		char separator = '[';
		for (uint32_t left = turn->signals; left; left &= left - 1) {
			*at++ = separator;
			at = put(PUT(at, "\""), names[__builtin_ctz(left)]);
			at = PUT(at, "\"");
			separator = ',';
		}
		at = PUT(at, "]");
	}
	if (user->fields & RPH_FIELD_RESPONSE)
		at = put_response(at, turn);
	return PUT(at, "}");
}

size_t rph_event_line(const struct rph_world *world, const struct rph_gen_session *session,
		      unsigned turn, struct rph_random *random,
		      char line[static RPH_EVENT_LINE_MAX])
{
	const struct rph_user *user = &session->user;
	const struct rph_gen_turn *said = &session->turns[turn];
	char *at = put_head(line, session, turn);
	if (!user->typing)
		at = put_asr(at, user, said, random);
	bool nothing = said->reading.intent == RPH_INTENT_NONE &&
		       rph_random_chance(random, NO_MATCH_PER_MILLE);
	if (user->fields & RPH_FIELD_NLU && !nothing)
		at = put_nlu(at, user, said);
	if (!rph_random_chance(random, NO_OUTCOME_PER_MILLE))
		at = put_outcome(at, user, said);
	if (user->cohort.len > 0) {
		at = put(PUT(at, ",\"cohort\":\""), user->cohort);
		at = PUT(at, "\"");
	}
	if (world->partitions > 1)
		at = put_number(PUT(at, ",\"partition\":"), user->partition);
	at = PUT(at, "}\n");
	RPH_ASSERT(at <= line + RPH_EVENT_LINE_MAX - SPARE_BYTES);
	return (size_t)(at - line);
}

static char *put_truth(char *at, bool value)
{
	return value ? PUT(at, "true") : PUT(at, "false");
}

size_t rph_truth_event_line(const struct rph_gen_session *session, unsigned turn,
			    struct rph_delivery delivery, char line[static RPH_EVENT_LINE_MAX])
{
	const struct rph_gen_turn *said = &session->turns[turn];
	const struct rph_user *user = &session->user;
	char *at = put_event_id(PUT(line, "{\"event_id\":\""), session, turn);
	at = put(PUT(at, "\",\"goal\":\""), said->goal->canonical);
	at = put(PUT(at, "\",\"template\":\""), said->wording->id);
	at = put_truth(PUT(at, "\",\"recognised\":"), said->reading.kind == RPH_READING_RIGHT);
	at = put_truth(PUT(at, ",\"bot\":"), user->bot);
	at = put_truth(PUT(at, ",\"late\":"), delivery.late);
	at = put_truth(PUT(at, ",\"duplicate\":"), delivery.duplicate);
	at = put(PUT(at, ",\"user\":\""), (struct rph_span){user->id, sizeof(user->id) - 1});
	at = put_number(PUT(at, "\",\"session\":"), session->plan.number);
	at = PUT(at, "}\n");
	return (size_t)(at - line);
}

size_t rph_truth_edge_line(const struct rph_gen_session *session, unsigned from, unsigned to,
			   char line[static RPH_EVENT_LINE_MAX])
{
	const struct rph_gen_turn *earlier = &session->turns[from], *later = &session->turns[to];
	char *at = put_event_id(PUT(line, "{\"from\":\""), session, from);
	at = put_event_id(PUT(at, "\",\"to\":\""), session, to);
	at = put(PUT(at, "\",\"type\":\""), rph_truth_names[rph_script_truth(earlier, later)]);
	at = put_number(PUT(at, "\",\"gap_ms\":"), (uint64_t)(later->at - earlier->at));
	at = PUT(at, "}\n");
	return (size_t)(at - line);
}
