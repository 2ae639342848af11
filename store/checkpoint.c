/* SPDX-License-Identifier: Apache-2.0 */
#include "store/checkpoint.h"

#include <xxhash.h>

#include "schemas/error.h"

int rph_checkpoint_of_offset(const struct rph_offset *offset, struct rph_arena *arena,
			     struct rph_session_checkpoint *ret)
{
	struct rph_session_raise *raises =
		RPH_ARENA_ARRAY(arena, struct rph_session_raise, offset->raise_count);
	struct rph_session_cut *cuts =
		RPH_ARENA_ARRAY(arena, struct rph_session_cut, offset->cut_count);
	if (!raises || !cuts)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < offset->raise_count; i++)
		raises[i] = (struct rph_session_raise){offset->raises[i].offset,
						       offset->raises[i].watermark};
	for (uint32_t i = 0; i < offset->cut_count; i++)
		cuts[i] = (struct rph_session_cut){offset->cuts[i].session, offset->cuts[i].offset,
						   offset->cuts[i].from, offset->cuts[i].to};
	*ret = (struct rph_session_checkpoint){
		.next = offset->next,
		.warm_from = offset->warm_from,
		.top = offset->watermark,
		.warm_top = offset->warm_watermark,
		.ahead_at = offset->ahead_at,
		.ahead_key = offset->ahead_key,
		.raises = raises,
		.raise_count = offset->raise_count,
		.cuts = cuts,
		.cut_count = offset->cut_count,
	};
	return 0;
}

int rph_checkpoint_to_offset(const struct rph_session_checkpoint *checkpoint,
			     struct rph_arena *arena, struct rph_offset *ret)
{
	struct rph_offset_raise *raises =
		RPH_ARENA_ARRAY(arena, struct rph_offset_raise, checkpoint->raise_count);
	struct rph_offset_cut *cuts =
		RPH_ARENA_ARRAY(arena, struct rph_offset_cut, checkpoint->cut_count);
	if (!raises || !cuts)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < checkpoint->raise_count; i++)
		raises[i] = (struct rph_offset_raise){checkpoint->raises[i].offset,
						      checkpoint->raises[i].top};
	for (uint32_t i = 0; i < checkpoint->cut_count; i++) {
		const struct rph_session_cut *cut = &checkpoint->cuts[i];
		cuts[i] = (struct rph_offset_cut){cut->session, cut->offset, cut->from, cut->to};
	}
	ret->next = checkpoint->next;
	ret->warm_from = checkpoint->warm_from;
	ret->watermark = checkpoint->top;
	ret->warm_watermark = checkpoint->warm_top;
	ret->ahead_at = checkpoint->ahead_at;
	ret->ahead_key = checkpoint->ahead_key;
	ret->raises = raises;
	ret->raise_count = checkpoint->raise_count;
	ret->cuts = cuts;
	ret->cut_count = checkpoint->cut_count;
	return 0;
}

uint64_t rph_record_hash(struct rph_span value, rph_time_ms log_time)
{
	uint64_t hash =
		XXH3_64bits_withSeed(value.len ? value.ptr : "", value.len, (uint64_t)log_time);
	return hash ? hash : 1;
}
