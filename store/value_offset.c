/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/value.h"

enum {
	FIXED_BYTES = 6 * 8 + 16,
	RAISE_BYTES = 16,
	CUT_BYTES = 16 + 3 * 8,
};

/* One rule for both directions. */
static bool is_in_order(const struct rph_offset *offset)
{
	if (offset->next < 0 || offset->warm_from < 0 || offset->warm_from > offset->next)
		return false;
	for (uint32_t i = 0; i < offset->raise_count; i++) {
		int64_t at = offset->raises[i].offset;
		if (at < offset->warm_from || at > offset->next ||
		    (i && at < offset->raises[i - 1].offset))
			return false;
	}
	for (uint32_t i = 0; i < offset->cut_count; i++) {
		int64_t at = offset->cuts[i].offset;
		if (at <= offset->warm_from || at > offset->next ||
		    (i && at <= offset->cuts[i - 1].offset))
			return false;
	}
	return true;
}

int rph_value_encode_offset(const struct rph_offset *offset, struct rph_arena *arena,
			    struct rph_span *ret)
{
	struct rph_writer writer;
	if (!is_in_order(offset))
		return RPH_E_BAD_INPUT;
	int error = rph_writer_begin(&writer, arena,
				     FIXED_BYTES + 3 * (size_t)RPH_VARINT_MAX_BYTES +
					     (size_t)offset->raise_count * RAISE_BYTES +
					     (size_t)offset->cut_count * CUT_BYTES);
	if (error)
		return error;
	rph_write_u64(&writer, (uint64_t)offset->next);
	rph_write_u64(&writer, (uint64_t)offset->warm_from);
	rph_write_u64(&writer, (uint64_t)offset->watermark);
	rph_write_u64(&writer, (uint64_t)offset->warm_watermark);
	rph_write_u64(&writer, offset->tail_hash);
	rph_write_u64(&writer, (uint64_t)offset->ahead_at);
	rph_write_bytes(&writer, (struct rph_span){(const char *)offset->ahead_key.bytes,
						   sizeof(offset->ahead_key.bytes)});
	rph_write_varint(&writer, offset->raise_count);
	for (uint32_t i = 0; i < offset->raise_count; i++) {
		rph_write_u64(&writer, (uint64_t)offset->raises[i].offset);
		rph_write_u64(&writer, (uint64_t)offset->raises[i].watermark);
	}
	rph_write_varint(&writer, offset->cut_count);
	for (uint32_t i = 0; i < offset->cut_count; i++) {
		const struct rph_offset_cut *cut = &offset->cuts[i];
		rph_write_bytes(&writer, (struct rph_span){(const char *)cut->session.bytes,
							   sizeof(cut->session.bytes)});
		rph_write_u64(&writer, (uint64_t)cut->offset);
		rph_write_u64(&writer, (uint64_t)cut->from);
		rph_write_u64(&writer, (uint64_t)cut->to);
	}
	/* Last, and only where there is one: older rows have none, and stay what they are. */
	if (offset->generation)
		rph_write_varint(&writer, offset->generation);
	*ret = rph_writer_end(&writer);
	return 0;
}

static void read_generation(struct rph_reader *reader, struct rph_offset *ret)
{
	if (reader->bad || reader->at == reader->end)
		return;
	ret->generation = rph_read_varint32(reader);
	if (!ret->generation)
		reader->bad = true; /* not the shortest form */
}

static int read_raises(struct rph_reader *reader, struct rph_arena *arena, struct rph_offset *ret)
{
	uint32_t count = rph_read_count(reader, RAISE_BYTES);
	struct rph_offset_raise *raises = NULL;
	if (count) {
		raises = RPH_ARENA_ARRAY(arena, struct rph_offset_raise, count);
		if (!raises)
			return RPH_E_NO_MEMORY;
	}
	for (uint32_t i = 0; i < count; i++) {
		raises[i].offset = (int64_t)rph_read_u64(reader);
		raises[i].watermark = (int64_t)rph_read_u64(reader);
	}
	ret->raises = raises;
	ret->raise_count = count;
	return 0;
}

static int read_cuts(struct rph_reader *reader, struct rph_arena *arena, struct rph_offset *ret)
{
	uint32_t count = rph_read_count(reader, CUT_BYTES);
	struct rph_offset_cut *cuts = NULL;
	if (count) {
		cuts = RPH_ARENA_ARRAY(arena, struct rph_offset_cut, count);
		if (!cuts)
			return RPH_E_NO_MEMORY;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct rph_span session = rph_read_bytes(reader, sizeof(cuts[i].session.bytes));
		if (!reader->bad)
			memcpy(cuts[i].session.bytes, session.ptr, session.len);
		cuts[i].offset = (int64_t)rph_read_u64(reader);
		cuts[i].from = (rph_time_ms)rph_read_u64(reader);
		cuts[i].to = (rph_time_ms)rph_read_u64(reader);
	}
	ret->cuts = cuts;
	ret->cut_count = count;
	return 0;
}

int rph_value_decode_offset(struct rph_span value, struct rph_arena *arena, struct rph_offset *ret)
{
	struct rph_reader reader;
	struct rph_offset offset = {.topic = ret->topic, .partition = ret->partition};
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	offset.next = (int64_t)rph_read_u64(&reader);
	offset.warm_from = (int64_t)rph_read_u64(&reader);
	offset.watermark = (int64_t)rph_read_u64(&reader);
	offset.warm_watermark = (int64_t)rph_read_u64(&reader);
	offset.tail_hash = rph_read_u64(&reader);
	offset.ahead_at = (int64_t)rph_read_u64(&reader);
	struct rph_span ahead_key = rph_read_bytes(&reader, sizeof(offset.ahead_key.bytes));
	if (!reader.bad)
		memcpy(offset.ahead_key.bytes, ahead_key.ptr, ahead_key.len);
	error = read_raises(&reader, arena, &offset);
	if (!error)
		error = read_cuts(&reader, arena, &offset);
	if (!error)
		read_generation(&reader, &offset);
	if (!error)
		error = rph_reader_end(&reader);
	if (!error && !is_in_order(&offset))
		error = RPH_E_STATE_CORRUPT;
	if (!error)
		*ret = offset;
	return error;
}
