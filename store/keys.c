/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keys.h"

#include "schemas/error.h"

static void add_number(struct rph_key *key, uint64_t number, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0;)
		key->bytes[key->len++] = (uint8_t)(number >> (8 * i));
}

static void add_bytes(struct rph_key *key, const void *bytes, size_t len)
{
	memcpy(key->bytes + key->len, bytes, len);
	key->len += len;
}

static uint64_t get_number(const char *at, unsigned bytes)
{
	uint64_t number = 0;
	for (unsigned i = 0; i < bytes; i++)
		number = number << 8 | (uint8_t)at[i];
	return number;
}

void rph_key_pair(struct rph_key *key, const struct rph_id *source, const struct rph_id *target)
{
	key->len = 0;
	add_bytes(key, source->bytes, sizeof(source->bytes));
	add_bytes(key, target->bytes, sizeof(target->bytes));
}

void rph_key_vote(struct rph_key *key, const struct rph_vote_key *vote)
{
	rph_key_pair(key, &vote->source, &vote->target);
	add_number(key, vote->user, 8);
	add_number(key, vote->week, 2);
}

void rph_key_usage(struct rph_key *key, const struct rph_usage_key *usage)
{
	rph_key_pair(key, &usage->formulation, &usage->goal);
	add_number(key, usage->week, 2);
}

void rph_key_said(struct rph_key *key, rph_week week, uint64_t user)
{
	key->len = 0;
	add_number(key, week, 2);
	add_number(key, user, 8);
}

void rph_key_week(struct rph_key *key, rph_week week)
{
	key->len = 0;
	add_number(key, week, 2);
}

void rph_key_prefix(struct rph_key *key, uint64_t prefix)
{
	key->len = 0;
	add_number(key, prefix, 8);
}

static bool is_plain(struct rph_span text)
{
	return text.len > 0 && text.len < RPH_KEY_MAX_BYTES && !memchr(text.ptr, '\0', text.len);
}

int rph_key_offset(struct rph_key *key, struct rph_span topic, struct rph_span partition)
{
	if (!is_plain(topic) || !is_plain(partition) ||
	    topic.len + 1 + partition.len > RPH_KEY_MAX_BYTES)
		return RPH_E_BAD_INPUT;
	key->len = 0;
	add_bytes(key, topic.ptr, topic.len);
	add_number(key, 0, 1);
	add_bytes(key, partition.ptr, partition.len);
	return 0;
}

bool rph_key_read_id(struct rph_span key, struct rph_id *ret)
{
	if (key.len != RPH_KEY_ID_BYTES)
		return false;
	memcpy(ret->bytes, key.ptr, sizeof(ret->bytes));
	return true;
}

static void read_pair(const char *at, struct rph_id *first, struct rph_id *second)
{
	memcpy(first->bytes, at, sizeof(first->bytes));
	memcpy(second->bytes, at + sizeof(first->bytes), sizeof(second->bytes));
}

bool rph_key_read_pair(struct rph_span key, struct rph_id *ret_source, struct rph_id *ret_target)
{
	if (key.len != RPH_KEY_PAIR_BYTES)
		return false;
	read_pair(key.ptr, ret_source, ret_target);
	return true;
}

bool rph_key_read_vote(struct rph_span key, struct rph_vote_key *ret)
{
	if (key.len != RPH_KEY_VOTE_BYTES)
		return false;
	read_pair(key.ptr, &ret->source, &ret->target);
	ret->user = get_number(key.ptr + RPH_KEY_PAIR_BYTES, 8);
	ret->week = (rph_week)get_number(key.ptr + RPH_KEY_PAIR_BYTES + 8, 2);
	return true;
}

bool rph_key_read_usage(struct rph_span key, struct rph_usage_key *ret)
{
	if (key.len != RPH_KEY_USAGE_BYTES)
		return false;
	read_pair(key.ptr, &ret->formulation, &ret->goal);
	ret->week = (rph_week)get_number(key.ptr + RPH_KEY_PAIR_BYTES, 2);
	return true;
}

bool rph_key_read_said(struct rph_span key, rph_week *ret_week, uint64_t *ret_user)
{
	if (key.len != RPH_KEY_SAID_BYTES)
		return false;
	*ret_week = (rph_week)get_number(key.ptr, 2);
	*ret_user = get_number(key.ptr + 2, 8);
	return true;
}

bool rph_key_read_week(struct rph_span key, rph_week *ret)
{
	if (key.len != RPH_KEY_WEEK_BYTES)
		return false;
	*ret = (rph_week)get_number(key.ptr, 2);
	return true;
}

bool rph_key_read_offset(struct rph_span key, struct rph_span *ret_topic,
			 struct rph_span *ret_partition)
{
	const char *separator = key.len ? memchr(key.ptr, '\0', key.len) : NULL;
	if (!separator)
		return false;
	*ret_topic = (struct rph_span){key.ptr, (size_t)(separator - key.ptr)};
	*ret_partition = (struct rph_span){separator + 1, key.len - ret_topic->len - 1};
	return is_plain(*ret_topic) && is_plain(*ret_partition);
}
