/* SPDX-License-Identifier: Apache-2.0
 *
 * id.h - identities are keyed hashes: nobody without the deployment's secret can make or guess one.
 *
 * One 32-byte secret belongs to the deployment. A BLAKE2b key derivation makes one SipHash-2-4-128
 * key per purpose from it, so that equal texts of different purposes never share an id. The same
 * secret gives the same ids on every host: two stores of one deployment are comparable.
 */
#ifndef RPH_SCHEMAS_ID_H
#define RPH_SCHEMAS_ID_H

#include "schemas/base.h"

#define RPH_SECRET_BYTES 32

struct rph_id {
	uint8_t bytes[16];
};

/* Keys derived from the secret; process lifetime; never stored, never logged. */
struct rph_keys {
	uint8_t formulation[16], goal[16], user[16], session[16];
	uint8_t privacy[16];     /* of the noise of private exports */
	uint8_t fingerprint[16]; /* may be stored: proves that a store belongs to the secret */
};

void rph_keys_derive(const uint8_t secret[static RPH_SECRET_BYTES], struct rph_keys *ret);

/* SipHash-2-4-128 of `text`. */
struct rph_id rph_id_of(const uint8_t key[static 16], struct rph_span text);

/* Of `locale` NUL `text`. Texts longer than 64 KiB are a programmer's error. */
struct rph_id rph_formulation_id(const struct rph_keys *keys, struct rph_span locale,
				 struct rph_span normalised);
struct rph_id rph_goal_id(const struct rph_keys *keys, struct rph_span canonical);

/* First 8 bytes (big-endian) of the keyed hash of the user's id. Never 0. */
uint64_t rph_user_of(const struct rph_keys *keys, struct rph_span user_id);

static inline int rph_id_compare(const struct rph_id *a, const struct rph_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static inline bool rph_id_is_zero(const struct rph_id *id)
{
	static const struct rph_id zero;
	return rph_id_compare(id, &zero) == 0;
}

/* The first 8 bytes as a big-endian number: keeps the order of rph_id_compare(). */
static inline uint64_t rph_id_prefix(const struct rph_id *id)
{
	uint64_t value = 0;
	for (int i = 0; i < 8; i++)
		value = value << 8 | id->bytes[i];
	return value;
}

#endif
