/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/id.h"

#include <sodium.h>

static void derive(const uint8_t *secret, const char *purpose, uint8_t ret[16])
{
	int failed = crypto_generichash(ret, 16, (const unsigned char *)purpose, strlen(purpose),
					secret, RPH_SECRET_BYTES);
	RPH_ASSERT(!failed);
}

void rph_keys_derive(const uint8_t secret[static RPH_SECRET_BYTES], struct rph_keys *ret)
{
	derive(secret, "rephrased formulation 1", ret->formulation);
	derive(secret, "rephrased goal 1", ret->goal);
	derive(secret, "rephrased user 1", ret->user);
	derive(secret, "rephrased session 1", ret->session);
	derive(secret, "rephrased privacy 1", ret->privacy);
	derive(secret, "rephrased fingerprint 1", ret->fingerprint);
}

struct rph_id rph_id_of(const uint8_t key[static 16], struct rph_span text)
{
	struct rph_id id;
	_Static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(id.bytes), "128-bit SipHash");
	crypto_shorthash_siphashx24(id.bytes, (const unsigned char *)(text.len ? text.ptr : ""),
				    text.len, key);
	return id;
}

struct rph_id rph_formulation_id(const struct rph_keys *keys, struct rph_span locale,
				 struct rph_span normalised)
{
	char text[64 * 1024 + 64];
	RPH_ASSERT(locale.len < 64 && normalised.len <= 65536);
	memcpy(text, locale.ptr, locale.len);
	text[locale.len] = '\0';
	if (normalised.len)
		memcpy(text + locale.len + 1, normalised.ptr, normalised.len);
	return rph_id_of(keys->formulation,
			 (struct rph_span){text, locale.len + 1 + normalised.len});
}

struct rph_id rph_goal_id(const struct rph_keys *keys, struct rph_span canonical)
{
	return rph_id_of(keys->goal, canonical);
}

uint64_t rph_user_of(const struct rph_keys *keys, struct rph_span user_id)
{
	struct rph_id id = rph_id_of(keys->user, user_id);
	uint64_t user = rph_id_prefix(&id);
	return user ? user : 1; /* 0 means "nobody" in tables */
}
