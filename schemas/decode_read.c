/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_read.c - the keys of the published schema, what each may hold, and where it goes.
 */
#include "schemas/decode_draft.h"
#include "schemas/signal.h"

enum { CONFIDENCE_ONE = 1024 };

struct key;
typedef enum rph_reject read_fn(struct rph_draft *draft, const struct key *key,
				const uint64_t *value);

/* A key of the published schema. */
struct key {
	const char *path; /* "nlu.intent" */
	const char *name; /* the last part of it */
	size_t name_len;
	read_fn *read;
	size_t field; /* offset in struct rph_draft of what `read` fills; the first, if several */
	const struct object *object; /* of a nested object or of an array's elements */
};

struct object {
	const struct key *keys;
	size_t count;   /* at most 32 */
	unsigned depth; /* containers open inside it, itself included */
};

/* The first few keys of an object that the schema does not know. */
struct unknown_keys {
	struct rph_span names[16];
	size_t count;
	bool overflow; /* there were more */
};

#define FIELD(draft, key, type) ((type *)((char *)(draft) + (key)->field))

enum rph_reject rph_draft_reject(struct rph_draft *draft, const char *path, enum rph_reject why)
{
	draft->fault_path = path;
	return why;
}

static enum rph_reject read_text(struct rph_draft *draft, const struct key *key,
				 const uint64_t *value)
{
	if (rph_json_type(value) != RPH_JSON_STRING)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	*FIELD(draft, key, struct rph_span) = rph_json_span(&draft->json, value);
	return RPH_ACCEPTED;
}

static enum rph_reject read_bounded(struct rph_draft *draft, const struct key *key,
				    const uint64_t *value, size_t max_bytes, enum rph_reject why)
{
	if (rph_json_type(value) != RPH_JSON_STRING)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	struct rph_span text = rph_json_span(&draft->json, value);
	if (text.len > max_bytes)
		return rph_draft_reject(draft, key->path, why);
	*FIELD(draft, key, struct rph_span) = text;
	return RPH_ACCEPTED;
}

static enum rph_reject read_name(struct rph_draft *draft, const struct key *key,
				 const uint64_t *value)
{
	return read_bounded(draft, key, value, RPH_MAX_VALUE_BYTES, RPH_REJECT_value_too_long);
}

static enum rph_reject read_utterance(struct rph_draft *draft, const struct key *key,
				      const uint64_t *value)
{
	return read_bounded(draft, key, value, draft->max_utterance_bytes,
			    RPH_REJECT_utterance_too_long);
}

static bool is_number(const uint64_t *value)
{
	return rph_json_type(value) == RPH_JSON_NUMBER || rph_json_type(value) == RPH_JSON_UNSIGNED;
}

static enum rph_reject read_time(struct rph_draft *draft, const struct key *key,
				 const uint64_t *value)
{
	rph_time_ms at = 0;
	if (rph_json_type(value) == RPH_JSON_STRING) {
		if (!rph_time_parse(rph_json_span(&draft->json, value), false, &at))
			return rph_draft_reject(draft, key->path, RPH_REJECT_bad_time);
	} else if (rph_json_type(value) == RPH_JSON_INTEGER) {
		at = rph_json_integer(value);
	} else if (is_number(value)) {
		/* Out of range for int64_t is out of range for a time, whatever its fraction. */
		double number = rph_json_double(value);
		at = number < 0 ? -1 : number > (double)RPH_LAST_TIME ? INT64_MAX : (int64_t)number;
		if (number >= 0 && number <= (double)RPH_LAST_TIME && (double)at != number)
			return rph_draft_reject(draft, key->path, RPH_REJECT_bad_time);
	} else {
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	}
	if (at < 0 || at > RPH_LAST_TIME)
		return rph_draft_reject(draft, key->path,
					at < 0 ? RPH_REJECT_ts_past : RPH_REJECT_ts_future);
	draft->event.at = at;
	draft->has_time = true;
	return RPH_ACCEPTED;
}

static enum rph_reject read_confidence(struct rph_draft *draft, const struct key *key,
				       const uint64_t *value)
{
	if (!is_number(value) && rph_json_type(value) != RPH_JSON_INTEGER)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	double number = rph_json_double(value);
	if (number < 0 || number > 1)
		return rph_draft_reject(draft, key->path, RPH_REJECT_bad_confidence);
	*FIELD(draft, key, rph_confidence) = (rph_confidence)(number * CONFIDENCE_ONE + 0.5);
	return RPH_ACCEPTED;
}

