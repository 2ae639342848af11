/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/turn.h"

#include <stdlib.h>
#include <xxhash.h>

#include "schemas/wording.h"

/* Saying that the recogniser also heard what it heard says nothing; nor does saying it twice. */
static bool is_kept(const struct rph_turn_parts *parts, uint32_t i)
{
	return !rph_span_equal(parts->nbest[i], parts->text) &&
	       (i == 0 || !rph_span_equal(parts->nbest[i], parts->nbest[i - 1]));
}

/* Each n-best entry is packed as its u32 length and its bytes. */
static size_t nbest_size(const struct rph_turn_parts *parts, size_t *ret_kept)
{
	size_t size = 0;
	*ret_kept = 0;
	for (uint32_t i = 0; i < parts->event->nbest_count; i++) {
		size_t entry = sizeof(uint32_t) + parts->nbest[i].len;
		size += entry;
		*ret_kept += is_kept(parts, i) ? entry : 0;
	}
	return size;
}

static char *append(char *at, struct rph_span text)
{
	if (text.len)
		memcpy(at, text.ptr, text.len);
	return at + text.len;
}

static uint64_t hash_or_zero(struct rph_span text)
{
	return text.len ? XXH3_64bits(text.ptr, text.len) : 0;
}

static char *append_nbest(char *at, const struct rph_turn_parts *parts)
{
	for (uint32_t i = 0; i < parts->event->nbest_count; i++) {
		uint32_t entry = (uint32_t)parts->nbest[i].len;
		if (!is_kept(parts, i))
			continue;
		at = append(at, (struct rph_span){(const char *)&entry, sizeof(entry)});
		at = append(at, parts->nbest[i]);
	}
	return at;
}

struct rph_turn *rph_turn_new(const struct rph_turn_parts *parts)
{
	const struct rph_event *event = parts->event;
	struct rph_span id = parts->keep_event_id ? event->event_id : (struct rph_span){0};
	struct rph_span own = parts->text;
	if (rph_span_equal(rph_wording_text(parts->wording), own))
		own = (struct rph_span){0};
	size_t kept, nbest = nbest_size(parts, &kept);
	size_t shared =
		event->locale.len + parts->wording.len + parts->goal.len + parts->executed.len;
	bool treated = event->arm == RPH_ARM_TREATED;
	size_t size = RPH_TURN_HEAD_BYTES + shared + parts->text.len + nbest;
	RPH_ASSERT(id.len <= UINT16_MAX && event->locale.len <= UINT8_MAX && size <= UINT32_MAX);
	RPH_ASSERT(treated || !parts->executed.len);
	RPH_ASSERT(parts->text.len <= UINT16_MAX && parts->wording.len <= UINT16_MAX &&
		   parts->executed.len <= UINT16_MAX);
	size_t prefix = treated && parts->executed.len ? sizeof(uint16_t) : 0;
	size_t block = offsetof(struct rph_turn, bytes) + id.len + own.len + shared + kept + prefix;
	/* The bytes may begin before the end of the struct as the compiler pads it. */
	struct rph_turn *turn = malloc(block > sizeof(*turn) ? block : sizeof(*turn));
	if (!turn)
		return NULL;
	*turn = (struct rph_turn){
		.at = event->at,
		.offset = parts->offset,
		.event_hash = hash_or_zero(event->event_id),
		.response = hash_or_zero(event->response),
		.size = (uint32_t)size,
		.signals = event->signals,
		.goal_len = (uint32_t)parts->goal.len,
		.nbest_len = (uint32_t)kept,
		.text_len = (uint16_t)parts->text.len,
		.wording_len = (uint16_t)parts->wording.len,
		.asr_confidence = event->asr_confidence,
		.nlu_confidence = event->nlu_confidence,
		.event_id_len = (uint16_t)id.len,
		.locale_len = (uint8_t)event->locale.len,
		.status = (uint8_t)event->status & 7,
		.arm = (uint8_t)(treated && !parts->executed.len ? RPH_ARM_NONE : event->arm) & 7,
		.text_is_worded = own.len == 0,
	};
	char *at = append(turn->bytes, id);
	at = append(at, event->locale);
	at = append(at, own);
	at = append(at, parts->wording);
	at = append(at, parts->goal);
	at = append_nbest(at, parts);
	const uint16_t executed = (uint16_t)parts->executed.len;
	at = append(at, (struct rph_span){(const char *)&executed, prefix});
	at = append(at, parts->executed);
	RPH_ASSERT((size_t)(at - (char *)turn) == block);
	return turn;
}

struct rph_turn *rph_turns_free(struct rph_turn *turns)
{
	while (turns) {
		struct rph_turn *next = turns->next;
		free(turns);
		turns = next;
	}
	return NULL;
}

size_t rph_turn_size(const struct rph_turn *turn)
{
	return turn->size;
}

struct rph_span rph_turn_event_id(const struct rph_turn *turn)
{
	return (struct rph_span){turn->bytes, turn->event_id_len};
}

struct rph_span rph_turn_locale(const struct rph_turn *turn)
{
	return (struct rph_span){turn->bytes + turn->event_id_len, turn->locale_len};
}

static struct rph_span behind(struct rph_span before, size_t len)
{
	return (struct rph_span){before.ptr + before.len, len};
}

struct rph_span rph_turn_text(const struct rph_turn *turn)
{
	if (turn->text_is_worded)
		return rph_wording_text(rph_turn_wording(turn));
	return behind(rph_turn_locale(turn), turn->text_len);
}

struct rph_span rph_turn_wording(const struct rph_turn *turn)
{
	struct rph_span before = rph_turn_locale(turn);
	before.len += turn->text_is_worded ? 0 : turn->text_len;
	return behind(before, turn->wording_len);
}

struct rph_span rph_turn_goal(const struct rph_turn *turn)
{
	return behind(rph_turn_wording(turn), turn->goal_len);
}

struct rph_span rph_turn_executed(const struct rph_turn *turn)
{
	struct rph_span goal = rph_turn_goal(turn);
	const char *at = goal.ptr + goal.len + turn->nbest_len;
	uint16_t len;
	/* Few turns have one: its length stands before it, and costs the others nothing. */
	if (turn->arm != RPH_ARM_TREATED)
		return (struct rph_span){0};
	memcpy(&len, at, sizeof(len));
	return (struct rph_span){at + sizeof(len), len};
}

bool rph_turn_nbest(const struct rph_turn *turn, size_t *cursor, struct rph_span *ret)
{
	if (*cursor >= turn->nbest_len)
		return false;
	struct rph_span goal = rph_turn_goal(turn);
	const char *at = goal.ptr + goal.len + *cursor;
	uint32_t len;
	memcpy(&len, at, sizeof(len));
	*ret = (struct rph_span){at + sizeof(len), len};
	*cursor += sizeof(len) + len;
	return true;
}
