/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>

#include "schemas/error.h"
#include "store/keys.h"
#include "store/value.h"

int rph_value_encode_formulation(const struct rph_formulation_delta *formulation,
				 struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_writer writer;
	int error = rph_writer_begin(&writer, arena,
				     RPH_VARINT_MAX_BYTES + formulation->locale.len +
					     formulation->text.len);
	if (error)
		return error;
	rph_write_varint(&writer, formulation->locale.len);
	rph_write_bytes(&writer, formulation->locale);
	rph_write_bytes(&writer, formulation->text);
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_formulation(struct rph_span value, struct rph_formulation_delta *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	ret->locale = rph_read_bytes(&reader, rph_read_varint(&reader));
	ret->text = rph_read_bytes(&reader, (uint64_t)(reader.end - reader.at));
	return rph_reader_end(&reader);
}

int rph_value_encode_goal(struct rph_span canonical, struct rph_arena *arena, struct rph_span *ret)
{
	struct rph_writer writer;
	int error = rph_writer_begin(&writer, arena, canonical.len);
	if (error)
		return error;
	rph_write_bytes(&writer, canonical);
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_goal(struct rph_span value, struct rph_span *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	*ret = rph_read_bytes(&reader, (uint64_t)(reader.end - reader.at));
	return rph_reader_end(&reader);
}

int rph_value_encode_said(const struct rph_said_row *row, struct rph_arena *arena,
			  struct rph_span *ret)
{
	struct rph_writer writer;
	for (size_t i = 1; i < row->count; i++)
		if (row->formulations[i - 1] >= row->formulations[i])
			return RPH_E_BAD_INPUT;
	int error = row->count ? rph_writer_begin(&writer, arena, row->count * sizeof(uint64_t))
			       : RPH_E_BAD_INPUT;
	if (error)
		return error;
	for (size_t i = 0; i < row->count; i++)
		rph_write_u64(&writer, row->formulations[i]);
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_said(struct rph_span value, struct rph_arena *arena, struct rph_said_row *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	size_t bytes = (size_t)(reader.end - reader.at);
	size_t count = bytes / sizeof(uint64_t);
	/* A user who said nothing has no row. */
	if (count == 0 || bytes % sizeof(uint64_t))
		return RPH_E_STATE_CORRUPT;
	uint64_t *formulations = RPH_ARENA_ARRAY(arena, uint64_t, count);
	if (!formulations)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		formulations[i] = rph_read_u64(&reader);
		if (i && formulations[i - 1] >= formulations[i])
			return RPH_E_STATE_CORRUPT;
	}
	*ret = (struct rph_said_row){formulations, count};
	return rph_reader_end(&reader);
}

bool rph_value_said_has(struct rph_span value, uint64_t formulation)
{
	if (value.len < 1 + RPH_VALUE_CHECKSUM_BYTES)
		return false;
	size_t low = 0, high = (value.len - 1 - RPH_VALUE_CHECKSUM_BYTES) / sizeof(uint64_t);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t found;
		memcpy(&found, value.ptr + 1 + middle * sizeof(found), sizeof(found));
		found = le64toh(found);
		if (found == formulation)
			return true;
		if (found < formulation)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool is_decision(unsigned decision)
{
	return decision == RPH_DECISION_APPROVED || decision == RPH_DECISION_DENIED;
}

int rph_value_encode_review(const struct rph_review *review, struct rph_arena *arena,
			    struct rph_span *ret)
{
	struct rph_writer writer;
	if (!is_decision(review->decision))
		return RPH_E_BAD_INPUT;
	int error = rph_writer_begin(&writer, arena,
				     1 + 8 + 2 * (size_t)RPH_VARINT_MAX_BYTES + review->who.len +
					     review->note.len);
	if (error)
		return error;
	rph_write_u8(&writer, (uint8_t)review->decision);
	rph_write_u64(&writer, (uint64_t)review->at);
	rph_write_varint(&writer, review->who.len);
	rph_write_bytes(&writer, review->who);
	rph_write_varint(&writer, review->note.len);
	rph_write_bytes(&writer, review->note);
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_review(struct rph_span value, struct rph_review *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	unsigned decision = rph_read_u8(&reader);
	ret->at = (rph_time_ms)rph_read_u64(&reader);
	ret->who = rph_read_bytes(&reader, rph_read_varint(&reader));
	ret->note = rph_read_bytes(&reader, rph_read_varint(&reader));
	if (!is_decision(decision))
		return RPH_E_STATE_CORRUPT;
	ret->decision = decision;
	return rph_reader_end(&reader);
}

int rph_value_encode_rewrite(const struct rph_published *rewrite, struct rph_arena *arena,
			     struct rph_span *ret)
{
	struct rph_writer writer;
	int error = rph_writer_begin(&writer, arena,
				     RPH_KEY_ID_BYTES + 2 * (size_t)RPH_VARINT_MAX_BYTES);
	if (error)
		return error;
	rph_write_bytes(&writer, rph_id_span(&rewrite->target));
	rph_write_varint(&writer, rewrite->p);
	rph_write_varint(&writer, rewrite->generation);
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_rewrite(struct rph_span value, struct rph_published *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	struct rph_span target = rph_read_bytes(&reader, RPH_KEY_ID_BYTES);
	uint64_t p = rph_read_varint(&reader);
	ret->generation = rph_read_varint(&reader);
	error = rph_reader_end(&reader);
	if (error || p > UINT16_MAX || !rph_key_read_id(target, &ret->target))
		return RPH_E_STATE_CORRUPT;
	ret->p = (uint16_t)p;
	return 0;
}

int rph_value_encode_export(const struct rph_export_row *row, struct rph_arena *arena,
			    struct rph_span *ret)
{
	struct rph_writer writer;
	int error = rph_writer_begin(&writer, arena, sizeof(row->digest));
	if (error)
		return error;
	rph_write_bytes(&writer, (struct rph_span){(const char *)row->digest, sizeof(row->digest)});
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_export(struct rph_span value, struct rph_export_row *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	struct rph_span digest = rph_read_bytes(&reader, sizeof(ret->digest));
	error = rph_reader_end(&reader);
	if (!error)
		memcpy(ret->digest, digest.ptr, sizeof(ret->digest));
	return error;
}