/* A slot's start or end: a whole number, however it is written. */
static enum rph_reject read_place(struct rph_draft *draft, const struct key *key,
				  const uint64_t *value)
{
	if (!is_number(value) && rph_json_type(value) != RPH_JSON_INTEGER)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	/* Exact for every place that an utterance can have. */
	double number = rph_json_double(value);
	if (number < 0 || number >= RPH_NO_PLACE)
		return rph_draft_reject(draft, key->path, RPH_REJECT_bad_slot);
	uint32_t place = (uint32_t)number;
	if ((double)place != number)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	*FIELD(draft, key, uint32_t) = place;
	return RPH_ACCEPTED;
}

/* The index in `words` of the string at hand. */
static enum rph_reject read_word(struct rph_draft *draft, const struct key *key,
				 const uint64_t *value, const char *const *words, unsigned *ret)
{
	if (rph_json_type(value) != RPH_JSON_STRING)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	struct rph_span word = rph_json_span(&draft->json, value);
	for (unsigned i = 0; words[i]; i++) {
		if (rph_span_equal(word, rph_span_of(words[i]))) {
			*ret = i;
			return RPH_ACCEPTED;
		}
	}
	return rph_draft_reject(draft, key->path, RPH_REJECT_bad_status);
}

static enum rph_reject read_status(struct rph_draft *draft, const struct key *key,
				   const uint64_t *value)
{
	static const char *const words[] = {[RPH_STATUS_UNKNOWN] = "unknown",
					    [RPH_STATUS_SUCCESS] = "success",
					    [RPH_STATUS_FAILURE] = "failure",
					    NULL};
	unsigned status = RPH_STATUS_UNKNOWN;
	enum rph_reject why = read_word(draft, key, value, words, &status);
	draft->event.status = (enum rph_status)status;
	return why;
}

static enum rph_reject read_arm(struct rph_draft *draft, const struct key *key,
				const uint64_t *value)
{
	static const char *const words[] = {"treated", "holdout", NULL};
	unsigned arm = 0;
	enum rph_reject why = read_word(draft, key, value, words, &arm);
	draft->event.arm = arm == 0 ? RPH_ARM_TREATED : RPH_ARM_HOLDOUT;
	return why;
}

static enum rph_reject read_signals(struct rph_draft *draft, const struct key *key,
				    const uint64_t *value)
{
	struct rph_event *event = &draft->event;
	uint32_t count = 0;
	if (rph_json_type(value) != RPH_JSON_ARRAY)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	const uint64_t *end = rph_json_end(&draft->json, value);
	for (const uint64_t *at = value + 1; at < end; at = rph_json_after(&draft->json, at)) {
		if (rph_json_type(at) != RPH_JSON_STRING)
			return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
		if (++count > RPH_MAX_SIGNALS)
			return rph_draft_reject(draft, key->path, RPH_REJECT_too_many_items);
		uint32_t bit = rph_signal_bit(rph_json_span(&draft->json, at));
		event->signals |= bit;
		event->unknown_signals += bit == 0;
	}
	return RPH_ACCEPTED;
}

static enum rph_reject read_nbest(struct rph_draft *draft, const struct key *key,
				  const uint64_t *value)
{
	struct rph_event *event = &draft->event;
	if (rph_json_type(value) != RPH_JSON_ARRAY)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	const uint64_t *end = rph_json_end(&draft->json, value);
	for (const uint64_t *at = value + 1; at < end; at = rph_json_after(&draft->json, at)) {
		if (rph_json_type(at) != RPH_JSON_STRING)
			return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
		if (event->nbest_count == RPH_MAX_NBEST)
			return rph_draft_reject(draft, key->path, RPH_REJECT_too_many_items);
		struct rph_span text = rph_json_span(&draft->json, at);
		if (text.len > draft->max_utterance_bytes)
			return rph_draft_reject(draft, key->path, RPH_REJECT_utterance_too_long);
		draft->nbest[event->nbest_count++] = text;
	}
	return RPH_ACCEPTED;
}

/* Looks for a key from *hint on and round: producers write keys in one order, most often the
 * table's. */
