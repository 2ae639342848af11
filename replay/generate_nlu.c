/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_nlu.h"

enum {
	OBEDIENCE_PER_MILLE = 930, /* an unknown wording fails in its own way */
	LUCK_PER_MILLE = 30,       /* or is understood all the same */
	BLACKOUT_PER_MILLE = 8,    /* a perfect utterance of a known wording fails */
	ROBUST_PER_MILLE = 620,    /* garbled carrier text is understood */
	RESOLVE_PER_MILLE = 480,   /* a garbled value is resolved to the right one */
};

static enum rph_intent some_intent(enum rph_intent not_this, struct rph_random *random)
{
	enum rph_intent other = rph_random_below(random, RPH_INTENT_CONTROL_STOP);
	return other == not_this ? (other + 1) % RPH_INTENT_CONTROL_STOP : other;
}

static void read_nothing(struct rph_random *random, struct rph_reading *ret)
{
	ret->kind = RPH_READING_NOTHING;
	ret->intent = RPH_INTENT_NONE;
	ret->confidence = (unsigned)rph_random_between(random, 4, 34);
}

/* The wrong intent takes those of the utterance's slots that it has a use for. */
static void read_wrong(enum rph_intent wrong, const struct rph_language *language,
		       const struct rph_speech *speech, struct rph_random *random,
		       struct rph_reading *ret)
{
	const struct rph_intent_shape *shape = &rph_intent_shapes[wrong];
	ret->kind = RPH_READING_WRONG_INTENT;
	ret->intent = wrong;
	ret->confidence = (unsigned)rph_random_between(random, 28, 66);
	for (unsigned i = 0; i < speech->slot_count; i++) {
		enum rph_slot_type type = speech->slots[i];
		if (speech->slot_garbled[i] || (shape->slots[0] != type && shape->slots[1] != type))
			continue;
		ret->slots[ret->slot_count].type = type;
		ret->slots[ret->slot_count].nth = i;
		ret->slots[ret->slot_count].value = language->values[type][speech->heard[i]].normal;
		ret->slot_count++;
	}
}

static void read_slots(const struct rph_language *language, const struct rph_speech *speech,
		       const struct rph_utterance *utterance, struct rph_random *random,
		       struct rph_reading *ret)
{
	for (unsigned i = 0; i < speech->slot_count; i++) {
		enum rph_slot_type type = speech->slots[i];
		struct rph_span value = language->values[type][speech->heard[i]].normal;
		bool wrong = speech->heard[i] != speech->said[i];
		if (speech->slot_garbled[i] && !rph_random_chance(random, RESOLVE_PER_MILLE)) {
			size_t start = utterance->slots[i].start_byte;
			value = (struct rph_span){utterance->text + start,
						  utterance->slots[i].end_byte - start};
			wrong = true;
		}
		ret->slots[i].type = type;
		ret->slots[i].nth = i;
		ret->slots[i].value = value;
		if (wrong) {
			ret->kind = RPH_READING_WRONG_VALUE;
			ret->wrong_slot = i;
		}
	}
	ret->slot_count = speech->slot_count;
}

/* What becomes of the intent: the meant one, a wrong one, or NONE. */
static enum rph_intent classify(const struct rph_gen_wording *wording, enum rph_intent intent,
				const struct rph_speech *speech, struct rph_random *random)
{
	if (!wording->known) {
		if (rph_random_chance(random, OBEDIENCE_PER_MILLE))
			return wording->misread;
		if (rph_random_chance(random, LUCK_PER_MILLE * 1000 / (1000 - OBEDIENCE_PER_MILLE)))
			return intent;
		return wording->misread == RPH_INTENT_NONE ? some_intent(intent, random)
							   : RPH_INTENT_NONE;
	}
	unsigned hold = speech->text_garbled ? ROBUST_PER_MILLE : 1000 - BLACKOUT_PER_MILLE;
	if (rph_random_chance(random, hold))
		return intent;
	return rph_random_chance(random, 350) ? some_intent(intent, random) : RPH_INTENT_NONE;
}

void rph_nlu_read(const struct rph_language *language, const struct rph_hearing *hearing,
		  struct rph_random *random, struct rph_reading *ret)
{
	const struct rph_speech *speech = hearing->speech;
	enum rph_intent read = classify(hearing->wording, hearing->intent, speech, random);
	ret->slot_count = 0;
	ret->wrong_slot = 0;
	if (read == RPH_INTENT_NONE) {
		read_nothing(random, ret);
		return;
	}
	if (read != hearing->intent) {
		read_wrong(read, language, speech, random, ret);
		return;
	}
	ret->kind = RPH_READING_RIGHT;
	ret->intent = read;
	read_slots(language, speech, hearing->utterance, random, ret);
	bool sure = hearing->wording->known && !rph_speech_spoilt(speech);
	int64_t low = sure ? 78 : 46, high = sure ? 99 : 92;
	ret->confidence = (unsigned)rph_random_between(random, low, high);
}
