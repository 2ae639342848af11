/* SPDX-License-Identifier: Apache-2.0
 *
 * keys.h - the keys of the tables as bytes: ids as they are, numbers big-endian, nothing between.
 *
 * Byte order is therefore the order of rph_vote_key_compare() and rph_usage_key_compare(): sorted
 * deltas go through a table in one sweep. Reading functions return false when the length is wrong.
 */
#ifndef RPH_STORE_KEYS_H
#define RPH_STORE_KEYS_H

#include "store/store.h"

enum {
	RPH_KEY_ID_BYTES = 16,
	RPH_KEY_PREFIX_BYTES = 8, /* of an id, as in the user index */
	RPH_KEY_PAIR_BYTES = 32,
	RPH_KEY_VOTE_BYTES = 42,
	RPH_KEY_USAGE_BYTES = 34,
	RPH_KEY_SAID_BYTES = 10,
	RPH_KEY_WEEK_BYTES = 2,
	RPH_KEY_MAX_BYTES = 511, /* LMDB's limit as Debian builds it */
};

/* A key being made: `span` points into `bytes`, so it must not be copied. */
struct rph_key {
	uint8_t bytes[RPH_KEY_MAX_BYTES];
	size_t len;
};

static inline struct rph_span rph_key_span(const struct rph_key *key)
{
	return (struct rph_span){(const char *)key->bytes, key->len};
}

static inline struct rph_span rph_id_span(const struct rph_id *id)
{
	return (struct rph_span){(const char *)id->bytes, sizeof(id->bytes)};
}

void rph_key_pair(struct rph_key *key, const struct rph_id *source, const struct rph_id *target);
void rph_key_vote(struct rph_key *key, const struct rph_vote_key *vote);
void rph_key_usage(struct rph_key *key, const struct rph_usage_key *usage);
void rph_key_said(struct rph_key *key, rph_week week, uint64_t user);
void rph_key_week(struct rph_key *key, rph_week week);
/* First 8 bytes of an id. */
void rph_key_prefix(struct rph_key *key, uint64_t prefix);
/* RPH_E_BAD_INPUT when a part is empty, holds a NUL, or both are too long together. */
int rph_key_offset(struct rph_key *key, struct rph_span topic,
		   struct rph_span partition) RPH_MUST_CHECK;

bool rph_key_read_id(struct rph_span key, struct rph_id *ret) RPH_MUST_CHECK;
bool rph_key_read_pair(struct rph_span key, struct rph_id *ret_source,
		       struct rph_id *ret_target) RPH_MUST_CHECK;
bool rph_key_read_vote(struct rph_span key, struct rph_vote_key *ret) RPH_MUST_CHECK;
bool rph_key_read_usage(struct rph_span key, struct rph_usage_key *ret) RPH_MUST_CHECK;
bool rph_key_read_said(struct rph_span key, rph_week *ret_week, uint64_t *ret_user) RPH_MUST_CHECK;
bool rph_key_read_week(struct rph_span key, rph_week *ret) RPH_MUST_CHECK;
/* The spans borrow from `key`. */
bool rph_key_read_offset(struct rph_span key, struct rph_span *ret_topic,
			 struct rph_span *ret_partition) RPH_MUST_CHECK;

#endif