static const struct key *find_key(const struct object *object, struct rph_span name, size_t *hint)
{
	size_t at = *hint;
	for (size_t i = 0; i < object->count; i++, at++) {
		if (at >= object->count)
			at = 0;
		const struct key *key = &object->keys[at];
		if (key->name_len == name.len && rph_json_same(key->name, name.ptr, name.len)) {
			*hint = at + 1;
			return key;
		}
	}
	return NULL;
}

/* What nobody reads is checked all the same. Returns the reason, without a path: the key's name is
 * the sender's and stays out of dead letters' keys. */
static enum rph_reject skip_unknown(struct rph_draft *draft, struct unknown_keys *unknown,
				    struct rph_span name, const uint64_t *value, unsigned depth)
{
	for (size_t i = 0; i < unknown->count; i++)
		if (rph_span_equal(name, unknown->names[i]))
			return RPH_REJECT_duplicate_key;
	if (unknown->count < RPH_ARRAY_LEN(unknown->names))
		unknown->names[unknown->count++] = name;
	else
		unknown->overflow = true;
	return rph_json_check(&draft->json, value, depth, RPH_MAX_DEPTH);
}

/* A null is as good as no key at all. */
static enum rph_reject read_members(struct rph_draft *draft, const struct object *object,
				    const uint64_t *value)
{
	struct unknown_keys unknown;
	uint32_t seen = 0;
	size_t hint = 0;
	const uint64_t *end = rph_json_end(&draft->json, value), *member;
	unknown.count = 0;
	unknown.overflow = false;
	for (const uint64_t *at = value + 1; at < end; at = rph_json_after(&draft->json, member)) {
		enum rph_reject why = RPH_ACCEPTED;
		struct rph_span name = rph_json_span(&draft->json, at);
		const struct key *key = find_key(object, name, &hint);
		uint32_t bit = key ? UINT32_C(1) << (key - object->keys) : 0;
		member = at + 1;
		if (seen & bit)
			return rph_draft_reject(draft, key->path, RPH_REJECT_duplicate_key);
		seen |= bit;
		if (!key)
			why = skip_unknown(draft, &unknown, name, member, object->depth);
		else if (rph_json_type(member) != RPH_JSON_NULL)
			why = key->read(draft, key, member);
		if (why != RPH_ACCEPTED)
			return why;
	}
	return unknown.overflow ? rph_json_check_keys(&draft->json, value) : RPH_ACCEPTED;
}

static enum rph_reject read_object(struct rph_draft *draft, const struct key *key,
				   const uint64_t *value)
{
	if (rph_json_type(value) != RPH_JSON_OBJECT)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	return read_members(draft, key->object, value);
}

static enum rph_reject read_rewrite(struct rph_draft *draft, const struct key *key,
				    const uint64_t *value)
{
	const struct rph_event *event = &draft->event;
	enum rph_reject why = read_object(draft, key, value);
	if (why != RPH_ACCEPTED)
		return why;
	if (!event->rewrite_from.ptr)
		return rph_draft_reject(draft, "rewrite.from", RPH_REJECT_missing_key);
	if (event->rewrite_from.len == 0)
		return rph_draft_reject(draft, "rewrite.from", RPH_REJECT_empty_value);
	if (event->arm == RPH_ARM_NONE)
		return rph_draft_reject(draft, "rewrite.arm", RPH_REJECT_missing_key);
	return RPH_ACCEPTED;
}

static enum rph_reject read_slot(struct rph_draft *draft, const struct key *key,
				 const uint64_t *value)
{
	struct rph_slot *slot = &draft->slot;
	*slot = (struct rph_slot){.start = RPH_NO_PLACE, .end = RPH_NO_PLACE};
	enum rph_reject why = read_object(draft, key, value);
	if (why != RPH_ACCEPTED)
		return why;
	if (!slot->name.ptr)
		return rph_draft_reject(draft, "nlu.slots.name", RPH_REJECT_missing_key);
	if (slot->name.len == 0)
		return rph_draft_reject(draft, "nlu.slots.name", RPH_REJECT_empty_value);
	if (!slot->value.ptr)
		return rph_draft_reject(draft, "nlu.slots.value", RPH_REJECT_missing_key);
	if (slot->start == RPH_NO_PLACE && slot->end == RPH_NO_PLACE)
		return RPH_ACCEPTED;
	if (slot->start >= slot->end || slot->end == RPH_NO_PLACE)
		return rph_draft_reject(draft, key->path, RPH_REJECT_bad_slot);
	return RPH_ACCEPTED;
}

