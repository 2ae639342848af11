/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/value.h"

enum { ALL_DAYS = 0x7F };

static bool has_arm(const struct rph_arm_counts *arm)
{
	return arm->turns || arm->wins || arm->losses;
}

int rph_value_encode_vote(const struct rph_vote *vote, struct rph_arena *arena,
			  struct rph_span *ret)
{
	struct rph_writer writer;
	if (vote->days & ~ALL_DAYS)
		return RPH_E_BAD_INPUT;
	int error = rph_writer_begin(&writer, arena,
				     1 + (RPH_EDGE_COUNT + 6) * (size_t)RPH_VARINT_MAX_BYTES);
	if (error)
		return error;
	rph_write_u8(&writer, vote->days);
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		rph_write_varint(&writer, vote->edges[i]);
	rph_write_varint(&writer, vote->mass);
	rph_write_varint(&writer, vote->wins);
	rph_write_varint(&writer, vote->losses);
	/* Without an arm the bytes are those that every version of the program reads. */
	if (has_arm(&vote->arm)) {
		rph_writer_set_version(&writer, RPH_VALUE_VOTE_VERSION);
		rph_write_varint(&writer, vote->arm.turns);
		rph_write_varint(&writer, vote->arm.wins);
		rph_write_varint(&writer, vote->arm.losses);
	}
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_vote(struct rph_span value, struct rph_vote *ret)
{
	struct rph_reader reader;
	uint8_t version;
	int error = rph_reader_begin_versions(&reader, value, RPH_VALUE_VOTE_VERSION, &version);
	if (error)
		return error;
	ret->days = rph_read_u8(&reader);
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		ret->edges[i] = rph_read_varint32(&reader);
	ret->mass = rph_read_varint(&reader);
	ret->wins = rph_read_varint32(&reader);
	ret->losses = rph_read_varint32(&reader);
	ret->arm = (struct rph_arm_counts){0};
	if (version == RPH_VALUE_VOTE_VERSION) {
		ret->arm.turns = rph_read_varint32(&reader);
		ret->arm.wins = rph_read_varint32(&reader);
		ret->arm.losses = rph_read_varint32(&reader);
	}
	if (ret->days & ~ALL_DAYS || (version == RPH_VALUE_VOTE_VERSION && !has_arm(&ret->arm)))
		return RPH_E_STATE_CORRUPT;
	return rph_reader_end(&reader);
}
