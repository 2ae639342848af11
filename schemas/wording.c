/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/wording.h"

#include <xxhash.h>

#include "schemas/error.h"

enum { VERSION = 1, HEADER_BYTES = 3, SLOT_BYTES = 5 };

static size_t code_points(struct rph_span text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
	return count;
}

/* One rule for both directions: what decode accepts is exactly what encode writes. */
static bool slots_are_valid(const struct rph_wording *wording)
{
	if (wording->slot_count == 0)
		return true;
	if (wording->slot_count > RPH_WORDING_SLOTS)
		return false;
	size_t end_of_text = code_points(wording->text);
	int last = -1;
	for (uint32_t i = 0; i < wording->slot_count; i++) {
		const struct rph_wording_slot *slot = &wording->slots[i];
		if (slot->slot <= last || slot->slot >= RPH_WORDING_SLOTS)
			return false;
		if (slot->start >= slot->end || slot->end > end_of_text)
			return false;
		last = slot->slot;
	}
	return true;
}

static unsigned char *put_u16(unsigned char *at, uint16_t value)
{
	at[0] = (unsigned char)value;
	at[1] = (unsigned char)(value >> 8);
	return at + 2;
}

static uint16_t get_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

int rph_wording_encode(const struct rph_wording *wording, struct rph_arena *arena,
		       struct rph_span *ret)
{
	if (wording->text.len > UINT16_MAX || !slots_are_valid(wording))
		return RPH_E_BAD_INPUT;
	size_t size =
		HEADER_BYTES + wording->text.len + 1 + (size_t)wording->slot_count * SLOT_BYTES;
	char *bytes = rph_arena_bytes(arena, size);
	if (!bytes)
		return RPH_E_NO_MEMORY;
	unsigned char *at = (unsigned char *)bytes;
	*at++ = VERSION;
	at = put_u16(at, (uint16_t)wording->text.len);
	if (wording->text.len)
		memcpy(at, wording->text.ptr, wording->text.len);
	at += wording->text.len;
	*at++ = (unsigned char)wording->slot_count;
	for (uint32_t i = 0; i < wording->slot_count; i++) {
		*at++ = wording->slots[i].slot;
		at = put_u16(at, wording->slots[i].start);
		at = put_u16(at, wording->slots[i].end);
	}
	*ret = (struct rph_span){bytes, size};
	return 0;
}

int rph_wording_decode(struct rph_span encoded, struct rph_wording *ret)
{
	const unsigned char *at = (const unsigned char *)encoded.ptr;
	if (encoded.len < HEADER_BYTES + 1 || at[0] != VERSION)
		return RPH_E_STATE_CORRUPT;
	size_t text_len = get_u16(at + 1);
	if (encoded.len - HEADER_BYTES - 1 < text_len)
		return RPH_E_STATE_CORRUPT;
	ret->text = (struct rph_span){encoded.ptr + HEADER_BYTES, text_len};
	at += HEADER_BYTES + text_len;
	ret->slot_count = *at++;
	size_t left = encoded.len - HEADER_BYTES - text_len - 1;
	if (ret->slot_count > RPH_WORDING_SLOTS || left != (size_t)ret->slot_count * SLOT_BYTES)
		return RPH_E_STATE_CORRUPT;
	for (uint32_t i = 0; i < ret->slot_count; i++, at += SLOT_BYTES)
		ret->slots[i] = (struct rph_wording_slot){at[0], get_u16(at + 1), get_u16(at + 3)};
	return slots_are_valid(ret) ? 0 : RPH_E_STATE_CORRUPT;
}

struct rph_span rph_wording_text(struct rph_span encoded)
{
	RPH_ASSERT(encoded.len > HEADER_BYTES);
	return (struct rph_span){encoded.ptr + HEADER_BYTES,
				 get_u16((const unsigned char *)encoded.ptr + 1)};
}

uint64_t rph_wording_hash(struct rph_span encoded)
{
	uint64_t hash = XXH3_64bits(encoded.ptr, encoded.len);
	return hash ? hash : 1; /* 0 means "no wording" */
}