static enum rph_reject read_slots(struct rph_draft *draft, const struct key *key,
				  const uint64_t *value)
{
	struct rph_event *event = &draft->event;
	if (rph_json_type(value) != RPH_JSON_ARRAY)
		return rph_draft_reject(draft, key->path, RPH_REJECT_wrong_type);
	const uint64_t *end = rph_json_end(&draft->json, value);
	for (const uint64_t *at = value + 1; at < end; at = rph_json_after(&draft->json, at)) {
		if (event->slot_count == RPH_MAX_SLOTS)
			return rph_draft_reject(draft, key->path, RPH_REJECT_too_many_items);
		enum rph_reject why = read_slot(draft, key, at);
		if (why != RPH_ACCEPTED)
			return why;
		draft->slots[event->slot_count++] = draft->slot;
	}
	return RPH_ACCEPTED;
}

#define KEY(prefix, key, reader, ...)                                                           \
	{                                                                                       \
		.path = prefix key, .name = key, .name_len = sizeof(key) - 1, .read = (reader), \
		__VA_ARGS__                                                                     \
	}
#define TO(member) .field = offsetof(struct rph_draft, member)
#define OBJECT(table, depth)                           \
	{                                              \
		(table), RPH_ARRAY_LEN(table), (depth) \
	}

static const struct key slot_keys[] = {
	KEY("nlu.slots.", "name", read_name, TO(slot.name)),
	KEY("nlu.slots.", "value", read_name, TO(slot.value)),
	KEY("nlu.slots.", "start", read_place, TO(slot.start)),
	KEY("nlu.slots.", "end", read_place, TO(slot.end)),
};
static const struct object slot_object = OBJECT(slot_keys, 4);

static const struct key asr_keys[] = {
	KEY("asr.", "confidence", read_confidence, TO(event.asr_confidence)),
	KEY("asr.", "nbest", read_nbest, TO(nbest)),
};
static const struct object asr_object = OBJECT(asr_keys, 2);

static const struct key nlu_keys[] = {
	KEY("nlu.", "domain", read_name, TO(event.domain)),
	KEY("nlu.", "intent", read_name, TO(event.intent)),
	KEY("nlu.", "confidence", read_confidence, TO(event.nlu_confidence)),
	KEY("nlu.", "slots", read_slots, .object = &slot_object),
};
static const struct object nlu_object = OBJECT(nlu_keys, 2);

static const struct key outcome_keys[] = {
	KEY("outcome.", "status", read_status, TO(event.status)),
	KEY("outcome.", "signals", read_signals, TO(event.signals)),
	KEY("outcome.", "response", read_text, TO(event.response)),
};
static const struct object outcome_object = OBJECT(outcome_keys, 2);

static const struct key rewrite_keys[] = {
	KEY("rewrite.", "from", read_utterance, TO(event.rewrite_from)),
	KEY("rewrite.", "arm", read_arm, TO(event.arm)),
};
static const struct object rewrite_object = OBJECT(rewrite_keys, 2);

static const struct key event_keys[] = {
	KEY("", "event_id", read_name, TO(event.event_id)),
	KEY("", "ts", read_time, TO(event.at)),
	KEY("", "user_id", read_name, TO(user_id)),
	KEY("", "session_id", read_name, TO(session_id)),
	KEY("", "device_id", read_name, TO(device_id)),
	KEY("", "speaker_id", read_name, TO(speaker_id)),
	KEY("", "locale", read_text, TO(locale)),
	KEY("", "utterance", read_utterance, TO(event.utterance)),
	KEY("", "asr", read_object, .object = &asr_object),
	KEY("", "nlu", read_object, .object = &nlu_object),
	KEY("", "outcome", read_object, .object = &outcome_object),
	KEY("", "rewrite", read_rewrite, .object = &rewrite_object),
	KEY("", "cohort", read_name, TO(event.cohort)),
};
static const struct object event_object = OBJECT(event_keys, 1);

enum rph_reject rph_draft_read(struct rph_draft *draft)
{
	const uint64_t *root = rph_json_root(&draft->json);
	if (rph_json_type(root) != RPH_JSON_OBJECT)
		return RPH_REJECT_not_object;
	return read_members(draft, &event_object, root);
}
