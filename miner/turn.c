/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/turn.h"

#include <stdlib.h>
#include <xxhash.h>

/* Each n-best entry is packed as its u32 length and its bytes. */
static size_t nbest_size(const struct rph_turn_parts *parts)
{
	size_t size = 0;
	for (uint32_t i = 0; i < parts->event->nbest_count; i++)
		size += sizeof(uint32_t) + parts->nbest[i].len;
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

struct rph_turn *rph_turn_new(const struct rph_turn_parts *parts)
{
	const struct rph_event *event = parts->event;
	struct rph_span id = parts->keep_event_id ? event->event_id : (struct rph_span){0};
	size_t nbest_len = nbest_size(parts);
	size_t len = id.len + event->locale.len + parts->text.len + parts->wording.len +
		     parts->goal.len + nbest_len;
	RPH_ASSERT(id.len <= UINT16_MAX && event->locale.len <= UINT8_MAX && len <= UINT32_MAX);
	struct rph_turn *turn = malloc(sizeof(*turn) + len);
	if (!turn)
		return NULL;
	*turn = (struct rph_turn){
		.at = event->at,
		.offset = parts->offset,
		.event_hash = hash_or_zero(event->event_id),
		.response = hash_or_zero(event->response),
		.signals = event->signals,
		.text_len = (uint32_t)parts->text.len,
		.wording_len = (uint32_t)parts->wording.len,
		.goal_len = (uint32_t)parts->goal.len,
		.nbest_len = (uint32_t)nbest_len,
		.asr_confidence = event->asr_confidence,
		.nlu_confidence = event->nlu_confidence,
		.event_id_len = (uint16_t)id.len,
		.locale_len = (uint8_t)event->locale.len,
		.status = (uint8_t)event->status,
		.arm = (uint8_t)event->arm,
		.nbest_count = (uint8_t)event->nbest_count,
	};
	char *at = append(turn->bytes, id);
	at = append(at, event->locale);
	at = append(at, parts->text);
	at = append(at, parts->wording);
	at = append(at, parts->goal);
	for (uint32_t i = 0; i < event->nbest_count; i++) {
		uint32_t entry = (uint32_t)parts->nbest[i].len;
		at = append(at, (struct rph_span){(const char *)&entry, sizeof(entry)});
		at = append(at, parts->nbest[i]);
	}
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

static size_t nbest_at(const struct rph_turn *turn)
{
	return (size_t)turn->event_id_len + turn->locale_len + turn->text_len + turn->wording_len +
	       turn->goal_len;
}

size_t rph_turn_size(const struct rph_turn *turn)
{
	return sizeof(*turn) + nbest_at(turn) + turn->nbest_len;
}

struct rph_span rph_turn_event_id(const struct rph_turn *turn)
{
	return (struct rph_span){turn->bytes, turn->event_id_len};
}

struct rph_span rph_turn_locale(const struct rph_turn *turn)
{
	return (struct rph_span){turn->bytes + turn->event_id_len, turn->locale_len};
}

struct rph_span rph_turn_text(const struct rph_turn *turn)
{
	struct rph_span before = rph_turn_locale(turn);
	return (struct rph_span){before.ptr + before.len, turn->text_len};
}

struct rph_span rph_turn_wording(const struct rph_turn *turn)
{
	struct rph_span before = rph_turn_text(turn);
	return (struct rph_span){before.ptr + before.len, turn->wording_len};
}

struct rph_span rph_turn_goal(const struct rph_turn *turn)
{
	struct rph_span before = rph_turn_wording(turn);
	return (struct rph_span){before.ptr + before.len, turn->goal_len};
}

bool rph_turn_nbest(const struct rph_turn *turn, size_t *cursor, struct rph_span *ret)
{
	if (*cursor >= turn->nbest_len)
		return false;
	const char *at = turn->bytes + nbest_at(turn) + *cursor;
	uint32_t len;
	memcpy(&len, at, sizeof(len));
	*ret = (struct rph_span){at + sizeof(len), len};
	*cursor += sizeof(len) + len;
	return true;
}
