/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/value.h"

enum { ALL_DAYS = 0x7F };

int rph_value_encode_vote(const struct rph_vote *vote, struct rph_arena *arena,
			  struct rph_span *ret)
{
	struct rph_writer writer;
	if (vote->days & ~ALL_DAYS)
		return RPH_E_BAD_INPUT;
	int error = rph_writer_begin(&writer, arena,
				     1 + (RPH_EDGE_COUNT + 3) * (size_t)RPH_VARINT_MAX_BYTES);
	if (error)
		return error;
	rph_write_u8(&writer, vote->days);
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		rph_write_varint(&writer, vote->edges[i]);
	rph_write_varint(&writer, vote->mass);
	rph_write_varint(&writer, vote->wins);
	rph_write_varint(&writer, vote->losses);
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_vote(struct rph_span value, struct rph_vote *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	ret->days = rph_read_u8(&reader);
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		ret->edges[i] = rph_read_varint32(&reader);
	ret->mass = rph_read_varint(&reader);
	ret->wins = rph_read_varint32(&reader);
	ret->losses = rph_read_varint32(&reader);
	if (ret->days & ~ALL_DAYS)
		return RPH_E_STATE_CORRUPT;
	return rph_reader_end(&reader);
}
